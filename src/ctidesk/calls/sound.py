"""What the state of the sound means in words: a sentence for the agent and what to do.

Runs in: engine process, loop thread; desk process in the simulator. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ctidesk.calls.events import Sound, SoundDevice

MOST_NAMED = 6
"""Of the devices that are there; a longer list is read by nobody."""


class Advice(NamedTuple):
    text: str = ""
    remedy: str = ""


def advice(
    state: Sound, devices: Sequence[SoundDevice], missing: Sequence[str], was_there: bool
) -> Advice:
    """`missing`: names that were chosen and are not there; `was_there`: they have been before."""
    named = " and ".join(f"“{name}”" for name in missing)
    if state is Sound.GONE and was_there:
        return Advice(
            f"{named or 'The headset'} is gone: you are muted and hear nobody.",
            "Plug it in again, the sound comes back by itself; or choose another one in Sound.",
        )
    if state is Sound.GONE:
        return Advice(
            f"There is no sound device {named}: you are muted and hear nobody.",
            f"{_present(devices)} Plug it in, choose another one in Sound, or correct [audio] in "
            "the settings.",
        )
    if state is Sound.NO_DEVICE:
        return Advice(
            "There is no headset: callers can be answered, but neither side hears the other.",
            "Plug a headset in; it is used at once.",
        )
    if state is Sound.FAILED:
        return Advice(
            "The headset can't be opened: you are muted and hear nobody.",
            "Close other programs that use it, or plug it in again; it is tried again by itself.",
        )
    if state is Sound.HANGS:
        return Advice(
            "The computer's sound does not answer: you are muted and hear nobody.",
            "It is tried again by itself; if it lasts, restart the computer's sound, or the "
            "computer.",
        )
    if state is Sound.UNSUPPORTED:
        return Advice(
            "Development engine: no headset, not for patients' data.",
            "Install the release for work.",
        )
    return Advice()


def _present(devices: Sequence[SoundDevice]) -> str:
    if not devices:
        return "No sound device is connected."
    names = [device.name for device in devices[:MOST_NAMED]]
    more = "" if len(devices) <= MOST_NAMED else " and others"
    return f"There are: {', '.join(names)}{more}."
