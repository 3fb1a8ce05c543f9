"""What a simulated engine does with commands: the order of events is that of the real engine.

Runs in: desk process or tests, the thread that sends the commands.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ctidesk.calls import commands as cmd
from ctidesk.calls import events as ev
from ctidesk.calls import phases
from ctidesk.calls.call import Call, Phase, RemoteParty, TransferState
from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Clock

Then = Callable[[], None]


class SimulatedSwitch:
    """Calls, and what happens to them. Every event is checked by `phases` before it is told."""

    def __init__(self, clock: Clock, tell: Callable[[ev.EngineEvent, int], None]) -> None:
        self.calls: dict[str, Call] = {}
        self.accounts: set[str] = set()
        self.confirms_holds = True
        """False: each hold and resume waits for `confirm` or `refuse`."""
        self.max_calls = 4
        self._clock = clock
        self._tell = tell
        self._seq = 0
        self._after: dict[str, Then] = {}

    # --- events ---

    def now(self) -> dict[str, Any]:
        return {"t_mono": self._clock.mono(), "t_wall": self._clock.wall()}

    def happen(self, kind: type[ev.AnyCallEvent], call_id: str, **fields: Any) -> None:
        """Mint, apply and tell. Raises `phases.ImpossibleEvent` for what cannot be."""
        event = kind(call_id=call_id, **self.now(), **fields)
        if isinstance(event, ev.CallOffered | ev.CallDialled):
            self.calls[call_id] = phases.begin(event)
        else:
            self.calls[call_id] = phases.apply(self.calls[call_id], event)
        self.tell(event)

    def tell(self, event: ev.EngineEvent) -> None:
        seq = 0
        if not isinstance(event, ev.TELEMETRY):
            self._seq += 1
            seq = self._seq
        self._tell(event, seq)

    def live(self) -> list[Call]:
        return [call for call in self.calls.values() if not call.ended]

    # --- hold and resume, with what follows them ---

    def hold(self, call_id: str, then: Then | None = None) -> None:
        """Hold, and do `then` once the peer confirmed (at once for a held call)."""
        if self.calls[call_id].phase is Phase.HELD:
            if then is not None:
                then()
            return
        if then is not None:
            self._after[call_id] = then
        if self.calls[call_id].phase is not Phase.HOLDING:
            self.happen(ev.HoldRequested, call_id)
        if self.confirms_holds:
            self.confirm(call_id)

    def resume(self, call_id: str, then: Then | None = None) -> None:
        """Resume, and do `then` once the peer confirmed (at once for a talking call)."""
        if self.calls[call_id].phase is Phase.TALKING:
            if then is not None:
                then()
            return
        if then is not None:
            self._after[call_id] = then
        if self.calls[call_id].phase is not Phase.RESUMING:
            self.happen(ev.ResumeRequested, call_id)
        if self.confirms_holds:
            self.confirm(call_id)

    def confirm(self, call_id: str) -> None:
        """The peer's 2xx to our hold or resume."""
        holding = self.calls[call_id].phase is Phase.HOLDING
        self.happen(ev.CallHeld if holding else ev.CallResumed, call_id)
        then = self._after.pop(call_id, None)
        if then is not None:
            then()

    def refuse(self, call_id: str, code: int, reason: str) -> None:
        """The peer refuses our hold or resume; what should have followed does not."""
        self._after.pop(call_id, None)
        wanted = "hold" if self.calls[call_id].phase is Phase.HOLDING else "resume"
        self.happen(ev.HoldFailed, call_id, wanted=wanted, code=code, reason=reason)

    def hold_others(self, call_id: str, then: Then) -> None:
        """Hold every talking call but `call_id`, one after the other, then do `then`."""
        for call in self.live():
            if call.call_id != call_id and call.phase in (Phase.TALKING, Phase.HOLDING):
                if call.phase is Phase.HOLDING and call.call_id in self._after:
                    continue
                self.hold(call.call_id, lambda: self.hold_others(call_id, then))
                return
        then()

    def end(self, call_id: str, code: int, reason: str, by: str) -> None:
        """The call is over; its conference partner is told."""
        other = self.calls[call_id].conference_with
        self._after.pop(call_id, None)
        self.happen(ev.CallEnded, call_id, code=code, reason=reason, by=by)
        if other and not self.calls[other].ended:
            self.happen(ev.ConferenceSplit, other)

    def end_locally(self, call_id: str) -> None:
        if self.calls[call_id].connected:
            self.end(call_id, 200, "OK", "local")
        elif self.calls[call_id].phase in (Phase.OFFERED, Phase.ANSWERING):
            self.end(call_id, 486, "Busy Here", "local")
        else:
            self.end(call_id, 487, "Request Terminated", "local")

    def connect(self, call_id: str) -> None:
        self.happen(ev.CallAnswered, call_id)
        self.happen(ev.MediaChanged, call_id, codec="G722/16000", encrypted=True)

    # --- commands: each returns or raises `KnownError` ---

    def execute(self, command: cmd.Command) -> None:
        """Carry out or refuse, as the engine does."""
        action: Callable[[Any], None] | None = getattr(self, f"_{type(command).__name__}", None)
        if action is not None:
            action(command)

    def _ConfigureAccount(self, command: cmd.ConfigureAccount) -> None:
        self.accounts.add(command.account_id)

    def _RemoveAccount(self, command: cmd.RemoveAccount) -> None:
        self.accounts.discard(command.account_id)

    def _Dial(self, command: cmd.Dial) -> None:
        self._may_dial(command.call_id, command.target)
        if command.account_id not in self.accounts:
            raise refused("unknown_account", "This account is not set up.", "Choose another.")
        self.hold_others(
            command.call_id,
            lambda: self.dialled(command.call_id, command.account_id, command.target),
        )

    def dialled(self, call_id: str, account_id: str, target: str, consult_of: str = "") -> None:
        remote = RemoteParty(number=target)
        fields = {"account_id": account_id, "remote": remote, "consult_of": consult_of}
        self.happen(ev.CallDialled, call_id, **fields)

    def _Answer(self, command: cmd.Answer) -> None:
        self._in(command.call_id, Phase.OFFERED)
        self.hold_others(command.call_id, lambda: self._answered(command.call_id))

    def _answered(self, call_id: str) -> None:
        if self.calls[call_id].phase is Phase.OFFERED:
            self.happen(ev.CallAnswerSent, call_id)
            self.connect(call_id)

    def _Decline(self, command: cmd.Decline) -> None:
        self._in(command.call_id, Phase.OFFERED)
        reasons = {486: "Busy Here", 603: "Decline", 480: "Temporarily Unavailable"}
        if command.code not in reasons:
            raise refused("bad_code", "A call cannot be refused that way.", "Use busy or decline.")
        self.end(command.call_id, command.code, reasons[command.code], "local")

    def _HangUp(self, command: cmd.HangUp) -> None:
        self._live(command.call_id)
        self.end_locally(command.call_id)

    def _Hold(self, command: cmd.Hold) -> None:
        self._in(command.call_id, Phase.TALKING, Phase.RESUMING)
        self.hold(command.call_id)

    def _Resume(self, command: cmd.Resume) -> None:
        self._in(command.call_id, Phase.HELD, Phase.HOLDING)
        self.hold_others(command.call_id, lambda: self.resume(command.call_id))

    def _SetMute(self, command: cmd.SetMute) -> None:
        self._connected(command.call_id)
        self.happen(ev.MuteChanged, command.call_id, muted=command.muted)

    def _SendDtmf(self, command: cmd.SendDtmf) -> None:
        self._connected(command.call_id)
        if not command.digits or set(command.digits) - set("0123456789*#ABCD"):
            raise refused("bad_digits", "These are not keys of a telephone.", "Use 0–9, * and #.")
        count = len(command.digits)
        self.happen(ev.DtmfSent, command.call_id, count=count, method=command.method)

    def _TransferBlind(self, command: cmd.TransferBlind) -> None:
        self._may_transfer(self._connected(command.call_id))
        self._check_target(command.target)
        self.hold(
            command.call_id,
            lambda: self._transfer(command.call_id, command.target, attended=False),
        )

    def _transfer(self, call_id: str, target: str, attended: bool) -> None:
        self.happen(ev.TransferStarted, call_id, target=target, attended=attended)

    def _StartConsult(self, command: cmd.StartConsult) -> None:
        caller = self._connected(command.call_id)
        self._may_transfer(caller)
        self._may_dial(command.consult_id, command.target)
        if self.consult_of(command.call_id) is not None:
            raise refused("consulting", "A consultation already runs.", "End it first.")
        self.hold(
            command.call_id,
            lambda: self.dialled(
                command.consult_id, caller.account_id, command.target, command.call_id
            ),
        )

    def _SwapConsult(self, command: cmd.SwapConsult) -> None:
        caller, consult = self._pair(command.call_id)
        talking, held = (caller, consult) if caller.phase is Phase.TALKING else (consult, caller)
        self.hold(talking.call_id, lambda: self.resume(held.call_id))

    def _CompleteTransfer(self, command: cmd.CompleteTransfer) -> None:
        caller, consult = self._pair(command.call_id)
        self._may_transfer(caller)
        target = consult.remote.number
        self.hold(caller.call_id, lambda: self._transfer(caller.call_id, target, attended=True))

    def _CancelConsult(self, command: cmd.CancelConsult) -> None:
        caller = self._connected(command.call_id)
        self._after.pop(caller.call_id, None)  # the consultation that was not dialled yet
        consult = self.consult_of(caller.call_id)
        if consult is not None:
            self.end_locally(consult.call_id)
        elif caller.phase is not Phase.HOLDING:
            raise refused("no_consult", "No consultation runs.", "Resume the call instead.")
        self.resume(caller.call_id)

    def _MergeConference(self, command: cmd.MergeConference) -> None:
        caller, consult = self._pair(command.call_id)
        if caller.conference_with:
            raise refused("merged", "The conference already runs.", "Go on talking.")

        def merged() -> None:
            self.happen(ev.ConferenceMerged, caller.call_id, other_call_id=consult.call_id)
            self.happen(ev.ConferenceMerged, consult.call_id, other_call_id=caller.call_id)

        self.resume(caller.call_id, lambda: self.resume(consult.call_id, merged))

    def _SplitConference(self, command: cmd.SplitConference) -> None:
        caller, consult = self._pair(command.call_id)
        if not caller.conference_with:
            raise refused("not_merged", "No conference runs.", "Nothing to undo.")
        self.happen(ev.ConferenceSplit, caller.call_id)
        self.happen(ev.ConferenceSplit, consult.call_id)
        self.hold(caller.call_id)

    def _Reclaim(self, command: cmd.Reclaim) -> None:
        raise refused("not_reclaimed", "The call cannot be got back.", "Call the number again.")

    # --- what a command needs ---

    def consult_of(self, call_id: str) -> Call | None:
        """The live consultation about `call_id`."""
        return next((call for call in self.live() if call.consult_of == call_id), None)

    def _live(self, call_id: str) -> Call:
        call = self.calls.get(call_id)
        if call is None or call.ended:
            raise refused("unknown_call", "That call is over.", "Choose a call that still runs.")
        return call

    def _in(self, call_id: str, *wanted: Phase) -> Call:
        call = self._live(call_id)
        if call.phase not in wanted:
            raise refused("wrong_phase", "The call is not in that state.", "Look at the call bar.")
        return call

    def _connected(self, call_id: str) -> Call:
        return self._in(call_id, Phase.TALKING, Phase.HOLDING, Phase.HELD, Phase.RESUMING)

    def _pair(self, call_id: str) -> tuple[Call, Call]:
        caller = self._connected(self._live(call_id).consult_of or call_id)
        consult = self.consult_of(caller.call_id)
        if consult is None or not consult.connected:
            raise refused("no_consult", "The consulted party has not answered.", "Wait or cancel.")
        return caller, consult

    def _may_transfer(self, call: Call) -> None:
        if call.transfer is TransferState.PENDING:
            raise refused("transferring", "A transfer already runs.", "Wait for its outcome.")

    def _may_dial(self, call_id: str, target: str) -> None:
        self._check_target(target)
        if call_id in self.calls:
            raise refused("call_id_used", "This call was dialled already.", "Dial again.")
        if len(self.live()) >= self.max_calls:
            raise refused("too_many_calls", "No line is free.", "End a call first.")

    def _check_target(self, target: str) -> None:
        if not target.strip() or any(char.isspace() for char in target.strip()):
            raise refused("bad_number", "This is not a number that can be dialled.", "Correct it.")


def refused(code: str, text: str, remedy: str) -> KnownError:
    return KnownError(code, text, remedy)
