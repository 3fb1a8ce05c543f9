"""The stages of an import as pages: preview, progress, result.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtWidgets import QComboBox, QProgressBar, QVBoxLayout, QWidget

from ctidesk.ui.member_import.mapping_table import MappingTable
from ctidesk.ui.member_import.presenter import MemberImportPresenter
from ctidesk.ui.member_import.rejected_table import RejectedTable
from ctidesk.ui.member_import.state import DELIMITERS, ImportStage, MemberImportState
from ctidesk.ui.theme.scale import SEMIBOLD, Space, Type
from ctidesk.ui.theme.theme import Theme, set_tone
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.buttons import ActionButton, Variant
from ctidesk.ui.widgets.labels import text_label
from ctidesk.ui.widgets.sections import row


class PreviewPage(QWidget):
    """How the file is read, what its columns are taken as, dry run and Import."""

    def __init__(self, theme: Theme, presenter: MemberImportPresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self.encoding = QComboBox()
        self.encoding.setAccessibleName(self.tr("Character encoding"))
        self.encoding.setPlaceholderText(self.tr("Choose…"))
        self.encoding.activated.connect(
            lambda _: presenter.read_as(encoding=str(self.encoding.currentData()))
        )
        self.delimiter = QComboBox()
        self.delimiter.setAccessibleName(self.tr("Delimiter"))
        self.delimiter.setPlaceholderText(self.tr("Guessed"))
        for value, title in DELIMITERS:
            self.delimiter.addItem(title, value)
        self.delimiter.activated.connect(
            lambda _: presenter.read_as(delimiter=str(self.delimiter.currentData()))
        )
        self.table = MappingTable(presenter.columns)
        self.table.changed.connect(presenter.map)
        self._hint = text_label(theme, "", Type.BODY, tone=Role.MUTED)
        self._hint.setObjectName("import_hint")
        self._hint.setWordWrap(True)
        self.other = ActionButton(theme, "", self.tr("Another file…"))
        self.go = ActionButton(theme, "database", self.tr("Import"), Variant.PRIMARY)
        self.go.clicked.connect(presenter.start)
        self.try_out = ActionButton(theme, "", self.tr("Dry run"))
        self.try_out.setToolTip(self.tr("Says what would come of it, and writes nothing"))
        self.try_out.clicked.connect(lambda: presenter.start(dry_run=True))
        self.guess = ActionButton(theme, "", self.tr("Guess again"))
        self.guess.setToolTip(self.tr("Forgets what was agreed to for these headings"))
        self.guess.clicked.connect(presenter.guess_again)
        self._delimited = text_label(theme, self.tr("Delimiter"), tone=Role.MUTED)
        read_as = row(
            text_label(theme, self.tr("Encoding"), tone=Role.MUTED),
            self.encoding,
            self._delimited,
            self.delimiter,
            None,
            self.guess,
        )
        layout = _plain_column(self)
        layout.addLayout(read_as)
        layout.addWidget(self.table, 1)
        self._rest = QWidget()
        layout.addWidget(self._rest, 1)
        foot = row(self._hint, self.other, self.try_out, self.go)
        foot.setStretch(0, 1)
        layout.addLayout(foot)

    def render_state(self, state: MemberImportState) -> None:
        if self.encoding.count() == 0:
            for value, title in state.encodings:
                self.encoding.addItem(title, value)
        self.encoding.setCurrentIndex(self.encoding.findData(state.encoding))
        self.delimiter.setCurrentIndex(self.delimiter.findData(state.delimiter))
        for widget in (self._delimited, self.delimiter):
            widget.setVisible(bool(state.delimiters))
        self.guess.setVisible(state.kept)
        self.table.show_lines(state.lines)
        self.table.setVisible(bool(state.lines))
        self._rest.setVisible(not state.lines)
        self._hint.setText(state.hint)
        set_tone(self._hint, Role.DANGER if state.hint_is_problem else Role.MUTED)
        self.go.setEnabled(state.can_start)
        self.try_out.setEnabled(state.can_start)


class RunningPage(QWidget):
    """A bar, figures in words, Cancel."""

    def __init__(self, theme: Theme, presenter: MemberImportPresenter) -> None:
        super().__init__()
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("Progress of the import"))
        self.words = text_label(theme, "", Type.EMPHASIS, SEMIBOLD)
        about = text_label(
            theme,
            self.tr(
                "Calls and look-ups go first all the while. You can close this and go on working; "
                "the desk tells when it is done."
            ),
            tone=Role.MUTED,
        )
        about.setWordWrap(True)
        self.cancel = ActionButton(theme, "", self.tr("Stop the import"))
        self.cancel.clicked.connect(presenter.cancel)
        self.close_button = ActionButton(theme, "", self.tr("Go on working"), Variant.PRIMARY)
        layout = _plain_column(self)
        layout.addStretch(1)
        for widget in (self.words, self.bar, about):
            layout.addWidget(widget)
        layout.addStretch(2)
        layout.addLayout(row(None, self.cancel, self.close_button))

    def render_state(self, state: MemberImportState) -> None:
        if state.stage is not ImportStage.RUNNING:
            return
        self.bar.setValue(round(state.share * 1000))
        stopping = self.tr("Stopping…") if state.dry_run else self.tr("Stopping… what is in stays.")
        stop = self.tr("Stop the dry run") if state.dry_run else self.tr("Stop the import")
        self.cancel.setText(stop)
        self.words.setText(stopping if state.cancelling else state.progress)
        self.cancel.setEnabled(not state.cancelling)


class DonePage(QWidget):
    """The result, and the rows that were left out."""

    def __init__(self, theme: Theme, presenter: MemberImportPresenter) -> None:
        super().__init__()
        self.result = text_label(theme, "", Type.EMPHASIS, SEMIBOLD)
        self.result.setWordWrap(True)
        self.table = RejectedTable()
        self._count = text_label(theme, "", Type.BODY, tone=Role.MUTED)
        self._note = text_label(theme, "", Type.BODY, tone=Role.MUTED)
        self._note.setObjectName("import_note")
        self._note.setWordWrap(True)
        self.save = ActionButton(theme, "save", self.tr("Save report…"))
        self.other = ActionButton(theme, "", self.tr("Import another file"))
        self.back = ActionButton(theme, "", self.tr("Back to the columns"))
        self.back.clicked.connect(presenter.back)
        self.follow = ActionButton(theme, "database", self.tr("Import now"), Variant.PRIMARY)
        self.follow.clicked.connect(presenter.start)
        self.close_button = ActionButton(theme, "", self.tr("Close"), Variant.PRIMARY)
        layout = _plain_column(self)
        layout.addWidget(self.result)
        layout.addWidget(self._count)
        layout.addWidget(self.table, 1)
        self._rest = QWidget()
        layout.addWidget(self._rest, 1)
        foot = row(self._note, self.save, self.other, self.back, self.follow, self.close_button)
        foot.setStretch(0, 1)
        layout.addLayout(foot)

    def first(self) -> QWidget:
        """What has the keyboard: never the import itself, which nobody shall start by Enter."""
        if self.back.isVisibleTo(self):
            return self.back
        return self.save if self.save.isVisibleTo(self) else self.close_button

    def render_state(self, state: MemberImportState) -> None:
        self.result.setText(state.result)
        self.table.rows.show_rows(state.rejected)
        some = bool(state.rejected_count)
        listed, count = len(state.rejected), state.rejected_count
        words = self.tr("These rows were left out.")
        if state.dry_run:
            words = self.tr("These rows would be left out.")
        if listed < count:
            words = self.tr("The first %d of %d rows that are left out.") % (listed, count)
        self._count.setText(words)
        for widget in (self._count, self.table, self.save):
            widget.setVisible(some)
        self._rest.setVisible(not some)
        self._note.setText(state.note)
        for widget in (self.back, self.follow):
            widget.setVisible(state.dry_run)
        self.follow.setEnabled(state.can_follow)
        for widget in (self.other, self.close_button):
            widget.setVisible(not state.dry_run)


def _plain_column(page: QWidget) -> QVBoxLayout:
    layout = QVBoxLayout(page)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(Space.M)
    return layout
