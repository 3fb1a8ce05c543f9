"""`ctidesk export` as the user runs it: real processes, real cache."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from tests.support.crm_python import ctidesk_run

from ctidesk.config.paths import resources

SAMPLE = resources() / "demo" / "members.csv"
REASON = "monthly report to the payer"


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    folder = tmp_path / "profile"
    ran = ctidesk_run("import", SAMPLE, "--profile", folder, "--key-store", "file")
    assert ran.returncode == 0
    return folder


def _settings(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "desk.toml"
    path.write_text(text)
    return path


def test_out_and_in_again_changes_nothing(profile: Path, tmp_path: Path) -> None:
    config = _settings(tmp_path, '[data]\nexport = "allowed"\n')
    out = tmp_path / "out.csv"
    words = ("export", out, "--config", config, "--profile", profile, "--reason", REASON)
    ran = ctidesk_run(*words)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.endswith("are in the file.\n") and "health data" in ran.stderr
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    before = out.read_bytes()
    again = ctidesk_run(*words)
    assert again.returncode == 2 and "there already" in again.stderr
    assert ctidesk_run(*words, "--overwrite").returncode == 0 and out.read_bytes() == before
    renamed = tmp_path / "members.csv"  # a fact's source is the name of its file
    out.rename(renamed)
    back = ctidesk_run("import", renamed, "--profile", profile)
    assert back.stdout == "0 new, 0 changed, 59 unchanged, 0 rows rejected.\n"
    cards = tmp_path / "out.vcf"
    ran = ctidesk_run("export", cards, *words[2:], "--what", "members")
    assert ran.returncode == 0 and cards.read_bytes().startswith(b"BEGIN:VCARD\r\nVERSION:4.0")
    assert ctidesk_run("audit", "verify", "--profile", profile).returncode == 0


def test_it_is_forbidden_unless_the_settings_allow_it(profile: Path, tmp_path: Path) -> None:
    config = _settings(tmp_path, '[data]\nregion = "DE"\n')
    out = tmp_path / "out.csv"
    ran = ctidesk_run("export", out, "--config", config, "--profile", profile, "--reason", REASON)
    assert ran.returncode == 2 and 'export = "allowed"' in ran.stderr
    assert not out.exists()


def test_it_wants_a_reason_and_a_profile(profile: Path, tmp_path: Path) -> None:
    config = _settings(tmp_path, '[data]\nexport = "allowed"\n')
    out = tmp_path / "out.csv"
    ran = ctidesk_run("export", out, "--config", config, "--profile", profile, "--reason", "why")
    assert ran.returncode == 2 and "needs a reason" in ran.stderr
    nobody = tmp_path / "nobody"
    ran = ctidesk_run("export", out, "--config", config, "--profile", nobody, "--reason", REASON)
    assert ran.returncode == 2 and "no member cache" in ran.stderr
    calls = ("export", tmp_path / "c.vcf", "--config", config, "--profile", profile)
    ran = ctidesk_run(*calls, "--reason", REASON, "--what", "calls")
    assert ran.returncode == 2 and "CSV file only" in ran.stderr
    assert not out.exists() and not nobody.exists()
