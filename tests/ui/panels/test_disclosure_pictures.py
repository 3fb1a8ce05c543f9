"""Pictures of a card that is told in part, of records that need care and of broken glass."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from tests.support.desk_scenes import HOSPITAL, MARIA, SHARED, Scene, jane, walter
from tests.support.screens import SIZES, grab

from ctidesk.care.member import Relation
from ctidesk.ui.desk_window import DeskWindow
from ctidesk.ui.theme.theme import Theme

Show = Callable[[Scene, DeskWindow], None]


def provider_told(scene: Scene, shown: DeskWindow) -> None:
    scene.talk(HOSPITAL, "St. Anna Hospital", "Provider line")
    card = shown.presenters.member_card
    card.open_candidate("4")
    card.search.type("jane")
    card.open_found("1")
    for kind, text in (
        ("member_name", "Jane Doe"),
        ("facility_id", "F-1"),
        ("birth_date", "3.4.1984"),
        ("policy_number", "K-99120-77"),
    ):
        card.answer(kind, text)
    shown.panels.member_card.facts.tabs.setCurrentIndex(6)


def provider_asked(scene: Scene, shown: DeskWindow) -> None:
    scene.talk(HOSPITAL, "St. Anna Hospital", "Provider line")
    card = shown.presenters.member_card
    card.open_candidate("4")
    card.search.type("jane")
    card.open_found("1")
    card.answer("member_name", "Jane Doe")


def carer_told(scene: Scene, shown: DeskWindow) -> None:
    maria = Relation(name="Maria Nowak", kind="carer", may_speak=True, scope="appointments only")
    scene.directory.cards["M-1003"] = dataclasses.replace(
        walter(), relations=(maria,), appointments=jane().appointments
    )
    scene.talk(MARIA)
    card = shown.presenters.member_card
    card.open_candidate("3")
    for kind, text in (
        ("caller_name", "Maria Nowak"),
        ("member_name", "Walter Lindqvist"),
        ("birth_date", "30.11.1941"),
        ("postcode", "10437"),
    ):
        card.answer(kind, text)


def partly(scene: Scene, shown: DeskWindow) -> None:
    scene.talk(SHARED, "Jane D.")
    shown.presenters.member_card.open_candidate("1")
    shown.presenters.member_card.answer("birth_date", "3.4.1984")


def _record(scene: Scene, shown: DeskWindow, **more: object) -> None:
    scene.directory.cards["M-1001"] = dataclasses.replace(jane(), **more)  # type: ignore[arg-type]
    scene.talk(SHARED, "Jane D.")
    shown.presenters.member_card.open_candidate("1")


def restricted(scene: Scene, shown: DeskWindow) -> None:
    _record(scene, shown, restricted=True)


def merged(scene: Scene, shown: DeskWindow) -> None:
    _record(scene, shown, merged_into="M-1003")


def died(scene: Scene, shown: DeskWindow) -> None:
    _record(scene, shown, deceased="2026-02-01")


def glass_asked(scene: Scene, shown: DeskWindow) -> None:
    restricted(scene, shown)
    shown.commands.perform("card.break_glass")


def glass_broken(scene: Scene, shown: DeskWindow) -> None:
    restricted(scene, shown)
    shown.presenters.member_card.break_glass("Ambulance at the door asks for her medicines")
    scene.clock.advance(61)


SCENES: tuple[Show, ...] = (
    *(provider_asked, provider_told, carer_told, partly),
    *(restricted, merged, died, glass_asked, glass_broken),
)


@pytest.mark.parametrize("show", SCENES, ids=lambda show: show.__name__)
def test_pictures(
    show: Show, open_desk: Callable[[Scene], DeskWindow], theme: Theme, tmp_path: Path
):
    scene = Scene()
    shown = open_desk(scene)
    show(scene, shown)
    shown.tick.ticked.emit()
    QApplication.processEvents()
    files = grab(theme, shown.window, f"gate-{show.__name__}", tmp_path)
    assert len(files) == 2 * len(SIZES)
    for file in files:
        picture = QImage(str(file))
        wanted = tuple(int(part) for part in file.stem.rsplit("-", 1)[1].split("x"))
        # wider than asked for means that something does not fit into the smallest window
        assert (picture.width(), picture.height()) == wanted
