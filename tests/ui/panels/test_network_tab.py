"""The Network tab: clinic and doctor apart, and another one checked against her plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from tests.support.desk_scenes import SHARED, START, Scene, jane
from tests.support.screens import grab
from tests.support.widget_text import widget_texts

from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Done
from ctidesk.care.member import NetworkFact, Provenance, Standing
from ctidesk.ui.desk_window import DeskWindow
from ctidesk.ui.member_card.network_view import NetworkTab
from ctidesk.ui.theme.theme import Theme

TOLD = Provenance(source="CRM", read_wall=START.timestamp() - 3600)
ANNA = NetworkFact(
    name="St. Anna Hospital",
    kind="hospital",
    standing=Standing.IN,
    networks=("Helvia Gold",),
    provenance=TOLD,
)
NOVAK = NetworkFact(
    name="Dr. Novak",
    kind="doctor",
    place="St. Anna Hospital",
    standing=Standing.OUT,
    networks=("Helvia Silver",),
    provenance=TOLD,
)
WEISS = NetworkFact(
    name="Dr. Weiss",
    kind="doctor",
    standing=Standing.NOT_KNOWN,
    provenance=Provenance(source="unknown", read_wall=0.0),
)


@dataclass
class FakeNetworks:
    """Answers when told to."""

    asked: list[tuple[str, str]] = field(default_factory=list)
    waiting: list[Done[Sequence[NetworkFact]]] = field(default_factory=list)

    def check(self, member_id: str, text: str, done: Done[Sequence[NetworkFact]]) -> None:
        self.asked.append((member_id, text))
        self.waiting.append(done)


@pytest.fixture
def networks() -> FakeNetworks:
    return FakeNetworks()


@pytest.fixture
def shown(
    scene: Scene, networks: FakeNetworks, open_desk: Callable[[Scene], DeskWindow]
) -> DeskWindow:
    card = replace(jane(), networks=(ANNA, NOVAK, WEISS))
    scene.directory.cards["M-1001"] = card
    scene.needs = replace(scene.needs, networks=networks)
    window = open_desk(scene)
    scene.talk(SHARED, "Jane D.")
    presenter = window.presenters.member_card
    presenter.open_candidate("1")
    presenter.answer("birth_date", "3.4.1984")
    presenter.answer("postcode", "10115")
    QApplication.processEvents()
    return window


def tab(shown: DeskWindow) -> NetworkTab:
    facts = shown.panels.member_card.facts
    found = facts.findChild(NetworkTab)
    assert isinstance(found, NetworkTab)
    place = next(i for i in range(facts.tabs.count()) if facts.tabs.tabText(i).startswith("Netw"))
    facts.tabs.setCurrentIndex(place)
    QApplication.processEvents()
    return found


def said(shown: DeskWindow) -> list[tuple[str, str]]:
    lines = tab(shown).found.lines
    return [(line.title, line.right) for line in lines]


def test_clinic_and_doctor_are_said_apart(shown: DeskWindow, theme: Theme, tmp_path: Path) -> None:
    here = tab(shown)
    lines = [(line.title, line.right) for line in here._own.lines]
    assert lines == [
        ("St. Anna Hospital", "in network"),
        ("Dr. Novak at St. Anna Hospital", "out of network"),
        ("Dr. Weiss", "not known"),
    ]
    assert "Source unknown" in here._own.lines[2].note
    grab(theme, shown.window, "desk-network", tmp_path)


def test_another_doctor_is_checked_by_keyboard(shown: DeskWindow, networks: FakeNetworks) -> None:
    here = tab(shown)
    here.field.setFocus()
    QTest.keyClicks(here.field, "roth")
    QTest.keyClick(here.field, Qt.Key.Key_Return)
    assert networks.asked[-1] == ("M-1001", "roth")
    assert said(shown) == [("Not known", "")]
    late = networks.waiting[-1]
    late([replace(NOVAK, name="Dr. Roth")])
    assert said(shown) == [("Dr. Roth at St. Anna Hospital", "out of network")]
    assert not here._own.isVisible()
    QTest.keyClick(here.field, Qt.Key.Key_Escape)
    assert here._own.isVisible()
    late([NOVAK])
    assert said(shown) == [], "an answer that nobody waits for any more is dropped"


def test_nobody_found_is_not_known_and_never_out(shown: DeskWindow, networks: FakeNetworks) -> None:
    here = tab(shown)
    shown.presenters.member_card.network_check.type("nobody")
    networks.waiting[-1](())
    (line,) = here.found.lines
    assert "Confirm with the insurer" in line.detail
    shown.presenters.member_card.network_check.type("again")
    networks.waiting[-1](KnownError("x", "The cache cannot be read.", "Tell IT."))
    (line,) = here.found.lines
    assert line.detail == "The cache cannot be read. Tell IT."


def test_nothing_of_it_stays_when_the_card_is_closed(
    shown: DeskWindow, networks: FakeNetworks
) -> None:
    here = tab(shown)
    here.field.setText("roth")
    shown.presenters.member_card.network_check.type("roth")
    networks.waiting[-1]([replace(NOVAK, name="Dr. Roth")])
    shown.presenters.member_card.close_card()
    QApplication.processEvents()
    assert "Dr. Roth" not in widget_texts(here)
    assert here.found.lines == ()
    assert here.field.text() == ""
