"""The pop must not steal the keyboard: typed with xdotool, under a real window manager."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.x_display import XDisplay, missing_programs, x_display

ROOT = Path(__file__).parents[3]
LETTERS = "thepatientcalledaboutarefill"

pytestmark = [
    pytest.mark.x11,
    pytest.mark.skipif(bool(missing_programs()), reason=f"not installed: {missing_programs()}"),
]


class RunningDesk:
    """The program `tests.support.x_toast_desk` and what it says."""

    def __init__(self, display: XDisplay, kind: str) -> None:
        environment = {**display.environment, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.x_toast_desk", kind],
            env=environment,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._said: queue.Queue[dict[str, Any]] = queue.Queue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self.heard: list[dict[str, Any]] = []

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._said.put(json.loads(line))

    def wait_for(self, what: str, **values: object) -> dict[str, Any]:
        while True:
            said = self._said.get(timeout=30)
            self.heard.append(said)
            if said["what"] == what and all(said.get(k) == v for k, v in values.items()):
                return said

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(20)
        self._reader.join(20)
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture(scope="module")
def display(tmp_path_factory: pytest.TempPathFactory) -> Iterator[XDisplay]:
    with x_display(tmp_path_factory.mktemp("x")) as display:
        yield display


@pytest.fixture
def desk(display: XDisplay, request: pytest.FixtureRequest) -> Iterator[RunningDesk]:
    desk = RunningDesk(display, request.param)
    try:
        desk.wait_for("ready")
        yield desk
    finally:
        desk.end()


@pytest.mark.parametrize("desk", ["toast"], indirect=True)
def test_every_letter_typed_while_it_pops_arrives(desk: RunningDesk, display: XDisplay) -> None:
    display.type(LETTERS)
    popped = desk.wait_for("popped")
    assert popped["size"] == [360, 128]
    # typed once more now that the pop is on the screen for certain
    display.type(LETTERS)
    last = desk.wait_for("typed", text=LETTERS * 2)
    assert last["focus"] and last["active"]
    assert all(said["focus"] for said in desk.heard if said["what"] == "typed")


@pytest.mark.parametrize("desk", ["toast"], indirect=True)
def test_answering_with_the_mouse_leaves_the_keyboard_too(
    desk: RunningDesk, display: XDisplay
) -> None:
    display.type(LETTERS)
    popped = desk.wait_for("popped")
    desk_text = LETTERS
    display.click(*popped["buttons"]["Answer"])
    assert desk.wait_for("answered")["call_id"] == "call-1"
    display.type("more")
    assert desk.wait_for("typed", text=desk_text + "more")["focus"]
    display.click(*popped["buttons"]["Decline"])
    assert desk.wait_for("declined")["call_id"] == "call-1"
    # the next call rings in the same pop, used again
    desk.wait_for("popped")
    display.type("still")
    assert desk.wait_for("typed", text=desk_text + "morestill")["focus"]


@pytest.mark.parametrize("desk", ["stealing"], indirect=True)
def test_an_ordinary_window_would_have_stolen_it(desk: RunningDesk, display: XDisplay) -> None:
    """Proof that this display can tell the difference."""
    display.type(LETTERS[:5])
    desk.wait_for("popped")
    display.type(LETTERS)
    desk.end()
    typed = [said["text"] for said in desk.heard if said["what"] == "typed"]
    assert typed[-1] != LETTERS[:5] + LETTERS
