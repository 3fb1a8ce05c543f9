"""The emergency protocol, step by step, at a simulated telephone and a clock that stands still."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from tests.support.desk_scenes import Scene, sample_protocol

from ctidesk.calls import flag_events as fl
from ctidesk.calls.call import Phase
from ctidesk.care.lead_alert import NoTeamBus
from ctidesk.care.line_joining import JoinLine, LineJoiner
from ctidesk.care.red_flag import FlagProtocol
from ctidesk.care.red_flag_desk import RedFlagDesk

BUSY, NURSE = JoinLine("Billing", "205"), JoinLine("Nurse line", "201")


class Emergency:
    """A talking caller, and the desk of the red flag."""

    def __init__(self, **protocol: Any) -> None:
        self.scene = Scene()
        self.scene.start()
        self.call_id = self.scene.talk()
        self.protocol: FlagProtocol = dataclasses.replace(sample_protocol(BUSY, NURSE), **protocol)
        self.take_over()

    def take_over(self) -> None:
        """A (new) desk of the red flag at the same telephone."""
        scene = self.scene
        self.joiner = LineJoiner(scene.desk, scene.actions, scene.clock, self.protocol.ring_s)
        self.flags = RedFlagDesk(
            scene.desk, scene.actions, scene.clock, self.joiner, self.protocol, NoTeamBus()
        )

    def pass_(self, seconds: int) -> None:
        for _ in range(seconds):
            self.scene.clock.advance(1)
            self.joiner.tick()
            self.flags.tick()

    def leg(self) -> Any:
        return self.scene.desk.consult_of(self.call_id)

    @property
    def caller(self) -> Any:
        return self.scene.desk.calls[self.call_id]

    def told(self, kind: type) -> list[Any]:
        return [event for event in self.scene.journal.log if isinstance(event, kind)]


@pytest.fixture
def emergency() -> Emergency:
    return Emergency()


def test_the_flag_pins_the_recording_excuses_the_time_and_tells_the_lead(
    emergency: Emergency,
) -> None:
    assert emergency.flags.raise_flag(emergency.call_id)
    assert not emergency.flags.raise_flag(emergency.call_id)
    assert [pin.reason for pin in emergency.told(fl.RecordingPinned)] == ["red_flag"]
    assert [each.running for each in emergency.told(fl.TimeExcused)] == [True]
    (alert,) = emergency.told(fl.LeadAlerted)
    assert (alert.told, alert.problem) == (False, "no_team_bus")
    assert emergency.leg() is None, "the location comes first"


def test_a_confirmed_location_calls_the_nurse_and_the_caller_is_not_left_on_hold(
    emergency: Emergency,
) -> None:
    flags = emergency.flags
    flags.raise_flag(emergency.call_id)
    flags.repeated_back()
    assert emergency.leg() is None, "there is nothing to confirm yet"
    flags.note_location("Lindenweg 4,\n third floor\u202e")
    assert flags.flag is not None
    assert flags.flag.location == "Lindenweg 4, third floor"
    flags.repeated_back()
    assert emergency.leg().remote.number == BUSY.number
    assert emergency.caller.phase is Phase.TALKING


def test_a_changed_location_has_to_be_repeated_back_again(emergency: Emergency) -> None:
    flags = emergency.flags
    flags.raise_flag(emergency.call_id)
    flags.note_location("Lindenweg 4")
    flags.repeated_back()
    flags.note_location("Lindenweg 40")
    assert flags.flag is not None
    assert not flags.flag.repeated_back


def test_a_busy_line_goes_to_the_next_and_its_answer_is_a_conference(emergency: Emergency) -> None:
    flags, engine = emergency.flags, emergency.scene.engine
    flags.raise_flag(emergency.call_id)
    flags.call_nurse()
    engine.remote_refuses(emergency.leg().call_id, 486)
    assert emergency.leg().remote.number == NURSE.number
    assert emergency.caller.phase is Phase.TALKING
    engine.remote_rings(emergency.leg().call_id)
    engine.remote_answers(emergency.leg().call_id)
    assert emergency.caller.conference_with == emergency.leg().call_id
    assert [(each.line, each.outcome) for each in emergency.told(fl.LineFailed)] == [
        ("Billing", "busy")
    ]
    assert [each.line for each in emergency.told(fl.LineJoined)] == ["Nurse line"]
    emergency.pass_(400)
    assert emergency.told(fl.CheckBackPrompted) == [], "the nurse is in"
    assert emergency.told(fl.FallbackReached) == []


def test_a_line_that_does_not_answer_goes_to_the_next(emergency: Emergency) -> None:
    emergency.flags.raise_flag(emergency.call_id)
    emergency.flags.call_nurse()
    emergency.pass_(round(emergency.protocol.ring_s) + 1)
    assert emergency.leg().remote.number == NURSE.number
    assert [each.outcome for each in emergency.told(fl.LineFailed)] == ["no_answer"]
    emergency.pass_(round(emergency.protocol.ring_s) + 1)
    assert emergency.leg() is None, "all were tried: a pause before the next round"
    assert emergency.caller.phase is Phase.TALKING
    emergency.pass_(round(emergency.protocol.next_round_s) + 1)
    assert emergency.leg().remote.number == BUSY.number


def test_the_nurse_is_called_by_itself_when_nobody_gets_to_it(emergency: Emergency) -> None:
    emergency.flags.raise_flag(emergency.call_id)
    emergency.pass_(round(emergency.protocol.call_nurse_s) - 1)
    assert emergency.leg() is None
    emergency.pass_(1)
    assert emergency.leg() is not None


def test_check_backs_come_until_a_nurse_is_in_and_are_answered_by_one_key(
    emergency: Emergency,
) -> None:
    emergency.flags.raise_flag(emergency.call_id)
    emergency.pass_(44)
    assert emergency.told(fl.CheckBackPrompted) == []
    emergency.pass_(1)
    assert len(emergency.told(fl.CheckBackPrompted)) == 1
    emergency.pass_(20)
    assert len(emergency.told(fl.CheckBackPrompted)) == 1, "it stands until it is answered"
    emergency.flags.checked_back()
    emergency.pass_(45)
    assert len(emergency.told(fl.CheckBackPrompted)) == 2
    assert [each.answered for each in emergency.told(fl.CheckedBack)] == [True]


def test_a_caller_who_does_not_answer_is_the_fallback_at_once(emergency: Emergency) -> None:
    emergency.flags.raise_flag(emergency.call_id)
    emergency.flags.checked_back(answered=False)
    assert [each.why for each in emergency.told(fl.FallbackReached)] == ["no_answer"]
    assert [each.about for each in emergency.told(fl.LeadAlerted)] == ["red_flag", "fallback"]


def test_after_three_minutes_without_a_nurse_it_falls_back_once(emergency: Emergency) -> None:
    emergency.flags.raise_flag(emergency.call_id)
    emergency.pass_(179)
    assert emergency.told(fl.FallbackReached) == []
    emergency.pass_(2)
    emergency.pass_(100)
    assert [each.why for each in emergency.told(fl.FallbackReached)] == ["time"]
    tries = len(emergency.told(fl.LineTried))
    emergency.pass_(60)
    assert len(emergency.told(fl.LineTried)) == tries, "from here on the agent decides"
    emergency.flags.call_emergency()
    assert emergency.leg().remote.number == "112"


def test_without_a_nurse_line_it_falls_back_when_the_nurse_would_be_called() -> None:
    emergency = Emergency(lines=())
    emergency.flags.raise_flag(emergency.call_id)
    emergency.pass_(31)
    assert [each.why for each in emergency.told(fl.FallbackReached)] == ["no_line"]


def test_the_lead_is_called_in_instead_of_the_line_that_rings(emergency: Emergency) -> None:
    emergency.flags.raise_flag(emergency.call_id)
    emergency.flags.call_nurse()
    emergency.flags.call_lead()
    assert emergency.leg().remote.number == "203"
    assert [each.role for each in emergency.told(fl.LineTried)] == ["nurse", "lead"]
    emergency.pass_(60)
    assert emergency.leg().remote.number == "203", "whom the agent chose rings until she ends it"


def test_who_was_let_go_is_not_called_again_by_itself(emergency: Emergency) -> None:
    emergency.flags.raise_flag(emergency.call_id)
    emergency.flags.call_nurse()
    emergency.flags.stop_calling()
    assert emergency.leg() is None
    assert emergency.caller.phase is Phase.TALKING
    emergency.pass_(60)
    assert emergency.leg() is None
    assert [each.outcome for each in emergency.told(fl.LineFailed)] == ["given_up"]


def test_a_nurse_who_hangs_up_has_left_and_the_caller_stays(emergency: Emergency) -> None:
    emergency.flags.raise_flag(emergency.call_id)
    emergency.flags.call_nurse()
    engine = emergency.scene.engine
    engine.remote_answers(emergency.leg().call_id)
    engine.remote_hangs_up(emergency.leg().call_id)
    assert [each.line for each in emergency.told(fl.LineLeft)] == ["Billing"]
    assert emergency.caller.phase is Phase.TALKING
    assert emergency.flags.flag is not None
    assert emergency.flags.flag.left == "Billing"


def test_it_ends_with_an_outcome_of_the_protocol_only(emergency: Emergency) -> None:
    emergency.flags.raise_flag(emergency.call_id)
    emergency.flags.end("something")
    assert emergency.flags.running
    emergency.flags.end("nurse_took_over")
    assert not emergency.flags.running
    assert [each.running for each in emergency.told(fl.TimeExcused)] == [True, False]
    emergency.pass_(100)
    assert emergency.told(fl.CheckBackPrompted) == []


def test_a_new_desk_goes_on_where_the_killed_one_was(emergency: Emergency) -> None:
    flags = emergency.flags
    flags.raise_flag(emergency.call_id)
    flags.note_location("Lindenweg 4")
    flags.repeated_back()
    before = flags.flag
    # the old desk is dead: it hears nothing of what follows
    emergency.scene.desk._listeners = [
        one
        for one in emergency.scene.desk._listeners
        if getattr(one, "__self__", None) not in (flags, emergency.joiner)
    ]
    emergency.take_over()
    log = list(emergency.scene.journal.log)
    emergency.flags.take_log(log)
    emergency.joiner.take_log(log)
    assert emergency.flags.flag == before
    emergency.scene.engine.remote_refuses(emergency.leg().call_id, 486)
    assert emergency.leg().remote.number == NURSE.number


def test_a_refused_hold_is_no_end_of_the_protocol(emergency: Emergency) -> None:
    engine = emergency.scene.engine
    emergency.flags.raise_flag(emergency.call_id)
    engine.confirms_holds = False
    emergency.flags.call_nurse()
    engine.refuse(emergency.call_id)
    assert emergency.caller.phase in (Phase.TALKING, Phase.HOLDING)
    assert [each.outcome for each in emergency.told(fl.LineFailed)] == ["unreachable"]


def test_when_the_caller_is_gone_nobody_is_called_any_more(emergency: Emergency) -> None:
    emergency.flags.raise_flag(emergency.call_id)
    emergency.scene.engine.remote_hangs_up(emergency.call_id)
    emergency.pass_(300)
    assert emergency.told(fl.LineTried) == []
    assert emergency.flags.running, "it ends with an outcome, not with the line"
