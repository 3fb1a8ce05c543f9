"""A training with real calls: made-up callers phone the real desk, whose log is judged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from tests.support.crm_python import output_of
from tests.support.demo_window import DemoDesk

from ctidesk.calls.call import Phase
from ctidesk.demo import acts, script
from ctidesk.startup.training import scenarios_of
from ctidesk.ui.training.presenter import TrainingPresenter

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def demo(qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DemoDesk]:
    monkeypatch.setenv("PYTHONPATH", f"{ROOT / 'src'}:{ROOT}")
    made = DemoDesk(qapp, tmp_path)
    made.start()
    yield made
    made.close()


def offered(demo: DemoDesk) -> None:
    """The caller whom the training asked rings."""
    stage = demo.stage
    stage.until("a call", lambda: bool(stage.desk.live))
    stage.call_id = stage.desk.live[0].call_id
    stage.until("the card", lambda: stage.call_id in stage.pop.lookups)


def talking(demo: DemoDesk) -> None:
    stage = demo.stage
    stage.hands.press("call_answer")
    stage.until("connected", lambda: stage.call.phase is Phase.TALKING)


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_two_stories_with_real_calls_are_judged_by_their_log(demo: DemoDesk) -> None:
    stage = demo.stage
    shown = TrainingPresenter(scenarios_of(), demo.centre, stage.desk)
    script.begin(stage)

    # a member of a shared number, done well
    shown.start()
    offered(demo)
    talking(demo)
    script.open_and_verify(stage, "Jane Doe", "training")
    acts.end(stage)
    acts.wrap_up(stage, "refill", "From the twelfth on.")
    stage.until("feedback", lambda: bool(shown.live.state.summary))
    assert shown.live.state.summary == "5 of 5 done", shown.live.state.points
    assert shown.live.state.attempts == ""

    # a hospital that is left waiting for its code, and a card that is none of its business
    shown.choose("2-provider")
    stage.until("free again", lambda: shown.live.state.can_start)
    shown.start()
    offered(demo)
    talking(demo)
    demo.desk.parts.actions.choose_member(stage.call_id, "M-1001")
    acts.end(stage)
    acts.wrap_up(stage, "complaint", "Asks about two patients.")
    stage.until("feedback", lambda: bool(shown.live.state.summary))
    state = shown.live.state
    assert state.attempts == "1 card of somebody else opened"
    missed = [point.text for point in state.points if point.verdict == "missed"]
    assert missed == ["A code for providers was saved"]
    assert [line.word for line in state.scenarios[:2]] == ["5 of 5", "3 of 4"]


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_refill_supplies_and_an_emergency_with_real_calls(demo: DemoDesk) -> None:
    stage = demo.stage
    shown = TrainingPresenter(scenarios_of(), demo.centre, stage.desk)
    script.begin(stage)

    begin(demo, shown, "3-refill-expired")
    script.open_and_verify(stage, "Tom Doe", "refill")
    acts.end(stage)
    acts.wrap_up(stage, "refill not possible", "Expired; the practice is asked.")
    judged(demo, shown, "4 of 4 done")

    begin(demo, shown, "4-supplies")
    script.open_and_verify(stage, "Maria Nowak", "supplies", caller="Maria Nowak")
    acts.end(stage)
    acts.wrap_up(stage, "chain started", "Oxygen lasts until Friday.")
    judged(demo, shown, "4 of 4 done")

    begin(demo, shown, "5-red-flag")
    flag = demo.desk.window.presenters.red_flag
    demo.desk.window.commands.perform("desk.red_flag")
    flag.note_location("Sonnenallee 77, second floor")
    flag.repeated_back()
    flag.end("handed_over")
    acts.end(stage)
    acts.wrap_up(stage, "protocol followed", "Ambulance is there.")
    judged(demo, shown, "5 of 5 done")


def begin(demo: DemoDesk, shown: TrainingPresenter, key: str) -> None:
    shown.choose(key)
    demo.stage.until("free", lambda: shown.live.state.can_start)
    shown.start()
    offered(demo)
    talking(demo)


def judged(demo: DemoDesk, shown: TrainingPresenter, summary: str) -> None:
    demo.stage.until("feedback", lambda: bool(shown.live.state.summary))
    state = shown.live.state
    assert (state.summary, state.attempts) == (summary, ""), state.points


ONE_CALL = """
import sys
from PySide6.QtCore import QTimer
from ctidesk.calls.events import CallOffered
from ctidesk.startup import training
from ctidesk.ui.training.view import TrainingPanel

play = training.Training._play

def with_a_call(self):
    def offered(change):
        if isinstance(change, CallOffered):
            print(self._folder.root, self._folder.profile.database.exists())
            QTimer.singleShot(0, lambda: self._app.exit(0))

    def start():
        panels = [each for each in self._app.topLevelWidgets() if isinstance(each, TrainingPanel)]
        panels[0].start.click()

    self._desk.parts.desk.subscribe(offered)
    QTimer.singleShot(0, start)
    return play(self)

training.Training._play = with_a_call
from ctidesk.app import main
sys.exit(main(["training"]))
"""


@pytest.mark.slow
@pytest.mark.timeout(100)
def test_the_command_leaves_nothing_behind(tmp_path: Path) -> None:
    home, temp = tmp_path / "home", tmp_path / "temp"
    home.mkdir()
    temp.mkdir()
    said = output_of(
        ONE_CALL,
        QT_QPA_PLATFORM="offscreen",
        HOME=str(home),
        XDG_DATA_HOME=str(home / "data"),
        TMPDIR=str(temp),
    )
    folder, had_a_cache = said.split()
    assert folder.startswith(str(temp)) and had_a_cache == "True"
    assert not Path(folder).exists()
    left = [path for path in home.rglob("*") if path.is_file() and "ctidesk" in str(path)]
    assert left == []
