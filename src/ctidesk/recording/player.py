"""Plays PCM through whatever player the machine has, by a pipe: nothing plain touches the disk.

Runs in: command line.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from itertools import chain
from typing import IO

from ctidesk.calls.errors import BugError, KnownError

TRIAL_S = 0.3
"""A player without a sound device gives up within this time."""


def _commands(rate: int, channels: int) -> list[list[str]]:
    r, c = str(rate), str(channels)
    pipewire = ["pw-play", f"--rate={r}", f"--channels={c}", "--format=s16"]
    return [
        # PipeWire's "-" meant raw samples first and a container later, where --raw is needed.
        [*pipewire, "--raw", "-"],
        [*pipewire, "-"],
        ["paplay", "--raw", f"--rate={r}", f"--channels={c}", "--format=s16le"],
        ["aplay", "-q", "-t", "raw", "-f", "S16_LE", "-r", r, "-c", c, "-"],
        ["ffplay", "-nodisp", "-autoexit", "-loglevel", "error", "-i", "-"],
    ]


def play(header: bytes, pieces: Iterator[bytes], rate: int, channels: int) -> str:
    """Play 16-bit little-endian `pieces` to the end; `header` is their WAV header. Returns the
    player's name. A player that gives up at once is passed over. Raises `KnownError` when none is
    left, or when one stops in the middle."""
    opening = next(pieces, b"")
    # So little that it fits into the pipe whole and still lasts longer than the trial.
    first = opening[: rate * channels]
    rest = chain([opening[len(first) :]], pieces)
    tried: list[str] = []
    for command in _commands(rate, channels):
        if shutil.which(command[0]) is None:
            continue
        # ffplay tells the format from the header, the others are told and get bare samples.
        lead = header + first if command[0] == "ffplay" else first
        if _plays(command, lead, rest):
            return command[0]
        tried.append(command[0])
    if tried:
        text = f"No player could reach a sound device (tried: {', '.join(dict.fromkeys(tried))})."
        raise KnownError("player_failed", text, "Check the sound settings, or use --out FILE.wav.")
    raise KnownError(
        "no_player",
        "There is no player on this machine.",
        "Install pw-play, paplay, aplay or ffplay, or write a file with --out FILE.wav.",
    )


def _plays(command: list[str], lead: bytes, rest: Iterator[bytes]) -> bool:
    with subprocess.Popen(command, stdin=subprocess.PIPE) as player:
        pipe = player.stdin
        if pipe is None:
            raise BugError("a pipe was asked for")
        try:
            pipe.write(lead)
            pipe.flush()
            with contextlib.suppress(subprocess.TimeoutExpired):
                if player.wait(TRIAL_S) != 0:
                    return False
        except BrokenPipeError:
            return False
        finished = _fed(pipe, rest)
    if not finished or player.returncode != 0:
        raise KnownError(
            "player_stopped",
            "The player stopped before the end of the recording.",
            "Play it again, or use --out FILE.wav.",
        )
    return True


def _fed(pipe: IO[bytes], rest: Iterator[bytes]) -> bool:
    try:
        for piece in rest:
            pipe.write(piece)
        pipe.close()
    except BrokenPipeError:
        return False
    return True
