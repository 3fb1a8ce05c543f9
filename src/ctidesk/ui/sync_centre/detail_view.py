"""The chosen message: why it is not in the CRM, its fields, and what can be done about it.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLineEdit, QPlainTextEdit, QScrollArea, QVBoxLayout, QWidget

from ctidesk.care.outgoing import Entry, Standing
from ctidesk.ui.sync_centre.conflict_view import ConflictView
from ctidesk.ui.sync_centre.presenter import SyncCentrePresenter
from ctidesk.ui.sync_centre.state import SyncDetail
from ctidesk.ui.theme.scale import SEMIBOLD, Space, Type
from ctidesk.ui.theme.theme import Theme, set_tone
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.buttons import ActionButton, Variant
from ctidesk.ui.widgets.labels import text_label
from ctidesk.ui.widgets.sections import row

_LONG = ("note", "text")
_NOTE_HEIGHT = 96


class DetailView(QWidget):
    """What is typed stays as long as the message does; it is rebuilt only for another one."""

    def __init__(self, theme: Theme, presenter: SyncCentrePresenter) -> None:
        super().__init__()
        self._theme = theme
        self._presenter = presenter
        self._shown: SyncDetail | None = None
        self._typed: dict[str, dict[str, str]] = {}
        """By message: what was typed and not sent, while another one or none is shown."""
        self.fields: dict[str, QLineEdit | QPlainTextEdit] = {}
        self.conflicts: list[ConflictView] = []
        self._title = text_label(theme, "", Type.EMPHASIS, SEMIBOLD)
        self._about = text_label(theme, "", Type.CAPTION, tone=Role.MUTED)
        self._why = text_label(theme, "", Type.BODY)
        self._why.setObjectName("sync_why")
        self._remedy = text_label(theme, "", Type.BODY, tone=Role.MUTED)
        for label in (self._title, self._about, self._why, self._remedy):
            label.setWordWrap(True)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.send = ActionButton(theme, "sync", self.tr("Send again"), Variant.PRIMARY)
        self.send.setObjectName("sync_send")
        self.send.clicked.connect(self._send)
        self.never = ActionButton(theme, "trash", self.tr("Never send…"))
        self.never.clicked.connect(self._ask_reason)
        self.reason = QLineEdit()
        self.reason.setPlaceholderText(self.tr("Why it must not go to the CRM"))
        self.reason.setAccessibleName(self.tr("Why it must not go to the CRM"))
        self.reason.textEdited.connect(self._judge)
        self.reason.returnPressed.connect(self._discard)
        self.really = ActionButton(theme, "trash", self.tr("Do not send"), Variant.DANGER)
        self.really.clicked.connect(self._discard)
        self.keep = ActionButton(theme, "", self.tr("Keep it"))
        self.keep.clicked.connect(self._keep)
        self._asking = QWidget()
        asking = row(self.reason, self.keep, self.really)
        asking.setStretch(0, 1)
        self._asking.setLayout(asking)
        self._buttons = QWidget()
        self._buttons.setLayout(row(None, self.never, self.send))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(Space.S)
        for label in (self._title, self._about, self._why, self._remedy):
            layout.addWidget(label)
        layout.addWidget(self._scroll, 1)
        layout.addWidget(self._asking)
        layout.addWidget(self._buttons)

    def show_detail(self, detail: SyncDetail | None) -> None:
        before = self._shown
        if before is not None and (detail is None or detail.key != before.key):
            # a caller's card may close this screen: what was typed is there when it opens again
            self._typed[before.key] = self._changed()
        self._shown = detail
        if detail is None:
            for label in (self._title, self._about, self._why, self._remedy):
                label.clear()
            self._fill(())
            return
        for label, text in (
            (self._title, detail.title),
            (self._about, detail.about),
            (self._why, detail.why),
            (self._remedy, detail.remedy),
        ):
            label.setText(text)
            label.setVisible(bool(text))
        bad = detail.standing in (Standing.FAILED, Standing.CONFLICT)
        set_tone(self._why, Role.DANGER if bad else Role.TEXT)
        moved = before is None or (before.key, before.entries, before.standing) != (
            detail.key,
            detail.entries,
            detail.standing,
        )
        if moved:
            self._fill(detail.entries)
            self._put_back(self._typed.pop(detail.key, {}))
            self._keep()
        conflict = detail.standing is Standing.CONFLICT
        self.send.setText(self.tr("Use this") if conflict else self.tr("Send again"))
        self.never.setEnabled(detail.can_decide)
        self._judge()

    # ----------------------------------------------------------------- private

    def _fill(self, entries: tuple[Entry, ...]) -> None:
        """One widget per field; the former ones go with their sheet."""
        sheet = QWidget()
        body = QVBoxLayout(sheet)
        body.setContentsMargins(0, 0, Space.M, 0)  # beside the scroll bar
        body.setSpacing(Space.S)
        self.fields, self.conflicts = {}, []
        for entry in entries:
            if entry.theirs is not None:
                view = ConflictView(self._theme, entry)
                view.field.textChanged.connect(self._judge)
                self.conflicts.append(view)
                body.addWidget(view)
                continue
            label = text_label(self._theme, entry.label, Type.CAPTION, SEMIBOLD, Role.MUTED)
            field = self._field(entry)
            label.setBuddy(field)
            self.fields[entry.name] = field
            body.addWidget(label)
            body.addWidget(field)
        body.addStretch(1)
        self._scroll.setWidget(sheet)
        self._scroll.setVisible(bool(entries))

    def _field(self, entry: Entry) -> QLineEdit | QPlainTextEdit:
        field: QLineEdit | QPlainTextEdit
        if entry.name in _LONG:
            field = QPlainTextEdit(entry.value)
            field.setFixedHeight(_NOTE_HEIGHT)
            field.setTabChangesFocus(True)
        else:
            field = QLineEdit(entry.value)
        decides = self._shown is not None and self._shown.standing is Standing.CONFLICT
        field.setReadOnly(not entry.editable or decides)
        field.setAccessibleName(entry.label)
        field.textChanged.connect(self._judge)
        return field

    def _put_back(self, typed: dict[str, str]) -> None:
        for name, text in typed.items():
            field = self.fields.get(name)
            if isinstance(field, QPlainTextEdit):
                field.setPlainText(text)
            elif field is not None:
                field.setText(text)

    def _values(self) -> dict[str, str]:
        return {
            name: field.toPlainText() if isinstance(field, QPlainTextEdit) else field.text()
            for name, field in self.fields.items()
        }

    def _changed(self) -> dict[str, str]:
        entries = self._shown.entries if self._shown is not None else ()
        before = {entry.name: entry.value for entry in entries}
        return {name: text for name, text in self._values().items() if text != before.get(name)}

    def _judge(self, *_: object) -> None:
        detail = self._shown
        if detail is None:
            return
        conflict = detail.standing is Standing.CONFLICT
        decided = all(view.decided for view in self.conflicts)
        self.send.setEnabled(detail.can_decide and (decided or not conflict))
        if not conflict:
            changed = bool(self._changed())
            self.send.setText(self.tr("Save and send") if changed else self.tr("Send again"))
        self.really.setEnabled(bool(self.reason.text().strip()))

    def _send(self) -> None:
        if self._shown is None:
            return
        if self._shown.standing is Standing.CONFLICT:
            self._presenter.decide({view.entry.name: view.text for view in self.conflicts})
        elif changed := self._changed():
            self._presenter.save(changed)
        else:
            self._presenter.retry()

    def _ask_reason(self) -> None:
        self._asking.show()
        self._buttons.hide()
        self.reason.setFocus(Qt.FocusReason.OtherFocusReason)

    def _keep(self) -> None:
        self.reason.clear()
        self._asking.hide()
        self._buttons.show()

    def _discard(self) -> None:
        if self.reason.text().strip():
            self._presenter.discard(self.reason.text())
            self._keep()
