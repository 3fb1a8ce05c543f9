"""An engine process and a bare desk on its channel, for tests of the engine alone.

Runs in: the test process; one reader thread per desk.
"""

from __future__ import annotations

import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from multiprocessing.connection import Client
from pathlib import Path
from typing import Any, TypeVar

from ctidesk.calls import commands as cmd, events as ev, phases
from ctidesk.calls.call import Call
from ctidesk.calls.codec import from_plain, to_plain
from ctidesk.calls.events import CallEvent
from ctidesk.sip.protocol import (
    KEY_NAME,
    SOCKET_NAME,
    Attach,
    Envelope,
    Heartbeat,
    Hello,
    Kind,
    Refusal,
    Snapshot,
    decode,
    encode,
    event_of,
)

T = TypeVar("T")
PATIENCE_S = 20.0
ENGINE_MODULE = "ctidesk.sip.engine.main"


def until(true: Callable[[], T], what: str, patience_s: float = PATIENCE_S) -> T:
    """The first truthy value of `true()`; AssertionError with `what` after `patience_s`."""
    end = time.monotonic() + patience_s
    while True:
        value = true()
        if value:
            return value
        assert time.monotonic() < end, f"never: {what}"
        time.sleep(0.01)


def python_environment() -> dict[str, str]:
    """For children that import ctidesk and tests from the source tree."""
    root = Path(__file__).resolve().parents[2]
    wanted = os.environ.get("PYTHONPATH", "").split(":")  # another pjsua2 may stand there
    return {**os.environ, "PYTHONPATH": ":".join([*filter(None, wanted), f"{root / 'src'}:{root}"])}


def _connect(runtime: Path, key: bytes) -> Any:
    try:
        return Client(str(runtime / SOCKET_NAME), family="AF_UNIX", authkey=key)
    except ConnectionRefusedError:
        return None  # bound, but not listening yet


class EngineUnderTest:
    """A real engine process in `runtime`."""

    def __init__(
        self, runtime: Path, *options: str, environment: Mapping[str, str] | None = None
    ) -> None:
        """With an `environment` it uses the sound devices that are found there, else none."""
        self.runtime = runtime
        self.log = runtime.parent / f"{runtime.name}.log"
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", ENGINE_MODULE, "--runtime", str(runtime)),
                *("--log", str(self.log), *options),
                *(["--null-audio"] if environment is None else []),
            ],
            env={**python_environment(), **(environment or {})},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        until(self._answers, "engine's socket")

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.complaint()
        return (self.runtime / SOCKET_NAME).exists()

    def complaint(self) -> str:
        assert self.process.stderr is not None
        return self.process.stderr.read().decode()

    def faults(self) -> list[str]:
        """Lines of the log that must not be there."""
        return [line for line in self.log.read_text().splitlines() if " ERROR " in line]

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE_S)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self.kill()
        assert self.process.stderr is not None
        self.process.stderr.close()


class DeskProbe:
    """Attaches, sends commands, keeps every event in order, and applies each to its call: an event
    that can't be applied fails the test."""

    def __init__(self, runtime: Path) -> None:
        key = (runtime / KEY_NAME).read_bytes()
        self.connection = until(lambda: _connect(runtime, key), "connection to the engine")
        self.hello = from_plain(Hello, decode(self.connection.recv_bytes()).body)
        self.events: list[tuple[int, Any]] = []
        self.telemetry: list[Any] = []
        self.heartbeats: list[Heartbeat] = []
        self.calls: dict[str, Call] = {}
        self.lost = threading.Event()
        self._replies: dict[str, queue.Queue[Envelope]] = {}
        self._seen: dict[str, int] = {}
        self._floor = 0
        self._failure: BaseException | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        reply = self.ask("Attach", to_plain(Attach()))
        assert reply.name == "Snapshot", reply
        self.snapshot = from_plain(Snapshot, reply.body)
        with self._lock:
            for call in self.snapshot.calls:
                self.calls.setdefault(call.call_id, call)

    def _read(self) -> None:
        try:
            while True:
                envelope = decode(self.connection.recv_bytes())
                if envelope.kind is Kind.REPLY:
                    self._replies[envelope.token].put(envelope)
                elif envelope.name == "Heartbeat":
                    self.heartbeats.append(from_plain(Heartbeat, envelope.body))
                else:
                    self._take(envelope)
        except (OSError, EOFError):
            pass
        except (phases.ImpossibleEvent, AssertionError) as fault:
            self._failure = fault
        self.lost.set()

    def _take(self, envelope: Envelope) -> None:
        event: Any = event_of(envelope.name, envelope.body)
        with self._lock:
            if envelope.kind is Kind.TELEMETRY:
                self.telemetry.append(event)
                return
            assert not self.events or envelope.seq == self.events[-1][0] + 1, "a gap in seq"
            if envelope.name in ("CallOffered", "CallDialled"):
                self.calls[event.call_id] = phases.begin(event)
            elif isinstance(event, CallEvent) and event.call_id in self.calls:
                self.calls[event.call_id] = phases.apply(self.calls[event.call_id], event)
            self.events.append((envelope.seq, event))

    def ask(self, name: str, body: dict[str, Any]) -> Envelope:
        """Send the command and wait for its reply."""
        token = uuid.uuid4().hex
        box: queue.Queue[Envelope] = queue.Queue()
        self._replies[token] = box
        self.connection.send_bytes(
            encode(Envelope(kind=Kind.COMMAND, name=name, token=token, body=body))
        )
        return box.get(timeout=PATIENCE_S)

    def send(self, command: cmd.Command) -> Refusal:
        reply = self.ask(type(command).__name__, to_plain(command))
        return from_plain(Refusal, reply.body)

    def do(self, command: cmd.Command) -> None:
        """Send a command that must be accepted."""
        refusal = self.send(command)
        assert refusal.code == "", refusal

    def wait(
        self, kind: type[T], call_id: str = "", patience_s: float = PATIENCE_S, **like: Any
    ) -> T:
        """The next event of `kind` (and call, and field values) that was not waited for yet."""
        key = f"{kind.__name__}|{call_id}|{like}"

        def find() -> T | None:
            if self._failure is not None:
                raise AssertionError("the engine sent an impossible event") from self._failure
            with self._lock:
                for index in range(max(self._floor, self._seen.get(key, 0)), len(self.events)):
                    event = self.events[index][1]
                    if (
                        isinstance(event, kind)
                        and call_id in ("", getattr(event, "call_id", ""))
                        and all(getattr(event, name) == value for name, value in like.items())
                    ):
                        self._seen[key] = index + 1
                        return event
            return None

        try:
            found = until(find, f"{kind.__name__} {like}", patience_s)
        except AssertionError as fault:
            with self._lock:
                codes = [(type(e).__name__, e.code) for _s, e in self.events if hasattr(e, "code")]
            raise AssertionError(f"{fault}; got {self.story()}; codes {codes}") from fault
        assert found is not None
        return found

    def forget(self) -> None:
        """What came so far is not waited for any more."""
        with self._lock:
            self._floor = len(self.events)

    def story(self, call_id: str = "") -> list[str]:
        """Names of the events so far, of one call or of all."""
        with self._lock:
            return [
                type(event).__name__
                for _seq, event in self.events
                if not call_id or getattr(event, "call_id", "") == call_id
            ]

    def registrar(self) -> str:
        """Where the account is registered, as it was last told."""
        with self._lock:
            told = [e for _seq, e in self.events if isinstance(e, ev.RegistrationChanged)]
        return told[-1].registrar

    def last(self, kind: type[T], call_id: str) -> T | None:
        """Latest telemetry of `kind`."""
        with self._lock:
            found = [
                event
                for event in self.telemetry
                if isinstance(event, kind) and getattr(event, "call_id", "") == call_id
            ]
        return found[-1] if found else None

    def close(self) -> None:
        """Vanish like a desk that died."""
        if not self.lost.is_set():
            with socket.socket(fileno=os.dup(self.connection.fileno())) as handle:
                handle.shutdown(socket.SHUT_RDWR)
        self._thread.join(PATIENCE_S)
        self.connection.close()
