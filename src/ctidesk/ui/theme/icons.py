"""The icon set: SVG strokes painted in any colour, at any size and screen density.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from ctidesk.calls.errors import BugError

PickColour = Callable[[QIcon.Mode, QIcon.State], QColor]
"""Chosen anew at each painting, so that an icon follows a change of theme by itself."""


class NoSuchIcon(BugError):
    """The name is not in the icon folder."""


class IconSet:
    """The icons in one folder. A rendering is made once per name, colour and pixel size."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sources: dict[str, bytes] = {}
        self._rendered: dict[tuple[str, int, int], QPixmap] = {}

    def names(self) -> list[str]:
        return sorted(file.stem for file in self._folder.glob("*.svg"))

    def icon(self, name: str, colour: PickColour) -> QIcon:
        """An icon for buttons, menus and lists. Raises `NoSuchIcon`."""
        self._source(name)
        return QIcon(_LiveIcon(self, name, colour))

    def pixmap(self, name: str, colour: QColor, side_px: int) -> QPixmap:
        """A square picture of `side_px` device pixels."""
        key = (name, colour.rgba(), side_px)
        found = self._rendered.get(key)
        if found is None:
            found = self._rendered[key] = self._render(name, colour, side_px)
        return found

    def paint(self, painter: QPainter, name: str, rect: QRectF, colour: QColor) -> None:
        """Paint into the largest centred square of `rect` (logical pixels), crisp anywhere."""
        side = min(rect.width(), rect.height())
        square = QRectF(0, 0, side, side)
        square.moveCenter(rect.center())
        density = painter.device().devicePixelRatio()
        picture = self.pixmap(name, colour, max(1, round(side * density)))
        painter.drawPixmap(square, picture, QRectF(picture.rect()))

    def forget(self) -> None:
        """Drop the renderings (their colours are out of use)."""
        self._rendered.clear()

    def _source(self, name: str) -> bytes:
        found = self._sources.get(name)
        if found is None:
            try:
                found = (self._folder / f"{name}.svg").read_bytes()
            except OSError as error:
                raise NoSuchIcon(name) from error
            self._sources[name] = found
        return found

    def _render(self, name: str, colour: QColor, side_px: int) -> QPixmap:
        coloured = self._source(name).replace(b"currentColor", colour.name().encode())
        picture = QPixmap(side_px, side_px)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setOpacity(colour.alphaF())
        QSvgRenderer(QByteArray(coloured)).render(painter, QRectF(0, 0, side_px, side_px))
        painter.end()
        return picture


class _LiveIcon(QIconEngine):
    """Asks for its colour each time it is painted."""

    def __init__(self, icons: IconSet, name: str, colour: PickColour) -> None:
        super().__init__()
        self._icons, self._name, self._colour = icons, name, colour

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        # a rectangle wider than high is an icon with its distance to the words after it
        square = QRectF(rect.left(), rect.top(), min(rect.width(), rect.height()), rect.height())
        self._icons.paint(painter, self._name, square, self._colour(mode, state))

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        side = max(1, min(size.width(), size.height()))
        picture = self._icons.pixmap(self._name, self._colour(mode, state), side)
        if size.width() == size.height():
            return picture
        ground = QPixmap(size)
        ground.fill(Qt.GlobalColor.transparent)
        painter = QPainter(ground)
        painter.drawPixmap(QPoint(0, (size.height() - side) // 2), picture)
        painter.end()
        return ground

    def key(self) -> str:
        return "ctidesk"

    def iconName(self) -> str:
        return self._name
