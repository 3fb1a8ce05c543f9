"""Can a recording be made on this computer? One second is really encoded, sealed and opened.

Runs in: command line. Nothing is written to a disk.
"""

from __future__ import annotations

import importlib.metadata

import pyrage

from ctidesk.recording.sndfile import Pcm, flac_from_pcm, pcm_from_flac


def trial() -> str:
    """What the recorder works with, "" when a second of sound did not come back as it was."""
    second = Pcm(bytes(range(256)) * 250, 16_000, 2)
    key = pyrage.x25519.Identity.generate()
    sealed = pyrage.encrypt(flac_from_pcm(second), [key.to_public()])
    if pcm_from_flac(pyrage.decrypt(sealed, [key])) != second:
        return ""
    return f"age by pyrage {importlib.metadata.version('pyrage')}, FLAC"
