"""From what an agent typed to the URI of an INVITE or REFER.

Runs in: engine process, loop thread. Pure.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ctidesk.calls.call import RemoteParty
from ctidesk.calls.commands import ConfigureAccount
from ctidesk.calls.errors import KnownError
from ctidesk.calls.text import plain
from ctidesk.sip.engine.addresses import is_address

_SEPARATORS = re.compile(r"[\s().\-/\u00a0\u2010-\u2015]")
_DIALLABLE = re.compile(r"\+?[0-9*#]{1,32}")
_EXTENSION = re.compile(r"[A-Za-z][A-Za-z0-9._\-]{0,63}")
_URI = re.compile(
    r"(?P<scheme>sips?):(?:(?P<user>[A-Za-z0-9+*#._\-%!~'&=$,]{1,64})@)?"
    r"(?P<host>[A-Za-z0-9.\-]{1,253}|\[[0-9A-Fa-f:]{2,45}\])(?::(?P<port>\d{1,5}))?",
    re.IGNORECASE,
)


class Target(NamedTuple):
    """Where to: `uri` is for the wire, `remote` for the screen; `lookup` a host name that must be
    resolved off the loop first, "" when there is nothing to look up."""

    uri: str
    remote: RemoteParty
    lookup: str = ""


def target_of(typed: str, account: ConfigureAccount) -> Target:
    """Number in any usual writing, extension name, or sip: URI. Raises `KnownError`."""
    text = typed.strip()
    suffix = "" if account.transport == "udp" else f";transport={account.transport}"
    if text.lower().startswith(("sip:", "sips:")):
        return _uri_target(text, account, suffix)
    number = _SEPARATORS.sub("", text[4:] if text.lower().startswith("tel:") else text)
    # the national zero in brackets is not dialled from abroad
    number = _SEPARATORS.sub("", text.replace("(0)", "")) if text.startswith("+") else number
    if _EXTENSION.fullmatch(text):
        number = text
    elif not _DIALLABLE.fullmatch(number):
        raise KnownError(
            "bad_number",
            "This is not a number that can be dialled.",
            "Use digits, *, # and a leading +, or a SIP address such as sip:desk@clinic.example.",
        )
    where = account.domain or account.registrar
    if not where:
        raise KnownError(
            "no_registrar",
            "This account has no telephone exchange, so plain numbers can't be reached.",
            "Dial a full SIP address, or enter the exchange in the settings.",
        )
    user = number.replace("#", "%23")
    return Target(f"sip:{user}@{where}{suffix}", RemoteParty(number=number))


def _uri_target(text: str, account: ConfigureAccount, suffix: str) -> Target:
    match = _URI.fullmatch(text)
    if match is None or int(match.group("port") or 1) not in range(1, 65536):
        raise KnownError(
            "bad_number",
            "This is not a SIP address that can be dialled.",
            "Write it as sip:name@host or sip:name@host:port.",
        )
    host, user = match.group("host"), match.group("user") or ""
    port = f":{match.group('port')}" if match.group("port") else ""
    uri = f"{match.group('scheme')}:{user + '@' if user else ''}{host}{port}{suffix}"
    # with a registrar every request takes its route, so the name needs no look-up here
    lookup = host if not account.registrar and not is_address(host) else ""
    return Target(uri, RemoteParty(number=plain(user), host=host), lookup)
