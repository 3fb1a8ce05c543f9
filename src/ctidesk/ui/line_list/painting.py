"""How a line is painted: icon, title and word at the right, detail and time, a note below.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QTextCharFormat, QTextLayout
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from ctidesk.calls.ports import Clock
from ctidesk.ui.line_list.line import Line
from ctidesk.ui.theme.scale import SEMIBOLD, Space, Type
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.timer import clock_text

_ICON = 16
_PAD = 6
_WRAP = int(Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap)
_ONE = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


class LinePainter(QStyledItemDelegate):
    """Paints `Line`s. Text is drawn as it is: never rich text."""

    def __init__(self, theme: Theme, clock: Clock, wrap: bool) -> None:
        super().__init__()
        self._theme, self._clock, self._wrap = theme, clock, wrap
        self._title = theme.font(Type.BODY, SEMIBOLD)
        self._detail = theme.font(Type.CAPTION)
        self._say = theme.font(Type.BODY)
        self._time = theme.figures(Type.CAPTION)

    # ------------------------------------------------------------------- sizes

    def height(self, line: Line, width: int) -> int:
        """Pixels that `line` takes in a list `width` pixels wide."""
        total = 2 * _PAD + QFontMetrics(self._title).height()
        if line.say:
            room = self._room(line, width)
            total = 2 * _PAD + 2 + _tall(self._title, self._title_room(line, room), line.title)
            total += _tall(self._say, room, line.say)
        if line.detail:
            total += 2 + self._detail_height(line, width)
        if line.note:
            total += 2 + QFontMetrics(self._detail).height()
        return max(total, 28)

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        line = index.data(Qt.ItemDataRole.UserRole)
        view = option.widget
        width = view.viewport().width() if isinstance(view, QListView) else option.rect.width()
        return QSize(0, self.height(line, width))

    def _detail_height(self, line: Line, width: int) -> int:
        if not self._wrap:
            return QFontMetrics(self._detail).height()
        return _tall(self._detail, self._room(line, width), line.detail)

    def _room(self, line: Line, width: int) -> int:
        return max(40, width - self._left(line) - Space.S)

    def _title_room(self, line: Line, room: int) -> int:
        if not line.right:
            return room
        return room - QFontMetrics(self._detail).horizontalAdvance(line.right) - Space.S

    def _left(self, line: Line) -> int:
        return Space.S + ((_ICON + Space.S) if line.icon else 0)

    # ------------------------------------------------------------------- paint

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        line: Line = index.data(Qt.ItemDataRole.UserRole)
        rect: QRect = option.rect
        painter.save()
        self._ground(painter, option, rect, line)
        body = rect.adjusted(self._left(line), _PAD, -Space.S, -_PAD)
        if line.icon:
            top = body.top() + (QFontMetrics(self._title).height() - _ICON) / 2
            box = QRectF(rect.left() + Space.S, top, _ICON, _ICON)
            self._theme.paint_icon(painter, line.icon, box, line.role)
        below = self._sentence(painter, body, line) if line.say else self._head(painter, body, line)
        below = self._details(painter, body, line, below)
        if line.note:
            self._note(painter, body, line, below)
        painter.restore()

    def _ground(
        self, painter: QPainter, option: QStyleOptionViewItem, rect: QRect, line: Line
    ) -> None:
        state = option.state
        tokens = self._theme.tokens
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        colour = None
        if state & QStyle.StateFlag.State_Selected:
            colour = tokens.selection
        elif state & QStyle.StateFlag.State_MouseOver:
            colour = tokens.hover
        if colour is not None:
            painter.setBrush(QColor(colour))
            painter.drawRoundedRect(QRectF(rect).adjusted(1, 1, -1, -1), 4, 4)
        if line.marked:
            painter.setBrush(self._theme.colour(Role.ACCENT))
            painter.drawRoundedRect(
                QRectF(rect.left() + 1, rect.top() + 5, 3, rect.height() - 10), 1.5, 1.5
            )

    def _head(self, painter: QPainter, body: QRect, line: Line) -> int:
        metrics = QFontMetrics(self._title)
        row = QRect(body.left(), body.top(), body.width(), metrics.height())
        room = self._title_room(line, row.width())
        if line.right:
            self._text(painter, self._detail, line.role, row, _RIGHT, line.right)
        title = metrics.elidedText(line.title, Qt.TextElideMode.ElideRight, room)
        font = self._struck(self._title, line.struck)
        role = Role.MUTED if line.struck else Role.TEXT
        self._text(painter, font, role, row, _ONE, title)
        return row.bottom() + 3

    def _sentence(self, painter: QPainter, body: QRect, line: Line) -> int:
        """A title of any length and what to say to the caller."""
        if line.right:
            row = QRect(body.left(), body.top(), body.width(), QFontMetrics(self._title).height())
            self._text(painter, self._detail, line.role, row, _RIGHT, line.right)
        width = self._title_room(line, body.width())
        tall = _tall(self._title, width, line.title)
        row = QRect(body.left(), body.top(), width, tall)
        self._text(painter, self._title, Role.TEXT, row, _WRAP, line.title)
        said = _tall(self._say, body.width(), line.say)
        row = QRect(body.left(), row.bottom() + 3, body.width(), said)
        self._text(painter, self._say, Role.TEXT, row, _WRAP, line.say)
        return row.bottom() + 3

    def _details(self, painter: QPainter, body: QRect, line: Line, top: int) -> int:
        metrics = QFontMetrics(self._detail)
        if line.since_mono is not None:
            time = clock_text(self._clock.mono() - line.since_mono)
            row = QRect(body.left(), top, body.width(), metrics.height())
            if not line.detail:
                row.moveTop(body.top())
            self._text(painter, self._time, line.role, row, _RIGHT, time)
        if not line.detail:
            return top
        font = self._struck(self._detail, line.struck)
        if self._wrap:
            width = body.width()
            row = QRect(body.left(), top, width, _tall(self._detail, width, line.detail))
            if line.found:
                self._found(painter, row, line)
            else:
                self._text(painter, font, Role.MUTED, row, _WRAP, line.detail)
            return row.bottom() + 3
        room = body.width() - (46 if line.since_mono is not None else 0)
        row = QRect(body.left(), top, room, metrics.height())
        cut = metrics.elidedText(line.detail, Qt.TextElideMode.ElideRight, room)
        self._text(painter, font, Role.MUTED, row, _ONE, cut)
        return row.bottom() + 3

    def _found(self, painter: QPainter, rect: QRect, line: Line) -> None:
        """Underlined and in the text's colour: as wide as before, so that it wraps alike."""
        ground, mark = QTextCharFormat(), QTextCharFormat()
        ground.setForeground(self._theme.colour(Role.MUTED))
        mark.setForeground(self._theme.colour(Role.TEXT))
        mark.setFontUnderline(True)
        ranges = []
        for begin, length, look in (
            (0, len(line.detail), ground),
            *((begin, length, mark) for begin, length in line.found),
        ):
            piece = QTextLayout.FormatRange()
            piece.start, piece.length, piece.format = begin, length, look
            ranges.append(piece)
        layout = QTextLayout(line.detail, self._detail)
        layout.setFormats(ranges)
        layout.beginLayout()
        top = 0.0
        while (text_line := layout.createLine()).isValid():
            text_line.setLineWidth(rect.width())
            text_line.setPosition(QPointF(0, top))
            top += QFontMetrics(self._detail).lineSpacing()
        layout.endLayout()
        layout.draw(painter, QPointF(rect.topLeft()))

    def _note(self, painter: QPainter, body: QRect, line: Line, top: int) -> None:
        metrics = QFontMetrics(self._detail)
        left = body.left()
        if line.note_icon:
            side = 12
            box = QRectF(left, top + (metrics.height() - side) / 2, side, side)
            self._theme.paint_icon(painter, line.note_icon, box, line.note_role)
            left += side + Space.XS
        row = QRect(left, top, body.right() - left, metrics.height())
        cut = metrics.elidedText(line.note, Qt.TextElideMode.ElideRight, row.width())
        self._text(painter, self._detail, line.note_role, row, _ONE, cut)

    def _text(
        self, painter: QPainter, font: QFont, role: Role, rect: QRect, flags: int, text: str
    ) -> None:
        painter.setFont(font)
        painter.setPen(self._theme.colour(role))
        painter.drawText(rect, flags, text)

    def _struck(self, font: QFont, struck: bool) -> QFont:
        if not struck:
            return font
        crossed = QFont(font)
        crossed.setStrikeOut(True)
        return crossed


def _tall(font: QFont, width: int, text: str) -> int:
    """Pixels that `text` takes in rows of `width`."""
    return QFontMetrics(font).boundingRect(QRect(0, 0, width, 10_000), _WRAP, text).height()
