"""All accounts of the agent and the transports that they stand on.

Runs in: engine process, loop thread.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable, Sequence

import pjsua2 as pj

from ctidesk.calls.commands import ConfigureAccount
from ctidesk.calls.errors import KnownError
from ctidesk.calls.events import Registration, RegistrationChanged
from ctidesk.sip.engine.account_line import AccountLine
from ctidesk.sip.engine.account_settings import bound_address, completed, uses_ipv6
from ctidesk.sip.engine.endpoint import KINDS, Listening, SipEndpoint
from ctidesk.sip.engine.knocking import Knocking
from ctidesk.sip.engine.library import TransportSeen
from ctidesk.sip.engine.registration import unusable
from ctidesk.sip.engine.surroundings import InviteTaker, Surroundings
from ctidesk.sip.engine.tls_files import tls_files

TransportKey = tuple[object, ...]


class Accounts:
    """All accounts and the transports that they stand on."""

    def __init__(
        self,
        endpoint: SipEndpoint,
        take_invite: InviteTaker,
        changed: Callable[[RegistrationChanged], None],
    ) -> None:
        self._endpoint = endpoint
        self._take_invite = take_invite
        self._changed = changed
        self._lines: dict[str, AccountLine] = {}
        self._knocking: dict[str, Knocking] = {}
        self._stun = ""
        self._transports: dict[TransportKey, Listening] = {}
        self.in_use: Callable[[str], bool] = lambda _account_id: False
        """Whether an account, by its id, has calls."""
        endpoint.on_transport = self._transport_seen

    def line(self, account_id: str) -> AccountLine:
        """Raises `KnownError` for an account that nobody configured."""
        line = self._lines.get(account_id)
        if line is None:
            raise KnownError(
                "unknown_account",
                "This telephone account is not set up.",
                "Enter the account in the settings.",
            )
        return line

    def lines(self) -> Sequence[AccountLine]:
        return list(self._lines.values())

    def configure(self, config: ConfigureAccount, in_use: bool) -> None:
        """Add, change or retry an account. Raises `KnownError`."""
        config = completed(config)
        config = dataclasses.replace(config, bind_address=bound_address(config))
        before = self._lines.get(config.account_id)
        if before is not None and before.config == config:
            if before.state in (Registration.FAILED, Registration.REFUSED):
                before.try_now()
            return
        if before is not None and in_use:
            raise KnownError(
                "account_in_use",
                "The changed telephone account is used once this call is over.",
                "Nothing needs to be done: the call goes on as it is.",
            )
        if config.transport not in KINDS:
            raise KnownError(
                "bad_transport",
                "The transport must be udp, tcp or tls.",
                "Correct the account's transport in the settings.",
            )
        key = _transport_key(config)
        same_port = before is not None and config.local_port == before.config.local_port != 0
        if before is not None and same_port and _transport_key(before.config) != key:
            # a fixed port must be free before it can be opened in another way
            self.remove(config.account_id)
        self._drop(config.account_id, keep=key)
        self._use_stun(config)
        around = Surroundings(
            self._endpoint,
            self._listen,
            self._take_invite,
            self._said,
            lambda: self.in_use(config.account_id),
        )
        line = AccountLine(config, around)
        self._lines[config.account_id] = line
        self._knocking[config.account_id] = Knocking(self._endpoint, line.try_now)
        line.start()

    def remove(self, account_id: str) -> None:
        """Unregister and forget it; unknown ones are gone already."""
        self._drop(account_id, keep=())

    def _drop(self, account_id: str, keep: TransportKey) -> None:
        """`keep`: a transport that is needed again. Transactions hold a closed one, and so its
        port, for some seconds."""
        line = self._lines.pop(account_id, None)
        if line is not None:
            line.close()
            self._knocking.pop(account_id).stop()
            key = _transport_key(line.config)
            users = [other for other in self._lines.values() if _transport_key(other.config) == key]
            if not users and key != keep and key in self._transports:
                self._endpoint.close_transport(self._transports.pop(key).transport_id)

    def _said(self, event: RegistrationChanged) -> None:
        self._changed(event)
        line = self._lines.get(event.account_id)
        if line is not None:
            self._knocking[event.account_id].registration(event, line.exchange_address)

    def _listen(self, config: ConfigureAccount) -> Listening:
        """Implements `surroundings.Listen`."""
        if uses_ipv6(config) and not self._endpoint.has_ipv6:
            raise unusable("no_ipv6")
        key = _transport_key(config)
        if key not in self._transports:
            self._transports[key] = self._endpoint.listen(
                config.transport, config.bind_address, config.local_port, tls_files(config)
            )
        return self._transports[key]

    def _use_stun(self, config: ConfigureAccount) -> None:
        """The library has one STUN server for all accounts; each says whether it uses it."""
        if config.stun and config.stun != self._stun:
            # a server that is not there must not keep anybody from registering
            with contextlib.suppress(pj.Error):
                self._endpoint.use_stun(config.stun)
            self._stun = config.stun

    def _transport_seen(self, seen: TransportSeen) -> None:
        for line in self._lines.values():
            line.transport_seen(seen)


def _transport_key(config: ConfigureAccount) -> TransportKey:
    place = (config.transport, config.bind_address, config.local_port)
    own = (config.tls_cert_file, config.tls_key_file)
    trust = (config.tls_ca_file, config.tls_verify)
    return (*place, *trust, *own) if config.transport == "tls" else place
