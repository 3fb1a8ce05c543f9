"""A machine without a key store: one choice opens the encrypted cache, at the next start too.

Real keys, real Argon2id, a real SQLCipher file; only the system's key store is taken away.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.crm_store import PATIENCE_S, Desk

from ctidesk.config import os_keys
from ctidesk.config.keys import KeyStore
from ctidesk.crm.cache import SqlCipherCache
from ctidesk.crm.store import StorePhase, StoreState, StoreThread
from ctidesk.startup.key_choice import KeyStoreKeys
from ctidesk.ui.key_choice.presenter import KeyChoicePresenter, KeyPlace, KeyQuestion

GOOD = "five sheep under a bridge"


def _no_store() -> os_keys.SecretStore:
    raise os_keys.no_key_store()


class Start:
    """One start of the desk on a profile: keys, cache and question, connected as in the desk."""

    def __init__(self, folder: Path) -> None:
        self.desk = Desk()
        self.keys = KeyStore(folder, folder / "cache.db", _no_store)
        self.store = StoreThread(
            SqlCipherCache(folder / "cache.db", self.keys.database_key),
            self.desk.deliver,
            self._state,
        )
        self.phase = StorePhase.OPENING
        self.asking = KeyStoreKeys(self.keys, self.desk.deliver, self.store.open_again)
        self.question = KeyChoicePresenter(self.asking)
        self.store.start()
        self.desk.wait(lambda: self.phase is StorePhase.OPEN or self.question.live.state.waits)

    def wait_open(self) -> None:
        self.desk.wait(lambda: self.phase is StorePhase.OPEN)

    def close(self) -> None:
        assert self.store.close(PATIENCE_S)

    def _state(self, state: StoreState) -> None:
        self.phase = state.phase
        if state.phase is StorePhase.OPEN:
            self.question.opened()
        elif state.phase is StorePhase.FAILED and state.problem is not None:
            self.question.failed(state.problem)


def _join_workers() -> None:
    for thread in threading.enumerate():
        if thread.name == "ctidesk-key-choice":
            thread.join(PATIENCE_S)
            assert not thread.is_alive()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    _join_workers()


def test_a_chosen_passphrase_opens_now_and_is_asked_for_at_the_next_start(folder: Path) -> None:
    first = Start(folder)
    assert first.question.live.state.question is KeyQuestion.CHOOSE
    first.question.confirm(GOOD, GOOD)
    first.wait_open()
    assert not first.question.live.state.waits
    first.close()

    again = Start(folder)
    assert again.question.live.state.question is KeyQuestion.UNLOCK
    again.question.unlock("five sheep under a bench")
    again.desk.wait(lambda: again.question.live.state.problem is not None)
    assert again.question.live.state.invalid == "passphrase"
    assert again.phase is StorePhase.FAILED
    again.question.unlock(GOOD)
    again.wait_open()
    assert not again.question.live.state.waits
    again.close()


def test_the_folder_is_chosen_once_and_nothing_is_asked_again(folder: Path) -> None:
    first = Start(folder)
    first.question.pick(KeyPlace.FOLDER)
    first.question.confirm()
    first.wait_open()
    first.close()
    again = Start(folder)
    assert again.phase is StorePhase.OPEN
    assert not again.question.live.state.waits
    again.close()


def test_no_new_key_over_a_database_whose_key_is_lost(folder: Path) -> None:
    (folder / "cache.db").write_bytes(b"somebody's data")
    start = Start(folder)
    start.question.confirm(GOOD, GOOD)
    start.desk.wait(lambda: start.question.live.state.problem is not None)
    problem = start.question.live.state.problem
    assert problem is not None and "key is missing" in problem.text
    assert not start.question.live.state.busy
    assert (folder / "cache.db").read_bytes() == b"somebody's data"
    assert not (folder / "keys.json").exists()
    start.close()


def test_the_keys_are_worked_on_away_from_the_screen(folder: Path) -> None:
    seen: list[str] = []

    class SpyKeyStore(KeyStore):
        def choose_passphrase(self, text: str) -> None:
            seen.append(threading.current_thread().name)

    desk = Desk()
    opened: list[str] = []
    spy = SpyKeyStore(folder, folder / "cache.db", _no_store)
    keys = KeyStoreKeys(spy, desk.deliver, lambda: opened.append(threading.current_thread().name))
    assert desk.answer(lambda done: keys.choose_passphrase(GOOD, done)) is None
    assert seen == ["ctidesk-key-choice"]
    assert opened == [threading.current_thread().name]


def test_a_mistake_of_ours_is_answered_too_and_reported(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reported: list[type[BaseException]] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: reported.append(args.exc_type))

    class BrokenKeyStore(KeyStore):
        def unlock(self, text: str) -> None:
            raise ZeroDivisionError

    desk = Desk()
    broken = BrokenKeyStore(folder, folder / "cache.db", _no_store)
    keys = KeyStoreKeys(broken, desk.deliver, lambda: pytest.fail("opened without a key"))
    answer = desk.answer(lambda done: keys.unlock(GOOD, done))
    assert answer.code == "key_choice_failed"
    _join_workers()
    assert reported == [ZeroDivisionError]
