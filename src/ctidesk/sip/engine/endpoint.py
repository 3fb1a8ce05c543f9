"""The one pjsua2 endpoint of a process: library, transports, audio devices, codecs, its loop.

Runs in: engine process (or a process of scripted callers), loop thread: the one that calls `start`.
Knows nothing of calls or desks, so scripted callers of a demo or a test are built on it too.
"""

from __future__ import annotations

import contextlib
import gc
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pjsua2 as pj

from ctidesk.sip.engine.faults import guarded
from ctidesk.sip.engine.loop import Job, Timer, TurnLoop

KINDS = {
    "udp": pj.PJSIP_TRANSPORT_UDP,
    "tcp": pj.PJSIP_TRANSPORT_TCP,
    "tls": pj.PJSIP_TRANSPORT_TLS,
}
_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
)
LIBRARY_CALLS: int = getattr(pj, "CTIDESK_MAX_CALLS", 4)
"""Slots that the library was compiled with; the wheel cannot be asked and has four."""
CODECS = ("opus/48000/2", "G722/16000/1", "PCMA/8000/1", "PCMU/8000/1")


class EndpointSettings(NamedTuple):
    """`codecs`: ids in the order of the PBX, all others are off. `log_level`: of pjsip; above 0 it
    logs numbers and addresses, so only for laboratories."""

    user_agent: str = "ctidesk"
    clock_rate: int = 16000
    max_calls: int = min(16, LIBRARY_CALLS)
    codecs: tuple[str, ...] = CODECS
    null_audio: bool = False
    log_level: int = 0


class TlsFiles(NamedTuple):
    """PEM files. `verify` checks the peer's certificate and its name."""

    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    verify: bool = True


def system_authorities() -> str:
    """The operating system's bundle of certificate authorities, "" when there is none."""
    places = (os.environ.get("SSL_CERT_FILE", ""), *_BUNDLES)
    return next((place for place in places if place and Path(place).is_file()), "")


class Listening(NamedTuple):
    """A transport that is up."""

    transport_id: int
    kind: str
    address: str
    port: int


class TransportSeen(NamedTuple):
    """A connection came up or ended. `tls_problem` is pjsip's bit set, 0 when the certificate is
    fine; `established` False with an `error` means that it could not be made."""

    kind: str
    up: bool
    error: int
    tls_problem: int


class _Endpoint(pj.Endpoint):  # type: ignore[misc]  # pjsua2 has no types
    def __init__(self, seen: Callable[[TransportSeen], None]) -> None:
        super().__init__()
        self._seen = seen

    @guarded()
    def onTransportState(self, prm: Any) -> None:
        up = prm.state == pj.PJSIP_TP_STATE_CONNECTED
        info = prm.tlsInfo
        problem = 0 if info.isEmpty() else int(info.verifyStatus)
        self._seen(TransportSeen(str(prm.type), up, int(prm.lastError), problem))


def _nobody(_seen: TransportSeen) -> None:
    """Until somebody wants to know."""


def _has_card(devices: Any) -> bool:
    """ALSA lists its plug-ins too, which cannot be opened without a card behind them."""
    return any("CARD=" in str(each.name) or each.driver != "ALSA" for each in devices.enumDev2())


class SipEndpoint:
    """Owner of the pjsua2 library. Only one per process, never destroyed: end with `os._exit`."""

    def __init__(self, settings: EndpointSettings) -> None:
        self.settings = settings
        self.has_sound = False
        self.on_transport: Callable[[TransportSeen], None] = _nobody
        self._wake_socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._wake_to: tuple[str, int] = ("127.0.0.1", 9)
        self._wake_socket.setblocking(False)

    def start(self) -> None:
        """Library up, null or real audio open, loop ready to turn. Raises `pj.Error`."""
        # the cyclic collector would free pj objects on whichever thread it happens to run
        gc.disable()
        sys.setswitchinterval(0.0005)
        self._ep = _Endpoint(self._transport_seen)
        self._ep.libCreate()
        self._ep.libInit(self._config())
        wake = self.listen("udp", "127.0.0.1", 0)
        self._wake_to = (wake.address, wake.port)
        self._ep.libStart()
        devices = self._ep.audDevManager()
        self.has_sound = not self.settings.null_audio and _has_card(devices)
        if not self.has_sound:
            devices.setNullDev()
        self._order_codecs()
        self.loop = TurnLoop(self._ep.libHandleEvents, self._wake)

    @property
    def build(self) -> str:
        """Version, and whether this is the development wheel, which has no sound and old TLS."""
        version = self._ep.libVersion().full
        own = hasattr(pj, "CTIDESK_MAX_CALLS")
        return f"pjproject {version}" + ("" if own else " (development wheel)")

    @property
    def mic(self) -> Any:
        return self._ep.audDevManager().getCaptureDevMedia()

    @property
    def speaker(self) -> Any:
        return self._ep.audDevManager().getPlaybackDevMedia()

    def silence(self) -> Any:
        """A source that is always there and always silent. The caller keeps it."""
        tone = pj.ToneGenerator()
        tone.createToneGenerator(self.settings.clock_rate)
        return tone

    def player(self, wav: str) -> Any:
        """A source that repeats a mono 16-bit WAV file. The caller keeps it. Raises `pj.Error`."""
        player = pj.AudioMediaPlayer()
        player.createPlayer(wav)
        return player

    def codec_ids(self) -> tuple[str, ...]:
        """Codecs that are on, in the order of the offer."""
        on = [c for c in self._ep.codecEnum2() if c.priority > 0]
        return tuple(c.codecId for c in sorted(on, key=lambda c: -int(c.priority)))

    def listen(
        self, kind: str, address: str = "", port: int = 0, tls: TlsFiles | None = None
    ) -> Listening:
        """A transport of `kind` "udp", "tcp" or "tls" on `address` ("" = all). Raises `pj.Error`
        when the port is taken or a file can't be read."""
        config = pj.TransportConfig()
        config.port = port
        config.boundAddress = address
        if tls is not None:
            config.tlsConfig.CaListFile = tls.ca_file
            config.tlsConfig.certFile = tls.cert_file
            config.tlsConfig.privKeyFile = tls.key_file
            config.tlsConfig.verifyServer = tls.verify
            config.tlsConfig.msecTimeout = 5000
            config.tlsConfig.proto = pj.PJ_SSL_SOCK_PROTO_TLS1_2 | pj.PJ_SSL_SOCK_PROTO_TLS1_3
        transport_id = self._ep.transportCreate(KINDS[kind], config)
        name = str(self._ep.transportGetInfo(transport_id).localAddress)
        host, _, bound = name.rpartition(":")
        return Listening(transport_id, kind, host, int(bound))

    def close_transport(self, transport_id: int) -> None:
        """Close it; calls and accounts on it must be gone."""
        with contextlib.suppress(pj.Error):
            self._ep.transportClose(transport_id)

    def post(self, job: Job) -> None:
        self.loop.post(job)

    def call_later(self, delay_s: float, job: Job) -> Timer:
        return self.loop.call_later(delay_s, job)

    def exit(self, code: int) -> None:
        """End the process at once: destroying the library aborts while objects live."""
        os._exit(code)

    def _config(self) -> Any:
        config = pj.EpConfig()
        config.uaConfig.userAgent = self.settings.user_agent
        config.uaConfig.threadCnt = 0
        config.uaConfig.mainThreadOnly = True
        config.uaConfig.maxCalls = self.settings.max_calls
        config.logConfig.level = self.settings.log_level
        config.logConfig.consoleLevel = self.settings.log_level
        config.medConfig.clockRate = self.settings.clock_rate
        config.medConfig.sndClockRate = self.settings.clock_rate
        config.medConfig.channelCount = 1
        config.medConfig.noVad = True
        # with the null device a second call sends no RTP once the device was closed
        config.medConfig.sndAutoCloseTime = -1
        return config

    def _transport_seen(self, seen: TransportSeen) -> None:
        self.on_transport(seen)

    def _order_codecs(self) -> None:
        wanted = {codec.lower(): rank for rank, codec in enumerate(self.settings.codecs)}
        for codec in self._ep.codecEnum2():
            rank = wanted.get(codec.codecId.lower())
            priority = 0 if rank is None else 250 - rank
            with contextlib.suppress(pj.Error):
                self._ep.codecSetPriority(codec.codecId, priority)

    def _wake(self) -> None:
        # a SIP keep-alive to ourselves ends the poll; a full buffer means that it is ending already
        with contextlib.suppress(OSError):
            self._wake_socket.sendto(b"\r\n\r\n", self._wake_to)
