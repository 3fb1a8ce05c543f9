"""A real Asterisk on loopback, started from an unpacked tree through its own loader.

Runs in: the test process. Configuration: `tests/pbx/asterisk/`.
"""

from __future__ import annotations

import contextlib
import random
import re
import secrets
import signal
import socket
import subprocess
from pathlib import Path

from tests.support.asterisk_control import AsteriskControl
from tests.support.sip_certificates import Authority
from tests.support.sip_desk import until
from tests.support.sip_sound import write_tone

from ctidesk.demo.free_port import free_port

TEMPLATES = Path(__file__).resolve().parents[1] / "pbx" / "asterisk"
MUSIC_HZ = 440
PLAIN = ("201", "202", "203")
SECURE = ("301", "302", "303")
LEADS = ("290", "390")
OUTSIDE = "127.0.0.9"
"""Who calls from this address is the exchange's trunk and believed."""
_RTP_PORTS = 200
_WRONG = re.compile(r".*(?:Address already in use|could not be started|Error loading).*")
_LEFT_OUT = ("acl", "ccss", "cdr", "cel", "http", "indications", "pjproject", "stasis", "udptl")
"""Parts that start without a word only when they have a file, be it empty."""


def password(telephone: str) -> str:
    return f"pw-{telephone}"


class Asterisk:
    """Started on creation; `stop` for good. Its ports stay the same over restarts."""

    def __init__(self, tree: Path, folder: Path, *, native_rtp: bool = False) -> None:
        self._tree = tree
        self._folder = folder
        self._native_rtp = native_rtp
        self._secret = secrets.token_hex(8)
        for name in ("etc", "lib/keys", "spool", "run", "log", "music", "tls"):
            (folder / name).mkdir(parents=True)
        own, rogue = Authority(folder / "tls"), Authority(folder / "tls", "rogue-ca")
        self.ca = str(own.ca)
        self._certificates = {"server": own.issue("server"), "rogue": rogue.issue("rogue")}
        write_tone(folder / "music" / "tone.wav", hz=MUSIC_HZ, seconds=10, rate=8000)
        self._choose_ports()
        for name in _LEFT_OUT:
            (folder / "etc" / f"{name}.conf").write_text("")
        self._render()
        self.process: subprocess.Popen[bytes] | None = None
        self.start()

    # -- its life ---------------------------------------------------------------------------------
    def start(self) -> None:
        """Start it and wait until everything is loaded."""
        self.process = subprocess.Popen(
            [*self._program(), "-f", "-C", str(self._folder / "etc/asterisk.conf")],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        control = until(self._answers, "Asterisk's manager interface", 40)
        assert control is not None
        self.control = control
        control.booted()
        wrong = [line for line in self.log().splitlines() if _WRONG.search(line)]
        assert wrong == [], "a port is taken, or a part is missing"

    def end(self) -> None:
        """Like a power cut: nobody is told."""
        assert self.process is not None
        self.control.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(20)

    def stop(self) -> None:
        """End it in order: calls are hung up."""
        assert self.process is not None
        self.control.close()
        if self.process.poll() is None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(10)
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(20)

    def freeze(self) -> None:
        """It answers nothing any more, as if the network were cut."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def log(self) -> str:
        """What it has logged since the very start."""
        file = self._folder / "log/full"
        return file.read_text(errors="replace") if file.exists() else ""

    # -- own steps --------------------------------------------------------------------------------
    def _answers(self) -> AsteriskControl | None:
        assert self.process is not None
        code = self.process.poll()
        assert code is None, f"Asterisk ended with {code}: {self.log()[-2000:]}"
        try:
            return AsteriskControl(self._control_port, self._secret)
        except OSError:
            return None

    def _program(self) -> list[str]:
        """Its own loader with its own libraries: the system's C library does not matter."""
        loaders = sorted(self._tree.glob("usr/lib/*/ld-linux-*.so.*")) or sorted(
            self._tree.glob("lib*/**/ld-linux-*.so.*")
        )
        assert loaders, "the tree has no loader"
        folders = [*self._tree.glob("usr/lib/*-linux-gnu"), *self._tree.glob("lib/*-linux-gnu")]
        libraries = ":".join(str(each) for each in [*folders, self._tree / "usr/lib"])
        return [
            *(str(loaders[0]), "--library-path", libraries),
            str(self._tree / "usr/sbin/asterisk"),
        ]

    def _choose_ports(self) -> None:
        ports: set[int] = set()
        while len(ports) < 4:
            ports.add(free_port())
        self.sip, self.sip_tls, self.sip_tls_rogue, self._control_port = ports
        self._rtp_first = random.choice(range(10_000, 30_000, _RTP_PORTS))
        while not _free(self._rtp_first) or ports & set(self._rtp()):
            self._rtp_first = random.choice(range(10_000, 30_000, _RTP_PORTS))

    def _rtp(self) -> range:
        return range(self._rtp_first, self._rtp_first + _RTP_PORTS)

    def _render(self) -> None:
        modules = next(self._tree.glob("usr/lib/**/asterisk/modules"))
        values = {
            "folder": self._folder,
            "modules": modules,
            "data": self._tree / "usr/share/asterisk",
            "sip": self.sip,
            "sip_tls": self.sip_tls,
            "sip_tls_rogue": self.sip_tls_rogue,
            "control": self._control_port,
            "secret": self._secret,
            "rtp_first": self._rtp_first,
            "rtp_last": self._rtp()[-1],
            "ca": self.ca,
            "outside": OUTSIDE,
            "native_rtp": "load = bridge_native_rtp.so" if self._native_rtp else "",
            "phones": "\n".join(map(_phone, (*PLAIN, *SECURE, *LEADS))),
            "hints": "\n".join(f"exten => {n},hint,PJSIP/{n}" for n in (*PLAIN, *SECURE, *LEADS)),
        }
        for name, certificate in self._certificates.items():
            values |= {f"{name}_cert": certificate.cert, f"{name}_key": certificate.key}
        for template in TEMPLATES.glob("*.conf"):
            text = re.sub(r"<<(\w+)>>", lambda m: str(values[m[1]]), template.read_text())
            (self._folder / "etc" / template.name).write_text(text)


def _phone(number: str) -> str:
    kind = "secure" if number.startswith("3") else "plain"
    context = "leads" if number in LEADS else "agents"
    return "\n".join(
        (
            f"[{number}](phone,{kind})",
            f"context = {context}",
            f"auth = {number}",
            f"aors = {number}",
            f'callerid = "Desk {number}" <{number}>',
            f"[{number}](login)",
            f"username = {number}",
            f"password = {password(number)}",
            f"[{number}](place)",
        )
    )


def _free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
