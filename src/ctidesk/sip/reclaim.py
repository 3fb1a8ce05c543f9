"""What becomes of the calls of an engine that died: brought back with Replaces, or ended.

Runs in: desk process, the desk's own thread (Qt main).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ctidesk.calls import events as ev
from ctidesk.calls.call import Call, Phase, RecordingState, TransferState
from ctidesk.calls.commands import Command, HangUp, Hold, Reclaim, SetMute
from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Clock, Telephony

REASON = "engine lost"
_RECORDS = (RecordingState.STARTING, RecordingState.RUNNING, RecordingState.PAUSED)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """How the agent had left the call: nobody may hear more after the rescue than before, and no
    recording either. `unrecorded_until`: monotonic, 0 without a pause."""

    held: bool
    muted: bool
    unrecorded_until: float = 0.0


class Reclaims:
    """Calls between two engines. `mint` applies and tells an event of the desk's own."""

    def __init__(
        self, telephony: Telephony, mint: Callable[[ev.DeskEvent], None], clock: Clock
    ) -> None:
        self._telephony = telephony
        self._mint = mint
        self._clock = clock
        self._waiting: dict[str, _Wanted] = {}
        self._to_ask: list[Call] = []
        self._ready_accounts: set[str] = set()

    def new_snapshot(self, registrations: Sequence[ev.RegistrationChanged]) -> None:
        """What the engine that is attached now says about its accounts."""
        self._ready_accounts.clear()
        for registration in registrations:
            self._registered(registration)

    def begin(self, orphans: Sequence[Call], same_engine: bool) -> None:
        """Try to bring `orphans` back. An engine that still lives has itself ended them."""
        for call in orphans:
            if same_engine or not call.connected or call.dialog is None:
                self._end(call.call_id)
            else:
                self._settle(call)
                self._want(call)
        self._ask()

    def give_up(self) -> None:
        """End what has not come back by now."""
        for call_id in list(self._waiting):
            self._telephony.send(HangUp(call_id=call_id))
            self._end(call_id)

    def abandon(self) -> None:
        """No engine for too long: end every call, so that wrap-up opens."""
        for call in self._telephony.calls():
            if not call.ended:
                self._end(call.call_id)

    def translate(self, event: ev.EngineEvent) -> ev.EngineEvent | None:
        """The new engine's view of a reclaimed call (a fresh outgoing one) as the desk's view."""
        if isinstance(event, ev.RegistrationChanged):
            self._registered(event)
            self._ask()
        if not isinstance(event, ev.CallEvent) or event.call_id not in self._waiting:
            return event
        if isinstance(event, ev.CallDialled | ev.CallRang | ev.CallAnswerSent):
            return None
        if isinstance(event, ev.CallEnded):
            del self._waiting[event.call_id]
            return ev.CallEnded(
                call_id=event.call_id,
                t_mono=event.t_mono,
                t_wall=event.t_wall,
                code=0,
                reason=REASON,
                by="failure",
            )
        if isinstance(event, ev.CallAnswered):
            return self._back(event)
        return event

    def _registered(self, event: ev.RegistrationChanged) -> None:
        # whatever came of it, the account has its address and can send an INVITE
        if event.state is not ev.Registration.TRYING:
            self._ready_accounts.add(event.account_id)

    def _want(self, call: Call) -> None:
        caller_of_conference = bool(call.conference_with) and not call.consult_of
        on_hold = call.phase in (Phase.HELD, Phase.HOLDING, Phase.RESUMING)
        # an engine that died while it tried leaves the first wish standing
        self._waiting.setdefault(
            call.call_id,
            _Wanted(
                held=on_hold or caller_of_conference,
                muted=call.muted,
                unrecorded_until=_paused_until(call),
            ),
        )
        self._to_ask = [each for each in self._to_ask if each.call_id != call.call_id] + [call]

    def _ask(self) -> None:
        """Send what is due: a new engine refuses before its account has come up."""
        due = [call for call in self._to_ask if call.account_id in self._ready_accounts]
        self._to_ask = [call for call in self._to_ask if call not in due]
        for call in due:
            if call.dialog is None or call.call_id not in self._waiting:
                continue
            self._telephony.send(
                Reclaim(
                    call_id=call.call_id,
                    account_id=call.account_id,
                    dialog=call.dialog,
                    recording_paused_s=max(
                        0.0, self._waiting[call.call_id].unrecorded_until - self._clock.mono()
                    ),
                ),
                functools.partial(self._asked, call.call_id),
            )

    def _asked(self, call_id: str, refusal: KnownError | None) -> None:
        # a lost engine is not the end: the next one is asked again
        if refusal is not None and refusal.code != "engine_lost":
            self._end(call_id)

    def _back(self, event: ev.CallAnswered) -> ev.CallResumed:
        wanted = self._waiting.pop(event.call_id)
        commands: list[Command] = []
        if wanted.muted:
            commands.append(SetMute(call_id=event.call_id, muted=True))
        if wanted.held:
            commands.append(Hold(call_id=event.call_id))
        for command in commands:
            self._telephony.send(command)
        return ev.CallResumed(
            call_id=event.call_id, t_mono=event.t_mono, t_wall=event.t_wall, dialog=event.dialog
        )

    def _settle(self, call: Call) -> None:
        """Take back what the dead engine can't finish; the screen shows what is true now."""
        events: list[ev.DeskEvent] = []
        i, m, w = call.call_id, self._clock.mono(), self._clock.wall()
        if call.phase in (Phase.HOLDING, Phase.RESUMING):
            wanted = "hold" if call.phase is Phase.HOLDING else "resume"
            events.append(
                ev.HoldFailed(call_id=i, t_mono=m, t_wall=w, wanted=wanted, code=0, reason=REASON)
            )
        if call.transfer is TransferState.PENDING:
            events.append(ev.TransferFailed(call_id=i, t_mono=m, t_wall=w, code=0, reason=REASON))
        if call.conference_with:
            events.append(ev.ConferenceSplit(call_id=i, t_mono=m, t_wall=w))
        if call.muted:
            events.append(ev.MuteChanged(call_id=i, t_mono=m, t_wall=w, muted=False))
        if call.recording in _RECORDS:
            events.append(
                ev.RecordingFailed(call_id=i, t_mono=m, t_wall=w, problem="recorder_died")
            )
        for event in events:
            self._mint(event)

    def _end(self, call_id: str) -> None:
        self._waiting.pop(call_id, None)
        if any(call.call_id == call_id and not call.ended for call in self._telephony.calls()):
            self._mint(
                ev.CallEnded(
                    call_id=call_id,
                    t_mono=self._clock.mono(),
                    t_wall=self._clock.wall(),
                    code=0,
                    reason=REASON,
                    by="failure",
                )
            )


def _paused_until(call: Call) -> float:
    return call.recording_resumes_mono or 0.0 if call.recording is RecordingState.PAUSED else 0.0
