"""The emergency panel: one key opens it over the card, the protocol runs beneath it.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from ctidesk.calls.actions import DeskActions
from ctidesk.calls.call import Call, Phase
from ctidesk.calls.desk import CallDesk, Change
from ctidesk.calls.flag_events import LineRole
from ctidesk.calls.ports import Clock
from ctidesk.calls.text import plain
from ctidesk.care.line_joining import JoinLine, LineJoiner
from ctidesk.care.red_flag import RedFlag
from ctidesk.care.red_flag_desk import RedFlagDesk
from ctidesk.ui import words
from ctidesk.ui.in_view import talking_caller
from ctidesk.ui.live import Live, but_telemetry
from ctidesk.ui.red_flag.state import FlagState, tried_words
from ctidesk.ui.theme.tokens import Role

SHOWN_TRIES = 4
NAME_CHARS = 20
"""Of somebody on a button."""


class RedFlagPresenter:
    """Renders `RedFlagDesk`; the panel can be laid aside and comes back with the same key."""

    def __init__(
        self,
        desk: CallDesk,
        actions: DeskActions,
        clock: Clock,
        flags: RedFlagDesk,
        joiner: LineJoiner,
    ) -> None:
        self._desk = desk
        self._actions = actions
        self._clock = clock
        self.flags = flags
        self._joiner = joiner
        self._aside = False
        self.live = Live(self._state)
        desk.subscribe(but_telemetry(self._changed))

    # ----------------------------------------------------------------- intents

    @property
    def possible(self) -> bool:
        """A flag runs, or the caller's call can be flagged."""
        return self.flags.running or talking_caller(self._desk) is not None

    def toggle(self) -> None:
        """Raise the flag; while it flies: lay the panel aside, or bring it back."""
        if self.flags.running:
            self._aside = not self._aside
        elif (call := talking_caller(self._desk)) is not None:
            self._aside = False
            self.flags.raise_flag(call.call_id)
        self.live.refresh()

    def note_location(self, text: str) -> None:
        self.flags.note_location(text)

    def repeated_back(self) -> None:
        self.flags.repeated_back()

    def still_here(self) -> None:
        self.flags.checked_back(answered=True)

    def no_answer(self) -> None:
        self.flags.checked_back(answered=False)

    def call_nurse(self) -> None:
        """The next line, now."""
        flag = self.flags.flag
        if flag is not None and flag.trying_role == LineRole.NURSE.value:
            self.flags.next_nurse()
        else:
            self.flags.call_nurse()

    def stop_calling(self) -> None:
        self.flags.stop_calling()

    def call_lead(self) -> None:
        self.flags.call_lead()

    def call_emergency(self) -> None:
        self.flags.call_emergency()

    def call_back(self) -> None:
        """The line dropped: dial the caller again."""
        flag = self.flags.flag
        call = self._desk.calls.get(flag.call_id) if flag is not None else None
        if call is not None and call.ended and call.remote.number:
            self._actions.dial(call.remote.number)

    def end(self, outcome: str) -> None:
        self.flags.end(outcome)
        self._aside = False
        self.live.refresh()

    def tick(self) -> None:
        """Once a second."""
        self._joiner.tick()
        self.flags.tick()
        self.live.refresh()

    def covers(self, call_id: str) -> bool:
        """Whether the panel speaks for everything that is done with this call."""
        flag = self.flags.flag
        return flag is not None and flag.open and flag.call_id == call_id and not self._aside

    # ----------------------------------------------------------------- private

    def _changed(self, change: Change) -> None:
        self.live.refresh()

    def _state(self) -> FlagState:
        flag = self.flags.flag
        if flag is None or not flag.open:
            return FlagState()
        protocol, call = self.flags.protocol, self.flags.call
        blocked = "" if flag.trying or flag.joined else self._joiner.why_not(flag.call_id)
        free = call is not None and not flag.joined and not blocked
        word, tone, icon = self._nurse(flag, call, blocked)
        say, do = self._next(flag, call)
        gone = self._desk.calls.get(flag.call_id)
        return FlagState(
            visible=not self._aside,
            call_id=flag.call_id,
            raised_mono=flag.raised_mono,
            placeholder=protocol.placeholder,
            opening=protocol.opening,
            next_say=say,
            next_do=do,
            location=flag.location,
            location_word=_location_word(flag),
            can_confirm=bool(flag.location) and not flag.repeated_back,
            confirmed=flag.repeated_back,
            nurse_word=word,
            nurse_tone=tone,
            nurse_icon=icon,
            tried=tuple(tried_words(one.line, one.outcome) for one in flag.tried[-SHOWN_TRIES:]),
            can_nurse=free and bool(protocol.lines),
            nurse_label="Try the next nurse line" if flag.nurse_tries else "Call the nurse now",
            can_stop=bool(flag.trying or flag.joined),
            stop_label=f"Let {plain(flag.joined, NAME_CHARS)} go"
            if flag.joined
            else "Stop ringing",
            check_text=self._check(flag) if call is not None else "",
            check_due=flag.prompted_mono is not None and call is not None,
            can_check=call is not None and not flag.joined,
            fallback=bool(flag.fallback) and not flag.joined,
            emergency_label=_call(protocol.emergency),
            can_emergency=free and protocol.emergency is not None,
            alert_text=_alert_words(flag, protocol.lead is not None),
            alert_good=bool(flag.lead_told),
            lead_label=_call(protocol.lead),
            can_lead=free and protocol.lead is not None,
            lost=call is None,
            can_call_back=gone is not None and gone.ended and bool(gone.remote.number),
            outcomes=protocol.outcomes,
        )

    def _next(self, flag: RedFlag, call: Call | None) -> tuple[str, str]:
        """What to say, and what to do, now."""
        protocol = self.flags.protocol
        if call is None:
            return "", protocol.ended_do
        if flag.joined:
            return "", protocol.joined_do
        if flag.fallback:
            return protocol.check_back_say if flag.prompted_mono else "", protocol.fallback_do
        if not flag.location:
            return protocol.location_say, "Type the answer below, then Enter."
        if not flag.repeated_back:
            return f"{protocol.location_repeat} {flag.location}", "Read it back, then confirm."
        say = protocol.check_back_say if flag.prompted_mono is not None else ""
        return say, protocol.nurse_do

    def _nurse(self, flag: RedFlag, call: Call | None, blocked: str) -> tuple[str, Role, str]:
        if flag.joined:
            return f"{flag.joined} is in the call", Role.READY, "check"
        if call is None:
            return "The call has ended", Role.DANGER, "end"
        if flag.trying:
            held = call.phase is not Phase.TALKING
            suffix = ", the caller is on hold for a moment" if held else ", you talk to the caller"
            return f"{flag.trying} is being called{suffix}", Role.RINGING, "phone"
        if blocked:
            return f"Nobody can be called in: {blocked}", Role.HOLD, "warning"
        if not self.flags.protocol.lines:
            return "No nurse line is set up", Role.DANGER, "warning"
        if flag.left:
            return f"{flag.left} has left the call", Role.HOLD, "warning"
        if flag.fallback:
            return "No nurse in the call", Role.DANGER, "warning"
        if flag.given_up:
            return "Not calling: you stopped it", Role.HOLD, "pause"
        if flag.nurse_tries:
            return "All lines tried, again in a moment", Role.HOLD, "clock"
        wait = self.flags.protocol.call_nurse_s - (self._clock.mono() - flag.raised_mono)
        return f"The nurse is called in {max(0, round(wait))} s by itself", Role.MUTED, "clock"

    def _check(self, flag: RedFlag) -> str:
        if flag.joined:
            return ""
        now = self._clock.mono()
        if flag.prompted_mono is not None:
            return f"Ask now: “{self.flags.protocol.check_back_say}”"
        rest = self.flags.protocol.check_back_s - (now - flag.contact_mono)
        return f"Ask again whether the caller is there in {words.short_duration(max(0.0, rest))}"


def _call(line: JoinLine | None) -> str:
    return f"Call {plain(line.name, NAME_CHARS)}" if line is not None else ""


def _location_word(flag: RedFlag) -> str:
    if flag.repeated_back:
        return "Repeated back and confirmed"
    return "Not confirmed yet" if flag.location else "Not known yet"


def _alert_words(flag: RedFlag, has_number: bool) -> str:
    if flag.lead_told is None:
        return "Your lead is being told…"
    if flag.lead_told:
        return "Your lead knows."
    return words.LEAD_NOT_TOLD + ("" if has_number else " No number of a lead is set up.")
