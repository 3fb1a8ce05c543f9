"""A desk process of a test: its hands, its eyes, its death.

Runs in: the test process; one reader thread per desk.
"""

from __future__ import annotations

import contextlib
import json
import queue
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tests.support.sip_desk import until

PATIENCE_S = 40.0


class Absent(AssertionError):
    """The control is not on the screen, or cannot be used now."""


class DeskProcess:
    """One desk process. Everything is asked of its window, as far as it can be."""

    def __init__(self, folder: Path, arguments: Iterable[str], environment: dict[str, str]) -> None:
        self._complaints = (folder / f"desk-{uuid.uuid4().hex[:6]}.stderr").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.flow_driven_desk", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            env=environment,
            text=True,
        )
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        self.engines: set[int] = set()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._answers.put(json.loads(line))

    def started(self) -> None:
        assert "started" in self._answers.get(timeout=PATIENCE_S)

    def ask(self, do: str, *arguments: Any) -> Any:
        """The answer of the desk; `Absent` where a control cannot be used."""
        token = uuid.uuid4().hex
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"token": token, "do": do, "with": arguments}) + "\n")
        self.process.stdin.flush()
        answer = self._answers.get(timeout=PATIENCE_S)
        assert answer["token"] == token
        if "absent" in answer:
            raise Absent(answer["absent"])
        return answer["answer"]

    # ------------------------------------------------------------------- hands

    def press(self, control: str) -> None:
        """As soon as it can be pressed."""
        self._soon("press", control)

    def press_text(self, words: str) -> None:
        self._soon("press_text", words)

    def enter(self, control: str, text: str) -> None:
        self._soon("enter", control, text)

    def submit(self, control: str) -> None:
        self._soon("submit", control)

    def choose(self, control: str, text: str) -> None:
        self._soon("choose", control, text)

    def _soon(self, do: str, *arguments: str) -> None:
        reason = ""

        def tried() -> bool:
            nonlocal reason
            try:
                self.ask(do, *arguments)
            except Absent as absent:
                reason = str(absent)
                return False
            return True

        try:
            until(tried, do, PATIENCE_S)
        except AssertionError:
            raise AssertionError(f"{reason}; the screen shows:\n{self.shown()}") from None

    # -------------------------------------------------------------------- eyes

    def shown(self) -> str:
        return str(self.ask("shown"))

    def shows(self, *words: str) -> None:
        """Wait until all `words` are on the screen at once."""
        screen = ""

        def seen() -> bool:
            nonlocal screen
            screen = self.shown()
            return all(each in screen for each in words)

        try:
            until(seen, str(words), PATIENCE_S)
        except AssertionError:
            raise AssertionError(f"never shown: {words}; the screen shows:\n{screen}") from None

    def hides(self, words: str) -> None:
        """These words are, at last, not on the screen any more."""
        until(lambda: words not in self.shown(), f"gone: {words}", PATIENCE_S)

    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = self.ask("state")
        if state["engine_pid"]:
            self.engines.add(state["engine_pid"])
        return state

    def until(self, true: Callable[[dict[str, Any]], Any], what: str) -> dict[str, Any]:
        """The first state of which `true` holds."""
        last: dict[str, Any] = {}

        def look() -> bool:
            nonlocal last
            last = self.state()
            return bool(true(last))

        try:
            until(look, what, PATIENCE_S)
        except AssertionError:
            raise AssertionError(f"never: {what}; {last}\n{self.shown()}") from None
        return last

    def call(self) -> dict[str, Any]:
        """The only call."""
        (call,) = self.state()["calls"]
        return dict(call)

    def until_call(self, what: str, **like: Any) -> dict[str, Any]:
        """The only call, once it is like this."""

        def matches(state: dict[str, Any]) -> bool:
            calls = state["calls"]
            return len(calls) == 1 and all(calls[0][name] == wish for name, wish in like.items())

        return dict(self.until(matches, what)["calls"][0])

    def until_grown(self, beyond: int = 0) -> int:
        """Bytes of the recording of the only call, once there are more than `beyond`."""
        grown = self.until(
            lambda state: state["calls"] and state["calls"][0]["bytes"] > beyond,
            "growth of the recording",
        )
        return int(grown["calls"][0]["bytes"])

    # --------------------------------------------------------------------- end

    def kill(self) -> None:
        """SIGKILL; the engine is left alone."""
        self.process.send_signal(signal.SIGKILL)
        self.gone()

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def quit(self) -> int:
        """Close it as its user would; the exit code."""
        if self.process.poll() is None:
            with contextlib.suppress(OSError):
                assert self.process.stdin is not None
                self.process.stdin.close()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
        return self.gone()

    def gone(self) -> int:
        code = self.process.wait(PATIENCE_S)
        self._thread.join(PATIENCE_S)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        self.process.stdout.close()
        self._complaints.close()
        return code
