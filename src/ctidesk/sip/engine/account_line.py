"""One account of the agent: registration with its own retries, whom to trust, its native account.

Runs in: engine process, loop thread; a look-up of a host name runs in a short thread of its own.
"""

from __future__ import annotations

import random
import socket
import threading
import time
from collections.abc import Callable

import pjsua2 as pj

from ctidesk.calls.commands import ConfigureAccount, Srtp
from ctidesk.calls.events import Registration, RegistrationChanged
from ctidesk.sip.engine.addresses import host_port, is_address
from ctidesk.sip.engine.endpoint import Listening, SipEndpoint, TransportSeen
from ctidesk.sip.engine.loop import Timer
from ctidesk.sip.engine.native_account import (
    AccountSettings,
    InviteSeen,
    NativeAccount,
    RegisterSeen,
)
from ctidesk.sip.engine.registration import (
    Outcome,
    cannot_listen,
    outcome,
    problem,
    retry_delay_s,
)

SILENCE_S = 6.0
"""Nobody listening on UDP is not reported by pjsip for 32 s; this is when we say it."""
CHECK_S = 30.0
"""How often a registration is renewed, whatever the exchange granted: so a restarted exchange that
has forgotten us, or one that is gone, is noticed within half a minute and a little."""
_OS_ERRORS = range(120000, 130000)

InviteTaker = Callable[["AccountLine", InviteSeen], None]
Listen = Callable[[ConfigureAccount], Listening]
"""The transport of an account, shared or new. Raises `pj.Error`, or `OSError` for a certificate
file that can't be read."""


def resolve(endpoint: SipEndpoint, host: str, done: Callable[[str], None]) -> None:
    """`done(address)` on the loop, "" when the name is unknown; the loop never waits for DNS."""
    if is_address(host):
        endpoint.post(lambda: done(host.strip("[]")))
        return

    def work() -> None:
        try:
            found = socket.getaddrinfo(host, None, socket.AF_INET, socket.SOCK_DGRAM)
            address = str(found[0][4][0])
        except (OSError, UnicodeError):
            address = ""
        endpoint.post(lambda: done(address))

    threading.Thread(target=work, name="resolve", daemon=True).start()


class AccountLine:
    """One account, from its configuration to its removal."""

    def __init__(
        self,
        config: ConfigureAccount,
        endpoint: SipEndpoint,
        listen: Listen,
        take_invite: InviteTaker,
        changed: Callable[[RegistrationChanged], None],
    ) -> None:
        self.config = config
        self.native: NativeAccount | None = None
        self.state = Registration.OFFLINE
        self._listen = listen
        self._transport: Listening | None = None
        self._endpoint = endpoint
        self._take_invite = take_invite
        self._changed = changed
        self._host, self._port = host_port(config.registrar)
        self._trusted = set(config.trusted_peers)
        if is_address(self._host):
            self._trusted.add(self._host)
        self._address = ""
        self._failures = 0
        self._tls_problem = False
        self._retry: Timer | None = None
        self._silence: Timer | None = None
        self._check: Timer | None = None
        self._resolving = False
        self._closed = False

    def trusts(self, source: str) -> bool:
        """Whether headers of `source` (an IP address) are believed."""
        return source in self._trusted

    def accepts(self, source: str) -> bool:
        """Whether calls from `source` are taken: with a registrar only over its own flow."""
        return not self.config.registrar or self.trusts(source)

    def _admit(self) -> None:
        """Tell the guard of the engine from where requests to this account may come."""
        sources = self._trusted if self.config.registrar else None
        self._endpoint.guard.allow(self.config.account_id, sources)

    def start(self) -> None:
        """Register, or just be there when there is no registrar."""
        self._admit()
        if self.config.registrar:
            self._say(Outcome(Registration.TRYING))
        self.try_now()

    def try_now(self) -> None:
        """Listen and register at once, whatever was planned."""
        self._stop_timers()
        if self._resolving or self._closed or not self._listens():
            return
        if not self.config.registrar:
            self._open("")
            self._say(Outcome(Registration.OFFLINE))
            return
        self._resolving = True
        resolve(self._endpoint, self._host, self._resolved)

    def close(self) -> None:
        """Unregister and forget the native account; its calls must have ended."""
        self._closed = True
        self._endpoint.guard.forget(self.config.account_id)
        self._stop_timers()
        self.native = None

    def unregister(self) -> bool:
        """Send the un-REGISTER; False when there is nothing to undo."""
        self._stop_timers()
        self._closed = True
        if self.native is None or self.state is not Registration.REGISTERED:
            return False
        try:
            self.native.register(False)
        except pj.Error:
            return False
        return True

    def transport_seen(self, seen: TransportSeen) -> None:
        """Remember why a secure connection could not be made."""
        if self.config.transport == "tls" and not seen.up:
            broken = seen.error != 0 and seen.error not in _OS_ERRORS
            self._tls_problem |= bool(seen.tls_problem) or broken

    # -- account sink ---------------------------------------------------------------------------
    def invited(self, native: NativeAccount, seen: InviteSeen) -> None:
        self._take_invite(self, seen)

    def registered(self, native: NativeAccount, seen: RegisterSeen) -> None:
        if native is not self.native:
            return
        if self._closed:
            self.state = Registration.OFFLINE
            return
        self._stop_timers()
        result = outcome(seen, self._tls_problem)
        if result.state is Registration.REGISTERED:
            self._failures = 0
            self._trusted.add(seen.source)
            self._admit()
            if self.state is not Registration.REGISTERED:
                self._say(result, seen.code)
            # a hundred desks don't renew in the same moment
            delay_s = CHECK_S * random.uniform(0.8, 1.2)
            self._check = self._endpoint.call_later(delay_s, self._renew)
            return
        self._fail(result, seen.code)

    # -- own steps ------------------------------------------------------------------------------
    def _listens(self) -> bool:
        """False when it is told why not, and planned to be tried again: the other program that
        has the port may end, the address of a VPN may come."""
        if self._transport is None:
            try:
                self._transport = self._listen(self.config)
            except (pj.Error, OSError) as fault:
                self._fail(cannot_listen(fault))
        return self._transport is not None

    def _resolved(self, address: str) -> None:
        self._resolving = False
        if self._closed:
            return
        if not address:
            self._fail(problem("dns"))
            return
        self._tls_problem = False
        try:
            native = self._open(address)
            native.register()
        except pj.Error as fault:
            # pjsip still waits for an older REGISTER; its end comes as `registered`
            if self.native is None:
                self._fail(outcome(RegisterSeen(0, "", int(fault.status), 0, ""), False))
        self._silence = self._endpoint.call_later(SILENCE_S, self._unanswered)

    def _renew(self) -> None:
        if self.native is None or self._closed:
            return
        try:
            self.native.register()
        except pj.Error:
            # a renewal of pjsip's own is under way, and its answer counts
            self._check = self._endpoint.call_later(CHECK_S, self._renew)
            return
        self._silence = self._endpoint.call_later(SILENCE_S, self._unanswered)

    def _unanswered(self) -> None:
        # pjsip goes on repeating the REGISTER for half a minute, so a late answer still counts
        self._say(problem("timeout"), 408)

    def _fail(self, result: Outcome, code: int = 0) -> None:
        self._failures += 1
        delay_s = 0.0
        if result.state is Registration.FAILED:
            delay_s = retry_delay_s(self._failures)
            self._retry = self._endpoint.call_later(delay_s, self.try_now)
        self._say(result, code, delay_s)

    def _open(self, address: str) -> NativeAccount:
        if self.native is not None:
            if address != self._address:
                self.native.reroute(self._settings(address))
            self._address = address
            return self.native
        native = NativeAccount(self)
        native.open(self._settings(address))
        self.native, self._address = native, address
        return native

    def _settings(self, address: str) -> AccountSettings:
        config, transport = self.config, self._transport
        assert transport is not None  # nothing is opened before we listen
        tls = config.transport == "tls"
        suffix = "" if config.transport == "udp" else f";transport={config.transport}"
        # TLS checks the certificate against the name, so there the name stays in the route
        port = f":{self._port}" if self._port else ""
        next_hop = f"{self._host if tls else address}{port}"
        where = config.domain or config.registrar
        own = f"{config.bind_address or '127.0.0.1'}:{transport.port}"
        display = config.display_name.replace("\\", "").replace('"', "")
        return AccountSettings(
            id_uri=f'"{display}" <sip:{config.user}@{where or own}>',
            transport_id=transport.transport_id,
            registrar_uri=f"sip:{where}{suffix}" if where else "",
            route=f"<sip:{next_hop}{suffix};lr;hide>" if config.registrar else "",
            user=config.user,
            password=config.password,
            expires_s=config.expires_s,
            srtp=config.srtp,
            tls=tls and config.srtp is not Srtp.OFF,
            media_address=config.bind_address,
        )

    def _say(self, result: Outcome, code: int = 0, retry_in_s: float = 0.0) -> None:
        self.state = result.state
        self._changed(
            RegistrationChanged(
                account_id=self.config.account_id,
                t_mono=time.monotonic(),
                t_wall=time.time(),
                state=result.state,
                code=code,
                problem=result.problem,
                text=result.text,
                remedy=result.remedy,
                transport=self.config.transport,
                registrar=self.config.registrar,
                retry_in_s=round(retry_in_s, 1),
            )
        )

    def _stop_timers(self) -> None:
        for timer in (self._retry, self._silence, self._check):
            if timer is not None:
                timer.cancel()
        self._retry = self._silence = self._check = None
