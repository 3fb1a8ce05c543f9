"""The self-driving demo on the real window: real SIP, recorder, encrypted cache, all panels."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from tests.support.demo_window import DemoDesk

from ctidesk.demo import transcript
from ctidesk.demo.script import play

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def demo(qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DemoDesk]:
    monkeypatch.setenv("PYTHONPATH", f"{ROOT / 'src'}:{ROOT}")
    made = DemoDesk(qapp, tmp_path)
    made.start()
    yield made
    made.close()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_an_agent_works_through_a_whole_demo(demo: DemoDesk, tmp_path: Path) -> None:
    assert play(demo.stage), transcript.as_text(demo.stage.steps)
    pictures = sorted(tmp_path.glob("*.png"))
    assert len(pictures) > 20
    assert not any(QImage(str(picture)).isNull() for picture in pictures)
    transcript.write(tmp_path, demo.stage.steps)
    written = json.loads((tmp_path / transcript.JSON_NAME).read_text())
    assert written["failed"] == ""
    figures = {name for step in written["steps"] for name in step["figures"]}
    assert {"invite_to_card_ms", "hold_confirmed_ms", "transfer_ms", "recorded_s"} <= figures
    # a card is only ever painted for the eyes: no file beside the encrypted ones holds it
    left = [path for path in (tmp_path / "profile").rglob("*") if path.is_file()]
    assert not any(b"Metformin" in path.read_bytes() for path in left)


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_a_step_that_fails_ends_the_play_with_its_sentence(
    demo: DemoDesk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo.hands, "shown", lambda: "")
    demo.stage.patience_s = 3.0
    assert not play(demo.stage)
    failed = demo.stage.failed
    assert "“Jane Doe” on the screen did not come true within 3 s" in failed
    assert demo.stage.steps[-1].failed == failed
    assert list(tmp_path.glob("*-failed.png"))
    assert transcript.as_text(demo.stage.steps).endswith(f"FAILED. {failed}\n")
