"""What the pjsua2 of this installation can do, as one line of JSON: `ctidesk doctor` asks for it.

Runs in: a process of its own, which ends afterwards: pjsua2 can't be started twice.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
from typing import Any

from ctidesk.calls.errors import KnownError

WHEEL_CALLS = 4
"""What pjproject is compiled with when nobody says otherwise; the wheel has no way to ask."""


def main() -> None:
    """Prints and ends the process: 0 also when pjsua2 cannot be loaded, the line says why."""
    try:
        import pjsua2  # noqa: F401 - which one is settled, whether it loads is the question

        facts = _facts()
    except ImportError as error:
        facts = {"error": str(error)}
    sys.stdout.write("\n" + json.dumps(facts) + "\n")
    sys.stdout.flush()
    os._exit(0)


def _facts() -> dict[str, Any]:
    import pjsua2 as pj

    from ctidesk.sip.engine.endpoint import EndpointSettings, SipEndpoint

    endpoint = SipEndpoint(EndpointSettings(user_agent="ctidesk doctor"))
    try:
        endpoint.start()
    except pj.Error as error:
        return {"error": str(error.reason)}
    library = endpoint.library
    own = hasattr(pj, "CTIDESK_MAX_CALLS")
    return {
        "own": own,
        "version": str(library.libVersion().full),
        "sound": bool(own and pj.CTIDESK_HAS_ALSA),
        "devices": sum(1 for _ in library.audDevManager().enumDev2()),
        "codecs": [str(codec.codecId) for codec in library.codecEnum2()],
        "srtp": list(library.srtpCryptoEnum()),
        "tls_library": _tls_library(),
        "tls13": any(str(name).startswith("TLS_AES") for name in _ciphers(library)),
        "max_calls": pj.CTIDESK_MAX_CALLS if own else WHEEL_CALLS,
        "max_packet": pj.CTIDESK_MAX_PACKET if own else 0,
        "assertions": not own,
    }


TLS13_SUITES = range(0x1301, 0x1306)
"""RFC 8446, appendix B.4."""


def _has_tls13(library: Any) -> bool:
    return any(int(suite) & 0xFFFF in TLS13_SUITES for suite in library.utilSslGetAvailableCiphers())


def _tls_library(extension: str) -> str:
    """Name and version of the TLS library that `extension` is linked with, "" when it has none."""
    # a symbol is looked up in the extension's own dependencies, not in those of Python's ssl
    loaded = ctypes.CDLL(extension)
    for name in ("OpenSSL_version", "SSLeay_version"):
        ask = getattr(loaded, name, None)
        if ask is not None:
            ask.restype = ctypes.c_char_p
            return str((ask(0) or b"").decode("ascii", "replace"))
    return ""


if __name__ == "__main__":
    main()
