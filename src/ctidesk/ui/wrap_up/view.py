"""The right column: code, note, follow-up, the time of after-call work, saving.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QStackedLayout, QVBoxLayout, QWidget

from ctidesk.ui.surroundings import Surroundings
from ctidesk.ui.theme.scale import SEMIBOLD, Space, Type
from ctidesk.ui.theme.theme import set_tone
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.buttons import ActionButton, Target, Variant
from ctidesk.ui.widgets.labels import ElidedLabel, text_label
from ctidesk.ui.widgets.sections import EmptyState, row
from ctidesk.ui.wrap_up.code_view import CodeField
from ctidesk.ui.wrap_up.note_field import NoteField
from ctidesk.ui.wrap_up.presenter import WrapUpPresenter
from ctidesk.ui.wrap_up.state import OpenWrapUp, WrapUpState


class WrapUpPanel(QWidget):
    """Open from the answer on. Its fields are never cleared but by a save."""

    def __init__(
        self, around: Surroundings, presenter: WrapUpPresenter, reasons: Sequence[str]
    ) -> None:
        super().__init__()
        self._around = around
        self._presenter = presenter
        self._queue: tuple[OpenWrapUp, ...] = ()
        self.setObjectName("wrap_up")
        self.setAccessibleName(self.tr("Wrap-up"))
        self._pages = QStackedLayout(self)
        self._pages.setContentsMargins(0, 0, 0, 0)
        empty = EmptyState(
            around.theme,
            "note",
            self.tr("No wrap-up open"),
            self.tr("Code and note open when a call is answered."),
        )
        page = self._page = QWidget()
        self._layout = QVBoxLayout(page)
        self._layout.setContentsMargins(Space.M, Space.M, Space.M, Space.M)
        self._layout.setSpacing(Space.S)
        self._make_head()
        self._make_fields()
        self._make_time()
        self._make_saving(reasons)
        self._pages.addWidget(empty)
        self._pages.addWidget(page)
        presenter.live.watch(self._render)

    # -------------------------------------------------------------------- make

    def _make_head(self) -> None:
        theme = self._around.theme
        self._title = ElidedLabel(theme, "", Type.EMPHASIS, SEMIBOLD)
        self._layout.addLayout(
            row(text_label(theme, self.tr("Wrap-up"), Type.CAPTION, SEMIBOLD, Role.WRAP_UP))
        )
        self._layout.addWidget(self._title)
        self._chips = QWidget()
        self._chip_row = QHBoxLayout(self._chips)
        self._chip_row.setContentsMargins(0, 0, 0, 0)
        self._chip_row.setSpacing(Space.XS)
        self._layout.addWidget(self._chips)

    def _make_fields(self) -> None:
        theme = self._around.theme
        self.code = CodeField(self._around, self._presenter)
        self.note = NoteField(self.tr("Note (kept as you type)"))
        self.note.setObjectName("wrap_up_note")
        self.follow_up = QLineEdit()
        self.follow_up.setObjectName("wrap_up_follow_up")
        self.follow_up.setPlaceholderText(self.tr("Follow-up: what, by when"))
        self.follow_up.setAccessibleName(self.tr("Follow-up"))
        self._layout.addWidget(self.code)
        self._layout.addWidget(text_label(theme, self.tr("Note"), Type.CAPTION, tone=Role.MUTED))
        self._layout.addWidget(self.note, 1)
        self._layout.addWidget(self.follow_up)
        self.code.taken.connect(self.focus_note)
        self.note.edited.connect(self._presenter.write)
        self.note.paused.connect(self._presenter.keep)
        self.follow_up.textEdited.connect(self._presenter.plan)
        self.follow_up.editingFinished.connect(self._presenter.keep)

    def _make_time(self) -> None:
        theme = self._around.theme
        self._acw_word = text_label(theme, self.tr("After call"), Type.CAPTION, SEMIBOLD)
        set_tone(self._acw_word, Role.WRAP_UP)
        self._acw = self._around.timer(Type.EMPHASIS, self.tr("After-call work"))
        self._left_word = text_label(theme, self.tr("left"), Type.CAPTION, tone=Role.MUTED)
        self._left = self._around.timer(Type.EMPHASIS, self.tr("Time left"))
        self.more = ActionButton(theme, "plus", self.tr("30 s"), Variant.PLAIN, Target.ROW)
        self.more.setObjectName("wrap_up_more_time")
        self.more.clicked.connect(self._presenter.extend)
        self._time = QWidget()
        self._time.setLayout(
            row(self._acw_word, self._acw, None, self._left, self._left_word, self.more)
        )
        self._layout.addWidget(self._time)

    def _make_saving(self, reasons: Sequence[str]) -> None:
        theme = self._around.theme
        self._words = text_label(theme, "", Type.CAPTION)
        self._words.setObjectName("wrap_up_words")
        self._words.setWordWrap(True)
        self.save_ready = ActionButton(theme, "save", self.tr("Save & Ready"), Variant.PRIMARY)
        self.save_ready.set_name(self.tr("Save and be ready"))
        self.save_ready.setObjectName("wrap_up_save_ready")
        self.save_ready.clicked.connect(lambda: self._save("ready"))
        self.save_away = ActionButton(theme, "", self.tr("& Not ready"))
        self.save_away.set_name(self.tr("Save and be not ready"))
        self.save_away.setObjectName("wrap_up_save_not_ready")
        menu = QMenu(self)
        for reason in reasons:
            action = menu.addAction(theme.icon("coffee"), reason)
            action.triggered.connect(
                lambda _checked=False, why=reason: self._save(f"not_ready:{why}")
            )
        self.save_away.setMenu(menu)
        self._layout.addWidget(self._words)
        saving = row(self.save_ready, self.save_away)
        saving.setStretch(0, 1)
        saving.setStretch(1, 1)
        self._layout.addLayout(saving)

    def warm_up(self) -> None:
        """Lay out and paint the fields unseen, so that the first answer does not wait for it."""
        self._page.resize(self.size())
        self._page.grab()

    # ----------------------------------------------------------------- intents

    def take_keyboard(self) -> None:
        self.code.take_keyboard()

    def _save(self, then: str) -> None:
        self.note.settle()
        self._presenter.save(then)

    # ------------------------------------------------------------------ render

    def _render(self, state: WrapUpState) -> None:
        self._pages.setCurrentIndex(1 if state.call_id else 0)
        if not state.call_id:
            self.note.show_text("", "")
            self.follow_up.clear()
            self.code.show_code(state)
            return
        self._title.setText(state.title)
        self._render_queue(state.queue)
        self.code.show_code(state)
        self.note.show_text(state.call_id, state.note)
        self.note.setReadOnly(state.saving)
        self.follow_up.setReadOnly(state.saving)
        if self.follow_up.text() != state.follow_up:
            self.follow_up.setText(state.follow_up)
        self._render_time(state)
        problem = f"{state.problem.text} {state.problem.remedy}" if state.problem else ""
        words = problem or _progress(state) or state.hint
        self._words.setText(words)
        self._words.setVisible(bool(words))
        set_tone(self._words, Role.DANGER if problem else Role.MUTED)
        self.save_ready.setEnabled(state.can_save)
        self.save_away.setEnabled(state.can_save)

    def _render_time(self, state: WrapUpState) -> None:
        running = state.acw_since_mono is not None
        self._time.setVisible(running)
        if state.acw_since_mono is not None:
            self._acw.count_up(state.acw_since_mono)
        else:
            self._acw.show_seconds(0)
        limited = state.until_mono is not None
        for widget in (self._left, self._left_word):
            widget.setVisible(limited)
        self.more.setVisible(limited)
        self.more.setEnabled(state.extensions_left > 0)
        self.more.set_name(self.tr("30 seconds more, %d left") % state.extensions_left)
        if state.until_mono is not None:
            self._left.count_down(state.until_mono)
        else:
            self._left.show_seconds(0)

    def _render_queue(self, queue: tuple[OpenWrapUp, ...]) -> None:
        self._chips.setVisible(len(queue) > 1)
        if queue == self._queue:
            return
        self._queue = queue
        while (item := self._chip_row.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for one in queue if len(queue) > 1 else ():
            icon = "wrap_up" if one.waiting else "phone"
            theme = self._around.theme
            chip = ActionButton(theme, icon, _short(one.title), Variant.PLAIN, Target.ROW)
            chip.set_name(self.tr("Wrap-up of %s") % one.title)
            chip.setCheckable(True)
            chip.setChecked(one.shown)
            chip.clicked.connect(lambda _checked=False, key=one.call_id: self._presenter.show(key))
            self._chip_row.addWidget(chip)
        self._chip_row.addStretch(1)

    def focus_note(self) -> None:
        self.note.setFocus(Qt.FocusReason.ShortcutFocusReason)


def _progress(state: WrapUpState) -> str:
    if state.saving:
        return "Saving…"
    if state.closing:
        return "Saved when the time ends. You can still change it."
    return ""


def _short(title: str) -> str:
    return title if len(title) <= 12 else f"{title[:11]}…"
