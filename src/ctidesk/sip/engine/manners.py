"""What a scripted party is like: its number, voice and manners, and how its INVITE looks.

Runs in: a process of the demo centre, loop thread.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

import pjsua2 as pj

from ctidesk.calls.text import plain

HOST = "127.0.0.1"
_USER = re.compile(r"^<?sips?:([^@;>]*)@", re.IGNORECASE)
_REQUEST = re.compile(r"INVITE (\S{1,256}) SIP/2\.0", re.IGNORECASE)


class Manner(StrEnum):
    """What a called party does."""

    ANSWERS = "answers"
    NEVER_ANSWERS = "never_answers"
    BUSY = "busy"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptedParty:
    """`number` is the user part of From, "" withholds it (RFC 3323). `voice`: a WAV file that is
    played in a loop, None is silent. `headers` go into every INVITE of this party."""

    key: str
    number: str
    announced: str = ""
    voice: Path | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    manner: Manner = Manner.ANSWERS
    answers_after_s: float = 0.8


def user_of(uri: str) -> str:
    """The user part of a sip: URI, plain and cut, "" when there is none."""
    found = _USER.match(uri.strip())
    return plain(found.group(1)) if found else ""


def dialled_user(request: str) -> str:
    """The user part of the request URI of an INVITE as it came from the wire."""
    found = _REQUEST.match(request)
    return user_of(found.group(1)) if found else ""


def invite_of(party: ScriptedParty) -> Any:
    """The parameters of an INVITE that shows, or withholds, who phones."""
    prm = pj.CallOpParam(True)
    headers = dict(party.headers)
    if party.number:
        prm.txOption.localUri = f'"{party.announced}" <sip:{party.number}@{HOST}>'
    else:
        # RFC 3323, and what networks really send for it
        prm.txOption.localUri = '"Anonymous" <sip:anonymous@anonymous.invalid>'
        headers["Privacy"] = "id"
    vector = pj.SipHeaderVector()
    for name, value in headers.items():
        header = pj.SipHeader()
        header.hName, header.hValue = name, value
        vector.push_back(header)
    prm.txOption.headers = vector
    return prm
