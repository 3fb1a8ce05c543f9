"""Accounts as pjsua2 has them: registration results and incoming INVITEs, as plain values.

Runs in: engine process, loop thread.
"""

from __future__ import annotations

import weakref
from typing import Any, NamedTuple, Protocol

import pjsua2 as pj

from ctidesk.calls.commands import Srtp
from ctidesk.sip.engine.addresses import host_of
from ctidesk.sip.engine.faults import guarded


class InviteSeen(NamedTuple):
    """An INVITE outside of any dialog. `source` is the sender's IP address."""

    native_id: int
    message: bytes
    source: str


class RegisterSeen(NamedTuple):
    """The end of a REGISTER. `status` is pjsip's, 0 when fine; `source` the answering address, ""
    when no answer came from the network."""

    code: int
    reason: str
    status: int
    expires_s: int
    source: str


class AccountSink(Protocol):
    """Who is told; within the callback, so answers and hang-ups must be posted to the loop."""

    def invited(self, native: NativeAccount, seen: InviteSeen) -> None: ...

    def registered(self, native: NativeAccount, seen: RegisterSeen) -> None: ...


class AccountSettings(NamedTuple):
    """What a native account needs. `route` is the proxy that all requests go through, "" for none;
    `registrar_uri` "" registers nowhere."""

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


class NativeAccount(pj.Account):  # type: ignore[misc]  # pjsua2 has no types
    """One pjsua2 account. Drop the last reference to remove and unregister it; never call
    `shutdown`, after which a later destructor deletes whoever got its number."""

    def __init__(self, sink: AccountSink) -> None:
        super().__init__()
        self._sink = weakref.ref(sink)

    def open(self, settings: AccountSettings) -> None:
        """Create it natively, not yet registered. Raises `pj.Error`."""
        self.create(_config(settings))

    def reroute(self, settings: AccountSettings) -> None:
        """Take changed settings without a REGISTER; calls go on. Raises `pj.Error`."""
        config = _config(settings)
        config.regConfig.disableRegOnModify = True
        self.modify(config)

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
        answered = bool(prm.rdata.wholeMsg)
        seen = RegisterSeen(
            code=int(prm.code),
            reason=str(prm.reason),
            status=int(prm.status),
            expires_s=int(prm.expiration),
            source=host_of(str(prm.rdata.srcAddress)) if answered else "",
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
    config.natConfig.udpKaIntervalSec = 15
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
