"""The look of the running application: one object that paints, colours and switches it live.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from PySide6.QtCore import QObject, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QGuiApplication, QIcon, QPainter, QPalette
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from ctidesk.ui.theme import tokens as token_files
from ctidesk.ui.theme.icons import IconSet
from ctidesk.ui.theme.scale import REGULAR, SEMIBOLD, Type
from ctidesk.ui.theme.stylesheet import stylesheet
from ctidesk.ui.theme.tokens import Role, Tokens


class Mode(StrEnum):
    """Which colours: the system's choice, or one of ours whatever the system says."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class Theme(QObject):
    """Owned by the composition root and handed to every widget that paints. Icons and colours that
    it gave out stay right after a switch; `changed` is for those who cache."""

    changed = Signal()

    def __init__(
        self, resources: Path, mode: Mode = Mode.SYSTEM, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._folder = resources / "themes"
        self._icons = IconSet(resources / "icons")
        self._mode = mode
        self._app: QApplication | None = None
        self._building = 0
        self.reduced_motion = False
        self._tokens = self._load()

    @property
    def tokens(self) -> Tokens:
        return self._tokens

    @property
    def mode(self) -> Mode:
        return self._mode

    def apply(self, app: QApplication) -> None:
        """Dress the application: Fusion, our font size, palette and sheet. Once, before the first
        window; from then on the system's changes are followed."""
        self._app = app
        app.setStyle("Fusion")
        app.setFont(self.font(Type.BODY))
        app.styleHints().colorSchemeChanged.connect(self._follow_system)
        self._dress()

    @contextmanager
    def building(self) -> Iterator[None]:
        """Widgets made inside are dressed once, when it ends. Under a style sheet each layer of a
        window would be restyled again as it is put into the next: twice the time for the desk."""
        self._building += 1
        if self._app is not None:
            self._app.setStyleSheet("")
        try:
            yield
        finally:
            self._building -= 1
            if not self._building:
                self._dress()

    def set_mode(self, mode: Mode) -> None:
        self._mode = mode
        self._switch()

    def colour(self, role: Role, share: float = 1.0, ground: Role = Role.BG) -> QColor:
        """The colour of `role`, or `share` of it laid over `ground`."""
        if share >= 1.0:
            return QColor(self._tokens[role])
        return QColor(self._tokens.tint(role, share, ground))

    def font(self, size: Type, weight: int = REGULAR) -> QFont:
        font = QFont(QGuiApplication.font())
        font.setPixelSize(int(size))
        font.setWeight(QFont.Weight.DemiBold if weight >= SEMIBOLD else QFont.Weight.Normal)
        return font

    def figures(self, size: Type, weight: int = REGULAR) -> QFont:
        """A font whose figures are all equally wide, so that a running timer stands still."""
        font = self.font(size, weight)
        font.setFeature(QFont.Tag("tnum"), 1)
        return font

    def icon(self, name: str, role: Role = Role.TEXT, checked: Role | None = None) -> QIcon:
        """An icon that follows the theme; `checked` is its colour on a button that is on."""

        def colour(mode: QIcon.Mode, state: QIcon.State) -> QColor:
            if mode is QIcon.Mode.Disabled:
                return QColor(self._tokens.disabled)
            on = checked is not None and state is QIcon.State.On
            return self.colour(checked if on and checked is not None else role)

        return self._icons.icon(name, colour)

    def paint_icon(self, painter: QPainter, name: str, rect: QRectF, role: Role) -> None:
        self._icons.paint(painter, name, rect, self.colour(role))

    def icon_names(self) -> list[str]:
        return self._icons.names()

    def _load(self) -> Tokens:
        dark = self._mode is Mode.DARK or (self._mode is Mode.SYSTEM and _system_is_dark())
        return token_files.load(self._folder / ("dark.json" if dark else "light.json"))

    def _follow_system(self) -> None:
        if self._mode is Mode.SYSTEM:
            self._switch()

    def _switch(self) -> None:
        fresh = self._load()
        if fresh.name == self._tokens.name:
            return
        self._tokens = fresh
        self._icons.forget()
        self._dress()
        self.changed.emit()

    def _dress(self) -> None:
        if self._app is None:
            return
        # replacing a sheet restyles each widget several times: taking the old one off first makes
        # a switch four times faster
        self._app.setStyleSheet("")
        self._app.setPalette(_palette(self._tokens))
        if self._building:
            return
        picture = f"{self._folder.as_posix()}/{self._tokens.name}"
        sheet = stylesheet(self._tokens, f"{picture}-arrow.svg", f"{picture}-tick.svg")
        self._app.setStyleSheet(sheet)


def set_tone(label: QLabel, role: Role) -> None:
    """Write `label` in the colour of `role`; it follows the theme."""
    set_look(label, "tone", role.value)


def set_look(widget: QWidget, name: str, value: str | bool) -> None:
    """Set a dynamic property that the style sheet selects by, and restyle the widget."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)
    widget.update()


def _system_is_dark() -> bool:
    return QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Dark


def _palette(tokens: Tokens) -> QPalette:
    parts = QPalette.ColorRole
    text, bg, surface = tokens[Role.TEXT], tokens[Role.BG], tokens[Role.SURFACE]
    colours = {
        parts.Window: bg,
        parts.WindowText: text,
        parts.Base: bg,
        parts.AlternateBase: surface,
        parts.Text: text,
        parts.Button: surface,
        parts.ButtonText: text,
        parts.BrightText: tokens[Role.DANGER],
        parts.ToolTipBase: surface,
        parts.ToolTipText: text,
        parts.PlaceholderText: tokens[Role.MUTED],
        parts.Highlight: tokens[Role.ACCENT],
        parts.HighlightedText: bg,
        parts.Accent: tokens[Role.ACCENT],
        parts.Link: tokens[Role.ACCENT],
        parts.LinkVisited: tokens[Role.WRAP_UP],
        parts.Light: tokens.hover,
        parts.Midlight: surface,
        parts.Mid: tokens[Role.BORDER],
        parts.Dark: tokens[Role.BORDER],
        parts.Shadow: tokens[Role.BORDER],
    }
    palette = QPalette()
    for part, colour in colours.items():
        palette.setColor(part, QColor(colour))
    for part in (parts.WindowText, parts.Text, parts.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, part, QColor(tokens.disabled))
    return palette
