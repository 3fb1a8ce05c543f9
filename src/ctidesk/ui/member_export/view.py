"""The panel for exports, over everything under the call bar.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from ctidesk.ui.desk_commands import DeskCommand
from ctidesk.ui.member_export.pages import ChoosePage, DonePage, RunningPage
from ctidesk.ui.member_export.presenter import (
    ExportStage,
    MemberExportPresenter,
    MemberExportState,
)
from ctidesk.ui.theme.scale import SEMIBOLD, Space, Type
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.buttons import IconButton, Variant
from ctidesk.ui.widgets.file_dialog import FileQuestion
from ctidesk.ui.widgets.labels import ElidedLabel, text_label
from ctidesk.ui.widgets.sections import EmptyState, row
from ctidesk.ui.window.question import Overlay

_WIDTH, _HEIGHT = 640, 400


class MemberExportOverlay(Overlay):
    """Closing it (Escape, a click beside) stops nothing. The call bar is never covered, and no
    dialog of it blocks the desk."""

    def __init__(self, theme: Theme, over: QWidget, presenter: MemberExportPresenter) -> None:
        super().__init__(theme, over)
        self._presenter = presenter
        self._shown: MemberExportState | None = None
        self._files = FileQuestion(self)
        self.setObjectName("member_export")
        self.frame.setAccessibleName(self.tr("Export"))
        self.forbidden = EmptyState(theme, "lock", "")
        self.choose = ChoosePage(theme, presenter)
        self.running = RunningPage(theme, presenter)
        self.done = DonePage(theme, presenter)
        self.choose.go.clicked.connect(self._ask_file)
        for close in (self.running.close_button, self.done.close_button):
            close.clicked.connect(self.dismiss)
        self._file = ElidedLabel(theme, "", Type.BODY, tone=Role.MUTED)
        self._close = IconButton(theme, "cross", self.tr("Close"), Variant.QUIET)
        self._close.clicked.connect(self.dismiss)
        head = row(
            text_label(theme, self.tr("Export"), Type.TITLE, SEMIBOLD),
            self._file,
            self._close,
            gap=Space.M,
        )
        head.setStretch(1, 1)
        body = self.frame.layout()
        assert isinstance(body, QVBoxLayout)
        body.setContentsMargins(Space.XL, Space.L, Space.XL, Space.L)
        body.setSpacing(Space.M)
        body.addLayout(head)
        self._pages: dict[ExportStage, QWidget] = {
            ExportStage.FORBIDDEN: self.forbidden,
            ExportStage.CHOOSE: self.choose,
            ExportStage.RUNNING: self.running,
            ExportStage.DONE: self.done,
        }
        for page in self._pages.values():
            body.addWidget(page, 1)
        self.frame.setFixedSize(_WIDTH, _HEIGHT)
        presenter.live.watch(self._render)

    def open(self) -> None:
        """Show where the export stands."""
        self.open_over(self._first())

    def dismiss(self) -> None:
        super().dismiss()
        self._files.close()
        if self._shown is not None and self._shown.stage is ExportStage.DONE:
            self._presenter.reset()  # its result was seen

    def _render(self, state: MemberExportState) -> None:
        moved = self._shown is None or self._shown.stage is not state.stage
        self._shown = state
        self._file.setText(state.file_name if state.stage is ExportStage.RUNNING else "")
        if state.stage is ExportStage.FORBIDDEN and state.problem is not None:
            self.forbidden.set_texts(state.problem.text, state.problem.remedy)
        self.choose.render_state(state)
        self.running.render_state(state)
        self.done.render_state(state)
        for stage, page in self._pages.items():
            page.setVisible(stage is state.stage)
        if moved and self.isVisible():
            self._first().setFocus(Qt.FocusReason.OtherFocusReason)

    def _first(self) -> QWidget:
        stage = self._shown.stage if self._shown else ExportStage.CHOOSE
        if stage is ExportStage.RUNNING:
            return self.running.close_button
        if stage is ExportStage.DONE:
            return self.done.close_button
        return self.choose.reason if stage is ExportStage.CHOOSE else self._close

    def _ask_file(self) -> None:
        assert self._shown is not None
        name = self._shown.file_name
        suffix = Path(name).suffix.removeprefix(".")
        dialog = self._files.ask(self.tr("Export to"), self._presenter.start)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(suffix)
        dialog.setNameFilters([f"*.{suffix}", self.tr("All files (*)")])
        dialog.selectFile(name)
        dialog.show()


def export_command(overlay: MemberExportOverlay) -> DeskCommand:
    """For the palette. Where exports are forbidden the panel says so, and how to allow them."""
    return DeskCommand(
        name="data.export",
        title="Export members or calls…",
        group="Data",
        run=overlay.open,
        icon="save",
        words="csv vcard vcf file directory wrap-ups report save",
    )
