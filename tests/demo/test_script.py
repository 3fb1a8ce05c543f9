"""The self-driving demo on real SIP: engine, recorder, callers; only the screen is a fake."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.demo_rig import FakeHands, Rig

from ctidesk.demo import transcript
from ctidesk.demo.script import play


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def rig(tmp_path: Path, _importable_children: None) -> Iterator[Rig]:
    desk = Rig(tmp_path, _free_port())
    desk.start()
    yield desk
    desk.close()


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_every_step_comes_true(rig: Rig, tmp_path: Path) -> None:
    done = play(rig.stage)
    assert done, transcript.as_text(rig.stage.steps)
    transcript.write(tmp_path, rig.stage.steps)
    written = json.loads((tmp_path / "transcript.json").read_text())
    assert written["failed"] == ""
    figures = {name for step in written["steps"] for name in step["figures"]}
    assert {"invite_to_card_ms", "hold_confirmed_ms", "transfer_ms", "recorded_s"} <= figures
    assert len(rig.journal.interactions) == 5


@pytest.mark.slow
def test_a_step_that_fails_ends_the_play_with_its_sentence(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeHands, "shown", lambda self: "")
    rig.stage.patience_s = 2.0
    assert not play(rig.stage)
    assert "“Jane Doe” on the screen did not come true" in rig.stage.failed
    assert rig.stage.steps[-1].failed == rig.stage.failed
    assert rig.hands.pictures[-1] == "failed"
    assert "FAILED. " in transcript.as_text(rig.stage.steps)
