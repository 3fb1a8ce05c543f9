"""What a pop says, where it stands, and that none is left behind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot
from tests.support.fake_clock import FakeClock

from ctidesk.calls.call import Call, Direction, Phase, RemoteParty, Routing
from ctidesk.care.member import Candidate, Lookup, Party
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.toast.presenter import match_summary, notification_text, offers
from ctidesk.ui.toast.view import MOST, Toast, ToastStack, ToastTools, stacked
from ctidesk.ui.widgets.buttons import ActionButton
from ctidesk.ui.widgets.timer import SecondTick

NUMBER = "+4930231250"


def ringing(call_id: str = "c1", name: str = "Jane Doe", queue: str = "Refills") -> Call:
    return Call(
        call_id=call_id,
        direction=Direction.INBOUND,
        phase=Phase.OFFERED,
        remote=RemoteParty(number=NUMBER, display_name=name),
        began_mono=990.0,
        began_wall=0.0,
        phase_since_mono=990.0,
        routing=Routing(queue=queue),
    )


def somebody(name: str, party: Party = Party.MEMBER) -> Candidate:
    return Candidate(key=name, party=party, name=name, reason="mobile number")


def as_is(number: str) -> str:
    return number


@pytest.mark.parametrize(
    ("lookup", "summary"),
    [
        (None, "Looking up…"),
        (Lookup(number="", e164="", reason="withheld"), "The number is withheld"),
        (Lookup(number=NUMBER, e164=NUMBER, reason="unknown"), "Not in the directory"),
        (
            Lookup(number=NUMBER, e164=NUMBER, candidates=(somebody("Jane Doe"),)),
            "Member · Jane Doe · mobile number",
        ),
        (
            Lookup(number=NUMBER, e164=NUMBER, candidates=(somebody("A"), somebody("B"))),
            "2 possible callers",
        ),
    ],
)
def test_the_match_in_one_line(lookup: Lookup | None, summary: str) -> None:
    assert match_summary(lookup) == summary


def test_only_ringing_calls_pop_and_strangers_text_is_plain() -> None:
    evil = ringing("c2", name="\u202eevil\x00" + "x" * 10_000, queue="")
    talking = replace(ringing("c3"), phase=Phase.TALKING)
    first, second = offers([ringing(), evil, talking], {}, as_is)
    assert (first.call_id, first.queue, first.caller) == ("c1", "Refills", "Jane Doe")
    assert first.number == NUMBER
    assert second.queue == "Direct call"
    assert len(second.caller) <= 64
    assert "\u202e" not in second.caller and "\x00" not in second.caller


def test_a_locked_desk_and_a_notification_name_nobody() -> None:
    lookup = Lookup(number=NUMBER, e164=NUMBER, candidates=(somebody("Jane Doe"),))
    (locked,) = offers([ringing()], {"c1": lookup}, as_is, locked=True)
    for text in (repr(locked), notification_text(ringing())):
        assert "Jane" not in text and NUMBER not in text
    assert notification_text(ringing()) == "Incoming call · Refills"


@pytest.fixture
def stack(theme: Theme, tick: SecondTick, clock: FakeClock, qtbot: QtBot) -> Iterator[ToastStack]:
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    stack = ToastStack(ToastTools(theme, tick, clock, "Ctrl+Shift+A", "Ctrl+Shift+D"), window)
    yield stack
    stack.clear()


def test_a_pop_is_of_the_kind_that_takes_no_keyboard(stack: ToastStack) -> None:
    stack.show_offers(offers([ringing()], {}, as_is))
    (toast,) = stack.toasts
    kind = toast.windowFlags()
    assert kind & Qt.WindowType.WindowType_Mask == Qt.WindowType.ToolTip
    assert kind & Qt.WindowType.FramelessWindowHint
    assert kind & Qt.WindowType.WindowStaysOnTopHint
    assert toast.testAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
    assert all(b.focusPolicy() is Qt.FocusPolicy.NoFocus for b in toast.findChildren(ActionButton))


def test_pops_come_stay_and_go_with_their_calls(stack: ToastStack) -> None:
    calls = [ringing(f"c{n}") for n in range(5)]
    stack.show_offers(offers(calls, {}, as_is))
    assert len(stack.toasts) == MOST
    second = stack.toasts[1]
    stack.show_offers(offers(calls[1:], {}, as_is))
    assert stack.toasts[0] is second
    assert [toast.offer.call_id for toast in stack.toasts if toast.offer] == ["c1", "c2", "c3"]
    stack.show_offers([])
    assert stack.toasts == []


def test_a_pop_is_used_again_and_keeps_nothing_of_the_caller_before(
    stack: ToastStack, tick: SecondTick
) -> None:
    stack.warm_up()
    stack.show_offers(offers([ringing("c1")], {}, as_is))
    (toast,) = stack.toasts
    stack.show_offers([])
    assert not toast.isVisible()
    assert not tick.running
    texts = [label.text() for label in toast.findChildren(QLabel)]
    assert "Jane" not in " ".join([*texts, toast.accessibleDescription()])
    stack.show_offers(offers([ringing("c2", name="Ann Roe")], {}, as_is))
    assert stack.toasts == [toast]
    assert toast.isVisible()
    assert "Ann Roe" in toast.accessibleDescription()


def test_the_end_of_the_program_takes_the_pops_along(stack: ToastStack, qtbot: QtBot) -> None:
    stack.show_offers(offers([ringing("c1"), ringing("c2")], {}, as_is))
    gone: list[None] = []
    for toast in stack.toasts:
        toast.destroyed.connect(lambda: gone.append(None))
    stack.show_offers(offers([ringing("c1")], {}, as_is))
    stack.clear()
    qtbot.waitUntil(lambda: len(gone) == 2)


def test_a_late_match_is_written_into_the_same_pop(
    stack: ToastStack, clock: FakeClock, tick: SecondTick
) -> None:
    call = ringing()
    stack.show_offers(offers([call], {}, as_is))
    (toast,) = stack.toasts
    lookup = Lookup(number=NUMBER, e164=NUMBER, candidates=(somebody("A"), somebody("B")))
    stack.show_offers(offers([call], {"c1": lookup}, as_is))
    assert stack.toasts == [toast]
    assert "2 possible callers" in toast.accessibleDescription()
    clock.advance(7)
    tick.ticked.emit()
    assert toast.findChild(QWidget, "wait").accessibleName() == "Waiting: 17 seconds"
    stack.show_offers([])
    assert not tick.running


def test_the_buttons_say_which_call(stack: ToastStack, qtbot: QtBot) -> None:
    stack.show_offers(offers([ringing("c1"), ringing("c2")], {}, as_is))
    second = stack.toasts[1]
    answer, decline = second.findChildren(ActionButton)
    assert answer.toolTip() == "Answer (Ctrl+Shift+A)"
    with qtbot.waitSignal(stack.answered) as answered:
        qtbot.mouseClick(answer, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(stack.declined) as declined:
        qtbot.mouseClick(decline, Qt.MouseButton.LeftButton)
    assert (answered.args, declined.args) == (["c2"], ["c2"])


def test_reduced_motion_stills_the_pop(stack: ToastStack, theme: Theme, tick: SecondTick) -> None:
    stack.show_offers(offers([ringing()], {}, as_is))
    (toast,) = stack.toasts

    def bar(of: Toast) -> str:
        return of.grab().toImage().pixelColor(7, 64).name()

    still = bar(toast)
    tick.ticked.emit()
    assert bar(toast) != still
    tick.ticked.emit()
    theme.reduced_motion = True
    tick.ticked.emit()
    assert bar(toast) == still


def test_pops_pile_up_from_the_corner_without_touching() -> None:
    area = QRect(100, 50, 1000, 700)
    places = [QRect(place.x(), place.y(), 360, 128) for place in stacked(area, 3)]
    assert all(area.contains(place) for place in places)
    assert places[0].bottom() > places[1].bottom() > places[2].bottom()
    assert not places[0].intersects(places[1])
