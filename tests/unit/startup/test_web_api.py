"""The web API at the desk: its token by command, its word in the status strip, its troubles."""

from __future__ import annotations

import queue
from pathlib import Path
from typing import ClassVar

import pytest

from ctidesk.calls.errors import KnownError
from ctidesk.config.os_keys import no_key_store
from ctidesk.startup import instance, web_api_command
from ctidesk.startup.web_api import web_api_indicator
from ctidesk.startup.web_api_token import TOKEN_NAME
from ctidesk.ui.theme.tokens import Role
from ctidesk.web_api.secret import FREE_TRIES, digest_of
from ctidesk.web_api.status import Status


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
    monkeypatch.setattr(web_api_command, "OsKeyStore", MemoryStore)


def test_a_token_is_printed_once_and_only_its_digest_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--profile", str(tmp_path)]
    assert web_api_command.main(["status", *words]) == 0
    assert "no token" in capsys.readouterr().out
    assert web_api_command.main(["token", *words]) == 0
    said = capsys.readouterr()
    token = said.out.strip()
    assert MemoryStore.kept == {TOKEN_NAME: digest_of(token)}
    assert token not in said.err
    assert "No desk runs" in said.err
    assert web_api_command.main(["status", *words]) == 0
    assert capsys.readouterr().out == "There is a token.\n"
    assert web_api_command.main(["token", *words]) == 0
    assert capsys.readouterr().out.strip() != token
    assert web_api_command.main(["revoke", *words]) == 0
    assert web_api_command.main(["status", *words]) == 0
    assert "no token" in capsys.readouterr().out
    assert token not in str(MemoryStore.kept)


def test_a_running_desk_is_told(tmp_path: Path) -> None:
    profile = web_api_command.Profile(tmp_path).make()
    told: queue.Queue[str] = queue.Queue()
    desk = instance.claim(profile.runtime)
    assert desk is not None
    desk.listen(told.put)
    try:
        assert web_api_command.main(["revoke", "--profile", str(tmp_path)]) == 0
        # the desk says "ok" to the command before it hands the message on
        assert told.get(timeout=10) == instance.TOKEN_CHANGED
    finally:
        desk.close()
    assert told.empty()


def test_without_a_key_store_it_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def none() -> None:
        raise no_key_store()

    monkeypatch.setattr(web_api_command, "OsKeyStore", none)
    for verb in ("token", "revoke", "status"):
        assert web_api_command.main([verb, "--profile", str(tmp_path)]) == 1
        said = capsys.readouterr()
        assert said.out == ""
        assert "key store" in said.err


@pytest.mark.parametrize(
    ("status", "word", "role"),
    [
        (Status(listening=True), "Web CRM: nobody connected", Role.MUTED),
        (
            Status(listening=True, origins=("https://crm.example:8443",)),
            "Web CRM connected (crm.example:8443)",
            Role.READY,
        ),
        (Status(listening=True, origins=("",)), "Web CRM connected (a program)", Role.READY),
        (
            Status(listening=True, origins=("", "https://a.example", "https://a.example")),
            "Web CRM connected (3)",
            Role.READY,
        ),
        (Status(listening=True, wrong_tokens=FREE_TRIES), "Web CRM: wrong token", Role.HOLD),
        (Status(problem=KnownError("x", "Text.", "Remedy.")), "No web CRM", Role.HOLD),
    ],
)
def test_each_state_has_its_words(status: Status, word: str, role: Role) -> None:
    shown = web_api_indicator(status)
    assert (shown.word, shown.role) == (word, role)
    assert bool(shown.problem) is (role is Role.HOLD)


def test_the_tip_counts_who_is_connected() -> None:
    status = Status(listening=True, origins=("", "https://a.example", "https://a.example"))
    assert web_api_indicator(status).tip == "Connected: a program (1), a.example (2)."
