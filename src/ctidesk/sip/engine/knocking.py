"""Whether an exchange that took no connection takes one again, asked without a word of SIP.

Runs in: engine process, loop thread; each knock in a short thread of its own.
"""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Callable

from ctidesk.calls.events import Registration, RegistrationChanged
from ctidesk.sip.engine.addresses import host_port
from ctidesk.sip.engine.endpoint import SipEndpoint
from ctidesk.sip.engine.loop import Timer

KNOCK_S = 3.0
"""Between two knocks, while the tries of a registration are up to 30 s apart."""
PATIENCE_S = 2.0
_PORTS = {"tcp": 5060, "tls": 5061}
_NOBODY = ("no_route", "timeout")
"""What a connection would cure; one that failed by a certificate it would not."""


class Knocking:
    """Of one account, over TCP and TLS. (Over UDP the stack's own repetitions are answered within
    4 s of the exchange's return.) `opened` is called on the loop, once for each outage."""

    def __init__(self, endpoint: SipEndpoint, opened: Callable[[], None]) -> None:
        self._endpoint = endpoint
        self._opened = opened
        self._place: tuple[str, int] | None = None
        self._timer: Timer | None = None

    def registration(self, event: RegistrationChanged, address: str) -> None:
        """Every state of the account; `address` is the IP address that was tried."""
        lost = event.state is Registration.FAILED and event.problem in _NOBODY
        if not lost or not address or event.transport not in _PORTS:
            self.stop()
            return
        self._place = (address, host_port(event.registrar)[1] or _PORTS[event.transport])
        if self._timer is None:
            self._later()

    def stop(self) -> None:
        self._place = None
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None

    def _later(self) -> None:
        # a hundred desks don't knock in the same moment
        self._timer = self._endpoint.call_later(KNOCK_S * random.uniform(0.8, 1.2), self._knock)

    def _knock(self) -> None:
        place = self._place
        if place is None:
            return

        def work() -> None:
            try:
                socket.create_connection(place, PATIENCE_S).close()
            except OSError:
                there = False
            else:
                there = True
            self._endpoint.post(lambda: self._answered(place, there))

        threading.Thread(target=work, name="knock", daemon=True).start()

    def _answered(self, place: tuple[str, int], there: bool) -> None:
        if self._place is None:
            return  # registered, or given up, meanwhile
        if there and place == self._place:
            self.stop()
            self._opened()
        else:
            self._later()
