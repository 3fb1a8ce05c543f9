"""Who calls and by which way, read from the raw INVITE of a stranger.

Runs in: engine process, loop thread. Pure; nothing here raises on any input.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote

from ctidesk.calls.call import RemoteParty, Routing
from ctidesk.calls.commands import ConfigureAccount
from ctidesk.calls.text import plain

MAX_HEAD = 65_536
MAX_VALUE = 16_384
# RFC 3261 7.3.3 and the RFCs of the headers that we read
_COMPACT = {"f": "from", "t": "to", "i": "call-id", "m": "contact", "v": "via"}
_NUMBER = re.compile(r"[^0-9A-Za-z+*#._\-]")


class NameAddress(NamedTuple):
    """`"display" <scheme:user@host;…>;params` taken apart, decoded, not yet plain."""

    display: str = ""
    user: str = ""
    host: str = ""
    tag: str = ""


class Headers:
    """The header fields of a SIP message; a name's values in their order."""

    def __init__(self, message: bytes) -> None:
        head = message[:MAX_HEAD].split(b"\r\n\r\n", 1)[0].decode("utf-8", "replace")
        self._values: dict[str, list[str]] = {}
        # a line that starts with white space continues the one before (RFC 3261 7.3.1)
        for line in re.sub(r"\r?\n[ \t]+", " ", head).splitlines()[1:]:
            name, colon, value = line.partition(":")
            if colon:
                key = name.strip().lower()
                kept = self._values.setdefault(_COMPACT.get(key, key), [])
                if len(kept) < 16:
                    kept.append(value.strip()[:MAX_VALUE])

    def first(self, name: str) -> str:
        values = self._values.get(name.lower())
        return values[0] if values else ""

    def all(self, name: str) -> list[str]:
        return self._values.get(name.lower(), [])


def name_address(value: str) -> NameAddress:
    """RFC 3261 20.10, leniently: what can't be read is empty."""
    display, uri, rest = "", value, ""
    quoted = re.match(r'\s*"((?:[^"\\]|\\.)*)"\s*(.*)', value, re.S)
    if quoted:
        display = re.sub(r"\\(.)", r"\1", quoted.group(1))
        value = quoted.group(2)
    opened = value.find("<")
    if opened >= 0:
        display = display or value[:opened].strip()
        uri, _, rest = value[opened + 1 :].partition(">")
    else:
        # without brackets the parameters belong to the header, not to the URI
        uri, _, rest = value.partition(";")
        rest = ";" + rest
        display = "" if not quoted else display
    tag = re.search(r";\s*tag\s*=\s*([^;\s,]+)", rest, re.I)
    user, host = _user_host(uri)
    return NameAddress(display, user, host, tag.group(1) if tag else "")


def _user_host(uri: str) -> tuple[str, str]:
    scheme, colon, rest = uri.strip().partition(":")
    if not colon:
        return "", ""
    if scheme.lower() == "tel":
        return unquote(rest.split(";")[0]), ""
    if scheme.lower() not in ("sip", "sips"):
        return "", ""
    user, at, host = rest.rpartition("@")
    if not at:
        user, host = "", rest
    # parameters and password (RFC 3261 19.1.1) are cut before the escapes are undone
    user = unquote(user.split(";")[0].split(":")[0])
    host = re.split(r"[;?>]", host)[0]
    return user, host


def remote_party(headers: Headers, trusted: bool) -> RemoteParty:
    """The caller. A wish for privacy (RFC 3323, 3325) is honoured whoever utters it; an asserted
    identity counts only from a trusted peer."""
    sender = name_address(headers.first("from"))
    asserted = name_address(headers.first("p-asserted-identity")) if trusted else NameAddress()
    wishes = {wish.strip().lower() for wish in re.split(r"[;,]", headers.first("privacy"))}
    anonymous = (
        sender.host.lower().split(":")[0] == "anonymous.invalid"
        or sender.user.lower() in ("anonymous", "unknown", "restricted", "unavailable")
        or (not sender.user and not asserted.user)
    )
    withheld = anonymous or bool(wishes & {"id", "user", "header", "full"})
    host = plain(sender.host, 128)
    if withheld:
        return RemoteParty(number="", display_name="", host=host, withheld=True)
    return RemoteParty(
        number=_number(sender.user),
        display_name=plain(sender.display or asserted.display),
        host=host,
        asserted=_number(asserted.user),
    )


def routing(headers: Headers, trusted: bool, account: ConfigureAccount) -> Routing:
    """Queue, IVR path and the like as a trusted peer told them; empty from anybody else."""
    if not trusted:
        return Routing()
    return Routing(
        queue=plain(headers.first(account.queue_header)),
        ivr_path=plain(headers.first(account.ivr_header), 256),
        diverted_from=_diverted_from(headers),
        member_id=plain(headers.first(account.member_header)),
        user_to_user=plain(headers.first("user-to-user"), 256),
    )


def _diverted_from(headers: Headers) -> str:
    # RFC 5806: the topmost is the latest diversion; RFC 7044: the last entry is where it is now
    latest = name_address(headers.first("diversion")).user
    if not latest:
        entries = [e for value in headers.all("history-info") for e in value.split(",")]
        latest = name_address(entries[-2]).user if len(entries) > 1 else ""
    return _number(latest)


def _number(user: str) -> str:
    return _NUMBER.sub("", plain(user))
