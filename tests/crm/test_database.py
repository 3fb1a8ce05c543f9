"""The encrypted file: its key, its schema, what is on the disk."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import IntegrityError
from tests.support.crm_people import RECORDS

from ctidesk.calls.errors import KnownError
from ctidesk.crm import audit, flag_schema, knowledge_schema, schema, work_schema
from ctidesk.crm.database import Database, open_database
from ctidesk.crm.fhir import tables
from ctidesk.crm.migrating import scripts
from ctidesk.crm.records_sql import Writer

KEY = bytes(range(32))
OTHER = bytes(32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cache.db"


def _people(database: Database) -> None:
    def write(connection):  # type: ignore[no-untyped-def]
        writer = Writer(connection, source="test", read_wall=1.0, import_ref=1)
        for record in RECORDS:
            writer.put(record)

    database.write(write)


def _code(path: Path, key: bytes) -> str:
    with pytest.raises(KnownError) as error:
        open_database(path, key)
    assert error.value.text and error.value.remedy
    assert str(path) not in str(error.value)
    return error.value.code


def test_a_new_cache_is_encrypted_private_and_at_the_newest_schema(path: Path) -> None:
    database = open_database(path, KEY)
    version = database.read(lambda c: c.exec_driver_sql("SELECT * FROM alembic_version").scalar())
    assert version == schema.HEAD
    _people(database)
    database.close()
    assert not path.read_bytes().startswith(b"SQLite format 3")
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name


def test_the_pragmas_hold(path: Path) -> None:
    database = open_database(path, KEY)
    wanted = {
        "journal_mode": "wal",
        "foreign_keys": 1,
        "secure_delete": 1,
        "synchronous": 2,
        "temp_store": 2,
    }
    for name, value in wanted.items():
        assert database.read(lambda c, n=name: c.exec_driver_sql(f"PRAGMA {n}").scalar()) == value
    database.close()


def test_no_name_number_or_key_is_on_the_disk_in_the_clear(path: Path) -> None:
    database = open_database(path, KEY)
    _people(database)
    for file in path.parent.iterdir():  # with its write-ahead log still there
        content = file.read_bytes()
        for secret in (b"Fischer", b"Lindqvist", b"491713920031", b"members", KEY.hex().encode()):
            assert secret not in content, file.name
        assert KEY not in content
    database.close()


def test_a_wrong_key_is_said_and_nothing_is_changed(path: Path) -> None:
    open_database(path, KEY).close()
    before = path.read_bytes()
    assert _code(path, OTHER) == "wrong_key"
    assert _code(path, b"short") == "wrong_key"
    assert path.read_bytes() == before
    open_database(path, KEY).close()


def test_a_damaged_first_page_is_told_apart_from_a_wrong_key(path: Path) -> None:
    open_database(path, KEY).close()
    content = bytearray(path.read_bytes())
    content[200] ^= 1
    path.write_bytes(content)
    assert _code(path, KEY) == "cache_damaged"
    assert _code(path, OTHER) == "wrong_key"


def test_a_plaintext_database_is_refused(path: Path) -> None:
    plain = sqlite3.connect(path)
    plain.execute("CREATE TABLE members(name)")
    plain.commit()
    plain.close()
    assert _code(path, KEY) == "cache_not_encrypted"


def test_a_folder_in_its_place_is_unreadable(path: Path) -> None:
    path.mkdir()
    assert _code(path, KEY) == "cache_unreadable"


def test_a_cache_of_a_newer_version_is_left_alone(path: Path) -> None:
    database = open_database(path, KEY)
    database.write(lambda c: c.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    assert _code(path, KEY) == "cache_newer"


def test_a_migration_that_fails_leaves_nothing_behind(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ctidesk.crm import migrating

    upgrade = migrating.upgrade

    def breaks_off(connection, at):  # type: ignore[no-untyped-def]
        upgrade(connection, at)
        raise KnownError("broke_off", "text", "remedy")

    monkeypatch.setattr(migrating, "upgrade", breaks_off)
    assert _code(path, KEY) == "broke_off"
    monkeypatch.undo()
    database = open_database(path, KEY)
    _people(database)
    database.close()


def test_migrations_make_exactly_the_schema(path: Path) -> None:
    # all that there is
    for others in (tables, flag_schema, knowledge_schema, work_schema):
        assert others.metadata is schema.metadata
    assert ScriptDirectory.from_config(scripts()).get_current_head() == schema.HEAD
    database = open_database(path, KEY)

    def differences(connection):  # type: ignore[no-untyped-def]
        def ours(thing, name, kind, reflected, other):  # type: ignore[no-untyped-def]
            return not (kind == "table" and name.startswith(("directory_fts", "knowledge_fts")))

        context = MigrationContext.configure(connection, opts={"include_object": ours})
        return compare_metadata(context, schema.metadata)

    assert database.read(differences) == []
    database.close()


def test_audit_rows_can_be_neither_changed_nor_removed(path: Path) -> None:
    database = open_database(path, KEY)
    database.write(lambda c: audit.record(c, t_wall=1.0, who="a", action="x"))
    for statement in ("UPDATE audit SET who = 'b'", "DELETE FROM audit"):
        with pytest.raises(IntegrityError):
            database.write(lambda c, s=statement: c.exec_driver_sql(s))
    assert database.read(audit.verify).bad_seq == 0
    database.close()
