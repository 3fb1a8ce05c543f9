"""Bars and word of the line's quality, at the right end of the top row, with its figures below.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QFrame, QGridLayout, QPushButton, QWidget

from ctidesk.ui.quality.presenter import NO_CALL, Quality
from ctidesk.ui.theme.scale import SEMIBOLD, Space, Type
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.buttons import Variant
from ctidesk.ui.widgets.charts import QualityBars
from ctidesk.ui.widgets.labels import text_label
from ctidesk.ui.widgets.sections import row


class QualityView(QPushButton):
    """Renders one `Quality`; a click, or the space bar, opens and closes its figures."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._bars = QualityBars(theme)
        self._word = text_label(theme, "", Type.CAPTION, tone=Role.MUTED)
        # as wide as the longest word: what stands beside must not move with the quality
        self._word.setFixedWidth(self._word.fontMetrics().horizontalAdvance("No call") + 2)
        self._shown: Quality | None = None
        self.details: QualityDetails | None = None
        self.setProperty("variant", Variant.QUIET.value)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoDefault(False)
        # no wider than it must be: on a narrow window the call bar needs every pixel
        inside = row(self._bars, self._word, gap=Space.XS)
        inside.setContentsMargins(2, 0, 2, 0)
        self.setLayout(inside)
        self.setFixedWidth(inside.sizeHint().width())
        for part in (self._bars, self._word):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.clicked.connect(self._toggle)
        self.show_quality(NO_CALL)

    def show_quality(self, quality: Quality) -> None:
        if quality == self._shown:
            return
        self._shown = quality
        self._bars.set_bars(quality.bars, quality.role)
        self._word.setText(quality.word)
        self.setToolTip(quality.detail or quality.word)
        self.setAccessibleName(self.tr("Line quality: %s") % quality.word)
        self.setAccessibleDescription(quality.detail)
        if self.details is not None and self.details.isVisible():
            self.details.show_rows(quality)
            if not quality.rows:
                self.details.dismiss()

    def _toggle(self) -> None:
        if self.details is None:
            self.details = QualityDetails(self._theme, self)
        if self.details.isVisible():
            self.details.dismiss()
        elif self._shown is not None and self._shown.rows:
            self.details.show_rows(self._shown)
            self.details.open()


class QualityDetails(QFrame):
    """The figures one by one, under the bars. Escape or a click elsewhere closes it; the keyboard
    stays where it is."""

    def __init__(self, theme: Theme, under: QWidget) -> None:
        super().__init__(under.window())
        self._theme = theme
        self._under = under
        self._values: list[QWidget] = []
        self.setProperty("frame", "window")
        self.setAutoFillBackground(True)
        self.setAccessibleName(self.tr("Figures of the line"))
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(Space.L, Space.M, Space.L, Space.M)
        self._grid.setHorizontalSpacing(Space.L)
        self._grid.setVerticalSpacing(Space.XS)
        self.hide()

    def show_rows(self, quality: Quality) -> None:
        """Paint the figures anew."""
        for old in self._values:
            self._grid.removeWidget(old)
            old.hide()
            old.deleteLater()
        self._values = []
        for at, (what, how_much) in enumerate(quality.rows):
            name = text_label(self._theme, what, Type.BODY, tone=Role.MUTED)
            value = text_label(self._theme, how_much, Type.BODY, SEMIBOLD)
            value.setAccessibleName(f"{what}: {how_much}")
            self._grid.addWidget(name, at, 0)
            self._grid.addWidget(value, at, 1, Qt.AlignmentFlag.AlignRight)
            self._values += [name, value]
        self.setAccessibleDescription(", ".join(": ".join(each) for each in quality.rows))
        if self.isVisible():
            self._place()

    def open(self) -> None:
        self._place()
        self.show()
        self.raise_()
        app = QApplication.instance()
        if app is not None:
            app.installEventFilter(self)

    def dismiss(self) -> None:
        app = QApplication.instance()
        if app is not None:
            app.removeEventFilter(self)
        self.hide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind is QEvent.Type.MouseButtonPress and isinstance(event, QMouseEvent):
            at = event.globalPosition().toPoint()
            if not (_area(self).contains(at) or _area(self._under).contains(at)):
                self.dismiss()
        elif kind is QEvent.Type.Move and watched is self._under:
            self._place()
        elif (
            kind is QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Escape
        ):
            self.dismiss()
            return True
        return False

    def _place(self) -> None:
        """Under the bars, its right edge on theirs."""
        for part in self._values:
            part.show()
        self._grid.activate()
        self.adjustSize()
        corner = self._under.mapTo(self.window(), self._under.rect().bottomRight())
        self.move(max(Space.S, corner.x() - self.width()), corner.y() + Space.S)


def _area(widget: QWidget) -> QRect:
    return QRect(widget.mapToGlobal(QPoint(0, 0)), widget.size())
