"""A sound server of the test's own, with devices that can be plugged in and pulled out.

Runs in: the test process; PulseAudio in a process of its own, one thread per ear.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import wave
from pathlib import Path

from tests.support.sip_desk import PATIENCE_S, until
from tests.support.sip_sound import RATE, loudness, write_tone

NEEDED = ("pulseaudio", "pactl", "pacat", "parec", "paplay")
HEARD_S = 0.25
PULSE_PLUGIN = "libasound_module_pcm_pulse.so"


def missing() -> str:
    """What this machine lacks for such a server, "" when it has everything."""
    absent = [name for name in NEEDED if shutil.which(name) is None]
    if absent:
        return f"{', '.join(absent)} (Debian: pulseaudio, pulseaudio-utils)"
    if not any(Path("/usr/lib").rglob(f"alsa-lib/{PULSE_PLUGIN}")):
        return "ALSA's plug-in for PulseAudio (Debian: libasound2-plugins)"
    return ""


class Ear:
    """Hears what a speaker plays."""

    def __init__(self, server: SoundServer, sink: str) -> None:
        words = ["parec", "-d", f"{sink}.monitor", "--raw", "--format=s16le", f"--rate={RATE}"]
        self._process = subprocess.Popen(
            [*words, "--channels=1", "--latency-msec=20"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=server.environment,
        )
        self._heard = bytearray()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        while chunk := self._process.stdout.read1(4096):  # type: ignore[attr-defined]  # buffered
            with self._lock:
                self._heard += chunk

    def now(self, hz: int) -> float:
        """How loud `hz` was in the last quarter of a second."""
        with self._lock:
            pcm = bytes(self._heard[-round(HEARD_S * RATE) * 2 :])
        return loudness(pcm, hz)

    def ever(self, hz: int) -> float:
        """The loudest that `hz` ever was in a tenth of a second."""
        with self._lock:
            pcm = bytes(self._heard)
        step = RATE // 10 * 2
        return max(
            (loudness(pcm[at : at + step], hz) for at in range(0, len(pcm), step)), default=0
        )

    @property
    def seconds(self) -> float:
        with self._lock:
            return len(self._heard) / 2 / RATE

    def close(self) -> None:
        self._process.kill()
        self._process.wait(PATIENCE_S)
        self._thread.join(PATIENCE_S)
        assert self._process.stdout is not None
        self._process.stdout.close()


class SoundServer:
    """PulseAudio with nothing but what the test plugs in."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ctisnd"))
        socket = self.folder / "native"
        script = self.folder / "script.pa"
        script.write_text(f"load-module module-native-protocol-unix socket={socket}\n")
        home = self.folder / "home"
        home.mkdir()
        self.environment = {
            **os.environ,
            "HOME": str(home),
            "XDG_RUNTIME_DIR": str(self.folder),
            "PULSE_RUNTIME_PATH": str(self.folder),
            "PULSE_SERVER": f"unix:{socket}",
            "DBUS_SESSION_BUS_ADDRESS": "disabled:",
        }
        self._script = script
        self._socket = socket
        self._modules: dict[str, list[str]] = {}
        self._children: list[subprocess.Popen[bytes]] = []
        self._ears: list[Ear] = []
        self.start()

    def start(self) -> None:
        """Also again after `kill`: with no device."""
        self._socket.unlink(missing_ok=True)
        self._modules.clear()
        self._process = subprocess.Popen(
            [
                *("pulseaudio", "-n", "-F", str(self._script), "--daemonize=no"),
                *("--exit-idle-time=-1", "--use-pid-file=no", "--disable-shm=yes"),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=self.environment,
        )
        until(self._answers, "the sound server")

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(PATIENCE_S)

    def freeze(self) -> None:
        """It is there and says nothing more, until `thaw`."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def plug_headset(self, name: str) -> None:
        """A microphone and a speaker called `name`; what `speak` says is heard by the microphone,
        what the speaker plays by `ear`."""
        key = _key(name)
        self._plug(
            name,
            f"module-null-sink sink_name=mouth_{key} {_shape('Mouth of ' + name, 'sink')}",
            f"module-null-sink sink_name=out_{key} {_shape(name, 'sink')}",
            f"module-remap-source master=mouth_{key}.monitor source_name=in_{key} "
            f"source_properties=\"device.description='{name}'\"",
        )

    def plug_speaker(self, name: str) -> None:
        self._plug(name, f"module-null-sink sink_name=out_{_key(name)} {_shape(name, 'sink')}")

    def pull(self, name: str) -> None:
        """Unplug it, whoever uses it."""
        for module in reversed(self._modules.pop(name)):
            self._pactl("unload-module", module)

    def prefer(self, name: str) -> None:
        """What "the system's own" is from now on."""
        self._pactl("set-default-sink", f"out_{_key(name)}")

    def speak(self, name: str, hz: int) -> None:
        """A tone into the microphone of `name`, for a minute or until the end."""
        path = self.folder / f"tone-{hz}.wav"
        if not path.exists():
            write_tone(path, hz, seconds=1.0)
            with wave.open(str(path), "rb") as file:
                second = file.readframes(RATE)
            with wave.open(str(path), "wb") as file:
                file.setparams((1, 2, RATE, 0, "NONE", ""))
                file.writeframes(second * 60)
        self._child("paplay", f"--device=mouth_{_key(name)}", str(path))

    def leak(self, name: str) -> None:
        """What the speaker of `name` plays is heard by its own microphone."""
        key = _key(name)
        self._modules[name].append(
            self._load(f"module-loopback source=out_{key}.monitor sink=mouth_{key} latency_msec=30")
        )

    def ear(self, name: str) -> Ear:
        self._ears.append(Ear(self, f"out_{_key(name)}"))
        return self._ears[-1]

    def users(self, name: str) -> int:
        """How many streams play to the speaker of `name` now."""
        sinks = self._pactl("list", "short", "sinks").splitlines()
        number = next((s.split("\t")[0] for s in sinks if f"\tout_{_key(name)}\t" in s), "")
        streams = self._pactl("list", "short", "sink-inputs").splitlines()
        return sum(stream.split("\t")[1] == number for stream in streams)

    def recorders(self, name: str) -> int:
        """How many streams listen to the microphone of `name` now."""
        sources = self._pactl("list", "short", "sources").splitlines()
        number = next((s.split("\t")[0] for s in sources if f"\tin_{_key(name)}\t" in s), "")
        streams = self._pactl("list", "short", "source-outputs").splitlines()
        return sum(stream.split("\t")[1] == number for stream in streams)

    def unplug_everything(self) -> None:
        for child in self._children:
            child.kill()
            child.wait(PATIENCE_S)
        self._children.clear()
        for ear in self._ears:
            ear.close()
        self._ears.clear()
        for name in list(self._modules):
            self.pull(name)

    def close(self) -> None:
        self.unplug_everything()
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _plug(self, name: str, *modules: str) -> None:
        self._modules[name] = [self._load(module) for module in modules]

    def _load(self, words: str) -> str:
        module, _, arguments = words.partition(" ")
        return self._pactl("load-module", module, arguments).strip()

    def _pactl(self, *words: str) -> str:
        return subprocess.run(
            ["pactl", *words],
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE_S,
        ).stdout

    def _child(self, *words: str) -> None:
        self._children.append(
            subprocess.Popen(
                words,
                env=self.environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )

    def _answers(self) -> bool:
        assert self._process.poll() is None, "the sound server ended"
        answer = subprocess.run(
            ["pactl", "info"], env=self.environment, capture_output=True, check=False
        )
        time.sleep(0.02)
        return answer.returncode == 0


def _key(name: str) -> str:
    return "".join(char if char.isalnum() else "_" for char in name)


def _shape(name: str, what: str) -> str:
    return f"rate={RATE} channels=1 {what}_properties=\"device.description='{name}'\""
