"""A callback or a task added by hand.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QLineEdit

from ctidesk.ui.theme.scale import Space, Type
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.buttons import ActionButton, Variant
from ctidesk.ui.widgets.labels import text_label
from ctidesk.ui.widgets.sections import Card, row
from ctidesk.ui.work_list.work_presenter import WorkPresenter


class AddForm(Card):
    """Enter adds, Escape leaves."""

    def __init__(self, theme: Theme, presenter: WorkPresenter, added: Callable[[], None]) -> None:
        super().__init__(Space.S, Space.XS)
        self._presenter, self._added = presenter, added
        self.setObjectName("work_add_form")
        self.number = QLineEdit()
        self.number.setObjectName("work_add_number")
        self.number.setPlaceholderText(self.tr("Number"))
        self.number.setAccessibleName(self.tr("Number to call back"))
        self.what = QLineEdit()
        self.what.setObjectName("work_add_what")
        self.what.setPlaceholderText(self.tr("Who, and what about"))
        self.what.setAccessibleName(self.tr("Who, and what about"))
        self.due = QComboBox()
        self.due.setObjectName("work_add_due")
        self.due.setAccessibleName(self.tr("When"))
        self._problem = text_label(theme, "", Type.CAPTION, tone=Role.DANGER)
        self._problem.setObjectName("work_add_problem")
        self._problem.setWordWrap(True)
        self.ok = ActionButton(theme, "plus", self.tr("Add"), Variant.PRIMARY)
        self.ok.setObjectName("work_add_ok")
        self.ok.clicked.connect(self._add)
        for field in (self.number, self.what):
            field.returnPressed.connect(self._add)
        line = row(self.number, self.what, self.due, self.ok)
        line.setStretch(1, 1)
        self.body.addLayout(line)
        self.body.addWidget(self._problem)
        self._later: tuple[tuple[float, str], ...] = ()

    def begin(self) -> None:
        """Empty, with the times as of now."""
        self._later = self._presenter.later
        self.due.clear()
        self.due.addItems([label for _, label in self._later])
        self.number.clear()
        self.what.clear()
        self._say("")
        self.show()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._added()
        else:
            super().keyPressEvent(event)

    def _add(self) -> None:
        place = self.due.currentIndex()
        due = self._later[place][0] if 0 <= place < len(self._later) else None
        problem = self._presenter.add_callback(self.what.text(), self.number.text(), due)
        if problem is None:
            self._added()
        else:
            self._say(f"{problem.text} {problem.remedy}")

    def _say(self, text: str) -> None:
        self._problem.setText(text)
        self._problem.setVisible(bool(text))
