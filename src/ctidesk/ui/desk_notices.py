"""What the agent is told in a notice bar: failures with a remedy, each gone when it is over.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

from ctidesk.calls import events as ev
from ctidesk.calls.call import TransferState
from ctidesk.calls.desk import CallDesk, Change
from ctidesk.calls.errors import KnownError
from ctidesk.calls.events import AccountWarning
from ctidesk.calls.queue_codes import QueueCodes
from ctidesk.ui import words
from ctidesk.ui.live import but_telemetry
from ctidesk.ui.widgets.notice import Level, Notice, NoticeStack, notice_of


class DeskNotices:
    """Watches the desk. Keys: "engine", "registration", "warning:KIND", "attack", "sound",
    "recording", "transfer", "call", and the code of a `KnownError`."""

    def __init__(
        self,
        desk: CallDesk,
        stack: NoticeStack,
        resume: Callable[[], None],
        dial: Callable[[str], object],
        queue_codes: QueueCodes,
        sound: Callable[[], None],
    ) -> None:
        self._desk = desk
        self._stack = stack
        self._resume = resume
        self._dial = dial
        self._queue_codes = queue_codes
        self._open_sound = sound
        self._dialled: dict[str, str] = {}
        """Numbers of the calls that we dialled and that are not connected yet."""
        self._warned: dict[str, set[AccountWarning]] = {}
        """What was told of each account: a notice that was closed does not come again."""
        self._attacked = False
        desk.subscribe(but_telemetry(self._changed))

    def _changed(self, change: Change) -> None:
        show = self._stack.show_notice
        if isinstance(change, KnownError):
            level = Level.INFO if change.code == _LATER else Level.ERROR
            show(change.code, notice_of(change, level))
        elif isinstance(change, ev.EngineLost):
            show("engine", _NO_ENGINE if change.reason == _CANNOT_START else _ENGINE)
            self._attacked = False
            self._stack.clear("attack")
        elif isinstance(change, ev.EngineReady):
            self._engine_back(change)
        elif isinstance(change, ev.RegistrationChanged):
            self._registration(change)
        elif isinstance(change, ev.ServiceCodeAnswered):
            self._code_answered(change)
        elif isinstance(change, ev.RequestsRefused):
            self._attack(change)
        elif isinstance(change, ev.SoundChanged):
            self._sound(change)
        elif isinstance(change, ev.RecordingFailed):
            why = words.RECORDING_PROBLEMS.get(change.problem, "The recording stopped")
            show("recording", Notice(level=Level.ERROR, text=f"{why}.", remedy=_RECORDING))
        elif isinstance(change, ev.RecordingStarted):
            self._stack.clear("recording")
        elif isinstance(change, ev.HoldFailed):
            what = "hold" if change.wanted == "hold" else "resume"
            text = f"The other side refused to {what} the call."
            show("call", Notice(level=Level.WARNING, text=text, remedy="Try again in a moment."))
        else:
            self._transfers_and_ends(change)

    def parked(self, places: tuple[str, ...]) -> None:
        """A caller was parked; `places` as `ParkedCallers` tells them."""
        text = "The caller is parked. The exchange does not say where."
        action: Callable[[], None] | None = None
        if places:
            text = f"The caller is parked at {' or '.join(places)}."
            action = functools.partial(self._get_back, places[0])
        notice = Notice(
            level=Level.INFO,
            text=text,
            remedy="Whoever dials that number gets the caller." if places else "",
            action_text="Get back" if len(places) == 1 else "",
            action=action if len(places) == 1 else None,
        )
        self._stack.show_notice("parked", notice)

    def _get_back(self, place: str) -> None:
        self._stack.clear("parked")
        self._dial(place)

    def _code_answered(self, event: ev.ServiceCodeAnswered) -> None:
        """By itself with the agent's state a code that worked is nothing to tell."""
        codes = self._queue_codes
        title = codes.titles().get(event.code, "Code of the exchange")
        quiet = codes.with_state and event.code in (codes.pause, codes.unpause)
        if not event.answered:
            text = f"{title} did not work: {words.failure_word(event.status)}."
            remedy = "Try again from the command palette (Ctrl+K); tell IT if it stays."
            notice = Notice(level=Level.WARNING, text=text, remedy=remedy)
        elif quiet:
            self._stack.clear("queue")
            return
        else:
            text = f"{title}: the exchange has taken it."
            notice = Notice(level=Level.INFO, text=text, remedy="")
        self._stack.show_notice("queue", notice)

    def _transfers_and_ends(self, change: Change) -> None:
        if isinstance(change, ev.TransferFailed):
            why = words.failure_word(change.code)
            self._stack.show_notice(
                "transfer",
                Notice(
                    level=Level.WARNING,
                    text=f"The transfer came back: {why}.",
                    remedy="The caller is on hold with you.",
                    action_text="Resume caller",
                    action=self._resume,
                ),
            )
        elif isinstance(change, ev.TransferStarted | ev.CallResumed):
            self._stack.clear("transfer")
            if isinstance(change, ev.CallResumed) and change.dialog is not None:
                self._stack.show_notice("engine back", _GOT_BACK)
        elif isinstance(change, ev.CallDialled | ev.CallAnswered):
            self._stack.clear("call")
            if isinstance(change, ev.CallDialled) and not change.consult_of:
                self._dialled[change.call_id] = change.remote.number
        elif isinstance(change, ev.CallEnded):
            self._stack.clear("transfer")
            self._stack.clear(_LATER)
            self._ended(change)

    def _ended(self, event: ev.CallEnded) -> None:
        """A connection that broke, or a dialled call that did not come about."""
        call = self._desk.calls.get(event.call_id)
        dialled = self._dialled.pop(event.call_id, "")
        came_back = call is not None and call.transfer is TransferState.FAILED
        if call is not None and came_back and event.by != "local":
            text = "The transfer came back, but the caller is not there any more."
            self._stack.show_notice("call", self._again(Level.WARNING, text, call.remote.number))
        elif event.by == "failure" and call is not None and call.answered_mono is not None:
            text = "The connection broke off. The wrap-up is open."
            self._stack.show_notice("call", self._again(Level.WARNING, text, call.remote.number))
        elif call is None and dialled and event.by != "local":
            text = f"Not connected: {words.failure_word(event.code)}."
            self._stack.show_notice("call", self._again(Level.INFO, text, dialled))

    def _again(self, level: Level, text: str, number: str) -> Notice:
        """A notice with one key to call that very number; a withheld one cannot be called."""
        if not number:
            return Notice(level=level, text=text, remedy="The number was withheld.")
        return Notice(
            level=level,
            text=text,
            remedy="Call the number again.",
            action_text="Call again",
            action=lambda: self._call(number),
        )

    def _call(self, number: str) -> None:
        self._stack.clear("call")
        self._dial(number)

    def _engine_back(self, event: ev.EngineReady) -> None:
        standing = self._stack.keys()
        self._stack.clear("engine")
        if "engine" in standing:
            calls = event.resumed_calls
            text = "The telephone is back."
            remedy = f"{calls} call{'s' if calls != 1 else ''} got back." if calls else ""
            self._stack.show_notice(
                "engine back", Notice(level=Level.INFO, text=text, remedy=remedy)
            )

    def _sound(self, event: ev.SoundChanged) -> None:
        if event.state in (ev.Sound.READY, ev.Sound.UNSUPPORTED):
            self._stack.clear("sound")
            return
        # not closable: while it stands the agent is muted
        self._stack.show_notice(
            "sound",
            Notice(
                level=Level.ERROR,
                text=event.text,
                remedy=event.remedy,
                action_text="Sound…",
                action=self._open_sound,
                closable=False,
            ),
        )

    def _registration(self, event: ev.RegistrationChanged) -> None:
        bad = {ev.Registration.FAILED, ev.Registration.REFUSED}
        if event.state in bad:
            text = event.text or "The exchange cannot be reached."
            remedy = event.remedy or "It is tried again by itself; tell IT if it lasts."
            self._stack.show_notice(
                "registration", Notice(level=Level.ERROR, text=text, remedy=remedy)
            )
        elif event.state is not ev.Registration.TRYING:
            self._stack.clear("registration")
        if event.state is not ev.Registration.TRYING:
            self._warnings(event)

    def _warnings(self, event: ev.RegistrationChanged) -> None:
        now, before = set(event.warnings), self._warned.get(event.account_id, set())
        self._warned[event.account_id] = now
        for gone in {each.kind for each in before} - {each.kind for each in now}:
            self._stack.clear(f"warning:{gone}")
        for each in event.warnings:
            if each not in before:
                notice = Notice(level=Level.WARNING, text=each.text, remedy=each.remedy)
                self._stack.show_notice(f"warning:{each.kind}", notice)

    def _attack(self, event: ev.RequestsRefused) -> None:
        told, self._attacked = self._attacked, event.count > 0
        if not self._attacked:
            self._stack.clear("attack")
        if told or not self._attacked:
            return  # once is enough: it is nothing that the agent can do about
        text = f"Many unwanted calls are being refused: {event.count:,} within a minute."
        remedy = "Your calls go on. Tell IT: somebody floods or scans the telephone."
        self._stack.show_notice("attack", Notice(level=Level.WARNING, text=text, remedy=remedy))


_ENGINE = Notice(
    level=Level.ERROR,
    text="The telephone stopped. It is being started again…",
    remedy="A call on the line is got back where the exchange allows it; otherwise call back.",
    closable=False,
)
_CANNOT_START = "engine_start"
_LATER = "account_in_use"
"""Not a failure: it comes true by itself."""
_NO_ENGINE = Notice(
    level=Level.ERROR,
    text="The telephone engine does not start.",
    remedy="ctidesk keeps trying; cards and wrap-ups work meanwhile. Tell IT if it stays.",
    closable=False,
)
_GOT_BACK = Notice(
    level=Level.INFO,
    text="The telephone is back.",
    remedy="The call on the line was got back.",
)
_RECORDING = "The call goes on. Tell the caller that it is not recorded, and tell IT."
