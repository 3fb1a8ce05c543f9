"""What the world does to the engine's accounts and calls: a network that changes, a sleep.

Runs in: engine process, loop thread.
"""

from __future__ import annotations

import logging
import time

import pjsua2 as pj

from ctidesk.calls.events import Registration
from ctidesk.sip.engine.account_line import AccountLine
from ctidesk.sip.engine.accounts import Accounts
from ctidesk.sip.engine.endpoint import SipEndpoint
from ctidesk.sip.engine.network_watch import NetworkWatch, SleepWatch, own_address
from ctidesk.sip.engine.switchboard import Switchboard

log = logging.getLogger("ctidesk.engine")

LOOK_AGAIN_S = 1.0
"""Between two looks at what the kernel reports: some computers report without a pause."""


class Outside:
    """`beat` is called with every heartbeat."""

    def __init__(self, endpoint: SipEndpoint, accounts: Accounts, board: Switchboard) -> None:
        self._endpoint = endpoint
        self._accounts = accounts
        self._board = board
        self._sleep = SleepWatch()
        self._looked_mono = 0.0
        self._network = NetworkWatch(lambda: endpoint.post(self.network_changed))

    def start(self) -> None:
        self._network.start()

    def beat(self) -> None:
        """Whom we talk to now; and whether the computer has slept since the last time."""
        targets = (line.exchange_address for line in self._accounts.lines())
        self._network.targets = frozenset(each for each in targets if each)
        slept_s = self._sleep.slept_s()
        if slept_s:
            log.info("awake again after %.0f s", slept_s)
            self._look_again()
            # who was on the line may have given up long ago
            self._board.liveness.probe_all()

    def network_changed(self) -> None:
        """Something of the network is not as it was: a link, a route or an address."""
        moved = []
        for line in self._accounts.lines():
            now = own_address(line.exchange_address) if line.exchange_address else ""
            # a way that is gone changes nothing until there is another
            if now and line.own_address and now != line.own_address:
                moved.append(line)
        if moved:
            self._move(moved)
        else:
            self._look_again()

    def _move(self, lines: list[AccountLine]) -> None:
        log.info("this computer has another address now")
        for line in lines:
            if line.state is Registration.REGISTERED:
                line.moving()
        try:
            self._endpoint.address_changed()
        except pj.Error:
            log.warning("the change of address could not be carried out")
        for line in lines:
            if line.state is not Registration.REGISTERED:
                line.look_again()

    def _look_again(self) -> None:
        now = time.monotonic()
        if now < self._looked_mono + LOOK_AGAIN_S:
            return
        self._looked_mono = now
        for line in self._accounts.lines():
            line.look_again()
