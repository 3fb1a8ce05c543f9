"""The panel for imports, over everything under the call bar.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QLabel, QVBoxLayout, QWidget

from ctidesk.ui.desk_commands import DeskCommand
from ctidesk.ui.member_import.pages import DonePage, PreviewPage, RunningPage
from ctidesk.ui.member_import.presenter import MemberImportPresenter
from ctidesk.ui.member_import.state import ImportStage, MemberImportState
from ctidesk.ui.theme.scale import SEMIBOLD, Space, Type
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.buttons import ActionButton, IconButton, Variant
from ctidesk.ui.widgets.file_dialog import FileQuestion
from ctidesk.ui.widgets.labels import ElidedLabel, text_label
from ctidesk.ui.widgets.sections import EmptyState, row
from ctidesk.ui.window.question import Overlay

_WIDTH = 1080
_REPORTS = ("CSV files (*.csv)", "All files (*)")
_FILES = (
    "Members (*.csv *.tsv *.txt *.vcf *.vcard)",
    "CSV files (*.csv *.tsv *.txt)",
    "vCards (*.vcf *.vcard)",
    "All files (*)",
)


class MemberImportOverlay(Overlay):
    """Closing it (Escape, a click beside) loses nothing: an import goes on, a preview stays. The
    call bar is never covered, and no dialog of it blocks the desk."""

    def __init__(self, theme: Theme, over: QWidget, presenter: MemberImportPresenter) -> None:
        super().__init__(theme, over, _WIDTH)
        self._presenter = presenter
        self._stage = ImportStage.CHOOSE
        self._files = FileQuestion(self)
        self.setObjectName("member_import")
        self.setAcceptDrops(True)
        self.frame.setAccessibleName(self.tr("Import members"))
        self._file = ElidedLabel(theme, "", Type.BODY, tone=Role.MUTED)
        self._problem = text_label(theme, "", Type.BODY, tone=Role.DANGER)
        self._problem.setObjectName("import_problem")
        self._problem.setWordWrap(True)
        self.choose_button = ActionButton(
            theme, "directory", self.tr("Choose a file…"), Variant.PRIMARY
        )
        self.choose_button.clicked.connect(self._ask_file)
        self._empty = EmptyState(
            theme,
            "database",
            self.tr("A CSV or vCard file with members, facilities or colleagues"),
            self.tr(
                "Choose it, or drop it here. You see what is understood before anything is "
                "imported; the same file again changes nothing."
            ),
            self.choose_button,
        )
        self._reading = EmptyState(theme, "sync", self.tr("Reading the file…"))
        self.preview = PreviewPage(theme, presenter)
        self.running = RunningPage(theme, presenter)
        self.done = DonePage(theme, presenter)
        self.done.save.clicked.connect(self._ask_report)
        self.preview.other.clicked.connect(self._ask_file)
        self.done.other.clicked.connect(presenter.reset)
        for close in (self.running.close_button, self.done.close_button):
            close.clicked.connect(self.dismiss)
        self._lay_out(theme)
        presenter.live.watch(self._render)

    def open(self) -> None:
        """Show where the import stands."""
        self.open_over(self._first())

    def dismiss(self) -> None:
        super().dismiss()
        self._files.close()
        if self._stage is ImportStage.DONE:  # its result was seen
            self._presenter.leave()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _dropped_file(event) is not None and not self._presenter.running:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = _dropped_file(event)
        if path is not None:
            event.acceptProposedAction()
            self._presenter.choose(path)

    def _lay_out(self, theme: Theme) -> None:
        title = text_label(theme, self.tr("Import members"), Type.TITLE, SEMIBOLD)
        close = IconButton(theme, "cross", self.tr("Close"), Variant.QUIET)
        close.clicked.connect(self.dismiss)
        head = row(title, self._file, close, gap=Space.M)
        head.setStretch(1, 1)
        body = self.frame.layout()
        assert isinstance(body, QVBoxLayout)
        body.setContentsMargins(Space.XL, Space.L, Space.XL, Space.L)
        body.setSpacing(Space.M)
        body.addLayout(head)
        body.addWidget(self._problem)
        self._pages = {
            ImportStage.CHOOSE: self._empty,
            ImportStage.READING: self._reading,
            ImportStage.PREVIEW: self.preview,
            ImportStage.RUNNING: self.running,
            ImportStage.DONE: self.done,
        }
        for page in self._pages.values():
            body.addWidget(page, 1)

    def _render(self, state: MemberImportState) -> None:
        moved = self._stage is not state.stage
        self._stage = state.stage
        self._file.setText(state.file_name)
        problem = f"{state.problem.text} {state.problem.remedy}" if state.problem else ""
        _show_text(self._problem, problem)
        self.preview.render_state(state)
        self.running.render_state(state)
        self.done.render_state(state)
        for stage, page in self._pages.items():
            page.setVisible(stage is state.stage)
        if moved and self.isVisible():
            self._first().setFocus(Qt.FocusReason.OtherFocusReason)

    def _first(self) -> QWidget:
        if self._stage is ImportStage.PREVIEW:
            return self.preview.go if self.preview.go.isEnabled() else self.preview.encoding
        if self._stage is ImportStage.RUNNING:
            return self.running.close_button
        if self._stage is ImportStage.DONE:
            return self.done.first()
        return self.choose_button if self._stage is ImportStage.CHOOSE else self.frame

    def _ask_file(self) -> None:
        dialog = self._files.ask(self.tr("Choose a file with members"), self._presenter.choose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters(_FILES)
        dialog.show()

    def _ask_report(self) -> None:
        dialog = self._files.ask(self.tr("Save the report"), self._presenter.save_report)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("csv")
        dialog.setNameFilters(_REPORTS)
        dialog.selectFile(f"{Path(self._file.text()).stem}-rejected.csv")
        dialog.show()


def _show_text(label: QLabel, text: str) -> None:
    label.setText(text)
    label.setVisible(bool(text))


def _dropped_file(event: QDropEvent) -> Path | None:
    files = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
    return Path(files[0]) if len(files) == 1 else None


def import_command(overlay: MemberImportOverlay) -> DeskCommand:
    """For the palette."""
    return DeskCommand(
        name="data.import_members",
        title="Import members…",
        group="Data",
        run=overlay.open,
        icon="database",
        words="csv vcard vcf contacts file directory load",
    )
