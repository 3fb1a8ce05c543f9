"""The certificate files of a secure account, looked at before the library sees them.

Runs in: engine process, loop thread.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

from ctidesk.calls.commands import ConfigureAccount
from ctidesk.sip.engine.endpoint import TlsFiles
from ctidesk.sip.engine.registration import unusable

_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
)


def system_authorities() -> str:
    """The operating system's bundle of certificate authorities, "" when there is none."""
    places = (os.environ.get("SSL_CERT_FILE", ""), *_BUNDLES)
    return next((place for place in places if place and Path(place).is_file()), "")


def tls_files(config: ConfigureAccount) -> TlsFiles | None:
    """None without TLS. Raises `KnownError` for a file that can't be read, or a key that others
    can read: the library would not say so."""
    if config.transport != "tls":
        return None
    ca_file = config.tls_ca_file or system_authorities()
    if config.tls_verify:
        _check_readable(ca_file, "certificate_file")
    cert_file, key_file = config.tls_cert_file, config.tls_key_file
    if cert_file or key_file:
        _check_readable(cert_file, "own_certificate_file")
        _check_readable(key_file, "own_certificate_file")
        if os.name == "posix" and stat.S_IMODE(Path(key_file).stat().st_mode) & 0o077:
            raise unusable("key_readable")
    return TlsFiles(ca_file, cert_file, key_file, config.tls_verify)


def _check_readable(name: str, trouble: str) -> None:
    try:
        with Path(name).open("rb"):
            pass
    except OSError:
        raise unusable(trouble) from None
