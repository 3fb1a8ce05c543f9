"""`ctidesk crm secret` stores the CRM's key or token, `ctidesk crm check` tries to sign in.

Runs in: command line, main thread.
"""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from ctidesk.calls.errors import KnownError
from ctidesk.config import settings as settings_file
from ctidesk.config.os_keys import OsKeyStore
from ctidesk.config.settings import Settings
from ctidesk.startup.crm_link import place_of, secret_name, stored_secret

MAX_SECRET = 16 * 1024


def main(argv: Sequence[str]) -> int:
    """Exit codes: 0 fine, 1 a known failure (said on stderr), 2 wrong usage."""
    parser = argparse.ArgumentParser(prog="ctidesk crm", description="The CRM of the settings.")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    secret = verbs.add_parser(
        "secret",
        help="put the private key (PEM) or the token into the system's key store",
        epilog="Without --file it is asked for, or read from the standard input if that is a pipe.",
    )
    secret.add_argument("--file", type=Path, metavar="FILE", help="a file with the key or token")
    check = verbs.add_parser("check", help="sign in, and say what answers there")
    for each in (secret, check):
        each.add_argument("--config", type=Path, metavar="FILE", required=True, help="settings")
    wishes = parser.parse_args(argv)
    try:
        raw = settings_file.read(wishes.config)
        settings = settings_file.parse(raw, wishes.config.resolve().parent)
        if not settings.crm.server:
            raise KnownError(
                "crm_none",
                "The settings name no CRM.",
                "Put its FHIR address into [crm] server.",
            )
        return _store(settings, wishes.file) if wishes.verb == "secret" else _check(settings)
    except KnownError as error:
        sys.stderr.write(f"{error.text}\n{error.remedy}\n")
        return 1


def _store(settings: Settings, file: Path | None) -> int:
    from ctidesk.crm.fhir.problems import no_key_store

    secret = _given(file).strip()
    _judge(settings, secret)
    try:
        OsKeyStore().write(secret_name(settings.crm), secret)
    except KnownError:
        raise no_key_store() from None
    sys.stdout.write("Stored in the key store of this computer.\n")
    return 0


def _given(file: Path | None) -> str:
    try:
        if file is not None:
            with file.open(encoding="utf-8") as stream:
                return stream.read(MAX_SECRET)
        if sys.stdin.isatty():
            return getpass.getpass("Token (a private key is given with --file): ")
        return sys.stdin.read(MAX_SECRET)
    except (OSError, UnicodeDecodeError):
        raise KnownError(
            "crm_secret_unreadable",
            "The key or token cannot be read.",
            "Give a text file that you may read.",
        ) from None


def _judge(settings: Settings, secret: str) -> None:
    """Before it is stored: a key that can't sign would be found out only in the shift."""
    from ctidesk.crm.fhir.signing import Signer
    from ctidesk.crm.fhir.tokens import FixedToken

    if settings.crm.auth == "key":
        Signer(secret)
    else:
        FixedToken(lambda: secret).header()


def _check(settings: Settings) -> int:
    from ctidesk.crm.fhir.client import FhirClient
    from ctidesk.crm.fhir.connect import tokens_of
    from ctidesk.crm.fhir.kinds import KINDS
    from ctidesk.crm.fhir.scopes import CHANGED, MADE, readable, writable
    from ctidesk.crm.fhir.transport import Http

    place = place_of(settings)
    http = Http(place.ca_file)
    secret = partial(stored_secret, settings.crm)
    try:
        tokens = tokens_of(place, http, secret)
        server = FhirClient(http, place.server, tokens).server()
        out = tokens_of(place, http, secret, writes=True)
        if settings.crm.send:
            out.header()
    finally:
        http.close()
    sys.stdout.write(f"A FHIR server of version {server.version} answers.\n")
    told = "by the history of types" if server.tells_deletions else "by reading all again"
    sys.stdout.write(f"Deletions are found {told}.\n")
    kinds = settings.crm.types or KINDS
    closed = [kind for kind in kinds if not readable(kind, tokens.scopes)]
    if closed:
        sys.stdout.write(f"Not allowed by the granted scopes: {', '.join(closed)}.\n")
    if not settings.crm.send:
        sys.stdout.write("Nothing is sent: [crm] send is false.\n")
        return 0
    refused = [kind for kind in MADE + CHANGED if not writable(kind, out.scopes)]
    if refused:
        sys.stdout.write(f"Not allowed to be sent: {', '.join(refused)}.\n")
    else:
        sys.stdout.write("What is saved may be sent.\n")
    return 0
