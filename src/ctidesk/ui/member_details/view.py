"""The form over the panels in which a member's details are put right.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QLineEdit, QVBoxLayout, QWidget

from ctidesk.care.outgoing import Entry
from ctidesk.ui.desk_commands import DeskCommand
from ctidesk.ui.member_details.presenter import DetailsState, MemberDetailsPresenter
from ctidesk.ui.theme.scale import SEMIBOLD, Space, Type
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.buttons import ActionButton, IconButton, Variant
from ctidesk.ui.widgets.labels import ElidedLabel, text_label
from ctidesk.ui.widgets.sections import row
from ctidesk.ui.window.question import Overlay

_WIDTH, _LABEL_WIDTH = 560, 128


class MemberDetailsOverlay(Overlay):
    """Enter saves, Escape leaves everything as it was."""

    def __init__(self, theme: Theme, over: QWidget, presenter: MemberDetailsPresenter) -> None:
        super().__init__(theme, over)
        self._presenter = presenter
        self._entries: tuple[Entry, ...] = ()
        self.fields: dict[str, QLineEdit] = {}
        self.setObjectName("member_details")
        self.frame.setAccessibleName(self.tr("Correct details"))
        self.frame.setFixedWidth(_WIDTH)
        self._whose = ElidedLabel(theme, "", Type.BODY, tone=Role.MUTED)
        self._problem = text_label(theme, "", Type.BODY, tone=Role.DANGER)
        self._problem.setObjectName("details_problem")
        self._problem.setWordWrap(True)
        said = self.tr(
            "Shown here at once and sent to the CRM. Several numbers: part them with a semicolon. "
            "An empty field takes the entry away."
        )
        self._hint = text_label(theme, said, Type.CAPTION, tone=Role.MUTED)
        self._hint.setWordWrap(True)
        self._close = IconButton(theme, "cross", self.tr("Close"), Variant.QUIET)
        self._close.clicked.connect(self.dismiss)
        self.save = ActionButton(theme, "save", self.tr("Save"), Variant.PRIMARY)
        self.save.clicked.connect(self._save)
        self._grid = QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(Space.M)
        self._grid.setVerticalSpacing(Space.S)
        self._grid.setColumnMinimumWidth(0, _LABEL_WIDTH)
        self._form = QWidget()
        self._form.setLayout(self._grid)
        title = text_label(theme, self.tr("Correct details"), Type.TITLE, SEMIBOLD)
        head = row(title, self._whose, self._close, gap=Space.M)
        head.setStretch(1, 1)
        body = self.frame.layout()
        assert isinstance(body, QVBoxLayout)
        body.setContentsMargins(Space.XL, Space.L, Space.XL, Space.L)
        body.setSpacing(Space.M)
        body.addLayout(head)
        for widget in (self._problem, self._form, self._hint):
            body.addWidget(widget)
        body.addLayout(row(None, self.save))
        presenter.live.watch(self._render)

    def open(self) -> None:
        self._presenter.open()

    def dismiss(self) -> None:
        if self.isVisible():
            super().dismiss()
            self._presenter.close()

    # ----------------------------------------------------------------- private

    def _render(self, state: DetailsState) -> None:
        self._whose.setText(state.title)
        problem = f"{state.problem.text} {state.problem.remedy}" if state.problem else ""
        self._problem.setText(problem)
        self._problem.setVisible(bool(problem))
        # a layout inside a fixed width does not ask how high wrapped text gets
        for label in (self._problem, self._hint):
            label.setMinimumHeight(max(0, label.heightForWidth(_WIDTH - 2 * Space.XL)))
        if state.entries != self._entries:
            self._fill(state.entries)
        for field in self.fields.values():
            field.setReadOnly(state.saving)
        self._form.setVisible(bool(state.entries))
        self._hint.setVisible(bool(state.entries))
        self.save.setEnabled(bool(state.entries) and not state.saving)
        if state.open and not self.isVisible():
            self.open_over(self._close)
        elif not state.open and self.isVisible():
            super().dismiss()

    def _fill(self, entries: tuple[Entry, ...]) -> None:
        self._entries = entries
        while (item := self._grid.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                # out of the tree at once, and not when the event loop gets to it
                old.setParent(None)
                old.deleteLater()
        self.fields = {}
        for at, entry in enumerate(entries):
            label = text_label(self._theme, entry.label, Type.BODY, tone=Role.MUTED)
            field = QLineEdit(entry.value)
            field.setAccessibleName(entry.label)
            field.setObjectName(f"details_{entry.name}")
            field.returnPressed.connect(self._save)
            label.setBuddy(field)
            self.fields[entry.name] = field
            self._grid.addWidget(label, at, 0)
            self._grid.addWidget(field, at, 1)
        if self.fields and self.isVisible():
            next(iter(self.fields.values())).setFocus()

    def _save(self) -> None:
        self._presenter.save({name: field.text() for name, field in self.fields.items()})


def correct_command(
    overlay: MemberDetailsOverlay, presenter: MemberDetailsPresenter
) -> DeskCommand:
    """For the palette and the card's button."""
    return DeskCommand(
        name="card.correct",
        title="Correct the member's details…",
        group="Card",
        run=overlay.open,
        possible=lambda: presenter.possible,
        icon="note",
        words="address phone number language change edit update policy",
    )
