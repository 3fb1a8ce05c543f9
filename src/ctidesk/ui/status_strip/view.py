"""The status strip: a row of words with icons, the shift's figures at the right.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from ctidesk.ui.status_strip.fitting import Block, Keep, left_out
from ctidesk.ui.status_strip.indicator import Indicator
from ctidesk.ui.status_strip.presenter import StatusPresenter, StatusState
from ctidesk.ui.surroundings import Surroundings
from ctidesk.ui.theme.scale import SEMIBOLD, Space, Type
from ctidesk.ui.theme.theme import set_tone
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.buttons import IconButton, Target, Variant
from ctidesk.ui.widgets.charts import Sparkline
from ctidesk.ui.widgets.labels import ElidedLabel, IconLabel, text_label
from ctidesk.ui.widgets.sections import row


def _width(widget: QWidget) -> int:
    """With the gap beside it."""
    return widget.sizeHint().width() + Space.S


def _shrinking(label: ElidedLabel) -> ElidedLabel:
    """As wide as its words, or less; never wider."""
    label.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    return label


class IndicatorView(QWidget):
    """Icon and word; with a problem also a button that tells it."""

    def __init__(self, around: Surroundings, strip: StatusStrip) -> None:
        super().__init__()
        self._strip = strip
        self._icon = IconLabel(around.theme, "info", Role.MUTED, 14)
        # a full strip in the smallest window is cut in its words, never wider than the window
        self._word = _shrinking(ElidedLabel(around.theme, "", Type.CAPTION))
        self._more = IconButton(
            around.theme, "info", self.tr("What is wrong"), Variant.QUIET, Target.ROW
        )
        self._more.clicked.connect(self._tell)
        self._shown: Indicator | None = None
        self.setLayout(row(self._icon, self._word, self._more, gap=Space.XS))

    def show_indicator(self, shown: Indicator) -> None:
        if shown == self._shown:
            return
        self._shown = shown
        self._icon.set_icon(shown.icon, shown.role)
        self._word.setText(shown.word)
        self._word.setMinimumWidth(self._word.sizeHint().width() if shown.whole else 0)
        set_tone(self._word, shown.role)
        self._set_tip()
        self.setAccessibleName(f"{shown.word}. {shown.tip}" if shown.tip else shown.word)
        self._more.setVisible(shown.problem is not None or bool(shown.command))
        self._more.set_name(f"{shown.word}: {shown.action or self.tr('what to do')}")

    @property
    def block(self) -> Block:
        """Its word, which may give way to the icon alone."""
        role = self._shown.role if self._shown is not None else Role.MUTED
        keep = {Role.READY: Keep.WORKS, Role.MUTED: Keep.ASIDE}.get(role, Keep.ALWAYS)
        return Block(self._word.sizeHint().width() + Space.XS, keep)

    @property
    def bare_width(self) -> int:
        """Without the word."""
        more = self._more.sizeHint().width() + Space.XS if not self._more.isHidden() else 0
        return self._icon.width() + more

    def show_word(self, shown: bool) -> None:
        self._word.setVisible(shown)
        self._set_tip()

    def _set_tip(self) -> None:
        if self._shown is not None:
            word = self._shown.word if self._word.isHidden() else ""
            self.setToolTip(". ".join(part for part in (word, self._shown.tip) if part))

    def _tell(self) -> None:
        if self._shown is not None and self._shown.command:
            self._strip.command_wanted.emit(self._shown.command)
        elif self._shown is not None and self._shown.problem is not None:
            problem = self._shown.problem
            self._strip.explain_wanted.emit(self._shown.key, problem.text, problem.remedy)


class StatusStrip(QWidget):
    """One indicator per thing that works or does not; each keeps its place while it is there."""

    explain_wanted = Signal(str, str, str)
    """key, text, remedy"""

    command_wanted = Signal(str)
    """Name of a desk command."""

    figures_wanted = Signal()

    def __init__(self, around: Surroundings, presenter: StatusPresenter) -> None:
        super().__init__()
        self._around = around
        self._views: dict[str, IndicatorView] = {}
        self._has = (False, False)
        """Whether the shift has figures in parts, and a trend."""
        self.setObjectName("status_strip")
        self.setAccessibleName(self.tr("Status"))
        theme = around.theme
        self._left = QHBoxLayout()
        self._left.setSpacing(Space.L)
        self._reason = ElidedLabel(theme, "", Type.CAPTION, tone=Role.MUTED)
        self._caption = text_label(theme, self.tr("My AHT"), Type.CAPTION, tone=Role.MUTED)
        more = self._more = IconButton(
            theme,
            "history",
            self.tr("My handle time, by reason and party"),
            Variant.QUIET,
            Target.ROW,
        )
        more.setObjectName("figures_more")
        more.clicked.connect(self.figures_wanted)
        self._aht = text_label(theme, "", Type.CAPTION, SEMIBOLD)
        self._aht.setObjectName("my_aht")
        self._parts = _shrinking(ElidedLabel(theme, "", Type.CAPTION, tone=Role.MUTED))
        self._handled = text_label(theme, "", Type.CAPTION, tone=Role.MUTED)
        self._spark = Sparkline(theme, Role.ACCENT)
        self._spark.setAccessibleName(self.tr("Handle time of my last calls"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(Space.S)
        layout.addLayout(self._left)
        layout.addStretch(1)
        for widget in (
            self._caption,
            self._aht,
            self._parts,
            self._handled,
            self._spark,
            self._reason,
            more,
        ):
            layout.addWidget(widget)
        self.setMinimumHeight(28)
        presenter.live.watch(self._render)

    def _render(self, state: StatusState) -> None:
        wanted = {one.key for one in state.indicators}
        for key in [key for key in self._views if key not in wanted]:
            view = self._views.pop(key)
            self._left.removeWidget(view)
            view.deleteLater()
        for place, one in enumerate(state.indicators):
            if one.key not in self._views:
                view = self._views[one.key] = IndicatorView(self._around, self)
                self._left.insertWidget(place, view)
            self._views[one.key].show_indicator(one)
        shift = state.shift
        self._aht.setText(shift.aht)
        self._parts.setText(shift.parts)
        self._handled.setText(shift.handled)
        self._reason.setText(shift.reason)
        self._reason.setVisible(bool(shift.reason))
        self._spark.set_values(shift.spark)
        self._has = (bool(shift.parts), len(shift.spark) > 1)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Show what there is room for."""
        views = list(self._views.values())
        parts, trend = self._has
        figures = [
            Block(_width(self._parts) if parts else 0, Keep.FIGURES_IN_PARTS),
            Block(_width(self._spark) if trend else 0, Keep.TREND),
            Block(_width(self._handled), Keep.COUNT),
        ]
        fixed = [self._caption, self._aht, self._more]
        bare = sum(_width(widget) for widget in fixed) + (
            _width(self._reason) if not self._reason.isHidden() else 0
        )
        bare += sum(view.bare_width + Space.L for view in views)
        out = left_out(self.width() - bare, [*figures, *(view.block for view in views)])
        self._parts.setVisible(parts and 0 not in out)
        self._spark.setVisible(trend and 1 not in out)
        self._handled.setVisible(2 not in out)
        for place, view in enumerate(views, len(figures)):
            view.show_word(place not in out)
        layout = self.layout()
        if layout is not None:
            layout.activate()
