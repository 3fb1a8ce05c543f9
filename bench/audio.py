"""Mouth to ear: microphone, codec, network, far end that sends it back, codec, speaker."""

from __future__ import annotations

import contextlib
import os
import shutil
import statistics
import subprocess
import tempfile
import threading
import time
import uuid
import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tests.support import sound_server
from tests.support.sip_desk import DeskProbe, EngineUnderTest, until
from tests.support.sound_server import SoundServer

from bench.reflector import Reflector
from bench.report import Line, Report
from ctidesk.calls import commands as cmd, events as ev
from ctidesk.demo.free_port import free_port

RATE = 16_000
HEADSET = "Bench headset"
KEY = "Bench_headset"
CHIRP_S = 0.06
EVERY_S = 1.0
WARM_PACKETS = 500
"""Ten seconds: jitter buffers have forgotten how the call began."""
SEARCH_S = 0.95
FIRST_HZ, LAST_HZ = 600.0, 2600.0

Sound = NDArray[np.float64]


def run(quick: bool) -> Report:
    lacking = sound_server.missing()
    if lacking:
        raise SystemExit(f"no sound server here: {lacking}")
    chirps = 8 if quick else 30
    server = SoundServer()
    try:
        server.plug_headset(HEADSET)
        ours = _measure(server, chirps, _ours)
        peer = (
            _measure(server, chirps, _baresip)
            if shutil.which("baresip") and not os.environ.get("XNOPEER")
            else []
        )
    finally:
        server.close()
    metrics = {
        "mouth_to_ear_ms_p50": statistics.median(ours),
        "mouth_to_ear_ms_max": max(ours),
        "chirps_heard": float(len(ours)),
    }
    beside = statistics.median(peer) if peer else None
    limit = None if beside is None else 1.3 * beside
    lines = [
        Line("mouth to ear, median", metrics["mouth_to_ear_ms_p50"], "ms", limit, "baresip", beside)
    ]
    if peer:
        metrics["baresip_mouth_to_ear_ms_p50"] = statistics.median(peer)
        metrics["ratio_to_baresip"] = (
            metrics["mouth_to_ear_ms_p50"] / metrics["baresip_mouth_to_ear_ms_p50"]
        )
        lines.append(Line("mouth to ear, worst", max(ours), "ms", None, "baresip", max(peer)))
    note = (
        f"{len(ours)} of {chirps} chirps heard (baresip {len(peer)}), after 10 s of a call; PCMU, "
        "20 ms a packet; the far end sends each back at once; both by ALSA's plug-in on the same "
        "two null sinks of one PulseAudio. Our engine as it is used: echo cancelling, less noise. "
        "Limit: 1.3 times baresip."
    )
    return Report("audio: mouth to ear", lines, metrics, [note])


@contextlib.contextmanager
def _ours(server: SoundServer, target: str) -> Iterator[None]:
    """The engine, in a call to `target`."""
    with tempfile.TemporaryDirectory(prefix="cti-") as folder:
        engine = EngineUnderTest(Path(folder) / "run", environment=server.environment)
        desk = DeskProbe(engine.runtime)
        try:
            if not desk.hello.has_sound:
                raise SystemExit("this pjsua2 has no sound devices: needs our own build")
            account = cmd.ConfigureAccount(
                account_id="a",
                user="agent",
                password="",
                local_port=free_port(),
                bind_address="127.0.0.1",
                srtp=cmd.Srtp.OFF,
            )
            desk.do(account)
            desk.do(cmd.ConfigureAudio(microphone=HEADSET, speaker=HEADSET, codecs=("PCMU",)))
            desk.wait(ev.SoundChanged, state=ev.Sound.READY)
            call_id = uuid.uuid4().hex
            desk.do(cmd.Dial(call_id=call_id, account_id="a", target=target))
            desk.wait(ev.CallAnswered, call_id)
            yield
            desk.do(cmd.HangUp(call_id=call_id))
            desk.wait(ev.CallEnded, call_id)
        finally:
            desk.close()
            engine.end()


@contextlib.contextmanager
def _baresip(server: SoundServer, target: str) -> Iterator[None]:
    """Debian's baresip with its defaults, in a call to `target`."""
    modules = next(iter(Path("/usr/lib").rglob("baresip/modules/g711.so"))).parent
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "asound.conf").write_text(
            f'pcm.bench {{ type asym playback.pcm {{ type pulse device "out_{KEY}" }} '
            f'capture.pcm {{ type pulse device "in_{KEY}" }} }}\n'
        )
        (home / "config").write_text(
            f"sip_listen 127.0.0.1:{port}\nmodule_path {modules}\nmodule g711.so\n"
            "module alsa.so\nmodule_app account.so\nmodule_app menu.so\nring_aufile none\n"
            "audio_player alsa,bench\naudio_source alsa,bench\naudio_alert alsa,bench\n"
        )
        (home / "accounts").write_text(f"<sip:agent@127.0.0.1:{port}>;regint=0;audio_codecs=PCMU\n")
        (home / "contacts").write_text("")
        process = subprocess.Popen(
            ["baresip", "-f", folder, "-e", f"/dial {target}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**server.environment, "ALSA_CONFIG_PATH": str(home / "asound.conf")},
        )
        try:
            until(lambda: server.recorders(HEADSET) and server.users(HEADSET), "baresip's sound")
            yield
        finally:
            process.kill()
            process.wait()


def _measure(server: SoundServer, chirps: int, program: object) -> list[float]:
    """Delays in ms of the chirps that came back."""
    assert callable(program)
    with Reflector() as far_end, program(server, far_end.uri):
        until(lambda: far_end.reflected > WARM_PACKETS, "audio at the far end", 60.0)
        mouth, ear = _Recording(server, f"mouth_{KEY}"), _Recording(server, f"out_{KEY}")
        try:
            player = _play(server, chirps)
            player.wait()
            time.sleep(1.0)
        finally:
            mouth.close()
            ear.close()
    return delays(mouth.samples(), mouth.began_mono, ear.samples(), ear.began_mono)


def chirp() -> Sound:
    """A rising tone, faded in and out: it is found again to the millisecond."""
    t = np.arange(round(CHIRP_S * RATE)) / RATE
    sweep = FIRST_HZ * t + (LAST_HZ - FIRST_HZ) * t * t / (2 * CHIRP_S)
    return np.asarray(12000 * np.sin(2 * np.pi * sweep) * np.hanning(len(t)), dtype=np.float64)


def delays(mouth: Sound, mouth_mono: float, ear: Sound, ear_mono: float) -> list[float]:
    """Each chirp of `mouth` is looked for in `ear`; the times are those of the first samples."""
    pattern = chirp()
    found = []
    spoken = np.abs(np.correlate(mouth, pattern, "valid"))
    loudest = spoken.max(initial=0.0)
    at = 0
    while loudest and at < len(spoken):
        if spoken[at] < 0.7 * loudest:
            at += 1
            continue
        said = at + int(np.argmax(spoken[at : at + RATE // 20]))
        said_mono = mouth_mono + said / RATE
        first = round((said_mono - ear_mono) * RATE)
        window = ear[max(0, first) : first + round(SEARCH_S * RATE)]
        if first >= 0 and len(window) > len(pattern):
            heard = np.abs(np.correlate(window, pattern, "valid"))
            best = int(np.argmax(heard))
            if heard[best] > 0.1 * loudest:
                found.append(best / RATE * 1000)
        at = said + round(EVERY_S * RATE / 2)
    return found


def _play(server: SoundServer, chirps: int) -> subprocess.Popen[bytes]:
    path = server.folder / "chirps.wav"
    one = np.zeros(round(EVERY_S * RATE))
    one[: len(chirp())] = chirp()
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes(np.tile(one, chirps).astype("<i2").tobytes())
    words = ["paplay", f"--device=mouth_{KEY}", str(path)]
    return subprocess.Popen(words, env=server.environment)


class _Recording:
    """What a sink plays, and when its first sample was heard: of all pieces the one that came
    most promptly says so. Both recordings lag by the same constant, which cancels out."""

    def __init__(self, server: SoundServer, sink: str) -> None:
        words = ["parec", "-d", f"{sink}.monitor", "--raw", "--format=s16le", f"--rate={RATE}"]
        self._process = subprocess.Popen(
            [*words, "--channels=1", "--latency-msec=10"],
            stdout=subprocess.PIPE,
            env=server.environment,
        )
        self._pcm = bytearray()
        self.began_mono = float("inf")
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        until(lambda: len(self._pcm) > RATE, "a recording")

    def _read(self) -> None:
        assert self._process.stdout is not None
        handle = self._process.stdout.fileno()
        while piece := os.read(handle, 65536):
            now = time.monotonic()
            self._pcm += piece
            self.began_mono = min(self.began_mono, now - len(self._pcm) / 2 / RATE)

    def samples(self) -> Sound:
        return np.frombuffer(bytes(self._pcm), dtype="<i2").astype(np.float64)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._thread.join()
        assert self._process.stdout is not None
        self._process.stdout.close()
