"""The lamps of colleagues: subscriptions to their presence at the exchange (RFC 3856).

Runs in: engine process, loop thread. pjsua2 hides the dialog event package (RFC 4235); presence
tells the same about telephones where the exchange derives it from them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

import pjsua2 as pj

from ctidesk.calls.commands import WatchLamps
from ctidesk.calls.errors import KnownError
from ctidesk.calls.events import LampsChanged, Registration, RegistrationChanged
from ctidesk.calls.lamps import MOST_LAMPS, Lamp, LampState
from ctidesk.sip.engine.accounts import Accounts
from ctidesk.sip.engine.dialling import target_of
from ctidesk.sip.engine.endpoint import SipEndpoint
from ctidesk.sip.engine.faults import guarded


class PresenceSeen(NamedTuple):
    """What a NOTIFY said. `open`: somebody can be reached there, None when nothing is known."""

    open: bool | None
    busy: bool = False
    away: bool = False
    note: str = ""


def lamp_state(seen: PresenceSeen) -> LampState:
    """A ringing telephone has no word of its own in presence (RFC 4480): exchanges say it in the
    note. Who is busy is so whether "open" or not."""
    if seen.open is None:
        return LampState.UNKNOWN
    if "ring" in seen.note.lower():
        return LampState.RINGING
    if seen.busy or "on the phone" in seen.note.lower():
        return LampState.BUSY
    return LampState.IDLE if seen.open and not seen.away else LampState.AWAY


class WatchedTelephone(pj.Buddy):  # type: ignore[misc]  # pjsua2 has no types
    """One subscription. Drop the last reference to end it; never within its own callback."""

    def __init__(self, told: Callable[[PresenceSeen], None]) -> None:
        super().__init__()
        self._told = told

    @guarded()
    def onBuddyState(self) -> None:
        info = self.getInfo()
        presence = info.presStatus
        known = presence.status != pj.PJSUA_BUDDY_STATUS_UNKNOWN
        active = info.subState == pj.PJSIP_EVSUB_STATE_ACTIVE
        self._told(
            PresenceSeen(
                open=presence.status == pj.PJSUA_BUDDY_STATUS_ONLINE if known and active else None,
                busy=presence.activity == pj.PJRPID_ACTIVITY_BUSY,
                away=presence.activity == pj.PJRPID_ACTIVITY_AWAY,
                note=f"{presence.note} {presence.statusText}"[:200],
            )
        )


class Lamps:
    """What is watched, by whom, and what is known of it. `tell` gets all lamps at each change, so
    that the latest event alone is enough."""

    def __init__(
        self, endpoint: SipEndpoint, accounts: Accounts, tell: Callable[[LampsChanged], object]
    ) -> None:
        self._endpoint = endpoint
        self._accounts = accounts
        self._tell = tell
        self._wish = WatchLamps(account_id="", targets=())
        self._states: dict[str, LampState] = {}
        self._watched: dict[str, WatchedTelephone] = {}
        self._telling = False

    def watch(self, wish: WatchLamps) -> None:
        """Watch exactly these from now on, and tell how they are. Raises `KnownError`."""
        line = self._accounts.line(wish.account_id)
        targets = tuple(dict.fromkeys(wish.targets))
        if len(targets) > MOST_LAMPS:
            raise KnownError(
                "too_many_lamps",
                f"Only {MOST_LAMPS} colleagues can be watched.",
                "Shorten the list of colleagues in the settings.",
            )
        for target in targets:
            target_of(target, line.config)
        if wish != self._wish:
            self.release()
            self._wish = wish
            self._states = dict.fromkeys(targets, LampState.UNKNOWN)
            if line.state is Registration.REGISTERED:
                self._subscribe()
        self._tell_soon()

    def registration(self, event: RegistrationChanged) -> None:
        """Also within a native callback: what is known holds only while we are registered."""
        if event.account_id != self._wish.account_id or event.state is Registration.TRYING:
            return
        self._endpoint.post(self.release)
        if event.state is Registration.REGISTERED:
            self._endpoint.post(self._subscribe)

    def release(self) -> None:
        """End all subscriptions: before their account goes, and when nothing is known any more."""
        self._watched.clear()
        self._states = dict.fromkeys(self._states, LampState.UNKNOWN)
        self._tell_soon()

    def _subscribe(self) -> None:
        line = self._accounts.line(self._wish.account_id)
        if line.native is None or self._watched:
            return
        for target in self._states:
            self._watched[target] = one = WatchedTelephone(self._teller(target))
            config = pj.BuddyConfig()
            config.uri = target_of(target, line.config).uri
            config.subscribe = True
            try:
                one.create(line.native, config)
            except pj.Error:
                del self._watched[target]

    def _teller(self, target: str) -> Callable[[PresenceSeen], None]:
        def told(seen: PresenceSeen) -> None:
            state = lamp_state(seen)
            if target in self._watched and self._states.get(target) is not state:
                self._states[target] = state
                self._tell_soon()

        return told

    def _tell_soon(self) -> None:
        if not self._telling and self._wish.account_id:
            self._telling = True
            self._endpoint.post(self._tell_now)

    def _tell_now(self) -> None:
        self._telling = False
        self._tell(
            LampsChanged(
                t_mono=time.monotonic(),
                t_wall=time.time(),
                lamps=tuple(Lamp(target, state) for target, state in self._states.items()),
            )
        )
