"""The desk's end of the demo centre: starts its two houses, asks them, hears what happens there.

Runs in: desk process; `deliver` brings reports from the reader threads to the owner's thread.
Two processes, because one endpoint of the development wheel carries four calls, and a transfer
between a caller and a colleague alone makes four legs.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from ctidesk.calls.codec import MalformedMessage
from ctidesk.demo.lines import Report, Request, line, report_of

CALLERS = "callers"
COLLEAGUES = "colleagues"
END_S = 2.0
_COMMAND = (sys.executable, "-m", "ctidesk.demo.centre")

Deliver = Callable[[Callable[[], None]], None]
"""Runs a function on the owner's thread, later, in order."""


class DemoCentre:
    """Callers phone `agent` (a sip: URI); whoever is dialled lives at the colleagues' port.

    Owner thread: the one that composed it. `on_report` is called there for each report,
    `on_ready(port)` once, when both houses are up: what the agent dials goes to
    127.0.0.1:`port`, `colleagues_port` unless that is 0. Raises OSError from `start` when a
    process cannot be started.
    """

    def __init__(
        self,
        agent: str,
        deliver: Deliver,
        on_report: Callable[[Report], None],
        colleagues_port: int = 0,
    ) -> None:
        self._agent = agent
        self._deliver = deliver
        self._wanted_ports = {COLLEAGUES: colleagues_port}
        self._on_report = on_report
        self._on_ready: Callable[[int], None] | None = None
        self._houses: dict[str, subprocess.Popen[bytes]] = {}
        self.ports: dict[str, int] = {}
        """By house, once it listens."""

    def start(self, on_ready: Callable[[int], None] | None = None) -> None:
        """Start both processes; returns at once."""
        self._on_ready = on_ready
        for house in (COLLEAGUES, CALLERS):
            port = str(self._wanted_ports.get(house, 0))
            process = subprocess.Popen(
                [*_COMMAND, "--agent", self._agent, "--port", port],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
            assert process.stdin is not None
            if os.name != "nt":  # Windows pipes learn it with Python 3.12
                os.set_blocking(process.stdin.fileno(), False)
            self._houses[house] = process
            threading.Thread(
                target=self._read, args=(house, process), name=f"demo {house}", daemon=True
            ).start()

    @property
    def pids(self) -> dict[str, int]:
        """By house."""
        return {house: process.pid for house, process in self._houses.items()}

    def call(
        self, who: str, after_s: float = 0.0, talk_s: float = 0.0, patience_s: float = 60.0
    ) -> None:
        """Let `who` phone the agent; see `lines.Request`."""
        self._ask(
            CALLERS,
            Request(do="call", who=who, after_s=after_s, talk_s=talk_s, patience_s=patience_s),
        )

    def hang_up(self, who: str = "") -> None:
        """End all legs of `who`, "" = of everybody."""
        for house in self._houses:
            self._ask(house, Request(do="hang_up", who=who))

    def close(self) -> None:
        """Everybody hangs up and the processes end; waits for that, 2 s at most."""
        for process in self._houses.values():
            assert process.stdin is not None
            with contextlib.suppress(OSError):
                process.stdin.close()
        deadline = time.monotonic() + END_S
        for process in self._houses.values():
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._houses.clear()

    def _ask(self, house: str, request: Request) -> None:
        process = self._houses.get(house)
        if process is None or process.stdin is None:
            return
        # a house that is gone reports that itself; one that hangs must not stop the desk
        with contextlib.suppress(OSError, ValueError):
            os.write(process.stdin.fileno(), line(request).encode())

    def _read(self, house: str, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with process.stdout as pipe:
            for raw in pipe:
                try:
                    report = report_of(raw.decode("utf-8", "replace"))
                except MalformedMessage:
                    continue
                self._hand_over(replace(report, house=house))
        self._hand_over(Report(what="gone", t_mono=time.monotonic(), house=house))

    def _hand_over(self, report: Report) -> None:
        self._deliver(lambda: self._take(report))

    def _take(self, report: Report) -> None:
        if report.what == "ready":
            self.ports[report.house] = report.code
            if len(self.ports) == len((CALLERS, COLLEAGUES)) and self._on_ready is not None:
                self._on_ready(self.ports[COLLEAGUES])
        self._on_report(report)
