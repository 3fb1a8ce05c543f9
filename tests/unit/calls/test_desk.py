"""The desk's state follows events, intents become commands, a restart brings all back."""

from __future__ import annotations

import pytest
from tests.support.desk_doubles import Happenings, SpyJournal, SpyTelephony
from tests.support.fake_clock import FakeClock

from ctidesk.calls import agent_events as ag, commands as cmd, events as ev
from ctidesk.calls.actions import DeskActions
from ctidesk.calls.agent import NETWORK_LOST, NO_ANSWER
from ctidesk.calls.agent_events import AgentState
from ctidesk.calls.call import Phase
from ctidesk.calls.desk import CallDesk, Change, EngineState
from ctidesk.calls.errors import KnownError
from ctidesk.calls.recall import calls_of, recall


class Scene:
    def __init__(self, clock: FakeClock | None = None, journal: SpyJournal | None = None) -> None:
        self.clock = clock or FakeClock()
        self.journal = journal or SpyJournal()
        self.telephony = SpyTelephony()
        self.desk = CallDesk(self.clock, self.journal)
        self.actions = DeskActions(self.desk, self.telephony, self.clock, "a", self.dialable)
        self.h = Happenings(self.clock)
        self.heard: list[Change] = []
        self.desk.subscribe(self.heard.append)
        self.desk.handle(
            ev.EngineReady(t_mono=0, t_wall=0, pid=1, build="b", has_sound=False, resumed_calls=0)
        )

    @staticmethod
    def dialable(target: str) -> str:
        if not target:
            raise KnownError("bad_number", "There is no number.", "Type one.")
        return target

    def ready(self) -> Scene:
        self.actions.ready()
        return self

    def talking(self, call_id: str = "c") -> Scene:
        self.desk.handle(self.h.offered(call_id))
        self.desk.handle(self.h.make(ev.CallAnswered, call_id))
        return self

    def held(self, call_id: str = "c") -> Scene:
        self.desk.handle(self.h.make(ev.HoldRequested, call_id))
        self.desk.handle(self.h.make(ev.CallHeld, call_id))
        return self

    def save(self, call_id: str, code: str) -> None:
        stamp = self.h.saved(call_id, code)
        self.journal.log.append(stamp)
        self.actions.wrap_up_saved(stamp)

    @property
    def state(self) -> AgentState:
        return self.desk.agent.current.state


def test_a_call_from_ring_to_wrap_up_and_back_to_ready() -> None:
    scene = Scene().ready()
    seen = [scene.state]
    scene.desk.handle(scene.h.offered("c"))
    seen.append(scene.state)
    scene.desk.handle(scene.h.make(ev.CallAnswered, "c"))
    seen.append(scene.state)
    scene.held()
    seen.append(scene.state)
    scene.clock.advance(5)
    scene.desk.handle(scene.h.ended("c"))
    seen.append(scene.state)
    scene.save("c", "refill")
    seen.append(scene.state)
    assert seen == [
        AgentState.READY,
        AgentState.OFFERED,
        AgentState.TALKING,
        AgentState.HELD,
        AgentState.ACW,
        AgentState.READY,
    ]
    assert scene.desk.calls == {}
    kinds = [type(event).__name__ for event in scene.journal.log]
    assert kinds.count("WrapUpStarted") == kinds.count("WrapUpSaved") == 1


def test_the_next_state_is_chosen_during_the_call_and_comes_after_the_wrap_up() -> None:
    scene = Scene().ready().talking()
    scene.actions.not_ready("Lunch")
    assert scene.state is AgentState.TALKING
    assert scene.desk.agent.current.queued == AgentState.NOT_READY
    scene.desk.handle(scene.h.ended("c"))
    assert scene.state is AgentState.ACW
    scene.save("c", "x")
    assert (scene.state, scene.desk.agent.current.reason) == (AgentState.NOT_READY, "Lunch")
    assert scene.desk.agent.queued is None


def test_not_ready_needs_a_reason() -> None:
    scene = Scene()
    scene.actions.not_ready("")
    problem = scene.heard[-1]
    assert isinstance(problem, KnownError)
    assert problem.code == "reason_missing"
    assert scene.state is AgentState.LOGGED_OUT


def test_consulting_is_the_callers_hold_with_a_second_leg() -> None:
    scene = Scene().ready().talking().held()
    scene.desk.handle(scene.h.dialled("k", consult_of="c"))
    assert scene.state is AgentState.CONSULTING
    scene.desk.handle(scene.h.make(ev.CallAnswered, "k"))
    assert scene.state is AgentState.CONSULTING
    scene.desk.handle(scene.h.ended("k"))
    assert scene.state is AgentState.HELD
    assert "k" not in scene.desk.calls
    assert not scene.desk.wrap_ups


def test_a_second_call_while_talking_keeps_the_first_and_both_get_a_wrap_up() -> None:
    scene = Scene().ready().talking("a")
    scene.desk.handle(scene.h.offered("b"))
    assert scene.state is AgentState.TALKING
    scene.actions.answer()
    assert scene.telephony.sent[-1] == cmd.Answer(call_id="b")
    scene.held("a")
    scene.desk.handle(scene.h.make(ev.CallAnswered, "b"))
    assert scene.desk.current is not None
    assert scene.desk.current.call_id == "b"
    scene.desk.handle(scene.h.ended("b"))
    scene.desk.handle(scene.h.ended("a"))
    assert scene.desk.wrap_ups == ["b", "a"]
    scene.save("b", "x")
    assert scene.state is AgentState.ACW
    scene.save("a", "x")
    assert scene.state is AgentState.READY


def test_an_offer_that_rang_out_makes_not_ready_and_is_a_missed_call() -> None:
    scene = Scene().ready()
    scene.desk.handle(scene.h.offered("c"))
    scene.clock.advance(20)
    scene.desk.handle(scene.h.ended("c", code=487))
    assert (scene.state, scene.desk.agent.current.reason) == (AgentState.NOT_READY, NO_ANSWER)
    assert [missed.call.call_id for missed in scene.desk.missed] == ["c"]


def test_a_short_ring_and_a_declined_call_leave_the_agent_ready() -> None:
    scene = Scene().ready()
    scene.desk.handle(scene.h.offered("c"))
    scene.clock.advance(3)
    scene.desk.handle(scene.h.ended("c", code=487))
    assert scene.state is AgentState.READY
    scene.desk.handle(scene.h.offered("d"))
    scene.actions.decline()
    scene.desk.handle(scene.h.ended("d", by="local", code=486))
    assert scene.state is AgentState.READY
    assert [missed.call.call_id for missed in scene.desk.missed] == ["c"]


def registration(scene: Scene, state: ev.Registration) -> ev.RegistrationChanged:
    return ev.RegistrationChanged(
        account_id="a", t_mono=scene.clock.mono(), t_wall=scene.clock.wall(), state=state
    )


def test_a_lost_network_takes_ready_away_and_gives_it_back() -> None:
    scene = Scene().ready()
    scene.desk.handle(registration(scene, ev.Registration.FAILED))
    assert (scene.state, scene.desk.agent.current.reason) == (AgentState.NOT_READY, NETWORK_LOST)
    scene.desk.handle(registration(scene, ev.Registration.REGISTERED))
    assert scene.state is AgentState.READY


def test_a_lost_network_does_not_end_a_chosen_break() -> None:
    scene = Scene()
    scene.actions.not_ready("Lunch")
    scene.desk.handle(registration(scene, ev.Registration.FAILED))
    scene.desk.handle(registration(scene, ev.Registration.REGISTERED))
    assert scene.desk.agent.current.reason == "Lunch"


def test_the_engine_lost_is_said_and_dialling_is_refused_with_a_remedy() -> None:
    scene = Scene()
    scene.desk.handle(ev.EngineLost(t_mono=1, t_wall=1, reason="gone"))
    assert scene.desk.engine is EngineState.LOST
    assert scene.actions.dial("201") == ""
    problem = scene.heard[-1]
    assert isinstance(problem, KnownError)
    assert problem.remedy
    assert scene.telephony.sent == []


def test_redial_dials_the_last_number_again_and_a_bad_number_is_refused() -> None:
    scene = Scene()
    assert scene.actions.redial() == ""
    scene.actions.dial("201")
    scene.actions.redial()
    assert [
        command.target for command in scene.telephony.sent if isinstance(command, cmd.Dial)
    ] == [
        "201",
        "201",
    ]
    assert scene.actions.dial("") == ""
    assert isinstance(scene.heard[-1], KnownError)


@pytest.mark.parametrize(
    ("phase", "command"),
    [("talking", cmd.Hold(call_id="c")), ("held", cmd.Resume(call_id="c"))],
)
def test_one_key_holds_and_resumes(phase: str, command: cmd.Command) -> None:
    scene = Scene().talking()
    if phase == "held":
        scene.held()
    scene.actions.toggle_hold()
    assert scene.telephony.sent == [command]


def test_end_cancels_a_consultation_and_declines_an_offer() -> None:
    scene = Scene().talking().held()
    scene.desk.handle(scene.h.dialled("k", consult_of="c"))
    scene.actions.end()
    assert scene.telephony.sent[-1] == cmd.CancelConsult(call_id="c")
    other = Scene()
    other.desk.handle(other.h.offered("c"))
    other.actions.end()
    assert other.telephony.sent[-1] == cmd.Decline(call_id="c")


def test_a_refusal_of_the_engine_reaches_the_listeners() -> None:
    scene = Scene().talking()
    scene.telephony.refusal = KnownError("x", "It did not work.", "Try again.")
    scene.actions.toggle_hold()
    assert scene.heard[-1] is scene.telephony.refusal


def test_a_new_desk_takes_up_the_call_its_card_and_the_agents_state() -> None:
    first = Scene().ready().talking()
    first.actions.set_party("c", "member", "agent")
    first.actions.choose_member("c", "M1")
    first.actions.not_ready("Lunch")
    live = list(first.desk.calls.values())

    second = Scene(first.clock, first.journal)
    second.desk.attach(live, [])
    recall(second.desk, first.journal.log, second.clock)
    assert second.desk.context("c").member_id == "M1"
    assert second.desk.context("c").party == "member"
    assert second.state is AgentState.TALKING
    assert second.desk.agent.queued is not None
    assert second.desk.agent.queued.reason == "Lunch"


def test_a_call_that_ended_while_no_desk_was_there_waits_for_its_wrap_up() -> None:
    first = Scene().ready().talking()
    journal = first.journal
    ended = first.h.ended("c")
    second = Scene(first.clock, journal)
    second.desk.handle(ended)  # the engine had kept it
    second.desk.attach([], [])
    recall(second.desk, journal.log, second.clock)
    assert second.desk.wrap_ups == ["c"]
    assert second.desk.calls["c"].phase is Phase.ENDED
    assert second.state is AgentState.ACW


def test_a_wrap_up_that_had_begun_is_not_begun_twice() -> None:
    first = Scene().ready().talking()
    first.desk.handle(first.h.ended("c"))
    second = Scene(first.clock, first.journal)
    second.desk.attach([], [])
    recall(second.desk, list(first.journal.log), second.clock)
    kinds = [type(event) for event in first.journal.log]
    assert kinds.count(ag.WrapUpStarted) == 1
    assert second.desk.wrap_ups == ["c"]


def test_a_call_that_no_engine_knows_ended_with_its_engine() -> None:
    first = Scene().ready().talking()
    second = Scene(first.clock, first.journal)
    second.desk.attach([], [])
    recall(second.desk, list(first.journal.log), second.clock)
    assert second.desk.wrap_ups == ["c"]
    assert second.desk.calls["c"].ended_by == "failure"


def missed_call(scene: Scene, call_id: str = "m", number: str = "+493023125010") -> None:
    scene.desk.handle(scene.h.offered(call_id, number))
    scene.clock.advance(3)
    scene.desk.handle(scene.h.ended(call_id))
    scene.clock.advance(60)


@pytest.mark.parametrize("dialled", ["+493023125010", "03023125010", "00493023125010"])
def test_a_missed_call_is_called_back_whoever_dials_it_and_stays_so(dialled: str) -> None:
    first = Scene().ready()
    missed_call(first)
    missed_call(first, "other", "+493023125011")
    first.desk.handle(first.h.dialled("d", dialled))
    assert [one.called_back for one in first.desk.missed] == [True, False]
    second = Scene(first.clock, first.journal)
    second.desk.attach([], [])
    recall(second.desk, list(first.journal.log), second.clock)
    assert [one.called_back for one in second.desk.missed] == [True, False]


def test_a_number_dialled_before_it_phoned_is_not_called_back() -> None:
    first = Scene().ready()
    first.desk.handle(first.h.dialled("d", "+493023125010"))
    first.clock.advance(60)
    missed_call(first)
    second = Scene(first.clock, first.journal)
    second.desk.attach([], [])
    recall(second.desk, list(first.journal.log), second.clock)
    for desk in (first.desk, second.desk):
        assert [one.called_back for one in desk.missed] == [False]


def test_a_saved_call_does_not_come_back() -> None:
    first = Scene().ready().talking()
    first.desk.handle(first.h.ended("c"))
    first.save("c", "x")
    second = Scene(first.clock, first.journal)
    second.desk.attach([], [])
    recall(second.desk, list(first.journal.log), second.clock)
    assert second.desk.wrap_ups == []
    assert second.state is AgentState.READY


def test_duplicates_of_the_log_change_nothing() -> None:
    scene = Scene().ready().talking().held()
    log = scene.journal.log
    assert calls_of([*log, *log]) == calls_of(log)


def test_another_party_is_not_verified_by_the_check_of_the_first() -> None:
    scene = Scene().ready().talking()
    scene.actions.set_party("c", "member", "agent")
    scene.actions.choose_member("c", "M1")
    scene.desk.note(
        ag.IdentityChecked(
            call_id="c",
            t_mono=scene.clock.mono(),
            t_wall=scene.clock.wall(),
            member_id="M1",
            question="birth_date",
            passed=True,
            verified=True,
        )
    )
    assert scene.desk.context("c").verified
    scene.actions.set_party("c", "member", "agent")
    assert scene.desk.context("c").verified
    scene.actions.set_party("c", "carer", "agent")
    assert not scene.desk.context("c").verified
