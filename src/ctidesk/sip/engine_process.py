"""The engine as a process of its own, which outlives the desk that started it.

Runs in: desk process, supervisor thread.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import ctidesk
from ctidesk.calls.errors import KnownError

ENGINE_COMMAND = (sys.executable, "-m", "ctidesk.sip.engine.main")


class EngineProcess:
    """At most one engine that this desk started. `log` takes the engine's log."""

    def __init__(
        self, runtime: Path, command: Sequence[str] = ENGINE_COMMAND, log: Path | None = None
    ) -> None:
        self._command = [*command, "--runtime", str(runtime)]
        if log is not None:
            self._command += ["--log", str(log)]
        self._complaints = log.with_suffix(".stderr") if log is not None else Path(os.devnull)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        return self._process.pid if self._process is not None else 0

    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Spawn it, detached from our terminal and session. Raises `KnownError`."""
        self.reap()
        try:
            with self._complaints.open("wb") as complaints:
                self._process = subprocess.Popen(
                    self._command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=complaints,
                    env=_environment(),
                    start_new_session=True,
                    creationflags=_DETACHED,
                )
        except OSError:
            raise cannot_start() from None

    def reap(self) -> None:
        """Forget the process: it has ended, or is left to live on without us."""
        process, self._process = self._process, None
        if process is not None and process.poll() is None:
            # Popen warns when a running child is dropped; here that is the purpose
            process.returncode = 0

    def kill(self, pid: int) -> None:
        """End a stuck engine that holds the channel, whoever started it, and see it gone."""
        if pid and pid == self.pid:
            self.end(0.0)
        elif pid:
            _kill_stranger(pid)

    def end(self, timeout_s: float) -> None:
        """Wait for it to end by itself, then end it."""
        if self._process is None:
            return
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


def cannot_start() -> KnownError:
    return KnownError(
        "engine_start",
        "The telephone engine does not start.",
        "ctidesk keeps trying; if it stays, send IT the engine's log from the diagnostics folder.",
    )


def _kill_stranger(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
    except OSError:
        return  # gone already, or not ours to end
    deadline = time.monotonic() + 2.0
    while _alive(pid) and time.monotonic() < deadline:
        time.sleep(0.01)


def _alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    if stat.exists():
        try:
            # Z: our own child, dead and not reaped yet
            return stat.read_text().rpartition(")")[2].split()[0] != "Z"
        except OSError:
            return False
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


_NAMES = "timeout:1 attempts:1"
"""resolv.conf(5). For TLS the library looks the exchange's name up by itself, and its loop stands
still meanwhile: 10 s when the name service is silent, and the engine would be taken for stuck. A
failed try is repeated by the account."""


def _environment() -> Mapping[str, str]:
    """Ours, with this very package first: desk and engine are always of one version."""
    package = str(Path(ctidesk.__file__).resolve().parents[1])
    others = os.environ.get("PYTHONPATH", "")
    path = os.pathsep.join([package, others] if others else [package])
    return {"RES_OPTIONS": _NAMES, **os.environ, "PYTHONPATH": path}


if sys.platform == "win32":
    _DETACHED = subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.DETACHED_PROCESS
else:
    _DETACHED = 0
