"""Every tampering has a name and names its segment."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, strategies as st

from ctidesk.recording import manifest as mf
from ctidesk.recording.legs import Gap
from ctidesk.recording.verdict import FoundFile, verify

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
Files = dict[str, FoundFile]
SUBJECT = mf.Subject("call-1", "agent-7", "required", 16_000, ("age1x",), 1_790_000_000.5)
COUNT = 4


def sealed(state: str = mf.CLOSED, key: Ed25519PrivateKey = KEY) -> tuple[bytes, Files]:
    draft = mf.Draft(SUBJECT, key)
    files = {}
    for number in range(COUNT):
        content = b"segment %d" % number
        digest = mf.sha256_hex(content)
        draft.add(mf.Segment(number, digest, len(content), number * 160_000, 160_000))
        files[mf.segment_name(number)] = FoundFile(len(content), digest)
    gaps = [Gap(100, 50, ("agent",), "leg_lagged", True)]
    return draft.file(state, gaps, "end_of_audio" if state == mf.CLOSED else ""), files


def stranger(size: int) -> FoundFile:
    return FoundFile(size, mf.sha256_hex(b"stranger %d" % size))


def edited(raw: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    body = json.loads(raw)
    change(body)
    return json.dumps(body).encode()


def test_what_was_sealed_is_genuine() -> None:
    raw, files = sealed()
    verdict = verify(raw, files, mf.device_public(KEY))
    assert verdict.genuine
    assert not verdict.still_open
    assert verdict.manifest is not None
    assert verdict.manifest.duration_s == 40.0
    assert verdict.manifest.gaps[0].duration_s == 50 / 16_000


def test_one_byte_string_per_manifest() -> None:
    raw, _ = sealed()
    assert mf.canonical(json.loads(raw)) + b"\n" == raw


@pytest.mark.parametrize("number", range(COUNT))
def test_a_missing_segment(number: int) -> None:
    raw, files = sealed()
    del files[mf.segment_name(number)]
    [finding] = verify(raw, files).findings
    assert (finding.problem, finding.index) == ("missing", number)
    assert f"Segment {number} is missing" in finding.sentence


def test_swapped_segments() -> None:
    raw, files = sealed()
    files["0001.age"], files["0003.age"] = files["0003.age"], files["0001.age"]
    findings = verify(raw, files).findings
    assert [(each.problem, each.index) for each in findings] == [("swapped", 1), ("swapped", 3)]
    assert "segment 3" in findings[0].sentence


def test_a_cut_segment() -> None:
    raw, files = sealed()
    files["0002.age"] = stranger(4)
    [finding] = verify(raw, files).findings
    assert (finding.problem, finding.index) == ("cut", 2)
    assert "4 of 9 bytes" in finding.sentence


@pytest.mark.parametrize("size", [9, 900])
def test_a_changed_segment(size: int) -> None:
    raw, files = sealed()
    files["0002.age"] = stranger(size)
    [finding] = verify(raw, files).findings
    assert (finding.problem, finding.index) == ("changed", 2)


@pytest.mark.parametrize("name", ["0004.age", "0004.age.tmp", "evil.age", "99999999999999.age"])
def test_an_extra_segment(name: str) -> None:
    raw, files = sealed()
    files[name] = stranger(9)
    verdict = verify(raw, files)
    [finding] = verdict.findings
    assert finding.problem == "extra"
    assert finding.index == (4 if name.startswith("0004") else None)


def test_a_segment_that_is_just_being_written_is_no_stranger() -> None:
    raw, files = sealed(mf.OPEN)
    files["0004.age.tmp"] = stranger(9)
    verdict = verify(raw, files)
    assert verdict.genuine
    assert verdict.still_open


def test_the_last_segment_of_an_open_recording_may_have_its_temporary_name() -> None:
    raw, files = sealed(mf.OPEN)
    files["0003.age.tmp"] = files.pop("0003.age")
    assert verify(raw, files).genuine
    closed, _ = sealed(mf.CLOSED)
    assert [each.problem for each in verify(closed, files).findings] == ["missing", "extra"]


@pytest.mark.parametrize(
    "field", ["call_id", "agent", "policy", "state", "closed_by", "device", "signature"]
)
def test_a_changed_manifest(field: str) -> None:
    raw, files = sealed()
    raw = edited(raw, lambda body: body.update({field: body[field][::-1]}))
    assert verify(raw, files).findings[0].problem == "changed_manifest"


def test_reordered_entries_name_the_first() -> None:
    raw, files = sealed()

    def reorder(body: dict[str, Any]) -> None:
        one, two = body["segments"][1:3]
        for name in ("file", "sha256", "bytes", "chain"):
            one[name], two[name] = two[name], one[name]

    findings = verify(edited(raw, reorder), files).findings
    assert [each.problem for each in findings] == ["changed_manifest", "moved"]
    assert findings[1].index == 1


def test_a_cut_tail_of_entries_breaks_the_signature() -> None:
    raw, files = sealed()
    del files["0003.age"]
    raw = edited(raw, lambda body: body["segments"].pop())
    assert verify(raw, files).findings[0].problem == "changed_manifest"


def test_a_removed_gap_breaks_the_signature() -> None:
    raw, files = sealed()
    raw = edited(raw, lambda body: body["gaps"].clear())
    assert verify(raw, files).findings[0].problem == "changed_manifest"


def test_another_device_is_told_apart() -> None:
    raw, files = sealed(key=OTHER_KEY)
    assert verify(raw, files).genuine
    [finding] = verify(raw, files, mf.device_public(KEY)).findings
    assert finding.problem == "wrong_device"


def test_what_another_device_signs_anew_does_not_pass_for_ours() -> None:
    raw, files = sealed()
    body = json.loads(raw)
    body["segments"].pop()
    assert verify(mf.signed(body, OTHER_KEY), files, mf.device_public(KEY)).findings[0].problem == (
        "wrong_device"
    )


@pytest.mark.parametrize(
    "raw", [b"", b"{}", b"[]", b"\xff", b"[" * 100_000, b'{"v":1}', b"null", b"NaN"]
)
def test_rubbish_is_unreadable(raw: bytes) -> None:
    [finding] = verify(raw, {}).findings
    assert finding.problem == "unreadable_manifest"


@pytest.mark.parametrize(
    ("field", "value"),
    [("duration_s", 1e300), ("duration_s", -1.0), ("offset_s", 1e300), ("offset_s", -5.0)],
)
def test_absurd_times_are_refused_before_anyone_reserves_memory(field: str, value: float) -> None:
    raw, files = sealed()
    raw = edited(raw, lambda body: body["segments"][1].update({field: value}))
    assert verify(raw, files).findings[0].problem == "unreadable_manifest"


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_no_changed_byte_passes(place: int, mask: int) -> None:
    raw, files = sealed()
    content = bytearray(raw.rstrip(b"\n"))
    content[place % len(content)] ^= mask
    assert not verify(bytes(content), files).genuine


def test_taking_a_segment_back_leaves_no_trace() -> None:
    draft, expected = mf.Draft(SUBJECT, KEY), mf.Draft(SUBJECT, KEY)
    for number in range(2):
        draft.add(mf.Segment(number, "00", 1, number * 10, 10))
        draft.take_back()
        draft.add(mf.Segment(number, "11", 1, number * 10, 10))
        expected.add(mf.Segment(number, "11", 1, number * 10, 10))
    assert draft.file(mf.OPEN, []) == expected.file(mf.OPEN, [])
