"""The knowledge panel without its widgets: what is asked, shown, offered and gone back to."""

from __future__ import annotations

import dataclasses
from datetime import date

import pytest
from tests.support.desk_scenes import HOSPITAL, SHARED, START, Scene
from tests.support.fake_clock import FakeClock
from tests.support.fake_knowledge import FakeKnowledge

from ctidesk.calls.errors import KnownError
from ctidesk.care.knowledge import Article, Situation
from ctidesk.ui.desk_presenters import DeskPresenters
from ctidesk.ui.knowledge.presenter import CallAbout, KnowledgePresenter


def article(name: str, **more: object) -> Article:
    values: dict[str, object] = {"language": "en", "title": name.title(), "body": f"About {name}"}
    return Article(name=name, **(values | more))  # type: ignore[arg-type]


@pytest.fixture
def base() -> FakeKnowledge:
    return FakeKnowledge()


@pytest.fixture
def about() -> list[CallAbout]:
    return [CallAbout()]


@pytest.fixture
def shown(base: FakeKnowledge, about: list[CallAbout]) -> KnowledgePresenter:
    clock = FakeClock(5_000.0, 0.0)
    clock.wall_offset = START.timestamp() - clock.now
    presenter = KnowledgePresenter(base, clock, lambda: about[0])
    presenter.live.watch(lambda state: None)
    return presenter


def test_one_letter_asks_nothing(shown: KnowledgePresenter, base: FakeKnowledge) -> None:
    shown.type("r")
    assert base.asked == [] and not shown.live.state.nothing


def test_hits_have_their_words_marked(shown: KnowledgePresenter) -> None:
    shown.type("copay")
    hit = shown.live.state.hits[0]
    assert hit.title == "Copay"
    other = next(each for each in shown.live.state.hits if each.marks)
    begin, length = other.marks[0]
    assert other.snippet[begin : begin + length].lower() == "copay"


def test_the_answer_to_an_older_text_is_dropped(
    shown: KnowledgePresenter, base: FakeKnowledge
) -> None:
    base.later = True
    shown.type("copay")
    shown.type("referral")
    assert shown.live.state.searching
    base.answer(1)
    first = [hit.name for hit in shown.live.state.hits]
    base.answer(0)
    assert [hit.name for hit in shown.live.state.hits] == first
    assert not shown.live.state.searching


def test_nothing_found_and_a_problem_are_told_apart(
    shown: KnowledgePresenter, base: FakeKnowledge
) -> None:
    shown.type("zzzz")
    assert shown.live.state.nothing
    base.problem = KnownError("cache_locked", "Locked.", "Wait.")
    shown.type("zzzzz")
    state = shown.live.state
    assert not state.nothing and state.problem is not None and state.problem.remedy == "Wait."


def test_back_goes_the_way_that_was_come(shown: KnowledgePresenter) -> None:
    shown.type("refill")
    shown.open("refill-expired")
    shown.open("nurse-line")
    shown.open("refill-expired", "pl")
    assert shown.live.state.article is not None
    assert shown.live.state.article.language == "pl"
    names = []
    for _ in range(3):
        shown.back()
        now = shown.live.state.article
        names.append(None if now is None else (now.name, now.language))
    assert names == [("nurse-line", "en"), ("refill-expired", "en"), None]
    assert shown.live.state.hits and shown.live.state.text == "refill"


def test_a_link_that_leads_nowhere_leaves_the_article(shown: KnowledgePresenter) -> None:
    shown.open("nurse-line")
    shown.open("nowhere")
    state = shown.live.state
    assert state.article is not None and state.article.name == "nurse-line"
    assert state.problem is not None
    shown.back()
    assert shown.live.state.article is None and shown.live.state.problem is None


def test_typing_leaves_the_article(shown: KnowledgePresenter) -> None:
    shown.open("nurse-line")
    shown.type("copay")
    assert shown.live.state.article is None
    shown.escape()
    assert shown.live.state.text == ""


def test_a_late_article_does_not_come_over_a_new_search(
    shown: KnowledgePresenter, base: FakeKnowledge
) -> None:
    base.later = True
    shown.open("nurse-line")
    shown.type("copay")
    base.answer(0)
    assert shown.live.state.article is None


def test_out_of_date_is_said_since_when(shown: KnowledgePresenter, base: FakeKnowledge) -> None:
    base.articles = [
        article("old", valid_until=date(2026, 3, 15), owner="Pharmacy"),
        article("last", valid_until=date(2026, 3, 16)),
    ]
    shown.type("about")
    assert [hit.outdated for hit in shown.live.state.hits] == ["16 Mar 2026", ""]
    shown.open("old")
    assert shown.live.state.article is not None
    assert shown.live.state.article.outdated == "16 Mar 2026"
    shown.open("last")
    assert shown.live.state.article.foot == "Valid until 16 Mar 2026"


def test_the_agents_language_then_the_callers_then_english(
    base: FakeKnowledge, about: list[CallAbout]
) -> None:
    presenter = KnowledgePresenter(base, FakeClock(0.0), lambda: about[0], "id")
    about[0] = CallAbout(language="pl")
    presenter.type("recepta")
    assert base.asked[-1][1] == ("id", "pl", "en")
    about[0] = CallAbout(language="id")
    assert presenter.languages == ("id", "en")


def test_a_hit_in_another_language_says_so(shown: KnowledgePresenter) -> None:
    shown.type("recepta caducada")
    assert [hit.note for hit in shown.live.state.hits] == ["Catalan"]
    shown.open_first()
    assert shown.live.state.article is not None
    assert shown.live.state.article.language == "ca"


def test_what_belongs_to_the_call_is_asked_once_and_kept(
    shown: KnowledgePresenter, base: FakeKnowledge, about: list[CallAbout]
) -> None:
    about[0] = CallAbout(Situation(party="provider"))
    for _ in range(3):
        shown.changed()
    assert len(base.asked) == 1
    state = shown.live.state
    assert state.heading == "For this call"
    assert "provider-eligibility" in [hit.name for hit in state.hits]
    about[0] = CallAbout()
    shown.changed()
    assert shown.live.state.hits == ()


def test_the_desk_asks_by_party_then_by_code(base: FakeKnowledge) -> None:
    scene = Scene(knowledge=base)
    presenters = DeskPresenters(scene.needs)
    scene.start()
    call_id = scene.talk(HOSPITAL)
    scene.actions.set_party(call_id, "provider", "agent")
    assert base.asked[-1][0] == "provider//"
    presenters.wrap_up.choose_code("provider_batch")
    assert base.asked[-1][0] == "provider/provider_batch/"
    presenters.topic.step = lambda: "provider.verify"
    presenters.knowledge.changed()
    assert base.asked[-1][0] == "provider/provider_batch/provider.verify"


def test_the_callers_language_is_taken_from_the_card(base: FakeKnowledge) -> None:
    scene = Scene(knowledge=base)
    presenters = DeskPresenters(scene.needs)
    scene.start()
    call_id = scene.talk(SHARED)
    assert presenters.knowledge.languages == ("en",)
    card = scene.directory.cards["M-1001"]
    scene.directory.cards["M-1001"] = dataclasses.replace(card, language="Polish")
    scene.verify_jane(call_id)
    assert presenters.knowledge.languages == ("en", "pl")
