"""The protected minute: when it comes, how long, what follows, and that it survives."""

from __future__ import annotations

import pytest
from tests.support.desk_scenes import Scene

from ctidesk.calls import flag_events as fl
from ctidesk.calls.agent import RECOVERY, Rest
from ctidesk.calls.agent_events import AgentState, WrapUpSaved
from ctidesk.calls.events import Registration
from ctidesk.care.help_call import HelpCall
from ctidesk.care.lead_alert import NoTeamBus
from ctidesk.care.recovery import RecoveryMinute


class Desk:
    def __init__(self) -> None:
        self.scene = Scene()
        self.minute = RecoveryMinute(self.scene.desk, self.scene.clock, 60)
        self.scene.start()

    @property
    def state(self) -> tuple[str, str]:
        current = self.scene.desk.agent.current
        return current.state.value, current.reason

    def pass_(self, seconds: float) -> None:
        self.scene.clock.advance(seconds)
        self.minute.tick()

    def save(self, call_id: str) -> None:
        stamp = {"t_mono": self.scene.clock.mono(), "t_wall": self.scene.clock.wall()}
        self.scene.actions.wrap_up_saved(
            WrapUpSaved(call_id=call_id, code="refill", party="", by="agent", **stamp)
        )

    def told(self, kind: type) -> list[object]:
        return [event for event in self.scene.journal.log if isinstance(event, kind)]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_between_calls_it_begins_at_once_and_ends_by_itself_where_the_agent_was(desk: Desk) -> None:
    desk.minute.ask()
    assert desk.state == ("not_ready", RECOVERY)
    desk.pass_(59)
    assert desk.minute.running
    desk.pass_(1)
    assert desk.state == ("ready", "")
    excuses = [
        event.running for event in desk.scene.journal.log if isinstance(event, fl.TimeExcused)
    ]
    assert excuses == [True, False]


def test_after_a_call_it_follows_the_wrap_up_and_then_the_queued_state(desk: Desk) -> None:
    call_id = desk.scene.talk()
    desk.minute.ask(call_id)
    assert desk.state == ("talking", "")
    desk.scene.engine.remote_hangs_up(call_id)
    assert desk.state == ("acw", "")
    desk.scene.actions.not_ready("Lunch")
    desk.save(call_id)
    assert desk.state == ("not_ready", RECOVERY)
    desk.pass_(60)
    assert desk.state == ("not_ready", "Lunch")


def test_save_and_be_ready_does_not_take_the_minute_away(desk: Desk) -> None:
    call_id = desk.scene.talk()
    desk.minute.ask(call_id)
    desk.scene.engine.remote_hangs_up(call_id)
    desk.scene.actions.ready()
    desk.save(call_id)
    states = [event.state for event in desk.scene.journal.log if hasattr(event, "state")]
    assert states[-2:] == [AgentState.ACW, AgentState.NOT_READY], "never ready in between"
    desk.pass_(60)
    assert desk.state == ("ready", "")


def test_it_is_extended_once(desk: Desk) -> None:
    desk.minute.ask()
    desk.minute.extend()
    desk.minute.extend()
    desk.pass_(119)
    assert desk.minute.running
    desk.pass_(1)
    assert not desk.minute.running
    assert len(desk.told(fl.RecoveryExtended)) == 1


def test_another_state_chosen_by_the_agent_ends_it(desk: Desk) -> None:
    desk.minute.ask()
    desk.scene.actions.ready()
    assert desk.state == ("ready", "")
    assert not desk.minute.running


def test_it_can_be_taken_back_before_it_comes(desk: Desk) -> None:
    call_id = desk.scene.talk()
    desk.minute.ask(call_id)
    desk.minute.decline()
    desk.scene.engine.remote_hangs_up(call_id)
    desk.save(call_id)
    assert desk.state == ("ready", "")


def test_it_does_not_make_ready_what_has_no_network(desk: Desk) -> None:
    desk.minute.ask()
    desk.scene.engine.registration(Registration.FAILED)
    desk.pass_(60)
    assert desk.state == ("not_ready", "NETWORK_LOST")
    desk.scene.engine.registration(Registration.REGISTERED)
    assert desk.state == ("ready", "")


def test_an_emergency_that_ended_offers_it(desk: Desk) -> None:
    call_id = desk.scene.talk()
    stamp = {"t_mono": desk.scene.clock.mono(), "t_wall": desk.scene.clock.wall()}
    desk.scene.desk.note(fl.RedFlagEnded(call_id=call_id, outcome="caller_lost", **stamp))
    assert desk.minute.offered
    desk.minute.decline()
    assert not desk.minute.offered


def test_a_new_desk_counts_down_from_where_the_killed_one_was(desk: Desk) -> None:
    desk.minute.ask()
    desk.pass_(30)
    log = list(desk.scene.journal.log)
    later = Desk()
    later.scene.clock.now = desk.scene.clock.now
    later.scene.desk.agent.restore(desk.scene.desk.agent.current)
    later.minute.take_log(log)
    assert later.minute.until_mono == desk.minute.until_mono
    later.pass_(30)
    assert later.state == ("ready", "")


def test_a_new_desk_remembers_that_one_was_asked_for(desk: Desk) -> None:
    call_id = desk.scene.talk()
    desk.minute.ask(call_id)
    agent = desk.scene.desk.agent
    agent.recovery_next = False
    RecoveryMinute(desk.scene.desk, desk.scene.clock, 60).take_log(desk.scene.journal.log)
    assert agent.recovery_next
    assert agent.rest == Rest(AgentState.READY)


def test_help_is_open_until_answered_or_withdrawn_and_says_whether_the_lead_knows(
    desk: Desk,
) -> None:
    help_call = HelpCall(desk.scene.desk, desk.scene.clock, NoTeamBus())
    help_call.ask("boredom")
    assert help_call.open is None
    help_call.ask("clinical", "c1")
    help_call.ask("policy", "c1")
    assert help_call.open is not None
    assert (help_call.open.reason, help_call.told) == ("clinical", False)
    again = HelpCall(desk.scene.desk, desk.scene.clock, NoTeamBus())
    again.take_log(desk.scene.journal.log)
    assert (again.open, again.told) == (help_call.open, False)
    help_call.end("withdrawn")
    assert help_call.open is None
    assert [event.by for event in desk.told(fl.HelpEnded)] == ["withdrawn"]  # type: ignore[attr-defined]
