"""Judges what an installation is made of: fit for work with patients' data, and if not, why.

Runs in: command line. Knows facts only; nothing personal is among them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

CODECS = {"opus/48000": "Opus", "g722/16000": "G.722", "pcma/8000": "PCMA", "pcmu/8000": "PCMU"}
ENOUGH_CALLS = 16
OWN_ENGINE = "Comes with our own build of the engine."
PACKAGES = {
    "libasound.so.2": "libasound2",
    "libopus.so.0": "libopus0",
    "libspeexdsp.so.1": "libspeexdsp1",
    "libssl.so.3": "libssl3",
    "libcrypto.so.3": "libssl3",
    "libuuid.so.1": "libuuid1",
}
"""Library of the system that our engine is linked with → Debian's package."""
SOUND = {"linux": "ALSA", "win32": "WMME", "darwin": "CoreAudio"}
"""Operating system → its sound, the only one that reaches a headset there."""
TLS13_ELSEWHERE = {
    "Schannel": "Windows speaks it from Windows 11 and Server 2022 on: update Windows.",
    "Network framework": "macOS speaks it from 10.15 on: update macOS.",
}
"""TLS libraries that are the system's own, and what helps where they are too old."""


class Verdict(StrEnum):
    """LACKS: work with patients' data needs it. NOTE: worth knowing, no obstacle."""

    FINE = "fine"
    NOTE = "note"
    LACKS = "lacks"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's. `remedy` is empty where nothing is to be done."""

    name: str
    value: str
    verdict: Verdict = Verdict.FINE
    remedy: str = ""


def fit(findings: list[Finding]) -> bool:
    """Whether work with patients' data is possible here."""
    return all(finding.verdict is not Verdict.LACKS for finding in findings)


def engine_findings(facts: Mapping[str, Any]) -> list[Finding]:
    """From the report of the engine's room; `error` in it: pjsua2 cannot be loaded."""
    if "error" in facts:
        return [_unloadable(str(facts["error"]))]
    own = bool(facts["own"])
    build = "our own build" if own else "development engine"
    engine = Finding(
        "Engine",
        f"pjproject {facts['version']}, {build}",
        Verdict.FINE if own else Verdict.LACKS,
        "" if own else "It is not for patients' data: install the packages, or `make engine`.",
    )
    return [
        engine,
        _sound(str(facts["system"]), str(facts["sound"]), int(facts["cards"])),
        _codecs([str(codec).lower() for codec in facts["codecs"]]),
        _tls(str(facts["tls_library"]), bool(facts["tls13"])),
        _needed("SRTP with AES-GCM", "AEAD_AES_256_GCM" in facts["srtp"]),
        _calls(int(facts["max_calls"])),
    ]


def _unloadable(error: str) -> Finding:
    library = re.match(r"(lib[\w.+-]+\.so[\w.]*): cannot open", error)
    if library is None:
        return Finding("Engine", "cannot be loaded", Verdict.LACKS, "Install ctidesk anew.")
    package = PACKAGES.get(library[1], library[1])
    return Finding(
        "Engine",
        f"cannot be loaded: the system's {library[1]} is missing",
        Verdict.LACKS,
        f"On Debian or Ubuntu: sudo apt-get install {package}",
    )


def _needed(name: str, there: bool, value: str = "") -> Finding:
    if there:
        return Finding(name, value or "yes")
    return Finding(name, value or "no", Verdict.LACKS, OWN_ENGINE)


def _sound(system: str, there: str, cards: int) -> Finding:
    wanted = SOUND.get(system, "")
    if not there:
        return Finding("Sound", "no headset is possible", Verdict.LACKS, OWN_ENGINE)
    if wanted and there != wanted:
        value = f"{there} in place of {wanted}: no headset is possible"
        return Finding("Sound", value, Verdict.LACKS, "Install the package for this system.")
    if cards == 0:
        value = f"{there}, no sound card now"
        return Finding("Sound", value, Verdict.NOTE, "Connect a headset before you work.")
    return Finding("Sound", f"{there}, {cards} sound card{'s' if cards > 1 else ''}")


def _codecs(there: list[str]) -> Finding:
    names = [name for codec, name in CODECS.items() if any(id_.startswith(codec) for id_ in there)]
    lacking = [name for name in CODECS.values() if name not in names]
    value = ", ".join(names) + (f"; not {', '.join(lacking)}" if lacking else "")
    return _needed("Codecs", not lacking, value)


def _tls(library: str, tls13: bool) -> Finding:
    value = ", ".join(filter(None, [library, "up to 1.3" if tls13 else "no TLS 1.3"]))
    if tls13:
        return Finding("TLS", value)
    return Finding("TLS", value, Verdict.LACKS, TLS13_ELSEWHERE.get(library, OWN_ENGINE))


def _calls(most: int) -> Finding:
    return _needed("Calls at once", most >= ENOUGH_CALLS, str(most))
