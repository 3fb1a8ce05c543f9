"""Drives the demo centre's houses and an agent's telephone, each in a process of its own."""

from __future__ import annotations

import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from ctidesk.demo.houses import DemoCentre
from ctidesk.demo.lines import Report

DEADLINE_S = 20.0
VOICE = 0.05


class Seen:
    """Reports in order; `next` takes the next one that fits, whatever comes between."""

    def __init__(self) -> None:
        self._queue: queue.Queue[Any] = queue.Queue()
        self.everything: list[Any] = []

    def put(self, report: Any) -> None:
        self.everything.append(report)
        self._queue.put(report)

    def next(self, wanted: Callable[[Any], bool], what: str) -> Any:
        deadline = time.monotonic() + DEADLINE_S
        while True:
            try:
                report = self._queue.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                pytest.fail(f"{what}: not within {DEADLINE_S} s; seen: {self.everything[-12:]}")
            if wanted(report):
                return report


class AgentPhone:
    """Drives `tests.support.demo_agent`."""

    def __init__(self) -> None:
        self.seen = Seen()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.demo_agent"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        threading.Thread(target=self._read, daemon=True).start()
        self.port: int = self.expect("listening")["port"]

    def do(self, do: str, leg: str, to: str = "") -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, "leg": leg, "to": to}) + "\n")
        self._process.stdin.flush()

    def expect(self, what: str, **fields: Any) -> dict[str, Any]:
        wanted = {"what": what, **fields}
        found: dict[str, Any] = self.seen.next(
            lambda report: wanted.items() <= report.items(), str(wanted)
        )
        return found

    def expect_voice(self, leg: str) -> None:
        self.seen.next(
            lambda r: r["what"] == "heard" and r["leg"] == leg and r["level"] > 20, "a voice"
        )

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(5)

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as pipe:
            for text in pipe:
                self.seen.put(json.loads(text))


class Centre:
    """The real demo centre and what it reported."""

    def __init__(self, agent: str) -> None:
        self.seen = Seen()
        ready: queue.Queue[int] = queue.Queue()
        self.demo = DemoCentre(agent, lambda job: job(), self.seen.put)
        self.demo.start(ready.put)
        self.port = ready.get(timeout=DEADLINE_S)

    def expect(self, what: str, who: str, **fields: Any) -> Report:
        def fits(report: Report) -> bool:
            same = report.what == what and report.who == who
            return same and all(getattr(report, name) == value for name, value in fields.items())

        found: Report = self.seen.next(fits, f"{what} {who} {fields}")
        return found

    def expect_voice(self, who: str) -> None:
        """`who` hears somebody."""
        self.seen.next(
            lambda r: r.what == "level" and r.who == who and r.level > VOICE, f"{who} hears a voice"
        )
