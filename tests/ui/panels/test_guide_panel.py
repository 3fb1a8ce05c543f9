"""Guides beside the card: opened, walked by single keys, left, taken up again, completed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from tests.support.desk_scenes import SHARED, Scene, jane
from tests.support.screens import grab
from tests.support.widget_text import accessible_texts, widget_texts

from ctidesk.calls.errors import KnownError
from ctidesk.care.blockers import blockers
from ctidesk.care.guide_steps import COMMANDS
from ctidesk.care.orders import RefillOrder
from ctidesk.ui.desk_window import DeskWindow, build
from ctidesk.ui.guide.state import GuideStage
from ctidesk.ui.guide.view import GuidePanel
from ctidesk.ui.line_list.view import LineList
from ctidesk.ui.theme.theme import Theme

CTRL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier
NONE = Qt.KeyboardModifier.NoModifier
DRUG = "Salbutamol 100 µg inhaler"


def can_have_a_refill(scene: Scene) -> None:
    """Jane's inhaler is due again; her other prescription stays expired."""
    card = jane()
    due = replace(card.prescriptions[0], next_refill=date(2026, 3, 10), key="MedicationRequest/7")
    scene.directory.cards["M-1001"] = replace(card, prescriptions=(due, card.prescriptions[1]))


def verified(scene: Scene, shown: DeskWindow) -> str:
    call_id = scene.talk(SHARED, "Jane D.")
    card = shown.presenters.member_card
    card.open_candidate("1")
    card.answer("birth_date", "3.4.1984")
    card.answer("postcode", "10115")
    assert scene.desk.context(call_id).verified
    return call_id


class Keys:
    """Presses them where the keyboard is, and counts."""

    def __init__(self) -> None:
        self.count = 0

    def press(self, key: Qt.Key, held: Qt.KeyboardModifier = NONE) -> None:
        target = QApplication.focusWidget()
        assert target is not None
        QTest.keyClick(target, key, held)
        QApplication.processEvents()
        self.count += 1

    def dictate(self, text: str) -> None:
        """What is typed from the caller's mouth is not counted."""
        target = QApplication.focusWidget()
        assert target is not None
        QTest.keyClicks(target, text)
        QApplication.processEvents()


def panel(shown: DeskWindow) -> GuidePanel:
    found = shown.window.findChild(GuidePanel)
    assert found is not None
    return found


def everything(shown: DeskWindow) -> str:
    return "\n".join(accessible_texts(shown.window) + widget_texts(shown.window))


def test_a_refill_takes_few_keys_from_answer_to_saved(
    scene: Scene, desk_window: DeskWindow
) -> None:
    can_have_a_refill(scene)
    call_id = verified(scene, desk_window)
    desk_window.presenters.guide.search("refill")
    keys = Keys()
    keys.press(Qt.Key.Key_G, CTRL)
    keys.press(Qt.Key.Key_Return)  # the first of the list
    state = desk_window.presenters.guide.live.state
    assert state.guide == "refill" and state.step is not None and state.step.step == "medicine"
    keys.press(Qt.Key.Key_1)
    keys.press(Qt.Key.Key_Return)  # the address is right
    keys.press(Qt.Key.Key_1)  # tomorrow
    assert desk_window.presenters.guide.live.state.stage is GuideStage.DONE
    (order,) = scene.orders.orders
    assert isinstance(order, RefillOrder)
    assert scene.orders.placed[-1].confirmed_address == jane().address
    assert (order.drug, order.prescription) == (DRUG, "MedicationRequest/7")
    assert order.address_confirmed and order.promised == date(2026, 3, 17)
    wrap_up = desk_window.presenters.wrap_up.live.state
    assert wrap_up.code == "refill" and DRUG in wrap_up.note
    keys.press(Qt.Key.Key_D, CTRL | Qt.KeyboardModifier.ShiftModifier)  # end
    keys.press(Qt.Key.Key_Return, CTRL)  # save and be ready
    assert call_id not in scene.desk.calls
    assert keys.count <= 12, keys.count


def test_an_expired_prescription_is_said_and_cannot_be_ordered(
    scene: Scene, desk_window: DeskWindow
) -> None:
    verified(scene, desk_window)
    guide = desk_window.presenters.guide
    guide.open("refill")
    guide.answer("Prednisolone 5 mg")
    state = guide.live.state
    assert state.stage is GuideStage.BLOCKED and state.obstacle is not None
    shown = everything(desk_window)
    assert "expired on" in shown and "run out" in shown and "Next:" in shown
    guide.finish()
    assert scene.orders.placed == []
    # the next step is one key away, and knows which medicine it is about
    guide.go_on()
    assert guide.live.state.guide == "prescription_renewal"


def test_what_stands_in_the_way_opens_its_guide(scene: Scene, desk_window: DeskWindow) -> None:
    verified(scene, desk_window)
    blockers = desk_window.window.findChild(LineList, "blockers")
    assert blockers is not None
    (line,) = [one for one in blockers.lines if "Nebuliser" in one.title]
    blockers.entered.emit(line.key)
    QApplication.processEvents()
    assert desk_window.presenters.guide.live.state.guide == "supplies"
    assert panel(desk_window).isVisible()


def test_every_guide_that_a_blocker_names_is_there(scene: Scene) -> None:
    named = {one.guide for one in blockers(jane(), date(2026, 3, 16)) if one.guide}
    assert named and [one for one in named if scene.needs.guides.get(one) is None] == []


def test_nothing_of_the_record_before_the_identity_is_checked(
    scene: Scene, desk_window: DeskWindow
) -> None:
    scene.talk(SHARED, "Jane D.")
    desk_window.presenters.member_card.open_candidate("1")
    desk_window.presenters.guide.open("refill")
    QApplication.processEvents()
    assert desk_window.presenters.guide.live.state.stage is GuideStage.VERIFY
    assert "Salbutamol" not in everything(desk_window)
    desk_window.presenters.member_card.answer("birth_date", "3.4.1984")
    desk_window.presenters.member_card.answer("postcode", "10115")
    assert desk_window.presenters.guide.live.state.stage is GuideStage.STEP


def test_left_and_taken_up_by_another_desk_at_the_same_step(
    scene: Scene, desk_window: DeskWindow, qapp: QApplication, theme: Theme
) -> None:
    can_have_a_refill(scene)
    verified(scene, desk_window)
    guide = desk_window.presenters.guide
    guide.open("refill")
    guide.answer(DRUG)
    guide.leave()
    assert guide.live.state.stage is GuideStage.LIST
    (line,) = [one for one in guide.live.state.lines if one.key == "refill"]
    assert line.mark == "started"
    scene.clock.advance(1)
    guide.open("refill")
    step = guide.live.state.step
    assert step is not None and step.step == "address"
    again = build(qapp, theme, scene.needs)
    again.take_log(scene.journal.log)
    step = again.presenters.guide.live.state.step
    assert step is not None and step.step == "address"
    again.close()


def test_back_goes_one_step_and_keeps_what_was_answered(
    scene: Scene, desk_window: DeskWindow
) -> None:
    can_have_a_refill(scene)
    verified(scene, desk_window)
    guide = desk_window.presenters.guide
    guide.open("refill")
    desk_window.show_aid("guide")
    guide.answer(DRUG)
    Keys().press(Qt.Key.Key_Left, ALT)
    step = guide.live.state.step
    assert step is not None and (step.step, step.typed) == ("medicine", DRUG)


def test_orders_that_cannot_be_saved_are_said_and_tried_again(
    scene: Scene, desk_window: DeskWindow
) -> None:
    can_have_a_refill(scene)
    verified(scene, desk_window)
    scene.orders.problem = KnownError("disk_full", "The disk is full.", "Make room.")
    guide = desk_window.presenters.guide
    guide.open("refill")
    for text in (DRUG, "yes", "2026-03-17"):
        guide.answer(text)
    assert guide.live.state.stage is GuideStage.FINISH
    assert "The disk is full." in everything(desk_window)
    scene.orders.problem = None
    guide.go_on()
    assert guide.live.state.stage is GuideStage.DONE and len(scene.orders.placed) == 1


def test_a_wrong_answer_says_what_is_wanted(scene: Scene, desk_window: DeskWindow) -> None:
    can_have_a_refill(scene)
    verified(scene, desk_window)
    guide = desk_window.presenters.guide
    guide.open("refill")
    guide.answer(DRUG)
    guide.answer("yes")
    guide.answer("in a month")
    state = guide.live.state
    assert state.problem is not None and "Type a day" in state.problem.text
    guide.answer("31 March 2026")
    state = guide.live.state
    assert state.problem is not None and "The latest day is" in state.problem.text


def test_the_payment_guide_pauses_the_recording(scene: Scene, desk_window: DeskWindow) -> None:
    call_id = verified(scene, desk_window)
    guide = desk_window.presenters.guide
    guide.open("payment")
    for _ in range(12):
        step = guide.live.state.step
        if step is None or scene.desk.calls[call_id].recording == "paused":
            break
        guide.answer(step.choices[0][0] if step.choices else "12")
    assert scene.desk.calls[call_id].recording == "paused"
    # once more is a longer pause, and never the recording that goes on
    assert desk_window.commands.perform("recording.pause")
    assert scene.desk.calls[call_id].recording == "paused"
    assert desk_window.commands.perform("recording.resume")
    assert scene.desk.calls[call_id].recording == "running"
    assert desk_window.commands.perform("recording.resume")
    assert scene.desk.calls[call_id].recording == "running"


def test_every_order_that_a_guide_may_give_is_there(desk_window: DeskWindow) -> None:
    assert [name for name in COMMANDS if not desk_window.commands.has(name)] == []


def test_pictures(theme: Theme, open_desk: Callable[[Scene], DeskWindow], tmp_path: Path) -> None:
    scene = Scene()
    can_have_a_refill(scene)
    shown = open_desk(scene)
    verified(scene, shown)
    shown.show_aid("guide")
    grab(theme, shown.window, "guide-list", tmp_path)
    guide = shown.presenters.guide
    guide.open("refill")
    grab(theme, shown.window, "guide-choice", tmp_path)
    guide.answer(DRUG)
    grab(theme, shown.window, "guide-check", tmp_path)
    guide.back()
    guide.answer("Prednisolone 5 mg")
    grab(theme, shown.window, "guide-blocked", tmp_path)
