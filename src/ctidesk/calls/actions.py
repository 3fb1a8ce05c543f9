"""The agent's intents: each becomes a command to the engine or a note in the log.

Runs in: desk process, Qt main thread. What the screen shows afterwards comes from the events.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable

from ctidesk.calls import agent_events as ag, commands as cmd
from ctidesk.calls.agent import LOGGED_OUT, READY, Rest
from ctidesk.calls.agent_events import AgentState
from ctidesk.calls.call import Call, Phase, RecordingState
from ctidesk.calls.desk import CallDesk, EngineState
from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Clock, Telephony


def new_call_id() -> str:
    return uuid.uuid4().hex


class DeskActions:
    """What the agent can do. Refusals come to the desk's listeners as a `KnownError`."""

    def __init__(
        self,
        desk: CallDesk,
        telephony: Telephony,
        clock: Clock,
        account_id: str,
        dialable: Callable[[str], str],
    ) -> None:
        self._desk = desk
        self._telephony = telephony
        self._clock = clock
        self._account_id = account_id
        self._dialable = dialable
        self.last_dialled = ""
        self.pause_limit_s = 120.0
        """A paused recording goes on by itself after this."""

    # ------------------------------------------------------------------- calls

    def answer(self, call_id: str = "") -> None:
        """Answer `call_id`, or the oldest offered call."""
        if call := self._pick(call_id, (Phase.OFFERED,)):
            self._send(cmd.Answer(call_id=call.call_id))

    def decline(self, call_id: str = "", code: int = 486) -> None:
        if call := self._pick(call_id, (Phase.OFFERED,)):
            self._send(cmd.Decline(call_id=call.call_id, code=code))

    def end(self, call_id: str = "") -> None:
        """End `call_id`, or the current call."""
        call = self._desk.calls.get(call_id) if call_id else self._desk.current
        if call is None or call.ended:
            return
        if call.phase is Phase.OFFERED:
            self.decline(call.call_id)
        elif call.consult_of and call.consult_of in self._desk.calls:
            self.cancel_consult(call.consult_of)
        else:
            self._send(cmd.HangUp(call_id=call.call_id))

    def toggle_hold(self, call_id: str = "") -> None:
        """Hold the talking call or resume the held one."""
        call = self._desk.calls.get(call_id) if call_id else self._desk.current
        if call is None:
            return
        if call.phase is Phase.TALKING:
            self._send(cmd.Hold(call_id=call.call_id))
        elif call.phase is Phase.HELD:
            self._send(cmd.Resume(call_id=call.call_id))

    def toggle_mute(self) -> None:
        call = self._desk.current
        if call is not None and call.connected:
            self._send(cmd.SetMute(call_id=call.call_id, muted=not call.muted))

    def toggle_recording_pause(self) -> None:
        """Keep nothing while card data is spoken, or go on recording."""
        call = self._desk.current
        if call is None or not call.connected:
            return
        if call.recording is RecordingState.PAUSED:
            self._send(cmd.ResumeRecording(call_id=call.call_id))
        else:
            self.pause_recording(call.call_id)

    def pause_recording(self, call_id: str) -> None:
        """Asked again, the time begins anew."""
        self._send(cmd.PauseRecording(call_id=call_id, limit_s=self.pause_limit_s))

    def resume_recording(self, call_id: str) -> None:
        self._send(cmd.ResumeRecording(call_id=call_id))

    def dtmf(self, digits: str, method: str = "rfc4733") -> None:
        call = self._desk.current
        if call is not None and (call.connected or call.phase is Phase.RINGING):
            self._send(cmd.SendDtmf(call_id=call.call_id, digits=digits, method=method))

    def dial(self, target: str) -> str:
        """Dial a number or URI; returns the new call_id, "" when it cannot be dialled."""
        number = self._number(target)
        if not number:
            return ""
        if self._desk.engine is not EngineState.READY:
            self._desk.publish(
                KnownError(
                    "engine_not_ready",
                    "The telephone is not ready yet.",
                    "Wait until the status line says that it is, then dial again.",
                )
            )
            return ""
        self.last_dialled = number
        call_id = new_call_id()
        self._send(cmd.Dial(call_id=call_id, account_id=self._account_id, target=number))
        return call_id

    def dial_code(self, code: str) -> None:
        """A code of the exchange, in the background."""
        self._send(cmd.DialCode(account_id=self._account_id, code=code))

    def redial(self) -> str:
        return self.dial(self.last_dialled) if self.last_dialled else ""

    def call_back(self, call_id: str) -> str:
        """Dial a missed caller; returns the new call_id, "" when it cannot be dialled."""
        missed = (one.call for one in self._desk.missed if one.call.call_id == call_id)
        call = next(missed, None)
        return "" if call is None else self.dial(call.remote.number)

    def try_sound(self, what: str) -> None:
        """ "levels", "echo" or "ring"; "" ends it."""
        if self._desk.engine is EngineState.READY:
            self._send(cmd.TrySound(what=what))

    # ------------------------------------------------------ transfer, conference

    def transfer_blind(self, call_id: str, target: str) -> None:
        if number := self._number(target):
            self._send(cmd.TransferBlind(call_id=call_id, target=number))

    def start_consult(self, call_id: str, target: str) -> None:
        if number := self._number(target):
            self._send(cmd.StartConsult(call_id=call_id, consult_id=new_call_id(), target=number))

    def swap(self, call_id: str) -> None:
        self._send(cmd.SwapConsult(call_id=call_id))

    def complete_transfer(self, call_id: str) -> None:
        self._send(cmd.CompleteTransfer(call_id=call_id))

    def cancel_consult(self, call_id: str) -> None:
        self._send(cmd.CancelConsult(call_id=call_id))

    def merge(self, call_id: str) -> None:
        self._send(cmd.MergeConference(call_id=call_id))

    def split(self, call_id: str) -> None:
        self._send(cmd.SplitConference(call_id=call_id))

    # ------------------------------------------------------------------- agent

    def ready(self) -> None:
        self._choose(READY)

    def not_ready(self, reason: str) -> None:
        self._choose(Rest(AgentState.NOT_READY, reason))

    def log_out(self) -> None:
        self._choose(LOGGED_OUT)

    def _choose(self, rest: Rest) -> None:
        try:
            change = self._desk.agent.choose(rest)
        except KnownError as error:
            self._desk.publish(error)
            return
        if change is not None:
            self._desk.note(change)

    # ------------------------------------------------------------ card, wrap-up

    def set_party(self, call_id: str, party: str, by: str) -> None:
        self._desk.note(ag.PartySet(call_id=call_id, party=party, by=by, **self._now()))

    def choose_member(self, call_id: str, member_id: str) -> None:
        self._desk.note(ag.MemberChosen(call_id=call_id, member_id=member_id, **self._now()))

    def wrap_up_saved(self, stamp: ag.WrapUpSaved) -> None:
        """The journal has the interaction and its `stamp`: the next state comes in."""
        self._desk.note_stored(stamp)
        self._desk.forget(stamp.call_id)

    # ----------------------------------------------------------------- private

    def _now(self) -> dict[str, float]:
        return {"t_mono": self._clock.mono(), "t_wall": self._clock.wall()}

    def _pick(self, call_id: str, wanted: tuple[Phase, ...]) -> Call | None:
        if call_id:
            call = self._desk.calls.get(call_id)
            return call if call is not None and call.phase in wanted else None
        return next((call for call in self._desk.live if call.phase in wanted), None)

    def _number(self, target: str) -> str:
        try:
            return self._dialable(target)
        except KnownError as error:
            self._desk.publish(error)
            return ""

    def _send(self, command: cmd.Command) -> None:
        self._telephony.send(command, self._answered)

    def _answered(self, outcome: KnownError | None) -> None:
        if outcome is not None:
            self._desk.publish(outcome)
