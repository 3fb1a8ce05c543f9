"""The test's handle of a `sip_peer` process.

Runs in: the test process; one reader thread per phone.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from typing import Any

from tests.support.sip_desk import PATIENCE_S, python_environment, until

from ctidesk.sip.engine.addresses import bracketed


class Phone:
    """A real pjsua2 telephone in its own process. Methods are the commands of `sip_peer.Phone`."""

    def __init__(self, user: str = "peer", **listen: Any) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.sip_peer"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=python_environment(),
            text=True,
        )
        self.said: list[dict[str, Any]] = []
        self._taken: set[int] = set()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        self.user = user
        self.registrar = str(listen.get("registrar", ""))
        self("listen", user=user, **listen)
        self.port = self.wait("listening")["port"]
        self.uri = f"sip:{user}@{bracketed(listen.get('address', '127.0.0.1'))}:{self.port}"

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(json.loads(line))

    def __call__(self, cmd: str, **fields: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"cmd": cmd, **fields}) + "\n")
        self.process.stdin.flush()
        if cmd == "policy":
            self.level(0)  # said only after the policy was taken over, whatever the leg

    def wait(self, event: str, patience_s: float = PATIENCE_S, **like: Any) -> dict[str, Any]:
        """The first event like this that was not waited for yet."""

        def find() -> dict[str, Any] | None:
            for index, said in enumerate(list(self.said)):
                matches = said["event"] == event and all(
                    said.get(name) == value for name, value in like.items()
                )
                if matches and index not in self._taken:
                    self._taken.add(index)
                    return said
            return None

        try:
            found = until(find, f"{event} {like}", patience_s)
        except AssertionError as fault:
            raise AssertionError(f"{fault}; {self.user} said {self.said[-12:]}") from fault
        assert found is not None
        return found

    def level(self, leg: int) -> int:
        """Loudness (0..255) that arrives at this phone now."""
        self("level", leg=leg)
        return int(self.wait("level", leg=leg)["level"])

    def quiet(self) -> None:
        """After `hangup_all`: wait for it, then forget what was said."""
        self.wait("quiet")
        self._taken.update(range(len(self.said)))

    def packets(self, leg: int) -> int:
        """How many arrived here so far."""
        self("level", leg=leg)
        return int(self.wait("level", leg=leg)["packets"])

    def hears(self, leg: int) -> None:
        """Wait until something audible arrives."""
        until(lambda: self.level(leg) > 5, f"{self.user} hears something")

    def hears_nothing(self, leg: int) -> None:
        """Wait until silence arrives, and go on being silent for ten looks."""
        quiet = 0

        def look() -> bool:
            nonlocal quiet
            quiet = quiet + 1 if self.level(leg) <= 5 else 0
            return quiet >= 10

        until(look, f"{self.user} hears silence")

    def freeze(self) -> None:
        """Stop the whole telephone where it is: it sends nothing and says nothing."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on; nothing happens to one that was not frozen."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """Vanish without a word."""
        self.process.kill()
        self.process.wait(PATIENCE_S)
        self.close()

    def tone(self, leg: int, hz: int, beside: int = 2300) -> bool:
        """Whether `hz` arrives now: much louder than what lies far away from it."""
        self("sample", leg=leg, hz=[hz, beside])
        wanted, other = self.wait("sample", leg=leg)["levels"]
        return bool(wanted > 300 and wanted > 10 * other)

    def hears_tone(self, leg: int, hz: int) -> None:
        """Wait until `hz` arrives."""
        until(lambda: self.tone(leg, hz), f"{self.user} hears {hz} Hz")

    def hears_no_tone(self, leg: int, hz: int) -> None:
        """Wait until `hz` is gone, and stays so for three samples."""
        gone = 0

        def look() -> bool:
            nonlocal gone
            gone = 0 if self.tone(leg, hz) else gone + 1
            return gone >= 3

        until(look, f"{self.user} hears no {hz} Hz")

    def close(self) -> None:
        self.thaw()
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        if self.process.poll() is None:
            self.process.stdin.close()
            try:
                self.process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(PATIENCE_S)
        self._thread.join(PATIENCE_S)
        if not self.process.stdin.closed:
            self.process.stdin.close()
        self.process.stdout.close()
