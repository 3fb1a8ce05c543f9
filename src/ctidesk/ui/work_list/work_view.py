"""What is to be done: the lines, the filter, and the question how a call ended.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from ctidesk.ui.line_list.line import Line
from ctidesk.ui.line_list.view import LineList
from ctidesk.ui.surroundings import Surroundings
from ctidesk.ui.theme.scale import SEMIBOLD, Space, Type
from ctidesk.ui.theme.theme import Theme, set_tone
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.buttons import ActionButton, IconButton, Target, Variant
from ctidesk.ui.widgets.labels import ElidedLabel, text_label
from ctidesk.ui.widgets.sections import Card, row
from ctidesk.ui.work_list.state import WorkLine, WorkPrompt, WorkState
from ctidesk.ui.work_list.work_presenter import ALL, CLOSED, MINE, WorkPresenter

MOST_ANSWERS = 4


class FilterRow(QWidget):
    """Mine, all or closed: one of them is chosen."""

    def __init__(self, theme: Theme, presenter: WorkPresenter, where: str) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("Which work"))
        labels = ((MINE, self.tr("Mine")), (ALL, self.tr("All")), (CLOSED, self.tr("Closed")))
        self._buttons: dict[str, ActionButton] = {}
        for name, label in labels:
            button = ActionButton(theme, "", label, Variant.QUIET, Target.ROW)
            button.setObjectName(f"{where}_{name}")
            button.setCheckable(True)
            button.clicked.connect(lambda _=False, name=name: presenter.choose_filter(name))
            self._buttons[name] = button
        self.setLayout(row(*self._buttons.values(), None, gap=Space.XS))

    def show_filter(self, chosen: str) -> None:
        for name, button in self._buttons.items():
            button.setChecked(name == chosen)


class PromptCard(Card):
    """How did the call end? A key for each answer."""

    def __init__(self, theme: Theme, presenter: WorkPresenter) -> None:
        super().__init__(Space.S, Space.XS)
        self.setObjectName("work_prompt")
        self.setAccessibleName(self.tr("How did the call end?"))
        self._theme, self._presenter = theme, presenter
        self._title = ElidedLabel(theme, "", Type.BODY, SEMIBOLD)
        later = IconButton(theme, "cross", self.tr("Say it later"), Variant.QUIET, Target.ROW)
        later.setObjectName("work_prompt_later")
        later.clicked.connect(presenter.not_now)
        self.body.addLayout(row(self._title, later, gap=Space.XS))
        self._buttons: list[ActionButton] = []
        self._keys = [""] * MOST_ANSWERS
        for place in range(MOST_ANSWERS):
            button = ActionButton(theme, "", "-", target=Target.ROW)
            button.setObjectName(f"work_outcome_{place + 1}")
            button.clicked.connect(lambda _=False, place=place: presenter.say_outcome(place))
            self._buttons.append(button)
            self.body.addWidget(button)

    def set_keys(self, keys: Sequence[str]) -> None:
        """Of the answers by their place, as the table of shortcuts has them."""
        self._keys = list(keys)
        for button, own in zip(self._buttons, keys, strict=True):
            button.set_keys(own)
        self.show_prompt(self._presenter.live.state.prompt)

    def show_prompt(self, prompt: WorkPrompt | None) -> None:
        self.setVisible(prompt is not None)
        if prompt is None:
            return
        self._title.setText(self.tr("%s: how did it end?") % prompt.title)
        for place, button in enumerate(self._buttons):
            there = place < len(prompt.choices)
            button.setVisible(there)
            if there:
                label = prompt.choices[place].label
                button.setText(f"{label}   {self._keys[place]}".rstrip())
                button.set_name(label)


class WorkPanel(QWidget):
    """`open_wanted`: the whole list with details; `add_wanted`: a new callback."""

    open_wanted = Signal()
    add_wanted = Signal()

    def __init__(self, around: Surroundings, presenter: WorkPresenter) -> None:
        super().__init__()
        theme = around.theme
        self._presenter = presenter
        self.setObjectName("work_panel")
        self.setAccessibleName(self.tr("To do"))
        self._title = text_label(theme, self.tr("To do"), Type.CAPTION, SEMIBOLD, Role.MUTED)
        self._counts = ElidedLabel(theme, "", Type.CAPTION, tone=Role.MUTED)
        self._counts.setObjectName("work_counts")
        self.add = IconButton(theme, "plus", self.tr("Add a callback"), Variant.QUIET, Target.ROW)
        self.add.setObjectName("work_add")
        self.add.clicked.connect(self.add_wanted)
        self.open = IconButton(
            theme, "expand", self.tr("Open the work list"), Variant.QUIET, Target.ROW
        )
        self.open.setObjectName("work_open")
        self.open.clicked.connect(self.open_wanted)
        self._filter = FilterRow(theme, presenter, "work")
        self.prompt = PromptCard(theme, presenter)
        self.items = LineList(around, self.tr("To do"))
        self.items.setObjectName("work_items")
        self._empty = text_label(theme, "", Type.BODY, tone=Role.MUTED)
        self._empty.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(Space.XS)
        layout.addLayout(row(self._title, self._counts, self.add, self.open, gap=Space.XS))
        layout.addWidget(self.prompt)
        layout.addWidget(self._filter)
        layout.addWidget(self.items, 1)
        layout.addWidget(self._empty)
        layout.addStretch(0)
        self._rest = layout
        self.items.picked.connect(presenter.choose)
        self.items.entered.connect(presenter.dial)
        self.items.selectionModel().currentChanged.connect(
            lambda *_: presenter.choose(self.items.current_key)
        )
        presenter.live.watch(self._render)

    def take_keyboard(self) -> None:
        target = self.items if self.items.lines else self.add
        target.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _render(self, state: WorkState) -> None:
        self._counts.setText(state.summary)
        set_counts_tone(self._counts, state.overdue)
        self._filter.show_filter(state.filter)
        self.prompt.show_prompt(state.prompt)
        self.items.set_lines(work_lines(state.lines))
        self.items.setVisible(bool(state.lines))
        self._empty.setText(
            " ".join(f"{part}." if part[-1] != "." else part for part in state.empty)
        )
        self._empty.setVisible(not state.lines)
        self._rest.setStretch(self._rest.count() - 1, 0 if state.lines else 1)


def set_counts_tone(label: QLabel, overdue: int) -> None:
    set_tone(label, Role.HOLD if overdue else Role.MUTED)


def work_lines(lines: Sequence[WorkLine]) -> list[Line]:
    return [_line(one) for one in lines]


def _line(one: WorkLine) -> Line:
    return Line(
        key=one.key,
        title=one.title,
        detail=one.detail,
        note=" · ".join(part for part in (one.due, one.note) if part),
        note_icon="warning" if one.overdue else "",
        note_role=Role.HOLD if one.overdue else Role.MUTED,
        icon=one.icon,
        role=Role.MUTED if one.closed else Role.HOLD if one.overdue else Role.ACCENT,
    )
