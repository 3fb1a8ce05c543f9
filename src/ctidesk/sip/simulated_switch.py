"""What a simulated engine does with commands: the order of events is that of the real engine.

Runs in: desk process or tests, the thread that sends the commands.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

from ctidesk.calls import commands as cmd, events as ev
from ctidesk.calls.call import (
    CONNECTED,
    Call,
    Phase,
    RecordingState,
    RemoteParty,
    TransferState,
)
from ctidesk.calls.errors import KnownError
from ctidesk.calls.lamps import MOST_LAMPS, Lamp, LampState
from ctidesk.calls.ports import Clock
from ctidesk.sip.simulated_calls import SimulatedCalls
from ctidesk.sip.simulated_sound import SimulatedSound

_CODE = re.compile("[0-9*#]{1,32}")
_DIGITS = re.compile("[0-9*#A-Da-d]{1,256}")
_TARGET = re.compile(r"sips?:[^\s<>]{1,320}|\+?[0-9A-Za-z*#][0-9A-Za-z*#\s().\-/_]{0,63}")


class SimulatedSwitch(SimulatedCalls):
    """Carries out or refuses commands, as the engine does."""

    def __init__(self, clock: Clock, tell: Callable[[ev.EngineEvent, int], None]) -> None:
        super().__init__(clock, tell)
        self.accounts: set[str] = set()
        self.unregistered: set[str] = set()
        self.max_calls = 4
        self.codes: dict[str, int] = {}
        """What the exchange answers to its codes; to others 404."""
        self.lamps: dict[str, LampState] = {}
        self._consults_to_come: set[str] = set()
        self.sound = SimulatedSound(clock, self.tell)

    def execute(self, command: cmd.Command) -> None:
        """Return when it is accepted; raises `KnownError`."""
        action: Callable[[Any], None] | None = getattr(self, f"_{type(command).__name__}", None)
        if action is not None:
            action(command)

    def _ConfigureAccount(self, command: cmd.ConfigureAccount) -> None:
        self.accounts.add(command.account_id)

    def _RemoveAccount(self, command: cmd.RemoveAccount) -> None:
        self.accounts.discard(command.account_id)

    def _WatchLamps(self, command: cmd.WatchLamps) -> None:
        if command.account_id not in self.accounts:
            raise refused("unknown_account", "This account is not set up.", "Choose another.")
        if len(set(command.targets)) > MOST_LAMPS:
            raise refused("too_many_lamps", "Too many colleagues.", "Shorten the list.")
        for target in command.targets:
            self._check_target(target)
        known = self.lamps
        self.lamps = {each: known.get(each, LampState.UNKNOWN) for each in command.targets}
        self.tell_lamps()

    def _DialCode(self, command: cmd.DialCode) -> None:
        if command.account_id not in self.accounts:
            raise refused("unknown_account", "This account is not set up.", "Choose another.")
        if command.account_id in self.unregistered:
            raise refused("not_registered", "The telephone is not registered.", "Wait a moment.")
        if not _CODE.fullmatch(command.code):
            raise refused("bad_code", "A code has only digits, * and #.", "Correct the settings.")
        status = self.codes.get(command.code, 404)
        self.tell(
            ev.ServiceCodeAnswered(
                account_id=command.account_id,
                code=command.code,
                answered=status == 200,
                status=status,
                **self.now(),
            )
        )

    def tell_lamps(self) -> None:
        lamps = tuple(Lamp(target, state) for target, state in self.lamps.items())
        self.tell(ev.LampsChanged(lamps=lamps, **self.now()))

    def _ConfigureAudio(self, command: cmd.ConfigureAudio) -> None:
        self.sound.configure(command)

    def _TrySound(self, command: cmd.TrySound) -> None:
        self.sound.test(command.what, busy=bool(self.live()))

    def _Dial(self, command: cmd.Dial) -> None:
        if command.account_id not in self.accounts:
            raise refused("unknown_account", "This account is not set up.", "Choose another.")
        if command.account_id in self.unregistered:
            raise refused("not_registered", "The telephone is not registered.", "Wait a moment.")
        self._may_dial(command.call_id, command.target)
        self.hold_others(
            command.call_id,
            lambda: self._dialled(command.call_id, command.account_id, command.target),
        )

    def _dialled(self, call_id: str, account_id: str, target: str, consult_of: str = "") -> None:
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
        code = command.code if command.code in reasons else 486
        self.end(command.call_id, code, reasons[code], "local")

    def _HangUp(self, command: cmd.HangUp) -> None:
        self.live_call(command.call_id)
        self.end_locally(command.call_id)

    def _Hold(self, command: cmd.Hold) -> None:
        self._free(command.call_id)
        self.hold(command.call_id)

    def _Resume(self, command: cmd.Resume) -> None:
        self._free(command.call_id)
        self.hold_others(command.call_id, lambda: self.resume(command.call_id))

    def _SetMute(self, command: cmd.SetMute) -> None:
        if self._connected(command.call_id).muted != command.muted:
            self.happen(ev.MuteChanged, command.call_id, muted=command.muted)

    def _PauseRecording(self, command: cmd.PauseRecording) -> None:
        recorded = (RecordingState.RUNNING, RecordingState.PAUSED)
        if self._connected(command.call_id).recording not in recorded:
            raise refused("not_recording", "This call is not being recorded.", "Nothing to pause.")
        self.happen(ev.RecordingPaused, command.call_id, limit_s=command.limit_s)

    def _ResumeRecording(self, command: cmd.ResumeRecording) -> None:
        if self._connected(command.call_id).recording is RecordingState.PAUSED:
            self.happen(ev.RecordingResumed, command.call_id, by="agent")

    def _SendDtmf(self, command: cmd.SendDtmf) -> None:
        self._connected(command.call_id)
        if not _DIGITS.fullmatch(command.digits) or command.method not in ("rfc4733", "info"):
            raise refused("bad_digits", "These are not keys of a telephone.", "Use 0–9, * and #.")
        count = len(command.digits)
        self.happen(ev.DtmfSent, command.call_id, count=count, method=command.method)

    def _TransferBlind(self, command: cmd.TransferBlind) -> None:
        self._connected(command.call_id)
        self._check_target(command.target)
        self._free(command.call_id)
        self._transfer(command.call_id, command.target, attended=False)

    def _transfer(self, call_id: str, target: str, attended: bool) -> None:
        def held(ok: bool) -> None:
            if self.calls[call_id].ended:
                return
            if ok:
                self.happen(ev.TransferStarted, call_id, target=target, attended=attended)
            else:
                self.happen(ev.TransferFailed, call_id, code=488, reason="Hold Refused")

        self.hold(call_id, held)

    def _StartConsult(self, command: cmd.StartConsult) -> None:
        caller = self._free(command.call_id)
        self._may_dial(command.consult_id, command.target)
        if self.consult_of(caller.call_id) or caller.call_id in self._consults_to_come:
            raise refused("consult_exists", "A consultation already runs.", "End it first.")
        if caller.consult_of:
            raise refused("consult_nested", "This call is a consultation.", "Consult the other.")
        self._consults_to_come.add(caller.call_id)

        def held(ok: bool) -> None:
            wanted = caller.call_id in self._consults_to_come
            self._consults_to_come.discard(caller.call_id)
            if ok and wanted:
                self._dialled(command.consult_id, caller.account_id, command.target, caller.call_id)

        self.hold(caller.call_id, held)

    def _SwapConsult(self, command: cmd.SwapConsult) -> None:
        caller, consult = self._pair(command.call_id)
        talks = caller.phase in (Phase.TALKING, Phase.RESUMING)
        first, second = (caller, consult) if talks else (consult, caller)
        self.hold(first.call_id, lambda ok: self.resume(second.call_id) if ok else None)

    def _CompleteTransfer(self, command: cmd.CompleteTransfer) -> None:
        caller, consult = self._pair(command.call_id, answered=False)
        self._free(caller.call_id)
        if not consult.connected:
            self.end_locally(consult.call_id)
        attended = consult.connected
        self._transfer(caller.call_id, consult.remote.number, attended=attended)

    def _CancelConsult(self, command: cmd.CancelConsult) -> None:
        call_id = self.live_call(command.call_id).consult_of or command.call_id
        consult = self.consult_of(call_id)
        if call_id in self._consults_to_come:
            self._consults_to_come.discard(call_id)
        elif consult is not None:
            self.part(call_id)
            self.end_locally(consult.call_id)
        else:
            raise refused("no_consult", "No consultation runs.", "Start one first.")
        self.resume(call_id)

    def _MergeConference(self, command: cmd.MergeConference) -> None:
        pair = [call.call_id for call in self._pair(command.call_id)]
        self.joins.update({pair[0]: pair[1], pair[1]: pair[0]})
        missing = set(pair)

        def resumed(each: str, ok: bool) -> None:
            missing.discard(each)
            calls = [self.calls[each] for each in pair]
            if ok and all(c.phase is Phase.TALKING and not c.conference_with for c in calls):
                for each, other in (pair, pair[::-1]):
                    self.happen(ev.ConferenceMerged, each, other_call_id=other)
            if not missing:
                for each in pair:
                    self.joins.pop(each, None)

        for each in pair:
            self.resume(each, functools.partial(resumed, each))

    def _SplitConference(self, command: cmd.SplitConference) -> None:
        caller, _consult = self._pair(command.call_id)
        if not caller.conference_with:
            raise refused("no_conference", "No conference runs.", "Merge the calls first.")
        self.hold(caller.call_id)

    def _Reclaim(self, command: cmd.Reclaim) -> None:
        raise refused("not_reclaimed", "The call cannot be got back.", "Call the number again.")

    # --- what a command needs ---

    def consult_of(self, call_id: str) -> Call | None:
        """The live consultation about `call_id`."""
        return next((call for call in self.live() if call.consult_of == call_id), None)

    def live_call(self, call_id: str) -> Call:
        """Raises `KnownError` for a call that is unknown or over."""
        call = self.calls.get(call_id)
        if call is None or call.ended:
            raise refused("unknown_call", "That call is over.", "Choose a call that still runs.")
        return call

    def _in(self, call_id: str, *wanted: Phase) -> Call:
        call = self.live_call(call_id)
        if call.phase not in wanted:
            raise refused("wrong_phase", "The call is not in that state.", "Look at the call bar.")
        return call

    def _connected(self, call_id: str) -> Call:
        return self._in(call_id, *CONNECTED)

    def _free(self, call_id: str) -> Call:
        call = self._connected(call_id)
        if call.transfer is TransferState.PENDING:
            raise refused("transfer_pending", "A transfer already runs.", "Wait for its outcome.")
        return call

    def _pair(self, call_id: str, answered: bool = True) -> tuple[Call, Call]:
        caller = self.live_call(self.live_call(call_id).consult_of or call_id)
        consult = self.consult_of(caller.call_id)
        if consult is None:
            raise refused("no_consult", "No consultation runs.", "Start one first.")
        if answered and not consult.connected:
            text = "The consulted party has not answered yet."
            raise refused("consult_not_answered", text, "Wait for the answer, or cancel.")
        return caller, consult

    def _may_dial(self, call_id: str, target: str) -> None:
        self._check_target(target)
        if not call_id or call_id in self.calls:
            raise refused("bad_call_id", "This call was dialled already.", "Dial again.")
        if len(self.live()) >= self.max_calls:
            raise refused("too_many_calls", "No line is free.", "End a call first.")

    def _check_target(self, target: str) -> None:
        if not _TARGET.fullmatch(target.strip()):
            raise refused("bad_number", "This is not a number that can be dialled.", "Correct it.")


def refused(code: str, text: str, remedy: str) -> KnownError:
    return KnownError(code, text, remedy)
