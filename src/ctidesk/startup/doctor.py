"""`ctidesk doctor`: which parts this installation has, and what they lack.

Runs in: command line, main thread. The engine is asked in a process of its own.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import platform
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from ctidesk import __version__
from ctidesk.calls.errors import KnownError
from ctidesk.diagnostics.checkup import Finding, Verdict, engine_findings, fit
from ctidesk.sip.engine_choice import wanted_folder

ENGINE_S = 60.0
"""A sound device that hangs must not make the doctor hang."""
ANEW = "Install ctidesk anew."
_MARKS = {Verdict.FINE: "ok", Verdict.NOTE: "note", Verdict.LACKS: "LACKS"}


def main(argv: Sequence[str] | None = None) -> int:
    """Exit codes: 0 fit for work with patients' data, 1 something that it needs is missing."""
    parser = argparse.ArgumentParser(
        prog="ctidesk doctor",
        description="Which parts this installation has, and what they lack. Says nothing personal.",
        epilog="Exit codes: 0 fit for work with patients' data, 1 something is missing.",
    )
    parser.add_argument("--json", action="store_true", help="for machines")
    wishes = parser.parse_args(argv)
    findings = examine()
    if wishes.json:
        table = [asdict(finding) for finding in findings]
        told = {"version": __version__, "fit": fit(findings), "findings": table}
        sys.stdout.write(json.dumps(told, indent=1) + "\n")
    else:
        sys.stdout.write(as_text(findings))
    return 0 if fit(findings) else 1


def examine() -> list[Finding]:
    """Everything that is looked at, in the order of the report."""
    return [
        *_engine(),
        _part("Recorder", _recorder),
        _part("Member cache", _sqlcipher),
        _part("Screen", _qt),
        _key_store(),
        Finding("Python", platform.python_version()),
    ]


def as_text(findings: Sequence[Finding]) -> str:
    """One line each, with what to do below it; the sum at the end."""
    width = max(len(finding.name) for finding in findings)
    lines = [f"ctidesk {__version__}"]
    for finding in findings:
        lines.append(f"{_MARKS[finding.verdict]:>6}  {finding.name:<{width}}  {finding.value}")
        if finding.remedy:
            lines.append(f"{'':>6}  {'':<{width}}  → {finding.remedy}")
    lacks = sum(finding.verdict is Verdict.LACKS for finding in findings)
    many = "1 thing is" if lacks == 1 else f"{lacks} things are"
    lines.append(
        f"Not fit for work with patients' data: {many} missing."
        if lacks
        else "Fit for work with patients' data."
    )
    return "\n".join(lines) + "\n"


def _engine() -> list[Finding]:
    try:
        wanted_folder()
    except KnownError as error:
        return [Finding("Engine", "not there", Verdict.LACKS, f"{error.text} {error.remedy}")]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "ctidesk.sip.engine.report"],
            capture_output=True,
            text=True,
            timeout=ENGINE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        value = "does not come up: a sound device or its driver hangs"
        return [Finding("Engine", value, Verdict.LACKS, "Unplug the headset and try again.")]
    try:
        facts: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (ValueError, IndexError):
        value = f"crashed when it was started ({done.returncode})"
        return [Finding("Engine", value, Verdict.LACKS, f"Tell IT. {ANEW}")]
    return engine_findings(facts)


def _part(name: str, look: Callable[[], str]) -> Finding:
    try:
        value = look()
    except (ImportError, OSError) as error:
        return Finding(name, f"cannot be loaded ({type(error).__name__})", Verdict.LACKS, ANEW)
    return Finding(name, value) if value else Finding(name, "does not work", Verdict.LACKS, ANEW)


def _recorder() -> str:
    from ctidesk.recording.trial import trial

    return trial()


def _sqlcipher() -> str:
    from ctidesk.crm.cipher import cipher_version

    version = cipher_version()
    return f"SQLCipher {version}" if version else ""


def _qt() -> str:
    from PySide6.QtCore import qVersion
    from PySide6.QtWidgets import QApplication  # noqa: F401 - loads what a window needs

    return f"Qt {qVersion()}, PySide6 {importlib.metadata.version('PySide6-Essentials')}"


def _key_store() -> Finding:
    from ctidesk.config.os_keys import OsKeyStore

    try:
        OsKeyStore().read("doctor")
    except KnownError as error:
        return Finding("Key store", error.text.rstrip("."), Verdict.NOTE, error.remedy)
    return Finding("Key store", "reachable")
