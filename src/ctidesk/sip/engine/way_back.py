"""The way back to the first telephone exchange while another one stands in for it.

Runs in: engine process, loop thread.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable

import pjsua2 as pj

from ctidesk.sip.engine.endpoint import SipEndpoint
from ctidesk.sip.engine.loop import Timer
from ctidesk.sip.engine.names import resolve
from ctidesk.sip.engine.native_account import (
    AccountSettings,
    InviteSeen,
    NativeAccount,
    RegisterSeen,
)

LOOK_S = 60.0
"""How often the first exchange is asked whether it is there again."""
ANSWER_S = 4.0


class WayBack:
    """Registers with the first exchange by a native account of its own, so that the one in use
    stays as it is until the first has really taken us; never during a call. `there_again` gets
    that account, and the address of the exchange."""

    def __init__(
        self,
        endpoint: SipEndpoint,
        settings: Callable[[str], AccountSettings],
        in_use: Callable[[], bool],
        invited: Callable[[NativeAccount, InviteSeen], None],
        there_again: Callable[[NativeAccount, str], None],
    ) -> None:
        self._endpoint = endpoint
        self._settings = settings
        self._in_use = in_use
        self._take_invite = invited
        self._there_again = there_again
        self._native: NativeAccount | None = None
        self._address = ""
        self._timer: Timer | None = None

    def look_later(self, host: str, ipv6: bool) -> None:
        """Look after a while, and again and again, until `stop`."""
        self._cancel()
        delay_s = LOOK_S * random.uniform(0.8, 1.2)
        self._timer = self._endpoint.call_later(delay_s, lambda: self._look(host, ipv6))

    @property
    def looks(self) -> bool:
        return self._timer is not None

    def stop(self) -> None:
        self._cancel()
        self._forget()

    def _look(self, host: str, ipv6: bool) -> None:
        # the next look stands already when this one leads to nothing, in whatever way
        self.look_later(host, ipv6)
        if self._in_use():
            return
        self._forget()
        resolve(self._endpoint, host, ipv6, self._ask)

    def _ask(self, address: str) -> None:
        if not address or self._timer is None or self._in_use():
            return
        native = NativeAccount(self)
        with contextlib.suppress(pj.Error):
            native.open(self._settings(address))
            native.register()
            self._native, self._address = native, address
            self._endpoint.call_later(ANSWER_S, lambda: self._given_up(native))

    def _given_up(self, native: NativeAccount) -> None:
        if native is self._native:
            self._forget()

    def _forget(self) -> None:
        # while it waits for an answer, as it mostly does here, nothing more is sent
        if not self._in_use():
            self._native = None

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None

    # -- account sink ---------------------------------------------------------------------------
    def invited(self, native: NativeAccount, seen: InviteSeen) -> None:
        self._take_invite(native, seen)

    def registered(self, native: NativeAccount, seen: RegisterSeen) -> None:
        if native is not self._native or seen.status != 0 or seen.code // 100 != 2:
            return
        # the account must not go within its own callback
        self._endpoint.post(self._arrived)

    def _arrived(self) -> None:
        native = self._native
        if native is not None and not self._in_use():
            self.stop()
            self._there_again(native, self._address)
