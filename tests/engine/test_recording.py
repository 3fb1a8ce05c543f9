"""Recording: what is on which side, what must not be there, and who survives whom."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pyrage
import pytest
from tests.support.sip_desk import DeskProbe, until
from tests.support.sip_office import ACCOUNT, Office
from tests.support.sip_sound import RATE, loudness

from ctidesk.calls import commands as cmd, events as ev
from ctidesk.calls.call import Phase, RecordingState
from ctidesk.recording.reader import look_at, stretches

NewOffice = Callable[..., Office]
AGENT_HZ, CALLER_HZ, COLLEAGUE_HZ = 700, 440, 1100
WINDOW = RATE // 5
AUDIBLE = 500.0


@pytest.fixture(scope="module")
def identity() -> pyrage.x25519.Identity:
    return pyrage.x25519.Identity.generate()


def configure(
    office: Office,
    identity: pyrage.x25519.Identity | str | None,
    policy: str,
    spool: Path | None = None,
) -> None:
    """`identity`: whose key, or the text that stands where a key should, or None for none."""
    key = identity if isinstance(identity, str) or identity is None else str(identity.to_public())
    office.desk.do(
        cmd.ConfigureRecording(
            policy=policy,
            recipients=(key,) if key is not None else (),
            spool_dir=str(spool or office.spool),
            device_key="5a" * 32,
            agent="agent-7",
            reserve_bytes=0,
        )
    )


@pytest.fixture
def recorded_office(talking_office: Office, identity: pyrage.x25519.Identity) -> Iterator[Office]:
    configure(talking_office, identity, "required")
    yield talking_office
    configure(talking_office, None, "forbidden")


def sides(folder: Path, identity: pyrage.x25519.Identity) -> tuple[bytes, bytes]:
    """(agent, caller) PCM of a recording that must be genuine."""
    recording = look_at(folder)
    assert recording.verdict.findings == ()
    stereo = b"".join(piece.samples for piece in stretches(recording, [identity]))
    frames = memoryview(stereo).cast("h")
    return frames[0::2].tobytes(), frames[1::2].tobytes()


def windows(pcm: bytes, hz: int) -> list[bool]:
    """For each fifth of a second, whether `hz` is heard."""
    step = 2 * WINDOW
    return [loudness(pcm[at : at + step], hz) > AUDIBLE for at in range(0, len(pcm) - step, step)]


def recorders(office: Office) -> list[psutil.Process]:
    children = psutil.Process(office.engine.process.pid).children()
    return [child for child in children if "recorder" in " ".join(child.cmdline())]


def grown(office: Office, call_id: str, size: int = 1) -> None:
    office.desk.wait(ev.RecordingStarted, call_id)
    office.desk.wait(ev.RecordingSegmentSealed, call_id)
    until(lambda: office.call(call_id).recorded_bytes >= size, "growth of the recording")


def later(seconds: float) -> None:
    """When so much of the call has gone by."""
    end = time.monotonic() + seconds
    until(lambda: time.monotonic() > end, "the clock")


def test_agent_is_left_and_caller_right(
    recorded_office: Office, identity: pyrage.x25519.Identity
) -> None:
    office = recorded_office
    call_id, leg = office.incoming()
    office.phone("alice")("tone", leg=leg, hz=CALLER_HZ)
    grown(office, call_id)
    assert office.call(call_id).recording is RecordingState.RUNNING
    assert not list(office.runtime.glob("*.wav"))
    office.desk.do(cmd.HangUp(call_id=call_id))
    stopped = office.desk.wait(ev.RecordingStopped, call_id)
    assert stopped.duration_s > 0.5
    agent, caller = sides(Path(stopped.manifest).parent, identity)
    assert any(windows(agent, AGENT_HZ))
    assert any(windows(caller, CALLER_HZ))
    assert not any(windows(agent, CALLER_HZ))
    assert not any(windows(caller, AGENT_HZ))


def test_consultation_is_in_no_recording(
    recorded_office: Office, identity: pyrage.x25519.Identity
) -> None:
    office = recorded_office
    call_id, leg = office.incoming()
    grown(office, call_id)
    consult_id, other = office.consulted(call_id, "bob")
    bob = office.phone("bob")
    bob("tone", leg=other, hz=COLLEAGUE_HZ)
    bob.hears(other)  # the agent speaks to the colleague now
    later(2.5)
    office.desk.do(cmd.CancelConsult(call_id=call_id))
    office.desk.wait(ev.CallResumed, call_id)
    office.phone("alice").hears(leg)
    later(1.0)
    office.desk.do(cmd.HangUp(call_id=call_id))
    stopped = office.desk.wait(ev.RecordingStopped, call_id)
    agent, caller = sides(Path(stopped.manifest).parent, identity)
    heard = "".join("x" if each else "." for each in windows(agent, AGENT_HZ))
    # speech, then at least 2 s of nothing, then speech again
    assert re.search(r"x\.{10,}x", heard), heard
    assert not any(windows(caller, COLLEAGUE_HZ))
    assert [folder.name for folder in office.spool.iterdir()].count(consult_id) == 0


def test_conference_is_recorded_with_the_colleague_on_the_right(
    recorded_office: Office, identity: pyrage.x25519.Identity
) -> None:
    office = recorded_office
    call_id, leg = office.incoming()
    grown(office, call_id)
    _consult_id, other = office.consulted(call_id, "bob")
    office.phone("bob")("tone", leg=other, hz=COLLEAGUE_HZ)
    office.desk.do(cmd.MergeConference(call_id=call_id))
    office.desk.wait(ev.ConferenceMerged, call_id)
    office.phone("alice").hears(leg)
    later(1.0)
    office.desk.do(cmd.HangUp(call_id=call_id))
    stopped = office.desk.wait(ev.RecordingStopped, call_id)
    agent, caller = sides(Path(stopped.manifest).parent, identity)
    assert any(windows(caller, COLLEAGUE_HZ))
    assert not any(windows(agent, COLLEAGUE_HZ))


def test_muted_agent_is_not_recorded(
    recorded_office: Office, identity: pyrage.x25519.Identity
) -> None:
    office = recorded_office
    call_id, leg = office.incoming()
    office.desk.do(cmd.SetMute(call_id=call_id, muted=True))
    office.phone("alice").hears_nothing(leg)
    grown(office, call_id)
    office.desk.do(cmd.HangUp(call_id=call_id))
    stopped = office.desk.wait(ev.RecordingStopped, call_id)
    agent, _caller = sides(Path(stopped.manifest).parent, identity)
    assert sum(windows(agent, AGENT_HZ)) <= 2  # what was said before the key was pressed


CARD_HZ = 950
"""Stands for the caller's card number."""


def paused_seconds(folder: Path) -> list[float]:
    """Lengths of the gaps of pauses, in seconds."""
    manifest = look_at(folder).verdict.manifest
    assert manifest is not None
    return [gap.duration_s or 0.0 for gap in manifest.gaps if gap.reason == "paused"]


def test_nothing_of_a_pause_is_kept_and_it_is_marked(
    recorded_office: Office, identity: pyrage.x25519.Identity
) -> None:
    office = recorded_office
    call_id, leg = office.incoming()
    alice = office.phone("alice")
    alice("tone", leg=leg, hz=CALLER_HZ)
    grown(office, call_id)
    office.desk.do(cmd.PauseRecording(call_id=call_id, limit_s=60.0))
    office.desk.wait(ev.RecordingPaused, call_id)
    assert office.call(call_id).recording is RecordingState.PAUSED
    alice("tone", leg=leg, hz=CARD_HZ)
    alice.hears(leg)  # the call itself goes on
    later(2.5)
    alice("tone", leg=leg, hz=CALLER_HZ)
    later(0.5)  # what was on its way when the tone changed has come
    office.desk.do(cmd.ResumeRecording(call_id=call_id))
    assert office.desk.wait(ev.RecordingResumed, call_id).by == "agent"
    later(2.0)
    office.desk.do(cmd.HangUp(call_id=call_id))
    folder = Path(office.desk.wait(ev.RecordingStopped, call_id).manifest).parent
    agent, caller = sides(folder, identity)
    assert not any(windows(caller, CARD_HZ)), "the card is in the recording"
    assert any(windows(caller, CALLER_HZ)) and any(windows(agent, AGENT_HZ))
    (gap,) = paused_seconds(folder)
    assert gap > 2.0
    manifest = look_at(folder).verdict.manifest
    assert manifest is not None
    assert [marker.kind for marker in manifest.markers] == ["pause", "resume"]
    # the recording really goes on: on both sides there is more after the mark than a moment
    rest = caller[2 * int(manifest.markers[1].offset_s * RATE) - 2 * int(gap * RATE) :]
    assert sum(windows(rest, CALLER_HZ)) >= 3


def test_a_pause_ends_by_itself(recorded_office: Office) -> None:
    office = recorded_office
    call_id, _leg = office.incoming()
    grown(office, call_id)
    office.desk.do(cmd.PauseRecording(call_id=call_id, limit_s=1.0))
    assert office.desk.wait(ev.RecordingResumed, call_id).by == "limit"
    assert office.call(call_id).recording is RecordingState.RUNNING
    size = office.call(call_id).recorded_bytes
    until(lambda: office.call(call_id).recorded_bytes > size, "growth after the pause")


def test_what_cannot_be_paused_is_refused(
    recorded_office: Office, identity: pyrage.x25519.Identity
) -> None:
    office = recorded_office
    call_id, _leg = office.incoming()
    grown(office, call_id)
    assert office.desk.send(cmd.PauseRecording(call_id=call_id, limit_s=0.0)).code == "bad_pause"
    configure(office, identity, "forbidden")
    other, _ = office.incoming()
    refusal = office.desk.send(cmd.PauseRecording(call_id=other, limit_s=9.0))
    assert refusal.code == "not_recording"
    office.desk.do(cmd.ResumeRecording(call_id=other))  # nothing to do, and no refusal


def test_required_without_a_key_is_refused_and_goes_on_ringing(talking_office: Office) -> None:
    office = talking_office
    configure(office, None, "required")
    call_id, _leg = office.offered()
    refusal = office.desk.send(cmd.Answer(call_id=call_id))
    assert refusal.code == "no_recording_key"
    assert "key" in refusal.text
    assert refusal.remedy
    assert office.call(call_id).phase is Phase.OFFERED
    dial = cmd.Dial(call_id="d1", account_id=ACCOUNT, target=office.phone("bob").uri)
    assert office.desk.send(dial).code == "no_recording_key"
    configure(office, None, "forbidden")
    office.desk.do(cmd.Answer(call_id=call_id))
    office.desk.wait(ev.CallAnswered, call_id)


def test_forbidden_records_nothing(
    talking_office: Office, identity: pyrage.x25519.Identity
) -> None:
    office = talking_office
    configure(office, identity, "forbidden")
    call_id, leg = office.incoming()
    office.phone("alice").hears(leg)
    assert recorders(office) == []
    assert office.call(call_id).recording is RecordingState.OFF


@pytest.mark.kills
def test_dead_recorder_is_said_and_the_call_goes_on(recorded_office: Office) -> None:
    office = recorded_office
    call_id, leg = office.incoming()
    office.desk.wait(ev.RecordingStarted, call_id)
    recorders(office)[0].kill()
    assert office.desk.wait(ev.RecordingFailed, call_id).problem == "recorder_died"
    assert office.call(call_id).phase is Phase.TALKING
    office.phone("alice").hears(leg)
    office.desk.do(cmd.Hold(call_id=call_id))
    office.desk.wait(ev.CallHeld, call_id)
    assert office.desk.story(call_id).count("RecordingFailed") == 1


def test_recorder_that_can_not_start(
    new_office: NewOffice, identity: pyrage.x25519.Identity
) -> None:
    office = new_office("--recorder", "ctidesk.no_such_recorder")
    configure(office, identity, "required")
    call_id, _leg = office.incoming()
    assert office.desk.wait(ev.RecordingFailed, call_id).problem == "recorder_died"
    assert office.call(call_id).phase is Phase.TALKING


def test_a_failure_that_the_recorder_told_is_not_told_again_at_its_end(
    recorded_office: Office,
) -> None:
    office = recorded_office
    configure(office, "no key of any kind", "required")
    call_id, leg = office.incoming()
    assert office.desk.wait(ev.RecordingFailed, call_id).problem == "no_recipient"
    until(lambda: not recorders(office), "the end of the recorder")
    office.phone("alice").hears(leg)
    office.desk.do(cmd.HangUp(call_id=call_id))
    office.desk.wait(ev.CallEnded, call_id)
    assert office.desk.story(call_id).count("RecordingFailed") == 1


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB of its own."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("a full disk needs the right to mount a small tmpfs")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


def test_recording_goes_on_when_a_full_disk_has_space_again(
    new_office: NewOffice, identity: pyrage.x25519.Identity, speech: Path, small_disk: Path
) -> None:
    office = new_office("--mic-file", str(speech), "--recorder", "tests.support.sip_brisk_recorder")
    configure(office, identity, "required", small_disk / "spool")
    call_id, leg = office.incoming()
    office.desk.wait(ev.RecordingStarted, call_id)
    ballast = small_disk / "ballast"
    status = os.statvfs(small_disk)
    ballast.write_bytes(bytes(status.f_bavail * status.f_frsize))
    assert office.desk.wait(ev.RecordingFailed, call_id).problem == "disk_full"
    assert office.call(call_id).phase is Phase.TALKING
    office.phone("alice").hears(leg)
    ballast.unlink()
    office.desk.wait(ev.RecordingStarted, call_id)
    assert office.call(call_id).recording is RecordingState.RUNNING
    office.desk.wait(ev.RecordingSegmentSealed, call_id)
    office.desk.do(cmd.HangUp(call_id=call_id))
    stopped = office.desk.wait(ev.RecordingStopped, call_id)
    agent, _caller = sides(Path(stopped.manifest).parent, identity)
    assert any(windows(agent, AGENT_HZ))
    assert office.desk.story(call_id).count("RecordingFailed") == 1
    assert office.desk.story(call_id).count("RecordingStarted") == 2


def test_a_stalled_recorder_can_not_block_the_audio(recorded_office: Office) -> None:
    office = recorded_office
    call_id, _leg = office.incoming()
    office.desk.wait(ev.RecordingStarted, call_id)
    pid = office.engine.process.pid
    writers = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        if "-agent.wav" in str(link.readlink()) or "-caller.wav" in str(link.readlink()):
            info = Path(f"/proc/{pid}/fdinfo/{link.name}").read_text()
            writers.append(int(re.search(r"flags:\s+(\d+)", info)[1], 8))  # type: ignore[index]
    assert len(writers) == 2
    assert all(flags & 0o4000 for flags in writers)  # O_NONBLOCK


@pytest.mark.kills
def test_killed_engine_leaves_a_sealed_recording(
    new_office: NewOffice, speech: Path, identity: pyrage.x25519.Identity
) -> None:
    office = new_office("--mic-file", str(speech))
    configure(office, identity, "required")
    call_id, leg = office.incoming()
    office.phone("alice")("tone", leg=leg, hz=CALLER_HZ)
    grown(office, call_id)
    (recorder,) = recorders(office)
    office.engine.kill()
    until(lambda: not recorder.is_running() or recorder.status() == "zombie", "sealed recording")
    agent, caller = sides(office.spool / call_id, identity)
    assert any(windows(agent, AGENT_HZ))
    assert any(windows(caller, CALLER_HZ))


@pytest.mark.kills
def test_vanished_desk_costs_neither_call_nor_recording(
    new_office: NewOffice, identity: pyrage.x25519.Identity, speech: Path
) -> None:
    office = new_office("--mic-file", str(speech))
    configure(office, identity, "required")
    call_id, leg = office.incoming()
    grown(office, call_id)
    before = office.call(call_id)
    office.desk.close()
    office.phone("alice").hears(leg)
    office.desk = DeskProbe(office.runtime)
    (seen,) = office.desk.snapshot.calls
    assert (seen.call_id, seen.phase, seen.dialog) == (call_id, Phase.TALKING, before.dialog)
    assert seen.recording is RecordingState.RUNNING
    later(1.0)
    office.desk.do(cmd.HangUp(call_id=call_id))
    stopped = office.desk.wait(ev.RecordingStopped, call_id)
    assert stopped.recorded_bytes > before.recorded_bytes
    assert look_at(Path(stopped.manifest).parent).verdict.genuine


def test_a_reclaimed_call_is_recorded_beside_its_first_part(
    recorded_office: Office, identity: pyrage.x25519.Identity
) -> None:
    office = recorded_office
    call_id, _leg = office.incoming()
    grown(office, call_id)
    office.desk.do(cmd.HangUp(call_id=call_id))
    first = office.desk.wait(ev.RecordingStopped, call_id).manifest
    office.desk.do(cmd.AcknowledgeEvents(seq=office.desk.events[-1][0]))
    office.desk.do(cmd.Dial(call_id=call_id, account_id=ACCOUNT, target=office.phone("bob").uri))
    office.desk.wait(ev.CallAnswered, call_id)
    office.desk.wait(ev.RecordingStarted, call_id)
    office.desk.do(cmd.HangUp(call_id=call_id))
    second = office.desk.wait(ev.RecordingStopped, call_id).manifest
    assert Path(first).parent != Path(second).parent
    for manifest in (first, second):
        assert look_at(Path(manifest).parent).verdict.genuine
