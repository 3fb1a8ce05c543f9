"""Bars and word of the line's quality, at the right end of the top row.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from ctidesk.ui.quality.presenter import NO_CALL, Quality
from ctidesk.ui.theme.scale import Space, Type
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.charts import QualityBars
from ctidesk.ui.widgets.labels import text_label
from ctidesk.ui.widgets.sections import row


class QualityView(QWidget):
    """Renders one `Quality`; the figures are in the tool tip."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._bars = QualityBars(theme)
        self._word = text_label(theme, "", Type.CAPTION, tone=Role.MUTED)
        # as wide as the longest word: what stands beside must not move with the quality
        self._word.setFixedWidth(self._word.fontMetrics().horizontalAdvance("No call") + 2)
        self._shown: Quality | None = None
        self.setLayout(row(self._bars, self._word, gap=Space.S))
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
