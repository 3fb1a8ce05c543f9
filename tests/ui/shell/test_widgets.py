"""The small widgets: what they show, what they keep from showing, and what a reader hears."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot
from tests.support.fake_clock import FakeClock
from tests.support.quality import measured

from ctidesk.calls.errors import KnownError
from ctidesk.ui.quality.presenter import NO_CALL, quality_of
from ctidesk.ui.quality.view import QualityView
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.buttons import ActionButton, ElidedButton, IconButton, Target, Variant
from ctidesk.ui.widgets.charts import LevelMeter, Sparkline
from ctidesk.ui.widgets.labels import ElidedLabel
from ctidesk.ui.widgets.masked import MaskedField
from ctidesk.ui.widgets.notice import Level, Notice, NoticeBar, NoticeStack, notice_of
from ctidesk.ui.widgets.pill import Status, StatusPill
from ctidesk.ui.widgets.timer import SecondTick, TimerLabel, clock_text, spoken_time

HOSTILE = "<b>Bold</b> & <img src=file:///etc/passwd> a name that is far too long to fit"


def heard(widget: QWidget) -> str:
    """Everything a screen reader can find in `widget` and under it."""
    found: list[str] = []

    def walk(node: object) -> None:
        for part in (QAccessible.Text.Name, QAccessible.Text.Description, QAccessible.Text.Value):
            found.append(node.text(part))  # type: ignore[attr-defined]
        for index in range(node.childCount()):  # type: ignore[attr-defined]
            child = node.child(index)  # type: ignore[attr-defined]
            if child is not None:
                walk(child)

    walk(QAccessible.queryAccessibleInterface(widget))
    return " | ".join(found)


def test_a_pill_says_its_word_and_is_as_wide_as_it(theme: Theme, qtbot: QtBot) -> None:
    pill = StatusPill(theme, Status(Role.READY, "ready", "Ready"))
    qtbot.addWidget(pill)
    narrow = pill.sizeHint().width()
    assert pill.accessibleName() == "Ready"
    pill.set_status(Status(Role.DANGER, "no_network", "Network lost"))
    assert pill.accessibleName() == "Network lost"
    assert pill.sizeHint().width() > narrow


def test_text_from_strangers_is_never_html(theme: Theme, qtbot: QtBot) -> None:
    label = ElidedLabel(theme, HOSTILE)
    qtbot.addWidget(label)
    label.resize(80, 20)
    label.show()
    assert label.textFormat() is Qt.TextFormat.PlainText
    assert label.shown_text().endswith("…")
    assert "<b>" not in label.toolTip()
    assert "<img" not in label.toolTip()
    assert "&lt;b&gt;" in label.toolTip()


def test_a_label_that_fits_has_no_tool_tip(theme: Theme, qtbot: QtBot) -> None:
    label = ElidedLabel(theme, "Jane")
    qtbot.addWidget(label)
    label.resize(300, 20)
    label.show()
    assert label.toolTip() == ""
    assert label.shown_text() == "Jane"


def test_a_masked_fact_is_nowhere_in_the_widget(theme: Theme, qtbot: QtBot) -> None:
    field = MaskedField(theme, "Date of birth")
    qtbot.addWidget(field)
    field.reveal("1961-04-05")
    field.show()
    assert "1961-04-05" in heard(field)
    revealed = field.grab().toImage()
    field.conceal()
    assert field.is_masked
    assert "1961" not in heard(field)
    assert "hidden until verified" in heard(field)
    assert all("1961" not in child.text() for child in field.findChildren(ElidedLabel))
    assert field.grab().toImage() != revealed


def test_the_bar_tells_nothing_of_what_it_hides(theme: Theme, qtbot: QtBot) -> None:
    pictures = []
    for value in ("x", "a very much longer value than the other one"):
        field = MaskedField(theme, "Policy")
        qtbot.addWidget(field)
        field.reveal(value)
        field.conceal()
        field.resize(300, 50)
        field.show()
        pictures.append(field.grab().toImage())
    assert pictures[0] == pictures[1]


@pytest.mark.parametrize(
    ("variant", "target", "least"),
    [(Variant.PLAIN, Target.NORMAL, 32), (Variant.DANGER, Target.CALL, 40)],
)
def test_buttons_are_large_named_and_tell_their_keys(
    theme: Theme, qtbot: QtBot, variant: Variant, target: Target, least: int
) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    layout = QVBoxLayout(window)
    words = ActionButton(theme, "hold", "Hold & go", variant, target)
    icon = IconButton(theme, "hold", "Hold", variant, target)
    icon.set_keys("Ctrl+Shift+H")
    layout.addWidget(words)
    layout.addWidget(icon)
    window.show()
    assert words.height() >= least
    assert icon.size() == QSize(least, least)
    assert (words.accessibleName(), words.text()) == ("Hold & go", "Hold && go")
    assert (icon.accessibleName(), icon.text()) == ("Hold", "")
    assert icon.toolTip() == "Hold (Ctrl+Shift+H)"


def test_a_click_on_a_button_leaves_the_typing_focus(theme: Theme, qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    layout = QVBoxLayout(window)
    note, button = QLineEdit(), ActionButton(theme, "hold", "Hold")
    layout.addWidget(note)
    layout.addWidget(button)
    window.show()
    window.activateWindow()
    note.setFocus()
    qtbot.waitUntil(note.hasFocus)
    with qtbot.waitSignal(button.clicked):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert note.hasFocus()


@pytest.mark.parametrize(
    ("seconds", "text", "spoken"),
    [
        (-5, "00:00", "0 seconds"),
        (0.99, "00:00", "0 seconds"),
        (61, "01:01", "1 minute 1 second"),
        (3723, "1:02:03", "1 hour 2 minutes 3 seconds"),
    ],
)
def test_times_are_written_and_spoken(seconds: float, text: str, spoken: str) -> None:
    assert clock_text(seconds) == text
    assert spoken_time(seconds) == spoken


def test_the_tick_runs_only_while_something_visible_runs(
    theme: Theme, qtbot: QtBot, tick: SecondTick, clock: FakeClock
) -> None:
    label = TimerLabel(theme, tick, clock, name="Talk")
    qtbot.addWidget(label)
    label.count_up(clock.mono())
    assert not tick.running  # nobody sees it
    label.show()
    assert tick.running
    clock.advance(83)
    tick.ticked.emit()
    assert label.text() == "01:23"
    assert label.accessibleName() == "Talk: 1 minute 23 seconds"
    label.hide()
    assert not tick.running
    clock.advance(10)
    label.show()
    assert label.text() == "01:33"
    label.show_seconds(90)
    assert not tick.running
    assert label.text() == "01:30"


def test_a_countdown_runs_out_once_even_unseen(
    theme: Theme, qtbot: QtBot, tick: SecondTick, clock: FakeClock
) -> None:
    label = TimerLabel(theme, tick, clock)
    qtbot.addWidget(label)
    ends: list[None] = []
    label.ran_out.connect(lambda: ends.append(None))
    label.count_down(clock.mono() + 2)
    assert tick.running
    assert label.text() == "00:02"
    clock.advance(1.5)
    tick.ticked.emit()
    assert label.text() == "00:01"
    clock.advance(1)
    tick.ticked.emit()
    tick.ticked.emit()
    assert (label.text(), len(ends), tick.running) == ("00:00", 1, False)


def test_the_real_tick_ticks(
    theme: Theme, qtbot: QtBot, tick: SecondTick, clock: FakeClock
) -> None:
    label = TimerLabel(theme, tick, clock)
    qtbot.addWidget(label)
    label.count_up(clock.mono())
    label.show()
    clock.advance(5)
    with qtbot.waitSignal(tick.ticked, timeout=20_000):
        pass
    assert label.text() == "00:05"


def test_a_deleted_timer_no_longer_keeps_the_tick_running(
    theme: Theme, qtbot: QtBot, tick: SecondTick, clock: FakeClock
) -> None:
    label = TimerLabel(theme, tick, clock)
    label.count_up(clock.mono())
    label.show()
    assert tick.running
    label.deleteLater()
    del label
    qtbot.waitUntil(lambda: not tick.running, timeout=20_000)


def test_meters_survive_wild_figures(theme: Theme, qtbot: QtBot) -> None:
    meter = LevelMeter(theme, "Microphone")
    qtbot.addWidget(meter)
    for level, lit in ((0.0, 0), (0.44, 4), (7.0, 10), (-1.0, 0), (float("nan"), 0)):
        meter.set_level(level)
        assert meter.lit == lit
    line = Sparkline(theme)
    qtbot.addWidget(line)
    blank = line.grab().toImage()
    for values in ([], [None], [1.0], [2.0, 2.0], [None, 1.0, None, 3.0, 2.0]):
        line.set_values(values, 2.0)
        line.show()
        assert not line.grab().isNull()
    assert line.grab().toImage() != blank


def test_a_notice_tells_text_remedy_and_offers_one_action(theme: Theme, qtbot: QtBot) -> None:
    done: list[str] = []
    notice = Notice(
        level=Level.ERROR,
        text="The disk is full.",
        remedy="Free some space.",
        action_text="Show",
        action=lambda: done.append("shown"),
    )
    bar = NoticeBar(theme, notice)
    qtbot.addWidget(bar)
    bar.show()
    assert bar.accessibleName() == "The disk is full. Free some space."
    action, close = bar.findChildren(ActionButton)
    qtbot.mouseClick(action, Qt.MouseButton.LeftButton)
    assert done == ["shown"]
    with qtbot.waitSignal(bar.closed):
        qtbot.mouseClick(close, Qt.MouseButton.LeftButton)


def test_notices_replace_one_another_by_key_and_take_no_room_when_gone(
    theme: Theme, qtbot: QtBot
) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    stack = NoticeStack(theme)
    QVBoxLayout(window).addWidget(stack)
    window.show()
    assert not stack.isVisible()
    error = KnownError("x", "The line is gone.", "Wait a moment.")
    stack.show_notice("line", notice_of(error))
    stack.show_notice("disk", Notice(level=Level.INFO, text="Fine."))
    stack.show_notice("line", notice_of(error, Level.WARNING))
    assert stack.keys() == ["disk", "line"]
    stack.clear("line")
    stack.clear("line")
    assert stack.isVisible()
    stack.clear("disk")
    assert not stack.isVisible()


def test_good_news_goes_by_itself_and_the_rest_stays(
    theme: Theme, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ctidesk.ui.widgets.notice.PASSING_MS", 20)
    stack = NoticeStack(theme)
    qtbot.addWidget(stack)
    stack.show_notice("disk", Notice(level=Level.WARNING, text="The disk is nearly full."))
    stack.show_notice("members", Notice(level=Level.INFO, text="Imported.", passing=True))
    # replaced in time: the first one's end is not the second one's
    stack.show_notice("members", Notice(level=Level.INFO, text="All imported.", passing=True))
    assert stack.keys() == ["disk", "members"]
    qtbot.waitUntil(lambda: stack.keys() == ["disk"])


def test_words_that_do_not_fit_a_button_end_in_dots(theme: Theme, qtbot: QtBot) -> None:
    button = ElidedButton(theme, "history", "Claim: how to submit, documents missing")
    qtbot.addWidget(button)
    button.show()
    button.resize(160, 32)
    assert button.text().startswith("Claim")
    assert button.text().endswith("…")
    assert button.accessibleName() == "Claim: how to submit, documents missing"
    button.resize(600, 32)
    assert button.text() == "Claim: how to submit, documents missing"


@pytest.mark.parametrize(
    ("mos", "bars", "word"),
    [(4.4, 4, "Good"), (4.03, 4, "Good"), (3.7, 3, "Fair"), (3.2, 2, "Poor"), (1.0, 1, "Bad")],
)
def test_quality_by_the_e_model(mos: float, bars: int, word: str) -> None:
    quality = quality_of(measured(mos))
    assert (quality.bars, quality.word) == (bars, word)


def test_quality_is_seen_and_heard(theme: Theme, qtbot: QtBot) -> None:
    view = QualityView(theme)
    qtbot.addWidget(view)
    assert view.accessibleName() == "Line quality: No call"
    width = view.sizeHint().width()
    view.show_quality(quality_of(measured(3.2)))
    assert view.accessibleName() == "Line quality: Poor"
    assert "MOS 3.2" in view.toolTip()
    assert view.sizeHint().width() == width
    view.show_quality(NO_CALL)
    assert view.toolTip() == "No call"
