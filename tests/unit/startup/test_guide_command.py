"""`ctidesk guide check` as an editor runs it."""

from __future__ import annotations

from pathlib import Path

from tests.support.crm_python import ctidesk_run

from ctidesk.config.paths import resources


def test_what_ships_can_be_used() -> None:
    done = ctidesk_run("guide", "check", resources() / "guides")
    assert (done.returncode, done.stderr) == (0, "")
    assert "refill: Refill of a prescription, 5 steps" in done.stdout


def test_a_mistake_is_named_with_its_line(tmp_path: Path) -> None:
    text = (resources() / "guides" / "refill.toml").read_text("utf-8")
    (tmp_path / "refill.toml").write_text(text.replace("priority = 90", "priority = true"), "utf-8")
    done = ctidesk_run("guide", "check", tmp_path)
    assert done.returncode == 1
    assert "refill.toml" in done.stderr and "line 7" in done.stderr and "priority" in done.stderr


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    done = ctidesk_run("guide", "check", tmp_path / "none")
    assert done.returncode == 1 and "does not exist" in done.stderr


def test_a_block_may_lead_to_a_guide_that_ships(tmp_path: Path) -> None:
    text = (resources() / "guides" / "refill.toml").read_text("utf-8")
    (tmp_path / "refill.toml").write_text(text, "utf-8")
    assert ctidesk_run("guide", "check", tmp_path).returncode == 0
    lost = text.replace('guide = "prescription_renewal"', 'guide = "nowhere"')
    (tmp_path / "refill.toml").write_text(lost, "utf-8")
    done = ctidesk_run("guide", "check", tmp_path)
    assert done.returncode == 1 and done.stderr.count("nowhere") == 1, "said once"
