"""What a web CRM and links of other programs bring to the screen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from tests.support.desk_scenes import SHARED, Scene, jane, walter
from tests.support.screens import grab

from ctidesk.calls.errors import KnownError
from ctidesk.startup import web_api
from ctidesk.startup.web_api import web_api_indicator
from ctidesk.ui.desk_window import DeskWindow
from ctidesk.ui.suggestions import KEY, MemberSuggestions, suggestion_command
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.widgets.buttons import ActionButton
from ctidesk.web_api.status import Status

ORIGIN = "https://crm.city-hospital.example"


@pytest.fixture
def suggestions(scene: Scene, desk_window: DeskWindow) -> MemberSuggestions:
    return MemberSuggestions(
        scene.desk, scene.pop, desk_window.window.notices, lambda: desk_window.locked
    )


def action(desk_window: DeskWindow) -> ActionButton:
    (button,) = [
        each
        for each in desk_window.window.notices.findChildren(ActionButton)
        if each.isVisible() and each.text()
    ]
    return button


def test_a_suggested_member_is_opened_by_the_agent_alone(
    scene: Scene, desk_window: DeskWindow, suggestions: MemberSuggestions
) -> None:
    call_id = scene.talk(SHARED)
    suggestions.show(call_id, walter())
    assert scene.desk.context(call_id).member_id == ""
    suggestions.show(call_id, jane())  # the later one counts
    QApplication.processEvents()
    button = action(desk_window)
    assert (button.text(), button.isVisible()) == ("Open card", True)
    button.click()
    assert scene.desk.context(call_id).member_id == "M-1001"
    assert not scene.desk.context(call_id).verified
    assert KEY not in desk_window.window.notices.keys()  # noqa: SIM118 - no dict


def test_a_suggested_card_is_opened_by_keyboard_too(
    scene: Scene, desk_window: DeskWindow, suggestions: MemberSuggestions
) -> None:
    desk_window.commands.register(suggestion_command(suggestions))
    call_id = scene.talk(SHARED)
    assert not desk_window.commands.perform("card.suggested")
    suggestions.show(call_id, jane())
    assert desk_window.commands.perform("card.suggested")
    assert scene.desk.context(call_id).member_id == "M-1001"
    assert not desk_window.commands.perform("card.suggested")
    desk_window.window.notices.clear(KEY)


def test_a_locked_desk_shows_no_name_of_a_suggested_member(
    scene: Scene, desk_window: DeskWindow, suggestions: MemberSuggestions
) -> None:
    call_id = scene.talk(SHARED)
    suggestions.show(call_id, jane())
    desk_window.set_locked(True)
    assert KEY not in desk_window.window.notices.keys()  # noqa: SIM118 - no dict
    suggestions.show(call_id, jane())
    assert KEY not in desk_window.window.notices.keys()  # noqa: SIM118 - no dict


def test_a_suggestion_goes_with_its_call_and_with_the_card(
    scene: Scene, desk_window: DeskWindow, suggestions: MemberSuggestions
) -> None:
    shown = desk_window.window.notices.keys
    call_id = scene.ring(SHARED)
    suggestions.show(call_id, jane())
    assert KEY in shown()
    scene.engine.remote_hangs_up(call_id)
    assert KEY not in shown()
    call_id = scene.talk(SHARED)
    suggestions.show(call_id, jane())
    scene.verify_jane(call_id)
    assert KEY not in shown()


@pytest.mark.parametrize(
    ("link", "text", "said"),
    [
        ("tel:*21*0301234567%23", "*21*0301234567#", "it may forward your calls"),
        ("sip:nurse@pbx.example?Replaces=1", "sip:nurse@pbx.example", "is left out"),
    ],
)
def test_a_link_that_needs_care_is_shown_with_it(
    scene: Scene, desk_window: DeskWindow, qtbot: QtBot, link: str, text: str, said: str
) -> None:
    desk_window.prefill(link)
    dialler = desk_window.panels.dialler
    assert dialler.field.text() == text
    assert said in dialler._caution.text()
    assert dialler._caution.isVisible()
    assert scene.desk.live == []
    qtbot.keyClicks(dialler.field, "201")
    dialler.field.settle()
    assert not dialler._caution.isVisible()


@pytest.mark.parametrize("link", ["tel:+4930%0a231", "tel:" + "9" * 10_000, "tel:+49\u202e123"])
def test_a_link_that_hides_something_leaves_nothing_to_dial(
    scene: Scene, desk_window: DeskWindow, link: str
) -> None:
    desk_window.prefill("tel:201")
    desk_window.prefill(link)
    dialler = desk_window.panels.dialler
    assert dialler.field.text() == ""
    assert "Type the number by hand" in dialler._problem.text()
    assert not dialler.button.isEnabled()
    desk_window.presenters.dialler.enter()
    assert scene.desk.live == []


class Raised:
    """Counts how often the window was brought to the front."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        self.times += 1


@pytest.mark.parametrize(
    ("in_front", "on_call", "raised"), [(False, False, 1), (True, False, 0), (False, True, 0)]
)
def test_who_types_or_talks_keeps_the_keyboard(
    scene: Scene,
    desk_window: DeskWindow,
    monkeypatch: pytest.MonkeyPatch,
    in_front: bool,
    on_call: bool,
    raised: int,
) -> None:
    count = Raised()
    hands = web_api._Hands(scene, desk_window, count)  # type: ignore[arg-type]
    if on_call:
        scene.talk(SHARED)
    note = desk_window.panels.wrap_up
    note.take_keyboard()
    before = QApplication.focusWidget()
    active = desk_window.window if in_front else None
    monkeypatch.setattr(web_api.QApplication, "activeWindow", lambda: active)
    hands.prefill("tel:201")
    assert desk_window.panels.dialler.field.text() == "201"
    assert count.times == raised
    assert (QApplication.focusWidget() is before) is (not raised)
    assert ("web_number" in desk_window.window.notices.keys()) is (not raised)  # noqa: SIM118


def test_pictures(
    scene: Scene, open_desk: Callable[[Scene], DeskWindow], theme: Theme, tmp_path: Path
) -> None:
    shown = open_desk(scene)
    status = shown.presenters.status.set_web_api
    status(web_api_indicator(Status(listening=True)))
    shown.prefill("tel:*21*0301234567%23")
    grab(theme, shown.window, "web-crm-code", tmp_path)
    shown.prefill("tel:+4930%0a231")
    problem = KnownError(
        "web_api_port_taken",
        "Web CRMs cannot connect: another program uses port 28461 of this computer.",
        "End that program (it is tried again by itself), or choose another [web_api] port. "
        "Calls work.",
    )
    status(web_api_indicator(Status(problem=problem)))
    shown.tell(problem, "web_api")
    grab(theme, shown.window, "web-crm-problem", tmp_path)
    shown.untell("web_api")
    call_id = scene.talk(SHARED, "Jane D.")
    status(web_api_indicator(Status(listening=True, origins=(ORIGIN,))))
    notices = shown.window.notices
    MemberSuggestions(scene.desk, scene.pop, notices, lambda: False).show(call_id, jane())
    grab(theme, shown.window, "web-crm-suggested", tmp_path)
