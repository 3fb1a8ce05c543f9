"""What the simulator adds to the contract: the script's own rules."""

from __future__ import annotations

import pytest
from tests.support.telephony_desk import SpyDesk, SystemClock

from ctidesk.calls import commands as cmd, events as ev, phases
from ctidesk.calls.call import Phase, RecordingState
from ctidesk.calls.errors import BugError, KnownError
from ctidesk.sip.simulator import ACCOUNT, SimulatedEngine


@pytest.fixture
def spy() -> SpyDesk:
    return SpyDesk()


@pytest.fixture
def engine(spy: SpyDesk) -> SimulatedEngine:
    made = SimulatedEngine(SystemClock())
    spy.listen_to(made)
    made.start()
    return made


def answered(engine: SimulatedEngine) -> str:
    call_id = engine.offer("100", "Ann", "claims")
    engine.send(cmd.Answer(call_id=call_id))
    return call_id


def test_without_deliver_everything_happens_at_once(engine: SimulatedEngine, spy: SpyDesk) -> None:
    call_id = engine.offer("100", "Ann", "claims")
    (offer,) = spy.of(ev.CallOffered)
    assert (offer.remote.number, offer.routing.queue) == ("100", "claims")
    answers: list[KnownError | None] = []
    engine.send(cmd.Answer(call_id=call_id), answers.append)
    assert answers == [None]
    assert spy.phase(call_id) is Phase.TALKING
    assert spy.order[:2] == ["snapshot", "EngineReady"]


def test_the_mirror_never_runs_ahead_of_what_was_delivered(spy: SpyDesk) -> None:
    engine = SimulatedEngine(SystemClock(), spy.deliver)
    spy.listen_to(engine)
    call_id = engine.offer("100")
    engine.send(cmd.Answer(call_id=call_id))
    assert list(engine.calls()) == []
    spy.until_event(ev.CallOffered)
    assert spy.phase(call_id) is Phase.OFFERED


def test_a_withheld_number(engine: SimulatedEngine, spy: SpyDesk) -> None:
    engine.offer("")
    assert spy.of(ev.CallOffered)[0].remote.withheld


def test_the_script_cannot_play_what_cannot_be(engine: SimulatedEngine) -> None:
    offered, talking = engine.offer("100"), answered(engine)
    with pytest.raises(BugError):
        engine.remote_answers(offered)
    with pytest.raises(BugError):
        engine.transfer_busy(talking)
    with pytest.raises(phases.ImpossibleEvent):
        engine.remote_rings(talking)
    engine.remote_hangs_up(talking)
    with pytest.raises(phases.ImpossibleEvent):
        engine.remote_hangs_up(talking)


def test_a_consultation_cancelled_before_the_hold_is_confirmed(
    engine: SimulatedEngine, spy: SpyDesk
) -> None:
    call_id = answered(engine)
    engine.confirms_holds = False
    engine.send(cmd.StartConsult(call_id=call_id, consult_id="c2", target="200"))
    assert spy.of(ev.CallDialled) == []
    engine.send(cmd.CancelConsult(call_id=call_id))
    engine.confirm(call_id)
    assert spy.names(call_id)[-2:] == ["ResumeRequested", "CallResumed"]
    assert spy.of(ev.CallDialled) == []


def test_a_refused_hold_dials_nobody(engine: SimulatedEngine, spy: SpyDesk) -> None:
    call_id = answered(engine)
    engine.confirms_holds = False
    engine.send(cmd.StartConsult(call_id=call_id, consult_id="c2", target="200"))
    engine.refuse(call_id)
    assert spy.names(call_id)[-1] == "HoldFailed"
    assert spy.of(ev.CallDialled) == []


def test_recording_quality_and_registration(engine: SimulatedEngine, spy: SpyDesk) -> None:
    call_id = answered(engine)
    engine.recording_starts(call_id)
    engine.recording_grows(call_id, 4096)
    call = spy.call(call_id)
    assert call is not None
    assert (call.recording, call.recorded_bytes) == (RecordingState.RUNNING, 4096)
    engine.quality(call_id, mos=4.2)
    engine.recording_seals(call_id, 0, 5000)
    engine.remote_hangs_up(call_id)
    engine.recording_stops(call_id, "m.json", 10.0)
    assert spy.of(ev.RecordingStopped)[0].recorded_bytes == 5000
    engine.registration(ev.Registration.REFUSED, problem="wrong_password", text="No.", remedy="Do.")
    assert spy.of(ev.RegistrationChanged)[0].account_id == ACCOUNT
    telemetry = [n for n, e in zip(spy.numbers, spy.events, strict=True) if n == 0]
    assert len(telemetry) == 3  # ready, grew, measured; all others are numbered
    numbered = [number for number in spy.numbers if number]
    assert numbered == list(range(1, len(numbered) + 1))


def test_a_lost_engine_refuses_and_ends_its_calls(engine: SimulatedEngine, spy: SpyDesk) -> None:
    call_id = answered(engine)
    engine.engine_lost()
    assert spy.order[-2:] == ["EngineLost", "CallEnded"]
    end = spy.of(ev.CallEnded, call_id)[0]
    assert (end.by, end.code, end.reason) == ("failure", 0, "engine lost")
    answers: list[KnownError | None] = []
    engine.send(cmd.Dial(call_id="c", account_id=ACCOUNT, target="1"), answers.append)
    assert isinstance(answers[0], KnownError)
    assert answers[0].code == "engine_lost"
    engine.engine_ready()
    engine.send(cmd.Dial(call_id="c", account_id=ACCOUNT, target="1"), answers.append)
    assert answers[1] is None


def test_no_more_calls_than_lines(engine: SimulatedEngine) -> None:
    for number in ("1", "2", "3", "4"):
        engine.offer(number)
    answers: list[KnownError | None] = []
    engine.send(cmd.Dial(call_id="c", account_id=ACCOUNT, target="1"), answers.append)
    assert isinstance(answers[0], KnownError)
    assert answers[0].code == "too_many_calls"


def test_acknowledged_ends_are_forgotten(engine: SimulatedEngine, spy: SpyDesk) -> None:
    call_id = answered(engine)
    engine.remote_hangs_up(call_id)
    assert spy.phase(call_id) is Phase.ENDED
    engine.acknowledge(spy.numbers[-1])
    assert spy.call(call_id) is None


def test_a_transfer_whose_hold_is_refused_fails_before_it_began(
    engine: SimulatedEngine, spy: SpyDesk
) -> None:
    call_id = answered(engine)
    engine.confirms_holds = False
    engine.send(cmd.TransferBlind(call_id=call_id, target="200"))
    engine.refuse(call_id)
    assert spy.names(call_id)[-2:] == ["HoldFailed", "TransferFailed"]
    assert spy.phase(call_id) is Phase.TALKING


def test_without_registration_nothing_is_dialled(engine: SimulatedEngine) -> None:
    answers: list[KnownError | None] = []
    dial = cmd.Dial(call_id="c", account_id=ACCOUNT, target="1")
    engine.registration(ev.Registration.FAILED, problem="timeout")
    engine.send(dial, answers.append)
    engine.registration(ev.Registration.REGISTERED)
    engine.send(dial, answers.append)
    assert isinstance(answers[0], KnownError)
    assert (answers[0].code, answers[1]) == ("not_registered", None)
