"""One account of the agent: registration with its own retries, whom to trust, its native account.

Runs in: engine process, loop thread; a look-up of a name runs in a short thread of its own.
"""

from __future__ import annotations

import dataclasses
import functools
import random
import time

import pjsua2 as pj

from ctidesk.calls.commands import ConfigureAccount
from ctidesk.calls.errors import KnownError
from ctidesk.calls.events import Registration, RegistrationChanged
from ctidesk.sip.engine.account_settings import instance_of, native_settings, uses_ipv6
from ctidesk.sip.engine.account_warnings import AccountWarnings
from ctidesk.sip.engine.endpoint import Listening
from ctidesk.sip.engine.library import TransportSeen
from ctidesk.sip.engine.loop import Timer
from ctidesk.sip.engine.names import resolve, services
from ctidesk.sip.engine.native_account import InviteSeen, NativeAccount, RegisterSeen
from ctidesk.sip.engine.network_watch import own_address
from ctidesk.sip.engine.registrars import Place, Registrars, ServiceRecord
from ctidesk.sip.engine.registration import (
    Outcome,
    cannot_listen,
    outcome,
    problem,
    registration_changed,
    retry_delay_s,
    same_news,
)
from ctidesk.sip.engine.secure_link import is_exchange, tls_problem
from ctidesk.sip.engine.surroundings import Surroundings
from ctidesk.sip.engine.trust import Trust
from ctidesk.sip.engine.way_back import WayBack

SILENCE_S = 6.0
"""Nobody listening on UDP is not reported by pjsip for 32 s; this is when we say it."""
CHECK_S = 30.0
"""How often a registration is renewed, whatever the exchange granted: so a restarted exchange that
has forgotten us, or one that is gone, is noticed within half a minute and a little."""
CALM_S = 10.0
"""A lost connection or a change in the network renews a registration that is older than this; an
exchange that closes each connection must not be asked without a pause."""
BUSY = 171001
"""PJSIP_EBUSY"""
SETTLED_S = 2.0
"""After leaving one exchange for another: both may share their list of registrations, where the
farewell to one wipes out the arrival at the other."""


class AccountLine:
    """One account, from its configuration to its removal."""

    def __init__(self, config: ConfigureAccount, around: Surroundings) -> None:
        self.config = config
        self.native: NativeAccount | None = None
        self.state = Registration.OFFLINE
        self.own_address = ""
        """Where we were when the exchange last took us."""
        self._around = around
        self._endpoint = around.endpoint
        self._registrars = Registrars(config.registrar, config.registrars)
        self._warnings = AccountWarnings(instance_of(config))
        self._way_back = WayBack(
            around.endpoint,
            lambda address: native_settings(
                config, self._transport, self._registrars.first, address
            ),
            around.in_use,
            self.invited,
            self._go_back,
        )
        self._transport: Listening | None = None
        self.trust = Trust(config, self._registrars.hosts(), around.endpoint.guard)
        self._opened: tuple[Place, str] | None = None
        """The exchange and its IP address that the native account is set to."""
        self._in_flight = False
        self._failures = 0
        self._tls_problem = ""
        self._told: RegistrationChanged | None = None
        self._answered_mono = 0.0
        self._retry: Timer | None = None
        self._silence: Timer | None = None
        self._check: Timer | None = None
        self._resolving = False
        self._closed = False

    @property
    def exchange_address(self) -> str:
        """IP address of the exchange in use, "" while there is none."""
        return self._opened[1] if self._opened is not None else ""

    def start(self) -> None:
        """Register, or just be there when there is no registrar."""
        self.trust.admit()
        if self.config.registrar:
            self._say(Outcome(Registration.TRYING))
        self.try_now()

    def try_now(self) -> None:
        """Listen and register at once, whatever was planned."""
        self._stop_timers()
        if self._resolving or self._closed or not self._listens():
            return
        if not self.config.registrar:
            if self.native is None:
                self._register(Place(""), "")
            self._say(Outcome(Registration.OFFLINE))
            return
        self._resolving = True
        if self._registrars.service:
            config = self.config
            args = (self._registrars.service, config.transport, config.nameserver)
            services(self._endpoint, *args, self._served)
        else:
            self._resolve()

    def look_again(self) -> None:
        """The network changed, or the computer has slept: is the registration still good?"""
        if self._closed or not self.config.registrar:
            return
        if self.state is not Registration.REGISTERED:
            self._failures = 0
            self.try_now()
        elif time.monotonic() - self._answered_mono > CALM_S:
            self._renew()

    def moving(self) -> None:
        """pjsip is about to register the account with a new address of this computer."""
        self.own_address = own_address(self.exchange_address)
        self._stop_timers()
        self._in_flight = True
        self._silence = self._endpoint.call_later(SILENCE_S, self._unanswered)

    def close(self) -> None:
        """Unregister and forget the native account; its calls must have ended."""
        self._closed = True
        self.trust.end()
        self._stop_timers()
        self._way_back.stop()
        self.native = None

    def unregister(self) -> bool:
        """Send the un-REGISTER; False when there is nothing to undo."""
        self._stop_timers()
        self._way_back.stop()
        self._closed = True
        if self.native is None or self.state is not Registration.REGISTERED:
            return False
        try:
            self.native.register(False)
        except pj.Error:
            return False
        return True

    def transport_seen(self, seen: TransportSeen) -> None:
        """Remember why a secure connection could not be made; renew what hung on a lost one."""
        transport = self.config.transport
        if transport == "udp" or not seen.kind.lower().startswith(transport):
            return
        if transport == "tls" and is_exchange(seen, self._registrars.place, self.exchange_address):
            proven = self.state is Registration.REGISTERED
            self._tls_problem = tls_problem(seen, time.time(), proven) or self._tls_problem
            if seen.up:
                self._warnings.connected(seen.certificates, time.time())
        old = time.monotonic() - self._answered_mono > CALM_S
        if not seen.up and old and self.state is Registration.REGISTERED and not self._closed:
            self._stop_timers()
            # a hundred desks don't come back in the same moment
            self._check = self._endpoint.call_later(random.uniform(0.1, 1.0), self._renew)

    # -- account sink ---------------------------------------------------------------------------
    def invited(self, native: NativeAccount, seen: InviteSeen) -> None:
        self._around.take_invite(self, seen)

    def registered(self, native: NativeAccount, seen: RegisterSeen) -> None:
        if native is not self.native:
            return
        if self._closed:
            self.state = Registration.OFFLINE
            return
        if self.config.transport == "tls" and not seen.source:
            # why there is no connection is told right after what that means for the REGISTER
            self._endpoint.post(lambda: self._ended(seen))
        else:
            self._ended(seen)

    def _ended(self, seen: RegisterSeen) -> None:
        """The REGISTER has an answer, or will never have one."""
        if self._closed:
            return
        self._stop_timers()
        self._in_flight = False
        result = outcome(seen, self._tls_problem)
        good = result.state is Registration.REGISTERED
        if seen.source:
            self._warnings.answered(seen.message, good, time.monotonic(), time.time())
        if not good:
            self._fail(result, seen.code)
            return
        self._failures = 0
        self._registrars.good()
        self.trust.admit(seen.source)
        self._answered_mono = time.monotonic()
        self.own_address = own_address(self.exchange_address)
        self._say(result, seen.code)
        # a hundred desks don't renew in the same moment
        delay_s = CHECK_S * random.uniform(0.8, 1.2)
        self._check = self._endpoint.call_later(delay_s, self._renew)
        if self._registrars.standing_in and not self._way_back.looks:
            self._way_back.look_later(self._registrars.first.host, uses_ipv6(self.config))

    # -- own steps ------------------------------------------------------------------------------
    def _listens(self) -> bool:
        """False when it is told why not, and planned to be tried again: the other program that
        has the port may end, the address of a VPN may come."""
        if self._transport is None:
            try:
                self._transport = self._around.listen(self.config)
            except (pj.Error, KnownError) as fault:
                self._retry_later(cannot_listen(fault))
        return self._transport is not None

    def _served(self, records: list[ServiceRecord]) -> None:
        self._registrars.found(records, random.Random())
        self._resolve()

    def _resolve(self) -> None:
        self._resolving = True
        place = self._registrars.place
        resolve(
            self._endpoint,
            place.host,
            uses_ipv6(self.config),
            lambda address: self._resolved(place, address),
        )

    def _resolved(self, place: Place, address: str) -> None:
        self._resolving = False
        if self._closed:
            return
        if not address:
            self._fail(problem("dns"))
            return
        self._tls_problem = ""
        self._silence = self._endpoint.call_later(SILENCE_S, self._unanswered)
        try:
            self._register(place, address)
        except pj.Error as fault:
            if self.native is None and uses_ipv6(self.config):
                self._retry_later(problem("no_ipv6"))  # a build that was made without
                return
            # pjsip may wait for a renewal of its own, or may have told the end already
            if int(fault.status) != BUSY and not (self._retry and self._retry.waits):
                self._in_flight = False
                self._fail(outcome(RegisterSeen(0, "", int(fault.status), 0, ""), ""))

    def _renew(self) -> None:
        if self.native is None or self._closed or self._resolving:
            return
        self._stop_timers()
        try:
            self.native.register()
            self._in_flight = True
        except pj.Error:
            # a renewal of pjsip's own is under way, and its answer counts
            self._check = self._endpoint.call_later(CHECK_S, self._renew)
            return
        self._silence = self._endpoint.call_later(SILENCE_S, self._unanswered)

    def _unanswered(self) -> None:
        if self._registrars.several:
            self._fail(problem("timeout"), 408)
        else:
            # pjsip goes on repeating the REGISTER for half a minute: a late answer still counts
            self._say(problem("timeout"), 408)

    def _fail(self, result: Outcome, code: int = 0) -> None:
        """Another exchange at once, if there is one that was not tried yet; else this one later.
        A wrong password is wrong everywhere."""
        self._stop_timers()
        if result.state is Registration.FAILED and self._registrars.next():
            self._say(Outcome(Registration.TRYING))
            self._retry = self._endpoint.call_later(0, self._resolve)
            return
        self._retry_later(result, code)

    def _retry_later(self, result: Outcome, code: int = 0) -> None:
        self._failures += 1
        delay_s = 0.0
        if result.state is Registration.FAILED:
            delay_s = retry_delay_s(self._failures)
            self._retry = self._endpoint.call_later(delay_s, self.try_now)
        self._say(result, code, delay_s)

    def _go_back(self, native: NativeAccount, address: str) -> None:
        """The first exchange has taken us by `native`: it is the account from now on, and the old
        one takes leave of the exchange that stood in."""
        if self._closed:
            return
        self._stop_timers()
        self._registrars.back()
        native.serve(self)
        left, self.native = self.native, native
        self._opened, self._in_flight = (self._registrars.place, address), False
        self.trust.admit(address)
        self._say(Outcome(Registration.REGISTERED), 200)
        # whatever watches something over the old account hears of the change first
        self._endpoint.post(functools.partial(_let_go, left))
        self._check = self._endpoint.call_later(SETTLED_S, self._renew)

    def _register(self, place: Place, address: str) -> None:
        """Raises `pj.Error` when nothing could be sent."""
        settings = native_settings(self.config, self._transport, place, address)
        same, waits = self._opened == (place, address), self._in_flight
        if self.native is None:
            native = NativeAccount(self)
            native.open(settings)
            self.native, same, waits = native, True, False
        # from now on it is set so, even if nothing can be sent; the end may be told within the call
        self._opened, self._in_flight = (place, address), True
        if waits or not same:
            self.native.reroute(settings, waits)
        elif self.config.registrar:
            self.native.register()

    def _say(self, result: Outcome, code: int = 0, retry_in_s: float = 0.0) -> None:
        self.state = result.state
        place = str(self._registrars.place)
        warnings = self._warnings.now(self._registrars.standing_in and result.good)
        news = registration_changed(self.config, result, place, warnings)
        if result.good and self._told is not None and same_news(self._told, news):
            return  # a renewal like all others
        self._told = dataclasses.replace(news, code=code, retry_in_s=round(retry_in_s, 1))
        self._around.changed(self._told)

    def _stop_timers(self) -> None:
        for timer in (self._retry, self._silence, self._check):
            if timer is not None:
                timer.cancel()
        self._retry = self._silence = self._check = None


def _let_go(_native: NativeAccount | None) -> None:
    """The last reference to an account ends with this job."""
