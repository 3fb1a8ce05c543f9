"""Code, note and follow-up: open from the answer on, saved or kept, never lost."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from tests.support.desk_scenes import HOSPITAL, LENA, SHARED, Scene

from ctidesk.calls.agent_events import AgentState
from ctidesk.calls.errors import KnownError
from ctidesk.calls.recall import recall
from ctidesk.ui.desk_window import DeskWindow
from ctidesk.wrapup.session import WrapUpMode, WrapUpPolicy

TIMED = WrapUpPolicy(mode=WrapUpMode.TIMED, limit_s=60, extension_s=30, max_extensions=2)


def ended_call(scene: Scene, number: str = SHARED) -> str:
    call_id = scene.talk(number)
    scene.clock.advance(30)
    scene.engine.remote_hangs_up(call_id)
    return call_id


def test_fields_are_open_from_the_answer_on_and_not_before(scene: Scene, desk_window: DeskWindow):
    panel, wrap_up = desk_window.panels.wrap_up, desk_window.presenters.wrap_up
    call_id = scene.ring(SHARED)
    assert not panel.note.isVisible()
    scene.actions.answer(call_id)
    assert panel.note.isVisible()
    assert not panel.save_ready.isEnabled()
    assert "after the call" in wrap_up.live.state.hint


def test_save_and_ready(scene: Scene, desk_window: DeskWindow):
    wrap_up, panel = desk_window.presenters.wrap_up, desk_window.panels.wrap_up
    call_id = ended_call(scene)
    assert scene.desk.agent.current.state is AgentState.ACW
    scene.clock.advance(12)
    wrap_up.choose_code("refill")
    QTest.keyClicks(panel.note, "Wants delivery on Friday.")
    QTest.keyClicks(panel.follow_up, "call on Friday")
    panel.save_ready.click()
    saved = scene.journal.interactions[call_id]
    assert (saved.code, saved.note) == ("refill", "Wants delivery on Friday.")
    assert saved.follow_up == "call on Friday"
    assert (saved.talk_s, saved.wrap_up_s, saved.agent) == (30.0, 12.0, "agent")
    assert scene.desk.agent.current.state is AgentState.READY
    assert panel.note.toPlainText() == ""
    assert wrap_up.live.state.call_id == ""


def test_save_and_not_ready_with_a_reason(scene: Scene, desk_window: DeskWindow):
    wrap_up = desk_window.presenters.wrap_up
    ended_call(scene)
    wrap_up.choose_code("refill")
    wrap_up.save("not_ready:Lunch")
    current = scene.desk.agent.current
    assert (current.state, current.reason) == (AgentState.NOT_READY, "Lunch")


def test_without_a_code_it_is_not_saved_and_says_why(scene: Scene, desk_window: DeskWindow):
    wrap_up = desk_window.presenters.wrap_up
    ended_call(scene)
    wrap_up.write("typed")
    assert not desk_window.panels.wrap_up.save_ready.isEnabled()
    wrap_up.save("ready")
    assert not scene.journal.interactions
    assert "code is missing" in wrap_up.live.state.problem.text
    assert wrap_up.live.state.note == "typed"
    assert scene.desk.agent.current.state is AgentState.ACW


def test_a_failed_save_keeps_everything_and_can_be_repeated(scene: Scene, desk_window: DeskWindow):
    wrap_up = desk_window.presenters.wrap_up
    call_id = ended_call(scene)
    wrap_up.choose_code("refill")
    wrap_up.write("typed")
    scene.journal.problem = KnownError("disk_full", "The disk is full.", "Free some space.")
    wrap_up.save("ready")
    state = wrap_up.live.state
    assert (state.call_id, state.code, state.note) == (call_id, "refill", "typed")
    assert state.problem.text == "The disk is full."
    assert scene.desk.agent.current.state is AgentState.ACW
    wrap_up.write("typed more")
    scene.journal.problem = None
    wrap_up.save("ready")
    assert scene.journal.interactions[call_id].note == "typed more"
    assert scene.desk.agent.current.state is AgentState.READY


def test_the_note_is_kept_after_a_pause_and_at_the_loss_of_focus(
    scene: Scene, desk_window: DeskWindow, qtbot: QtBot
):
    panel = desk_window.panels.wrap_up
    call_id = scene.talk(SHARED)
    panel.note.setFocus()
    QTest.keyClicks(panel.note, "half a sent")
    qtbot.waitUntil(lambda: call_id in scene.journal.drafts, timeout=10_000)
    assert scene.journal.drafts[call_id].note == "half a sent"
    QTest.keyClicks(panel.note, "ence")
    panel.follow_up.setFocus()
    QApplication.processEvents()
    assert scene.journal.drafts[call_id].note == "half a sentence"


def test_while_one_is_saved_the_next_is_worked_on_and_nothing_is_typed_into_the_void(
    scene: Scene, desk_window: DeskWindow
):
    """The cache may be locked for many seconds."""
    panel, presenter = desk_window.panels.wrap_up, desk_window.presenters.wrap_up
    answers: list[Callable[[], None]] = []
    first, second = ended_call(scene), ended_call(scene)
    presenter.show(first)
    presenter.choose_code("refill")
    scene.journal.deliver = answers.append
    presenter.save()
    assert presenter.live.state.call_id == second
    assert not panel.note.isReadOnly()
    panel.note.setPlainText("of the second")
    presenter.show(first)
    assert (panel.note.isReadOnly(), panel.follow_up.isReadOnly()) == (True, True)
    presenter.show(second)
    assert panel.note.toPlainText() == "of the second"
    presenter.choose_code("refill")
    presenter.save()
    assert panel.note.isReadOnly()
    while answers:
        answers.pop(0)()
    assert presenter.live.state.call_id == ""
    assert scene.journal.interactions[second].note == "of the second"


def test_the_time_limit_sets_the_code_and_keeps_the_text(
    open_desk: Callable[[Scene], DeskWindow],
):
    scene = Scene(policy=TIMED)
    desk_window = open_desk(scene)
    wrap_up = desk_window.presenters.wrap_up
    call_id = ended_call(scene)
    wrap_up.write("half a note")
    scene.clock.advance(59)
    wrap_up.tick(scene.clock.mono())
    assert not scene.journal.interactions
    scene.clock.advance(2)
    desk_window.tick.ticked.emit()
    saved = scene.journal.interactions[call_id]
    assert saved.code == scene.needs.codes.time_out
    assert (saved.note, saved.coded_by) == ("half a note", "timeout")


def test_thirty_seconds_more_as_often_as_allowed(open_desk: Callable[[Scene], DeskWindow]):
    scene = Scene(policy=TIMED)
    desk_window = open_desk(scene)
    panel, wrap_up = desk_window.panels.wrap_up, desk_window.presenters.wrap_up
    ended_call(scene)
    began = scene.clock.mono()
    assert wrap_up.live.state.until_mono == began + 60
    panel.more.click()
    panel.more.click()
    assert wrap_up.live.state.until_mono == began + 120
    assert not panel.more.isEnabled()
    wrap_up.extend()
    assert wrap_up.live.state.until_mono == began + 120
    assert wrap_up.live.state.problem is not None


def test_a_failed_save_at_the_limit_is_not_repeated_every_second(
    open_desk: Callable[[Scene], DeskWindow],
):
    scene = Scene(policy=TIMED)
    desk_window = open_desk(scene)
    ended_call(scene)
    desk_window.presenters.wrap_up.write("kept")
    scene.journal.problem = KnownError("disk_full", "The disk is full.", "Free some space.")
    tried: list[object] = []
    save = scene.journal.save_interaction
    scene.journal.save_interaction = lambda *a: (tried.append(a), save(*a))  # type: ignore[method-assign]
    for _ in range(5):
        scene.clock.advance(70)
        desk_window.tick.ticked.emit()
    assert len(tried) == 1
    assert desk_window.presenters.wrap_up.live.state.note == "kept"


def test_several_open_wrap_ups_keep_their_own_texts(scene: Scene, desk_window: DeskWindow):
    wrap_up, panel = desk_window.presenters.wrap_up, desk_window.panels.wrap_up
    first = ended_call(scene, SHARED)
    QTest.keyClicks(panel.note, "first")
    second = scene.ring(HOSPITAL)
    assert wrap_up.live.state.call_id == first, "a ringing call does not take the note away"
    scene.actions.answer(second)
    assert wrap_up.live.state.call_id == second
    assert panel.note.toPlainText() == ""
    QTest.keyClicks(panel.note, "second")
    scene.engine.remote_hangs_up(second)
    assert [one.call_id for one in wrap_up.live.state.queue] == [first, second]
    wrap_up.show(first)
    assert panel.note.toPlainText() == "first"
    wrap_up.choose_code("refill")
    wrap_up.save("ready")
    assert scene.journal.interactions[first].note == "first"
    assert panel.note.toPlainText() == "second"
    assert scene.desk.agent.current.state is AgentState.ACW, "one is still open"
    wrap_up.choose_code("refill" if wrap_up.live.state.found else "")
    assert wrap_up.live.state.call_id == second


def test_codes_follow_the_party(scene: Scene, desk_window: DeskWindow):
    wrap_up = desk_window.presenters.wrap_up
    call_id = scene.talk(SHARED)
    of_member = {line.code for line in wrap_up.live.state.found}
    scene.actions.set_party(call_id, "provider", "agent")
    of_provider = {line.code for line in wrap_up.live.state.found}
    assert of_member != of_provider
    for code in of_provider:
        assert scene.needs.codes.find(code).is_for("provider")


def test_recent_codes_come_first(scene: Scene, desk_window: DeskWindow):
    wrap_up = desk_window.presenters.wrap_up
    for code in ("refill", "complaint", "refill"):
        ended_call(scene)
        wrap_up.choose_code(code)
        if wrap_up.live.state.hint:
            wrap_up.write("note")
        wrap_up.save("ready")
    scene.talk(LENA)
    assert [line.code for line in wrap_up.live.state.recent][:2] == ["refill", "complaint"]


def test_a_new_desk_has_the_draft_the_wrap_up_and_the_figures(
    open_desk: Callable[[Scene], DeskWindow],
):
    before = Scene()
    old = open_desk(before)
    call_id = ended_call(before)
    old.presenters.member_card.open_candidate("1")
    old.presenters.wrap_up.choose_code("refill")
    old.presenters.wrap_up.write("half a note")
    old.close()

    after = Scene(clock=before.clock, journal=before.journal)
    new = open_desk(after)
    new.restore()
    whole = recall(after.desk, list(before.journal.log), after.clock)
    after.pop.resume()
    new.take_log(whole)
    state = new.presenters.wrap_up.live.state
    assert (state.call_id, state.code, state.note) == (call_id, "refill", "half a note")
    assert new.panels.wrap_up.note.toPlainText() == "half a note"
    assert new.presenters.member_card.live.state.name == "Jane Doe"
    new.presenters.wrap_up.save("ready")
    saved = after.journal.interactions[call_id]
    assert (saved.talk_s, saved.member_id) == (30.0, "M-1001")


def test_my_handle_time_counts_up_and_is_never_red(scene: Scene, desk_window: DeskWindow):
    status = desk_window.presenters.status
    assert status.live.state.shift.aht == "–"
    ended_call(scene)
    scene.clock.advance(30)
    desk_window.presenters.wrap_up.choose_code("refill")
    desk_window.presenters.wrap_up.save("ready")
    shift = status.live.state.shift
    assert (shift.aht, shift.handled) == ("1:00", "1 handled")
    assert shift.parts == "talk 0:30 · hold 0:00 · wrap-up 0:30"
    aht = desk_window.window.findChild(object, "my_aht")
    assert aht.property("tone") == "text"
    scene.talk(SHARED)
    desk_window.presenters.wrap_up.choose_code("refill")
    assert status.live.state.shift.reason.endswith("1:00")
