"""The stages of an export as pages: what and why, progress, result.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from datetime import date

from PySide6.QtCore import QDate
from PySide6.QtWidgets import (
    QComboBox,
    QDateEdit,
    QFormLayout,
    QLineEdit,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from ctidesk.care.member_export import MAX_REASON
from ctidesk.ui.member_export.presenter import (
    CHOICES,
    FORMS,
    MemberExportPresenter,
    MemberExportState,
)
from ctidesk.ui.theme.scale import SEMIBOLD, TARGET, Space, Type
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.buttons import ActionButton, Variant
from ctidesk.ui.widgets.labels import text_label
from ctidesk.ui.widgets.sections import row


class ChoosePage(QWidget):
    """What, as what, of when, and why; what it means to do it; Export."""

    def __init__(self, theme: Theme, presenter: MemberExportPresenter) -> None:
        super().__init__()
        self.what = QComboBox()
        self.what.setAccessibleName(self.tr("What is exported"))
        for title, contents in CHOICES:
            self.what.addItem(title, contents)
        self.what.activated.connect(lambda place: presenter.choose(CHOICES[place][1]))
        self.form = QComboBox()
        self.form.setAccessibleName(self.tr("Form of the file"))
        for title, form in FORMS:
            self.form.addItem(title, form)
        self.form.activated.connect(lambda place: presenter.write_as(FORMS[place][1]))
        self.begins, self.ends = _day(self.tr("First day")), _day(self.tr("Last day"))
        for edit in (self.begins, self.ends):
            edit.dateChanged.connect(
                lambda _: presenter.between(_date(self.begins.date()), _date(self.ends.date()))
            )
        self.reason = QLineEdit()
        self.reason.setMaxLength(MAX_REASON)
        self.reason.setAccessibleName(self.tr("Reason of the export"))
        self.reason.setPlaceholderText(self.tr("What the file is for; kept in the audit trail"))
        self.reason.textEdited.connect(presenter.because)
        warning = text_label(
            theme,
            self.tr(
                "Health data leave the desk: nothing protects the file any more. Put it only where "
                "others can't read it, pass it on encrypted, and delete it when it was used. Who "
                "exported what, when and why stays in the audit trail."
            ),
            tone=Role.DANGER,
        )
        warning.setWordWrap(True)
        self.problem = text_label(theme, "", Type.BODY, tone=Role.MUTED)
        self.problem.setObjectName("export_hint")
        self.problem.setWordWrap(True)
        self.go = ActionButton(theme, "save", self.tr("Export…"), Variant.PRIMARY)
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(Space.M)
        self._form.setVerticalSpacing(Space.M)
        self._period = QWidget()
        days = row(self.begins, text_label(theme, self.tr("to")), self.ends, None)
        days.setContentsMargins(0, 0, 0, 0)
        self._period.setLayout(days)
        for title, field in (
            (self.tr("What"), self.what),
            (self.tr("As"), self.form),
            (self.tr("Days"), self._period),
            (self.tr("Reason"), self.reason),
        ):
            label = text_label(theme, title, tone=Role.MUTED)
            label.setMinimumHeight(TARGET)
            self._form.addRow(label, field)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(Space.L)
        layout.addLayout(self._form)
        layout.addWidget(warning)
        layout.addStretch(1)
        foot = row(self.problem, self.go)
        foot.setStretch(0, 1)
        layout.addLayout(foot)

    def render_state(self, state: MemberExportState) -> None:
        self.what.setCurrentIndex([each for _, each in CHOICES].index(state.contents))
        self.form.setCurrentIndex([each for _, each in FORMS].index(state.form))
        self.form.setEnabled(not state.has_period)
        self._form.setRowVisible(self._period, state.has_period)
        for edit, day in ((self.begins, state.begins), (self.ends, state.ends)):
            edit.blockSignals(True)
            edit.setDate(QDate(day.year, day.month, day.day))
            edit.blockSignals(False)
        if self.reason.text() != state.reason:
            self.reason.setText(state.reason)
        said = f"{state.problem.text} {state.problem.remedy}" if state.problem else ""
        self.problem.setText(said)
        self.go.setEnabled(state.can_start)


class RunningPage(QWidget):
    """A bar, figures in words, Stop."""

    def __init__(self, theme: Theme, presenter: MemberExportPresenter) -> None:
        super().__init__()
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(self.tr("Progress of the export"))
        self.words = text_label(theme, "", Type.EMPHASIS, SEMIBOLD)
        about = text_label(
            theme,
            self.tr(
                "Calls and look-ups go first all the while. You can close this and go on working. "
                "The file appears when it is whole."
            ),
            tone=Role.MUTED,
        )
        about.setWordWrap(True)
        self.cancel = ActionButton(theme, "", self.tr("Stop the export"))
        self.cancel.clicked.connect(presenter.cancel)
        self.close_button = ActionButton(theme, "", self.tr("Go on working"), Variant.PRIMARY)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(Space.M)
        layout.addStretch(1)
        for widget in (self.words, self.bar, about):
            layout.addWidget(widget)
        layout.addStretch(2)
        layout.addLayout(row(None, self.cancel, self.close_button))

    def render_state(self, state: MemberExportState) -> None:
        self.bar.setValue(round(state.share * 1000))
        self.words.setText(self.tr("Stopping…") if state.cancelling else state.progress)
        self.cancel.setEnabled(not state.cancelling)


class DonePage(QWidget):
    """What is in the file, or why there is none."""

    def __init__(self, theme: Theme, presenter: MemberExportPresenter) -> None:
        super().__init__()
        self.result = text_label(theme, "", Type.EMPHASIS, SEMIBOLD)
        self.problem = text_label(theme, "", tone=Role.DANGER)
        self.problem.setObjectName("export_problem")
        for label in (self.result, self.problem):
            label.setWordWrap(True)
        self.other = ActionButton(theme, "", self.tr("Export something else"))
        self.other.clicked.connect(presenter.reset)
        self.close_button = ActionButton(theme, "", self.tr("Close"), Variant.PRIMARY)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(Space.M)
        layout.addWidget(self.result)
        layout.addWidget(self.problem)
        layout.addStretch(1)
        layout.addLayout(row(None, self.other, self.close_button))

    def render_state(self, state: MemberExportState) -> None:
        self.result.setText(state.result)
        said = f"{state.problem.text} {state.problem.remedy}" if state.problem else ""
        self.problem.setText(said)
        self.problem.setVisible(bool(said))


def _day(name: str) -> QDateEdit:
    edit = QDateEdit()
    edit.setCalendarPopup(True)
    edit.setDisplayFormat("yyyy-MM-dd")
    edit.setAccessibleName(name)
    return edit


def _date(day: QDate) -> date:
    return date(day.year(), day.month(), day.day())
