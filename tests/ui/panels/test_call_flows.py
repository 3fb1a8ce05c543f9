"""What the panels show and offer through holds, consultations, transfers and several calls."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtWidgets import QApplication, QPushButton
from tests.support.desk_scenes import (
    COLLEAGUES,
    HOSPITAL,
    LENA,
    SHARED,
    Scene,
    watch_colleagues,
)
from tests.support.widget_text import widget_texts

from ctidesk.calls.call import Phase
from ctidesk.calls.commands import CancelConsult, CompleteTransfer, WatchLamps
from ctidesk.calls.events import Registration
from ctidesk.calls.lamps import LampState
from ctidesk.calls.parking import Parking
from ctidesk.calls.queue_codes import QueueCodes
from ctidesk.sip.simulator import ACCOUNT
from ctidesk.ui.consult.state import Stage
from ctidesk.ui.desk_window import DeskWindow


def consulting(scene: Scene, desk_window: DeskWindow) -> tuple[str, str]:
    """A caller on hold, a colleague who answered."""
    call_id = scene.talk(SHARED, "Jane D.")
    desk_window.presenters.consult.consult("201")
    leg = scene.desk.consult_of(call_id)
    assert leg is not None
    scene.engine.remote_answers(leg.call_id)
    return call_id, leg.call_id


def notices(desk_window: DeskWindow) -> list[str]:
    """Keys of the notices that stand now."""
    return desk_window.window.notices.keys()


# ----------------------------------------------------------------------- call bar


def test_hold_is_shown_only_when_the_other_side_confirmed(scene: Scene, desk_window: DeskWindow):
    call_id = scene.talk(SHARED)
    scene.engine.confirms_holds = False
    bar = desk_window.presenters.call_bar
    bar.hold()
    assert bar.live.state.hold_label == "Holding…"
    assert not bar.live.state.held
    assert not bar.live.state.can_hold
    scene.engine.confirm(call_id)
    assert bar.live.state.held
    assert bar.live.state.hold_label == "Resume"


def test_a_refused_hold_is_said_and_the_call_goes_on(scene: Scene, desk_window: DeskWindow):
    call_id = scene.talk(SHARED)
    scene.engine.confirms_holds = False
    desk_window.presenters.call_bar.hold()
    scene.engine.refuse(call_id)
    assert desk_window.presenters.call_bar.live.state.hold_label == "Hold"
    assert "call" in notices(desk_window)


def test_the_recording_light_needs_bytes_that_grow(scene: Scene, desk_window: DeskWindow):
    call_id = scene.talk(SHARED)
    bar = desk_window.presenters.call_bar
    assert bar.live.state.recording.lit
    scene.clock.advance(14)
    bar.tick()
    assert bar.live.state.recording.lit
    scene.clock.advance(2)
    bar.tick()
    assert not bar.live.state.recording.lit
    assert bar.live.state.recording.word == "REC stalled"
    scene.engine.recording_grows(call_id, 4096)
    assert not bar.live.state.recording.lit, "the same bytes again are no growth"
    scene.engine.recording_grows(call_id, 8192)
    assert bar.live.state.recording.lit


@pytest.mark.parametrize("problem", ["no_recipient", "disk_full", "recorder_died", "cannot_start"])
def test_a_failed_recording_is_said_in_words(scene: Scene, desk_window: DeskWindow, problem: str):
    call_id = scene.talk(SHARED)
    scene.engine.recording_fails(call_id, problem)
    assert desk_window.presenters.call_bar.live.state.recording.word == "Not recorded"
    assert "recording" in notices(desk_window)
    assert scene.desk.calls[call_id].connected


def test_a_call_without_recording_says_so(scene: Scene, desk_window: DeskWindow):
    call_id = scene.ring(SHARED)
    scene.actions.answer(call_id)
    assert desk_window.presenters.call_bar.live.state.recording.word == "Not recorded"


def test_mute_is_shown_when_confirmed_only(scene: Scene, desk_window: DeskWindow):
    scene.talk(SHARED)
    button = desk_window.panels.call_bar.mute
    scene.engine.engine_lost(gone=False)
    button.click()
    assert not button.isChecked(), "the engine did not confirm it"
    scene.engine.engine_ready()
    button.click()
    assert button.isChecked()
    assert "You are muted" in desk_window.presenters.call_bar.live.state.notes


def test_a_second_call_is_visible_and_answering_holds_the_first(
    scene: Scene, desk_window: DeskWindow
):
    first = scene.talk(SHARED, "Jane D.")
    second = scene.ring(LENA, "Lena")
    state = desk_window.presenters.call_bar.live.state
    assert (state.call_id, state.answer_id) == (first, second)
    assert state.waiting[0].title == "Lena"
    desk_window.panels.call_bar.answer.click()
    assert scene.desk.calls[first].phase is Phase.HELD
    assert scene.desk.calls[second].phase is Phase.TALKING
    assert desk_window.presenters.call_bar.live.state.call_id == second


def test_the_buttons_never_move(scene: Scene, desk_window: DeskWindow):
    def places() -> list[tuple[int, int]]:
        QApplication.processEvents()
        bar = desk_window.panels.call_bar
        buttons = (bar.answer, bar.mute, bar.hold, bar.transfer, bar.keypad, bar.end)
        return [(b.x(), b.width()) for b in buttons]

    idle = places()
    call_id = scene.ring(SHARED, "A very long name that is cut off at some point, surely")
    assert places() == idle
    scene.actions.answer(call_id)
    assert places() == idle
    desk_window.presenters.call_bar.hold()
    assert places() == idle
    desk_window.presenters.consult.consult("201")
    assert places() == idle
    scene.ring(HOSPITAL, "St. Anna")
    assert places() == idle


# ------------------------------------------------------------------------ hostile


@pytest.mark.parametrize(
    "name",
    [
        "<b>Bold</b><img src=x onerror=alert(1)>",
        "\u202egnp.exe\u2066",
        "A\x00B\x1b[31m",
        "x" * 10_000,
        "<a href='tel:1'>Call me</a>",
    ],
)
def test_hostile_names_are_plain_and_short(scene: Scene, desk_window: DeskWindow, name: str):
    scene.talk(SHARED, name)
    QApplication.processEvents()
    texts = widget_texts(desk_window.window, visible_only=True)
    for text in texts:
        assert len(text) < 300
        assert not any(ord(char) in (0, 0x1B, 0x202E, 0x2066) for char in text)
    if name.startswith("<"):
        # shown as it was written, not as it would look
        assert any(name[:20] in text for text in texts)
    assert desk_window.window.windowTitle() == "ctidesk"


# ------------------------------------------------------------------------ consult


def test_consult_swap_merge_split_complete(scene: Scene, desk_window: DeskWindow):
    call_id, leg = consulting(scene, desk_window)
    consult, panel = desk_window.presenters.consult, desk_window.panels.consult
    assert panel.isVisible()
    state = consult.live.state
    assert state.stage is Stage.CONSULTING
    assert [leg.title for leg in state.legs] == ["Jane D.", "Dr. Chen, nurse line"]
    assert [leg.talking for leg in state.legs] == [False, True]
    assert state.can_complete
    panel.swap.click()
    assert not consult.live.state.can_complete
    assert "swap first" in consult.live.state.why_not_complete
    panel.swap.click()
    panel.merge.click()
    assert consult.live.state.stage is Stage.MERGED
    assert "+ Dr. Chen" in desk_window.presenters.call_bar.live.state.title
    panel.split.click()
    assert consult.live.state.can_complete
    panel.complete.click()
    assert consult.live.state.stage is Stage.TRANSFERRING
    scene.engine.transfer_answered(call_id)
    assert call_id in scene.desk.wrap_ups
    assert leg not in scene.desk.calls
    assert not panel.isVisible()


def test_complete_waits_for_the_confirmed_hold(scene: Scene, desk_window: DeskWindow):
    call_id = scene.talk(SHARED)
    scene.engine.confirms_holds = False
    consult, panel = desk_window.presenters.consult, desk_window.panels.consult
    consult.consult("201")
    assert consult.live.state.stage is Stage.CONSULTING, "cancel is there from the first moment"
    assert panel.cancel.isVisible()
    assert panel.cancel.isEnabled()
    assert not panel.complete.isEnabled()
    scene.engine.confirm(call_id)
    leg = scene.desk.consult_of(call_id)
    assert leg is not None
    assert "Not answered yet" in consult.live.state.notice
    panel.complete.click()
    assert any(isinstance(one, CompleteTransfer) for one in scene.engine.sent)


def test_cancel_before_the_hold_is_confirmed(scene: Scene, desk_window: DeskWindow):
    call_id = scene.talk(SHARED)
    scene.engine.confirms_holds = False
    desk_window.presenters.consult.consult("201")
    desk_window.panels.consult.cancel.click()
    assert any(isinstance(one, CancelConsult) for one in scene.engine.sent)
    scene.engine.confirm(call_id)
    if scene.desk.calls[call_id].phase is Phase.RESUMING:
        scene.engine.confirm(call_id)
    assert scene.desk.consult_of(call_id) is None
    assert scene.desk.calls[call_id].phase is Phase.TALKING


@pytest.mark.parametrize("rings", [False, True])
def test_cancel_while_it_dials_or_rings(scene: Scene, desk_window: DeskWindow, rings: bool):
    call_id = scene.talk(SHARED)
    desk_window.presenters.consult.consult("201")
    leg = scene.desk.consult_of(call_id)
    if rings:
        scene.engine.remote_rings(leg.call_id)
    desk_window.panels.consult.cancel.click()
    assert scene.desk.calls[call_id].phase is Phase.TALKING
    assert scene.desk.consult_of(call_id) is None


def test_a_busy_colleague_is_said(scene: Scene, desk_window: DeskWindow):
    call_id = scene.talk(SHARED)
    desk_window.presenters.consult.consult("205")
    scene.engine.remote_refuses(scene.desk.consult_of(call_id).call_id)
    state = desk_window.presenters.consult.live.state
    if scene.desk.calls[call_id].phase is not Phase.TALKING:
        assert "busy" in state.notice


def test_a_transfer_that_comes_back_says_so_and_resumes(scene: Scene, desk_window: DeskWindow):
    call_id = scene.talk(SHARED)
    consult, panel = desk_window.presenters.consult, desk_window.panels.consult
    consult.open()
    panel.field.setText("205")
    panel.blind.click()
    scene.engine.transfer_rings(call_id)
    assert "rings there" in consult.live.state.progress
    scene.engine.transfer_busy(call_id)
    state = consult.live.state
    assert state.stage is Stage.CAME_BACK
    assert "came back: the line is busy" in state.notice
    assert panel.resume.isVisible()
    assert "transfer" in notices(desk_window)
    panel.resume.click()
    assert scene.desk.calls[call_id].phase is Phase.TALKING
    assert "transfer" not in notices(desk_window)
    assert consult.live.state.stage is Stage.CHOOSE


def test_an_unanswered_transfer_comes_back(scene: Scene, desk_window: DeskWindow):
    call_id = scene.talk(SHARED)
    desk_window.presenters.consult.blind("204")
    scene.engine.transfer_unanswered(call_id)
    assert "nobody answered" in desk_window.presenters.consult.live.state.notice


def test_a_bad_target_is_said_in_the_panel(scene: Scene, desk_window: DeskWindow):
    scene.talk(SHARED)
    consult = desk_window.presenters.consult
    consult.open()
    before = len(scene.engine.sent)
    consult.consult("not a number at all")
    assert len(scene.engine.sent) == before
    assert consult.live.state.problem is not None
    assert consult.live.state.problem.remedy


def test_the_colleague_hangs_up(scene: Scene, desk_window: DeskWindow):
    call_id, leg = consulting(scene, desk_window)
    scene.engine.remote_hangs_up(leg)
    assert scene.desk.consult_of(call_id) is None
    assert scene.desk.calls[call_id].connected


def test_end_with_a_consultation_ends_the_colleague_not_the_caller(
    scene: Scene, desk_window: DeskWindow
):
    call_id, leg = consulting(scene, desk_window)
    desk_window.panels.call_bar.end.click()
    assert leg not in scene.desk.calls
    assert scene.desk.calls[call_id].phase is Phase.TALKING


# ------------------------------------------------------------------ dialler, notices


def test_a_busy_number_is_said_and_can_be_dialled_again(scene: Scene, desk_window: DeskWindow):
    desk_window.presenters.dialler.dial("+4930999888")
    (call,) = scene.desk.live
    scene.engine.remote_refuses(call.call_id)
    assert "call" in notices(desk_window)
    assert any("the line is busy" in text for text in widget_texts(desk_window.window.notices))


def test_a_missed_call_is_in_the_list_and_is_called_back(scene: Scene, desk_window: DeskWindow):
    call_id = scene.ring(LENA, "Lena")
    scene.engine.remote_hangs_up(call_id)
    assert "call" not in notices(desk_window), "the list is enough"
    (line,) = desk_window.presenters.work.live.state.lines
    assert (line.title, line.note) == ("Lena", "Enter: call")
    desk_window.panels.work_list.work.items.entered.emit(line.key)
    (call,) = scene.desk.live
    assert call.remote.number == LENA


def test_a_missed_withheld_number_cannot_be_called_back(scene: Scene, desk_window: DeskWindow):
    scene.engine.remote_hangs_up(scene.ring(""))
    (line,) = desk_window.presenters.work.live.state.lines
    assert "withheld" in line.why_not


def test_a_link_prefills_and_never_dials(scene: Scene, desk_window: DeskWindow):
    desk_window.prefill("tel:+49-30-23125-100")
    assert not scene.desk.live
    assert desk_window.panels.dialler.field.text() == "+49-30-23125-100"
    assert desk_window.presenters.dialler.live.state.hint == "+49 30 23125100"
    desk_window.prefill("javascript:alert(1)")
    assert not scene.desk.live
    assert desk_window.presenters.dialler.live.state.problem is not None


def test_a_lost_engine_is_said_at_once_and_its_return_too(scene: Scene, desk_window: DeskWindow):
    scene.talk(SHARED)
    scene.engine.engine_lost()
    assert "engine" in notices(desk_window)
    words = [one.word for one in desk_window.presenters.status.live.state.indicators]
    assert "Telephone restarting…" in words
    assert desk_window.presenters.wrap_up.live.state.call_id, "the wrap-up is open"
    scene.engine.engine_ready()
    assert "engine" not in notices(desk_window)
    assert "engine back" in notices(desk_window)
    # the caller whose connection broke off, not the number that was dialled last
    press = [b for b in desk_window.window.notices.findChildren(QPushButton) if b.text()]
    assert [button.text() for button in press] == ["Call again"]
    press[0].click()
    (call,) = scene.desk.live
    assert call.remote.number == SHARED


# --------------------------------------------------------------------- colleagues


def test_colleagues_with_their_lamps(open_desk: Callable[[Scene], DeskWindow]):
    scene = Scene(colleagues=COLLEAGUES)
    desk_window = open_desk(scene)
    panel = desk_window.panels.consult
    call_id = scene.talk(SHARED, "Jane D.")
    desk_window.presenters.consult.open()

    def shown() -> dict[str, str]:
        return {line.key: line.right for line in panel.colleagues.lines}

    assert set(shown().values()) == {"Not known"}
    watch_colleagues(scene)
    lit = {"201": "Free", "205": "On a call", "203": "Ringing", "230": "Not there"}
    assert shown() == lit | {"240": "Not known"}
    assert "Free, Dr. Chen" in panel.colleagues.lines[0].spoken
    scene.engine.lamp("201", LampState.BUSY)
    assert shown()["201"] == "On a call"
    # typing narrows them, choosing one fills the number and starts nothing
    desk_window.presenters.consult.search.type("kim")
    assert list(shown()) == ["203"]
    panel.colleagues.picked.emit("203")
    assert panel.field.text() == "203"
    assert scene.desk.consult_of(call_id) is None
    scene.engine.engine_lost(gone=False)
    assert set(shown().values()) == {"Not known"}


def test_no_colleagues_in_the_settings_take_no_room(scene: Scene, desk_window: DeskWindow):
    scene.talk(SHARED, "Jane D.")
    desk_window.presenters.consult.open()
    assert not desk_window.panels.consult.colleagues.isVisible()


# ------------------------------------------------------------------ queue codes


def test_queue_codes_from_the_palette(open_desk: Callable[[Scene], DeskWindow]):
    scene = Scene(queue_codes=QueueCodes(login="*45", pause="*46"))
    desk_window = open_desk(scene)
    commands = desk_window.commands
    assert not commands.perform("queue.*45"), "not before the telephone is registered"
    scene.engine.registration(Registration.REGISTERED)
    scene.engine.knows_code("*45")
    assert commands.perform("queue.*45")
    assert "the exchange has taken it" in str(widget_texts(desk_window.window))
    assert commands.perform("queue.*46")
    assert "Queue: pause did not work: this number does not exist" in str(
        widget_texts(desk_window.window)
    )
    assert not scene.desk.calls
    assert not scene.desk.wrap_ups


# ----------------------------------------------------------------------- parking


def parking_desk(
    open_desk: Callable[[Scene], DeskWindow], places: tuple[str, ...]
) -> tuple[Scene, DeskWindow]:
    scene = Scene(parking=Parking(number="700", places=places))
    desk_window = open_desk(scene)
    scene.engine.send(WatchLamps(account_id=ACCOUNT, targets=places))
    return scene, desk_window


@pytest.mark.parametrize("lamp_first", [True, False])
def test_a_parked_caller_is_told_with_the_place(
    open_desk: Callable[[Scene], DeskWindow], lamp_first: bool
):
    scene, desk_window = parking_desk(open_desk, ("701", "702"))
    assert not desk_window.commands.perform("call.park"), "nobody is there to be parked"
    scene.engine.lamp("701", LampState.BUSY)
    call_id = scene.talk(SHARED, "Jane D.")
    assert desk_window.commands.perform("call.park")
    assert not desk_window.commands.perform("call.park"), "it is under way"
    if lamp_first:
        scene.engine.lamp("702", LampState.BUSY)
    scene.engine.transfer_answered(call_id)
    if not lamp_first:
        assert "parked" not in notices(desk_window)
        scene.engine.lamp("702", LampState.BUSY)
    assert "The caller is parked at 702." in str(widget_texts(desk_window.window))
    scene.engine.lamp("702", LampState.IDLE)
    scene.engine.lamp("702", LampState.BUSY)
    assert notices(desk_window).count("parked") == 1


def test_parking_that_fails_tells_no_place(open_desk: Callable[[Scene], DeskWindow]):
    scene, desk_window = parking_desk(open_desk, ("701",))
    call_id = scene.talk(SHARED, "Jane D.")
    desk_window.commands.perform("call.park")
    scene.engine.transfer_busy(call_id)
    scene.engine.lamp("701", LampState.BUSY)
    assert "parked" not in notices(desk_window)
    assert "transfer" in notices(desk_window)


def test_an_exchange_that_tells_no_places(open_desk: Callable[[Scene], DeskWindow]):
    scene, desk_window = parking_desk(open_desk, ())
    call_id = scene.talk(SHARED, "Jane D.")
    desk_window.commands.perform("call.park")
    scene.engine.transfer_answered(call_id)
    assert "does not say where" in str(widget_texts(desk_window.window))


def test_without_a_parking_number_nothing_is_offered(scene: Scene, desk_window: DeskWindow):
    scene.talk(SHARED, "Jane D.")
    assert not desk_window.commands.perform("call.park")
