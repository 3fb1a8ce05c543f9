"""`ctidesk import` and `ctidesk audit verify` as the user runs them: real processes, real cache."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.crm_python import environment

from ctidesk.config.keys import KeyStore
from ctidesk.config.paths import resources
from ctidesk.crm.database import open_database

SAMPLE = resources() / "demo" / "members.csv"
GOOD = "five sheep under a bridge"
PATIENCE_S = 50
MODULES = {"import": "ctidesk.startup.member_import", "audit": "ctidesk.startup.audit"}


def _command(tool: str, *words: str) -> list[str]:
    code = f"import sys; from {MODULES[tool]} import main; sys.exit(main(sys.argv[1:]))"
    return [sys.executable, "-c", code, *words]


def _run(tool: str, *words: str | Path, typed: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _command(tool, *map(str, words)),
        input=typed,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        # no key store of the machine must be met, whatever runs these tests
        env=environment(PYTHON_KEYRING_BACKEND="keyring.backends.fail.Keyring"),
    )


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    return tmp_path / "profile"


def _broken(tmp_path: Path) -> Path:
    path = tmp_path / "list.csv"
    path.write_text(
        "member_id,given,family,mobile\nM-1,Jane,Secretname,+491713920031\n"
        "M-2,Tom,Secretname,nonsense\n"
    )
    return path


def test_the_sample_is_imported_with_progress_and_the_trail_is_genuine(profile: Path) -> None:
    ran = _run("import", SAMPLE, "--profile", profile, "--key-store", "file")
    assert (ran.returncode, ran.stdout) == (0, "59 new, 0 changed, 0 unchanged, 0 rows rejected.\n")
    assert "100 %  65 rows" in ran.stderr
    again = _run("import", SAMPLE, "--profile", profile)
    assert (again.returncode, again.stdout) == (
        0,
        "0 new, 0 changed, 59 unchanged, 0 rows rejected.\n",
    )

    verified = _run("audit", "verify", "--profile", profile)
    assert verified.returncode == 0 and verified.stdout.endswith("GENUINE\n")
    line = next(each for each in verified.stdout.splitlines() if "checkpoint" in each)
    checkpoint = line.split()[1]
    held = _run("audit", "verify", "--profile", profile, "--checkpoint", checkpoint)
    assert held.returncode == 0
    future = f"{int(checkpoint.split(':')[0]) + 1}:{'0' * 64}"
    cut = _run("audit", "verify", "--profile", profile, "--checkpoint", future)
    assert cut.returncode == 1
    assert cut.stdout.endswith("NOT GENUINE\n") and "end is cut off" in cut.stdout


def test_rejected_rows_give_exit_code_1_and_a_report(profile: Path, tmp_path: Path) -> None:
    ran = _run("import", _broken(tmp_path), "--profile", profile, "--key-store", "file")
    report = tmp_path / "list.csv.rejected.csv"
    assert ran.returncode == 1
    assert ran.stdout == f"1 new, 0 changed, 0 unchanged, 1 row rejected.\nReport: {report}\n"
    assert "line 3, mobile: not a telephone number" in ran.stderr
    assert report.read_text("utf-8-sig").splitlines()[1] == "3,mobile,not a telephone number"
    assert "Secretname" not in ran.stdout + ran.stderr + report.read_text("utf-8-sig")
    elsewhere = tmp_path / "mine.csv"
    _run("import", _broken(tmp_path), "--profile", profile, "--report", elsewhere)
    assert elsewhere.exists()


def test_a_changed_audit_row_is_named(profile: Path, tmp_path: Path) -> None:
    _run("import", _broken(tmp_path), "--profile", profile, "--key-store", "file")
    _run("import", _broken(tmp_path), "--profile", profile)
    keys = KeyStore(profile, profile / "cache.db")
    database = open_database(profile / "cache.db", keys.database_key())

    def tamper(connection: object) -> None:
        execute = connection.exec_driver_sql  # type: ignore[attr-defined]
        triggers = execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all()
        for name in triggers:
            execute(f"DROP TRIGGER {name}")
        execute("UPDATE audit SET result = 'never happened' WHERE seq = 1")

    database.write(tamper)
    database.close()
    ran = _run("audit", "verify", "--profile", profile)
    assert ran.returncode == 1
    assert ran.stdout == "BAD   row 1: the row was changed\nNOT GENUINE\n"


def test_a_passphrase_is_read_from_a_pipe_and_a_wrong_one_is_said(profile: Path) -> None:
    made = _run(
        "import",
        SAMPLE,
        "--profile",
        profile,
        "--key-store",
        "passphrase",
        typed=f"{GOOD}\n{GOOD}\n",
    )
    assert made.returncode == 0, made.stderr
    right = _run("audit", "verify", "--profile", profile, typed=GOOD + "\n")
    assert right.returncode == 0 and right.stdout.endswith("GENUINE\n")
    wrong = _run("audit", "verify", "--profile", profile, typed="five sheep\n")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert "does not open the member cache" in wrong.stderr and "five sheep" not in wrong.stderr
    none = _run("import", SAMPLE, "--profile", profile)
    assert none.returncode == 2 and "none was typed" in none.stderr


def test_two_different_new_passphrases_make_nothing(profile: Path) -> None:
    words = (SAMPLE, "--profile", profile, "--key-store", "passphrase")
    ran = _run("import", *words, typed=f"{GOOD}\n{GOOD}x\n")
    assert ran.returncode == 2 and "differ" in ran.stderr
    assert not (profile / "keys.json").exists() and not (profile / "cache.db").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo terminal")
def test_on_a_terminal_the_passphrase_is_asked_without_an_echo(profile: Path) -> None:
    KeyStore(profile, profile / "cache.db").choose_passphrase(GOOD)
    open_keys = KeyStore(profile, profile / "cache.db")
    open_keys.unlock(GOOD)
    open_database(profile / "cache.db", open_keys.database_key()).close()
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        _command("audit", "verify", "--profile", str(profile)),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment(),
        start_new_session=True,
    )
    os.close(theirs)
    seen = b""
    while b"Passphrase" not in seen:
        seen += os.read(ours, 4096)
    os.write(ours, GOOD.encode() + b"\n")
    try:
        while chunk := os.read(ours, 4096):
            seen += chunk
    except OSError:
        pass  # how Linux says that the other end was closed
    os.close(ours)
    assert process.wait(PATIENCE_S) == 0
    assert b"GENUINE" in seen and GOOD.encode() not in seen


def test_without_a_key_store_and_without_a_choice_it_says_what_to_do(profile: Path) -> None:
    ran = _run("import", SAMPLE, "--profile", profile)
    assert ran.returncode == 2 and "no key store" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not (profile / "cache.db").exists()


def test_nothing_to_verify_is_said_and_nothing_is_made(profile: Path) -> None:
    ran = _run("audit", "verify", "--profile", profile)
    assert ran.returncode == 2 and "no member cache" in ran.stderr
    assert not profile.exists()


@pytest.mark.parametrize("words", [["--checkpoint", "7"], ["--checkpoint", "a:b"]])
def test_a_malformed_checkpoint_is_wrong_usage(profile: Path, words: list[str]) -> None:
    ran = _run("audit", "verify", "--profile", profile, *words)
    assert ran.returncode == 2 and "checkpoint" in ran.stderr


def test_a_wrong_encoding_and_a_missing_file_are_said(profile: Path, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("member_id,family\nM-1,Müller\n", encoding="cp1252")
    ran = _run("import", path, "--profile", profile, "--encoding", "utf-8")
    assert ran.returncode == 2 and "character encoding" in ran.stderr
    ran = _run("import", tmp_path / "none.csv", "--profile", profile)
    assert ran.returncode == 2 and "can't be read" in ran.stderr
    assert not profile.exists()  # nothing was made for a file that is not there
    ran = _run("import", path, "--profile", profile, "--key-store", "file")
    assert ran.returncode == 0 and "Encoding guessed: cp1252" in ran.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl+C is sent otherwise there")
def test_ctrl_c_stops_after_a_batch_and_keeps_it(profile: Path, tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    rows = (f"M-{n},Given{n},Family{n}" for n in range(200_000))
    path.write_text("member_id,given,family\n" + "\n".join(rows))
    process = subprocess.Popen(
        _command("import", str(path), "--profile", str(profile), "--key-store", "file"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    assert process.stderr is not None
    first = process.stderr.readline()
    assert "rows" in first, first
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2, err
    assert out.startswith("Stopped: ") and "what was imported stays" in err
    assert "Traceback" not in err
    verified = _run("audit", "verify", "--profile", profile)
    assert verified.returncode == 0


def test_help_documents_the_exit_codes() -> None:
    for words in (["import", "--help"], ["audit", "verify", "--help"]):
        ran = _run(words[0], *words[1:])
        assert ran.returncode == 0 and "Exit codes" in ran.stdout


def test_a_dry_run_writes_nothing_and_says_by_row_what_it_would_leave_out(
    profile: Path, tmp_path: Path
) -> None:
    path = _broken(tmp_path)
    said = _run("import", path, "--profile", profile, "--key-store", "file", "--dry-run")
    assert said.returncode == 1
    counts = "1 new, 0 changed, 0 unchanged, 1 row rejected."
    assert said.stdout.startswith(f"Dry run, nothing was written: {counts}\n")
    assert "line 3, mobile: not a telephone number" in said.stderr
    assert "member_id = member_id" in said.stderr and "Secretname" not in said.stderr
    ran = _run("import", path, "--profile", profile)
    assert ran.stdout.startswith(counts)


def test_columns_are_named_once_and_kept_until_they_are_guessed_again(
    profile: Path, tmp_path: Path
) -> None:
    path = tmp_path / "odd.csv"
    path.write_text("Nr,Who,Ring\nM-1,Doe,+491713920031\n")
    refused = _run("import", path, "--profile", profile, "--map", "number=Nr")
    assert refused.returncode == 2 and "no column 'number'" in refused.stderr
    refused = _run("import", path, "--profile", profile, "--map", "member_id=No")
    assert refused.returncode == 2 and "no heading 'No'" in refused.stderr
    assert not profile.exists()
    words = ("--map", "member_id=Nr", "--map", "family=Who", "--map", "phone_mobile=Ring")
    ran = _run("import", path, "--profile", profile, "--key-store", "file", *words)
    assert (ran.returncode, ran.stdout[:6]) == (0, "1 new,")
    path.write_text("Nr,Who,Ring\nM-1,Doe,+491713920031\nM-2,Lee,+491713920032\n")
    again = _run("import", path, "--profile", profile)
    assert again.stdout == "1 new, 0 changed, 1 unchanged, 0 rows rejected.\n"
    assert "as agreed to for an earlier file" in again.stderr
    guessed = _run("import", path, "--profile", profile, "--guess")
    assert guessed.returncode == 2 and "no heading that says who" in guessed.stderr


def test_a_vcard_is_imported_by_the_same_command(profile: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.vcf"
    path.write_text("BEGIN:VCARD\nVERSION:3.0\nUID:M-1\nN:Doe;Jane\nEND:VCARD\n")
    ran = _run("import", path, "--profile", profile, "--key-store", "file")
    assert (ran.returncode, ran.stdout[:6]) == (0, "1 new,")
