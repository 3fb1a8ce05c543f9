"""One account of the agent: registration with its own retries, whom to trust, its native account.

Runs in: engine process, loop thread; a look-up of a name runs in a short thread of its own.
"""

from __future__ import annotations

import errno
import random
import time
from collections.abc import Callable
from typing import NamedTuple

import pjsua2 as pj

from ctidesk.calls.commands import ConfigureAccount
from ctidesk.calls.errors import KnownError
from ctidesk.calls.events import Registration, RegistrationChanged
from ctidesk.sip.engine.account_settings import instance_of, native_settings, uses_ipv6
from ctidesk.sip.engine.account_warnings import AccountWarnings
from ctidesk.sip.engine.addresses import canonical, is_address
from ctidesk.sip.engine.certificates import unusable
from ctidesk.sip.engine.endpoint import Listening, SipEndpoint, TransportSeen
from ctidesk.sip.engine.loop import Timer
from ctidesk.sip.engine.names import resolve, services
from ctidesk.sip.engine.native_account import (
    AccountSettings,
    InviteSeen,
    NativeAccount,
    RegisterSeen,
)
from ctidesk.sip.engine.network_watch import own_address
from ctidesk.sip.engine.registrars import Place, Registrars, ServiceRecord
from ctidesk.sip.engine.registration import (
    Outcome,
    cannot_listen,
    outcome,
    problem,
    retry_delay_s,
)
from ctidesk.sip.engine.way_back import WayBack

SILENCE_S = 6.0
"""Nobody listening on UDP is not reported by pjsip for 32 s; this is when we say it."""
CHECK_S = 30.0
"""How often a registration is renewed, whatever the exchange granted: so a restarted exchange that
has forgotten us, or one that is gone, is noticed within half a minute and a little."""
CALM_S = 10.0
"""A lost connection or a change in the network renews a registration that is older than this; an
exchange that closes each connection must not be asked without a pause."""
SETTLED_S = 2.0
"""After leaving one exchange for another: both may share their list of registrations, where the
farewell to one wipes out the arrival at the other."""
_OS_ERRORS = set(range(120000, 130000)) - {120000 + errno.ECONNRESET, 120000 + errno.EPIPE}
"""What ends a connection before its handshake; a peer that resets it refuses what it has seen."""

InviteTaker = Callable[["AccountLine", InviteSeen], None]
Listen = Callable[[ConfigureAccount], Listening]
"""The transport of an account, shared or new. Raises `pj.Error`, or `KnownError` for a file of
certificates that can't be used."""


class Surroundings(NamedTuple):
    """What an account needs of its engine. `in_use`: whether it has calls."""

    endpoint: SipEndpoint
    listen: Listen
    take_invite: InviteTaker
    changed: Callable[[RegistrationChanged], None]
    in_use: Callable[[], bool]


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
            lambda address: self._settings(self._registrars.first, address),
            around.in_use,
            self.invited,
            self._go_back,
        )
        self._transport: Listening | None = None
        self._trusted = {canonical(each) for each in config.trusted_peers}
        self._trusted |= {canonical(each) for each in self._registrars.hosts()}
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

    def trusts(self, source: str) -> bool:
        """Whether headers of `source` (an IP address) are believed."""
        return canonical(source) in self._trusted

    def accepts(self, source: str) -> bool:
        """Whether calls from `source` are taken: with a registrar only over its own flow."""
        return not self.config.registrar or self.trusts(source)

    @property
    def exchange_address(self) -> str:
        """IP address of the exchange in use, "" while there is none."""
        return self._opened[1] if self._opened is not None else ""

    def start(self) -> None:
        """Register, or just be there when there is no registrar."""
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
        if self.config.transport == "udp" or not seen.kind.lower().startswith(
            self.config.transport
        ):
            return
        wall = time.time()
        if self.config.transport == "tls" and self._is_exchange(seen):
            if seen.up:
                self._warnings.connected(seen.certificates, wall)
            elif seen.tls_problem or (seen.error and seen.error not in _OS_ERRORS):
                late = unusable(seen.certificates.exchange, wall) if seen.tls_problem else ""
                self._tls_problem = late or self._tls_problem or "tls"
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
        self._trusted.add(canonical(seen.source))
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

    def _is_exchange(self, seen: TransportSeen) -> bool:
        """Other secure connections are those of calls without an exchange."""
        place, address = self._registrars.place, self.exchange_address
        same_host = not is_address(place.host) or canonical(seen.address) == canonical(address)
        return not seen.address or (seen.port == (place.port or 5061) and same_host)

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
            # a connection that could not even be begun may have told its end already
            if not self._retry_is_planned():
                self._stop_timers()
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

    def _retry_is_planned(self) -> bool:
        return self._retry is not None and self._retry.waits

    def _go_back(self, native: NativeAccount, address: str) -> None:
        """The first exchange has taken us by `native`: it is the account from now on, and the old
        one takes leave of the exchange that stood in."""
        if self._closed:
            return
        self._stop_timers()
        self._registrars.back()
        native.serve(self)
        self.native = native
        self._opened, self._in_flight = (self._registrars.place, address), False
        self._trusted.add(canonical(address))
        self._say(Outcome(Registration.REGISTERED), 200)
        self._check = self._endpoint.call_later(SETTLED_S, self._renew)

    def _register(self, place: Place, address: str) -> None:
        settings = self._settings(place, address)
        if self.native is None:
            native = NativeAccount(self)
            native.open(settings)
            self.native = native
            if self.config.registrar:
                native.register()
        elif self._in_flight or self._opened != (place, address):
            self.native.reroute(settings, self._in_flight)
        else:
            self.native.register()
        self._opened, self._in_flight = (place, address), True

    def _settings(self, place: Place, address: str) -> AccountSettings:
        assert self._transport is not None  # nothing is opened before we listen
        return native_settings(self.config, self._transport, place, address)

    def _say(self, result: Outcome, code: int = 0, retry_in_s: float = 0.0) -> None:
        self.state = result.state
        place = str(self._registrars.place)
        warnings = self._warnings.now(self._registrars.standing_in and result.good)
        told = self._told
        now = (result.state, place, warnings)
        if result.good and told and (told.state, told.registrar, told.warnings) == now:
            return  # a renewal like all others
        self._told = RegistrationChanged(
            account_id=self.config.account_id,
            t_mono=time.monotonic(),
            t_wall=time.time(),
            state=result.state,
            code=code,
            problem=result.problem,
            text=result.text,
            remedy=result.remedy,
            transport=self.config.transport,
            registrar=place,
            media=self.config.srtp,
            retry_in_s=round(retry_in_s, 1),
            warnings=warnings,
        )
        self._around.changed(self._told)

    def _stop_timers(self) -> None:
        for timer in (self._retry, self._silence, self._check):
            if timer is not None:
                timer.cancel()
        self._retry = self._silence = self._check = None
