"""Before the identity check nothing of a card leaves the presenter (R7, acceptance story 1)."""

from __future__ import annotations

import dataclasses

import pytest
from PySide6.QtWidgets import QApplication
from tests.support.desk_scenes import LENA, MARIA, SHARED, Scene, jane
from tests.support.widget_text import accessible_texts, widget_texts

from ctidesk.ui.desk_window import DeskWindow
from ctidesk.ui.member_card.state import CardStage

SECRETS = (
    "K-99120",
    "Salbutamol",
    "Prednisolone",
    "Nebuliser",
    "Lindenweg",
    "10115",
    "Helvia",
    "asthma",
    "Hard of hearing",
    "Novak",
    "3 Apr",
    "SMS",
)


def everything(desk_window: DeskWindow) -> str:
    texts = accessible_texts(desk_window.window) + widget_texts(desk_window.window)
    texts += [desk_window.window.windowTitle(), QApplication.clipboard().text()]
    for toast in desk_window.toasts.toasts:
        texts += accessible_texts(toast) + widget_texts(toast)
    return "\n".join(texts)


def test_the_secrets_are_really_on_the_card():
    """Else the tests below could not fail."""
    held = repr(dataclasses.asdict(jane()))
    for secret in SECRETS:
        assert secret in held or secret == "3 Apr"


def test_two_matches_are_offered_with_reason_and_neither_is_opened(
    scene: Scene, desk_window: DeskWindow
):
    call_id = scene.ring(SHARED, "Jane D.")
    state = desk_window.presenters.member_card.live.state
    assert state.stage is CardStage.MATCHES
    assert [line.title for line in state.candidates] == ["Jane Doe", "Tom Doe"]
    assert all("shared household number" in line.detail for line in state.candidates)
    assert scene.desk.context(call_id).member_id == ""
    assert not any(secret in everything(desk_window) for secret in SECRETS)


def test_a_single_match_is_not_opened_by_itself(scene: Scene, desk_window: DeskWindow):
    call_id = scene.ring(LENA)
    assert len(desk_window.presenters.member_card.live.state.candidates) == 1
    assert scene.desk.context(call_id).member_id == ""


def test_an_open_card_is_masked_everywhere(scene: Scene, desk_window: DeskWindow):
    scene.talk(SHARED)
    card = desk_window.presenters.member_card
    card.open_candidate("1")
    QApplication.processEvents()
    assert card.live.state.stage is CardStage.MASKED
    assert card.live.state.facts is None
    told = everything(desk_window)
    assert "Jane Doe" in told
    assert [secret for secret in SECRETS if secret in told] == []


def test_after_two_right_answers_the_card_shows_everything(scene: Scene, desk_window: DeskWindow):
    call_id = scene.talk(SHARED)
    card = desk_window.presenters.member_card
    card.open_candidate("1")
    card.answer("birth_date", "3.4.1984")
    assert card.live.state.stage is CardStage.MASKED
    card.answer("postcode", "10115")
    QApplication.processEvents()
    assert scene.desk.context(call_id).verified
    told = everything(desk_window)
    assert [secret for secret in SECRETS if secret not in told] == []


def test_what_was_answered_is_kept_nowhere(scene: Scene, desk_window: DeskWindow):
    scene.talk(SHARED)
    desk_window.presenters.member_card.open_candidate("1")
    check = desk_window.panels.member_card.check
    check.field.setText("4.4.1984")
    check.field.returnPressed.emit()
    assert check.field.text() == ""
    assert not check.field.isUndoAvailable()
    assert "4.4.1984" not in everything(desk_window)
    assert "4.4.1984" not in repr(scene.journal.log)


def test_two_wrong_answers_lock_the_check_and_nothing_opens(scene: Scene, desk_window: DeskWindow):
    scene.talk(SHARED)
    card = desk_window.presenters.member_card
    card.open_candidate("1")
    card.answer("birth_date", "1.1.1970")
    card.answer("postcode", "99999")
    card.answer("policy_number", "K-99120-77")
    state = card.live.state
    assert state.check is not None
    assert state.check.locked
    assert state.stage is CardStage.MASKED
    assert "call back" in state.check.notice
    assert not any(secret in everything(desk_window) for secret in SECRETS)


def test_another_card_is_masked_again(scene: Scene, desk_window: DeskWindow):
    """Verified for one member is not verified for the next."""
    call_id = scene.talk(SHARED)
    card = desk_window.presenters.member_card
    card.open_candidate("1")
    card.answer("birth_date", "3.4.1984")
    card.answer("postcode", "10115")
    card.close_card()
    QApplication.processEvents()
    assert not any(secret in everything(desk_window) for secret in SECRETS)
    scene.pop.open_member(call_id, "M-1003")
    assert card.live.state.stage is CardStage.MASKED
    assert card.live.state.name == "Walter Lindqvist"


def test_the_next_call_does_not_inherit_the_open_card(scene: Scene, desk_window: DeskWindow):
    scene.talk(SHARED)
    card = desk_window.presenters.member_card
    card.open_candidate("1")
    card.answer("birth_date", "3.4.1984")
    card.answer("postcode", "10115")
    second = scene.ring(MARIA)
    assert card.live.state.stage is CardStage.VERIFIED, "talking to the first caller still"
    scene.actions.answer(second)
    QApplication.processEvents()
    assert card.live.state.call_id == second
    assert card.live.state.stage is CardStage.MATCHES
    assert not any(secret in everything(desk_window) for secret in SECRETS)


def test_a_carer_passes_with_names_and_two_facts(scene: Scene, desk_window: DeskWindow):
    scene.talk(MARIA)
    card = desk_window.presenters.member_card
    card.open_candidate("3")
    kinds = [one[0] for one in card.live.state.check.questions]
    assert kinds[:2] == ["caller_name", "member_name"]
    for kind, text in (
        ("caller_name", "Maria Nowak"),
        ("member_name", "Walter Lindqvist"),
        ("birth_date", "30.11.1941"),
        ("postcode", "10437"),
    ):
        card.answer(kind, text)
    assert card.live.state.stage is CardStage.VERIFIED


def test_a_corrected_party_must_pass_its_own_check(scene: Scene, desk_window: DeskWindow):
    scene.talk(SHARED)
    card = desk_window.presenters.member_card
    card.open_candidate("1")
    card.answer("birth_date", "3.4.1984")
    card.answer("postcode", "10115")
    desk_window.panels.member_card.chips[card.live.state.parties[1].party].click()
    QApplication.processEvents()
    assert card.live.state.stage is CardStage.MASKED
    assert not any(secret in everything(desk_window) for secret in SECRETS)


def test_a_restart_forgets_no_failure(scene: Scene, desk_window: DeskWindow):
    scene.talk(SHARED)
    card = desk_window.presenters.member_card
    card.open_candidate("1")
    card.answer("birth_date", "1.1.1970")
    log = list(scene.journal.log)
    disclosures = desk_window.presenters.disclosures
    disclosures._checked.clear()
    disclosures.take_log(log)
    card.answer("postcode", "99999")
    assert card.live.state.check.locked


@pytest.mark.parametrize(
    ("number", "words"),
    [("", "withheld"), ("+4930999999", "No match"), ("not-a-number", "no telephone number")],
)
def test_no_match_says_why(scene: Scene, desk_window: DeskWindow, number: str, words: str):
    scene.ring(number)
    assert words in desk_window.presenters.member_card.live.state.match
    assert desk_window.panels.member_card.search.isVisible()


def test_without_the_directory_the_call_goes_on(scene: Scene, desk_window: DeskWindow):
    scene.directory.unavailable = True
    call_id = scene.talk(SHARED)
    assert "cannot be read" in desk_window.presenters.member_card.live.state.match
    assert scene.desk.calls[call_id].connected


def test_a_facility_searches_its_patient(scene: Scene, desk_window: DeskWindow):
    call_id = scene.talk("+493023125100")
    card = desk_window.presenters.member_card
    card.open_candidate("4")
    assert card.live.state.facility == "St. Anna Hospital"
    card.search.type("jane")
    card.open_found("1")
    assert scene.desk.context(call_id).member_id == "M-1001"
    assert scene.desk.context(call_id).party == "provider", "the patient does not call"
    assert card.live.state.check.questions[0][0] == "member_name"
