"""`ctidesk purge` as the user runs it, and the daily run of the desk."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.crm_python import environment

from ctidesk.config.keys import KeyStore
from ctidesk.crm.database import open_database

PATIENCE_S = 50
MEMBERS = """member_id,given,family,plan,coverage_ends
M-1,Jane,Gone,Basic,2020-01-01
M-2,Tom,Stays,Basic,2999-01-01
"""
READ_LONG_AGO = "UPDATE members SET read_wall = 0"


def _run(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ctidesk.app", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        input="",
        env=environment(PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring"),
    )


@pytest.fixture
def profile(tmp_path: Path) -> Path:

    path = tmp_path / "members.csv"
    path.write_text(MEMBERS)
    folder = tmp_path / "profile"
    assert _run("import", path, "--profile", folder, "--key-store", "file").returncode == 0
    key = KeyStore(folder, folder / "cache.db").database_key()
    database = open_database(folder / "cache.db", key)
    database.write(lambda connection: connection.exec_driver_sql(READ_LONG_AGO))
    database.close()
    return folder


def test_it_says_how_many_then_erases_them(profile: Path) -> None:
    said = _run("purge", "--profile", profile, "--dry-run")
    assert said.stdout == "Members no longer served: 1 would be erased (1 cover ended).\n"
    ran = _run("purge", "--profile", profile)
    assert (ran.returncode, ran.stdout) == (0, said.stdout.replace("would be erased", "erased"))
    again = _run("purge", "--profile", profile)
    assert again.stdout == "Members no longer served: 0 erased.\n"
    assert _run("audit", "verify", "--profile", profile).returncode == 0


def test_where_members_are_kept_for_ever_nobody_is_erased(profile: Path, tmp_path: Path) -> None:
    config = tmp_path / "desk.toml"
    config.write_text("[data]\nkeep_days = 0\n")
    ran = _run("purge", "--profile", profile, "--config", config)
    assert ran.returncode == 2 and "kept for ever" in ran.stderr
    assert "1 would be erased" in _run("purge", "--profile", profile, "--dry-run").stdout
