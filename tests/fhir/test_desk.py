"""A desk with a CRM in its settings: its real parts, a real server, no engine; and the commands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from tests.support import fhir_proxy as faults
from tests.support.crm_store import Desk
from tests.support.fhir_proxy import FaultProxy
from tests.support.fhir_pull import patients
from tests.support.fhir_resources import coverage
from tests.support.fhir_server import FhirServer
from tests.support.fhir_sign_in import CLIENT, KEY_ID, SCOPES, SignInDesk, pem_of, private_key

from ctidesk.config import settings as settings_file
from ctidesk.config.keys import KeyStore
from ctidesk.config.paths import Profile
from ctidesk.crm.fhir.progress import PullPhase, PullState
from ctidesk.startup import crm_command, crm_link
from ctidesk.startup.parts import Parts


class MemoryStore:
    """Stands for the system's key store, which no test may touch."""

    kept: ClassVar[dict[str, str]] = {}

    def read(self, name: str) -> str | None:
        return self.kept.get(name)

    def write(self, name: str, secret: str) -> None:
        self.kept[name] = secret


@pytest.fixture(autouse=True)
def memory(monkeypatch: pytest.MonkeyPatch) -> None:
    MemoryStore.kept = {}
    monkeypatch.setattr(crm_link, "OsKeyStore", MemoryStore)
    monkeypatch.setattr(crm_command, "OsKeyStore", MemoryStore)


@pytest.fixture
def profile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Profile:
    (tmp_path / "run").mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    return Profile(tmp_path / "profile").make()


class Running:
    def __init__(self, profile: Profile, config: Path) -> None:
        self.desk = Desk()
        self.states: list[PullState] = []
        keys = KeyStore(profile.root, profile.database)
        if keys.choice is None:
            keys.choose_file()
        settings = settings_file.parse(config.read_bytes(), config.parent)
        self.parts = Parts(profile, settings, keys, self.desk.deliver)
        self.parts.on_crm = self.states.append
        self.parts.start_cache()

    def wait_for(self, phase: PullPhase) -> PullState:
        self.desk.wait(lambda: any(state.phase is phase for state in self.states))
        return next(state for state in self.states if state.phase is phase)

    def stop(self) -> None:
        self.parts.stop()


@pytest.fixture
def config(tmp_path: Path, proxy: FaultProxy) -> Iterator[Path]:
    path = tmp_path / "desk.toml"
    path.write_text(f'[crm]\nserver = "{proxy.base}"\ntypes = ["Patient", "Coverage"]\n')
    return path


def test_members_of_the_crm_are_on_the_desk_and_stay_without_it(
    server: FhirServer, proxy: FaultProxy, profile: Profile, config: Path
) -> None:
    server.load(patients(12))
    server.load([coverage("c1", "p7", "Gold")])
    running = Running(profile, config)
    assert running.wait_for(PullPhase.CURRENT).problem is None
    ask = running.desk.answer
    lookup = ask(lambda done: running.parts.directory.find_by_number("+491700000007", done))
    (found,) = lookup.candidates
    card = ask(lambda done: running.parts.directory.card(found.member_id, done))
    assert [(each.plan, each.provenance.source) for each in card.coverages] == [("Gold", "CRM")]
    running.stop()
    files = [path.read_bytes() for path in profile.root.rglob("*") if path.is_file()]
    assert files
    assert not any(b"Family7" in content for content in files)
    proxy.always = [("", faults.status(503))]
    again = Running(profile, config)
    failed = again.wait_for(PullPhase.FAILED)
    assert failed.problem is not None
    card = again.desk.answer(lambda done: again.parts.directory.card(found.member_id, done))
    assert card.family == "Family7"
    again.stop()


def test_the_key_is_stored_judged_and_used(
    server: FhirServer,
    proxy: FaultProxy,
    profile: Profile,
    config: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    key = private_key("ES384")
    sign_in = SignInDesk(proxy, key)
    server.load(patients(3))
    with config.open("a") as more:
        scopes = ", ".join(f'"{scope}"' for scope in SCOPES.split())
        more.write(f'auth = "key"\nclient_id = "{CLIENT}"\nkey_id = "{KEY_ID}"\n')
        more.write(f"scopes = [{scopes}]\n")
    pem = tmp_path / "key.pem"
    words = ["--config", str(config)]
    assert crm_command.main(["check", *words]) == 1
    assert "ctidesk crm secret" in capsys.readouterr().err
    pem.write_text("-----BEGIN PRIVATE KEY-----\nCanary\n-----END PRIVATE KEY-----\n")
    assert crm_command.main(["secret", *words, "--file", str(pem)]) == 1
    assert MemoryStore.kept == {}
    pem.write_text(pem_of(key))
    assert crm_command.main(["secret", *words, "--file", str(pem)]) == 0
    assert crm_command.main(["check", *words]) == 0
    said = capsys.readouterr()
    assert "version 4.0.1" in said.out
    assert "Not allowed to be sent: Communication" in said.out, "only reading was granted"
    assert "Canary" not in said.err + said.out
    running = Running(profile, config)
    assert running.wait_for(PullPhase.CURRENT).problem is None
    running.stop()
    assert sign_in.complaints == []
    assert "PRIVATE KEY" not in "".join(
        path.read_text("utf-8", "replace") for path in profile.root.rglob("*") if path.is_file()
    )


def test_a_desk_without_a_crm_asks_nobody(profile: Profile, tmp_path: Path) -> None:
    empty = tmp_path / "empty.toml"
    empty.write_text("")
    running = Running(profile, empty)
    running.desk.answer(lambda done: running.parts.directory.search("x", 1, done))
    running.stop()
    assert running.states == []
