"""The form in which a member's details are put right, over a real encrypted cache of the CRM."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from tests.support.crm_people import RECORDS
from tests.support.crm_store import OpenStore
from tests.support.fhir_resources import patient
from tests.support.screens import grab
from tests.support.widget_text import widget_texts

from ctidesk.crm import outbox
from ctidesk.crm.directory import SqlMemberDirectory
from ctidesk.crm.fhir import exact
from ctidesk.crm.fhir.directory_rows import From
from ctidesk.crm.fhir.kinds import READERS
from ctidesk.crm.fhir.reading import Surroundings, read
from ctidesk.crm.fhir.resource_rows import Item, ResourceRows
from ctidesk.crm.jobs import Lane
from ctidesk.crm.outgoing import SqlOutgoing
from ctidesk.ui.member_details.presenter import MemberDetailsPresenter
from ctidesk.ui.member_details.view import MemberDetailsOverlay
from ctidesk.ui.theme.theme import Theme

HOME = {"line": ["Main St 1"], "postalCode": "10115", "city": "Berlin"}


class Form:
    def __init__(self, theme: Theme, qtbot: QtBot, folder: Path) -> None:
        self.qtbot = qtbot
        self.opened = OpenStore(folder / "cache.db")
        self.opened.wait_open()
        self.opened.put(RECORDS)
        known = patient("p1", "Doe", "+49 171 3920099", address=[HOME])
        self.opened.run(lambda c: self._put(c, known))
        self.member = ("p1", "Ann Doe")
        self.corrected: list[str] = []
        outgoing = SqlOutgoing(self.opened.store, lambda: None, lambda: None, "DE")
        self.presenter = MemberDetailsPresenter(
            outgoing, "agent7", lambda: self.member, self.corrected.append
        )
        self.window = QWidget()
        self.window.resize(1440, 900)
        qtbot.addWidget(self.window)
        self.overlay = MemberDetailsOverlay(theme, self.window, self.presenter)
        self.window.show()

    def open(self) -> None:
        self.overlay.open()
        self.settle(lambda: self.overlay.fields or self.presenter.live.state.problem)

    def settle(self, until: Callable[[], Any]) -> None:
        self.opened.desk.wait(lambda: bool(until()))

    def waiting(self) -> int:
        return int(self.opened.run(outbox.waiting, Lane.READ))

    def card(self) -> Any:
        directory = SqlMemberDirectory(self.opened.store, "DE")
        return self.opened.desk.answer(lambda done: directory.card("p1", done))

    @staticmethod
    def _put(connection: Any, resource: dict[str, Any]) -> None:
        around = Surroundings("DE")
        reading = read(resource, around, READERS)
        assert reading is not None
        rows = ResourceRows(connection, From("CRM", 1_790_000_000.0), around)
        rows.put(Item(reading, exact.dumped(resource)))


@pytest.fixture
def form(theme: Theme, qtbot: QtBot, tmp_path: Path) -> Iterator[Form]:
    made = Form(theme, qtbot, tmp_path)
    yield made
    made.opened.close()


def test_pictures(form: Form, theme: Theme, tmp_path: Path) -> None:
    form.open()
    grab(theme, form.window, "details", tmp_path)
    form.overlay.dismiss()
    form.member = ("M-1001", "Jane Doe")
    form.open()
    grab(theme, form.window, "details-not-in-crm", tmp_path)


def test_a_field_is_put_right_by_keyboard(form: Form) -> None:
    form.open()
    street = form.overlay.fields["street"]
    assert (street.text(), form.overlay.fields["postcode"].text()) == ("Main St 1", "10115")
    street.setFocus()
    street.selectAll()
    form.qtbot.keyClicks(street, "Side St 2")
    form.qtbot.keyClick(street, Qt.Key.Key_Return)
    form.settle(lambda: form.corrected)
    assert form.corrected == ["p1"]
    assert form.overlay.isHidden()
    assert form.waiting() == 1
    card = form.card()
    assert (card.address, card.provenance.source) == ("Side St 2, Berlin", "this desk")


def test_saving_what_is_as_it_was_sends_nothing(form: Form) -> None:
    form.open()
    form.qtbot.mouseClick(form.overlay.save, Qt.MouseButton.LeftButton)
    form.settle(form.overlay.isHidden)
    assert (form.waiting(), form.corrected) == (0, [])


def test_a_member_whom_only_this_desk_has_is_told_about(form: Form) -> None:
    form.member = ("M-1001", "Jane Doe")
    form.open()
    said = " ".join(widget_texts(form.overlay, visible_only=True))
    assert "not kept in the CRM" in said and "import it again" in said
    assert not form.overlay.save.isEnabled()


def test_another_card_in_view_closes_it_and_nothing_stays(form: Form) -> None:
    form.open()
    form.overlay.fields["city"].setText("typed for somebody else")
    form.member = ("p2", "Other")
    form.presenter.card_changed()
    assert form.overlay.isHidden()
    said = " ".join(widget_texts(form.overlay))
    assert "Main St" not in said and "Ann Doe" not in said
    assert form.waiting() == 0


def test_without_a_verified_member_there_is_nothing_to_open(form: Form) -> None:
    form.member = ("", "")
    assert not form.presenter.possible
    form.overlay.open()
    assert form.overlay.isHidden()
