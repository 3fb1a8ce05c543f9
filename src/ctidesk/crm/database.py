"""The one connection to the encrypted cache: opened with a raw key, probed, migrated.

Runs in: desk process, store thread (and one-shot commands that own the file alone). Importing
this module loads SQLAlchemy.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import sqlcipher3
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool
from sqlcipher3 import dbapi2

from ctidesk.calls.errors import KnownError
from ctidesk.crm import faults
from ctidesk.crm.checkpoints import Checkpoints
from ctidesk.crm.schema import HEAD

T = TypeVar("T")

KEY_BYTES = 32
PLAIN_HEADER = b"SQLite format 3\0"
RESERVE_BYTES = 4 * 1024 * 1024
# short: the store thread would serve no look-up meanwhile, so it waits by itself and in between
BUSY_S = 0.2


class Database:
    """An open cache. Owned by one thread; `read` and `write` raise `KnownError` for what can
    happen to a file, and let bugs through."""

    def __init__(
        self,
        path: Path,
        engine: Engine,
        connection: Connection,
        checkpoints: Checkpoints | None,
        reader: Callable[[], Any],
    ) -> None:
        self._reader = reader
        self._checkpoints = checkpoints
        self.path = path
        self._engine = engine
        self._connection = connection
        self._durable = True

    def read(self, job: Callable[[Connection], T]) -> T:
        """`job` on one consistent state."""
        with translated(), self._connection.begin():
            return job(self._connection)

    def write(self, job: Callable[[Connection], T], *, durable: bool = True) -> T:
        """`job` in one transaction: all of it is in the file afterwards, or nothing. Not `durable`:
        a power cut may undo it until the next durable one, whole and with all that came after it;
        for what can be read again and says itself how far it came."""
        with translated():
            self._set_durable(durable)
            self._connection.info["writes"] = True
            try:
                with self._connection.begin():
                    return job(self._connection)
            finally:
                self._connection.info["writes"] = False
                if not durable and self._checkpoints is not None:
                    self._checkpoints.want()

    def _set_durable(self, durable: bool) -> None:
        """With WAL, NORMAL waits for the disk at checkpoints alone, FULL at each commit."""
        if durable is not self._durable:
            mode = "FULL" if durable else "NORMAL"
            cursor = self._connection.connection.cursor()
            cursor.execute(f"PRAGMA synchronous = {mode}")
            self._durable = durable

    def sister(self) -> Database:
        """Another connection to the same file, on another thread, that only reads; raises
        `KnownError`."""
        with translated():
            engine = create_engine(
                "sqlite://",
                module=sqlcipher3.dbapi2,
                creator=self._reader,
                poolclass=StaticPool,
                hide_parameters=True,
            )
            event.listen(engine, "begin", _begin)
            return Database(self.path, engine, engine.connect(), None, self._reader)

    def free_reserve(self) -> bool:
        """Give the reserve's bytes to the database after the disk filled up; False if there was
        none left."""
        try:
            _reserve_of(self.path).unlink()
        except OSError:
            return False
        return True

    def close(self) -> None:
        if self._checkpoints is not None:
            self._checkpoints.close()
        self._connection.close()
        self._engine.dispose()


def open_database(path: Path, key: bytes) -> Database:
    """Open or make the cache at `path` with the raw 32-byte `key`, at the newest schema.

    Raises `KnownError`: wrong_key, cache_damaged, cache_not_encrypted, cache_newer, cache_locked,
    cache_unreadable, disk_full.
    """
    if len(key) != KEY_BYTES:
        raise faults.wrong_key()
    with translated():
        _prepare_file(path)
        engine = create_engine(
            "sqlite://",
            module=sqlcipher3.dbapi2,
            creator=lambda: _connect(path, key),
            poolclass=StaticPool,
            hide_parameters=True,
        )
        event.listen(engine, "begin", _begin)
        try:
            connection = engine.connect()
        except DBAPIError as error:
            if _code(error) & 0xFF == faults.NOT_A_DB:
                raise (faults.damaged() if key_fits(path, key) else faults.wrong_key()) from None
            raise
        checkpoints = Checkpoints(lambda: _connect(path, key))
        database = Database(path, engine, connection, checkpoints, lambda: _reader(path, key))
        try:
            _migrate(database)
            _keep_check(path, key)
            _keep_reserve(path)
        except BaseException:
            database.close()
            raise
    return database


def key_fits(path: Path, key: bytes) -> bool:
    """Whether `key` is the one that made the cache, told without the cache: a damaged first page
    and a wrong key look the same to SQLCipher."""
    try:
        kept = json.loads(_check_of(path).read_text("utf-8"))
        salt, check = bytes.fromhex(kept["salt"]), bytes.fromhex(kept["check"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return hmac.compare_digest(_check_value(key, salt), check)


@contextmanager
def translated() -> Iterator[None]:
    """Errors of SQLite and of the disk as `KnownError`s; their own texts could quote data."""
    try:
        yield
    except DBAPIError as error:
        known = faults.of_code(_code(error))
        if known is None:
            raise
        raise known from None
    except dbapi2.Error as error:
        known = faults.of_code(getattr(error, "sqlite_errorcode", 0) or 0)
        if known is None:
            raise
        raise known from None
    except OSError as error:
        raise faults.of_os_error(error) from None


def _code(error: DBAPIError) -> int:
    return int(getattr(error.orig, "sqlite_errorcode", 0) or 0)


def _prepare_file(path: Path) -> None:
    """Only the user may read the file, from its first byte on; WAL and SHM inherit the mode."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if os.read(descriptor, len(PLAIN_HEADER)) == PLAIN_HEADER:
            raise faults.not_encrypted()
    finally:
        os.close(descriptor)


def _connect(path: Path, key: bytes) -> Any:
    raw = dbapi2.connect(str(path), timeout=BUSY_S, isolation_level=None)
    try:
        # SQLCipher would otherwise write its complaints to stderr
        raw.execute("PRAGMA cipher_log_level = NONE")
        raw.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        raw.execute("SELECT count(*) FROM sqlite_master").fetchone()
        # cipher_memory_security stays off: it wipes and locks every page buffer, which made a bulk
        # load 7 times slower (23,100 → 3,300 members/s) and a look-up 2 times, while the rows
        # themselves lie in Python's memory all the same.
        # FULL: a wrap-up that was confirmed as saved survives a power cut
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "secure_delete = ON",
            "temp_store = MEMORY",
            "trusted_schema = OFF",
            # for long work `Checkpoints` does it; this is the log's length without it (32 MB)
            "wal_autocheckpoint = 8000",
        ):
            raw.execute(f"PRAGMA {pragma}")
    except dbapi2.Error:
        raw.close()
        raise
    return raw


def _reader(path: Path, key: bytes) -> Any:
    raw = _connect(path, key)
    raw.execute("PRAGMA query_only = ON")
    return raw


def _begin(connection: Connection) -> None:
    """IMMEDIATE: a writer that starts as a reader could fail half-way with no way to wait."""
    mode = "IMMEDIATE" if connection.info.get("writes") else "DEFERRED"
    connection.exec_driver_sql(f"BEGIN {mode}")


def _migrate(database: Database) -> None:
    at = database.read(_version)
    if at == HEAD:
        return
    # imported only here: most starts find the newest schema and are spared 100 ms
    from ctidesk.crm.migrating import upgrade

    database.write(lambda connection: upgrade(connection, at))
    with database.path.open("rb") as file:
        head = file.read(len(PLAIN_HEADER))
    if head == PLAIN_HEADER:
        raise faults.not_encrypted()


def _version(connection: Connection) -> str:
    query = "SELECT name FROM sqlite_master WHERE name = 'alembic_version'"
    if connection.exec_driver_sql(query).first() is None:
        return ""
    row = connection.exec_driver_sql("SELECT version_num FROM alembic_version").first()
    return str(row[0]) if row else ""


def _check_of(path: Path) -> Path:
    return path.with_name(path.name + ".check")


def _reserve_of(path: Path) -> Path:
    return path.with_name(path.name + ".reserve")


def _check_value(key: bytes, salt: bytes) -> bytes:
    return hmac.new(key, b"ctidesk cache " + salt, hashlib.sha256).digest()


def _keep_check(path: Path, key: bytes) -> None:
    if key_fits(path, key):
        return
    salt = os.urandom(16)
    write_private(
        _check_of(path),
        json.dumps({"salt": salt.hex(), "check": _check_value(key, salt).hex()}).encode(),
    )


def _keep_reserve(path: Path) -> None:
    """A few megabytes that are given back when the disk is full, so that what the agent just did
    can still be saved. Its absence is no reason not to start."""
    reserve = _reserve_of(path)
    try:
        if not reserve.exists():
            write_private(reserve, bytes(RESERVE_BYTES))
    except KnownError:
        reserve.unlink(missing_ok=True)


def write_private(path: Path, content: bytes) -> None:
    """Whole or not at all, 0600, on the disk when it returns."""
    with translated():
        new = path.with_name(path.name + ".new")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
