"""A call centre for one test: a profile with members, settings, telephones, and desks to kill.

Runs in: the test process.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psutil
import pyrage
from tests.support.crm_people import RECORDS
from tests.support.crm_store import OpenStore
from tests.support.flow_desk import PATIENCE_S, DeskProcess
from tests.support.sip_desk import python_environment, until
from tests.support.sip_phone import Phone

from ctidesk.config.keys import KeyStore
from ctidesk.config.paths import Profile
from ctidesk.demo.free_port import HOST, free_port

ENGINE = (sys.executable, "-m", "ctidesk.sip.engine.main", "--null-audio")
AGENT_HZ = 700
FONTS = Path("/usr/share/fonts/truetype/dejavu")


def is_taken(port: int) -> bool:
    """Whether somebody listens for SIP on it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
        try:
            trial.bind((HOST, port))
        except OSError:
            return True
    return False


class Centre:
    """One profile, its settings and everybody around it. Nothing is left behind by `close`."""

    def __init__(self, seeded: Path, identity: pyrage.x25519.Identity, mic: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="flow"))
        self.profile = Profile(self.folder / "profile")
        shutil.copytree(seeded, self.profile.root)
        self.identity = identity
        self.key_file = self.folder / "compliance-key.txt"
        self.key_file.write_text(str(identity))
        self.key_file.chmod(0o600)
        self.temporary = self.folder / "tmp"
        self.temporary.mkdir(mode=0o700)
        self.home = self.folder / "home"
        self.home.mkdir()
        self.config = self.folder / "settings.toml"
        self.port = free_port()
        self.agent = f"sip:agent@127.0.0.1:{self.port}"
        self.desks: list[DeskProcess] = []
        self.phones: dict[str, Phone] = {}
        self.environment = {
            **python_environment(),
            "TMPDIR": str(self.temporary),
            "HOME": str(self.home),
            "QT_QPA_PLATFORM": "offscreen",
            "FLOW_ENGINE": json.dumps([*ENGINE, "--mic-file", str(mic)]),
        }
        for name in tuple(self.environment):
            if name.startswith("XDG_") or name in ("DISPLAY", "WAYLAND_DISPLAY"):
                del self.environment[name]
        if FONTS.is_dir():
            self.environment["QT_QPA_FONTDIR"] = str(FONTS)
        self.settle()

    def settle(self, **sections: dict[str, Any]) -> None:
        """Write the settings; each section given is joined into the usual one."""
        whole: dict[str, dict[str, Any]] = {
            "account": {
                "user": "agent",
                "local_port": self.port,
                "bind_address": "127.0.0.1",
                "srtp": "off",
            },
            "recording": {"policy": "allowed", "recipients": [str(self.identity.to_public())]},
            "data": {"region": "DE"},
            "wrapup": {"mode": "mandatory"},
            "agent": {"name": "Agent Seven"},
        }
        for name, content in sections.items():
            whole[name] = {**whole.get(name, {}), **content}
        lines: list[str] = []
        for name, content in whole.items():
            lines.append(f"[{name}]")
            # JSON's texts, numbers, truths and lists of texts are TOML too
            lines += [f"{key} = {json.dumps(value)}" for key, value in content.items()]
        self.config.write_text("\n".join(lines), encoding="utf-8")

    def start(self, *arguments: str) -> DeskProcess:
        """A desk that may say no: not waited for."""
        usual = ("--config", str(self.config), "--profile", str(self.profile.root))
        desk = DeskProcess(self.folder, (*usual, *arguments), self.environment)
        self.desks.append(desk)
        return desk

    def desk(self, *arguments: str, cache: str = "open", engine: str = "ready") -> DeskProcess:
        """A desk whose window is shown and whose parts are so far; one with an open cache can
        record."""
        desk = self.start(*arguments)
        desk.started()
        desk.until(
            lambda state: (
                (state["cache"], state["engine"]) == (cache, engine)
                and state["can_sign"] is (cache == "open")
            ),
            f"cache {cache}, engine {engine}",
        )
        return desk

    def reachable_desk(self) -> DeskProcess:
        """A desk whose telephone listens: a message by hand is sent once, and before that it would
        reach nobody."""
        desk = self.desk()
        until(lambda: is_taken(self.port), "a telephone that listens")
        return desk

    def phone(self, number: str, **listen: Any) -> Phone:
        if number not in self.phones:
            self.phones[number] = Phone(number, **listen)
        return self.phones[number]

    def ring(self, number: str, **call: Any) -> int:
        """`number` calls the agent; the telephone's leg."""
        phone = self.phone(number)
        phone("call", to=self.agent, **call)
        return int(phone.wait("calling")["leg"])

    def talking(self, desk: DeskProcess, number: str, hz: int = 0) -> int:
        """An answered call from `number`, who may send a tone; the telephone's leg."""
        leg = self.ring(number)
        desk.until(
            lambda state: any(call["phase"] == "offered" for call in state["calls"]), "an offer"
        )
        desk.press("call_answer")
        desk.until(
            lambda state: any(call["phase"] == "talking" for call in state["calls"]), "connected"
        )
        if hz:
            self.phones[number]("tone", leg=leg, hz=hz)
        return leg

    def key(self) -> bytes:
        return KeyStore(self.profile.root, self.profile.database).database_key()

    def logs(self) -> str:
        """Everything that the processes wrote about themselves."""
        files = [*self.folder.glob("*.stderr"), *self.profile.logs.glob("*")]
        return "\n".join(f"{file.name}: {file.read_text(errors='replace')}" for file in files)

    def close(self) -> None:
        for desk in self.desks:
            with contextlib.suppress(ProcessLookupError):
                desk.thaw()
            desk.quit()
        for pid in set[int]().union(*(desk.engines for desk in self.desks)):
            end_engine(pid, self.folder)
        for phone in self.phones.values():
            phone.close()
        logs = self.logs()
        shutil.rmtree(self.folder, ignore_errors=True)
        assert "Traceback" not in logs, logs
        assert "a delivered function failed" not in logs, logs


def end_engine(pid: int, folder: Path) -> None:
    """Only an engine of this very test: numbers of processes are used again."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        if any(str(folder) in word for word in process.cmdline()):
            process.terminate()
            psutil.wait_procs([process], PATIENCE_S)


def seeded_profile(root: Path, records: Iterable[Any] = RECORDS) -> Path:
    """A profile with its key in the folder and members in a real encrypted cache."""
    profile = Profile(root)
    profile.root.mkdir(mode=0o700, parents=True)
    keys = KeyStore(profile.root, profile.database)
    keys.choose_file()
    opened = OpenStore(profile.database, keys.database_key())
    opened.wait_open()
    opened.put(records)
    opened.close()
    return root
