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
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import pjsua2 as pj

from ctidesk.sip.engine import handles
from ctidesk.sip.engine.addresses import is_ipv6
from ctidesk.sip.engine.alsa_config import DEVICE
from ctidesk.sip.engine.guard import RequestGuard
from ctidesk.sip.engine.library import LibraryEndpoint, TransportSeen
from ctidesk.sip.engine.loop import Job, Timer, TurnLoop

KINDS = {
    "udp": pj.PJSIP_TRANSPORT_UDP,
    "tcp": pj.PJSIP_TRANSPORT_TCP,
    "tls": pj.PJSIP_TRANSPORT_TLS,
}
_KINDS6 = {
    "udp": pj.PJSIP_TRANSPORT_UDP6,
    "tcp": pj.PJSIP_TRANSPORT_TCP6,
    "tls": pj.PJSIP_TRANSPORT_TLS6,
}
LIBRARY_CALLS: int = getattr(pj, "CTIDESK_MAX_CALLS", 4)
"""Slots that the library was compiled with; the wheel cannot be asked and has four."""
ECHO_TAIL_MS = 200
KNOCK_HZ = 425
KNOCK_MS = 120
KNOCK_PAUSES_MS = (120, 4000)
KNOCK_PEAK = 6000
"""Of 32,767: plain to hear beside a voice, and no fright in a headset."""
FRAME_MS = 10
SOUND_BUFFER_MS = 40
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


class Listening(NamedTuple):
    """A transport that is up."""

    transport_id: int
    kind: str
    address: str
    port: int


def _nobody(_seen: TransportSeen) -> None:
    """Until somebody wants to know."""


def _nothing() -> None:
    """Until somebody wants to know."""


class SipEndpoint:
    """Owner of the pjsua2 library. Only one per process, never destroyed: end with `os._exit`."""

    def __init__(self, settings: EndpointSettings) -> None:
        self.settings = settings
        self.has_sound = False
        self.guard = RequestGuard()
        """Whoever wants it has it installed; scripted callers take what comes."""
        self.on_transport: Callable[[TransportSeen], None] = _nobody
        self.on_sound_error: Job = _nothing
        """The open sound device stopped. Called within a native callback."""
        self._wake_socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._wake_to: tuple[str, int] = ("127.0.0.1", 9)
        self._wake_socket.setblocking(False)

    def start(self) -> None:
        """Library up, null or real audio open, loop ready to turn. Raises `pj.Error`."""
        # the cyclic collector would free pj objects on whichever thread it happens to run
        gc.disable()
        sys.setswitchinterval(0.0005)
        handles.allow(getattr(pj, "CTIDESK_HANDLES", 0))
        self._ep = LibraryEndpoint(self._transport_seen, self._sound_failed)
        self._ep.libCreate()
        self._ep.libInit(self._config())
        self._open_wake()
        self._ep.libStart()
        devices = self._ep.audDevManager()
        self.has_sound = len(devices.enumDev2()) > 0
        # a microphone is opened when a call needs it, see `sound`
        devices.setNullDev()
        self._device = -1 if self.settings.null_audio else _device(devices)
        self.use_codecs(())
        self.loop = TurnLoop(self._ep.libHandleEvents, self._wake)

    @property
    def build(self) -> str:
        """Version, and whether this is the development wheel, which has no sound and old TLS."""
        version = self._ep.libVersion().full
        own = hasattr(pj, "CTIDESK_MAX_CALLS")
        return f"pjproject {version}" + ("" if own else " (development wheel)")

    @property
    def has_ipv6(self) -> bool:
        """False for the development wheel: it aborts the process when IPv6 is asked for."""
        return not str(self._ep.libVersion().full).startswith("2.15")

    @property
    def mic(self) -> Any:
        return self._ep.audDevManager().getCaptureDevMedia()

    @property
    def speaker(self) -> Any:
        return self._ep.audDevManager().getPlaybackDevMedia()

    @property
    def has_device(self) -> bool:
        """Whether `open_sound` can work at all in this build."""
        return self._device >= 0

    def open_sound(self) -> None:
        """Open what the ALSA configuration says now, in place of what is open. Raises `pj.Error`;
        then nothing is open and the bridge has no clock until `close_sound`."""
        devices = self._ep.audDevManager()
        devices.setNullDev()
        # the microphone follows: it is the same device, and the only one
        devices.setPlaybackDev(self._device)

    def close_sound(self) -> None:
        """No device; the bridge goes on with a clock of its own."""
        self._ep.audDevManager().setNullDev()

    def stop_clock(self) -> None:
        """No device, and the bridge stands still: nothing is woken a hundred times a second for
        nobody. `open_sound` or `close_sound` before anything is to be heard or recorded."""
        self._ep.audDevManager().setNoDev()

    def gains(self, microphone: float, speaker: float) -> None:
        """1.0 leaves a level as it is."""
        # "tx" and "rx" are from the port's view
        self.mic.adjustTxLevel(microphone)
        self.speaker.adjustRxLevel(speaker)

    def comfort(self, echo_cancel: bool, noise_suppression: bool) -> None:
        """Echo cancelling by WebRTC's AEC3 where the build has it; noise suppression needs it."""
        if not self.has_device:
            return
        if not echo_cancel:
            self._ep.audDevManager().setEcOptions(0, 0)
            return
        extra = pj.PJMEDIA_ECHO_USE_NOISE_SUPPRESSOR if noise_suppression else 0
        for algorithm in (pj.PJMEDIA_ECHO_WEBRTC_AEC3, pj.PJMEDIA_ECHO_DEFAULT):
            with contextlib.suppress(pj.Error):
                self._ep.audDevManager().setEcOptions(ECHO_TAIL_MS, algorithm | extra)
                return

    def knock(self) -> Any:
        """A source that repeats the tone of a waiting call: two short beeps, then a pause. The
        caller keeps it."""
        generator = pj.ToneGenerator()
        generator.createToneGenerator(self.settings.clock_rate)
        tones = pj.ToneDescVector()
        for pause_ms in KNOCK_PAUSES_MS:
            tone = pj.ToneDesc()
            tone.freq1, tone.freq2 = KNOCK_HZ, 0
            tone.on_msec, tone.off_msec = KNOCK_MS, pause_ms
            tone.volume = KNOCK_PEAK
            tones.push_back(tone)
        generator.play(tones, True)
        return generator

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
        """A transport of `kind` "udp", "tcp" or "tls" on `address` ("" = all of IPv4, "::" all of
        IPv6). Raises `pj.Error` when the port is taken or a file can't be read."""
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
        kinds = _KINDS6 if is_ipv6(address) else KINDS
        transport_id = self._ep.transportCreate(kinds[kind], config)
        name = str(self._ep.transportGetInfo(transport_id).localAddress)
        host, _, bound = name.rpartition(":")
        return Listening(transport_id, kind, host.strip("[]"), int(bound))

    def close_transport(self, transport_id: int) -> None:
        """Close it; calls and accounts on it must be gone."""
        with contextlib.suppress(pj.Error):
            self._ep.transportClose(transport_id)

    def use_stun(self, server: str) -> None:
        """Ask `server` ("host[:port]") from now on for our outer address. Raises `pj.Error`."""
        servers = pj.StringVector()
        servers.push_back(server)
        self._ep.natUpdateStunServers(servers, False)

    def address_changed(self) -> None:
        """The computer's addresses are others now: sockets are opened anew, connections closed,
        calls told the new address. Raises `pj.Error`."""
        # its socket would be opened anew for everybody, not only for this computer
        self.close_transport(self._wake_id)
        try:
            self._ep.handleIpChange(pj.IpChangeParam())
        finally:
            self._open_wake()

    def post(self, job: Job) -> None:
        self.loop.post(job)

    def call_later(self, delay_s: float, job: Job) -> Timer:
        return self.loop.call_later(delay_s, job)

    def exit(self, code: int) -> None:
        """End the process at once: destroying the library aborts while objects live."""
        os._exit(code)

    def _open_wake(self) -> None:
        wake = self.listen("udp", "127.0.0.1", 0)
        self._wake_to = (wake.address, wake.port)
        self._wake_id = wake.transport_id

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
        # frames of 10 ms and short buffers: a third less from mouth to ear than with the defaults
        config.medConfig.audioFramePtime = FRAME_MS
        config.medConfig.sndRecLatency = config.medConfig.sndPlayLatency = SOUND_BUFFER_MS
        # with the null device a second call sends no RTP once the device was closed
        config.medConfig.sndAutoCloseTime = -1
        return config

    def _sound_failed(self) -> None:
        self.on_sound_error()

    def _transport_seen(self, seen: TransportSeen) -> None:
        self.on_transport(seen)

    def codec_names(self) -> set[str]:
        """What the build has, on or off, without rate and channels."""
        return {str(codec.codecId).partition("/")[0] for codec in self._ep.codecEnum2()}

    def use_codecs(self, names: Sequence[str]) -> None:
        """Offer these, in this order, in calls from now on; () the order of the settings."""
        own = [codec.lower() for codec in self.settings.codecs]
        ids = [codec.codecId.lower() for codec in self._ep.codecEnum2()]
        ranked = [each for name in names for each in _of_name(ids, own, name.lower())] or own
        wanted = {codec: rank for rank, codec in enumerate(ranked)}
        for codec in self._ep.codecEnum2():
            rank = wanted.get(codec.codecId.lower())
            priority = 0 if rank is None else 250 - rank
            with contextlib.suppress(pj.Error):
                self._ep.codecSetPriority(codec.codecId, priority)

    def _wake(self) -> None:
        # a SIP keep-alive to ourselves ends the poll; a full buffer means that it is ending already
        with contextlib.suppress(OSError):
            self._wake_socket.sendto(b"\r\n\r\n", self._wake_to)


def _device(devices: Any) -> int:
    """The number of the device that `alsa_config` describes, -1 in a build without ALSA."""
    try:
        return int(devices.lookupDev("ALSA", DEVICE))
    except pj.Error:
        return -1


def _of_name(ids: Sequence[str], own: Sequence[str], name: str) -> list[str]:
    """The ids of a codec; of several rates the one that is used without being asked."""
    found = [each for each in ids if each.partition("/")[0] == name]
    return [each for each in found if each in own] or found[:1]
