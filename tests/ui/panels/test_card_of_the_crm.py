"""The card of a member whom the CRM keeps: put right from it, refreshed under the reader's eyes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from tests.support.desk_scenes import SHARED, Scene, jane
from tests.support.screens import grab
from tests.support.widget_text import widget_texts

from ctidesk.care.outgoing import OutgoingState
from ctidesk.care.patient_page import PatientPage
from ctidesk.crm.fhir import problems
from ctidesk.ui.desk_window import DeskWindow
from ctidesk.ui.status_strip.indicator import Indicator
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.theme.tokens import Role

PAGE = PatientPage(name="Hospital EMR North", url="https://emr.example/p/{member_id}")


@pytest.fixture
def scene() -> Scene:
    made = Scene(page=PAGE)
    made.directory.cards["M-1001"] = replace(jane(), crm_id="p1")
    return made


def verified(scene: Scene, shown: DeskWindow) -> str:
    call_id = scene.talk(SHARED, "Jane D.")
    card = shown.presenters.member_card
    card.open_candidate("1")
    QApplication.processEvents()
    assert not shown.panels.member_card.correct.isVisible(), "not before the check"
    card.answer("birth_date", "3.4.1984")
    card.answer("postcode", "10115")
    QApplication.processEvents()
    return call_id


def lines(shown: DeskWindow, tab: str) -> list[str]:
    facts = shown.panels.member_card.facts
    facts.tabs.setCurrentIndex(
        next(i for i in range(facts.tabs.count()) if facts.tabs.tabText(i).startswith(tab))
    )
    return [line.title for line in facts._lists[tab].lines]


def test_details_can_be_corrected_once_verified_where_the_crm_keeps_them(
    scene: Scene, open_desk: Callable[[Scene], DeskWindow]
) -> None:
    shown = open_desk(scene)
    verified(scene, shown)
    assert shown.panels.member_card.correct.isVisible()
    assert shown.presenters.member_card.live.state.correctable == "M-1001"


def test_a_member_of_a_file_has_no_such_button(
    scene: Scene, open_desk: Callable[[Scene], DeskWindow]
) -> None:
    scene.directory.cards["M-1001"] = jane()
    shown = open_desk(scene)
    verified(scene, shown)
    assert not shown.panels.member_card.correct.isVisible()


def test_a_refreshed_card_moves_nothing(
    scene: Scene, open_desk: Callable[[Scene], DeskWindow], theme: Theme, tmp_path: Path
) -> None:
    shown = open_desk(scene)
    verified(scene, shown)
    before = lines(shown, "Prescriptions")
    card = scene.directory.cards["M-1001"]
    first, *rest = card.prescriptions
    new = replace(first, drug="Amoxicillin 500 mg")
    scene.directory.cards["M-1001"] = replace(card, prescriptions=(new, *rest))
    scene.pop.reload("M-1001")
    QApplication.processEvents()
    assert lines(shown, "Prescriptions") == [*before, "Amoxicillin 500 mg"]
    assert "No longer on record" in " ".join(
        line.note for line in shown.panels.member_card.facts._lists["Prescriptions"].lines
    )
    status = shown.presenters.status
    status.set_crm(Indicator("crm", "check", "Clinic up to date", Role.READY))
    status.set_sending(OutgoingState(waiting=1, failed=2))
    grab(theme, shown.window, "desk-refreshed", tmp_path)


def test_the_strip_says_what_must_be_decided_and_leads_there(
    scene: Scene, open_desk: Callable[[Scene], DeskWindow]
) -> None:
    shown = open_desk(scene)
    status, strip = shown.presenters.status, shown.panels.status_strip
    asked: list[str] = []
    strip.command_wanted.disconnect()
    strip.command_wanted.connect(asked.append)
    for state, word in (
        (OutgoingState(failed=1, conflicts=1), "1 refused by CRM"),
        (OutgoingState(conflicts=2), "2 to decide for CRM"),
        (OutgoingState(waiting=3, problem=problems.unreachable("crm.example")), "3 wait for CRM"),
    ):
        status.set_sending(state)
        QApplication.processEvents()
        assert word in widget_texts(strip)
        view = strip._views["outbox"]
        view._more.click()
        assert asked.pop() == "data.outgoing"
    status.set_sending(OutgoingState(waiting=3, moving=True))
    assert "3 going to CRM" in widget_texts(strip)
    status.set_sending(OutgoingState())
    assert "All sent to CRM" in widget_texts(strip)
