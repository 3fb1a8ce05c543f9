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


def test_a_preview_shows_every_step_branch_and_what_comes_of_it() -> None:
    done = ctidesk_run("guide", "preview", resources() / "guides" / "supplies.toml")
    assert (done.returncode, done.stderr) == (0, "")
    for line in (
        "2. which_way (branch, not on the screen)",
        "   when auth.usable → 3. confirm",
        "   otherwise → 6. explain",
        "   Say: How many do you need?",
        "   Quantity: a number from 1 to 99",
        "   Goes on with the guide: referral",
        "2. otherwise; code: supplies_authorisation",
    ):
        assert line in done.stdout.splitlines(), line
    assert "{auth.item}" in done.stdout, "as it is written"


def test_a_preview_with_the_example_card_says_what_holds() -> None:
    file = resources() / "guides" / "refill.toml"
    done = ctidesk_run("guide", "preview", file, "--card", "example", "--language", "pl")
    assert (done.returncode, done.stderr) == (0, "")
    assert "   Say: Zamawiam Examplol 5 mg. Dostawa potrwa jeden lub dwa dni." in done.stdout
    assert "2. stale (check, required), only when rx.stale [does not hold]" in done.stdout
    assert "   no → 4. new_address" in done.stdout
    assert "{" not in done.stdout and "[not known]" not in done.stdout


def test_a_preview_of_a_mistake_names_it(tmp_path: Path) -> None:
    file = tmp_path / "refill.toml"
    file.write_text('version = \nid = "refill"\n', "utf-8")
    done = ctidesk_run("guide", "preview", file)
    assert (done.returncode, done.stdout) == (1, "")
    assert "refill.toml" in done.stderr and "line 1" in done.stderr
    assert ctidesk_run("guide", "preview", tmp_path / "none.toml").returncode == 1


def test_a_mistake_in_a_translation_leaves_the_guide_as_it_is_written(tmp_path: Path) -> None:
    text = (resources() / "guides" / "refill.toml").read_text("utf-8")
    (tmp_path / "refill.toml").write_text(text, "utf-8")
    (tmp_path / "id").mkdir()
    (tmp_path / "id" / "refill.toml").write_text('[step.nowhere]\nsay = "x"', "utf-8")
    done = ctidesk_run("guide", "preview", tmp_path / "refill.toml", "--language", "id")
    assert done.returncode == 1 and "id/refill.toml" in done.stderr
    assert done.stdout.startswith("Refill of a prescription (refill)")
