"""The tap of one recorded call: pjsua2's writers, two FIFOs, the recorder process behind them.

Runs in: engine process, loop thread; a thread per recorder starts it and reads what it says.
No Python touches the audio: the writers are C on the audio clock, the recorder another process.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pjsua2 as pj

PIPE_BYTES = 1024 * 1024
"""32 s of 16 kHz audio may wait while a recorder starts or the disk is slow."""
MAX_LINE = 65_536

Said = Callable[[Mapping[str, Any]], None]


class RecorderTap:
    """Started once, ended once. `said(message)` is called through `post` with each JSON line of
    the recorder, and last with {"event": "exited"}."""

    def __init__(
        self, runtime: Path, call_id: str, post: Callable[[Callable[[], None]], None], said: Said
    ) -> None:
        self._runtime = runtime
        self._call_id = call_id
        self._post = post
        self._said = said
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self.agent: Any = None
        self.caller: Any = None

    def start(self, command: list[str], order: Mapping[str, Any]) -> None:
        """Open the writers and spawn the recorder. `order` is its first line of input, the only
        place where keys travel. Raises OSError or `pj.Error`; then nothing is left behind."""
        ends: list[int] = []
        try:
            self.agent, agent_end = self._writer("agent", ends)
            self.caller, caller_end = self._writer("caller", ends)
        except (OSError, pj.Error):
            self.agent = self.caller = None
            for end in ends:
                os.close(end)
            raise
        full = [*command, "--agent-fd", str(agent_end), "--caller-fd", str(caller_end)]
        threading.Thread(
            target=self._attend, args=(full, json.dumps(order), ends), name="recorder", daemon=True
        ).start()

    def close(self) -> None:
        """End of the audio: the recorder sees EOF and seals. The bridge must have let go."""
        self.agent = self.caller = None

    def order_stop(self) -> None:
        """Ask for the seal even if a FIFO should still be open."""
        self.order("stop")

    def order(self, word: str) -> None:
        """ "stop", "pause" or "resume", to a recorder that runs already."""
        with self._lock, contextlib.suppress(OSError, ValueError):
            if self._process is not None and self._process.stdin is not None:
                self._process.stdin.write(json.dumps({"cmd": word}).encode() + b"\n")
                self._process.stdin.flush()

    def kill(self) -> None:
        """A recorder that does not end."""
        with self._lock:
            if self._process is not None:
                self._process.kill()

    def _writer(self, side: str, ends: list[int]) -> tuple[Any, int]:
        if sys.platform == "win32":
            raise OSError("no FIFOs on this system")
        path = self._runtime / f"{self._call_id}-{side}.wav"
        path.unlink(missing_ok=True)
        os.mkfifo(path, 0o600)
        try:
            # the reading end first: without it the writer's open would block the loop
            end = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
            ends.append(end)
            _widen(end)
            recorder = pj.AudioMediaRecorder()
            recorder.createRecorder(str(path))
            _never_block(end)
        finally:
            path.unlink(missing_ok=True)
        return recorder, end

    def _attend(self, command: list[str], order: str, ends: list[int]) -> None:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                pass_fds=ends,
                start_new_session=True,
            )
        except OSError:
            self._tell({"event": "failed", "problem": "cannot_start"})
            self._tell({"event": "exited"})
            return
        finally:
            for end in ends:
                os.close(end)
        with self._lock:
            self._process = process
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(OSError):
            process.stdin.write(order.encode() + b"\n")
            process.stdin.flush()
        while line := process.stdout.readline(MAX_LINE):
            with contextlib.suppress(ValueError, RecursionError):
                message = json.loads(line)
                if isinstance(message, dict):
                    self._tell(message)
        process.wait()
        with self._lock:
            self._process = None
            process.stdin.close()
            process.stdout.close()
        self._tell({"event": "exited"})

    def _tell(self, message: Mapping[str, Any]) -> None:
        self._post(lambda: self._said(message))


def _widen(end: int) -> None:
    if sys.platform == "linux":
        import fcntl

        with contextlib.suppress(OSError):  # above the user's limit: the default must do
            fcntl.fcntl(end, fcntl.F_SETPIPE_SZ, PIPE_BYTES)


def _never_block(reading_end: int) -> None:
    """A stalled recorder must cost samples, never the audio clock: the writer's descriptor, which
    pjsua2 does not show, is found by its inode."""
    wanted = os.fstat(reading_end)
    for entry in Path("/dev/fd").iterdir():
        descriptor = int(entry.name)
        with contextlib.suppress(OSError):  # the listing's own descriptor is gone already
            status = os.fstat(descriptor)
            same = (status.st_dev, status.st_ino) == (wanted.st_dev, wanted.st_ino)
            if same and descriptor != reading_end:
                os.set_blocking(descriptor, False)
