"""The compliance officer's commands on a recording that the real recorder made."""

from __future__ import annotations

import io
import json
import os
import shutil
import stat
import subprocess
import sys
import wave
from pathlib import Path
from typing import Any

import pyrage
import pytest
from tests.support.recorder_rig import DEVICE_KEY, RecorderRig, environment

from ctidesk.recording import manifest as mf
from ctidesk.recording.cli import main


@pytest.fixture
def recorded(rig: RecorderRig, tones: Any) -> RecorderRig:
    """22.5 s in four segments, and the officer's key in key.txt."""
    rig.open_legs()
    rig.feed(*tones(0, 22.5))
    rig.start()
    rig.hang_up()
    assert rig.ended() == 0
    key = rig.folder / "key.txt"
    key.write_text(f"# made for the test\n{rig.identity}\n")
    key.chmod(0o600)
    return rig


def opened(rig: RecorderRig, *more: str, out: str = "call.wav") -> tuple[int, Path]:
    path = rig.folder / out
    key = str(rig.folder / "key.txt")
    return main(["open", str(rig.recording), "--identity", key, "--out", str(path), *more]), path


def device() -> str:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return mf.device_public(Ed25519PrivateKey.from_private_bytes(bytes.fromhex(DEVICE_KEY)))


def test_verify_says_genuine(recorded: RecorderRig, capsys: Any) -> None:
    assert main(["verify", str(recorded.recording)]) == 0
    shown = capsys.readouterr().out
    assert shown.endswith("GENUINE\n")
    assert "NOT" not in shown
    assert "4 segments, 22.50 s" in shown
    assert "not compared" in shown


def test_verify_compares_the_device(recorded: RecorderRig, capsys: Any) -> None:
    assert main(["verify", str(recorded.recording), "--device", device()]) == 0
    assert main(["verify", str(recorded.recording), "--device", "00" * 32]) == 1
    assert "another device" in capsys.readouterr().out


def tamper(folder: Path, how: str) -> None:
    names = [folder / f"000{number}.age" for number in range(4)]
    if how == "missing":
        names[2].unlink()
    elif how == "swapped":
        names[1].rename(folder / "x")
        names[2].rename(names[1])
        (folder / "x").rename(names[2])
    elif how == "cut":
        os.truncate(names[3], names[3].stat().st_size - 1)
    elif how == "changed":
        content = bytearray(names[0].read_bytes())
        content[-1] ^= 1
        names[0].write_bytes(content)
    elif how == "extra":
        (folder / "0004.age").write_bytes(names[0].read_bytes())
    elif how == "link":
        names[1].rename(folder.parent / "elsewhere.age")
        names[1].symlink_to(folder.parent / "elsewhere.age")
    else:
        path = folder / "manifest.json"
        body = json.loads(path.read_bytes())
        body["agent"] = "somebody else"
        path.write_bytes(mf.canonical(body))


@pytest.mark.parametrize(
    ("how", "sentence"),
    [
        ("missing", "Segment 2 is missing."),
        ("swapped", "Segment 1 was swapped: the file in its place is segment 2."),
        ("cut", "Segment 3 was cut"),
        ("changed", "Segment 0 was changed"),
        ("extra", "Segment 4 is extra"),
        ("link", "Segment 1 is missing."),
        ("manifest", "The manifest was changed after the device had signed it."),
    ],
)
def test_tampering_is_named_and_opening_refused(
    recorded: RecorderRig, capsys: Any, how: str, sentence: str
) -> None:
    tamper(recorded.recording, how)
    assert main(["verify", str(recorded.recording)]) == 1
    shown = capsys.readouterr().out
    assert sentence in shown.splitlines()[0]
    assert shown.endswith("NOT GENUINE\n")
    code, path = opened(recorded)
    assert code == 1
    assert sentence in capsys.readouterr().err
    assert not path.exists()


def samples(path: Path) -> bytes:
    with wave.open(str(path)) as file:
        assert file.getparams()[:4] == (2, 2, 16_000, file.getnframes())
        return file.readframes(file.getnframes())


def test_open_writes_the_whole_call(recorded: RecorderRig, tones: Any, capsys: Any) -> None:
    code, path = opened(recorded)
    assert code == 0
    stereo = samples(path)
    left, right = tones(0, 22.5)
    assert stereo == b"".join(left[n : n + 2] + right[n : n + 2] for n in range(0, len(left), 2))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    shown = capsys.readouterr()
    assert "unencrypted" in shown.err
    assert shown.out == ""


@pytest.mark.parametrize(("how", "lost"), [("missing", (11, 21)), ("changed", (0, 1))])
def test_salvage_opens_what_is_whole_and_keeps_the_timeline(
    recorded: RecorderRig, capsys: Any, how: str, lost: tuple[int, int]
) -> None:
    _, whole = opened(recorded, out="whole.wav")
    tamper(recorded.recording, how)
    code, path = opened(recorded, "--salvage")
    assert code == 0
    assert "Warning: Segment" in capsys.readouterr().err
    begin, end = (second * 16_000 * 4 for second in lost)
    before = samples(whole)
    assert samples(path) == before[:begin] + bytes(end - begin) + before[end:]


def test_an_existing_file_is_never_overwritten(recorded: RecorderRig, capsys: Any) -> None:
    (recorded.folder / "call.wav").write_text("mine")
    code, path = opened(recorded)
    assert code == 2
    assert "exists already" in capsys.readouterr().err
    assert path.read_text() == "mine"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "holds no age secret key"),
        ("AGE-SECRET-KEY-1XYZ\n", "holds no age secret key"),
        ("ä", "holds no age secret key"),
        ("age1qqqqqqqq", "holds no age secret key"),
        (str(pyrage.x25519.Identity.generate()), "can't be decrypted with this identity"),
        (None, "can't be read"),
    ],
)
def test_a_wrong_identity_has_a_sentence(
    recorded: RecorderRig, capsys: Any, content: str | None, sentence: str
) -> None:
    key = recorded.folder / "key.txt"
    key.unlink()
    if content is not None:
        key.write_text(content)
    code, path = opened(recorded)
    assert code == 2
    shown = capsys.readouterr().err
    assert sentence in shown
    assert "SECRET-KEY-1X" not in shown
    assert not path.exists()


def test_an_identity_that_others_can_read_is_warned_about(
    recorded: RecorderRig, capsys: Any
) -> None:
    (recorded.folder / "key.txt").chmod(0o644)
    assert opened(recorded)[0] == 0
    assert "other users can read the identity" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["verify", "open"])
def test_no_recording_has_a_sentence(tmp_path: Path, capsys: Any, verb: str) -> None:
    key = tmp_path / "key.txt"
    key.write_text(str(pyrage.x25519.Identity.generate()))
    more = ["--identity", str(key), "--out", "-"] if verb == "open" else []
    assert main([verb, str(tmp_path / "nowhere"), *more]) == 2
    assert "There is no readable recording" in capsys.readouterr().err


def test_an_empty_recording_has_a_sentence(rig: RecorderRig, capsys: Any) -> None:
    rig.open_legs()
    rig.start()
    rig.hang_up()
    assert rig.ended() == 0
    (rig.folder / "key.txt").write_text(str(rig.identity))
    assert opened(rig)[0] == 2
    assert "Nothing was recorded" in capsys.readouterr().err


@pytest.mark.skipif(shutil.which("age-keygen") is None, reason="needs Debian's package age")
def test_keygen_makes_a_key_that_age_reads(tmp_path: Path, capsys: Any) -> None:
    path = tmp_path / "officer.txt"
    assert main(["keygen", "--out", str(path)]) == 0
    public = capsys.readouterr().out.strip()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    judge = subprocess.run(["age-keygen", "-y", str(path)], check=True, capture_output=True)
    assert judge.stdout.decode().strip() == public
    assert main(["keygen", "--out", str(path)]) == 2


@pytest.mark.skipif(shutil.which("age-keygen") is None, reason="needs Debian's package age")
def test_keygen_prints_an_identity_file(tmp_path: Path, capsys: Any) -> None:
    assert main(["keygen"]) == 0
    text = capsys.readouterr().out
    judge = subprocess.run(
        ["age-keygen", "-y"], input=text.encode(), check=True, capture_output=True
    )
    assert judge.stdout.decode().strip() in text


PLAYER = """#!{python}
import sys
with open({log!r}, "ab") as log:
    log.write(("{name} " + " ".join(sys.argv[1:]) + "\\n").encode())
if {fails}:
    sys.exit(1)
with open({heard!r}, "wb") as heard:
    while piece := sys.stdin.buffer.read(65536):
        heard.write(piece)
"""


def spy_player(folder: Path, name: str, fails: bool = False) -> None:
    """A program of this name that writes down how it was called and what it was given."""
    path = folder / "bin" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        PLAYER.format(
            python=sys.executable,
            name=name,
            log=str(folder / "calls.txt"),
            heard=str(folder / "heard"),
            fails=fails,
        )
    )
    path.chmod(0o755)


def played(rig: RecorderRig, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setenv("PATH", str(rig.folder / "bin"))
    key = str(rig.folder / "key.txt")
    return main(["open", str(rig.recording), "--identity", key, "--play"])


@pytest.mark.parametrize("name", ["pw-play", "paplay", "aplay"])
def test_play_pipes_bare_samples(
    recorded: RecorderRig, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    _, path = opened(recorded)
    spy_player(recorded.folder, name)
    assert played(recorded, monkeypatch) == 0
    assert (recorded.folder / "heard").read_bytes() == samples(path)
    called = (recorded.folder / "calls.txt").read_text()
    assert called.startswith(name)
    assert "16000" in called


def test_ffplay_is_given_a_header(recorded: RecorderRig, monkeypatch: pytest.MonkeyPatch) -> None:
    _, path = opened(recorded)
    spy_player(recorded.folder, "ffplay")
    assert played(recorded, monkeypatch) == 0
    heard = (recorded.folder / "heard").read_bytes()
    assert heard == path.read_bytes()
    with wave.open(io.BytesIO(heard)) as file:
        assert file.getnframes() == 22.5 * 16_000


def test_a_player_without_a_sound_device_is_passed_over(
    recorded: RecorderRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, path = opened(recorded)
    spy_player(recorded.folder, "paplay", fails=True)
    spy_player(recorded.folder, "aplay")
    assert played(recorded, monkeypatch) == 0
    assert (recorded.folder / "heard").read_bytes() == samples(path)


def test_no_player_has_a_sentence(
    recorded: RecorderRig, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    assert played(recorded, monkeypatch) == 2
    assert "There is no player on this machine" in capsys.readouterr().err
    spy_player(recorded.folder, "aplay", fails=True)
    assert played(recorded, monkeypatch) == 2
    assert "No player could reach a sound device (tried: aplay)" in capsys.readouterr().err


def test_a_reader_that_goes_away_is_no_traceback(recorded: RecorderRig) -> None:
    command = [sys.executable, "-m", "ctidesk.recording.cli", "open", str(recorded.recording)]
    command += ["--identity", str(recorded.folder / "key.txt"), "--out", "-"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(recorded.folder),
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(100)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(50) == 2
