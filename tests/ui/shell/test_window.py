"""The frames: columns and tabs, panes, closing, locking, memory, the compact bar."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.widgets.notice import Level, Notice
from ctidesk.ui.window.closing import CloseQuestion, question_before_closing
from ctidesk.ui.window.compact_bar import CompactBar, docked
from ctidesk.ui.window.layout_memory import WindowLayout
from ctidesk.ui.window.main_window import TITLE, MainWindow, WindowParts
from ctidesk.ui.window.modes import WindowModes

NAMES = ("agent_bar", "call_bar", "quality", "work_list", "centre", "wrap_up", "status_strip")


@dataclass
class FakeMemory:
    layout: WindowLayout = field(default_factory=WindowLayout)

    def load(self) -> WindowLayout:
        return self.layout

    def save(self, layout: WindowLayout) -> None:
        self.layout = layout


def panel(name: str, fields: int = 1) -> QWidget:
    widget = QWidget()
    widget.setObjectName(name)
    layout = QVBoxLayout(widget)
    for index in range(fields):
        edit = QLineEdit()
        edit.setObjectName(f"{name}_{index}")
        layout.addWidget(edit)
    return widget


class Rig:
    """A window of seven panels with fields; the status strip and the quality take no keyboard."""

    def __init__(self, theme: Theme, qtbot: QtBot, memory: FakeMemory) -> None:
        self.panels = {name: panel(name, 2 if name == "wrap_up" else 1) for name in NAMES}
        for mute in ("quality", "status_strip"):
            self.panels[mute] = QLabel(mute)
        self.calls_on = 0
        self.memory = memory
        parts = WindowParts(**self.panels)
        self.window = MainWindow(theme, parts, memory, self.question)
        qtbot.addWidget(self.window)
        self.window.show()
        self.window.activateWindow()
        qtbot.waitActive(self.window)

    def question(self) -> CloseQuestion | None:
        return question_before_closing(self.calls_on)

    def field(self, name: str) -> QLineEdit:
        found = self.window.findChild(QLineEdit, name)
        assert found is not None
        return found

    def focused(self) -> str:
        focus = self.window.focusWidget()
        return focus.objectName() if focus else ""


@pytest.fixture
def memory() -> FakeMemory:
    return FakeMemory()


@pytest.fixture
def rig(theme: Theme, qtbot: QtBot, memory: FakeMemory) -> Rig:
    return Rig(theme, qtbot, memory)


def left_of(widget: QWidget) -> int:
    return widget.mapTo(widget.window(), QPoint(0, 0)).x()


def test_three_columns_on_a_wide_window(rig: Rig) -> None:
    rig.window.resize(1440, 900)
    work_list, centre, wrap_up = (rig.panels[n] for n in ("work_list", "centre", "wrap_up"))
    assert not rig.window.columns.narrow
    assert (work_list.width(), wrap_up.width()) == (240, 320)
    assert left_of(work_list) < left_of(centre) < left_of(wrap_up)
    assert centre.width() >= 1440 - 240 - 320 - 4


def test_a_narrow_window_makes_a_tab_of_the_wrap_up_and_loses_nothing(
    rig: Rig, qtbot: QtBot
) -> None:
    rig.window.resize(1200, 700)
    note = rig.field("wrap_up_1")
    note.setFocus()
    qtbot.keyClicks(note, "address con")
    rig.window.resize(1000, 700)
    assert rig.window.columns.narrow
    assert note.isVisible()
    assert note.hasFocus()
    qtbot.keyClicks(note, "firmed")
    rig.window.resize(1200, 700)
    assert not rig.window.columns.narrow
    assert rig.panels["wrap_up"].isVisible()
    assert note.hasFocus()
    assert note.text() == "address confirmed"


def test_a_narrow_window_shows_the_caller_first(rig: Rig) -> None:
    rig.window.resize(1000, 700)
    assert rig.panels["centre"].isVisible()
    assert not rig.panels["wrap_up"].isVisible()
    rig.window.show_pane(rig.panels["wrap_up"])
    assert rig.panels["wrap_up"].isVisible()


@pytest.mark.parametrize("width", [1280, 1000])
def test_f6_goes_around_the_panes_and_back_to_the_same_place(rig: Rig, width: int) -> None:
    rig.window.resize(width, 700)
    rig.field("wrap_up_1").setFocus() if width == 1280 else rig.window.panes.enter(4)
    start = rig.focused()
    order = []
    for _ in range(5):
        rig.window.panes.cycle()
        order.append(rig.focused())
    assert order == ["agent_bar_0", "call_bar_0", "work_list_0", "centre_0", start]
    rig.window.panes.cycle(-1)
    assert rig.focused() == "centre_0"


def test_panes_without_anything_to_focus_do_not_loop_for_ever(rig: Rig) -> None:
    for edit in rig.window.findChildren(QLineEdit):
        edit.setEnabled(False)
    before = QApplication.focusWidget()
    rig.window.panes.cycle()
    rig.window.panes.cycle(-1)
    assert QApplication.focusWidget() is before


def test_the_smallest_window_is_960_by_600(rig: Rig) -> None:
    rig.window.resize(300, 200)
    assert rig.window.size() == QSize(960, 600)


def test_title_is_only_the_name_of_the_program(rig: Rig) -> None:
    assert rig.window.windowTitle() == TITLE == "ctidesk"


def test_the_call_bar_does_not_move_for_a_notice(rig: Rig) -> None:
    call_bar = rig.panels["call_bar"]
    before = QRect(call_bar.mapTo(rig.window, QPoint(0, 0)), call_bar.size())
    rig.window.notices.show_notice("x", Notice(level=Level.ERROR, text="Gone.", remedy="Wait."))
    assert rig.window.notices.isVisible()
    assert QRect(call_bar.mapTo(rig.window, QPoint(0, 0)), call_bar.size()) == before


def test_without_a_call_the_window_just_closes(rig: Rig, qtbot: QtBot) -> None:
    with qtbot.waitSignal(rig.window.closed):
        rig.window.close()
    assert not rig.window.isVisible()


def test_in_a_call_it_asks_and_staying_is_the_default(rig: Rig, qtbot: QtBot) -> None:
    rig.calls_on = 1
    note = rig.field("wrap_up_0")
    note.setFocus()
    with qtbot.assertNotEmitted(rig.window.closed):
        rig.window.close()
        assert rig.window.isVisible()
        question = rig.window.question
        assert question.isVisible()
        assert question.stay_button.hasFocus()
        qtbot.keyClick(question.stay_button, Qt.Key.Key_Escape)
    assert not question.isVisible()
    assert note.hasFocus()


def test_in_a_call_it_closes_when_told_so_and_tab_stays_in_the_question(
    rig: Rig, qtbot: QtBot
) -> None:
    rig.calls_on = 2
    rig.window.close()
    question = rig.window.question
    assert question.agree_button.text() == "Close, keep the calls"
    qtbot.keyClick(question.stay_button, Qt.Key.Key_Tab)
    assert question.agree_button.hasFocus()
    qtbot.keyClick(question.agree_button, Qt.Key.Key_Tab)
    assert question.stay_button.hasFocus()
    with qtbot.waitSignal(rig.window.closed):
        qtbot.mouseClick(question.agree_button, Qt.MouseButton.LeftButton)
    assert not rig.window.isVisible()


def test_the_call_bar_stays_usable_under_a_question(rig: Rig) -> None:
    rig.calls_on = 1
    rig.window.close()
    bar = rig.panels["call_bar"]
    middle = bar.mapTo(rig.window, bar.rect().center())
    on_top = rig.window.childAt(middle)
    assert on_top is bar or bar.isAncestorOf(on_top)


@pytest.mark.parametrize(
    ("calls", "drafts", "word"),
    [(1, 0, "A call is on"), (3, 1, "3 calls are on"), (0, 1, "wrap-up")],
)
def test_what_is_asked(calls: int, drafts: int, word: str) -> None:
    question = question_before_closing(calls, drafts)
    assert question is not None
    assert word in question.title
    assert question_before_closing(0, 0) is None


def test_a_locked_desk_hides_all_but_the_call_bar(rig: Rig, qtbot: QtBot) -> None:
    rig.window.set_locked(True)
    hidden = ("work_list", "centre", "wrap_up")
    assert not any(rig.panels[name].isVisible() for name in hidden)
    assert rig.panels["call_bar"].isVisible()
    unlock = next(b for b in rig.window.findChildren(QPushButton) if b.text() == "Unlock")
    with qtbot.waitSignal(rig.window.unlock_wanted):
        qtbot.mouseClick(unlock, Qt.MouseButton.LeftButton)
    assert rig.window.locked
    rig.window.set_locked(False)
    assert all(rig.panels[name].isVisible() for name in hidden)


def test_sizes_are_remembered(theme: Theme, qtbot: QtBot, memory: FakeMemory) -> None:
    rig = Rig(theme, qtbot, memory)
    rig.window.resize(1500, 850)
    columns = rig.window.columns
    columns._splitter.moveSplitter(300, 1)
    assert rig.panels["work_list"].width() == pytest.approx(300, abs=2)
    rig.window.close()
    saved = memory.layout
    assert (saved.width, saved.height) == (1500, 850)
    again = Rig(theme, qtbot, memory)
    assert again.window.size() == QSize(1500, 850)
    assert again.panels["work_list"].width() == pytest.approx(saved.work_list, abs=2)


def test_a_stored_layout_from_a_larger_world_is_brought_to_size(theme: Theme, qtbot: QtBot) -> None:
    rig = Rig(theme, qtbot, FakeMemory(WindowLayout(width=10, height=-5, work_list=9999)))
    assert rig.window.size() == QSize(960, 600)
    assert rig.panels["centre"].width() >= 400


AREA = QRect(100, 50, 1000, 700)
BAR = QSize(560, 56)


@pytest.mark.parametrize(
    ("wanted", "place"),
    [
        ((400, 300), (400, 300)),  # in the open
        ((110, 300), (100, 300)),  # near the left edge
        ((530, 690), (540, 694)),  # near the lower right corner
        ((-5000, 9000), (100, 694)),  # off the screen
    ],
)
def test_the_bar_docks_to_edges(wanted: tuple[int, int], place: tuple[int, int]) -> None:
    assert docked(QPoint(*wanted), BAR, AREA) == QPoint(*place)


def test_large_and_compact_take_turns(rig: Rig, theme: Theme, qtbot: QtBot) -> None:
    bar = CompactBar(theme, panel("compact"), rig.memory)
    qtbot.addWidget(bar)
    modes = WindowModes(rig.window, lambda: bar)
    modes.go_compact()
    assert (rig.window.isVisible(), bar.isVisible(), modes.is_compact) == (False, True, True)
    assert bar.size() == BAR
    assert bar.windowFlags() & Qt.WindowType.WindowStaysOnTopHint
    assert bar.windowTitle() == TITLE
    bar.close()  # opens the window instead
    assert (rig.window.isVisible(), bar.isVisible()) == (True, False)


def test_the_bar_comes_back_where_it_was_dropped(theme: Theme, qtbot: QtBot) -> None:
    memory = FakeMemory()
    bar = CompactBar(theme, QLabel("x"), memory)
    qtbot.addWidget(bar)
    bar.show_docked()
    area = bar.screen().availableGeometry()
    grip = QPoint(200, 3)
    qtbot.mousePress(bar, Qt.MouseButton.LeftButton, pos=grip)
    bar.move(area.left() + 7, area.top() + 200)
    qtbot.mouseRelease(bar, Qt.MouseButton.LeftButton, pos=grip)
    assert bar.pos() == QPoint(area.left(), area.top() + 200)
    assert (memory.layout.compact_x, memory.layout.compact_y) == (0, 200)
    other = CompactBar(theme, QLabel("x"), memory)
    qtbot.addWidget(other)
    other.show_docked()
    assert other.pos() == bar.pos()


def test_the_bar_shows_itself_although_its_screen_is_gone(theme: Theme, qtbot: QtBot) -> None:
    memory = FakeMemory(WindowLayout(screen="gone", compact_x=99_999, compact_y=99_999))
    bar = CompactBar(theme, QLabel("x"), memory)
    qtbot.addWidget(bar)
    bar.show_docked()
    assert bar.screen().availableGeometry().contains(bar.geometry())
