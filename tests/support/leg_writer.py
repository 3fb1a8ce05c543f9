"""Stands in for the engine's C writer: two FIFOs, WAV headers, tones in 125 ms blocks.

Runs in: its own process, started by the recorder's tests.

    python -m tests.support.leg_writer AGENT_FIFO CALLER_FIFO SECONDS [SPEED]

Prints "open" once both FIFOs are open. A block that doesn't fit is lost, as with pjsua2's writer
once it is non-blocking.
"""

from __future__ import annotations

import argparse
import contextlib
import math
import os
import sys
import time
from array import array

RATE = 16_000
BLOCK = 2_000
HZ = (440, 620)


def tone(hz: int, begin: int, frames: int) -> bytes:
    """A sine as 16-bit mono; sample n is the same whatever the block it is in."""
    step = 2 * math.pi * hz / RATE
    return array(
        "h", (round(9000 * math.sin(step * n)) for n in range(begin, begin + frames))
    ).tobytes()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("agent")
    parser.add_argument("caller")
    parser.add_argument("seconds", type=float)
    parser.add_argument("speed", type=float, nargs="?", default=1.0)
    options = parser.parse_args()
    legs = [os.open(path, os.O_WRONLY | os.O_NONBLOCK) for path in (options.agent, options.caller)]
    for leg in legs:
        os.write(leg, b"RIFF".ljust(44, b"\0"))
    sys.stdout.write("open\n")
    sys.stdout.flush()
    begun = time.monotonic()
    for block in range(round(options.seconds * RATE / BLOCK)):
        for leg, hz in zip(legs, HZ, strict=True):
            with contextlib.suppress(BlockingIOError):
                os.write(leg, tone(hz, block * BLOCK, BLOCK))
        due = begun + (block + 1) * BLOCK / RATE / options.speed
        time.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    main()
