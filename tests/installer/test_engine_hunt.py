"""`make hunt`: a memory error in any process of the tests is shown, and is never a success."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from installer.engine import hunt

PROGRAM = """
#include <stdlib.h>
int main(int count, char **words)
{
    volatile char *piece = malloc(8);
    (void)words;
    return piece[count > 1 ? 8 : 0] == 'x';
}
"""
TEST = """
import subprocess

def test_nobody_looks_at_the_child():
    subprocess.run({words!r})
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """Reads one byte too far when it gets an argument."""
    built = tmp_path / "program"
    if shutil.which("gcc") is None:
        pytest.skip("no gcc here")
    words = ["gcc", "-w", "-fsanitize=address", "-x", "c", "-", "-o", str(built)]
    subprocess.run(words, input=PROGRAM, text=True, check=True, timeout=50)
    return built


def hunted(
    folder: Path,
    words: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> tuple[int, str]:
    test = folder / "test_child.py"
    test.write_text(TEST.format(words=words))
    monkeypatch.setattr(hunt, "home_of_engine", lambda variant: folder)
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    alone = ["-q", "-c", os.devnull, "--rootdir", str(folder), "-p", "no:cacheprovider", str(test)]
    code = hunt.main(alone)
    return code, capfd.readouterr().out


@pytest.mark.parametrize(("argument", "code", "findings"), [([], 0, 0), (["far"], 1, 1)])
def test_what_a_child_does_wrong_is_found_though_the_test_passes(
    program: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    argument: list[str],
    code: int,
    findings: int,
) -> None:
    got, said = hunted(program.parent, [str(program), *argument], monkeypatch, capfd)
    assert "1 passed" in said
    assert f"hunt: {findings} findings, pytest ended with 0" in said
    assert said.count("heap-buffer-overflow on address") == findings
    assert got == code


def test_an_assertion_is_found_too(
    program: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    words = [sys.executable, "-c", "import os; os.abort()"]
    code, said = hunted(program.parent, words, monkeypatch, capfd)
    assert code == 1
    assert "hunt: 1 findings" in said
    assert "ABRT on unknown address" in said


def test_without_the_variant_the_command_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(hunt, "home_of_engine", lambda variant: tmp_path / "not-there")
    assert hunt.main([]) == 1
    assert "make engine VARIANT=asan" in capfd.readouterr().err
