"""The supervisor with real engine processes: stubs without telephony, really killed."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support.telephony_desk import SpyDesk, SystemClock

from ctidesk.calls import events as ev
from ctidesk.calls.call import Phase, RecordingState
from ctidesk.calls.commands import ConfigureAccount, ConfigureRecording, HangUp
from ctidesk.sip import supervisor as supervising
from ctidesk.sip.attachment import Attachment, Timing
from ctidesk.sip.supervisor import EngineSupervisor

pytestmark = pytest.mark.kills

ACCOUNT = ConfigureAccount(account_id="a", user="u", password="geheim")
RECORDING = ConfigureRecording(policy="forbidden", recipients=(), spool_dir="", device_key="")
Start = Callable[..., EngineSupervisor]


@pytest.fixture
def start(runtime: Path, desk: SpyDesk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    root = str(Path(__file__).parents[3])
    monkeypatch.setenv("PYTHONPATH", root)
    made: list[EngineSupervisor] = []

    def starting(*options: str, timing: Timing | None = None) -> EngineSupervisor:
        supervisor = EngineSupervisor(
            runtime,
            desk.deliver,
            SystemClock(),
            command=[sys.executable, "-m", "tests.support.telephony_engine_stub", *options],
            timing=timing or Timing(hello_s=20.0, silence_s=20.0),
        )
        desk.listen_to(supervisor)
        supervisor.configure([ACCOUNT], RECORDING)
        supervisor.start()
        made.append(supervisor)
        return supervisor

    yield starting
    for supervisor in made:
        supervisor.stop(leave_engine=False)


def diary(runtime: Path, life: int) -> list[str]:
    path = runtime / "lives" / str(life)
    return path.read_text().splitlines() if path.exists() else []


def ready(desk: SpyDesk, count: int = 1) -> int:
    return desk.until_event(ev.EngineReady, count=count).pid


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def test_starts_an_engine_and_configures_it(start: Start, desk: SpyDesk, runtime: Path) -> None:
    start()
    pid = ready(desk)
    assert pid != os.getpid()
    desk.until(lambda: diary(runtime, 0) == ["ConfigureAccount", "ConfigureRecording"])
    assert os.getsid(pid) == pid  # a session of its own: it outlives the desk


def test_what_changes_while_an_engine_is_attached_is_told_too(
    start: Start, desk: SpyDesk, runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attach, attaching, changed = Attachment.open, threading.Event(), threading.Event()

    def slowly(*args: object) -> Attachment:
        attachment = attach(*args)  # type: ignore[arg-type]
        attaching.set()
        assert changed.wait(20)
        return attachment

    monkeypatch.setattr(Attachment, "open", slowly)
    supervisor = start()
    assert attaching.wait(20)
    other = ConfigureAccount(account_id="b", user="u", password="geheim")
    supervisor.configure([other], RECORDING)
    changed.set()
    ready(desk)
    told = ["RemoveAccount", "ConfigureAccount", "ConfigureRecording"]
    desk.until(lambda: diary(runtime, 0)[-3:] == told)


def test_a_silent_name_service_holds_an_engine_for_a_second_only(
    start: Start, desk: SpyDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RES_OPTIONS", raising=False)
    start()
    seen = Path(f"/proc/{ready(desk)}/environ").read_bytes().split(b"\0")
    assert b"RES_OPTIONS=timeout:1 attempts:1" in seen


def test_a_killed_engine_is_said_and_replaced_and_told_its_configuration(
    start: Start, desk: SpyDesk, runtime: Path
) -> None:
    start()
    first = ready(desk)
    kill(first)
    second = ready(desk, 2)
    assert second != first
    assert desk.order[-3:] == ["missed", "snapshot", "EngineReady"]
    told = [type(e).__name__ for e in desk.events if not isinstance(e, ev.RegistrationChanged)]
    assert told == ["EngineReady", "EngineLost", "EngineReady"]
    desk.until(lambda: diary(runtime, 1) == ["ConfigureAccount", "ConfigureRecording"])
    kill(second)
    assert ready(desk, 3) not in (first, second)


def test_a_talking_call_is_got_back_under_its_own_name(
    start: Start, desk: SpyDesk, runtime: Path
) -> None:
    start("--call", "recording")
    kill(ready(desk))
    desk.until_event(ev.CallResumed, "c1")
    desk.until_event(ev.MediaChanged, "c1")
    assert desk.names("c1") == ["RecordingFailed", "CallResumed", "MediaChanged"]
    call = desk.call("c1")
    assert call is not None
    assert call.phase is Phase.TALKING
    assert call.direction == "inbound"
    assert call.recording is RecordingState.FAILED
    assert call.dialog is not None
    assert call.dialog.sip_call_id == "sip-2"  # the next loss would ask for this one
    assert diary(runtime, 1) == ["ConfigureAccount", "ConfigureRecording", "Reclaim"]


def test_what_was_on_hold_and_muted_is_so_again(start: Start, desk: SpyDesk, runtime: Path) -> None:
    start("--call", "held")
    kill(ready(desk))
    desk.until_event(ev.CallResumed, "c1")
    assert desk.names("c1")[:2] == ["MuteChanged", "CallResumed"]  # the truth in between
    desk.until(lambda: diary(runtime, 1)[-3:] == ["Reclaim", "SetMute", "Hold"])


def test_a_hold_under_way_is_taken_back_then_asked_again(
    start: Start, desk: SpyDesk, runtime: Path
) -> None:
    start("--call", "holding")
    kill(ready(desk))
    desk.until_event(ev.CallResumed, "c1")
    assert desk.names("c1")[:2] == ["HoldFailed", "CallResumed"]
    desk.until(lambda: diary(runtime, 1)[-2:] == ["Reclaim", "Hold"])


@pytest.mark.parametrize("how", ["refuse", "fail"])
def test_a_call_that_does_not_come_back_ends_for_wrap_up(
    start: Start, desk: SpyDesk, how: str
) -> None:
    start("--call", "talking", "--reclaim", how)
    kill(ready(desk))
    end = desk.until_event(ev.CallEnded, "c1")
    assert (end.by, end.code, end.reason) == ("failure", 0, "engine lost")
    assert desk.names("c1") == ["CallEnded"]


def test_a_reclaim_without_outcome_is_given_up(
    start: Start, desk: SpyDesk, runtime: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervising, "RECLAIM_S", 0.5)
    start("--call", "talking", "--reclaim", "silent")
    kill(ready(desk))
    assert desk.until_event(ev.CallEnded, "c1").reason == "engine lost"
    desk.until(lambda: diary(runtime, 1)[-1:] == ["HangUp"])


@pytest.mark.parametrize("state", ["offered", "without_dialog"])
def test_what_cannot_be_got_back_ends_without_trying(
    start: Start, desk: SpyDesk, runtime: Path, state: str
) -> None:
    start("--call", state)
    kill(ready(desk))
    assert desk.until_event(ev.CallEnded, "c1").by == "failure"
    ready(desk, 2)
    assert "Reclaim" not in diary(runtime, 1)


def test_an_engine_that_does_not_start_is_tried_again(start: Start, desk: SpyDesk) -> None:
    start("--stillborn", "0,1")
    ready(desk)
    lost = desk.of(ev.EngineLost)
    assert [event.reason for event in lost] == ["engine_start"]  # said once, not per attempt
    assert desk.order.index("EngineLost") < desk.order.index("EngineReady")


def test_without_any_engine_calls_end_after_a_while(
    start: Start, desk: SpyDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervising, "ABANDON_S", 0.2)
    start("--call", "talking", "--stillborn", "1,2,3,4,5,6,7,8")
    kill(ready(desk))
    assert desk.until_event(ev.CallEnded, "c1").by == "failure"
    assert desk.of(ev.EngineReady)[1:] == []


def test_a_stuck_engine_is_replaced(start: Start, desk: SpyDesk) -> None:
    start("--mute", "0", timing=Timing(hello_s=1.5, silence_s=1.0))
    first = ready(desk)
    lost = desk.until_event(ev.EngineLost)
    assert lost.reason == "silent"
    assert ready(desk, 2) != first
    deadline = time.monotonic() + 20
    while Path(f"/proc/{first}").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not Path(f"/proc/{first}").exists()


def test_stopping_ends_the_engine(start: Start, desk: SpyDesk, runtime: Path) -> None:
    supervisor = start()
    pid = ready(desk)
    supervisor.stop(leave_engine=False)
    assert not Path(f"/proc/{pid}").exists()
    assert diary(runtime, 0)[-1] == "ShutDown"
    desk.drain()
    assert desk.of(ev.EngineLost) == []


def test_after_stopping_commands_are_refused(start: Start, desk: SpyDesk) -> None:
    supervisor = start()
    ready(desk)
    supervisor.stop(leave_engine=False)
    refusal = desk.ask(HangUp(call_id="c1"))
    assert refusal is not None
    assert refusal.code == "engine_lost"


def test_a_program_that_is_not_there_is_said(runtime: Path, desk: SpyDesk) -> None:
    supervisor = EngineSupervisor(
        runtime, desk.deliver, SystemClock(), command=[str(runtime / "nothing")]
    )
    desk.listen_to(supervisor)
    supervisor.start()
    assert desk.until_event(ev.EngineLost).reason == "engine_start"
    supervisor.stop(leave_engine=False)


def test_no_secret_in_the_process_list(start: Start, desk: SpyDesk) -> None:
    start()
    pid = ready(desk)
    seen = Path(f"/proc/{pid}/cmdline").read_bytes() + Path(f"/proc/{pid}/environ").read_bytes()
    assert b"geheim" not in seen


SLEEPER = "import os,sys,time; open(sys.argv[2]+'/pid-%d'%os.getpid(),'w'); time.sleep(600)"


def sleeper(runtime: Path, desk: SpyDesk) -> EngineSupervisor:
    """A supervisor whose engine starts and never opens its socket."""
    command = [sys.executable, "-c", SLEEPER]
    supervisor = EngineSupervisor(runtime, desk.deliver, SystemClock(), command=command)
    desk.listen_to(supervisor)
    supervisor.start()
    return supervisor


def pids(runtime: Path) -> list[int]:
    return [int(path.name[4:]) for path in runtime.glob("pid-*")]


def test_stopping_while_an_engine_starts_leaves_none_behind(runtime: Path, desk: SpyDesk) -> None:
    supervisor = sleeper(runtime, desk)
    desk.until(lambda: pids(runtime))
    supervisor.stop(leave_engine=False)
    assert not Path(f"/proc/{pids(runtime)[0]}").exists()


def test_an_engine_that_never_listens_is_ended_before_the_next_try(
    runtime: Path, desk: SpyDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervising, "START_S", 0.5)
    supervisor = sleeper(runtime, desk)
    assert desk.until_event(ev.EngineLost).reason == "engine_start"
    desk.until(lambda: len(pids(runtime)) >= 2)
    supervisor.stop(leave_engine=False)
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids(runtime))
