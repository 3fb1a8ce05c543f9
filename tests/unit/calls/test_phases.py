"""A call changes by the table only; what the table forbids leaves it as it was."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given, strategies as st
from tests.support.desk_doubles import Happenings
from tests.support.fake_clock import FakeClock

from ctidesk.calls import events as ev, phases
from ctidesk.calls.call import Call, Direction, Phase, RecordingState, TransferState

CLOCK = FakeClock()
H = Happenings(CLOCK)


def inbound(phase: Phase = Phase.OFFERED) -> Call:
    call = phases.begin(H.offered("c"))
    return call if phase is Phase.OFFERED else walk(call, phase)


def walk(call: Call, phase: Phase) -> Call:
    path = {
        Phase.ANSWERING: [H.make(ev.CallAnswerSent, "c")],
        Phase.TALKING: [H.make(ev.CallAnswered, "c")],
        Phase.HOLDING: [H.make(ev.CallAnswered, "c"), H.make(ev.HoldRequested, "c")],
        Phase.HELD: [
            H.make(ev.CallAnswered, "c"),
            H.make(ev.HoldRequested, "c"),
            H.make(ev.CallHeld, "c"),
        ],
        Phase.RESUMING: [
            H.make(ev.CallAnswered, "c"),
            H.make(ev.HoldRequested, "c"),
            H.make(ev.CallHeld, "c"),
            H.make(ev.ResumeRequested, "c"),
        ],
        Phase.ENDED: [H.ended("c")],
    }[phase]
    for event in path:
        call = phases.apply(call, event)
    return call


def test_an_offer_and_a_dial_make_calls_of_their_direction() -> None:
    assert inbound().direction is Direction.INBOUND
    dialled = phases.begin(H.dialled("d", consult_of="c"))
    assert (dialled.direction, dialled.phase, dialled.consult_of) == (
        Direction.OUTBOUND,
        Phase.DIALLING,
        "c",
    )


@pytest.mark.parametrize(
    ("phase", "event", "after"),
    [
        (Phase.OFFERED, H.make(ev.CallAnswerSent, "c"), Phase.ANSWERING),
        (Phase.ANSWERING, H.make(ev.CallAnswered, "c"), Phase.TALKING),
        (Phase.TALKING, H.make(ev.HoldRequested, "c"), Phase.HOLDING),
        (Phase.HOLDING, H.make(ev.CallHeld, "c"), Phase.HELD),
        (
            Phase.HOLDING,
            H.make(ev.HoldFailed, "c", wanted="hold", code=488, reason=""),
            Phase.TALKING,
        ),
        (Phase.HELD, H.make(ev.ResumeRequested, "c"), Phase.RESUMING),
        (Phase.RESUMING, H.make(ev.CallResumed, "c"), Phase.TALKING),
        (
            Phase.RESUMING,
            H.make(ev.HoldFailed, "c", wanted="resume", code=500, reason=""),
            Phase.HELD,
        ),
        (Phase.HELD, H.ended("c"), Phase.ENDED),
        (Phase.OFFERED, H.ended("c"), Phase.ENDED),
    ],
)
def test_the_way_of_a_call(phase: Phase, event: ev.CallEvent, after: Phase) -> None:
    assert phases.apply(inbound(phase), event).phase is after


@pytest.mark.parametrize(
    ("phase", "event"),
    [
        (Phase.OFFERED, H.make(ev.CallHeld, "c")),
        (Phase.OFFERED, H.make(ev.HoldRequested, "c")),
        (Phase.ENDED, H.make(ev.CallAnswered, "c")),
        (Phase.ENDED, H.ended("c")),
        (Phase.TALKING, H.make(ev.CallAnswerSent, "c")),
        (Phase.TALKING, H.make(ev.CallRang, "c", code=180)),
        (Phase.OFFERED, H.ended("another")),
    ],
)
def test_what_cannot_happen_is_refused(phase: Phase, event: ev.CallEvent) -> None:
    with pytest.raises(phases.ImpossibleEvent):
        phases.apply(inbound(phase), event)


def test_a_failed_transfer_leaves_the_call_with_its_reason() -> None:
    call = inbound(Phase.HELD)
    call = phases.apply(call, H.make(ev.TransferStarted, "c", target="204", attended=False))
    assert call.transfer is TransferState.PENDING
    call = phases.apply(call, H.make(ev.TransferFailed, "c", code=486, reason="Busy Here"))
    assert (call.transfer, call.transfer_note) == (TransferState.FAILED, "486 Busy Here")
    assert call.phase is Phase.HELD


def test_a_recording_is_running_only_after_bytes_are_on_the_disk_and_may_end_after_the_call() -> (
    None
):
    call = inbound(Phase.TALKING)
    assert call.recording is RecordingState.OFF
    call = phases.apply(call, H.make(ev.RecordingStarted, "c"))
    assert call.recording is RecordingState.RUNNING
    call = phases.apply(call, H.ended("c"))
    stopped = H.make(ev.RecordingStopped, "c", manifest="m", recorded_bytes=9, duration_s=1.0)
    assert phases.apply(call, stopped).recording is RecordingState.STOPPED


SIMPLE = [
    ev.CallAnswerSent,
    ev.CallAnswered,
    ev.HoldRequested,
    ev.CallHeld,
    ev.ResumeRequested,
    ev.CallResumed,
    ev.TransferCompleted,
    ev.ConferenceSplit,
    ev.RecordingStarted,
]


@given(st.lists(st.sampled_from(SIMPLE), max_size=40))
def test_no_order_of_events_breaks_a_call(kinds: list[type[ev.CallEvent]]) -> None:
    call = inbound()
    for kind in kinds:
        before = call
        try:
            call = phases.apply(call, H.make(kind, "c"))
        except phases.ImpossibleEvent:
            assert call == before
        assert call.connected is (call.answered_mono is not None)
    assert phases.apply(call, H.ended("c")).ended


def test_every_call_event_has_a_row_in_the_table_or_begins_a_call() -> None:
    begins = {ev.CallOffered, ev.CallDialled}
    assert set(get_args(ev.AnyCallEvent)) - begins == set(phases.TABLE)
