"""No plaintext on the disk, at no moment: a known tone is looked for in every file all the time."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyrage
import pytest
from tests.support.leg_writer import HZ, tone
from tests.support.recorder_rig import RecorderRig, environment

MAGICS = {b"RIFF": "WAV", b"WAVEfmt ": "WAV", b"OggS": "Ogg", b"fLaC": "FLAC"}


def needles() -> dict[bytes, str]:
    """Pieces of the canary that any plain copy of it has to hold: 64 bytes of every 50 ms."""
    found = dict(MAGICS)
    left, right = (tone(hz, 0, 16_000) for hz in HZ)
    stereo = b"".join(left[n : n + 2] + right[n : n + 2] for n in range(0, len(left), 2))
    for name, pcm in (("agent", left), ("caller", right), ("stereo", stereo)):
        for at in range(100, len(pcm) - 64, 1600):
            found[pcm[at : at + 64]] = f"{name} PCM at byte {at}"
    return found


NEEDLES = needles()


def leaks(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        try:
            if not stat.S_ISREG(path.lstat().st_mode):
                continue
            content = path.read_bytes()
        except OSError:
            continue  # renamed or removed meanwhile
        for needle, name in NEEDLES.items():
            if needle in content:
                yield f"{path.name}: {name}"


def regular_files(pid: int) -> dict[str, str]:
    """Path → flags of the regular files that a process has open."""
    found = {}
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            if stat.S_ISREG(link.stat().st_mode):
                info = Path(f"/proc/{pid}/fdinfo/{link.name}").read_text()
                found[str(link.readlink())] = info.split("flags:")[1].split()[0]
        except OSError:
            continue  # closed meanwhile
    return found


def written(pid: int) -> list[str]:
    access = os.O_WRONLY | os.O_RDWR
    return [
        path
        for path, flags in regular_files(pid).items()
        if int(flags, 8) & access and not path.endswith("/stderr.txt")
    ]


@pytest.mark.parametrize("content", ["stereo.wav", "flac", "mono", "ogg"])
def test_the_watch_would_see_a_leak(tmp_path: Path, content: str) -> None:
    plain = {
        "stereo.wav": b"RIFF....WAVEfmt ",
        "flac": b"fLaC",
        "ogg": b"OggS",
        "mono": tone(HZ[0], 0, 16_000),
    }[content]
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / content).write_bytes(b"xyz" + plain)
    assert list(leaks(tmp_path))


def test_no_plaintext_in_any_file_while_and_after_a_call_is_recorded(
    rig: RecorderRig, tmp_path: Path, expected: Any
) -> None:
    rig.start_writer(seconds=16, speed=4)
    rig.start()
    opened: set[str] = set()
    scans = 0
    while rig.recorder.poll() is None:
        assert list(leaks(tmp_path)) == []
        for path in written(rig.recorder.pid):
            opened.add(Path(path.removesuffix(" (deleted)")).name)
            assert Path(path).parent == rig.recording
        scans += 1
        time.sleep(0.01)
    assert rig.ended() == 0
    assert scans > 20
    assert list(leaks(tmp_path)) == []
    # fsync takes long enough to be seen at least once; nothing but temporary names is ever open.
    assert all(name.endswith(".tmp") for name in opened)
    assert rig.legs_recorded() == expected(16)
    names = {each.name for each in tmp_path.rglob("*") if each.is_file()}
    segments = {"0000.age", "0001.age", "0002.age"}
    assert names == {*segments, "manifest.json", "stderr.txt"}
    plain = pyrage.decrypt((rig.recording / "0001.age").read_bytes(), [rig.identity])
    assert plain.startswith(b"fLaC")  # so it is the encryption that hid it


def test_every_path_the_recorder_opens_for_writing_is_a_sealed_one(
    rig: RecorderRig, tones: Any
) -> None:
    """Not by looking often, but by an audit hook inside the recorder: no open is missed."""
    log = rig.folder / "opened.txt"
    hook = (
        "import os, sys\n"
        f"log = os.open({str(log)!r}, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)\n"
        "def hook(event, args):\n"
        "    if event == 'open' and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):\n"
        "        os.write(log, str(args[0]).encode() + b'\\n')\n"
        "sys.addaudithook(hook)\n"
        "from ctidesk.recording.recorder import main\n"
        "sys.exit(main())\n"
    )
    rig.open_legs()
    rig.feed(*tones(0, 13))
    rig.start(program=["-c", hook])
    rig.hang_up()
    assert rig.ended() == 0
    paths = log.read_text().splitlines()
    manifest = str(rig.recording / "manifest.json.tmp")
    segments = [str(rig.recording / f"000{number}.age.tmp") for number in range(3)]
    assert set(paths) == {manifest, *segments}
    log.unlink()
    assert list(leaks(rig.folder)) == []


def test_an_opened_recording_goes_to_the_pipe_and_nowhere_else(
    rig: RecorderRig, tones: Any, tmp_path: Path
) -> None:
    rig.open_legs()
    rig.feed(*tones(0, 3))
    rig.start()
    rig.hang_up()
    assert rig.ended() == 0
    key = tmp_path / "key.txt"
    key.write_text(str(rig.identity))
    key.chmod(0o600)
    command = [sys.executable, "-m", "ctidesk.recording.cli", "open", str(rig.recording)]
    opened = subprocess.run(
        [*command, "--identity", str(key), "--out", "-"],
        check=True,
        capture_output=True,
        env=environment(tmp_path),
    )
    assert opened.stdout.startswith(b"RIFF")
    assert len(opened.stdout) == 44 + 3 * 16_000 * 4
    assert opened.stderr == b""
    assert list(leaks(tmp_path)) == []
