"""Who may be calling: offered, never picked; late answers for a call that is gone are dropped."""

from __future__ import annotations

from collections.abc import Sequence

from tests.support.desk_doubles import Happenings, SpyJournal, SpyTelephony
from tests.support.fake_clock import FakeClock

from ctidesk.calls import agent_events as ag, events as ev
from ctidesk.calls.actions import DeskActions
from ctidesk.calls.desk import CallDesk
from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Done
from ctidesk.care.member import Candidate, Lookup, MemberCard, Party
from ctidesk.care.pop import ScreenPop

JANE = Candidate(key="m1", party=Party.MEMBER, name="Jane Doe", member_id="M1")
TOM = Candidate(key="m2", party=Party.MEMBER, name="Tom Doe", member_id="M2")
CLINIC = Candidate(key="f1", party=Party.PROVIDER, name="Clinic", facility_id="F1")


class SlowDirectory:
    """Answers when the test says so."""

    def __init__(self) -> None:
        self.waiting: list[Done[Lookup]] = []
        self.cards: list[tuple[str, Done[MemberCard]]] = []

    def find_by_number(self, number: str, done: Done[Lookup]) -> None:
        self.waiting.append(done)

    def answer(self, *candidates: Candidate) -> None:
        self.waiting.pop(0)(Lookup(number="1", e164="+1", candidates=candidates))

    def search(self, text: str, limit: int, done: Done[Sequence[Candidate]]) -> None:
        done([])

    def card(self, member_id: str, done: Done[MemberCard]) -> None:
        self.cards.append((member_id, done))

    def numbers_of(self, candidate: Candidate, done: Done[Sequence[str]]) -> None:
        done([])


def card(member_id: str) -> MemberCard:
    return MemberCard(
        member_id=member_id,
        given="Jane",
        family="Doe",
        birth_date=None,
        postcode="",
        address="",
        policy_number="",
        phone_last4="",
        language="",
        channel_preference="",
    )


class Scene:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.journal = SpyJournal()
        self.desk = CallDesk(self.clock, self.journal)
        actions = DeskActions(self.desk, SpyTelephony(), self.clock, "a", str)
        self.directory = SlowDirectory()
        self.pop = ScreenPop(self.desk, actions, self.directory)
        self.h = Happenings(self.clock)
        self.told: list[str] = []
        self.pop.subscribe(self.told.append)


def test_two_members_share_a_number_and_nothing_is_picked() -> None:
    scene = Scene()
    scene.desk.handle(scene.h.offered("c"))
    scene.directory.answer(JANE, TOM)
    assert scene.pop.lookups["c"].candidates == (JANE, TOM)
    assert scene.pop.cards == {}
    assert scene.directory.cards == []
    assert scene.desk.context("c").member_id == ""
    assert scene.desk.context("c").party == Party.MEMBER  # both agree on this much


def test_not_even_a_single_candidate_is_picked() -> None:
    scene = Scene()
    scene.desk.handle(scene.h.offered("c"))
    scene.directory.answer(JANE)
    assert scene.directory.cards == []


def test_candidates_of_different_parties_decide_no_party() -> None:
    scene = Scene()
    scene.desk.handle(scene.h.offered("c"))
    scene.directory.answer(JANE, CLINIC)
    assert scene.desk.context("c").party == ""


def test_a_chosen_candidate_is_logged_and_its_card_loaded() -> None:
    scene = Scene()
    scene.desk.handle(scene.h.offered("c"))
    scene.directory.answer(JANE, TOM)
    scene.pop.open("c", TOM)
    scene.directory.cards[0][1](card("M2"))
    assert scene.pop.cards["c"].member_id == "M2"
    assert any(isinstance(e, ag.MemberChosen) and e.member_id == "M2" for e in scene.journal.log)


def test_late_answers_are_dropped() -> None:
    scene = Scene()
    scene.desk.handle(scene.h.offered("c"))
    scene.desk.handle(scene.h.ended("c"))
    scene.directory.answer(JANE)
    assert scene.pop.lookups == {}
    assert scene.told == []


def test_the_card_of_a_member_who_was_left_again_does_not_replace_the_next() -> None:
    scene = Scene()
    scene.desk.handle(scene.h.offered("c"))
    scene.directory.answer(JANE, TOM)
    scene.pop.open("c", JANE)
    scene.pop.open("c", TOM)
    (_, jane), (_, tom) = scene.directory.cards
    tom(card("M2"))
    jane(card("M1"))
    assert scene.pop.cards["c"].member_id == "M2"


def test_a_directory_that_fails_is_said_and_the_call_goes_on() -> None:
    scene = Scene()
    scene.desk.handle(scene.h.offered("c"))
    scene.directory.waiting.pop()(KnownError("cache_locked", "The cache is locked.", "Unlock it."))
    assert scene.pop.lookups["c"].reason == "unavailable"
    assert scene.pop.problems["c"].remedy == "Unlock it."
    assert "c" in scene.desk.calls


def test_a_restart_opens_the_same_card_again() -> None:
    scene = Scene()
    scene.desk.attach([], [])
    scene.desk.handle(scene.h.offered("c"))
    scene.directory.answer(JANE)
    scene.pop.open("c", JANE)
    scene.pop.lookups.clear()
    scene.pop.cards.clear()
    scene.directory.cards.clear()
    scene.pop.resume()
    assert [member_id for member_id, _ in scene.directory.cards] == ["M1"]


def test_the_end_of_the_wrap_up_forgets_everything() -> None:
    scene = Scene()
    scene.desk.handle(scene.h.offered("c"))
    scene.directory.answer(JANE)
    scene.desk.handle(scene.h.make(ev.CallAnswered, "c"))
    scene.pop.open("c", JANE)
    scene.directory.cards[0][1](card("M1"))
    scene.desk.handle(scene.h.ended("c"))
    assert scene.pop.cards  # still needed for the wrap-up
    scene.desk.forget("c")
    scene.desk.publish(
        ag.WrapUpSaved(call_id="c", t_mono=1, t_wall=1, code="x", party="", by="agent")
    )
    assert (scene.pop.lookups, scene.pop.cards) == ({}, {})
