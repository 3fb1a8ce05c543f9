"""Engines that are really killed in real calls, and desks that come and go."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.telephony_desk import SpyDesk, SystemClock
from tests.support.telephony_lab import CALLER, consulting, talking
from tests.support.telephony_real_lab import RealLab, RealTelephony

from ctidesk.calls import commands as cmd, events as ev
from ctidesk.calls.call import Direction, Phase
from ctidesk.sip import supervisor as supervising
from ctidesk.sip.attachment import Timing
from ctidesk.sip.supervisor import EngineSupervisor

pytestmark = pytest.mark.kills


@pytest.fixture
def mortal() -> Iterator[RealTelephony]:
    """An engine of this test alone."""
    with tempfile.TemporaryDirectory(prefix="cti-") as folder:
        telephony = RealTelephony(Path(folder))
        yield telephony
        telephony.close()


@pytest.fixture
def lab(mortal: RealTelephony) -> RealLab:
    return RealLab(mortal)


def kill(desk: SpyDesk) -> float:
    """kill -9 of the engine; when, on the monotonic clock."""
    killed = time.monotonic()
    os.kill(desk.of(ev.EngineReady)[-1].pid, signal.SIGKILL)
    return killed


def ms(since: float, event: ev.EngineLost | ev.EngineReady | ev.CallResumed) -> str:
    return f"{(event.t_mono - since) * 1000:.0f} ms"


def test_a_talking_call_survives_its_engine(
    lab: RealLab, capsys: pytest.CaptureFixture[str]
) -> None:
    desk, call_id = lab.desk, talking(lab)
    killed = kill(desk)
    back = desk.until_event(ev.CallResumed, call_id)
    lost, ready = desk.of(ev.EngineLost)[0], desk.of(ev.EngineReady)[1]
    with capsys.disabled():
        sys.stdout.write(
            f"\nkill -9 in a call: said after {ms(killed, lost)}, new engine ready after"
            f" {ms(killed, ready)}, call back after {ms(killed, back)}\n"
        )
    caller = lab.real.phones[CALLER]
    successor = int(caller.wait("replaced")["by"])
    call = desk.call(call_id)
    assert call is not None
    assert (call.phase, call.direction) == (Phase.TALKING, Direction.INBOUND)
    assert "CallEnded" not in desk.names(call_id)
    desk.do(cmd.Hold(call_id=call_id))
    desk.until(lambda: desk.phase(call_id) is Phase.HELD)
    caller("hangup", leg=successor)
    assert desk.until_event(ev.CallEnded, call_id).by == "remote"


def test_a_call_survives_two_engines(lab: RealLab) -> None:
    desk, call_id = lab.desk, talking(lab)
    kill(desk)
    desk.until_event(ev.CallResumed, call_id)
    kill(desk)
    desk.until_event(ev.CallResumed, call_id, count=2)
    assert desk.phase(call_id) is Phase.TALKING
    desk.do(cmd.HangUp(call_id=call_id))
    assert desk.until_event(ev.CallEnded, call_id).by == "local"


def test_a_held_and_muted_call_comes_back_held_and_muted(lab: RealLab) -> None:
    desk, call_id = lab.desk, talking(lab)
    desk.do(cmd.SetMute(call_id=call_id, muted=True))
    desk.do(cmd.Hold(call_id=call_id))
    desk.until(lambda: desk.phase(call_id) is Phase.HELD)
    kill(desk)
    desk.until_event(ev.CallResumed, call_id)
    desk.until(lambda: desk.phase(call_id) is Phase.HELD)
    desk.until(lambda: getattr(desk.call(call_id), "muted", False))


def test_caller_and_consultation_both_come_back(lab: RealLab) -> None:
    desk = lab.desk
    call_id, consult_id = consulting(lab)
    kill(desk)
    desk.until_event(ev.CallResumed, call_id)
    desk.until_event(ev.CallResumed, consult_id)
    desk.until(lambda: desk.phase(call_id) is Phase.HELD)
    assert desk.phase(consult_id) is Phase.TALKING
    assert getattr(desk.call(consult_id), "consult_of", "") == call_id


def test_a_caller_who_is_gone_too_ends_for_wrap_up(
    lab: RealLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervising, "RECLAIM_S", 1.0)
    desk, call_id = lab.desk, talking(lab)
    phone = lab.real.phones[CALLER].process
    phone.kill()
    phone.wait(20)
    assert phone.stdin is not None
    phone.stdin.close()
    kill(desk)
    end = desk.until_event(ev.CallEnded, call_id)
    assert (end.by, end.code, end.reason) == ("failure", 0, "engine lost")


def test_a_ringing_call_ends_with_its_engine(lab: RealLab) -> None:
    desk, call_id = lab.desk, lab.offer()
    kill(desk)
    assert desk.until_event(ev.CallEnded, call_id).by == "failure"
    assert desk.until_event(ev.EngineReady, count=2).resumed_calls == 0


def test_a_desk_that_goes_leaves_the_call_and_the_next_one_finds_it(lab: RealLab) -> None:
    call_id = talking(lab)
    lab.real.supervisor.stop(leave_engine=True)
    caller = lab.real.phones[CALLER]
    next_desk = SpyDesk()
    runtime = lab.real.runtime
    next_one = EngineSupervisor(runtime, next_desk.deliver, SystemClock())
    next_desk.listen_to(next_one)
    next_one.start()
    try:
        ready = next_desk.until_event(ev.EngineReady)
        assert ready.resumed_calls == 1
        assert ready.pid == lab.desk.of(ev.EngineReady)[0].pid
        assert next_desk.phase(call_id) is Phase.TALKING
        offered = [event for event in next_desk.missed if isinstance(event, ev.CallOffered)]
        assert [event.call_id for event in offered] == [call_id]  # nobody acknowledged it
        caller("hangup", leg=lab._legs[CALLER])
        next_desk.until_event(ev.CallEnded, call_id)
    finally:
        next_one.stop(leave_engine=False)


def test_a_stopped_engine_is_replaced_and_the_call_got_back(lab: RealLab) -> None:
    call_id = talking(lab)
    lab.real.supervisor.stop(leave_engine=True)
    desk = SpyDesk()
    hasty = EngineSupervisor(
        lab.real.runtime,
        desk.deliver,
        SystemClock(),
        timing=Timing(hello_s=4.0, silence_s=3.0, stall_s=4.0),
    )
    desk.listen_to(hasty)
    hasty.configure([lab.real.account])
    hasty.start()
    try:
        pid = desk.until_event(ev.EngineReady).pid
        os.kill(pid, signal.SIGSTOP)
        assert desk.until_event(ev.EngineLost).reason == "silent"
        assert desk.until_event(ev.EngineReady, count=2).pid != pid
        desk.until_event(ev.CallResumed, call_id)
    finally:
        hasty.stop(leave_engine=False)
