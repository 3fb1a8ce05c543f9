"""The recorder process on real FIFOs: what it keeps, tells and survives."""

from __future__ import annotations

import math
import shutil
import signal
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.support.recorder_rig import DEVICE_KEY, RecorderRig, wait_until

from ctidesk.recording import manifest as mf


def feed_and_end(rig: RecorderRig, left: bytes, right: bytes) -> None:
    rig.open_legs()
    rig.feed(left, right)
    rig.start()
    rig.hang_up()
    assert rig.ended() == 0


def test_every_sample_of_a_call_is_kept_in_its_place(
    rig: RecorderRig, tones: Any, expected: Any
) -> None:
    feed_and_end(rig, *tones(0, 25.3))
    assert rig.legs_recorded() == expected(25.3)
    manifest = rig.manifest()
    assert [each.duration_s for each in manifest.segments] == pytest.approx([1, 10, 10, 4.3])
    assert [each.offset_s for each in manifest.segments] == pytest.approx([0, 1, 11, 21])
    assert manifest.gaps == ()
    assert (manifest.state, manifest.closed_by) == ("closed", "end_of_audio")
    assert (manifest.call_id, manifest.agent, manifest.policy) == ("call-1", "agent-7", "required")
    assert manifest.began_wall == rig.settings["began_wall"]
    assert manifest.recipients == tuple(rig.settings["recipients"])


def test_no_click_at_a_seam(rig: RecorderRig, tones: Any) -> None:
    """A sine obeys s[n+1] = 2 cos(w) s[n] - s[n-1]; a lost or doubled sample breaks it."""
    feed_and_end(rig, *tones(0, 12))
    left, _ = rig.legs_recorded()
    factor = 2 * math.cos(2 * math.pi * 440 / 16_000)
    worst = max(abs(left[n + 1] + left[n - 1] - factor * left[n]) for n in range(1, len(left) - 1))
    assert len(left) == 12 * 16_000
    assert worst < 3  # rounding makes 2; one missing sample makes 100 at the very least


def test_the_news_tell_growth_from_the_first_second_on(rig: RecorderRig, tones: Any) -> None:
    rig.open_legs()
    rig.start()
    rig.feed(*tones(0, 1.5))
    rig.told("sealed")
    assert [each["event"] for each in rig.news] == ["started", "sealed"]
    assert rig.manifest().state == "open"
    rig.feed(*tones(1.5, 10))
    second = rig.told("sealed", 2)
    rig.hang_up()
    assert rig.ended() == 0
    first, third, stopped = rig.told("sealed", 1), rig.told("sealed", 3), rig.told("stopped")
    assert [each["duration_s"] for each in (first, second, third)] == [1, 10, 0.5]
    assert 0 < first["bytes"] < second["bytes"] < third["bytes"] == stopped["bytes"]
    entries = rig.manifest().segments
    assert stopped["bytes"] == sum(each.bytes for each in entries)
    assert stopped["duration_s"] == 11.5
    assert stopped["manifest"] == str(rig.recording / "manifest.json")
    assert [each.sha256 for each in entries] == [
        each["sha256"] for each in rig.news if each["event"] == "sealed"
    ]


@pytest.mark.skipif(shutil.which("age") is None, reason="needs Debian's package age")
def test_debians_age_opens_a_segment(rig: RecorderRig, tones: Any) -> None:
    feed_and_end(rig, *tones(0, 2))
    key = rig.folder / "key.txt"
    key.write_text(f"{rig.identity}\n")
    for segment in ("0000.age", "0001.age"):
        opened = subprocess.run(
            ["age", "-d", "-i", str(key), str(rig.recording / segment)],
            check=True,
            capture_output=True,
        )
        assert opened.stdout.startswith(b"fLaC")


def test_every_recipient_and_nobody_else_opens_it(make_rig: Any, tones: Any) -> None:
    import pyrage

    officers = [pyrage.x25519.Identity.generate() for _ in range(3)]
    rig = make_rig(recipients=[str(each.to_public()) for each in officers])
    feed_and_end(rig, *tones(0, 1))
    content = (rig.recording / "0000.age").read_bytes()
    for officer in officers:
        assert pyrage.decrypt(content, [officer]).startswith(b"fLaC")
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(content, [rig.identity])


def test_files_are_for_their_owner_only(rig: RecorderRig, tones: Any) -> None:
    feed_and_end(rig, *tones(0, 1.2))
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in rig.recording.iterdir()}
    assert modes == {"0000.age": 0o600, "0001.age": 0o600, "manifest.json": 0o600}
    assert stat.S_IMODE(rig.recording.stat().st_mode) == 0o700


def test_the_manifest_is_signed_by_the_device(rig: RecorderRig, tones: Any) -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    feed_and_end(rig, *tones(0, 1))
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(DEVICE_KEY))
    assert rig.manifest().device == mf.device_public(key)
    assert DEVICE_KEY not in (rig.recording / "manifest.json").read_text()


def test_no_secret_in_arguments_or_environment(rig: RecorderRig) -> None:
    rig.open_legs()
    rig.start()
    wait_until(rig.recording.exists, "the folder")
    for name in ("cmdline", "environ"):
        seen = Path(f"/proc/{rig.recorder.pid}/{name}").read_bytes()
        assert DEVICE_KEY.encode() not in seen
    rig.hang_up()
    assert rig.ended() == 0


def test_stop_seals_although_the_legs_stay_open(
    rig: RecorderRig, tones: Any, expected: Any
) -> None:
    rig.open_legs()
    rig.start()
    rig.feed(*tones(0, 3))
    rig.told("sealed")
    rig.order({"cmd": "stop"})
    assert rig.ended() == 0
    assert rig.manifest().closed_by == "stopped"
    assert rig.legs_recorded() == expected(3)


def test_a_log_off_seals(rig: RecorderRig, tones: Any, expected: Any) -> None:
    rig.open_legs()
    rig.start()
    rig.feed(*tones(0, 2))
    rig.told("sealed")
    rig.kill(signal.SIGTERM)
    assert rig.ended() == 0
    assert rig.manifest().closed_by == "terminated"
    assert rig.legs_recorded() == expected(2)


def test_a_dead_engine_does_not_stop_it_while_audio_flows(
    rig: RecorderRig, tones: Any, expected: Any
) -> None:
    rig.open_legs()
    rig.start()
    rig.feed(*tones(0, 1.5))
    rig.told("sealed")
    assert rig.recorder.stdin is not None
    rig.recorder.stdin.close()
    rig.feed(*tones(1.5, 10))
    rig.told("sealed", 2)
    rig.hang_up()
    assert rig.ended() == 0
    assert rig.legs_recorded() == expected(11.5)


def test_a_closed_stdout_is_no_error(rig: RecorderRig, tones: Any, expected: Any) -> None:
    """The engine is gone with both its pipes before the recorder has said a word."""
    rig.open_legs()
    rig.feed(*tones(0, 3))
    rig.start(listen=False)
    assert rig.recorder.stdout is not None
    assert rig.recorder.stdin is not None
    rig.recorder.stdout.close()
    rig.recorder.stdin.close()
    rig.hang_up()
    assert rig.recorder.wait(50) == 0
    assert rig.legs_recorded() == expected(3)


def test_a_leg_that_ends_first_is_silence_from_there_on(rig: RecorderRig, tones: Any) -> None:
    left, right = tones(0, 4)
    rig.open_legs()
    rig.feed(left, right[: 2 * 16_000 * 2])
    rig.hang_up(1)
    rig.start()
    rig.told("sealed")
    rig.hang_up()
    assert rig.ended() == 0
    agent, caller = rig.legs_recorded()
    assert agent.tobytes() == left
    assert caller[: 2 * 16_000].tobytes() == right[: 2 * 16_000 * 2]
    assert not any(caller[2 * 16_000 :])
    [gap] = rig.manifest().gaps
    assert (gap.offset_s, gap.duration_s, gap.legs) == (2.0, 2.0, ("caller",))
    assert (gap.reason, gap.padded) == ("leg_ended", True)


def test_a_call_without_audio_leaves_an_empty_signed_manifest(rig: RecorderRig) -> None:
    feed_and_end(rig, b"", b"")
    assert rig.manifest().segments == ()
    assert rig.told("stopped")["bytes"] == 0


def test_a_call_that_comes_back_gets_a_folder_of_its_own(make_rig: Any, tones: Any) -> None:
    for folder in ("call-1", "call-1-2", "call-1-3"):
        rig = make_rig()
        feed_and_end(rig, *tones(0, 1))
        assert rig.told("stopped")["manifest"] == str(rig.spool / folder / "manifest.json")


@pytest.mark.parametrize(
    "recipients",
    [[], ["age1bad"], [""], ["ssh-ed25519 AAAA"]],
    ids=["none", "bad", "empty", "other kind"],
)
def test_no_recording_without_a_usable_recipient(make_rig: Any, recipients: list[str]) -> None:
    rig = make_rig(recipients=recipients)
    rig.open_legs()
    rig.start()
    assert rig.ended() == 1
    assert rig.news == [{"event": "failed", "problem": "no_recipient"}]
    assert not rig.spool.exists()


def test_one_bad_recipient_among_good_ones_is_no_recipient(make_rig: Any, rig: Any) -> None:
    good = rig.settings["recipients"]
    other = make_rig(folder=_sub(rig), recipients=[*good, "age1bad"])
    other.open_legs()
    other.start()
    assert other.ended() == 1
    assert other.news == [{"event": "failed", "problem": "no_recipient"}]


def _sub(rig: RecorderRig) -> Any:
    folder = rig.folder / "other"
    folder.mkdir()
    return folder


@pytest.mark.parametrize(
    "wrong",
    [
        {"call_id": "../escape"},
        {"call_id": ""},
        {"device_key": "aa"},
        {"device_key": 5},
        {"rate": 1},
        {"rate": None},
        {"began_wall": float("inf")},
        {"recipients": 5},
        {"spool_dir": "/proc/nowhere"},
    ],
    ids=lambda wrong: "-".join(f"{name}={value}" for name, value in wrong.items()),
)
def test_bad_settings_are_refused_without_a_traceback(make_rig: Any, wrong: Any) -> None:
    rig = make_rig()
    rig.settings |= wrong
    rig.open_legs()
    rig.start()
    assert rig.ended() == 1
    assert rig.news == [{"event": "failed", "problem": "cannot_start"}]


@pytest.mark.parametrize("line", [b"", b"no json\n", b"[]\n" + b"[" * 100_000 + b"\n", b"\xff\n"])
def test_an_engine_that_says_nothing_sensible_gets_no_recorder(
    rig: RecorderRig, line: bytes
) -> None:
    rig.open_legs()
    rig.start(configure=False)
    assert rig.recorder.stdin is not None
    rig.recorder.stdin.write(line)
    rig.recorder.stdin.close()
    assert rig.ended() == 1
    assert rig.news == [{"event": "failed", "problem": "cannot_start"}]
