"""pjsua2's own endpoint: its callbacks as plain values.

Runs in: engine process, loop thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pjsua2 as pj

from ctidesk.sip.engine.addresses import host_of
from ctidesk.sip.engine.certificates import Certificates, Validity
from ctidesk.sip.engine.faults import guarded
from ctidesk.sip.engine.loop import Job


class TransportSeen(NamedTuple):
    """A connection came up or ended. `tls_problem` is pjsip's bit set, 0 when the certificate is
    fine; not `up` with an `error` means that it could not be made. `address`: the other end's IP
    address and `port`, with TLS only."""

    kind: str
    up: bool
    error: int
    tls_problem: int
    address: str = ""
    port: int = 0
    certificates: Certificates = Certificates()


class LibraryEndpoint(pj.Endpoint):  # type: ignore[misc]  # pjsua2 has no types
    def __init__(self, seen: Callable[[TransportSeen], None], sound_error: Job) -> None:
        super().__init__()
        self._seen = seen
        self._sound_error = sound_error

    @guarded()
    def onMediaEvent(self, prm: Any) -> None:
        if prm.ev.type == pj.PJMEDIA_EVENT_AUD_DEV_ERROR:
            self._sound_error()

    @guarded()
    def onTransportState(self, prm: Any) -> None:
        up = prm.state == pj.PJSIP_TP_STATE_CONNECTED
        info = prm.tlsInfo
        kind, error = str(prm.type), int(prm.lastError)
        if info.isEmpty():
            self._seen(TransportSeen(kind, up, error, 0))
            return
        remote = str(info.remoteAddr)
        port = remote.rpartition(":")[2]
        self._seen(
            TransportSeen(
                kind,
                up,
                error,
                int(info.verifyStatus),
                host_of(remote),
                int(port) if port.isdigit() else 0,
                Certificates(_validity(info.remoteCertInfo), _validity(info.localCertInfo)),
            )
        )


def _validity(certificate: Any) -> Validity:
    if certificate.isEmpty():
        return Validity()
    begins, ends = certificate.validityStart, certificate.validityEnd
    return Validity(float(begins.sec), float(ends.sec))
