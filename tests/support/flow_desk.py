"""A call centre for one test: a profile with members, settings, telephones, and desks to kill.

Runs in: the test process; one reader thread per desk.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pyrage
from sqlalchemy import select
from tests.support.crm_people import RECORDS
from tests.support.crm_store import OpenStore
from tests.support.sip_desk import free_port, python_environment, until
from tests.support.sip_phone import Phone
from tests.support.sip_sound import RATE, loudness

from ctidesk.config.keys import KeyStore
from ctidesk.config.paths import Profile
from ctidesk.crm import audit, journal_sql, schema
from ctidesk.crm.database import open_database

PATIENCE_S = 40.0
ENGINE = (sys.executable, "-m", "ctidesk.sip.engine.main", "--null-audio")
AGENT_HZ = 700
WAV_HEADER_BYTES = 44
FONTS = Path("/usr/share/fonts/truetype/dejavu")


class Absent(AssertionError):
    """The control is not on the screen, or cannot be used now."""


class DeskProcess:
    """One desk process. Everything is asked of its window, as far as it can be."""

    def __init__(self, folder: Path, arguments: Iterable[str], environment: dict[str, str]) -> None:
        self._complaints = (folder / f"desk-{uuid.uuid4().hex[:6]}.stderr").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.flow_driven_desk", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            env=environment,
            text=True,
        )
        self._answers: queue.Queue[dict[str, Any]] = queue.Queue()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        self.engines: set[int] = set()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._answers.put(json.loads(line))

    def started(self) -> None:
        assert "started" in self._answers.get(timeout=PATIENCE_S)

    def ask(self, do: str, *arguments: Any) -> Any:
        """The answer of the desk; `Absent` where a control cannot be used."""
        token = uuid.uuid4().hex
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"token": token, "do": do, "with": arguments}) + "\n")
        self.process.stdin.flush()
        answer = self._answers.get(timeout=PATIENCE_S)
        assert answer["token"] == token
        if "absent" in answer:
            raise Absent(answer["absent"])
        return answer["answer"]

    # ------------------------------------------------------------------- hands

    def press(self, control: str) -> None:
        """As soon as it can be pressed."""
        self._soon("press", control)

    def press_text(self, words: str) -> None:
        self._soon("press_text", words)

    def enter(self, control: str, text: str) -> None:
        self._soon("enter", control, text)

    def submit(self, control: str) -> None:
        self._soon("submit", control)

    def choose(self, control: str, text: str) -> None:
        self._soon("choose", control, text)

    def _soon(self, do: str, *arguments: str) -> None:
        reason = ""

        def tried() -> bool:
            nonlocal reason
            try:
                self.ask(do, *arguments)
            except Absent as absent:
                reason = str(absent)
                return False
            return True

        try:
            until(tried, do, PATIENCE_S)
        except AssertionError:
            raise AssertionError(f"{reason}; the screen shows:\n{self.shown()}") from None

    # -------------------------------------------------------------------- eyes

    def shown(self) -> str:
        return str(self.ask("shown"))

    def shows(self, *words: str) -> None:
        """Wait until all `words` are on the screen at once."""
        screen = ""

        def seen() -> bool:
            nonlocal screen
            screen = self.shown()
            return all(each in screen for each in words)

        try:
            until(seen, str(words), PATIENCE_S)
        except AssertionError:
            raise AssertionError(f"never shown: {words}; the screen shows:\n{screen}") from None

    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = self.ask("state")
        if state["engine_pid"]:
            self.engines.add(state["engine_pid"])
        return state

    def until(self, true: Callable[[dict[str, Any]], Any], what: str) -> dict[str, Any]:
        """The first state of which `true` holds."""
        last: dict[str, Any] = {}

        def look() -> bool:
            nonlocal last
            last = self.state()
            return bool(true(last))

        try:
            until(look, what, PATIENCE_S)
        except AssertionError:
            raise AssertionError(f"never: {what}; {last}\n{self.shown()}") from None
        return last

    def call(self) -> dict[str, Any]:
        """The only call."""
        (call,) = self.state()["calls"]
        return dict(call)

    def until_call(self, what: str, **like: Any) -> dict[str, Any]:
        """The only call, once it is like this."""

        def matches(state: dict[str, Any]) -> bool:
            calls = state["calls"]
            return len(calls) == 1 and all(calls[0][name] == wish for name, wish in like.items())

        return dict(self.until(matches, what)["calls"][0])

    def until_grown(self, beyond: int = 0) -> int:
        """Bytes of the recording of the only call, once there are more than `beyond`."""
        grown = self.until(
            lambda state: state["calls"] and state["calls"][0]["bytes"] > beyond,
            "growth of the recording",
        )
        return int(grown["calls"][0]["bytes"])

    # --------------------------------------------------------------------- end

    def kill(self) -> None:
        """SIGKILL; the engine is left alone."""
        self.process.send_signal(signal.SIGKILL)
        self.gone()

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def quit(self) -> int:
        """Close it as its user would; the exit code."""
        if self.process.poll() is None:
            with contextlib.suppress(OSError):
                assert self.process.stdin is not None
                self.process.stdin.close()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
        return self.gone()

    def gone(self) -> int:
        code = self.process.wait(PATIENCE_S)
        self._thread.join(PATIENCE_S)
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        self.process.stdout.close()
        self._complaints.close()
        return code


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


def children_of(pid: int, name: str) -> list[psutil.Process]:
    """Living children of `pid` whose command line names `name`."""
    found = []
    for child in psutil.Process(pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if child.status() != psutil.STATUS_ZOMBIE and name in " ".join(child.cmdline()):
                found.append(child)
    return found


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


def recordings(centre: Centre) -> list[Path]:
    return sorted(path for path in centre.profile.spool.iterdir() if path.is_dir())


def opened_by_command(centre: Centre, folder: Path) -> tuple[bytes, bytes]:
    """(agent, caller) PCM of a recording that must be genuine, as a compliance officer gets it."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "ctidesk.app", "recording", "open", str(folder)),
            *("--identity", str(centre.key_file), "--out", "-"),
        ],
        env=python_environment(),
        capture_output=True,
        timeout=50,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    frames = memoryview(done.stdout[WAV_HEADER_BYTES:]).cast("h")
    return frames[0::2].tobytes(), frames[1::2].tobytes()


def tone_windows(pcm: bytes, hz: int, loud: float = 500.0) -> list[bool]:
    """For each tenth of a second, whether `hz` is heard."""
    step = 2 * RATE // 10
    return [loudness(pcm[at : at + step], hz) > loud for at in range(0, len(pcm) - step, step)]


def stored_drafts(centre: Centre) -> dict[str, str]:
    """call_id → note, as the encrypted cache has it now."""
    database = open_database(centre.profile.database, centre.key())
    try:
        return database.read(
            lambda connection: {
                draft.call_id: draft.note for draft in journal_sql.load_drafts(connection)
            }
        )
    finally:
        database.close()


def stored_events(centre: Centre, call_id: str) -> list[str]:
    """Names of the events of a call that are on the disk, in order."""
    database = open_database(centre.profile.database, centre.key())
    of_call = schema.call_events.c.call_id == call_id
    query = select(schema.call_events.c.name).where(of_call).order_by(schema.call_events.c.seq)
    try:
        return database.read(lambda connection: list(connection.execute(query).scalars()))
    finally:
        database.close()


def rows(centre: Centre) -> dict[str, list[Any]]:
    """What the encrypted cache holds of calls, opened with its key from outside the desk; the
    audit trail must be genuine."""
    database = open_database(centre.profile.database, centre.key())
    tables = (schema.interactions, schema.outbox, schema.audit, schema.calls, schema.drafts)

    def read(connection: Any) -> dict[str, list[Any]]:
        found = {table.name: list(connection.execute(select(table)).all()) for table in tables}
        assert audit.verify(connection).bad_seq == 0
        return found

    try:
        return database.read(read)
    finally:
        database.close()


def wrap_up(desk: DeskProcess, code: str = "refill", note: str = "") -> None:
    """Choose a code by typing, write a note (or leave it as it is), save and be ready."""
    desk.enter("wrap_up_search", code)
    desk.submit("wrap_up_search")
    if note:
        desk.enter("wrap_up_note", note)
    desk.press("wrap_up_save_ready")
    desk.until(lambda state: not state["wrap_ups"], "saved")


def alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def lines(text: str) -> Iterator[str]:
    yield from (line.strip() for line in text.splitlines() if line.strip())
