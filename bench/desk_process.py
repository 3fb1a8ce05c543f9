"""Starts the desk under test, reads its stamps, sends it words, ends it."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ctidesk.demo.free_port import free_port


class DeskProcess:
    """One desk with its engine and recorders, on a profile folder of its own."""

    def __init__(
        self, profile: Path, recipient: str = "", registrar: str = "", port: int = 0
    ) -> None:
        self.profile = profile
        self.port = port or free_port()
        self._stamps: queue.Queue[dict[str, Any]] = queue.Queue()
        words = [sys.executable, "-m", "bench.desk_under_test", str(profile), str(self.port)]
        words += ["--recipient", recipient, "--registrar", registrar]
        self.started_mono = time.monotonic()
        self.process = subprocess.Popen(
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            bufsize=1,
            env=_environment(),
        )
        threading.Thread(target=self._read, daemon=True).start()

    def say(self, words: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(words + "\n")
        self.process.stdin.flush()

    def wait_for(self, what: str, timeout_s: float = 30.0) -> dict[str, Any]:
        """The next stamp called `what`; earlier others are dropped."""
        return self.next_of({what}, timeout_s)

    def next_of(self, wanted: set[str], timeout_s: float = 30.0) -> dict[str, Any]:
        """The next stamp of those `wanted`; earlier others are dropped."""
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                stamp = self._stamps.get(timeout=max(0.001, deadline - time.monotonic()))
            except queue.Empty:
                raise TimeoutError(f"the desk said none of {sorted(wanted)}") from None
            if stamp["what"] in wanted:
                return stamp

    def pids(self) -> tuple[int, int]:
        """(desk, engine)."""
        self.say("pids")
        stamp = self.wait_for("pids")
        return stamp["desk"], stamp["engine"]

    def end(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            self.say("quit")
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with contextlib.suppress(ValueError):
                self._stamps.put(json.loads(line))


def _environment() -> dict[str, str]:
    """As a user's: with compiled bytecode, whatever the shell of the benchmark says."""
    return {name: at for name, at in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


@contextlib.contextmanager
def desk(profile: Path | None = None, recipient: str = "") -> Iterator[DeskProcess]:
    """A desk that is ready to take a call and whose cache is open."""
    folder = Path(tempfile.mkdtemp(prefix="ctidesk-bench-")) if profile is None else profile
    running = DeskProcess(folder, recipient)
    try:
        missing = {"cache", "ready"}
        while missing:
            missing.remove(str(running.next_of(missing, 60)["what"]))
        time.sleep(0.5)
        yield running
    finally:
        running.end()
        if profile is None:
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def display() -> Iterator[str]:
    """A real X server where there is one (the offscreen platform otherwise); yields its name."""
    if shutil.which("Xvfb") is None:
        yield "offscreen"
        return
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1600x1000x24", "-nolisten", "tcp"],
        pass_fds=(write,),
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    before = os.environ.get("DISPLAY")
    try:
        number = os.read(read, 16).decode().strip()
        os.environ["DISPLAY"] = f":{number}"
        yield f"Xvfb :{number}"
    finally:
        os.close(read)
        server.terminate()
        server.wait()
        if before is None:
            os.environ.pop("DISPLAY", None)
        else:
            os.environ["DISPLAY"] = before
