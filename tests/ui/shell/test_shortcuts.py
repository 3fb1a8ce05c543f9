"""Shortcuts: the table, and the keys in real windows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from ctidesk.calls.errors import BugError, KnownError
from ctidesk.ui.desk_commands import DeskCommand, DeskCommands, UnknownDeskCommand
from ctidesk.ui.shortcuts.keys import ShortcutKeys
from ctidesk.ui.shortcuts.overview import ShortcutOverview
from ctidesk.ui.shortcuts.table import DEFAULTS, RESERVED, Shortcut, Shortcuts, canonical
from ctidesk.ui.theme.theme import Theme

CTRL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
DESIGN = {
    "call.answer": "Ctrl+Shift+A",
    "call.end": "Ctrl+Shift+D",
    "call.hold": "Ctrl+Shift+H",
    "call.mute": "Ctrl+Shift+M",
    "call.transfer": "Ctrl+Shift+T",
    "call.keypad": "Ctrl+Shift+K",
    "call.pause_recording": "Ctrl+Shift+R",
    "desk.wrap_up": "Ctrl+Shift+W",
    "desk.red_flag": "Ctrl+Shift+E",
    "desk.palette": "Ctrl+K",
    "desk.next_pane": "F6",
    "desk.shortcuts": "F1",
    **{f"agent.status_{n}": f"Ctrl+{n}" for n in range(1, 5)},
}


def test_defaults_are_those_of_the_design_and_usable() -> None:
    table = Shortcuts()
    for command, keys in DESIGN.items():
        assert table.keys_of(command) == keys
    assert not RESERVED & {entry.keys for entry in table.all()}
    assert table.overrides() == {}


@pytest.mark.parametrize(
    ("typed", "keys"),
    [
        ("shift+CTRL+a", "Ctrl+Shift+A"),
        (" Control + k ", "Ctrl+K"),
        ("f12", "F12"),
        ("Shift+F6", "Shift+F6"),
        ("alt+space", "Alt+Space"),
        ("", ""),
    ],
)
def test_keys_have_one_spelling(typed: str, keys: str) -> None:
    assert canonical(typed) == keys
    assert canonical(canonical(typed)) == keys


@pytest.mark.parametrize(
    "typed",
    ["a", "Shift+A", "Ctrl+", "Ctrl+Foo", "+", "Ctrl+Ctrl", "F99", "Hyper+A", "é", "Ctrl+ä"],
)
def test_what_types_a_letter_or_is_no_key_is_refused(typed: str) -> None:
    with pytest.raises(KnownError) as refused:
        canonical(typed)
    assert refused.value.code == "shortcut_malformed"
    assert refused.value.remedy


def test_a_conflict_is_refused_by_name_and_changes_nothing() -> None:
    table = Shortcuts()
    with pytest.raises(KnownError, match="Hold or resume") as refused:
        table.remap("call.mute", "ctrl+shift+h")
    assert refused.value.code == "shortcut_taken"
    assert table.keys_of("call.mute") == "Ctrl+Shift+M"


def test_editing_keys_stay_with_the_editor() -> None:
    with pytest.raises(KnownError) as refused:
        Shortcuts().remap("call.mute", "Ctrl+C")
    assert refused.value.code == "shortcut_reserved"


def test_remapping_frees_the_old_keys_and_tells_the_listeners() -> None:
    table = Shortcuts()
    told: list[None] = []
    table.subscribe(lambda: told.append(None))
    table.remap("call.hold", "F9")
    table.remap("call.mute", "Ctrl+Shift+H")
    table.remap("call.keypad", "")
    assert table.overrides() == {"call.hold": "F9", "call.mute": "Ctrl+Shift+H", "call.keypad": ""}
    table.reset()
    assert table.overrides() == {}
    assert len(told) == 4


def test_overrides_survive_a_restart_also_when_swapped() -> None:
    table = Shortcuts()
    swapped = {"call.hold": "Ctrl+Shift+M", "call.mute": "Ctrl+Shift+H"}
    assert table.load(swapped) == []
    assert table.overrides() == swapped


def test_a_damaged_settings_file_leaves_defaults_and_says_so() -> None:
    table = Shortcuts()
    problems = table.load(
        {
            "call.hold": "Ctrl+Shift+A",  # that is Answer
            "call.mute": "nonsense",
            "no.such": "F3",
            "call.keypad": "F9",
        }
    )
    assert {problem.code for problem in problems} == {"shortcut_taken", "shortcut_malformed"}
    assert table.overrides() == {"call.keypad": "F9"}


def test_mistakes_of_ours_are_bugs() -> None:
    with pytest.raises(BugError):
        Shortcuts((Shortcut("a", "A", "x", "F2"), Shortcut("b", "B", "x", "F2")))
    with pytest.raises(BugError):
        Shortcuts().remap("no.such", "F3")
    commands = DeskCommands()
    commands.register(DeskCommand(name="a", title="A", group="x", run=lambda: None))
    with pytest.raises(UnknownDeskCommand):
        commands.register(DeskCommand(name="a", title="A", group="x", run=lambda: None))
    with pytest.raises(UnknownDeskCommand):
        commands.perform("b")


class Rig:
    """A window with text fields, and commands that note that they ran."""

    def __init__(self, app: QApplication, qtbot: QtBot) -> None:
        self.ran: list[str] = []
        self.forbidden: set[str] = set()
        self.table = Shortcuts()
        commands = DeskCommands()
        for entry in DEFAULTS:
            name = entry.command
            commands.register(
                DeskCommand(
                    name=name,
                    title=entry.title,
                    group=entry.group,
                    run=lambda name=name: self.ran.append(name),
                    possible=lambda name=name: name not in self.forbidden,
                )
            )
        self.window = QWidget()
        qtbot.addWidget(self.window)
        layout = QVBoxLayout(self.window)
        self.line, self.note = QLineEdit(), QPlainTextEdit()
        layout.addWidget(self.line)
        layout.addWidget(self.note)
        self.keys = ShortcutKeys(app, self.table, commands)
        self.keys.bind_to(self.window)
        self.window.show()
        self.window.activateWindow()
        qtbot.waitActive(self.window)

    def press(self, widget: QWidget, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> None:
        widget.setFocus()
        QTest.keyClick(widget.windowHandle() or widget.window().windowHandle(), key, modifiers)


@pytest.fixture
def rig(qapp: QApplication, theme: Theme, qtbot: QtBot) -> Iterator[Rig]:
    rig = Rig(qapp, qtbot)
    yield rig
    qapp.focusChanged.disconnect(rig.keys._watch)


@pytest.mark.parametrize(
    ("key", "modifiers", "command"),
    [
        (Qt.Key.Key_A, CTRL_SHIFT, "call.answer"),
        (Qt.Key.Key_D, CTRL_SHIFT, "call.end"),
        (Qt.Key.Key_H, CTRL_SHIFT, "call.hold"),
        (Qt.Key.Key_K, CTRL_SHIFT, "call.keypad"),
        (Qt.Key.Key_E, CTRL_SHIFT, "desk.red_flag"),
        (Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier, "desk.palette"),
        (Qt.Key.Key_2, Qt.KeyboardModifier.ControlModifier, "agent.status_2"),
        (Qt.Key.Key_F6, Qt.KeyboardModifier.NoModifier, "desk.next_pane"),
        (Qt.Key.Key_F6, Qt.KeyboardModifier.ShiftModifier, "desk.previous_pane"),
    ],
)
@pytest.mark.parametrize("where", ["line", "note"])
def test_keys_work_while_typing_and_type_nothing(
    rig: Rig, where: str, key: Qt.Key, modifiers: Qt.KeyboardModifier, command: str
) -> None:
    rig.line.setText("half a word")
    rig.note.setPlainText("half a note")
    rig.press(getattr(rig, where), key, modifiers)
    assert rig.ran == [command]
    assert (rig.line.text(), rig.note.toPlainText()) == ("half a word", "half a note")


class Greedy(QLineEdit):
    """Claims every key, as text fields do for the editing keys of their platform."""

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)


def test_our_keys_go_before_those_that_a_field_claims(rig: Rig) -> None:
    greedy = Greedy()
    layout = rig.window.layout()
    assert layout is not None
    layout.addWidget(greedy)
    rig.press(greedy, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert rig.ran == ["desk.palette"]


def test_editing_keys_still_edit(rig: Rig) -> None:
    rig.line.setText("word")
    rig.press(rig.line, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert rig.line.selectedText() == "word"
    assert rig.ran == []


def test_what_is_not_possible_now_does_not_run(rig: Rig) -> None:
    rig.forbidden.add("call.hold")
    rig.press(rig.line, Qt.Key.Key_H, CTRL_SHIFT)
    assert rig.ran == []


def test_other_keys_work_at_once_and_the_old_ones_no_more(rig: Rig) -> None:
    rig.table.remap("call.hold", "F9")
    rig.press(rig.line, Qt.Key.Key_H, CTRL_SHIFT)
    rig.press(rig.line, Qt.Key.Key_F9, Qt.KeyboardModifier.NoModifier)
    assert rig.ran == ["call.hold"]


def test_the_overview_lists_all_keys_as_they_are_now(rig: Rig, theme: Theme, qtbot: QtBot) -> None:
    overview = ShortcutOverview(theme, rig.window, rig.table)
    rig.line.setFocus()
    rig.table.remap("call.hold", "F9")
    rig.table.remap("call.mute", "")
    overview.toggle()
    texts = [label.text() for label in overview.findChildren(QLabel)]
    assert "F9" in texts and "Ctrl+Shift+A" in texts
    assert "Ctrl+Shift+M" not in texts and "Mute or unmute" not in texts
    overview.toggle()
    assert not overview.isVisible()
    assert rig.line.hasFocus()
    rig.table.remap("call.hold", "F8")
    overview.toggle()
    qtbot.waitUntil(lambda: "F9" not in [each.text() for each in overview.findChildren(QLabel)])
    qtbot.keyClick(overview, Qt.Key.Key_Escape)
    assert not overview.isVisible()
