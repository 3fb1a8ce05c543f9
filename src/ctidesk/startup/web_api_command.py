"""`ctidesk web-api`: `token` makes the token of web CRMs, `revoke` ends it, `status` tells of it.

Runs in: command line, main thread.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ctidesk.calls.errors import KnownError
from ctidesk.config.os_keys import OsKeyStore
from ctidesk.config.paths import Profile, default_profile
from ctidesk.startup import instance
from ctidesk.startup.web_api_token import TOKEN_NAME, no_key_store
from ctidesk.web_api.secret import digest_of, is_digest, new_token


def main(argv: Sequence[str]) -> int:
    """Exit codes: 0 fine, 1 a known failure (said on stderr), 2 wrong usage."""
    parser = argparse.ArgumentParser(
        prog="ctidesk web-api", description="The token by which web CRMs connect to the desk."
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    told = {
        "token": "make a new token and print it, once; the former one ends",
        "revoke": "end the token: no page can connect any more",
        "status": "say whether there is a token (which one is not kept, only its digest)",
    }
    for name, text in told.items():
        verb = verbs.add_parser(name, help=text, description=text)
        verb.add_argument("--profile", type=Path, metavar="DIR", help="of the desk that is told")
    wishes = parser.parse_args(argv)
    profile = Profile(wishes.profile.resolve()) if wishes.profile else default_profile()
    try:
        if wishes.verb == "status":
            return _status()
        return _token(profile) if wishes.verb == "token" else _revoke(profile)
    except KnownError:
        # whatever the key store says, this is what can be done about it
        error = no_key_store()
        sys.stderr.write(f"{error.text}\n{error.remedy}\n")
        return 1


def _token(profile: Profile) -> int:
    token = new_token()
    OsKeyStore().write(TOKEN_NAME, digest_of(token))
    sys.stdout.write(f"{token}\n")
    sys.stderr.write("Give it to your CRM now: it cannot be shown again.\n")
    _tell(profile)
    return 0


def _revoke(profile: Profile) -> int:
    # an empty entry and not none: not every key store lets one be deleted
    OsKeyStore().write(TOKEN_NAME, "revoked")
    sys.stdout.write("The token is ended.\n")
    _tell(profile)
    return 0


def _status() -> int:
    there = is_digest(OsKeyStore().read(TOKEN_NAME) or "")
    said = (
        "There is a token." if there else "There is no token: make one with ctidesk web-api token."
    )
    sys.stdout.write(f"{said}\n")
    return 0


def _tell(profile: Profile) -> None:
    if not instance.tell(profile.runtime, instance.TOKEN_CHANGED):
        sys.stderr.write("No desk runs with this profile; the next one knows it.\n")
