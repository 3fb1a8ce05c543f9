"""The durations of a call, by the definitions, from the log alone."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings, strategies as st
from tests.support.call_log import Story, inbound

from ctidesk.calls.agent_events import LogEvent
from ctidesk.calls.call import Direction
from ctidesk.metrics.handle_time import HandleTime, HandleTimes, Stage


def times(log: list[LogEvent]) -> HandleTimes:
    made = HandleTimes()
    for event in log:
        made.add(event)
    return made


def at(story: Story, now: float) -> HandleTime:
    found = times(story.log).of(story.call_id, now)
    assert found is not None
    return found


def apart(story: Story, now: float = 10_000) -> tuple[float, float, float, float]:
    one = at(story, now)
    return one.dial_s, one.talk_s, one.hold_s, one.wrap_up_s


# dial, talk, hold, wrap-up
@pytest.mark.parametrize(
    ("story", "durations"),
    [
        pytest.param(
            inbound().ended(70).wrap_up(70).saved(100), (0, 60, 0, 30), id="ringing counts nowhere"
        ),
        pytest.param(
            Story("c1").dialled(0).answered(20).ended(80).wrap_up(80).saved(90),
            (20, 60, 0, 10),
            id="dialling counts outbound",
        ),
        pytest.param(
            inbound().hold_requested(29).held(30).resume_requested(49).resumed(50).ended(70),
            (0, 40, 20, 9930),
            id="hold is what the peer confirmed, wrap-up runs from the end on",
        ),
        pytest.param(
            inbound().hold_requested(29).hold_failed(30).ended(70).saved(70),
            (0, 60, 0, 0),
            id="a refused hold is talk",
        ),
        pytest.param(
            inbound().held(30).resume_requested(40).hold_failed(41, "resume").ended(70).saved(70),
            (0, 20, 40, 0),
            id="a refused resume is hold",
        ),
        pytest.param(
            inbound().held(30).ended(70).wrap_up(70).saved(75),
            (0, 20, 40, 5),
            id="the caller hangs up while on hold",
        ),
        pytest.param(
            inbound().held(20).held(25).resumed(30).resumed(31).ended(40).saved(40),
            (0, 20, 10, 0),
            id="confirmed twice counts once",
        ),
        pytest.param(
            inbound().remote_hold(20, True).remote_hold(30, False).ended(40).saved(40),
            (0, 30, 0, 0),
            id="being held by the caller is talk: the caller is not on hold",
        ),
        pytest.param(
            inbound().held(20).merged(30, "c2").split(50).ended(60).saved(60),
            (0, 30, 20, 0),
            id="a conference is talk, also if no resume was reported",
        ),
        pytest.param(
            inbound().held(20).resumed(30).merged(30, "c2").split(50).held(50).ended(60).saved(60),
            (0, 30, 20, 0),
            id="a conference with its resume, then the caller held again",
        ),
        pytest.param(
            inbound().transfer_started(30).transfer_completed(35).ended(36).wrap_up(36).saved(40),
            (0, 26, 0, 4),
            id="blind transfer",
        ),
        pytest.param(
            inbound().held(20).transfer_started(30).transfer_failed(35).resumed(40).ended(50),
            (0, 20, 20, 9950),
            id="a transfer that came back",
        ),
        pytest.param(
            inbound().wrap_up(50).saved(60),
            (0, 40, 0, 10),
            id="the engine died: wrap-up tells of the end",
        ),
        pytest.param(
            inbound().wrap_up(50).ended(80).saved(90),
            (0, 40, 0, 40),
            id="the earlier of the two ends the conversation",
        ),
        pytest.param(
            inbound().ended(50).wrap_up(55).saved(60),
            (0, 40, 0, 10),
            id="wrap-up counts from the end, not from when the desk noticed",
        ),
        pytest.param(Story("c1").offered(0).ended(20, 487), (0, 0, 0, 0), id="missed"),
        pytest.param(Story("c1").dialled(0).ended(20, 486), (20, 0, 0, 0), id="busy"),
        pytest.param(
            Story("c1").dialled(0).ended(20, 486).wrap_up(20).saved(26, "unreachable"),
            (20, 0, 0, 6),
            id="not reached, and coded",
        ),
    ],
)
def test_the_definitions(story: Story, durations: tuple[float, float, float, float]) -> None:
    assert apart(story) == durations


def test_what_is_handled() -> None:
    done = inbound().ended(70).saved(100)
    assert at(done, 100).handled
    assert not at(inbound().ended(70), 100).handled  # stamped only when the code is saved
    assert not at(Story("c1").offered(0).ended(5), 100).handled
    assert not at(Story("c1").dialled(0).ended(5).saved(9), 100).handled
    consulting = Story("c2").dialled(0, consult_of="c1").answered(3).ended(9)
    assert not at(consulting, 100).handled
    assert not at(consulting.saved(20), 100).handled


def test_a_consulting_leg_is_hold_of_its_caller_and_has_no_wrap_up() -> None:
    caller = inbound("c1").held(20).resumed(50).ended(60).saved(65)
    leg = Story("c2").dialled(21, consult_of="c1").answered(25).ended(50)
    both = times([*caller.log, *leg.log])
    first, second = both.of("c1", 99), both.of("c2", 99)
    assert first is not None
    assert second is not None
    assert (first.talk_s, first.hold_s, first.wrap_up_s) == (20, 30, 5)
    assert (second.consult_of, second.stage, second.wrap_up_s) == ("c1", Stage.DONE, 0)


def test_a_second_call_while_the_first_is_held() -> None:
    first = inbound("c1").held(30).resumed(90).ended(100).saved(110)
    second = Story("c2").offered(25).answered(30).ended(80).wrap_up(80).saved(85)
    both = times(sorted([*first.log, *second.log], key=lambda event: event.t_mono))
    one, two = both.of("c1", 200), both.of("c2", 200)
    assert one is not None
    assert two is not None
    assert (one.talk_s, one.hold_s, one.wrap_up_s) == (30, 60, 10)
    assert (two.talk_s, two.hold_s, two.wrap_up_s) == (50, 0, 5)


def test_live() -> None:
    story = Story("c1").offered(0)
    steps = [
        (story.offered, None, 5, Stage.WAITING, (0, 0, 0, 0)),
        (story.answered, 10, 12, Stage.TALK, (0, 2, 0, 0)),
        (story.held, 20, 25, Stage.HOLD, (0, 10, 5, 0)),
        (story.resumed, 30, 31, Stage.TALK, (0, 11, 10, 0)),
        (story.ended, 40, 47, Stage.WRAP_UP, (0, 20, 10, 7)),
        (story.saved, 50, 99, Stage.DONE, (0, 20, 10, 10)),
    ]
    for step, t, now, stage, durations in steps:
        if t is not None:
            step(t)  # type: ignore[operator]
        assert at(story, now).stage is stage
        assert apart(story, now) == durations
    dialling = Story("c2").dialled(0)
    assert (at(dialling, 7).stage, at(dialling, 7).dial_s) == (Stage.DIALLING, 7)


def test_party_and_code() -> None:
    story = inbound().party(1, "member", "number").party(20, "carer")
    assert (at(story, 30).party, at(story, 30).code) == ("carer", "")
    story.ended(40).saved(50, "refill", "carer", "timeout")
    done = at(story, 60)
    assert (done.party, done.code, done.coded_by) == ("carer", "refill", "timeout")
    assert done.direction is Direction.INBOUND
    assert done.total_s == 40


def test_a_later_saving_corrects_the_code_but_not_the_stamp() -> None:
    story = inbound().ended(40).saved(50, "not_coded", "", "timeout").saved(90, "refill", "carer")
    done = at(story, 100)
    assert (done.code, done.party, done.wrap_up_s) == ("refill", "carer", 10)


def test_events_that_do_not_count_are_ignored() -> None:
    made = times(inbound().log)
    assert made.add(inbound().transfer_started(20).log[-1]) is None
    assert made.of("nobody", 1.0) is None
    made.forget("c1")
    assert made.of("c1", 1.0) is None


@st.composite
def stories(draw: st.DrawFn, call_id: str = "c1") -> Story:
    """Any answered and saved call that the transition table allows, with distinct times."""
    steps = iter(
        sorted(draw(st.sets(st.floats(0, 10_000, allow_nan=False), min_size=14, max_size=14)))
    )
    story = Story(call_id)
    outbound = draw(st.booleans())
    (story.dialled if outbound else story.offered)(next(steps))
    story.answered(next(steps))
    held = merged = False
    for _ in range(draw(st.integers(0, 8))):
        what = draw(st.sampled_from(["hold", "merge", "party", "fail"]))
        t = next(steps)
        if what == "hold" and not merged:
            (story.resumed if held else story.held)(t)
            held = not held
        elif what == "merge":
            story.split(t) if merged else story.merged(t, "other")
            merged = not merged
        elif what == "party":
            story.party(t, draw(st.sampled_from(["member", "carer"])))
        else:
            story.hold_failed(t)
    end = next(steps)
    story.ended(end)
    story.wrap_up(end)
    story.saved(next(steps), draw(st.sampled_from(["refill", "claim"])))
    return story


@given(stories())
@settings(max_examples=200, deadline=None)
def test_the_segments_fill_the_time_from_the_answer_to_the_stamp(story: Story) -> None:
    answered = next(e.t_mono for e in story.log if type(e).__name__ == "CallAnswered")
    saved = story.log[-1].t_mono
    done = at(story, saved + 1_000)
    assert done.talk_s + done.hold_s + done.wrap_up_s == pytest.approx(saved - answered)
    assert done.total_s == pytest.approx(saved - answered + done.dial_s)
    assert min(done.dial_s, done.talk_s, done.hold_s, done.wrap_up_s) >= 0


@given(stories(), st.floats(0, 12_000))
@settings(max_examples=200, deadline=None)
def test_live_durations_are_never_negative_and_never_shrink(story: Story, now: float) -> None:
    made = HandleTimes()
    last = 0.0
    for event in story.log:
        made.add(event)
        one = made.of("c1", event.t_mono)
        assert one is not None
        assert min(one.dial_s, one.talk_s, one.hold_s, one.wrap_up_s) >= 0
        assert one.total_s >= last - 1e-6
        last = one.total_s
    one = made.of("c1", now)
    assert one is not None
    assert min(one.dial_s, one.talk_s, one.hold_s, one.wrap_up_s) >= 0


@given(stories(), st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_order_and_repetition_change_nothing(story: Story, order: random.Random) -> None:
    shuffled = [*story.log, *order.sample(story.log, len(story.log) // 2)]
    order.shuffle(shuffled)
    assert times(shuffled).of("c1", 20_000) == at(story, 20_000)


@given(stories())
@settings(max_examples=50, deadline=None)
def test_what_is_known_already_is_not_new(story: Story) -> None:
    made = times(story.log)
    assert all(made.add(event) is None for event in story.log)
