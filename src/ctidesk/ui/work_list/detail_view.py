"""One piece of work in full: what was tried, the note, and everything that can be done to it.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QComboBox, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from ctidesk.care.work import Outcome
from ctidesk.ui.theme.scale import SEMIBOLD, Space, Type
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.buttons import ActionButton, Variant
from ctidesk.ui.widgets.labels import text_label
from ctidesk.ui.widgets.sections import row
from ctidesk.ui.work_list.state import OutcomeChoice, WorkDetail
from ctidesk.ui.work_list.work_presenter import WorkPresenter

_NEEDS_REASON = (Outcome.GAVE_UP, Outcome.DROPPED)
_MOST_CHOICES, _MOST_LATER = 4, 4


class WorkDetailView(QWidget):
    """`dial()` dials the chosen item and closes what lies over the desk."""

    def __init__(
        self,
        theme: Theme,
        presenter: WorkPresenter,
        dial: Callable[[], None],
        colleagues: Sequence[str],
    ) -> None:
        super().__init__()
        self._theme, self._presenter = theme, presenter
        self._shown = ""
        self._choices: tuple[OutcomeChoice, ...] = ()
        self._later: tuple[tuple[float, str], ...] = ()
        self.setObjectName("work_detail")
        self._title = text_label(theme, "", Type.TITLE, SEMIBOLD)
        self._lines = text_label(theme, "", Type.BODY)
        self._log = text_label(theme, "", Type.CAPTION, tone=Role.MUTED)
        for label in (self._title, self._lines, self._log):
            label.setWordWrap(True)
        self._log.setObjectName("work_log")
        self.call = self._button("phone", self.tr("Call"), "work_call", dial, Variant.PRIMARY)
        self.take = self._button("user", self.tr("Take"), "work_take", presenter.take)
        self.give_back = self._button(
            "", self.tr("Give back"), "work_give_back", presenter.give_back
        )
        self.owner = QComboBox()
        self.owner.setEditable(True)
        self.owner.addItems(list(colleagues))
        self.owner.setObjectName("work_owner")
        self.owner.setAccessibleName(self.tr("Hand over to"))
        self.owner.setMinimumWidth(140)
        self.hand_over = self._button("", self.tr("Hand over"), "work_hand_over", self._hand_over)
        self.note = QPlainTextEdit()
        self.note.setObjectName("work_note")
        self.note.setAccessibleName(self.tr("Note"))
        self.note.setPlaceholderText(self.tr("Note for whoever does it next"))
        self.note.setFixedHeight(72)
        self.note.setTabChangesFocus(True)
        self.save = self._button("save", self.tr("Save the note"), "work_save_note", self._save)
        self.reason = QLineEdit()
        self.reason.setObjectName("work_reason")
        self.reason.setPlaceholderText(self.tr("Reason, when it was not done"))
        self.reason.setAccessibleName(self.tr("Reason, when it was not done"))
        self._ends = [
            self._button("", "-", f"work_end_{n + 1}", functools.partial(self._end, n))
            for n in range(_MOST_CHOICES)
        ]
        self._puts = [
            self._button("", "-", f"work_put_off_{n + 1}", functools.partial(self._put_off, n))
            for n in range(_MOST_LATER)
        ]
        self._lay_out()
        self.show_detail(None)

    def show_detail(self, detail: WorkDetail | None) -> None:
        self._all.setVisible(detail is not None)
        if detail is None:
            self._shown = ""
            return
        other = detail.key != self._shown
        self._shown = detail.key
        self._title.setText(detail.title)
        self._lines.setText("\n".join(detail.lines))
        self._log.setText("\n".join(detail.log))
        self._log.setVisible(bool(detail.log))
        if other:
            self.note.setPlainText(detail.note)
            self.reason.clear()
            self.owner.setCurrentText("")
        self.call.setEnabled(detail.can_dial)
        self.take.setVisible(detail.can_take)
        self.give_back.setVisible(detail.can_give_back)
        self.note.setReadOnly(not detail.stored)
        self._work.setVisible(detail.stored)
        self._choices, self._later = detail.choices, detail.later
        for place, button in enumerate(self._ends):
            button.setVisible(place < len(detail.choices))
            if place < len(detail.choices):
                button.setText(detail.choices[place].label)
                button.set_name(detail.choices[place].label)
        for place, button in enumerate(self._puts):
            button.setVisible(place < len(detail.later))
            if place < len(detail.later):
                button.setText(detail.later[place][1])
                button.set_name(detail.later[place][1])

    # ----------------------------------------------------------------- private

    def _button(
        self,
        icon: str,
        text: str,
        name: str,
        run: Callable[[], None],
        variant: Variant = Variant.PLAIN,
    ) -> ActionButton:
        button = ActionButton(self._theme, icon, text, variant)
        button.setObjectName(name)
        button.clicked.connect(lambda _=False: run())
        return button

    def _caption(self, text: str) -> QWidget:
        return text_label(self._theme, text, Type.CAPTION, SEMIBOLD, Role.MUTED)

    def _lay_out(self) -> None:
        self._all = QWidget()
        self._work = QWidget()
        work = QVBoxLayout(self._work)
        work.setContentsMargins(0, 0, 0, 0)
        work.setSpacing(Space.S)
        work.addWidget(self.note)
        work.addLayout(row(self.save, None, self.owner, self.hand_over))
        work.addWidget(self._caption(self.tr("Put off")))
        work.addLayout(row(*self._puts[:2], None))
        work.addLayout(row(*self._puts[2:], None))
        work.addWidget(self._caption(self.tr("Close")))
        work.addLayout(row(*self._ends, None))
        work.addWidget(self.reason)
        body = QVBoxLayout(self._all)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(Space.S)
        for widget in (self._title, self._lines, self._log):
            body.addWidget(widget)
        body.addLayout(row(self.call, self.take, self.give_back, None))
        body.addWidget(self._work)
        body.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._all)

    def _hand_over(self) -> None:
        self._presenter.hand_over(self.owner.currentText())

    def _save(self) -> None:
        self._presenter.note(self.note.toPlainText())

    def _put_off(self, place: int) -> None:
        if place < len(self._later):
            self._presenter.put_off(self._later[place][0])

    def _end(self, place: int) -> None:
        if place >= len(self._choices):
            return
        outcome = self._choices[place].key
        if outcome in _NEEDS_REASON and not self.reason.text().strip():
            self.reason.setFocus()
        self._presenter.close(outcome, self.reason.text())
