"""The interaction that goes to the CRM."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.support.call_log import WALL, Story, inbound
from tests.support.one_call import LINE

from ctidesk.calls.call import RemoteParty
from ctidesk.calls.ports import Interaction, WrapUpDraft
from ctidesk.metrics.interaction import UnfinishedCall, build_interaction

DRAFT = WrapUpDraft(
    call_id="c1", member_id="M1", party="member", code="refill", note="two weeks", follow_up="Fri"
)


def built(story: Story, draft: WrapUpDraft = DRAFT) -> Interaction:
    other = inbound("other").party(3, "provider").ended(9).saved(10, "complaint", "provider")
    return build_interaction("c1", [*other.log, *story.log], draft, "anna")


def test_a_whole_call() -> None:
    story = Story("c1").offered(0, queue="pharmacy").party(0, "member", "number").answered(10)
    story.member(11, "M1").checked(15, "M1", False).checked(20, "M1", True)
    story.held(30).resumed(50).ended(70).wrap_up(70).recording_stopped(71, "/r/c1.manifest")
    story.saved(100)
    assert built(story) == Interaction(
        call_id="c1",
        direction="inbound",
        number="+493023125010",
        queue="pharmacy",
        account_id="main",
        agent="anna",
        member_id="M1",
        party="member",
        verified=True,
        code="refill",
        note="two weeks",
        follow_up="Fri",
        began_wall=WALL,
        answered_wall=WALL + 10,
        ended_wall=WALL + 70,
        saved_wall=WALL + 100,
        dial_s=0,
        talk_s=40,
        hold_s=20,
        wrap_up_s=30,
        end_code=200,
        coded_by="agent",
        recording_manifest="/r/c1.manifest",
    )


def test_an_outbound_call_that_nobody_answered() -> None:
    story = Story("c1").dialled(0).ended(25, 486).wrap_up(25).saved(30, "unreachable", "", "agent")
    made = built(story, WrapUpDraft(call_id="c1"))
    assert (made.direction, made.answered_wall, made.end_code) == ("outbound", None, 486)
    assert (made.dial_s, made.talk_s, made.wrap_up_s) == (25, 0, 5)
    assert (made.member_id, made.verified) == ("", False)


def test_a_withheld_number_stays_withheld() -> None:
    hidden = RemoteParty(number="", withheld=True, asserted="+493023125010")
    odd = RemoteParty(number="+493023125010", withheld=True)
    for remote in (hidden, odd):
        story = Story("c1").offered(0, remote).answered(1).ended(2).saved(3)
        assert built(story).number == ""


def test_verified_is_of_this_member_and_the_last_word() -> None:
    other = inbound().checked(20, "M2", True).ended(30).saved(40)
    assert not built(other).verified
    corrected = inbound().checked(20, "M1", True).checked(25, "M1", False).ended(30).saved(40)
    assert not built(corrected).verified


def test_a_check_does_not_outlive_its_party() -> None:
    story = inbound().party(1, "member").checked(20, "M1", True).party(25, "carer")
    assert not built(story.ended(30).saved(40)).verified
    back = inbound().party(1, "member").checked(20, "M1", True).party(25, "carer")
    assert built(back.party(26, "member").ended(30).saved(40)).verified


def test_the_member_comes_from_the_log_where_the_draft_has_none() -> None:
    story = inbound().member(11, "M1").member(12, "M2").checked(13, "M2", True).ended(20).saved(30)
    made = built(story, WrapUpDraft(call_id="c1"))
    assert (made.member_id, made.verified) == ("M2", True)


def test_a_call_whose_engine_died_ends_with_its_wrap_up() -> None:
    made = built(inbound().wrap_up(50).saved(60))
    assert (made.ended_wall, made.end_code, made.talk_s) == (WALL + 50, 0, 40)


def test_the_lines_of_the_call_and_of_its_consultations_go_with_it() -> None:
    bad = replace(LINE, mos_min=1.8, warnings=("loss here",))
    story = Story("c1").offered(0).answered(1).ended(60, line=bad).saved(70)
    consult = Story("c2").dialled(10, consult_of="c1").answered(12).ended(20, line=LINE)
    unanswered = Story("c3").dialled(21, consult_of="c1").ended(30, 486)
    foreign = Story("c4").dialled(31).answered(32).ended(33, line=LINE)
    log = [*consult.log, *unanswered.log, *foreign.log, *story.log]
    made = build_interaction("c1", log, DRAFT, "anna")
    assert made.line == bad
    assert made.consult_lines == (LINE,)


def test_the_code_of_a_time_out() -> None:
    made = built(inbound().ended(20).saved(80, "not_coded", "", "timeout"))
    assert (made.code, made.coded_by, made.note) == ("not_coded", "timeout", "two weeks")


@pytest.mark.parametrize(
    "story",
    [
        Story("c1"),
        inbound().ended(20),
        Story("c1").answered(1).ended(2).saved(3),
        Story("c1").offered(0).saved(3),
    ],
)
def test_an_unfinished_call_is_our_own_mistake(story: Story) -> None:
    with pytest.raises(UnfinishedCall):
        built(story)
