"""The work list: what is due, dialled from it, and closed with an outcome."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication
from tests.support.desk_scenes import COLLEAGUES, LENA, SHARED, Scene
from tests.support.screens import SIZES, grab
from tests.support.widget_text import widget_texts

from ctidesk.care.work import WorkItem, WorkKind
from ctidesk.ui.desk_window import DeskWindow
from ctidesk.ui.status_strip.indicator import Indicator
from ctidesk.ui.status_strip.view import IndicatorView
from ctidesk.ui.theme.theme import Theme

HOUR = 3600.0


def callback(scene: Scene, **more: object) -> WorkItem:
    now = scene.clock.wall()
    about = {
        "title": "Call back about the inhaler",
        "kind": WorkKind.CALLBACK,
        "due_wall": now - HOUR,
        "created_wall": now - 24 * HOUR,
        "member": "Jane Doe",
        "member_id": "M-1001",
        "number": SHARED,
        **more,
    }
    return WorkItem(**about)  # type: ignore[arg-type]  # each value fits its field


def given(scene: Scene, shown: DeskWindow, *items: WorkItem) -> None:
    scene.work_items.add(items, "agent", lambda outcome: None)
    shown.restore()
    QApplication.processEvents()


def ring_out(scene: Scene, number: str) -> None:
    call_id = scene.ring(number)
    scene.clock.advance(5)
    scene.engine.remote_hangs_up(call_id)
    QApplication.processEvents()


def test_what_is_overdue_stands_first_and_says_so(scene: Scene, desk_window: DeskWindow) -> None:
    ring_out(scene, LENA)
    given(scene, desk_window, callback(scene))
    first, second = desk_window.presenters.work.live.state.lines
    assert first.title == "Call back about the inhaler" and first.overdue
    assert "Missed call" in second.detail and second.due.startswith("Due")
    assert desk_window.presenters.work.live.state.summary == "1 due, 1 overdue"


def test_the_status_line_counts_what_is_due_and_opens_the_list(
    scene: Scene, desk_window: DeskWindow
) -> None:
    def shown() -> Indicator | None:
        state = desk_window.presenters.status.live.state
        return next((one for one in state.indicators if one.key == "work"), None)

    assert shown() is None, "nothing due is no word"
    ring_out(scene, LENA)
    (one,) = [shown()]
    assert one is not None and one.word == "1 due today"
    given(scene, desk_window, callback(scene))
    late = shown()
    assert late is not None and late.word == "1 overdue" and "1 due today" in late.tip
    strip = desk_window.panels.status_strip
    (view,) = [each for each in strip.findChildren(IndicatorView) if "overdue" in texts_of(each)]
    (button,) = view.findChildren(QAbstractButton)
    assert button.accessibleName() == "1 overdue: open the work list"
    assert view.accessibleName().startswith("1 overdue. On the work list: 1 overdue and 1 due")
    button.setFocus()
    assert button.hasFocus(), "by keyboard too"
    QTest.keyClick(button, Qt.Key.Key_Space)
    assert desk_window.overlays.work().isVisible()


def test_pictures_of_the_status_line_with_due_work(
    theme: Theme, open_desk: Callable[[Scene], DeskWindow], tmp_path: Path
) -> None:
    scene = Scene(colleagues=COLLEAGUES)
    shown = open_desk(scene)
    strip = shown.panels.status_strip
    given(scene, shown, callback(scene, due_wall=scene.clock.wall() + HOUR))
    grab(theme, shown.window, "status-work-due", tmp_path)
    given(scene, shown, callback(scene))
    for size in SIZES:
        shown.window.resize(*size)
        QApplication.processEvents()
        (view,) = [
            each for each in strip.findChildren(IndicatorView) if "overdue" in texts_of(each)
        ]
        assert strip.rect().contains(view.geometry()), "never outside, however full the strip is"
        assert "1 overdue" in widget_texts(view, visible_only=True), "the word stays"
    grab(theme, shown.window, "status-work-overdue", tmp_path)


def texts_of(view: IndicatorView) -> str:
    return " ".join(widget_texts(view))


def test_an_item_that_was_chosen_before_it_was_stored_stays_in_view(
    scene: Scene, desk_window: DeskWindow
) -> None:
    ring_out(scene, LENA)
    work = desk_window.presenters.work
    (line,) = work.live.state.lines
    work.choose(line.key)
    desk_window.restore()
    QApplication.processEvents()
    desk_window.commands.perform("work.open")
    assert desk_window.overlays.work().detail.call.isVisible()
    assert work.live.state.detail is not None


def test_it_is_dialled_and_closed_by_a_key(scene: Scene, desk_window: DeskWindow) -> None:
    given(scene, desk_window, callback(scene))
    work = desk_window.presenters.work
    (line,) = work.live.state.lines
    work.dial(line.key)
    (call,) = scene.desk.live
    assert scene.desk.context(call.call_id).member_id == "M-1001", "the card is there at once"
    assert not desk_window.commands.perform("work.outcome_1"), "not before the call is over"
    scene.engine.remote_rings(call.call_id)
    scene.engine.remote_answers(call.call_id)
    scene.engine.remote_hangs_up(call.call_id)
    QApplication.processEvents()
    prompt = work.live.state.prompt
    assert prompt is not None and prompt.choices[0].label == "Reached"
    assert desk_window.commands.perform("work.outcome_1")
    QApplication.processEvents()
    assert work.live.state.lines == ()
    work.choose_filter("closed")
    (closed,) = work.live.state.lines
    assert closed.title == "Call back about the inhaler"


def test_nothing_to_do_is_said(scene: Scene, desk_window: DeskWindow) -> None:
    assert desk_window.presenters.work.live.state.empty[0] == "Nothing to do"
    desk_window.presenters.work.choose_filter("mine")
    assert desk_window.presenters.work.live.state.empty[0] == "Nothing of yours"


def test_pictures(theme: Theme, open_desk: Callable[[Scene], DeskWindow], tmp_path: Path) -> None:
    scene = Scene(colleagues=COLLEAGUES)
    shown = open_desk(scene)
    ring_out(scene, LENA)
    given(scene, shown, callback(scene), callback(scene, title="Due later", due_wall=None))
    shown.commands.perform("work.open")
    overlay = shown.overlays.work()
    for size in SIZES:
        shown.window.resize(*size)
        QApplication.processEvents()
        for button in (overlay.detail.call, overlay.detail.save, overlay.detail.hand_over):
            corner = button.mapTo(overlay, button.rect().bottomRight())
            assert overlay.frame.geometry().contains(corner)
    grab(theme, shown.window, "work-list", tmp_path)
