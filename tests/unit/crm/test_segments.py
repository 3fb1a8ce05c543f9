"""The stretches of a call from its events."""

from __future__ import annotations

from ctidesk.calls import agent_events, events
from ctidesk.calls.call import RemoteParty
from ctidesk.crm.segments import segments_of

W = 1_800_000_000.0


def _at(t: float) -> dict[str, object]:
    return {"call_id": "c", "t_mono": t, "t_wall": W + t}


def _log() -> list[agent_events.LogEvent]:
    return [
        events.CallOffered(**_at(0), account_id="a", remote=RemoteParty(number="1")),  # type: ignore[arg-type]
        events.CallAnswered(**_at(5)),  # type: ignore[arg-type]
        events.HoldRequested(**_at(20)),  # type: ignore[arg-type]
        events.CallHeld(**_at(21)),  # type: ignore[arg-type]
        events.CallResumed(**_at(31)),  # type: ignore[arg-type]
        events.CallEnded(**_at(60), code=200, reason="OK", by="remote"),  # type: ignore[arg-type]
        agent_events.WrapUpStarted(**_at(60)),  # type: ignore[arg-type]
    ]


def _kinds(found: list[object]) -> list[tuple[str, float]]:
    return [(s.kind, s.duration_s) for s in found]  # type: ignore[attr-defined]


def test_a_call_has_its_segments_without_gaps() -> None:
    found = segments_of(_log(), until_wall=W + 75)
    assert _kinds(list(found)) == [
        ("ring", 5.0),
        ("talk", 16.0),
        ("hold", 10.0),
        ("talk", 29.0),
        ("wrap_up", 15.0),
    ]
    assert found[0].began_wall == W


def test_repeated_events_change_nothing() -> None:
    log = _log()
    assert segments_of([*log, *log[:4]], until_wall=W + 75) == segments_of(log, until_wall=W + 75)


def test_a_call_that_was_not_answered_only_rang() -> None:
    log = _log()[:1] + _log()[5:6]
    assert _kinds(list(segments_of(log, until_wall=W + 99))) == [("ring", 60.0)]


def test_no_events_no_segments() -> None:
    assert segments_of([], until_wall=W) == []
