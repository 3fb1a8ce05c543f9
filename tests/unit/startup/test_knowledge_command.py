"""`ctidesk knowledge` as the user runs it."""

from __future__ import annotations

from pathlib import Path

from tests.support.crm_python import ctidesk_run
from tests.support.knowledge_files import write_article

RESOURCES = Path(__file__).resolve().parents[3] / "resources" / "knowledge"


def test_what_ships_has_no_mistake() -> None:
    ran = ctidesk_run("knowledge", "check", RESOURCES)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_a_check_names_mistakes_and_links_that_lead_nowhere(tmp_path: Path) -> None:
    write_article(tmp_path, "good", "Good", body="see [[missing]]")
    write_article(tmp_path, "bad", "Bad", valid_until="soon")
    ran = ctidesk_run("knowledge", "check", tmp_path)
    assert ran.returncode == 1
    assert "en/bad.md, line 4, field “valid_until”" in ran.stderr
    assert "en/good.md: the link to “missing” leads nowhere." in ran.stderr
    assert ran.stdout == "1 articles and terms of 2 files; 1 not read.\n"


def test_an_import_takes_what_is_good_and_the_next_only_what_changed(tmp_path: Path) -> None:
    folder, profile = tmp_path / "ours", tmp_path / "profile"
    write_article(folder, "good", "Good")
    where = ("--profile", profile, "--key-store", "file")
    ran = ctidesk_run("knowledge", "import", folder, *where)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.endswith("1 files new or changed, 0 gone.\n")
    write_article(folder, "bad", "Bad", parties="aunt")
    again = ctidesk_run("knowledge", "import", folder, *where)
    assert again.returncode == 1 and "field “parties”" in again.stderr
    assert again.stdout == "1 articles and terms of 2 files; 1 not read.\n"


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    ran = ctidesk_run("knowledge", "import", tmp_path / "none", "--profile", tmp_path / "p")
    assert ran.returncode == 2 and "is no folder" in ran.stderr
    assert not (tmp_path / "p").exists()
