"""The agent's own figures on one sheet over the panels.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QVBoxLayout, QWidget

from ctidesk.calls.text import plain
from ctidesk.ui.figures.lines import LineLine
from ctidesk.ui.figures.presenter import FigureLine, FiguresPresenter, FiguresState
from ctidesk.ui.theme.scale import REGULAR, SEMIBOLD, Space, Type
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.buttons import IconButton, Variant
from ctidesk.ui.widgets.labels import text_label
from ctidesk.ui.widgets.sections import row
from ctidesk.ui.window.question import Overlay

NAME_WIDTH = 240
COLUMN_WIDTH = 72
MAX_NAME_CHARS = 34
MARGINS = 160
"""What title and frame take of the height."""
TOTAL = 2
"""Column of the sum."""


class FiguresOverlay(Overlay):
    """Runs while it is open. Never red: a figure informs and blames nobody (R24)."""

    def __init__(self, theme: Theme, over: QWidget, presenter: FiguresPresenter) -> None:
        super().__init__(theme, over)
        self._presenter = presenter
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setObjectName("figures")
        self.frame.setAccessibleName(self.tr("My handle time"))
        self._close = IconButton(theme, "cross", self.tr("Close"), Variant.QUIET)
        self._close.clicked.connect(self.dismiss)
        title = text_label(theme, self.tr("My handle time"), Type.TITLE, SEMIBOLD)
        self._body = QVBoxLayout()
        self._body.setSpacing(Space.M)
        self._body.addLayout(row(title, None, self._close))
        self._body.addWidget(self._scroll)
        frame = self.frame.layout()
        assert isinstance(frame, QVBoxLayout)
        frame.setContentsMargins(Space.XL, Space.L, Space.XL, Space.XL)
        frame.addLayout(self._body)
        presenter.live.watch(self._render)

    def toggle(self) -> None:
        if self.isVisible():
            self.dismiss()
            return
        self._presenter.shown = True
        self._presenter.live.refresh()
        self.open_over(self._close)

    def dismiss(self) -> None:
        self._presenter.shown = False
        super().dismiss()

    # ----------------------------------------------------------------- private

    def _render(self, state: FiguresState) -> None:
        at = self._scroll.verticalScrollBar().value()
        sheet = QWidget()
        grid = QGridLayout(sheet)
        grid.setContentsMargins(0, 0, Space.M, 0)  # beside the scroll bar
        grid.setHorizontalSpacing(Space.M)
        grid.setVerticalSpacing(Space.XS)
        grid.setColumnMinimumWidth(0, NAME_WIDTH)
        for column in range(1, 7):
            grid.setColumnMinimumWidth(column, COLUMN_WIDTH)
        self._head(grid)
        self._section(grid, self.tr("Now"), state.now)
        self._section(grid, self.tr("This shift"), (state.shift, *state.unexcused))
        self._section(grid, self.tr("By reason"), state.by_reason)
        self._section(grid, self.tr("By party"), state.by_party)
        self._lines(grid, state.lines)
        note = self.tr("Occupancy %s. Averages over handled calls, minutes and seconds.")
        foot = text_label(self._theme, note % state.occupancy, Type.CAPTION, tone=Role.MUTED)
        grid.setRowMinimumHeight(grid.rowCount(), Space.S)
        grid.addWidget(foot, grid.rowCount(), 0, 1, 7)
        self._scroll.setWidget(sheet)  # the former sheet goes with it
        wanted = sheet.sizeHint()
        self._scroll.setMinimumWidth(wanted.width() + self._scroll.verticalScrollBar().width() // 4)
        self._scroll.setFixedHeight(min(wanted.height(), max(160, self._over.height() - MARGINS)))
        self._scroll.verticalScrollBar().setValue(at)

    def _head(self, grid: QGridLayout) -> None:
        for column, caption in enumerate(
            (
                self.tr("Calls"),
                self.tr("AHT"),
                self.tr("Dialling"),
                self.tr("Talk"),
                self.tr("Hold"),
                self.tr("Wrap-up"),
            ),
            1,
        ):
            label = text_label(self._theme, caption, Type.CAPTION, SEMIBOLD, Role.MUTED)
            grid.addWidget(label, 0, column, Qt.AlignmentFlag.AlignRight)

    def _section(self, grid: QGridLayout, title: str, lines: tuple[FigureLine, ...]) -> None:
        if not lines:
            return
        caption = text_label(self._theme, title, Type.CAPTION, SEMIBOLD, Role.MUTED)
        at = grid.rowCount()
        grid.setRowMinimumHeight(at, Space.XL)
        grid.addWidget(caption, at, 0, Qt.AlignmentFlag.AlignBottom)
        for line in lines:
            self._line(grid, line)

    def _lines(self, grid: QGridLayout, lines: tuple[LineLine, ...]) -> None:
        """The lines of the last calls, in the same columns under captions of their own."""
        if not lines:
            return
        at = grid.rowCount()
        grid.setRowMinimumHeight(at, Space.XL)
        captions = (
            self.tr("Lines of my last calls"),
            self.tr("Line"),
            self.tr("MOS"),
            self.tr("Lowest"),
            self.tr("Loss"),
            self.tr("Jitter"),
            self.tr("RTT"),
        )
        for column, caption in enumerate(captions):
            label = text_label(self._theme, caption, Type.CAPTION, SEMIBOLD, Role.MUTED)
            side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
            grid.addWidget(label, at, column, Qt.AlignmentFlag.AlignBottom | side)
        for line in lines:
            self._one_line(grid, line)

    def _one_line(self, grid: QGridLayout, line: LineLine) -> None:
        at = grid.rowCount()
        name = text_label(self._theme, line.name)
        name.setAccessibleName(
            self.tr("%s: line %s, MOS %s, lowest %s, loss %s, %s")
            % (line.name, line.word, line.mos, line.lowest, line.loss, line.detail)
        )
        grid.addWidget(name, at, 0)
        values = (line.word, line.mos, line.lowest, line.loss, line.jitter, line.round_trip)
        for column, value in enumerate(values, 1):
            label = text_label(self._theme, value)
            label.setFont(self._theme.figures(Type.BODY, REGULAR))
            grid.addWidget(label, at, column, Qt.AlignmentFlag.AlignRight)
        detail = text_label(self._theme, line.detail, Type.CAPTION, tone=Role.MUTED)
        detail.setWordWrap(True)
        grid.addWidget(detail, at + 1, 0, 1, 7)

    def _line(self, grid: QGridLayout, line: FigureLine) -> None:
        at = grid.rowCount()
        name = text_label(self._theme, plain(line.name, MAX_NAME_CHARS))
        said = self.tr("%s: calls %s, total %s") % (line.name, line.count or "1", line.total)
        if line.talk:
            parts = (line.talk, line.hold, line.wrap_up)
            said = f"{said}{self.tr(', talk %s, hold %s, wrap-up %s') % parts}"
        name.setAccessibleName(said)
        grid.addWidget(name, at, 0)
        values = (line.count, line.total, line.dial, line.talk, line.hold, line.wrap_up)
        for column, value in enumerate(values, 1):
            label = text_label(self._theme, value)
            label.setFont(self._theme.figures(Type.BODY, SEMIBOLD if column == TOTAL else REGULAR))
            grid.addWidget(label, at, column, Qt.AlignmentFlag.AlignRight)
