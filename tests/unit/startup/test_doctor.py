"""`ctidesk doctor` as a command: real parts, real exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ctidesk.diagnostics.checkup import Finding, Verdict
from ctidesk.sip.engine_choice import own_folder
from ctidesk.startup.doctor import as_text


def doctor(*words: str, **environment: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "ctidesk.app", "doctor", *words],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_on_the_development_engine_work_with_patients_is_not_possible() -> None:
    code, said = doctor("--json", CTIDESK_ENGINE="wheel")
    told = json.loads(said)
    assert (code, told["fit"]) == (1, False)
    verdicts = {finding["name"]: finding["verdict"] for finding in told["findings"]}
    assert verdicts["Engine"] == verdicts["Sound"] == verdicts["TLS"] == "lacks"
    assert verdicts["Recorder"] == verdicts["Member cache"] == verdicts["Screen"] == "fine"
    (tls,) = (finding for finding in told["findings"] if finding["name"] == "TLS")
    assert tls["value"].startswith("OpenSSL 1.0.2")
    assert str(Path.home()) not in said


@pytest.mark.skipif(not own_folder().is_dir(), reason="no own engine here: make engine")
def test_on_our_own_engine_it_is() -> None:
    code, said = doctor(CTIDESK_ENGINE="own")
    assert code == 0, said
    assert "our own build" in said
    assert said.endswith("Fit for work with patients' data.\n")
    assert str(Path.home()) not in said


def test_an_engine_that_is_not_there_is_said(tmp_path: Path) -> None:
    code, said = doctor(CTIDESK_ENGINE=str(tmp_path))
    assert code == 1
    assert "Run `make engine`" in said


def test_text_names_what_to_do_under_each_line() -> None:
    text = as_text(
        [
            Finding("Engine", "pjproject 2.17, our own build"),
            Finding("Sound", "no device now", Verdict.NOTE, "Connect a headset."),
            Finding("TLS", "no", Verdict.LACKS, "Install the packages."),
        ]
    )
    assert text.splitlines()[1:] == [
        "    ok  Engine  pjproject 2.17, our own build",
        "  note  Sound   no device now",
        "                → Connect a headset.",
        " LACKS  TLS     no",
        "                → Install the packages.",
        "Not fit for work with patients' data: 1 thing is missing.",
    ]
