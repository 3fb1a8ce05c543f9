"""Where the token of web CRMs is kept, and what to say when it is not there.

Runs in: desk process; command line, which needs no Qt for it.
"""

from __future__ import annotations

from ctidesk.calls.errors import KnownError

TOKEN_NAME = "web-api token digest"
"""Under which the system's key store keeps the digest of this user's token."""


def no_key_store() -> KnownError:
    return KnownError(
        "web_api_no_key_store",
        "Web CRMs cannot connect: the key store of this computer, where their token is kept, "
        "cannot be read.",
        "Unlock it (sign in again, or open your password program) and start ctidesk again. "
        "Calls work.",
    )


def no_token() -> KnownError:
    return KnownError(
        "web_apino_token",
        "Web CRMs cannot connect: there is no token yet.",
        "Make one with: ctidesk web-api token, and give it to your CRM. Calls work.",
    )
