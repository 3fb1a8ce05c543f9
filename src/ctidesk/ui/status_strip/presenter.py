"""What works and what does not, and the agent's own handle time.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from ctidesk.calls import agent_events as ag
from ctidesk.calls.desk import CallDesk, Change, EngineState
from ctidesk.calls.errors import KnownError
from ctidesk.calls.events import Registration, RegistrationChanged, Sound, SoundChanged
from ctidesk.calls.ports import CallJournal, Clock
from ctidesk.care.outgoing import OutgoingState
from ctidesk.metrics.shift import Figures, ShiftStatistics
from ctidesk.ui import words
from ctidesk.ui.directory_search.presenter import Problem
from ctidesk.ui.live import Live, but_telemetry
from ctidesk.ui.status_strip import outgoing
from ctidesk.ui.status_strip.due_work import due_work
from ctidesk.ui.status_strip.indicator import Indicator
from ctidesk.ui.theme.tokens import Role

SPARK = 20


@dataclass(frozen=True, slots=True)
class ShiftShown:
    """Handle time of the shift, as text; "–" where there is no figure. `spark`: seconds of the
    last calls, oldest first."""

    aht: str
    parts: str
    handled: str
    reason: str
    spark: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class StatusState:
    indicators: tuple[Indicator, ...]
    shift: ShiftShown


class StatusPresenter:
    """`reason()` gives (code, label) of the wrap-up on the screen, ("", "") without one. Cache
    and recording key are told by the composition root, which alone knows them."""

    def __init__(
        self,
        desk: CallDesk,
        journal: CallJournal,
        statistics: ShiftStatistics,
        clock: Clock,
        reason: Callable[[], tuple[str, str]],
    ) -> None:
        self._desk = desk
        self._journal = journal
        self._statistics = statistics
        self._clock = clock
        self._reason = reason
        self._cache: Indicator | None = None
        self._key: Indicator | None = None
        self._crm: Indicator | None = None
        self._web_api: Indicator | None = None
        self._waiting: int | None = None
        self._outbox_problem: Problem | None = None
        self._sending: OutgoingState | None = None
        self._work = (0, 0)
        self._spark: deque[float] = deque(maxlen=SPARK)
        self.live = Live(self._state)
        desk.subscribe(but_telemetry(self._changed))

    # ----------------------------------------------------------- what app tells

    def set_cache(self, indicator: Indicator) -> None:
        """State of the local cache, such as "Cache fresh, 2 min"."""
        self._cache = indicator
        self.live.refresh()

    def set_recording_key(self, indicator: Indicator) -> None:
        """Whether calls can be recorded for somebody who can open them."""
        self._key = indicator
        self.live.refresh()

    def set_crm(self, indicator: Indicator) -> None:
        """How far the desk is with reading the CRM, or why it does not."""
        self._crm = indicator
        self.live.refresh()

    def set_web_api(self, indicator: Indicator) -> None:
        """Whether a web CRM is connected, or why none can."""
        self._web_api = indicator
        self.live.refresh()

    def set_sending(self, state: OutgoingState) -> None:
        """How the sending stands, of a desk that sends."""
        self._sending = state
        self.live.refresh()

    def set_work(self, due: int, overdue: int) -> None:
        """How much of the work list is due today, and overdue."""
        if (due, overdue) != self._work:
            self._work = (due, overdue)
            self.live.refresh()

    def ask_outbox(self) -> None:
        """Count what waits for the CRM."""

        def counted(outcome: int | KnownError) -> None:
            if isinstance(outcome, KnownError):
                self._waiting = None
                self._outbox_problem = Problem(outcome.text, outcome.remedy)
            else:
                self._waiting, self._outbox_problem = outcome, None
            self.live.refresh()

        self._journal.outbox_waiting(counted)

    def take_log(self, log: list[ag.LogEvent]) -> None:
        """The whole log, from `recall`: the shift goes on where it was."""
        self._spark.clear()
        for event in log:
            self._statistics.add(event)
        for event in log:
            if isinstance(event, ag.WrapUpSaved):
                self._note_total(event)
        self.live.refresh()

    # ----------------------------------------------------------------- private

    def _changed(self, change: Change) -> None:
        if isinstance(change, ag.WrapUpSaved):
            self._note_total(change)
            self.ask_outbox()
        self.live.refresh()

    def _note_total(self, event: ag.WrapUpSaved) -> None:
        time = self._statistics.call(event.call_id, event.t_mono)
        if time is not None and time.handled:
            self._spark.append(round(time.total_s, 1))

    def _state(self) -> StatusState:
        found = [
            *(shown for one in self._desk.registrations.values() for shown in _account(one)),
            *self._engine(),
            *self._data(),
            *self._outgoing(),
            *due_work(*self._work),
            *([self._key] if self._key else []),
            *([self._web_api] if self._web_api else []),
        ]
        return StatusState(tuple(found), self._shift())

    def _data(self) -> list[Indicator]:
        """Cache and CRM. A cache that is well needs no word beside the CRM's: the strip is full in
        the smallest window."""
        well = self._crm is not None and self._cache is not None and self._cache.role is Role.READY
        shown = (None if well else self._cache, self._crm)
        return [one for one in shown if one is not None]

    def _outgoing(self) -> list[Indicator]:
        if self._sending is not None and self._outbox_problem is None:
            return outgoing.sending(self._sending)
        return outgoing.counted(self._waiting, self._outbox_problem)

    def _engine(self) -> list[Indicator]:
        if self._desk.engine is EngineState.LOST:
            problem = Problem(
                "The telephone stopped. It is being started again.",
                "Callers on the line are called back where the exchange allows it; what was "
                "recorded is safe.",
            )
            return [
                Indicator(
                    "engine", "error", "Telephone restarting…", Role.DANGER, problem.text, problem
                )
            ]
        ready = self._desk.engine_ready
        if ready is None:
            return [Indicator("engine", "phone", "Telephone starting…", Role.HOLD)]
        if not ready.has_sound:
            tip = "Development engine: no headset, not for patients' data."
            problem = Problem(tip, f"This build is {ready.build}. Install the release for work.")
            return [Indicator("engine", "warning", "No headset", Role.HOLD, tip, problem)]
        return [_headset(self._desk.sound, ready.build)]

    def _shift(self) -> ShiftShown:
        now = self._clock.mono()
        figures = self._statistics.figures(now)
        code, label = self._reason()
        reason = ""
        if code:
            mine = self._statistics.figures(now, reason=code).aht_s
            reason = f"{label}: {_time(mine)}" if mine is not None else ""
        return ShiftShown(
            aht=_time(figures.aht_s),
            parts=_parts(figures),
            handled=f"{figures.handled} handled",
            reason=reason,
            spark=tuple(self._spark),
        )


def _time(seconds: float | None) -> str:
    return "–" if seconds is None else words.short_duration(seconds)


def _parts(figures: Figures) -> str:
    if not figures.handled:
        return ""
    parts = [
        f"talk {_time(figures.average_talk_s)}",
        f"hold {_time(figures.average_hold_s)}",
        f"wrap-up {_time(figures.average_wrap_up_s)}",
    ]
    if figures.dial_s:
        parts.insert(0, f"dial {_time(figures.average_dial_s)}")
    return " · ".join(parts)


def _account(event: RegistrationChanged) -> list[Indicator]:
    """Where we are registered and whether it is encrypted, then what needs somebody's care."""
    return [_registration(event), *_warnings(event)]


def _registration(event: RegistrationChanged) -> Indicator:
    key = f"registration:{event.account_id}"
    if event.state is Registration.TRYING:
        return Indicator(key, "network", "Registering…", Role.HOLD)
    if event.state in (Registration.REGISTERED, Registration.OFFLINE):
        return _working(key, event)
    text = event.text or "The exchange cannot be reached."
    remedy = event.remedy or "It is tried again by itself; tell IT if it lasts."
    word = _SHORT.get(event.problem, "Not registered")
    return Indicator(key, "no_network", word, Role.DANGER, text, Problem(text, remedy))


def _working(key: str, event: RegistrationChanged) -> Indicator:
    """Registered, or at work without a registrar; "not encrypted" stands there all the time."""
    if event.state is Registration.REGISTERED:
        word = f"Registered · {event.transport.upper()}" if event.transport else "Registered"
        where = f"Registered with {event.registrar}. " if event.registrar else ""
        role = Role.READY
    else:
        word, role = "Direct calls", Role.MUTED
        where = "Calls come and go directly, without a registrar. "
    if not event.transport:
        return Indicator(key, "network", word, role, where.strip())
    secure = event.transport == "tls"
    signalling = "Signalling is encrypted." if secure else "Signalling is not encrypted."
    tip = f"{where}{signalling}{_AUDIO.get(event.media, '')}"
    if secure and event.media != "off":
        return Indicator(key, "lock", word, role, tip)
    return Indicator(key, "unlock", f"{word}, not encrypted", Role.HOLD, tip, whole=True)


def _warnings(event: RegistrationChanged) -> list[Indicator]:
    """The most urgent one by its word, and how many more there are; a click tells all."""
    if not event.warnings:
        return []
    first, *more = event.warnings
    word = _WARNING_WORDS.get(first.kind, "Account needs care")
    word = f"{word} (+{len(more)})" if more else word
    text = " ".join(each.text for each in event.warnings)
    remedy = " ".join(each.remedy for each in event.warnings)
    key = f"warning:{event.account_id}"
    return [Indicator(key, "warning", word, Role.HOLD, text, Problem(text, remedy))]


_AUDIO = {
    "off": " Audio is not encrypted.",
    "optional": " Audio is encrypted where the other end can; the call bar tells.",
    "mandatory": " Audio is always encrypted.",
}
_WARNING_WORDS = {
    "certificate_expires": "Certificate expires",
    "own_certificate_expires": "Own certificate expires",
    "clock_wrong": "Clock is wrong",
    "second_registrar": "Second exchange",
    "also_elsewhere": "Also registered elsewhere",
}
_SHORT = {
    "wrong_password": "Wrong password",
    "unknown_user": "Unknown user",
    "no_route": "Exchange not reached",
    "dns": "Exchange not found",
    "tls": "Certificate refused",
    "certificate_expired": "Certificate expired",
    "certificate_not_yet": "Certificate not valid yet",
    "timeout": "Exchange silent",
    "forbidden": "Registration forbidden",
    "server_error": "Exchange has a fault",
    "port_taken": "Port in use",
    "port_forbidden": "Port not allowed",
    "no_address": "Network address missing",
    "certificate_file": "No certificate file",
    "own_certificate_file": "No own certificate",
    "key_readable": "Key not protected",
    "no_ipv6": "No IPv6",
    "cannot_listen": "Port not available",
}


def _headset(sound: SoundChanged | None, build: str) -> Indicator:
    if sound is None:
        return Indicator("engine", "headset", "Headset…", Role.MUTED, build)
    if sound.state is Sound.READY:
        tip = sound.microphone
        if sound.speaker != sound.microphone:
            tip = f"{sound.microphone}, {sound.speaker}"
        return Indicator("engine", "headset", "Headset ready", Role.READY, tip)
    word = {
        Sound.NO_DEVICE: "No headset",
        Sound.GONE: "Headset gone: muted",
        Sound.FAILED: "Headset fails: muted",
        Sound.HANGS: "Sound hangs: muted",
        Sound.UNSUPPORTED: "No headset",
    }[sound.state]
    problem = Problem(sound.text, sound.remedy)
    return Indicator("engine", "mute", word, Role.DANGER, sound.text, problem)
