"""Two starts on one profile make one desk."""

from __future__ import annotations

import queue
import socket
from pathlib import Path

import pytest

from ctidesk.startup import instance


@pytest.fixture
def runtime(tmp_path: Path) -> Path:
    return tmp_path


def test_the_second_start_reaches_the_first(runtime: Path) -> None:
    asked: queue.Queue[str] = queue.Queue()
    first = instance.claim(runtime)
    assert first is not None
    first.listen(asked.put)
    try:
        assert instance.claim(runtime) is None
        assert asked.get(timeout=5) == instance.RAISE
        assert instance.claim(runtime, "tel:201") is None
        assert asked.get(timeout=5) == "tel:201"
    finally:
        first.close()


def test_what_a_killed_desk_left_behind_does_not_stop_the_next(runtime: Path) -> None:
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(str(runtime / instance.SOCKET_NAME))
    stale.close()
    (runtime / instance.KEY_NAME).write_bytes(b"old")
    first = instance.claim(runtime)
    assert first is not None
    first.close()


def test_a_stranger_without_the_key_is_refused_and_the_desk_goes_on(runtime: Path) -> None:
    asked: queue.Queue[str] = queue.Queue()
    first = instance.claim(runtime)
    assert first is not None
    first.listen(asked.put)
    try:
        with socket.socket(socket.AF_UNIX) as stranger:
            stranger.connect(str(runtime / instance.SOCKET_NAME))
            stranger.sendall(b"\x00\x00\x00\x05raise")
        assert instance.claim(runtime, "tel:1") is None
        assert asked.get(timeout=5) == "tel:1"
        assert asked.empty()
    finally:
        first.close()


def test_key_file_is_private(runtime: Path) -> None:
    first = instance.claim(runtime)
    assert first is not None
    assert (runtime / instance.KEY_NAME).stat().st_mode & 0o077 == 0
    first.close()
