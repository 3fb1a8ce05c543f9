"""Who may connect: exact origins, this computer's own names, nothing else.

Runs in: desk process; checked on Qt main at start, asked on the web API's thread. Pure.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from ctidesk.calls.errors import KnownError

PATH = "/v1"
HOSTS = ("127.0.0.1", "[::1]", "localhost")
PROGRAM = ""
"""Stands for the origin of a program that names none."""
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[a-z0-9.:\[\]_-]+")
_STANDARD_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """`origins` as browsers write them. `local_programs`: those that send no origin may connect.
    `may_dial`: a number is dialled at once, else it waits in the dial field for the agent."""

    port: int
    origins: frozenset[str]
    local_programs: bool = False
    may_dial: bool = False

    def refusal(self, path: str, hosts: Sequence[str], origins: Sequence[str]) -> str:
        """Why a handshake is refused, "" when it is not: by its path and all its Host and Origin
        headers. A page that had a name of its own lead to this computer (DNS rebinding) is known
        by the Host (RFC 6455 §10.1, §4.1)."""
        if path != PATH:
            return "path"
        if len(hosts) != 1 or hosts[0].lower() not in {f"{name}:{self.port}" for name in HOSTS}:
            return "host"
        if len(origins) > 1:
            return "origin"
        if not origins:
            return "" if self.local_programs else "no origin"
        return "" if origins[0] in self.origins else "origin"


def checked_policy(
    port: int, origins: Collection[str], local_programs: bool, may_dial: bool
) -> Policy:
    """Raises `KnownError` web_api_origins unless each origin is exactly one, by https (http for
    this computer only), and somebody may connect at all."""
    found = frozenset(_origin(each) for each in origins)
    if not found and not local_programs:
        raise _refused(
            "names no page that may connect",
            'Name your CRM in [web_api] origins, such as ["https://crm.example"].',
        )
    return Policy(port=port, origins=found, local_programs=local_programs, may_dial=may_dial)


def _origin(text: str) -> str:
    """As a browser writes it: lower case, no path, no standard port (RFC 6454 §6.1)."""
    if text.strip().lower() == "null" or "*" in text:
        raise _refused(
            "would let any page connect",
            'Write each origin in full, such as "https://crm.example"; "null" and * are refused.',
        )
    plain = text.strip().lower().removesuffix("/")
    wrong = _refused(
        "has an entry that is no origin",
        'Write scheme and host only, such as "https://crm.example" or "https://crm.example:8443".',
    )
    if not _ORIGIN.fullmatch(plain):
        raise wrong
    try:
        parts = urlsplit(plain)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise wrong from None
    if not host:
        raise wrong
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise _refused(
            "has an entry that is not encrypted",
            "Use https; plain http is only for pages of this computer itself.",
        )
    name = f"[{host}]" if ":" in host else host
    tail = "" if port in (None, _STANDARD_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{name}{tail}"


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refused(what: str, remedy: str) -> KnownError:
    return KnownError(
        "web_api_origins", f"Web CRMs cannot connect: [web_api] origins {what}.", remedy
    )
