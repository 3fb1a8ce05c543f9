"""The training beside the desk: started, followed, judged; in pictures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from tests.support.desk_scenes import RESOURCES, SHARED, Scene
from tests.support.screens import grab

from ctidesk.care.training_file import load_scenarios
from ctidesk.config.sections import Account, Crm, Recording, WebApi, WrapUp
from ctidesk.config.settings import Settings
from ctidesk.demo.people import CALLERS
from ctidesk.startup.training import mark, training_settings
from ctidesk.ui.desk_window import DeskWindow, build
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.training.presenter import TrainingPresenter
from ctidesk.ui.training.view import TrainingPanel


class SpyCallers:
    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def call(self, who: str, after_s: float = 0.0) -> None:
        self.asked.append(("call", who))

    def hang_up(self, who: str = "") -> None:
        self.asked.append(("hang_up", who))


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.fixture
def desk_window(qapp: QApplication, theme: Theme, scene: Scene) -> Iterator[DeskWindow]:
    made = build(qapp, theme, scene.needs)
    made.show()
    scene.start()
    yield made
    made.close()
    made.deleteLater()
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def callers() -> SpyCallers:
    return SpyCallers()


@pytest.fixture
def shown(scene: Scene, desk_window: DeskWindow, callers: SpyCallers) -> TrainingPresenter:
    scenarios = load_scenarios(RESOURCES / "training", [each.key for each in CALLERS])
    return TrainingPresenter(scenarios, callers, scene.desk)


def play(scene: Scene, desk_window: DeskWindow) -> None:
    """The first scenario: answered, the wrong card first, verified, ended, saved."""
    call_id = scene.ring(SHARED)
    scene.clock.advance(5)
    scene.actions.answer(call_id)
    card = desk_window.presenters.member_card
    scene.actions.choose_member(call_id, "M-1002")
    scene.clock.advance(3)
    card.open_candidate("1")
    card.answer("postcode", "99999")
    card.answer("birth_date", "3.4.1984")
    card.answer("policy_number", "K-99120-77")
    scene.clock.advance(60)
    scene.actions.end(call_id)
    desk_window.presenters.wrap_up.choose_code("refill")
    scene.clock.advance(20)
    desk_window.presenters.wrap_up.save("ready")


def test_the_caller_phones_and_the_log_is_judged_at_the_save(
    scene: Scene, desk_window: DeskWindow, callers: SpyCallers, shown: TrainingPresenter
) -> None:
    shown.start()
    assert callers.asked == [("call", "jane")]
    assert shown.live.state.running == "1-shared-number"
    shown.start()
    assert len(callers.asked) == 1
    play(scene, desk_window)
    state = shown.live.state
    assert state.running == "" and state.summary == "5 of 5 done"
    assert state.times == "Rang 0:05 · talk 1:03 · hold 0:00 · wrap-up 0:20"
    assert state.attempts == "1 card of somebody else opened, 1 wrong answer at the check"
    assert state.scenarios[0].word == "5 of 5"


def test_giving_up_hangs_up_and_says_what_is_missing(
    scene: Scene, callers: SpyCallers, shown: TrainingPresenter
) -> None:
    shown.start()
    scene.talk(SHARED)
    shown.stop()
    assert callers.asked[-1] == ("hang_up", "jane")
    assert shown.live.state.summary == "1 of 5 done"
    assert not shown.live.state.can_start  # the call still lives


def test_a_call_that_was_not_answered_ends_the_scenario(
    scene: Scene, shown: TrainingPresenter
) -> None:
    shown.start()
    scene.engine.remote_hangs_up(scene.ring(SHARED))
    assert shown.live.state.summary == "0 of 5 done"


def test_another_scenario_is_chosen_only_between_calls(shown: TrainingPresenter) -> None:
    shown.choose("2-provider")
    assert shown.live.state.title == "A hospital asks for eligibility"
    shown.start()
    shown.choose("5-red-flag")
    assert shown.live.state.title == "A hospital asks for eligibility"
    shown.refused("Nobody there.")
    assert shown.live.state.problem == "Nobody there." and shown.live.state.can_start


def test_the_panel_by_keyboard_and_in_pictures(
    qtbot,
    scene: Scene,
    theme: Theme,
    desk_window: DeskWindow,
    shown: TrainingPresenter,
    callers: SpyCallers,
    tmp_path: Path,
) -> None:
    panel = TrainingPanel(desk_window.around, shown)
    qtbot.addWidget(panel)
    panel.show()
    grab(theme, panel, "training-begin", tmp_path, None)
    assert panel.start.focusPolicy() & Qt.FocusPolicy.TabFocus
    qtbot.keyClick(panel.start, Qt.Key.Key_Space)
    assert callers.asked == [("call", "jane")]
    assert panel.stop.isVisible() and not panel.start.isVisible()
    play(scene, desk_window)
    grab(theme, panel, "training-feedback", tmp_path, None)


def test_the_marker_stays_in_the_window(
    theme: Theme, desk_window: DeskWindow, tmp_path: Path
) -> None:
    mark(desk_window.window)
    assert "TRAINING" in desk_window.window.windowTitle()
    notices = desk_window.window.notices
    said = [label.text() for label in notices.findChildren(QLabel) if label.isVisible()]
    assert any(text.startswith("TRAINING") for text in said)
    buttons = [one for one in notices.findChildren(QPushButton) if one.isVisible()]
    assert buttons == []  # it cannot be closed
    grab(theme, desk_window.window, "training-marker", tmp_path, ((960, 600),))


def test_nothing_of_the_centres_account_crm_or_recording_is_used() -> None:
    own = Settings(
        account=Account(user="real", registrar="pbx.example"),
        crm=Crm(server="https://crm.example/fhir"),
        web_api=WebApi(enabled=True),
        recording=Recording(policy="required", recipients=("age1x",)),
        wrapup=WrapUp(seconds=30),
    )
    base = Settings(account=Account(user="agent"))
    used = training_settings(base, own)
    assert (used.account.user, used.account.registrar) == ("agent", "")
    assert used.crm.server == "" and not used.web_api.enabled
    assert used.recording == Recording(policy="forbidden")
    assert used.wrapup.seconds == 30 and used.agent.name == "Trainee"
