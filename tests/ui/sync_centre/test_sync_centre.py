"""The sync centre on a real window over a real encrypted outbox; nothing is sent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot
from sqlalchemy import select
from tests.support.crm_store import OpenStore
from tests.support.fake_clock import FakeClock
from tests.support.fhir_sending import call
from tests.support.screens import grab
from tests.support.widget_text import widget_texts

from ctidesk.calls.errors import KnownError
from ctidesk.care.outgoing import OutgoingState
from ctidesk.crm import journal_sql, outbox, schema
from ctidesk.crm.fhir import problems
from ctidesk.crm.jobs import Lane
from ctidesk.crm.outgoing import SqlOutgoing
from ctidesk.crm.records import MemberRecord
from ctidesk.ui.surroundings import Surroundings
from ctidesk.ui.sync_centre.presenter import SyncCentrePresenter
from ctidesk.ui.sync_centre.view import SyncCentreOverlay
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.widgets.timer import SecondTick

T0 = 1_795_000_000.0


class Screen:
    """The overlay on a window; what the store delivers is run by `settle`."""

    def __init__(self, theme: Theme, qtbot: QtBot, folder: Path, *, sends: bool = True) -> None:
        self.qtbot = qtbot
        self.opened = OpenStore(folder / "cache.db")
        self.opened.wait_open()
        self.woken: list[str] = []
        self.outgoing = SqlOutgoing(
            self.opened.store,
            lambda: self.woken.append("wake"),
            lambda: self.woken.append("now"),
            "DE",
            wall=lambda: T0 + 600,
        )
        self.presenter = SyncCentrePresenter(
            self.outgoing, "agent7", lambda wall: f"{(wall - T0) / 60:.0f} min", sends=sends
        )
        self.window = QWidget()
        self.window.resize(1440, 900)
        qtbot.addWidget(self.window)
        around = Surroundings(theme, SecondTick(self.window), FakeClock())
        self.overlay = SyncCentreOverlay(around, self.window, self.presenter)

    def fill(self) -> None:
        """A refused call with a follow-up behind it, a correction in conflict, one that waits."""
        self.opened.put([MemberRecord(member_id="M-1003", given="Lena", family="Fischer")])

        def work(c: Any) -> None:
            journal_sql.save_interaction(
                c, call("c1", follow_up="call back on Monday", saved_wall=T0)
            )
            journal_sql.save_interaction(
                c, call("c2", member_id="M-9", note="second", saved_wall=T0 + 60)
            )
            changes = [
                {"name": "mobile", "base": "+49 171 1", "mine": "+49 171 22"},
                {"name": "postcode", "base": "10115", "mine": "10117"},
                {"name": "city", "base": "Potsdam", "mine": "Berlin"},
            ]
            outbox.enqueue(
                c,
                kind="change",
                subject_id="k1",
                lane="M-1003",
                target="Patient/1",
                body={"resource": "Patient/1", "member_id": "M-1003", "changes": changes},
                t_wall=T0 + 120,
            )
            refused = outbox.claim(c, "w", T0 + 300)
            assert refused is not None
            outbox.give_up(c, refused.id, problems.refused(422, "business-rule"))
            row = c.execute(select(schema.outbox.c.id).where(schema.outbox.c.kind == "change"))
            theirs = {"mobile": "+49 171 333", "postcode": "10119"}
            outbox.contradicted(c, row.scalar_one(), problems.Conflict(), theirs)

        self.opened.run(work)

    def open(self) -> None:
        self.window.show()
        self.overlay.open()
        self.settle(lambda: bool(self.overlay.list.lines) or self.presenter.live.state.empty_text)

    def settle(self, until: Callable[[], Any]) -> None:
        self.opened.desk.wait(lambda: bool(until()))

    def click(self, button: QWidget) -> None:
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def row(self, kind: str) -> Any:
        query = select(schema.outbox).where(schema.outbox.c.kind == kind)
        return self.opened.run(lambda c: c.execute(query).first(), Lane.READ)

    def audit(self) -> list[str]:
        query = select(schema.audit.c.action)
        return list(self.opened.run(lambda c: c.execute(query).scalars().all(), Lane.READ))

    def choose(self, title: str) -> None:
        line = next(each for each in self.overlay.list.lines if each.title.startswith(title))
        self.overlay.list.select(line.key)


@pytest.fixture
def screen(theme: Theme, qtbot: QtBot, tmp_path: Path) -> Iterator[Screen]:
    shown = Screen(theme, qtbot, tmp_path)
    yield shown
    shown.opened.close()


def test_pictures(screen: Screen, theme: Theme, tmp_path: Path) -> None:
    screen.fill()
    screen.presenter.told(OutgoingState(waiting=2, failed=1, conflicts=1))
    screen.presenter.read("CRM: not all is read.", [problems.missing_scopes(("Coverage",))])
    screen.open()
    grab(theme, screen.window, "sync-refused", tmp_path)
    screen.choose("Correction")
    grab(theme, screen.window, "sync-conflict", tmp_path)
    screen.choose("Follow-up")
    screen.click(screen.overlay.detail.never)
    grab(theme, screen.window, "sync-never", tmp_path)


def test_picture_of_nothing_to_do_and_of_a_crm_that_is_away(
    screen: Screen, theme: Theme, tmp_path: Path
) -> None:
    screen.open()
    assert "Everything is in the CRM" in widget_texts(screen.overlay)
    grab(theme, screen.window, "sync-empty", tmp_path)
    away = OutgoingState(
        waiting=3, problem=problems.unreachable("crm.example"), ready_wall=T0 + 1200
    )
    screen.presenter.told(away)
    assert any("Tried again at 20 min" in text for text in widget_texts(screen.overlay))
    assert any("cannot be reached" in text for text in widget_texts(screen.overlay))


def test_what_must_be_decided_comes_first_with_reason_and_remedy(screen: Screen) -> None:
    screen.fill()
    screen.open()
    assert [line.right for line in screen.overlay.list.lines] == [
        "Refused",
        "Decide",
        "Waits",
        "Waits",
    ]
    said = " ".join(widget_texts(screen.overlay))
    assert "Call, Lena Fischer" in said
    assert "refused this (HTTP 422, business-rule)" in said
    assert "administrator" in said
    screen.choose("Follow-up")
    assert any("waits for an earlier one" in text for text in widget_texts(screen.overlay))


def test_a_refused_one_is_put_right_by_keyboard(screen: Screen) -> None:
    screen.fill()
    screen.open()
    detail = screen.overlay.detail
    assert detail.send.text() == "Send again"
    field = detail.fields["code"]
    assert isinstance(field, QLineEdit)
    field.setFocus()
    field.selectAll()
    screen.qtbot.keyClicks(field, "other")
    assert detail.send.text() == "Save and send"
    screen.click(detail.send)
    screen.settle(lambda: screen.presenter.live.state.said)
    kept = screen.row("interaction")
    assert (kept.state, json.loads(kept.body)["code"]) == ("waiting", "other")
    assert screen.woken == ["wake"]
    assert "outbox_edited" in screen.audit()


def test_a_conflict_is_decided_field_by_field(screen: Screen) -> None:
    screen.fill()
    screen.open()
    screen.choose("Correction")
    detail = screen.overlay.detail
    mobile, postcode = detail.conflicts
    assert not detail.send.isEnabled(), "nothing is chosen beforehand"
    assert mobile.both.isVisibleTo(screen.window) and not postcode.both.isVisibleTo(screen.window)
    screen.click(mobile.both)
    assert not detail.send.isEnabled()
    screen.click(postcode.theirs)
    assert (mobile.text, postcode.text) == ("+49 171 333; +49 171 22", "10119")
    assert detail.send.text() == "Use this"
    screen.click(detail.send)
    screen.settle(lambda: screen.presenter.live.state.said)
    kept = screen.row("change")
    assert kept.state == "waiting"
    assert json.loads(kept.body)["changes"] == [
        {"name": "mobile", "base": "+49 171 333", "mine": "+49 171 333; +49 171 22"},
        {"name": "city", "base": "Potsdam", "mine": "Berlin"},
    ]
    assert "conflict_decided" in screen.audit()


def test_never_sending_needs_a_reason(screen: Screen) -> None:
    screen.fill()
    screen.open()
    detail = screen.overlay.detail
    screen.click(detail.never)
    assert not detail.really.isEnabled()
    screen.qtbot.keyClicks(detail.reason, "a test call")
    screen.click(detail.really)
    screen.settle(lambda: screen.presenter.live.state.said)
    assert screen.row("interaction").state == "discarded"
    assert "outbox_discarded" in screen.audit()


def test_typed_text_survives_what_comes_meanwhile(screen: Screen) -> None:
    screen.fill()
    screen.open()
    field = screen.overlay.detail.fields["code"]
    assert isinstance(field, QLineEdit)
    field.setText("typed")
    screen.presenter.told(OutgoingState(waiting=2, failed=1, moving=True))
    screen.opened.run(lambda c: journal_sql.save_interaction(c, call("c9", member_id="M-2")))
    screen.presenter.told(OutgoingState(waiting=3, failed=1))
    screen.settle(lambda: len(screen.overlay.list.lines) == 5)
    again = screen.overlay.detail.fields["code"]
    assert isinstance(again, QLineEdit) and again.text() == "typed"


def test_a_closed_screen_keeps_nothing_of_a_patient(screen: Screen) -> None:
    screen.fill()
    screen.open()
    field = screen.overlay.detail.fields["code"]
    assert isinstance(field, QLineEdit)
    field.setText("typed")
    screen.overlay.dismiss()
    assert "Fischer" not in " ".join(widget_texts(screen.overlay))
    assert screen.overlay.list.lines == ()
    assert screen.overlay.detail.fields == {}
    screen.open()
    again = screen.overlay.detail.fields["code"]
    assert isinstance(again, QLineEdit) and again.text() == "typed", "nothing typed is lost"


def test_a_desk_that_sends_nothing_says_so(theme: Theme, qtbot: QtBot, tmp_path: Path) -> None:
    screen = Screen(theme, qtbot, tmp_path, sends=False)
    screen.fill()
    screen.open()
    assert "sends nothing" in screen.presenter.live.state.summary
    assert not screen.overlay.try_button.isVisibleTo(screen.window)
    screen.opened.close()


def test_a_failure_of_the_cache_is_told(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    screen.fill()
    screen.open()
    problem = KnownError("cache_locked", "The cache is locked.", "Wait a moment.")
    monkeypatch.setattr(screen.outgoing, "retry", lambda item, who, done: done(problem))
    screen.click(screen.overlay.detail.send)
    screen.settle(lambda: "The cache is locked. Wait a moment." in widget_texts(screen.overlay))
