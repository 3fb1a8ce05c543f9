"""Where keys are kept, and that no key is ever put over an existing database."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which

import pytest
from tests.support.crm_python import environment, output_of

from ctidesk.calls.errors import KnownError
from ctidesk.config import os_keys, passphrase
from ctidesk.config.keys import KeyChoice, KeyStore

PASSPHRASE = "five sheep under a bridge"


@dataclass
class FakeSecretStore:
    kept: dict[str, str] = field(default_factory=dict)
    forgetful: bool = False

    def read(self, name: str) -> str | None:
        return self.kept.get(name)

    def write(self, name: str, secret: str) -> None:
        if not self.forgetful:
            self.kept[name] = secret


def _no_store() -> FakeSecretStore:
    raise os_keys.no_key_store()


@pytest.fixture
def store() -> FakeSecretStore:
    return FakeSecretStore()


def _keys(folder: Path, store: FakeSecretStore | None = None) -> KeyStore:
    return KeyStore(folder, folder / "cache.db", (lambda: store) if store else _no_store)


def _code(error: pytest.ExceptionInfo[KnownError]) -> str:
    assert error.value.text and error.value.remedy
    return error.value.code


def test_a_new_profile_keeps_its_keys_in_the_key_store(
    tmp_path: Path, store: FakeSecretStore
) -> None:
    first = _keys(tmp_path, store)
    assert len(first.database_key()) == 32
    assert len(first.device_key()) == 32
    assert first.database_key() != first.device_key()
    again = _keys(tmp_path, store)
    assert again.choice is KeyChoice.OS
    assert (again.database_key(), again.device_key()) == (
        first.database_key(),
        first.device_key(),
    )
    assert first.database_key().hex() not in (tmp_path / "keys.json").read_text()


def test_two_profiles_do_not_share_keys(tmp_path: Path, store: FakeSecretStore) -> None:
    one, two = _keys(tmp_path / "one", store), _keys(tmp_path / "two", store)
    assert one.database_key() != two.database_key()


def test_without_a_key_store_it_says_so_and_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(KnownError) as error:
        _keys(tmp_path).database_key()
    assert _code(error) == "no_key_store"
    assert list(tmp_path.iterdir()) == []


def test_a_key_store_that_forgets_is_none(tmp_path: Path) -> None:
    with pytest.raises(KnownError) as error:
        _keys(tmp_path, FakeSecretStore(forgetful=True)).database_key()
    assert _code(error) == "no_key_store"
    assert not (tmp_path / "keys.json").exists()


@pytest.mark.parametrize("choose", ["os", "file", "passphrase"])
def test_never_a_new_key_over_an_existing_database(
    tmp_path: Path, store: FakeSecretStore, choose: str
) -> None:
    (tmp_path / "cache.db").write_bytes(b"somebody's data")
    keys = _keys(tmp_path, store)
    with pytest.raises(KnownError) as error:
        if choose == "os":
            keys.database_key()
        elif choose == "file":
            keys.choose_file()
        else:
            keys.choose_passphrase(PASSPHRASE)
    assert _code(error) == "key_missing"
    assert store.kept == {}
    assert [path.name for path in tmp_path.iterdir()] == ["cache.db"]


def test_a_lost_key_is_missing_and_not_replaced(tmp_path: Path, store: FakeSecretStore) -> None:
    _keys(tmp_path, store).database_key()
    (tmp_path / "cache.db").write_bytes(b"data")
    store.kept.clear()
    with pytest.raises(KnownError) as error:
        _keys(tmp_path, store).database_key()
    assert _code(error) == "key_missing"
    assert store.kept == {}


def test_the_file_choice_is_recorded_and_private(tmp_path: Path) -> None:
    first = _keys(tmp_path)
    first.choose_file()
    again = _keys(tmp_path)
    assert again.choice is KeyChoice.FILE
    assert again.database_key() == first.database_key()
    assert again.device_key() == first.device_key()
    assert stat.S_IMODE((tmp_path / "cache.key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "keys.json").stat().st_mode) == 0o600


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    _keys(tmp_path).choose_file()
    (tmp_path / "cache.key").chmod(0o644)
    with pytest.raises(KnownError) as error:
        _keys(tmp_path).database_key()
    assert _code(error) == "key_file_open"


@pytest.mark.parametrize("content", ["", "zz", "ab" * 10])
def test_a_damaged_key_file_is_a_missing_key(tmp_path: Path, content: str) -> None:
    _keys(tmp_path).choose_file()
    (tmp_path / "cache.key").write_text(content)
    with pytest.raises(KnownError) as error:
        _keys(tmp_path).database_key()
    assert _code(error) == "key_missing"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"choice": "paper"}', '{"choice": []}'])
def test_a_damaged_choice_is_said_and_nothing_new_is_made(
    tmp_path: Path, store: FakeSecretStore, content: str
) -> None:
    (tmp_path / "keys.json").write_text(content)
    with pytest.raises(KnownError) as error:
        _keys(tmp_path, store).database_key()
    assert _code(error) == "key_choice_damaged"
    assert store.kept == {}


def test_a_passphrase_opens_and_only_the_right_one(tmp_path: Path) -> None:
    first = _keys(tmp_path)
    first.choose_passphrase(PASSPHRASE)
    kept = json.loads((tmp_path / "keys.json").read_text())
    assert kept["kdf"]["name"] == "argon2id"
    assert kept["kdf"]["memory_kib"] >= 64 * 1024
    assert first.database_key().hex() not in json.dumps(kept)

    again = _keys(tmp_path)
    with pytest.raises(KnownError) as error:
        again.database_key()
    assert _code(error) == "passphrase_needed"
    with pytest.raises(KnownError) as error:
        again.unlock("five sheep under a bench")
    assert _code(error) == "wrong_passphrase"
    again.unlock(PASSPHRASE)
    assert again.database_key() == first.database_key()
    again.drop()
    with pytest.raises(KnownError):
        again.database_key()


def test_the_passphrase_changes_and_the_keys_stay(tmp_path: Path) -> None:
    first = _keys(tmp_path)
    first.choose_passphrase(PASSPHRASE)
    (tmp_path / "cache.db").write_bytes(b"data under the key")
    _keys(tmp_path).change_passphrase(PASSPHRASE, "another long passphrase")
    again = _keys(tmp_path)
    with pytest.raises(KnownError):
        again.unlock(PASSPHRASE)
    again.unlock("another long passphrase")
    assert again.database_key() == first.database_key()
    assert again.device_key() == first.device_key()


def test_a_short_passphrase_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KnownError) as error:
        _keys(tmp_path).choose_passphrase("short")
    assert _code(error) == "passphrase_short"
    assert list(tmp_path.iterdir()) == []


def test_a_second_choice_is_refused(tmp_path: Path) -> None:
    _keys(tmp_path).choose_file()
    with pytest.raises(KnownError) as error:
        _keys(tmp_path).choose_passphrase(PASSPHRASE)
    assert _code(error) == "keys_chosen"


@pytest.mark.parametrize(
    "changed",
    [
        {"kdf": {}},
        {"nonce": "zz"},
        {"wrapped": None},
        {"kdf": {"name": "md5", "time": 1, "memory_kib": 8, "lanes": 1, "salt": "00" * 16}},
        {"kdf": {"name": "argon2id", "time": 1, "memory_kib": 2**40, "lanes": 1, "salt": "00"}},
        {"kdf": {"name": "argon2id", "time": 0, "memory_kib": 64, "lanes": 1, "salt": "00" * 16}},
    ],
)
def test_damaged_wrapping_is_said(changed: dict[str, object]) -> None:
    kept = {**passphrase.wrap(b"secret", PASSPHRASE), **changed}
    with pytest.raises(KnownError) as error:
        passphrase.unwrap(kept, PASSPHRASE)
    assert _code(error) == "key_choice_damaged"


def test_keys_do_not_show_in_representations(tmp_path: Path) -> None:
    keys = _keys(tmp_path)
    keys.choose_file()
    secret = keys.database_key()
    assert repr(secret) not in repr(vars(keys))


@pytest.mark.parametrize(
    "backend", ["keyring.backends.null.Keyring", "keyring.backends.fail.Keyring"]
)
def test_backends_that_keep_nothing_safe_are_refused(
    backend: str,
) -> None:
    code = textwrap.dedent("""
        from ctidesk.calls.errors import KnownError
        from ctidesk.config.os_keys import OsKeyStore
        try:
            OsKeyStore()
        except KnownError as error:
            print(error.code)
    """)
    assert output_of(code, PYTHON_KEYRING_BACKEND=backend) == "no_key_store"


@pytest.mark.skipif(
    not (which("dbus-run-session") and which("gnome-keyring-daemon")),
    reason="needs dbus-run-session and gnome-keyring-daemon",
)
def test_a_real_key_store_keeps_the_keys(tmp_path: Path) -> None:
    """GNOME Keyring on a private session bus: two processes in a row get the same key."""
    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o700)
    folders = ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")
    places = {**dict.fromkeys(folders, str(tmp_path)), "XDG_RUNTIME_DIR": str(runtime)}
    python = textwrap.dedent("""
        import sys, hashlib
        from pathlib import Path
        from ctidesk.config.keys import KeyStore
        folder = Path(sys.argv[1])
        keys = KeyStore(folder, folder / "cache.db")
        print(keys.choice, hashlib.sha256(keys.database_key()).hexdigest(), keys.choice)
    """)
    # the daemon is a child of the shell, which ends it by its id
    shell = textwrap.dedent(f"""
        printf secret | gnome-keyring-daemon --foreground --unlock --components=secrets >/dev/null &
        daemon=$!
        for i in $(seq 100); do
            dbus-send --session --print-reply --dest=org.freedesktop.DBus / \\
                org.freedesktop.DBus.NameHasOwner string:org.freedesktop.secrets \\
                | grep -q true && break
            sleep 0.1
        done
        "{sys.executable}" -c '{python}' "{tmp_path / "profile"}"
        "{sys.executable}" -c '{python}' "{tmp_path / "profile"}"
        kill $daemon
        wait $daemon
    """)
    ran = subprocess.run(
        ["dbus-run-session", "--", "bash", "-c", shell],
        capture_output=True,
        text=True,
        timeout=50,
        env=environment(**places),
    )
    first, second = (line.split() for line in ran.stdout.splitlines())
    assert first[0] == "None" and first[2] == "os"
    assert second == ["os", first[1], "os"]
