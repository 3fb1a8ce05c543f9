"""A training with real calls: made-up callers phone the real desk, whose log is judged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
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
