"""Where an account is registered, from the Contacts of the answer to a REGISTER: here or elsewhere.

Runs in: engine process, loop thread. Pure; nothing here raises on any input.
"""

from __future__ import annotations

import hashlib
import os
import re
import uuid
from pathlib import Path
from typing import NamedTuple

from ctidesk.sip.engine.addresses import same_address
from ctidesk.sip.engine.identity import Headers, name_address

RENEWED_S = 5.0
"""A binding lives longer than before by more than this: somebody has renewed it."""
_MAX_CONTACTS = 64
_PORT = re.compile(r"(?:\[([^\]]*)\]|([^:\[\]]*))(?::(\d{1,5}))?")
_MACHINE_ID = Path("/etc/machine-id")


class Contact(NamedTuple):
    """One binding. `expires_s` is what is left of it, 0 when it was not told."""

    host: str
    port: int
    instance: str = ""
    expires_s: float = 0.0


def this_instance(account: str) -> str:
    """The same for this computer, user and account over all restarts, and nobody else's (RFC 5626
    4.1). Nothing of the three can be read from it."""
    try:
        machine = _MACHINE_ID.read_text(encoding="ascii").strip()
    except (OSError, UnicodeError):
        machine = f"{uuid.getnode():x}"
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "")
    digest = hashlib.sha256(f"ctidesk|{machine}|{user}|{account}".encode()).digest()
    return f"urn:uuid:{uuid.UUID(bytes=digest[:16], version=4)}"


def contacts(headers: Headers) -> list[Contact]:
    """Every binding that the answer tells; what can't be read is left out."""
    found = []
    for value in headers.all("contact"):
        for one, bare in _apart(value)[:_MAX_CONTACTS]:
            host, port = _host_port(name_address(bare).host)
            if host:
                outside = bare.rpartition(">")[2]
                instance = re.search(r'\+sip\.instance\s*=\s*"<([^>"]{1,128})>"', one, re.I)
                left = re.search(r";\s*expires\s*=\s*(\d{1,9})", outside, re.I)
                found.append(
                    Contact(
                        host,
                        port,
                        instance.group(1).lower() if instance else "",
                        float(left.group(1)) if left else 0.0,
                    )
                )
    return found


def _apart(value: str) -> list[tuple[str, str]]:
    """The contacts of one header line, each whole and without what stands in quotes. Commas within
    quotes or brackets belong to a contact (RFC 3261 7.3.1). One walk, whatever a stranger wrote."""
    found = []
    whole: list[str] = []
    bare: list[str] = []
    quoted = escaped = bracketed = False
    for sign in value:
        if sign == "," and not quoted and not bracketed:
            found.append(("".join(whole), "".join(bare)))
            whole, bare = [], []
            continue
        whole.append(sign)
        if quoted:
            if sign == '"' and not escaped:
                quoted = False
                bare.append(sign)
            escaped = sign == "\\" and not escaped
            continue
        quoted = sign == '"'
        escaped = False
        bracketed = (bracketed or sign == "<") and sign != ">"
        bare.append(sign)
    found.append(("".join(whole), "".join(bare)))
    return found


def own_places(headers: Headers) -> set[tuple[str, int]]:
    """Our own addresses as the topmost Via tells them: as sent, and as the exchange saw us."""
    found = re.match(r"SIP\s*/\s*2\.0\s*/\s*\w+\s+([^;,\s]+)([^,]*)", headers.first("via"), re.I)
    if found is None:
        return set()
    host, port = _host_port(found.group(1))
    params = dict(re.findall(r";\s*(received|rport)\s*=\s*([^;,\s]+)", found.group(2).lower()))
    seen_port = params.get("rport", "")
    seen = (
        params.get("received", host).strip("[]"),
        int(seen_port) if re.fullmatch(r"\d{1,5}", seen_port) else port,
    )
    return {(host, port), seen}


class Bindings:
    """Remembers who we are and were, and tells whether somebody else is registered too.

    A binding of this computer under another port is what an earlier engine left behind, until it
    is renewed; one of another computer counts at once.
    """

    def __init__(self, instance: str) -> None:
        self._instance = instance.lower()
        self._own: set[tuple[str, int]] = set()
        self._seen: dict[tuple[str, int], tuple[float, float]] = {}
        """Time, and how long the binding was to live then, of each that is not ours."""
        self._renewed: set[tuple[str, int]] = set()

    def elsewhere(self, message: bytes, now: float) -> bool:
        """Whether the answer `message` to our REGISTER shows another telephone. `now`: seconds,
        monotonic."""
        headers = Headers(message)
        self._own |= own_places(headers)
        others = [each for each in contacts(headers) if not self._is_ours(each)]
        self._note_renewals(others, now)
        return any(
            not self._is_this_computer(each) or (each.host, each.port) in self._renewed
            for each in others
        )

    def _is_ours(self, contact: Contact) -> bool:
        if contact.instance:
            return contact.instance == self._instance
        return any(
            port == contact.port and (same_address(host, contact.host) or host == contact.host)
            for host, port in self._own
        )

    def _is_this_computer(self, contact: Contact) -> bool:
        return any(
            same_address(host, contact.host) or host == contact.host for host, _port in self._own
        )

    def _note_renewals(self, others: list[Contact], now: float) -> None:
        seen = {}
        for each in others:
            key = (each.host, each.port)
            before = self._seen.get(key)
            if before is not None and each.expires_s > before[1] - (now - before[0]) + RENEWED_S:
                self._renewed.add(key)
            seen[key] = (now, each.expires_s)
        self._seen = seen
        self._renewed &= set(seen)


def _host_port(text: str) -> tuple[str, int]:
    found = _PORT.fullmatch(text.strip())
    if found is None:
        return "", 0
    host = (found.group(1) or found.group(2) or "").lower()
    return host, int(found.group(3) or 5060)
