"""`ctidesk purge` as the user runs it, and the daily run of the desk."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.crm_python import ctidesk_run

from ctidesk.config.keys import KeyStore
from ctidesk.crm.database import open_database

MEMBERS = """member_id,given,family,plan,coverage_ends
M-1,Jane,Gone,Basic,2020-01-01
M-2,Tom,Stays,Basic,2999-01-01
"""
READ_LONG_AGO = "UPDATE members SET read_wall = 0"


@pytest.fixture
def profile(tmp_path: Path) -> Path:

    path = tmp_path / "members.csv"
    path.write_text(MEMBERS)
    folder = tmp_path / "profile"
    assert ctidesk_run("import", path, "--profile", folder, "--key-store", "file").returncode == 0
    key = KeyStore(folder, folder / "cache.db").database_key()
    database = open_database(folder / "cache.db", key)
    database.write(lambda connection: connection.exec_driver_sql(READ_LONG_AGO))
    database.close()
    return folder


def test_it_says_how_many_then_erases_them(profile: Path) -> None:
    said = ctidesk_run("purge", "--profile", profile, "--dry-run")
    assert said.stdout == "Members no longer served: 1 would be erased (1 cover ended).\n"
    ran = ctidesk_run("purge", "--profile", profile)
    assert (ran.returncode, ran.stdout) == (0, said.stdout.replace("would be erased", "erased"))
    again = ctidesk_run("purge", "--profile", profile)
    assert again.stdout == "Members no longer served: 0 erased.\n"
    assert ctidesk_run("audit", "verify", "--profile", profile).returncode == 0


def test_where_members_are_kept_for_ever_nobody_is_erased(profile: Path, tmp_path: Path) -> None:
    config = tmp_path / "desk.toml"
    config.write_text("[data]\nkeep_days = 0\n")
    ran = ctidesk_run("purge", "--profile", profile, "--config", config)
    assert ran.returncode == 2 and "kept for ever" in ran.stderr
    assert "1 would be erased" in ctidesk_run("purge", "--profile", profile, "--dry-run").stdout
