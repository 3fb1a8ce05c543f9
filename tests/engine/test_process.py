"""The engine as a process: start, second start, life without a desk, and its end."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.support.sip_desk import DeskProbe, EngineUnderTest, python_environment, until
from tests.support.sip_office import Office

from ctidesk.calls import commands as cmd, events as ev
from ctidesk.sip.protocol import KEY_NAME, SOCKET_NAME

NewOffice = Callable[..., Office]


def engine_command(runtime: Path) -> list[str]:
    return [sys.executable, "-m", "ctidesk.sip.engine.main", "--runtime", str(runtime)]


def test_socket_and_key_are_private(office: Office) -> None:
    assert (office.runtime / KEY_NAME).stat().st_mode & 0o777 == 0o600
    assert (office.runtime / SOCKET_NAME).stat().st_mode & 0o077 == 0
    assert office.runtime.stat().st_mode & 0o777 == 0o700


def test_second_engine_says_that_one_runs(office: Office) -> None:
    key = (office.runtime / KEY_NAME).read_bytes()
    second = subprocess.run(
        engine_command(office.runtime),
        capture_output=True,
        text=True,
        env=python_environment(),
        timeout=30,
    )
    assert second.returncode == 3
    assert "already runs" in second.stderr
    assert "Traceback" not in second.stderr
    assert second.stdout == ""
    assert (office.runtime / KEY_NAME).read_bytes() == key
    office.desk.do(cmd.AcknowledgeEvents(seq=0))


def test_folder_that_others_can_read_is_refused(tmp_path: Path) -> None:
    runtime = tmp_path / "run"
    runtime.mkdir()
    runtime.chmod(0o755)
    engine = subprocess.run(
        engine_command(runtime),
        capture_output=True,
        text=True,
        env=python_environment(),
        timeout=30,
    )
    assert engine.returncode == 3
    assert "Other users" in engine.stderr


def test_stale_socket_of_a_dead_engine_is_replaced(new_office: NewOffice) -> None:
    office = new_office()
    old = (office.runtime / KEY_NAME).read_bytes()
    office.engine.kill()
    assert (office.runtime / SOCKET_NAME).exists()
    again = EngineUnderTest(office.runtime)
    until(lambda: (office.runtime / KEY_NAME).read_bytes() != old, "a new key")
    DeskProbe(office.runtime).close()
    again.end()


def test_ends_without_desk_and_calls_after_its_grace(brisk_office: NewOffice) -> None:
    office = brisk_office("--grace", "0.5")
    office.desk.close()
    assert office.engine.process.wait(20) == 0
    assert not (office.runtime / SOCKET_NAME).exists()


def test_lives_on_for_a_call_without_a_desk(brisk_office: NewOffice) -> None:
    office = brisk_office("--grace", "0.5")
    _call_id, leg = office.incoming()
    alice = office.phone("alice")
    office.desk.close()
    closed = time.monotonic()
    until(lambda: time.monotonic() > closed + 1.5, "more than the grace time")
    assert office.engine.process.poll() is None
    assert alice.level(leg) >= 0  # the call is still up
    alice("hangup", leg=leg)
    alice.wait("state", leg=leg, state="disconnected")
    _the_next_desk_stores_the_end(office)
    assert office.engine.process.wait(20) == 0


def test_what_no_desk_has_stored_is_kept_deaf_to_calls(brisk_office: NewOffice) -> None:
    """The end of a call that outlived its desk is not lost with the grace time."""
    office = brisk_office("--grace", "0.5")
    _call_id, leg = office.incoming()
    alice = office.phone("alice")
    office.desk.close()
    alice("hangup", leg=leg)
    alice.wait("state", leg=leg, state="disconnected")
    ended = time.monotonic()
    until(lambda: time.monotonic() > ended + 3, "several grace times")
    assert office.engine.process.poll() is None
    alice("call", to=office.agent)
    again = int(alice.wait("calling")["leg"])
    assert alice.wait("state", leg=again, state="disconnected")["code"] >= 400
    _the_next_desk_stores_the_end(office)
    assert office.engine.process.wait(20) == 0


def _the_next_desk_stores_the_end(office: Office) -> None:
    desk = DeskProbe(office.runtime)
    names = [each.name for each in desk.snapshot.unacknowledged]
    assert "CallEnded" in names
    desk.do(cmd.AcknowledgeEvents(seq=desk.snapshot.seq))
    desk.close()


def test_no_desk_timeout_is_for_ever(brisk_office: NewOffice) -> None:
    office = brisk_office("--grace", "0.2", "--no-desk-timeout")
    office.desk.close()
    closed = time.monotonic()
    until(lambda: time.monotonic() > closed + 1.5, "more than the grace time")
    office.desk = DeskProbe(office.runtime)


def test_call_that_nobody_can_answer_gets_480(brisk_office: NewOffice) -> None:
    office = brisk_office("--grace", "1.0")
    call_id, leg = office.offered()
    office.desk.close()
    alice = office.phone("alice")
    alice.wait("state", leg=leg, code=180)
    assert alice.wait("state", leg=leg, state="disconnected")["code"] == 480
    assert call_id
    _the_next_desk_stores_the_end(office)
    assert office.engine.process.wait(20) == 0


def test_a_desk_that_comes_in_time_answers_the_call(new_office: NewOffice) -> None:
    office = new_office("--grace", "15")
    office.desk.close()
    alice = office.phone("alice")
    alice("call", to=office.agent)
    alice.wait("state", state="early", code=180)
    office.desk = DeskProbe(office.runtime)
    (call,) = office.desk.snapshot.calls
    office.desk.do(cmd.Answer(call_id=call.call_id))
    office.desk.wait(ev.CallAnswered, call.call_id)


def test_shut_down_when_idle_lets_the_call_end(brisk_office: NewOffice) -> None:
    office = brisk_office()
    _call_id, leg = office.incoming()
    office.desk.do(cmd.ShutDown(when_idle=True))
    beats = len(office.desk.heartbeats)
    until(lambda: len(office.desk.heartbeats) >= beats + 5, "heartbeats")
    assert office.engine.process.poll() is None
    office.phone("alice")("hangup", leg=leg)
    assert office.engine.process.wait(20) == 0


def test_shut_down_at_once_ends_the_call_for_the_peer_too(new_office: NewOffice) -> None:
    office = new_office()
    _call_id, leg = office.incoming()
    office.desk.do(cmd.ShutDown(when_idle=False))
    office.phone("alice").wait("state", leg=leg, state="disconnected")
    assert office.engine.process.wait(20) == 0


def test_sigterm_is_a_clean_end(new_office: NewOffice) -> None:
    office = new_office()
    office.engine.process.send_signal(signal.SIGTERM)
    assert office.engine.process.wait(20) == 0
    assert not (office.runtime / SOCKET_NAME).exists()


def test_it_imports_nothing_heavy() -> None:
    check = (
        "import sys, ctidesk.sip.engine.main\n"
        "heavy = {'PySide6', 'sqlalchemy', 'cryptography', 'numpy', 'pyrage', 'keyring'}\n"
        "print(sorted(heavy & {name.split('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", check],
        capture_output=True,
        text=True,
        env=python_environment(),
        timeout=30,
    )
    assert done.stdout.strip() == "[]", done.stderr


def test_silent_peer_does_not_hold_a_hang_up(new_office: NewOffice) -> None:
    office = new_office()
    call_id, _leg = office.incoming()
    office.phone("alice").process.send_signal(signal.SIGSTOP)
    try:
        office.desk.do(cmd.HangUp(call_id=call_id))
        ended = office.desk.wait(ev.CallEnded, call_id)
        assert ended.by == "local"
    finally:
        office.phone("alice").process.send_signal(signal.SIGCONT)


def test_nobody_at_the_address_ends_the_dial(brisk_office: NewOffice) -> None:
    office = brisk_office()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        target = f"sip:nobody@127.0.0.1:{mute.getsockname()[1]}"
        office.desk.do(cmd.Dial(call_id="mute", account_id="line", target=target))
        ended = office.desk.wait(ev.CallEnded, "mute")
    assert (ended.code, ended.by) == (408, "failure")


def test_name_that_does_not_resolve(office: Office) -> None:
    office.desk.do(cmd.Dial(call_id="dns", account_id="line", target="sip:a@nowhere.invalid"))
    ended = office.desk.wait(ev.CallEnded, "dns")
    assert ended.by == "failure"
