"""A real pjsua2 telephone that calls the desk under test and talks (a tone) all the time."""

from __future__ import annotations

import contextlib
from types import TracebackType

from tests.support.sip_phone import Phone

TONE_HZ = 440


class TalkingPeer:
    def __init__(self, port: int) -> None:
        self._target = f"sip:agent@127.0.0.1:{port}"
        self._phone = Phone("caller")
        self._leg = 0
        self.codec = ""

    def __enter__(self) -> TalkingPeer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with contextlib.suppress(OSError):
            self._phone.close()

    def call(self) -> None:
        self._phone("call", to=self._target)
        self._leg = int(self._phone.wait("calling")["leg"])

    def talk(self) -> None:
        """Once the call is answered: learn its codec and send the tone."""
        self.codec = str(self._phone.wait("media", leg=self._leg)["codec"])
        self._phone("tone", leg=self._leg, hz=TONE_HZ)

    def hang_up(self) -> None:
        self._phone("hangup", leg=self._leg)
        self._phone.wait("state", leg=self._leg, state="disconnected")
