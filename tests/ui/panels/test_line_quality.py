"""The line on the screen: bars, word, figures, one notice at most, the sheet of the last calls."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from tests.support.desk_scenes import HOSPITAL, LENA, SHARED, Scene

from ctidesk.calls.line_quality import LineState, LinkKind, Side, Trouble, Verdict
from ctidesk.ui.desk_presenters import DeskPresenters
from ctidesk.ui.desk_window import DeskWindow
from ctidesk.ui.quality.advice import KEY, advice
from ctidesk.ui.quality.presenter import NO_CALL, NOT_MEASURED, ON_HOLD, quality_of
from ctidesk.ui.widgets.notice import Level, NoticeBar

LOSS_HERE = LineState(Verdict.BAD, Trouble.LOSS, Side.HERE)


def notice(shown: DeskWindow) -> NoticeBar | None:
    """The standing notice about the line."""
    bar = shown.window.notices._bars.get(KEY)
    assert bar is None or bar.isVisible()
    return bar


def quality(scene: Scene):
    """What the bars show, without Qt."""
    call = scene.desk.current
    return quality_of(scene.desk.quality.get(call.call_id) if call else None, call)


# --- without Qt ---


@pytest.mark.parametrize("link", list(LinkKind))
@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("trouble", [t for t in Trouble if t is not Trouble.NONE])
def test_every_trouble_has_a_sentence_and_something_to_do(
    trouble: Trouble, side: Side, link: LinkKind
) -> None:
    told = advice(LineState(Verdict.POOR, trouble, side), link)
    assert told is not None
    for text in told:
        assert text.endswith(".")
        assert "{" not in text
        assert text[0].isupper()


def test_the_advice_knows_wifi_from_a_cable() -> None:
    wifi = advice(LOSS_HERE, LinkKind.WIFI)
    assert wifi == (
        "Your Wi-Fi loses packets: you hear the other side with gaps.",
        "Plug in a network cable, or move nearer to the access point.",
    )
    there = dataclasses.replace(LOSS_HERE, side=Side.THERE)
    assert advice(there, LinkKind.WIFI)[0] == (
        "The other side hears you badly: your Wi-Fi loses packets."
    )
    assert advice(there, LinkKind.CABLE)[0] == (
        "The other side hears you badly: the network loses packets."
    )
    assert "Wi-Fi" not in "".join(advice(LOSS_HERE, LinkKind.CABLE))
    assert "If this computer is on Wi-Fi" in advice(LOSS_HERE, LinkKind.UNKNOWN)[1]
    assert advice(LineState(Verdict.FAIR), LinkKind.WIFI) is None


def test_the_word_follows_the_verdict_and_not_each_measurement(scene: Scene) -> None:
    scene.start()
    assert quality(scene) == NO_CALL
    call_id = scene.talk(SHARED)
    assert quality(scene) == NOT_MEASURED
    scene.line(call_id, 4.3)
    assert (quality(scene).word, quality(scene).bars) == ("Good", 4)
    scene.line(call_id, 1.9, 22.0, seconds=2)
    assert quality(scene).word == "Good"
    assert dict(quality(scene).rows)["Lost on the way here"] == "22.0 %"
    scene.line(call_id, 1.9, 22.0, seconds=3)
    assert (quality(scene).word, quality(scene).bars) == ("Bad", 1)
    assert dict(quality(scene).rows)["What is wrong"] == "packets get lost, you hear it"
    scene.actions.toggle_hold(call_id)
    assert quality(scene) == ON_HOLD
    scene.engine.remote_hangs_up(call_id)
    assert quality(scene) == NO_CALL


def test_what_nobody_reported_is_said_so(scene: Scene) -> None:
    scene.start()
    scene.line(scene.talk(SHARED), 4.3, rtt_ms=0.0)
    rows = dict(quality(scene).rows)
    assert rows["Round trip"] == rows["Lost on the way there"] == "not reported yet"
    assert rows["Codec"] == "G.722 wideband"
    assert rows["Encrypted"] == "Yes"


def test_the_lines_of_the_last_calls_without_names_or_numbers(scene: Scene) -> None:
    shown = DeskPresenters(scene.needs)
    scene.start()
    call_id = scene.talk(SHARED, "Jane D.", "Member line")
    scene.line(call_id, 2.2, 18.0, concealed_pct=18.0)
    scene.engine.remote_hangs_up(call_id)
    (line,) = shown.lines.lines()
    assert line.name == "09:00 In · Member line"
    assert (line.word, line.mos, line.loss) == ("Bad", "2.2", "18.0 %")
    assert line.detail == "G.722 wideband · encrypted · packets get lost, you hear it"
    assert "Jane" not in repr(line)
    assert "5010" not in repr(line)
    # a desk that starts again reads it from the log
    later = DeskPresenters(Scene().needs)
    later.take_log(scene.journal.log)
    assert later.lines.lines() == (line,)


def test_a_short_call_leaves_no_line(scene: Scene) -> None:
    shown = DeskPresenters(scene.needs)
    scene.start()
    scene.engine.remote_hangs_up(scene.talk(SHARED))
    assert shown.lines.lines() == ()


def test_the_record_goes_to_the_crm_with_the_interaction(scene: Scene) -> None:
    shown = DeskPresenters(scene.needs)
    scene.start()
    call_id = scene.talk(SHARED)
    scene.line(call_id, 2.2, 18.0)
    shown.consult.consult("201")
    consult = scene.desk.consult_of(call_id)
    assert consult is not None
    scene.engine.remote_answers(consult.call_id)
    scene.line(consult.call_id, 4.2)
    scene.engine.remote_hangs_up(consult.call_id)
    scene.engine.remote_hangs_up(call_id)
    shown.wrap_up.choose_code("refill")
    shown.wrap_up.save()
    saved = scene.journal.interactions[call_id]
    assert saved.line is not None
    assert saved.line.warnings == ("loss here",)
    assert [line.warnings for line in saved.consult_lines] == [()]
    assert shown.log._events == {}


# --- with Qt ---


def test_one_notice_that_goes_by_itself(scene: Scene, desk_window: DeskWindow) -> None:
    call_id = scene.talk(SHARED)
    scene.line(call_id, 1.9, 22.0)
    bar = notice(desk_window)
    assert bar is not None
    assert bar.notice.level is Level.WARNING
    assert bar.notice.text.startswith("The network loses packets")
    scene.line(call_id, 4.3, silent_s=8.0)
    assert desk_window.window.notices.keys().count(KEY) == 1
    changed = notice(desk_window)
    assert changed is not None
    assert changed.notice.text == "Nothing arrives from the other side."
    scene.line(call_id, 4.3)
    assert notice(desk_window) is None


def test_a_closed_notice_stays_closed_until_something_else_is_wrong(
    scene: Scene, desk_window: DeskWindow
) -> None:
    call_id = scene.talk(SHARED)
    scene.line(call_id, 1.9, 22.0)
    bar = notice(desk_window)
    assert bar is not None
    bar.closed.emit()
    scene.line(call_id, 3.4, 9.0, seconds=20)
    scene.actions.toggle_mute()
    assert notice(desk_window) is None
    scene.line(call_id, 4.3, silent_s=8.0)
    assert notice(desk_window) is not None


def test_the_notice_is_about_the_call_at_hand(scene: Scene, desk_window: DeskWindow) -> None:
    first = scene.talk(SHARED)
    scene.line(first, 1.9, 22.0)
    second = scene.ring(LENA)
    scene.actions.answer(second)
    assert notice(desk_window) is None
    scene.engine.remote_hangs_up(second)
    third = scene.talk(HOSPITAL)
    scene.line(third, 1.9, 22.0)
    assert notice(desk_window) is not None
    scene.engine.remote_hangs_up(third)
    assert notice(desk_window) is None


def test_a_silent_microphone_is_a_hint_and_no_alarm(scene: Scene, desk_window: DeskWindow) -> None:
    scene.line(scene.talk(SHARED), 4.3, mic_silent_s=31.0)
    bar = notice(desk_window)
    assert bar is not None
    assert bar.notice.level is Level.INFO
    assert "microphone" in bar.notice.text


def test_a_desk_that_takes_a_call_over_tells_its_trouble(
    scene: Scene, open_desk: Callable[[Scene], DeskWindow]
) -> None:
    call_id = scene.talk(SHARED)
    scene.line(call_id, 1.9, 22.0)
    calls = list(scene.engine.calls())
    fresh = Scene()
    shown = open_desk(fresh)
    fresh.desk.attach(calls, ())
    assert notice(shown) is not None


def test_the_figures_open_by_click_and_key_and_close(scene: Scene, desk_window: DeskWindow) -> None:
    view = desk_window.panels.quality
    view.click()
    assert view.details is not None
    assert not view.details.isVisible()  # there is nothing to show
    call_id = scene.talk(SHARED)
    scene.line(call_id, 1.9, 22.0)
    view.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(view, Qt.Key.Key_Space)
    QApplication.processEvents()
    assert view.details.isVisible()
    said = {label.text() for label in view.details.findChildren(QLabel) if label.isVisible()}
    assert {"Score (MOS)", "1.9 of 4.5", "22.0 %", "G.722 wideband", "Yes"} <= said
    assert "Lost on the way here: 22.0 %" in view.details.accessibleDescription()
    window = desk_window.window
    area = view.details.geometry()
    assert window.rect().contains(area)
    # live while open
    scene.line(call_id, 2.4, 18.0)
    said = {label.text() for label in view.details.findChildren(QLabel) if label.isVisible()}
    assert "18.0 %" in said and "22.0 %" not in said
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert not view.details.isVisible()
    view.click()
    assert view.details.isVisible()
    QTest.mouseClick(desk_window.panels.work_list, Qt.MouseButton.LeftButton)
    assert not view.details.isVisible()
    view.click()
    scene.engine.remote_hangs_up(call_id)
    assert not view.details.isVisible()


def test_the_bars_say_what_they_are(scene: Scene, desk_window: DeskWindow) -> None:
    scene.line(scene.talk(SHARED), 1.9, 22.0)
    view = desk_window.panels.quality
    assert view.accessibleName() == "Line quality: Bad"
    assert "loss 22.0 %" in view.accessibleDescription()
    assert "MOS 1.9" in view.toolTip()
