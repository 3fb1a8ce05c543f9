"""What an order about the sound may contain.

Runs in: engine process, loop thread; desk process in the simulator. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from ctidesk.calls.commands import ConfigureAudio
from ctidesk.calls.errors import KnownError

MAX_GAIN = 4.0


def usable(
    order: ConfigureAudio, codecs: Iterable[str]
) -> tuple[ConfigureAudio, KnownError | None]:
    """The order as far as it can be carried out, and what is wrong with it. A mistake in a codec
    must not cost the choice of the headset: the sound would come from elsewhere. `codecs`: names
    that the engine has."""
    problem: KnownError | None = None
    gains = (order.mic_gain, order.speaker_gain, order.ring_gain)
    if not all(math.isfinite(gain) and 0.0 <= gain <= MAX_GAIN for gain in gains):
        order = replace(order, mic_gain=1.0, speaker_gain=1.0, ring_gain=0.6)
        problem = KnownError(
            "bad_gain",
            f"A volume must be between 0 and {MAX_GAIN:.0f}.",
            "Correct the volumes in Sound or in [audio] of the settings.",
        )
    known = {name.upper() for name in codecs}
    unknown = [name for name in order.codecs if name.upper() not in known]
    if unknown:
        order = replace(order, codecs=())
        problem = KnownError(
            "unknown_codec",
            f"The telephone engine does not know the codec “{unknown[0][:20]}”.",
            f"Use some of {', '.join(sorted(known))} in [audio] codecs of the settings.",
        )
    return order, problem
