"""A telephone engine without telephony: the same events and refusals, played by a script.

Runs in: desk process or tests, the thread that composed it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence

from ctidesk.calls import events as ev
from ctidesk.calls.call import Call, Phase, RemoteParty, Routing, TransferState
from ctidesk.calls.commands import Command, ConfigureAccount, ConfigureAudio, ConfigureRecording
from ctidesk.calls.errors import BugError, KnownError
from ctidesk.calls.lamps import LampState
from ctidesk.calls.line_quality import LineFigures
from ctidesk.calls.ports import Clock, Done
from ctidesk.sip.channel_errors import engine_lost
from ctidesk.sip.client import Deliver, nobody
from ctidesk.sip.protocol import Snapshot
from ctidesk.sip.simulated_switch import SimulatedSwitch

ACCOUNT = "simulated"


class SimulatedEngine:
    """Implements `calls.ports.Telephony`; takes the supervisor's place in tests and UI work.

    Without `deliver` everything happens within the call that causes it. The script methods play
    the network; each raises `phases.ImpossibleEvent` when the script asks for what cannot be.
    """

    def __init__(self, clock: Clock, deliver: Deliver | None = None) -> None:
        self.on_event: Callable[[ev.DeskEvent, int], None] = nobody
        self.on_missed: Callable[[Sequence[ev.EngineEvent]], None] = nobody
        self.on_snapshot: Callable[[Snapshot], None] = nobody
        self.on_refused: Callable[[Command, KnownError], None] = nobody
        self.sent: list[Command] = []
        """Every command, in order, refused ones included."""
        self.acknowledged = 0
        self._clock = clock
        self._deliver = deliver or (lambda work: work())
        self._up = True
        self._seen: dict[str, Call] = {}
        self._switch = SimulatedSwitch(clock, self._tell)
        self._switch.accounts.add(ACCOUNT)

    # --- the port, and the rest of what a supervisor offers ---

    def send(self, command: Command, done: Done[None] | None = None) -> None:
        self.sent.append(command)
        refusal: KnownError | None = None
        if not self._up:
            refusal = engine_lost()
        else:
            try:
                self._switch.execute(command)
            except KnownError as error:
                refusal = error
        if done is not None:
            self._deliver(lambda: done(refusal))

    def calls(self) -> Sequence[Call]:
        return list(self._seen.values())

    def start(self) -> None:
        """Say that it is ready, with an empty snapshot before."""
        self._deliver(lambda: self.on_snapshot(self._snapshot()))
        self.engine_ready()

    def configure(
        self,
        accounts: Sequence[ConfigureAccount],
        recording: ConfigureRecording | None = None,
        audio: ConfigureAudio | None = None,
    ) -> None:
        for account in accounts:
            self.send(account)
        for order in (recording, audio):
            if order is not None:
                self.send(order)

    def acknowledge(self, seq: int) -> None:
        self.acknowledged = max(self.acknowledged, seq)
        for call in [call for call in self._seen.values() if call.ended]:
            del self._seen[call.call_id]

    def stop(self, leave_engine: bool, timeout_s: float = 5.0) -> None:
        self._up = False

    # --- script: the other end of a call ---

    def offer(
        self,
        number: str,
        name: str = "",
        queue: str = "",
        *,
        routing: Routing | None = None,
        account_id: str = ACCOUNT,
    ) -> str:
        """An INVITE arrives; "" as number is a withheld one. Returns the new call_id."""
        call_id = uuid.uuid4().hex
        self._switch.happen(
            ev.CallOffered,
            call_id,
            account_id=account_id,
            remote=RemoteParty(number=number, display_name=name, withheld=not number),
            routing=routing or Routing(queue=queue),
            t_invite_mono=self._clock.mono(),
        )
        return call_id

    def remote_rings(self, call_id: str, early_media: bool = False) -> None:
        code = 183 if early_media else 180
        self._switch.happen(ev.CallRang, call_id, code=code, early_media=early_media)

    def remote_answers(self, call_id: str) -> None:
        """The other end takes the call that was dialled to it."""
        if self._switch.calls[call_id].phase not in (Phase.DIALLING, Phase.RINGING):
            raise BugError("only a call that was dialled can be answered by the other end")
        self._switch.connect(call_id)

    def remote_refuses(self, call_id: str, code: int = 486, reason: str = "Busy Here") -> None:
        self._switch.end(call_id, code, reason, "remote")

    def remote_hangs_up(self, call_id: str) -> None:
        """BYE of a connected call, CANCEL of an offered one."""
        if self._switch.calls[call_id].connected:
            self._switch.end(call_id, 200, "OK", "remote")
        else:
            self._switch.end(call_id, 487, "Request Terminated", "remote")

    def remote_holds(self, call_id: str, held: bool = True) -> None:
        call = self._switch.calls[call_id]
        fields = {"codec": call.codec, "encrypted": call.encrypted, "remote_hold": held}
        self._switch.happen(ev.MediaChanged, call_id, **fields)

    def remote_presses(self, call_id: str, digit: str) -> None:
        self._switch.happen(ev.DtmfReceived, call_id, digit=digit)

    def call_fails(self, call_id: str, code: int = 408, reason: str = "Request Timeout") -> None:
        """Nobody answers on the network: no route, no media, a lost session."""
        self._switch.end(call_id, code, reason, "failure")

    # --- script: hold ---

    @property
    def confirms_holds(self) -> bool:
        """True (at the start): the other end confirms every hold and resume at once."""
        return self._switch.confirms_holds

    @confirms_holds.setter
    def confirms_holds(self, by_itself: bool) -> None:
        self._switch.confirms_holds = by_itself

    def confirm(self, call_id: str) -> None:
        """The other end confirms the hold or resume that is under way."""
        self._switch.confirm(call_id)

    def refuse(self, call_id: str, code: int = 488, reason: str = "Not Acceptable Here") -> None:
        """The other end refuses the hold or resume that is under way."""
        self._switch.refuse(call_id, code, reason)

    # --- script: outcome of a transfer ---

    def transfer_rings(self, call_id: str) -> None:
        self._switch.happen(ev.TransferProgressed, call_id, code=180, reason="Ringing")

    def transfer_answered(self, call_id: str) -> None:
        """The target took the call: our legs end."""
        self._pending(call_id)
        consult = self._switch.consult_of(call_id)
        self._switch.happen(ev.TransferCompleted, call_id)
        self._switch.end(call_id, 200, "OK", "local")
        if consult is not None:
            self._switch.end(consult.call_id, 200, "OK", "remote")

    def transfer_busy(self, call_id: str) -> None:
        self._transfer_fails(call_id, 486, "Busy Here")

    def transfer_unanswered(self, call_id: str) -> None:
        self._transfer_fails(call_id, 408, "Not Answered")

    def _transfer_fails(self, call_id: str, code: int, reason: str) -> None:
        self._pending(call_id)
        self._switch.happen(ev.TransferFailed, call_id, code=code, reason=reason)

    def _pending(self, call_id: str) -> None:
        if self._switch.calls[call_id].transfer is not TransferState.PENDING:
            raise BugError("no transfer is under way")

    # --- script: recording and quality ---

    def recording_starts(self, call_id: str) -> None:
        self._switch.happen(ev.RecordingStarted, call_id)

    def recording_grows(self, call_id: str, recorded_bytes: int) -> None:
        self._switch.happen(ev.RecordingGrew, call_id, recorded_bytes=recorded_bytes)

    def recording_seals(self, call_id: str, index: int, recorded_bytes: int) -> None:
        fields = {"sha256": f"{index:064x}", "recorded_bytes": recorded_bytes, "duration_s": 10.0}
        self._switch.happen(ev.RecordingSegmentSealed, call_id, index=index, **fields)

    def recording_stops(self, call_id: str, manifest: str = "", duration_s: float = 0.0) -> None:
        grown = self._switch.calls[call_id].recorded_bytes
        fields = {"manifest": manifest, "recorded_bytes": grown, "duration_s": duration_s}
        self._switch.happen(ev.RecordingStopped, call_id, **fields)

    def recording_fails(self, call_id: str, problem: str) -> None:
        self._switch.happen(ev.RecordingFailed, call_id, problem=problem)

    def quality(
        self, call_id: str, mos: float, loss_pct: float = 0.0, **more: float | None
    ) -> None:
        """The line is measured once; `more`: further `LineFigures`. The verdict follows by the
        desk's clock, as the engine's does."""
        fields = {"jitter_ms": 5.0, "rtt_ms": 20.0, **more}
        figures = LineFigures(mos=mos, loss_pct=loss_pct, **fields)  # type: ignore[arg-type]
        self._switch.measure(call_id, figures)

    # --- script: codes and lamps ---

    def knows_code(self, code: str, status: int = 200) -> None:
        """What the exchange answers to `code` from now on."""
        self._switch.codes[code] = status

    def lamp(self, target: str, state: LampState) -> None:
        """The exchange tells what a watched telephone does."""
        if target not in self._switch.lamps:
            raise BugError("nobody watches this telephone")
        self._switch.lamps[target] = state
        self._switch.tell_lamps()

    # --- script: registration and the engine itself ---

    def registration(
        self,
        state: ev.Registration,
        *,
        problem: str = "",
        text: str = "",
        remedy: str = "",
        transport: str = "",
        warnings: tuple[ev.AccountWarning, ...] = (),
        account_id: str = ACCOUNT,
    ) -> None:
        down = state in (ev.Registration.FAILED, ev.Registration.REFUSED)
        (self._switch.unregistered.add if down else self._switch.unregistered.discard)(account_id)
        self._switch.tell(
            ev.RegistrationChanged(
                account_id=account_id,
                state=state,
                problem=problem,
                text=text,
                remedy=remedy,
                transport=transport,
                warnings=warnings,
                t_mono=self._clock.mono(),
                t_wall=self._clock.wall(),
            )
        )

    def attack(self, count: int) -> None:
        """So many requests were turned away in the last minute; 0: it is over."""
        self._switch.tell(ev.RequestsRefused(count=count, **self._switch.now()))

    def plug(self, name: str, microphone: bool = True, speaker: bool = True) -> None:
        """A sound device comes; one of that name is used again by itself."""
        self._switch.sound.plug(name, microphone, speaker)

    def pull(self, name: str) -> None:
        """A sound device goes."""
        self._switch.sound.pull(name)

    def engine_lost(self, reason: str = "closed", gone: bool = True) -> None:
        """The engine dies. With `gone` its calls cannot be got back and end with it."""
        self._up = False
        self._hand_over(ev.EngineLost(reason=reason, **self._switch.now()), 0)
        for call in self._switch.live() if gone else ():
            self._switch.end(call.call_id, 0, "engine lost", "failure")

    def engine_ready(self, has_sound: bool = True) -> None:
        self._up = True
        ready = ev.EngineReady(
            pid=0,
            build="simulated",
            has_sound=has_sound,
            resumed_calls=len(self._switch.live()),
            **self._switch.now(),
        )
        self._hand_over(ready, 0)
        self._switch.sound.begin(has_sound)

    # --- telling ---

    def _snapshot(self) -> Snapshot:
        calls = tuple(self._switch.live())
        return Snapshot(engine_id="simulated", seq=0, calls=calls, registrations=())

    def _tell(self, event: ev.EngineEvent, seq: int) -> None:
        seen = None
        if isinstance(event, ev.CallEvent):
            seen = self._switch.calls[event.call_id]
        self._hand_over(event, seq, seen)

    def _hand_over(self, event: ev.DeskEvent, seq: int, seen: Call | None = None) -> None:
        def arrive() -> None:
            if seen is not None:
                self._seen[seen.call_id] = seen
            self.on_event(event, seq)

        self._deliver(arrive)
