"""Pictures of the shell for people to look at; what a machine can see is checked on the way."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot
from tests.support.fake_clock import FakeClock
from tests.support.quality import measured
from tests.support.screens import grab

from ctidesk.ui.desk_commands import DeskCommand, DeskCommands
from ctidesk.ui.palette.presenter import PalettePresenter
from ctidesk.ui.palette.view import PaletteView
from ctidesk.ui.quality.presenter import quality_of
from ctidesk.ui.quality.view import QualityView
from ctidesk.ui.shortcuts.overview import ShortcutOverview
from ctidesk.ui.shortcuts.table import Shortcuts
from ctidesk.ui.theme.scale import SEMIBOLD, Type
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.toast.presenter import ToastOffer
from ctidesk.ui.toast.view import Toast, ToastTools
from ctidesk.ui.widgets.buttons import ActionButton, IconButton, Target, Variant
from ctidesk.ui.widgets.labels import ElidedLabel, IconLabel, text_label
from ctidesk.ui.widgets.masked import MaskedField
from ctidesk.ui.widgets.notice import Level, Notice
from ctidesk.ui.widgets.pill import Status, StatusPill
from ctidesk.ui.widgets.sections import Card, EmptyState, SectionHeader, column, row
from ctidesk.ui.widgets.timer import SecondTick, TimerLabel
from ctidesk.ui.window.closing import question_before_closing
from ctidesk.ui.window.layout_memory import ForgetfulLayout
from ctidesk.ui.window.main_window import MainWindow, WindowParts

STATES = (
    Status(Role.READY, "ready", "Ready"),
    Status(Role.RINGING, "incoming", "Ringing"),
    Status(Role.ON_CALL, "phone", "On call"),
    Status(Role.HOLD, "hold", "On hold"),
    Status(Role.WRAP_UP, "wrap_up", "Wrap-up"),
    Status(Role.AWAY, "coffee", "Break"),
    Status(Role.DANGER, "no_network", "Network lost"),
)


def holding(layout: object) -> QWidget:
    widget = QWidget()
    widget.setLayout(layout)  # type: ignore[arg-type]
    return widget


def is_dark(file: Path) -> bool:
    """Whether most of the picture is dark; also proves that something was painted."""
    picture = QImage(str(file))
    small = picture.scaled(40, 40)
    lights = [small.pixelColor(x, y).lightness() for x in range(40) for y in range(40)]
    assert len(set(lights)) > 3, f"{file.name} shows nothing"
    return sorted(lights)[len(lights) // 2] < 128


def check(files: list[Path]) -> None:
    for file in files:
        assert is_dark(file) == ("-dark" in file.name), file.name


@pytest.fixture
def window(theme: Theme, tick: SecondTick, clock: FakeClock, qtbot: QtBot) -> MainWindow:
    talk = TimerLabel(theme, tick, clock, Type.TIMER, "Talk")
    talk.count_up(clock.mono() - 221)
    keys = [
        IconButton(theme, icon, icon.title(), target=Target.CALL)
        for icon in ("mic", "hold", "transfer", "conference", "keypad")
    ]
    call_bar = row(
        IconLabel(theme, "phone", Role.ON_CALL, 20),
        ElidedLabel(theme, "Jane Doe", Type.EMPHASIS, SEMIBOLD),
        talk,
        *keys,
        None,
        ActionButton(theme, "end", "End", Variant.DANGER, Target.CALL),
    )
    card = Card()
    card.body.addWidget(SectionHeader(theme, "Identity", StatusPill(theme, STATES[3])))
    for caption in ("Date of birth", "Policy", "Address"):
        card.body.addWidget(MaskedField(theme, caption))
    code, note = QLineEdit(), QPlainTextEdit("Refill, address confirmed")
    code.setPlaceholderText("Code, type to search")
    save = ActionButton(theme, "save", "Save & Ready", Variant.PRIMARY)
    quality = QualityView(theme)
    quality.show_quality(quality_of(measured(4.2)))
    window = MainWindow(
        theme,
        WindowParts(
            agent_bar=holding(row(StatusPill(theme, STATES[2]), text_label(theme, "03:41"))),
            call_bar=holding(call_bar),
            quality=quality,
            work_list=EmptyState(theme, "queue", "Nothing waits", "Missed calls come here."),
            centre=holding(column(card, None, margin=12)),
            wrap_up=holding(column(SectionHeader(theme, "Wrap-up"), code, note, save, margin=12)),
            status_strip=QLabel("CRM cache fresh 2 min"),
        ),
        ForgetfulLayout(),
        lambda: question_before_closing(1),
    )
    qtbot.addWidget(window)
    window.show()
    return window


def test_the_window(theme: Theme, window: MainWindow, tmp_path: Path) -> None:
    notice = Notice(level=Level.WARNING, text="The recording is not running.", remedy="Tell IT.")
    window.notices.show_notice("recording", notice)
    files = grab(theme, window, "shell-window", tmp_path)
    assert len(files) == 4
    check(files)


def test_what_lies_over_the_window(theme: Theme, window: MainWindow, tmp_path: Path) -> None:
    window.resize(1280, 800)
    window.close()
    check(grab(theme, window, "shell-closing", tmp_path, sizes=None))
    window.question.dismiss()
    table, commands = Shortcuts(), DeskCommands()
    for entry in table.all():
        commands.register(
            DeskCommand(name=entry.command, title=entry.title, group=entry.group, run=window.update)
        )
    overview = ShortcutOverview(theme, window.below, table)
    overview.toggle()
    check(grab(theme, window, "shell-shortcuts", tmp_path, sizes=None))
    overview.dismiss()
    palette = PaletteView(theme, window.below, PalettePresenter(commands, table))
    palette.toggle()
    check(grab(theme, window, "shell-palette", tmp_path, sizes=None))
    palette.dismiss()
    window.set_locked(True)
    check(grab(theme, window, "shell-locked", tmp_path, sizes=None))


def test_the_toast(
    theme: Theme, tick: SecondTick, clock: FakeClock, tmp_path: Path, qtbot: QtBot
) -> None:
    toast = Toast(ToastTools(theme, tick, clock))
    qtbot.addWidget(toast)
    toast.show_offer(
        ToastOffer(
            call_id="c1",
            queue="Refills",
            caller="Jane Doe",
            number="+49 30 23125 010",
            match="2 possible callers",
            since_mono=clock.mono() - 11,
        )
    )
    toast.show()
    check(grab(theme, toast, "shell-toast", tmp_path, sizes=None))
    # nothing is cut: every button is as wide as its words want
    QApplication.processEvents()
    for button in toast.findChildren(ActionButton):
        assert button.width() >= button.sizeHint().width()


def test_the_gallery_of_small_widgets(theme: Theme, qtbot: QtBot, tmp_path: Path) -> None:
    pills = [StatusPill(theme, state) for state in STATES]
    buttons = [
        ActionButton(theme, "hold", variant.value.title(), variant, Target.CALL)
        for variant in Variant
    ]
    lines = [
        row(*[IconLabel(theme, name, Role.TEXT, 24, name) for name in names], None, gap=16)
        for names in _in_rows(theme.icon_names(), 18)
    ]
    gallery = QWidget()
    qtbot.addWidget(gallery)
    layout = column(margin=16)
    for line in (row(*pills, None), row(*buttons, None), *lines):
        layout.addLayout(line)
    gallery.setLayout(layout)
    gallery.show()
    check(grab(theme, gallery, "shell-gallery", tmp_path, sizes=[(960, 400)]))


def _in_rows(names: list[str], length: int) -> list[list[str]]:
    return [names[start : start + length] for start in range(0, len(names), length)]
