"""What must not be in a log is not in it, whichever way it came."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from ctidesk.diagnostics.logs import log_to, redacted


@pytest.fixture
def log_file(tmp_path: Path) -> Iterator[Path]:
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield log_to(tmp_path, "desk")
    for handler in [each for each in root.handlers if each not in before]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)


@pytest.mark.parametrize(
    "secret",
    [
        "+49 30 23125 010",
        "03023125010",
        "030/23125-010",
        "4111 1111 1111 1111",
        "1974-03-02",
        "sip:jane.doe@10.0.0.7:5060",
        "jane.doe@example.org",
        "AGE-SECRET-KEY-1QQQQQQQQQQQQQQQ",
        "ab" * 32,
    ],
)
def test_numbers_addresses_and_keys_are_cut_out(secret: str) -> None:
    assert secret not in redacted(f"call from {secret} arrived")


def test_codes_and_short_numbers_stay() -> None:
    assert redacted("registration failed with 503 after 12 s") == (
        "registration failed with 503 after 12 s"
    )


def test_the_file_is_private_and_tracebacks_are_redacted(log_file: Path) -> None:
    logger = logging.getLogger("ctidesk.test")
    logger.warning("from %s", "+49 30 23125 010")
    try:
        raise ValueError("member 03023125010")
    except ValueError:
        logger.exception("failed")
    written = log_file.read_text()
    assert "23125" not in written
    assert "Traceback" in written
    assert log_file.stat().st_mode & 0o077 == 0
