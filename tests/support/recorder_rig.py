"""Starts the real recorder as the engine does: FIFOs opened, unlinked and inherited.

Runs in: the test's process, with one thread that reads the recorder's news.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from array import array
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyrage

from ctidesk.recording.reader import look_at, stretches
from ctidesk.recording.verdict import Manifest, Verdict

RATE = 16_000
DEVICE_KEY = "5a" * 32
DEADLINE_S = 50.0
F_SETPIPE_SZ = 1031
ROOT = Path(__file__).resolve().parents[2]


def wait_until(condition: Callable[[], Any], what: str, deadline_s: float = DEADLINE_S) -> Any:
    end = time.monotonic() + deadline_s
    while not (found := condition()):
        assert time.monotonic() < end, f"in vain: {what}"
        time.sleep(0.02)
    return found


def environment(folder: Path) -> dict[str, str]:
    path = os.pathsep.join([str(ROOT / "src"), str(ROOT)])
    return {**os.environ, "PYTHONPATH": path, "TMPDIR": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}


class RecorderRig:
    """One recorder and both ends of its pipes. Use as a context manager."""

    def __init__(self, folder: Path, pipe_bytes: int = 1 << 20, **settings: Any) -> None:
        self.folder = folder
        self.spool: Path = settings.pop("spool", folder / "spool")
        self.identity = pyrage.x25519.Identity.generate()
        self.settings = {
            "call_id": "call-1",
            "rate": RATE,
            "spool_dir": str(self.spool),
            "recipients": [str(self.identity.to_public())],
            "device_key": DEVICE_KEY,
            "agent": "agent-7",
            "policy": "required",
            "reserve_bytes": 0,
            "began_wall": 1_790_000_000.25,
            **settings,
        }
        self.news: list[dict[str, Any]] = []
        self.writer: subprocess.Popen[str] | None = None
        self._news_ended = threading.Event()
        self._listener: threading.Thread | None = None
        self.complaints = folder / "stderr.txt"
        self._errors = self.complaints.open("wb")
        self._paths = [folder / "agent.wav", folder / "caller.wav"]
        self._readers: list[int] = []
        self._legs: list[int] = []
        for path in self._paths:
            os.mkfifo(path, 0o600)
            reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
            fcntl.fcntl(reader, F_SETPIPE_SZ, pipe_bytes)
            self._readers.append(reader)

    def __enter__(self) -> RecorderRig:
        return self

    def __exit__(self, *_: object) -> None:
        self.hang_up()
        self._errors.close()
        for process in (self.writer, getattr(self, "recorder", None)):
            if process is not None:
                process.kill()
                process.wait()
        for reader in self._readers:
            os.close(reader)
        if self._listener is not None and self._listener.ident is not None:
            self._listener.join(10)
        for process in (self.writer, getattr(self, "recorder", None)):
            for pipe in (process.stdin, process.stdout) if process is not None else ():
                if pipe is not None:
                    with contextlib.suppress(BrokenPipeError):
                        pipe.close()

    def open_legs(self) -> None:
        """This process writes, by `feed`."""
        self._legs = [os.open(path, os.O_WRONLY | os.O_NONBLOCK) for path in self._paths]
        self._unlink()
        self.feed(b"RIFF".ljust(44, b"\0"), b"RIFF".ljust(44, b"\0"))

    def start_writer(
        self, seconds: float, speed: float = 1, program: str = "tests.support.leg_writer"
    ) -> None:
        """A process of its own writes tones."""
        command = [sys.executable, "-m", program, *map(str, self._paths), str(seconds)]
        if speed != 1:
            command.append(str(speed))
        self.writer = subprocess.Popen(
            command, cwd=ROOT, env=environment(self.folder), stdout=subprocess.PIPE, text=True
        )
        assert self.writer.stdout is not None
        assert "open\n" in iter(self.writer.stdout.readline, "")  # pjsua2 greets on stdout first
        self._unlink()

    def _unlink(self) -> None:
        for path in self._paths:
            path.unlink()

    def start(
        self,
        configure: bool = True,
        listen: bool = True,
        program: Sequence[str] = ("-m", "ctidesk.recording.recorder"),
    ) -> None:
        agent, caller = map(str, self._readers)
        command = [sys.executable, *program]
        self.recorder = subprocess.Popen(
            [*command, "--agent-fd", agent, "--caller-fd", caller],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            pass_fds=self._readers,
            start_new_session=True,
            env=environment(self.folder),
        )
        for reader in self._readers:
            os.close(reader)
        self._readers = []
        self._listener = threading.Thread(target=self._listen, daemon=True)
        if listen:
            self._listener.start()
        else:
            self._news_ended.set()
        if configure:
            self.order(self.settings)

    def _listen(self) -> None:
        assert self.recorder.stdout is not None
        for line in self.recorder.stdout:
            self.news.append(json.loads(line))
        self._news_ended.set()

    def order(self, line: dict[str, Any]) -> None:
        assert self.recorder.stdin is not None
        self.recorder.stdin.write(json.dumps(line).encode() + b"\n")
        self.recorder.stdin.flush()

    def feed(self, agent: bytes, caller: bytes) -> None:
        """Raises BlockingIOError or AssertionError when a pipe doesn't take all of it."""
        for leg, content in zip(self._legs, (agent, caller), strict=False):
            assert not content or os.write(leg, content) == len(content)

    def pump(self, agent: bytes, caller: bytes) -> None:
        """Like `feed`, but waits for room, block by block and leg by leg."""
        for at in range(0, len(agent), 4000):
            for leg, content in zip(self._legs, (agent, caller), strict=True):
                left = content[at : at + 4000]
                while left:
                    assert select.select([], [leg], [], DEADLINE_S)[1], "the recorder doesn't read"
                    with contextlib.suppress(BlockingIOError):
                        left = left[os.write(leg, left) :]

    def hang_up(self, which: int | None = None) -> None:
        for leg in self._legs if which is None else [self._legs[which]]:
            os.close(leg)
        if which is None:
            self._legs = []
        else:
            del self._legs[which]

    def told(self, event: str, count: int = 1) -> dict[str, Any]:
        """The `count`th news of this kind, waited for."""

        def found() -> dict[str, Any] | None:
            matching = [each for each in self.news if each["event"] == event]
            return matching[count - 1] if len(matching) >= count else None

        result: dict[str, Any] = wait_until(found, f"{event} number {count} in {self.news}")
        return result

    def ended(self) -> int:
        """The exit code. The recorder must not have written a word to stderr."""
        code = self.recorder.wait(DEADLINE_S)
        assert self.complaints.read_text() == ""
        assert self._news_ended.wait(DEADLINE_S)
        return code

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        os.kill(self.recorder.pid, number)

    @property
    def recording(self) -> Path:
        return self.spool / "call-1"

    def verdict(self) -> Verdict:
        return look_at(self.recording).verdict

    def manifest(self) -> Manifest:
        verdict = self.verdict()
        assert verdict.genuine, verdict.findings
        assert verdict.manifest is not None
        return verdict.manifest

    def legs_recorded(self) -> tuple[array[int], array[int]]:
        """Both legs of the whole timeline, opened with the compliance key."""
        found = stretches(look_at(self.recording), [self.identity])
        stereo = array("h", b"".join(each.samples for each in found))
        return stereo[0::2], stereo[1::2]
