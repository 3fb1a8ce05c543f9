"""What the pjsua2 of this installation can do, as one line of JSON: `ctidesk doctor` asks for it.

Runs in: a process of its own, which ends afterwards: pjsua2 can't be started twice.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import platform
import re
import sys
from collections.abc import Iterable
from typing import Any

WHEEL_CALLS = 4
"""What pjproject is compiled with when nobody says otherwise; the wheel has no way to ask."""
CARD = re.compile(r"CARD=(\w+)")
"""In ALSA's names of devices; its plug-ins are listed without a card too."""
MAPPER = "Wave mapper"
"""What pjproject calls Windows' choice of a device; it is listed without a device too."""
TLS13_SUITES = range(0x1301, 0x1306)
"""RFC 8446, appendix B.4."""
TLS13_WINDOWS = 20348
"""The first build of Windows whose Schannel speaks it; pjproject gives Schannel's suites numbers of
its own."""


def main() -> None:
    """Ends the process with 0, also when pjsua2 cannot be loaded: then the line says why."""
    try:
        facts = _facts()
    except (ImportError, OSError) as error:
        facts = {"error": str(error)}
    sys.stdout.write("\n" + json.dumps(facts) + "\n")
    sys.stdout.flush()
    os._exit(0)


def _facts() -> dict[str, Any]:
    import pjsua2 as pj

    library = pj.Endpoint()
    config = pj.EpConfig()
    config.uaConfig.threadCnt = 0
    config.uaConfig.mainThreadOnly = True
    config.logConfig.level = config.logConfig.consoleLevel = 0
    library.libCreate()
    library.libInit(config)
    names = [str(device.name) for device in library.audDevManager().enumDev2()]
    own = hasattr(pj, "CTIDESK_MAX_CALLS")
    sound = str(getattr(pj, "CTIDESK_SOUND", ""))
    tls = _openssl(pj) or str(getattr(pj, "CTIDESK_TLS", ""))
    return {
        "own": own,
        "version": str(library.libVersion().full),
        "system": sys.platform,
        "sound": sound,
        "cards": sound_cards(sound, names),
        "codecs": [str(codec.codecId) for codec in library.codecEnum2()],
        "srtp": [str(name) for name in library.srtpCryptoEnum()],
        "tls_library": tls,
        "tls13": has_tls13(map(int, library.utilSslGetAvailableCiphers()), tls, platform.version()),
        "max_calls": int(pj.CTIDESK_MAX_CALLS) if own else WHEEL_CALLS,
    }


def sound_cards(sound: str, names: Iterable[str]) -> int:
    """How many devices stand behind the `names` that the system `sound` lists."""
    if sound == "ALSA":
        return len({card for name in names for card in CARD.findall(name)})
    return len({name for name in names if name != MAPPER})


def has_tls13(suites: Iterable[int], library: str, version: str) -> bool:
    """By the cipher suites; Schannel's by the `version` of Windows ("10.0.22631")."""
    if library == "Schannel":
        return int(version.rpartition(".")[2] or 0) >= TLS13_WINDOWS
    return any(suite & 0xFFFF in TLS13_SUITES for suite in suites)


def _openssl(pj: Any) -> str:
    """Name and version of the OpenSSL that pjsua2 is linked with, "" when it can't be told."""
    # a symbol is looked up in the extension's own dependencies, not in those of Python's ssl
    with contextlib.suppress(OSError, AttributeError):
        loaded = ctypes.CDLL(pj._pjsua2.__file__)
        name = "OpenSSL_version" if hasattr(loaded, "OpenSSL_version") else "SSLeay_version"
        ask = getattr(loaded, name)
        ask.restype = ctypes.c_char_p
        return str(ask(0).decode("ascii", "replace"))
    return ""


if __name__ == "__main__":
    main()
