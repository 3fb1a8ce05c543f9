"""What a log says of a training call, and scenarios that cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.desk_doubles import Happenings
from tests.support.fake_clock import FakeClock

from ctidesk.calls import agent_events as ag, events as ev
from ctidesk.calls.errors import KnownError
from ctidesk.calls.flag_events import LocationRepeatedBack, RedFlagRaised
from ctidesk.care.training import Feedback, Scenario, Verdict, judge
from ctidesk.care.training_file import load_scenarios, parse_scenario
from ctidesk.demo.people import CALLERS
from ctidesk.wrapup.codes_file import load_codes

RESOURCES = Path(__file__).resolve().parents[3] / "resources"
KEYS = [each.key for each in CALLERS]
CALL = "c1"


@pytest.fixture
def shipped() -> dict[str, Scenario]:
    return {each.key: each for each in load_scenarios(RESOURCES / "training", KEYS)}


class Log:
    """Events of one call, second by second."""

    def __init__(self) -> None:
        self.clock = FakeClock(100.0)
        self.make = Happenings(self.clock)
        self.events: list[ag.LogEvent] = [self.make.offered(CALL)]

    def add(self, after_s: float, kind: type, **fields: object) -> Log:
        self.clock.advance(after_s)
        self.events.append(self.make.make(kind, CALL, **fields))
        return self

    def checked(self, member: str, *, passed: bool = True, verified: bool = False) -> Log:
        fields = {"member_id": member, "question": "postcode"}
        return self.add(1, ag.IdentityChecked, passed=passed, verified=verified, **fields)

    def saved(self, after_s: float, code: str, by: str = "agent") -> Log:
        return self.add(after_s, ag.WrapUpSaved, code=code, party="member", by=by)

    def judged(self, scenario: Scenario) -> Feedback:
        return judge(scenario, self.events, CALL)


def missed(feedback: Feedback) -> list[str]:
    return [each.text for each in feedback.points if each.verdict is not Verdict.DONE]


def test_a_call_that_went_well_has_all_done_and_its_times_apart(
    shipped: dict[str, Scenario],
) -> None:
    log = Log().add(4, ev.CallAnswered).add(2, ag.MemberChosen, member_id="M-1002")
    log.checked("M-1002").checked("M-1002", verified=True)
    log.add(10, ev.CallHeld).add(7, ev.CallResumed)
    log.add(5, ev.CallEnded, code=200, reason="", by="remote").saved(30, "refill_refused")
    feedback = log.judged(shipped["3-refill-expired"])
    assert missed(feedback) == []
    assert (feedback.done, feedback.asked) == (4, 4)
    times = (feedback.ring_s, feedback.talk_s, feedback.hold_s, feedback.wrap_up_s)
    assert times == (4, 19, 7, 30)


def test_what_was_left_out_is_missed(shipped: dict[str, Scenario]) -> None:
    log = Log().add(40, ev.CallAnswered).add(2, ag.MemberChosen, member_id="M-1002")
    log.checked("M-1002", passed=False)
    log.add(5, ev.CallEnded, code=200, reason="", by="remote").saved(91, "refill")
    feedback = log.judged(shipped["3-refill-expired"])
    assert feedback.done == 1
    assert feedback.wrong_answers == 1
    assert "expired" in missed(feedback)[1]


def test_a_code_that_the_clock_set_is_no_code_of_the_agents(shipped: dict[str, Scenario]) -> None:
    log = Log().add(1, ev.CallAnswered).add(1, ev.CallEnded, code=200, reason="", by="remote")
    log.saved(1, "refill_refused", by="timeout")
    assert any("not possible" in text for text in missed(log.judged(shipped["3-refill-expired"])))


def test_the_card_of_somebody_else_is_a_wrong_disclosure(shipped: dict[str, Scenario]) -> None:
    log = Log().add(1, ev.CallAnswered)
    for member in ("M-1002", "M-1001", "", "M-1002"):
        log.add(1, ag.MemberChosen, member_id=member)
    feedback = log.judged(shipped["1-shared-number"])
    assert feedback.wrong_disclosures == 1
    assert feedback.points[-1].verdict is Verdict.WRONG
    assert feedback.asked == 5


def test_the_emergency_wants_flag_and_location(shipped: dict[str, Scenario]) -> None:
    log = Log().add(3, ev.CallAnswered).add(2, RedFlagRaised).add(5, LocationRepeatedBack)
    log.add(60, ev.CallEnded, code=200, reason="", by="agent").saved(10, "emergency")
    assert missed(log.judged(shipped["5-red-flag"])) == []


def test_events_of_other_calls_do_not_count(shipped: dict[str, Scenario]) -> None:
    log = Log()
    log.events.append(log.make.make(RedFlagRaised, "another"))
    assert log.judged(shipped["5-red-flag"]).done == 0


def test_a_call_that_nobody_answered_has_nothing_done(shipped: dict[str, Scenario]) -> None:
    log = Log().add(30, ev.CallEnded, code=487, reason="", by="remote")
    for scenario in shipped.values():
        assert log.judged(scenario).done == 0


def test_what_ships_names_real_people_and_codes(shipped: dict[str, Scenario]) -> None:
    assert len(shipped) == 5
    codes = load_codes(RESOURCES / "codes" / "default.toml")
    members = (RESOURCES / "demo" / "members.csv").read_text("utf-8")
    for scenario in shipped.values():
        for expectation in scenario.expects:
            if expectation.what == "code":
                assert all(codes.find(code) for code in expectation.values)
        assert all(f"\n{member}," in members for member in scenario.members)


GOOD = """version = 1
title = "T"
caller = "jane"
brief = "B"
[[expect]]
what = "verified"
text = "V"
"""


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("version = 1", "version = 2", "version = 1"),
        ("version = 1", "version = ", "not valid TOML"),
        ('title = "T"', "", "“title” is missing"),
        ('title = "T"', "title = 3", "“title” is missing or of another kind"),
        ('"jane"', '"nobody"', "“caller” must be one of jane"),
        ('brief = "B"', 'brief = "B"\ncolour = "red"', "“colour”"),
        ('brief = "B"', 'brief = "B"\nsays = [1]', "says is a list"),
        ('"verified"', '"happy"', "[[expect]] number 1: “what” is one of"),
        ('text = "V"', "", "number 1: “text” is missing"),
        ('text = "V"', 'text = "V"\nvalues = ["x"]', "“values” belong to"),
        ('text = "V"', 'text = "V"\nwithin_s = 3', "“within_s”"),
        ('"verified"', '"code"', "“values” belong to"),
        ('"verified"', '"answered"', "“within_s”"),
        ('text = "V"', 'text = "V"\nmore = 1', "has only what"),
    ],
)
def test_a_mistake_is_named_by_file_and_entry(before: str, after: str, told: str) -> None:
    assert parse_scenario(GOOD, "good.toml", KEYS).key == "good"
    with pytest.raises(KnownError) as problem:
        parse_scenario(GOOD.replace(before, after, 1), "bad.toml", KEYS)
    assert problem.value.code == "bad_scenario"
    assert problem.value.text.startswith("Training, bad.toml: ")
    assert told in problem.value.text


def test_a_folder_without_scenarios_is_said(tmp_path: Path) -> None:
    with pytest.raises(KnownError, match="holds no scenario"):
        load_scenarios(tmp_path, KEYS)
