"""Random walks over the simulator: whatever is asked in whatever order, all stays possible."""

from __future__ import annotations

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.support.telephony_desk import SystemClock

from ctidesk.calls import commands as cmd, events as ev
from ctidesk.calls.call import Call, Phase, TransferState
from ctidesk.calls.errors import KnownError
from ctidesk.sip.simulator import ACCOUNT, SimulatedEngine

COMMANDS = st.sampled_from(
    [
        lambda i: cmd.Answer(call_id=i),
        lambda i: cmd.Decline(call_id=i),
        lambda i: cmd.HangUp(call_id=i),
        lambda i: cmd.Hold(call_id=i),
        lambda i: cmd.Resume(call_id=i),
        lambda i: cmd.SetMute(call_id=i, muted=True),
        lambda i: cmd.SendDtmf(call_id=i, digits="1"),
        lambda i: cmd.TransferBlind(call_id=i, target="200"),
        lambda i: cmd.SwapConsult(call_id=i),
        lambda i: cmd.CompleteTransfer(call_id=i),
        lambda i: cmd.CancelConsult(call_id=i),
        lambda i: cmd.MergeConference(call_id=i),
        lambda i: cmd.SplitConference(call_id=i),
    ]
)
WHICH = st.integers(0, 3)


class Walk(RuleBasedStateMachine):
    """The engine raises `ImpossibleEvent` by itself when it emits what the table forbids."""

    def __init__(self) -> None:
        super().__init__()
        self.engine = SimulatedEngine(SystemClock())
        self.engine.on_event = lambda event, seq: self.seen.append(event)
        self.seen: list[ev.DeskEvent] = []
        self.count = 0

    def live(self) -> list[Call]:
        return [call for call in self.engine.calls() if not call.ended]

    def pick(self, which: int, *phases: Phase) -> str | None:
        fitting = [call for call in self.live() if not phases or call.phase in phases]
        return fitting[which % len(fitting)].call_id if fitting else None

    def ask(self, command: cmd.Command) -> None:
        answers: list[KnownError | None] = []
        self.engine.send(command, answers.append)
        assert len(answers) == 1

    @precondition(lambda self: len(self.live()) < 4)
    @rule()
    def offered(self) -> None:
        self.engine.offer("100")

    @rule(by_itself=st.booleans())
    def manners(self, by_itself: bool) -> None:
        self.engine.confirms_holds = by_itself

    @rule(command=COMMANDS, which=WHICH)
    def command(self, command: object, which: int) -> None:
        self.ask(command(self.pick(which) or "gone"))  # type: ignore[operator]

    @rule()
    def dialled(self) -> None:
        self.count += 1
        self.ask(cmd.Dial(call_id=f"d{self.count}", account_id=ACCOUNT, target="200"))

    @rule(which=WHICH)
    def consulted(self, which: int) -> None:
        self.count += 1
        call_id = self.pick(which) or "gone"
        self.ask(cmd.StartConsult(call_id=call_id, consult_id=f"c{self.count}", target="200"))

    @rule(which=WHICH, ok=st.booleans())
    def hold_answered(self, which: int, ok: bool) -> None:
        call_id = self.pick(which, Phase.HOLDING, Phase.RESUMING)
        if call_id is not None:
            (self.engine.confirm if ok else self.engine.refuse)(call_id)

    @rule(which=WHICH, answers=st.booleans())
    def far_end(self, which: int, answers: bool) -> None:
        call_id = self.pick(which, Phase.DIALLING, Phase.RINGING)
        if call_id is not None:
            (self.engine.remote_answers if answers else self.engine.remote_refuses)(call_id)

    @rule(which=WHICH)
    def hung_up(self, which: int) -> None:
        call_id = self.pick(which)
        if call_id is not None:
            self.engine.remote_hangs_up(call_id)

    @rule(ok=st.booleans())
    def transfer_ends(self, ok: bool) -> None:
        for call in self.live():
            if call.transfer is TransferState.PENDING:
                engine = self.engine
                (engine.transfer_answered if ok else engine.transfer_busy)(call.call_id)
                return

    @invariant()
    def one_talks(self) -> None:
        """More than one talks only in a conference, whoever answers or refuses a hold when."""
        talking = {call.call_id: call for call in self.live() if call.phase is Phase.TALKING}
        for call in talking.values():
            assert set(talking) <= {call.call_id, call.conference_with}

    @invariant()
    def conferences_are_mutual(self) -> None:
        calls = {call.call_id: call for call in self.engine.calls()}
        for call in calls.values():
            if call.conference_with:
                assert calls[call.conference_with].conference_with == call.call_id


TestWalk = Walk.TestCase
TestWalk.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
