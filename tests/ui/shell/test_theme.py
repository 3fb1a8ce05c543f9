"""Switching the theme while windows are open, and the icons."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QColor, QIcon, QImage, QPalette
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ctidesk.config.paths import resources
from ctidesk.ui.theme.icons import NoSuchIcon
from ctidesk.ui.theme.scale import Type
from ctidesk.ui.theme.theme import Mode, Theme
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.labels import text_label

NEEDED = {
    *("phone", "answer", "decline", "end", "hold", "resume", "pause", "mute", "mic", "transfer"),
    *("consult", "conference", "keypad", "record", "lock", "user", "hospital", "truck", "shield"),
    *("search", "note", "clock", "warning", "info", "error", "check", "cross", "coffee"),
    *("chevron_down", "chevron_up", "chevron_left", "chevron_right"),
    *("headset", "network", "database"),
}


def strongest(image: QImage) -> QColor:
    """The most opaque colour of a picture."""
    pixels = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
    return max(pixels, key=lambda pixel: pixel.alpha())


def test_every_icon_paints_something_at_every_density(theme: Theme) -> None:
    names = theme.icon_names()
    assert set(names) >= NEEDED
    for name in names:
        for density in (1.0, 1.5, 2.0):
            picture = theme.icon(name).pixmap(QSize(24, 24), density)
            assert picture.width() == round(24 * density)
            assert strongest(picture.toImage()).alpha() > 200, name


def test_icons_take_the_colour_of_their_role_and_follow_the_theme(theme: Theme) -> None:
    icon = theme.icon("hold", Role.HOLD)
    assert strongest(icon.pixmap(48, 48).toImage()).name().upper() == "#9A5B00"
    theme.set_mode(Mode.DARK)
    assert strongest(icon.pixmap(48, 48).toImage()).name().upper() == "#F2B84B"


def test_a_checked_icon_changes_colour_and_a_disabled_one_pales(theme: Theme) -> None:
    icon = theme.icon("hold", Role.TEXT, checked=Role.ACCENT)
    on = icon.pixmap(48, 48, QIcon.Mode.Normal, QIcon.State.On).toImage()
    assert strongest(on).name().upper() == theme.tokens[Role.ACCENT]
    off = icon.pixmap(48, 48, QIcon.Mode.Disabled, QIcon.State.Off).toImage()
    assert strongest(off).name().upper() == theme.tokens.disabled


def test_a_wrong_icon_name_is_noticed_at_once(theme: Theme) -> None:
    with pytest.raises(NoSuchIcon):
        theme.icon("no_such_icon")


def test_switching_repaints_what_is_open(theme: Theme, qtbot: QtBot) -> None:
    label = text_label(theme, "x", Type.BODY, tone=Role.DANGER)
    qtbot.addWidget(label)
    label.show()
    with qtbot.waitSignal(theme.changed):
        theme.set_mode(Mode.DARK)
    assert label.palette().color(QPalette.ColorRole.WindowText).name().upper() == "#FF8F86"
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    assert app.palette().color(QPalette.ColorRole.Window).name().upper() == "#11161D"


def test_choosing_the_same_theme_again_repolishes_nothing(theme: Theme, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(theme.changed):
        theme.set_mode(Mode.LIGHT)


def test_the_systems_choice_is_followed_only_when_asked_to(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheme = {"now": Qt.ColorScheme.Light}
    monkeypatch.setattr(
        "ctidesk.ui.theme.theme._system_is_dark", lambda: scheme["now"] is Qt.ColorScheme.Dark
    )
    theme = Theme(resources(), Mode.SYSTEM)
    assert theme.tokens.name == "light"
    scheme["now"] = Qt.ColorScheme.Dark
    theme._follow_system()
    assert theme.tokens.name == "dark"
    theme.set_mode(Mode.LIGHT)
    theme._follow_system()
    assert theme.tokens.name == "light"


def test_timer_figures_are_equally_wide(theme: Theme) -> None:
    label = text_label(theme, "")
    label.setFont(theme.figures(Type.TIMER))
    widths = {label.fontMetrics().horizontalAdvance(digit * 4) for digit in "0123456789"}
    assert len(widths) == 1


def test_what_is_built_undressed_is_dressed_in_the_end(theme: Theme, qtbot: QtBot) -> None:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    sheet = app.styleSheet()
    with theme.building():
        label = text_label(theme, "x", Type.BODY, tone=Role.DANGER)
        qtbot.addWidget(label)
        with theme.building():
            assert app.styleSheet() == ""
        assert app.styleSheet() == ""
        theme.set_mode(Mode.DARK)
    label.show()
    assert label.palette().color(QPalette.ColorRole.WindowText).name().upper() == "#FF8F86"
    theme.set_mode(Mode.LIGHT)
    assert app.styleSheet() == sheet
    with pytest.raises(ZeroDivisionError), theme.building():
        1 / 0  # noqa: B018 - an error while building must not leave the desk undressed
    assert app.styleSheet() == sheet
