"""What the pjsua2 of this installation can do, as one line of JSON: `ctidesk doctor` asks for it.

Runs in: a process of its own, which ends afterwards: pjsua2 can't be started twice.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import re
import sys
from typing import Any

WHEEL_CALLS = 4
"""What pjproject is compiled with when nobody says otherwise; the wheel has no way to ask."""
CARD = re.compile(r"CARD=(\w+)")
"""In ALSA's names of devices; its plug-ins are listed without a card too."""
TLS13_SUITES = range(0x1301, 0x1306)
"""RFC 8446, appendix B.4."""


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
    devices = library.audDevManager().enumDev2()
    own = hasattr(pj, "CTIDESK_MAX_CALLS")
    return {
        "own": own,
        "version": str(library.libVersion().full),
        "sound": bool(own and pj.CTIDESK_HAS_ALSA),
        "cards": len({name for each in devices for name in CARD.findall(str(each.name))}),
        "codecs": [str(codec.codecId) for codec in library.codecEnum2()],
        "srtp": [str(name) for name in library.srtpCryptoEnum()],
        "tls_library": _tls_library(pj),
        "tls13": _has_tls13(library),
        "max_calls": int(pj.CTIDESK_MAX_CALLS) if own else WHEEL_CALLS,
    }


def _has_tls13(library: Any) -> bool:
    return any(int(id_) & 0xFFFF in TLS13_SUITES for id_ in library.utilSslGetAvailableCiphers())


def _tls_library(pj: Any) -> str:
    """Name and version of the TLS library that pjsua2 is linked with, "" when it can't be told."""
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
