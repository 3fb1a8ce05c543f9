"""Accounts as pjsua2 has them: registration results and incoming INVITEs, as plain values.

Runs in: engine process, loop thread.
"""

from __future__ import annotations

import weakref
from typing import Any, NamedTuple, Protocol

import pjsua2 as pj

from ctidesk.calls.commands import Srtp
from ctidesk.sip.engine.addresses import host_of, is_ipv6
from ctidesk.sip.engine.faults import guarded

KEEP_ALIVE_S = 15
"""On UDP: shorter than what address translators forget after. Over TCP and TLS the renewals of the
registration keep the connection."""


class InviteSeen(NamedTuple):
    """An INVITE outside of any dialog. `source` is the sender's IP address."""

    native_id: int
    message: bytes
    source: str


class RegisterSeen(NamedTuple):
    """The end of a REGISTER. `status` is pjsip's, 0 when fine; `source` the answering address and
    `message` the answer, both empty when none came from the network."""

    code: int
    reason: str
    status: int
    expires_s: int
    source: str
    message: bytes = b""


class AccountSink(Protocol):
    """Who is told; within the callback, so answers and hang-ups must be posted to the loop."""

    def invited(self, native: NativeAccount, seen: InviteSeen) -> None: ...

    def registered(self, native: NativeAccount, seen: RegisterSeen) -> None: ...


class Traversal(NamedTuple):
    """How audio finds its way through address translation; everything off sends nothing to
    anybody."""

    ice: bool = False
    stun: bool = False
    turn_server: str = ""
    turn_transport: str = "udp"
    turn_user: str = ""
    turn_password: str = ""


class AccountSettings(NamedTuple):
    """What a native account needs. `route` is the proxy that all requests go through, "" for none;
    `registrar_uri` "" registers nowhere; `instance`: of RFC 5626, "" for pjsip's own."""

    id_uri: str
    transport_id: int
    registrar_uri: str = ""
    route: str = ""
    user: str = ""
    password: str = ""
    expires_s: int = 300
    srtp: Srtp = Srtp.OFF
    tls: bool = False
    media_address: str = ""
    instance: str = ""
    traversal: Traversal = Traversal()


class NativeAccount(pj.Account):  # type: ignore[misc]  # pjsua2 has no types
    """One pjsua2 account. Drop the last reference to remove and unregister it; never call
    `shutdown`, after which a later destructor deletes whoever got its number."""

    def __init__(self, sink: AccountSink) -> None:
        super().__init__()
        self._sink = weakref.ref(sink)

    def open(self, settings: AccountSettings) -> None:
        """Create it natively, not yet registered. Raises `pj.Error`."""
        self.create(_config(settings))

    def reroute(self, settings: AccountSettings, in_flight: bool) -> None:
        """Register with changed settings, at once; calls go on. pjsip takes leave of where it was
        registered; with a REGISTER that is still without an answer (`in_flight`) it forgets it.
        Raises `pj.Error`."""
        if in_flight:
            # it forgets only when something changes
            self.modify(_config(settings._replace(registrar_uri="")))
        self.modify(_config(settings))

    def serve(self, sink: AccountSink) -> None:
        """Tell `sink` from now on."""
        self._sink = weakref.ref(sink)

    def register(self, on: bool = True) -> None:
        """Send a REGISTER; raises `pj.Error` while another is on its way."""
        self.setRegistration(on)

    @guarded()
    def onIncomingCall(self, prm: Any) -> None:
        sink = self._sink()
        message = str(prm.rdata.wholeMsg).encode("utf-8", "surrogateescape")
        if sink is not None:
            source = host_of(str(prm.rdata.srcAddress))
            sink.invited(self, InviteSeen(int(prm.callId), message, source))

    @guarded()
    def onRegState(self, prm: Any) -> None:
        sink = self._sink()
        if sink is None:
            return
        message = str(prm.rdata.wholeMsg).encode("utf-8", "surrogateescape")
        seen = RegisterSeen(
            code=int(prm.code),
            reason=str(prm.reason),
            status=int(prm.status),
            expires_s=int(prm.expiration),
            source=host_of(str(prm.rdata.srcAddress)) if message else "",
            message=message,
        )
        sink.registered(self, seen)


def _config(settings: AccountSettings) -> Any:
    config = pj.AccountConfig()
    config.idUri = settings.id_uri
    config.sipConfig.transportId = settings.transport_id
    if settings.route:
        config.sipConfig.proxies.append(settings.route)
    registration = config.regConfig
    registration.registrarUri = settings.registrar_uri
    registration.registerOnAdd = False
    registration.timeoutSec = settings.expires_s
    # ours are 1, 2, 4 … 30 s with jitter
    registration.retryIntervalSec = 0
    registration.firstRetryIntervalSec = 0
    registration.dropCallsOnFail = False
    if settings.password:
        config.sipConfig.authCreds.append(
            pj.AuthCredInfo("digest", "*", settings.user, 0, settings.password)
        )
    _traverse(config.natConfig, settings)
    six = is_ipv6(settings.media_address)
    # said either way, what pjsip does by itself depends on how it was built; and only, or it offers
    # IPv4 audio too, from a socket that can't be bound to the account's address
    ipv6 = pj.PJSUA_IPV6_ENABLED_USE_IPV6_ONLY if six else pj.PJSUA_IPV6_DISABLED
    config.sipConfig.ipv6Use = config.mediaConfig.ipv6Use = ipv6
    # after a change of address the peers of all calls are told the new one, at once
    config.ipChangeConfig.shutdownTp = True
    config.ipChangeConfig.hangupCalls = False
    config.mediaConfig.transportConfig.boundAddress = settings.media_address
    config.mediaConfig.transportConfig.port = 0
    config.mediaConfig.srtpUse = {
        Srtp.OFF: pj.PJMEDIA_SRTP_DISABLED,
        Srtp.OPTIONAL: pj.PJMEDIA_SRTP_OPTIONAL,
        Srtp.MANDATORY: pj.PJMEDIA_SRTP_MANDATORY,
    }[settings.srtp]
    # DTLS-SRTP is not in the wheel and, mandatory towards a mixed peer, connects without SRTP
    config.mediaConfig.srtpOpt.keyings.append(pj.PJMEDIA_SRTP_KEYING_SDES)
    config.mediaConfig.srtpSecureSignaling = 1 if settings.tls else 0
    config.callConfig.timerUse = pj.PJSUA_SIP_TIMER_OPTIONAL
    config.callConfig.holdType = pj.PJSUA_CALL_HOLD_TYPE_RFC3264
    return config


def _traverse(nat: Any, settings: AccountSettings) -> None:
    way = settings.traversal
    nat.udpKaIntervalSec = KEEP_ALIVE_S
    # only ICE asks a STUN server without making the loop wait for it; signalling needs none, the
    # exchange tells how it sees us (RFC 3581)
    asks = way.stun and way.ice
    nat.sipStunUse = pj.PJSUA_STUN_USE_DISABLED
    nat.mediaStunUse = pj.PJSUA_STUN_USE_DEFAULT if asks else pj.PJSUA_STUN_USE_DISABLED
    nat.iceEnabled = way.ice
    nat.turnEnabled = bool(way.turn_server)
    if way.turn_server:
        nat.turnServer = way.turn_server
        nat.turnConnType = {
            "udp": pj.PJ_TURN_TP_UDP,
            "tcp": pj.PJ_TURN_TP_TCP,
            "tls": pj.PJ_TURN_TP_TLS,
        }[way.turn_transport]
        nat.turnUserName, nat.turnPassword = way.turn_user, way.turn_password
    if settings.instance:
        nat.sipOutboundInstanceId = f"<{settings.instance}>"
