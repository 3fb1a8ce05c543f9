"""The token that goes with a warm transfer: opaque, and nothing about a patient (RFC 7433).

Runs in: desk process and engine process, any thread (pure).
"""

from __future__ import annotations

import re
import secrets
from urllib.parse import quote

PURPOSE = "ctidesk"
HEADER = "User-to-User"
TOKEN_BYTES = 16
_TOKEN = re.compile(r"[0-9a-f]{32}")


def new_token() -> str:
    """128 random bits, hex."""
    return secrets.token_hex(TOKEN_BYTES)


def header_value(token: str) -> str:
    """The value of `User-to-User`; "" for what is no token of ours: nothing else ever leaves."""
    return f"{token};encoding=hex;purpose={PURPOSE}" if _TOKEN.fullmatch(token) else ""


def token_of(value: str) -> str:
    """The token in a `User-to-User` value, "" when another program put something else there."""
    content, *parameters = (part.strip() for part in value.split(";"))
    told = {
        name.strip().lower(): text.strip().strip('"').lower()
        for name, _, text in (parameter.partition("=") for parameter in parameters)
    }
    ours = told.get("purpose") == PURPOSE and told.get("encoding", "hex") == "hex"
    token = content.lower()
    return token if ours and _TOKEN.fullmatch(token) else ""


def referred(uri: str, token: str) -> str:
    """`uri` for Refer-To: whoever follows it sends the token along (RFC 3261 19.1.1: a header in a
    URI, escaped)."""
    value = header_value(token)
    return f"<{uri}?{HEADER}={quote(value, safe='')}>" if value else uri
