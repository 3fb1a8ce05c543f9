"""A whole call with the keyboard alone: ring, answer, card, check, hold, consult, wrap-up (R26)."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from tests.support.desk_scenes import LENA, SHARED, Scene

from ctidesk.calls.agent_events import AgentState
from ctidesk.calls.call import Phase, RecordingState
from ctidesk.ui.desk_window import DeskWindow
from ctidesk.ui.member_card.state import CardStage

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier
NONE = Qt.KeyboardModifier.NoModifier


def press(desk_window: DeskWindow, key: Qt.Key, held: Qt.KeyboardModifier = NONE) -> None:
    """A key to whatever has the keyboard; half a second goes by."""
    desk_window.around.clock.advance(0.5)  # type: ignore[attr-defined]
    QApplication.processEvents()
    target = QApplication.focusWidget() or desk_window.window
    QTest.keyClick(target, key, held)
    QApplication.processEvents()


def type_text(text: str) -> None:
    target = QApplication.focusWidget()
    assert target is not None
    QTest.keyClicks(target, text)
    QApplication.processEvents()


def focus_name() -> str:
    focus = QApplication.focusWidget()
    return focus.objectName() if focus is not None else ""


def test_a_whole_call(scene: Scene, desk_window: DeskWindow):
    call_id = scene.ring(SHARED, "Jane D.")
    press(desk_window, Qt.Key.Key_A, CTRL | SHIFT)
    assert scene.desk.calls[call_id].phase is Phase.TALKING

    press(desk_window, Qt.Key.Key_C, CTRL | SHIFT)
    assert focus_name() == "candidates"
    press(desk_window, Qt.Key.Key_Return)
    assert desk_window.presenters.member_card.live.state.stage is CardStage.MASKED
    assert focus_name() == "check_answer", "the answer is what comes next"
    type_text("3.4.1984")
    press(desk_window, Qt.Key.Key_Return)
    type_text("10115")
    press(desk_window, Qt.Key.Key_Return)
    assert scene.desk.context(call_id).verified

    press(desk_window, Qt.Key.Key_H, CTRL | SHIFT)
    assert scene.desk.calls[call_id].phase is Phase.HELD
    press(desk_window, Qt.Key.Key_H, CTRL | SHIFT)
    assert scene.desk.calls[call_id].phase is Phase.TALKING

    consult_and_return(scene, desk_window, call_id)

    press(desk_window, Qt.Key.Key_D, CTRL | SHIFT)
    assert scene.desk.agent.current.state is AgentState.ACW
    wrap_up(desk_window)
    assert call_id not in scene.desk.calls
    assert scene.desk.agent.current.state is AgentState.READY
    (saved,) = scene.journal.interactions.values()
    assert (saved.code, saved.note, saved.verified) == ("refill", "Two tablets left.", True)
    assert saved.coded_by == "agent"


def test_the_recording_is_paused_and_goes_on(scene: Scene, desk_window: DeskWindow):
    call_id = scene.talk(SHARED)
    bar = desk_window.presenters.call_bar
    press(desk_window, Qt.Key.Key_R, CTRL | SHIFT)
    assert scene.desk.calls[call_id].recording is RecordingState.PAUSED
    shown = bar.live.state.recording
    assert shown is not None and shown.word == "REC paused 2:00" and not shown.lit
    scene.clock.advance(59)
    bar.tick()
    shown = bar.live.state.recording
    assert shown is not None and shown.word == "REC paused 1:01"
    press(desk_window, Qt.Key.Key_R, CTRL | SHIFT)
    assert scene.desk.calls[call_id].recording is RecordingState.RUNNING


def consult_and_return(scene: Scene, desk_window: DeskWindow, call_id: str) -> None:
    press(desk_window, Qt.Key.Key_T, CTRL | SHIFT)
    assert focus_name() == "consult_target"
    type_text("201")
    press(desk_window, Qt.Key.Key_Return)
    leg = scene.desk.consult_of(call_id)
    assert leg is not None
    scene.engine.remote_rings(leg.call_id)
    scene.engine.remote_answers(leg.call_id)
    press(desk_window, Qt.Key.Key_S, CTRL | SHIFT)
    assert scene.desk.calls[call_id].phase is Phase.TALKING
    press(desk_window, Qt.Key.Key_S, CTRL | SHIFT)
    press(desk_window, Qt.Key.Key_G, CTRL | SHIFT)
    assert scene.desk.calls[call_id].conference_with == leg.call_id
    press(desk_window, Qt.Key.Key_G, CTRL | SHIFT)
    assert not scene.desk.calls[call_id].conference_with
    press(desk_window, Qt.Key.Key_X, CTRL | SHIFT)
    assert scene.desk.consult_of(call_id) is None
    assert scene.desk.calls[call_id].phase is Phase.TALKING


def wrap_up(desk_window: DeskWindow) -> None:
    press(desk_window, Qt.Key.Key_W, CTRL | SHIFT)
    assert focus_name() == "wrap_up_search"
    type_text("refill")
    press(desk_window, Qt.Key.Key_Return)
    assert desk_window.presenters.wrap_up.live.state.code
    assert focus_name() == "wrap_up_note", "the note is what comes next"
    type_text("Two tablets left.")
    press(desk_window, Qt.Key.Key_Return, CTRL)


def test_the_party_is_corrected_with_one_key(scene: Scene, desk_window: DeskWindow):
    call_id = scene.talk(SHARED)
    for key, party in zip(
        "12345", ("member", "carer", "provider", "supplier", "insurer"), strict=True
    ):
        press(desk_window, Qt.Key(ord(key)), ALT)
        assert scene.desk.context(call_id).party == party
        assert scene.desk.context(call_id).party_by == "agent"


def test_status_keys(scene: Scene, desk_window: DeskWindow):
    press(desk_window, Qt.Key.Key_2, CTRL)
    assert scene.desk.agent.current.reason == "Break"
    press(desk_window, Qt.Key.Key_1, CTRL)
    assert scene.desk.agent.current.state is AgentState.READY


def test_a_number_is_dialled_and_redialled(scene: Scene, desk_window: DeskWindow):
    press(desk_window, Qt.Key.Key_D, CTRL)
    assert focus_name() == "dial_field"
    type_text("030 23125100")
    press(desk_window, Qt.Key.Key_Return)
    (call,) = scene.desk.live
    assert call.remote.number.endswith("3023125100")
    press(desk_window, Qt.Key.Key_D, CTRL | SHIFT)
    assert not scene.desk.live
    desk_window.commands.perform("call.redial")
    assert len(scene.desk.live) == 1


def test_a_colleague_is_dialled_by_name(scene: Scene, desk_window: DeskWindow):
    press(desk_window, Qt.Key.Key_D, CTRL)
    type_text("chen")
    press(desk_window, Qt.Key.Key_Return)
    (call,) = scene.desk.live
    assert call.remote.number == "201"
    assert desk_window.presenters.call_bar.live.state.title == "Dr. Chen, nurse line"


def test_a_second_call_is_taken_from_the_work_list(scene: Scene, desk_window: DeskWindow):
    first = scene.talk(SHARED)
    second = scene.ring(LENA)
    press(desk_window, Qt.Key.Key_L, CTRL | SHIFT)
    assert focus_name() == "calls"
    press(desk_window, Qt.Key.Key_Down)
    press(desk_window, Qt.Key.Key_Return)
    assert scene.desk.calls[second].phase is Phase.TALKING
    assert scene.desk.calls[first].phase is Phase.HELD
    press(desk_window, Qt.Key.Key_Up)
    press(desk_window, Qt.Key.Key_Return)
    assert scene.desk.calls[first].phase is Phase.TALKING
    assert scene.desk.calls[second].phase is Phase.HELD


def test_the_keypad_takes_digits_and_escape(scene: Scene, desk_window: DeskWindow):
    scene.talk(SHARED)
    press(desk_window, Qt.Key.Key_K, CTRL | SHIFT)
    assert focus_name() == "keypad"
    type_text("12#")
    assert desk_window.presenters.keypad.live.state.sent == 3
    assert desk_window.presenters.keypad.live.state.history == "•••"
    press(desk_window, Qt.Key.Key_Escape)
    assert not desk_window.panels.keypad.isVisible()


def test_ringing_takes_the_keyboard_from_nobody(scene: Scene, desk_window: DeskWindow):
    scene.talk(SHARED)
    desk_window.panels.wrap_up.note.setFocus()
    QApplication.processEvents()
    scene.ring(LENA)
    type_text("still here")
    assert focus_name() == "wrap_up_note"
    assert desk_window.presenters.wrap_up.live.state.note == "still here"


def test_every_pane_is_reached_by_f6(scene: Scene, desk_window: DeskWindow):
    scene.talk(SHARED)
    reached = set()
    for _ in range(7):
        press(desk_window, Qt.Key.Key_F6)
        reached.add(desk_window.window.panes.current())
    assert {0, 1, 2, 3, 4} <= reached
