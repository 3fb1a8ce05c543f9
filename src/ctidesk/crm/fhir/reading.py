"""What a resource means for the desk: whom it is about, what others call it, what the card shows.

Runs in: desk process, the CRM's worker thread (numbers are normalised here and not on the store
thread). Pure. `read` never fails: a resource that no reader understands is kept as its text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ctidesk.crm.fhir.tree import Node
from ctidesk.crm.records import CarerRecord, FacilityRecord, FactRecord, MemberRecord

Row = MemberRecord | FacilityRecord | CarerRecord | FactRecord
_ID_CHARS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.")


@dataclass(frozen=True, slots=True)
class Reading:
    """`key`: "Patient/1". `about`: the key of the patient, prescription or organisation that it
    tells something of, "" for none. `title`: its name where others refer to it. `row`: what the
    card or the directory shows of it, None for nothing; a fact's `member_id` is left empty.
    `names`: columns of the row that hold the name of another resource which the reference did not
    give, by that resource's key. `instead`: the key of the patient that took this one's place.
    `odd`: elements that could not be understood. `unreadable`: only its text could be kept."""

    key: str
    version: str = ""
    last_updated: str = ""
    about: str = ""
    title: str = ""
    row: Row | None = None
    names: tuple[tuple[str, str], ...] = ()
    instead: str = ""
    replaces: tuple[str, ...] = ()
    odd: tuple[str, ...] = ()
    unreadable: bool = False

    @property
    def kind(self) -> str:
        return self.key.partition("/")[0]


@dataclass(slots=True)
class Found:
    """What a reader found in a resource; `Reading` without what all have in common."""

    about: str = ""
    title: str = ""
    row: Row | None = None
    names: dict[str, str] = field(default_factory=dict)
    instead: str = ""
    replaces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`region`: the country of numbers without + (ISO 3166). `member_system`: the system of the
    identifier that is the member's number, "" to take the likeliest."""

    region: str
    member_system: str = ""


class Resource(Node):
    """The root of a resource. `key`: "Patient/1"."""

    __slots__ = ("around", "key")

    def __init__(self, value: Any, key: str, around: Surroundings, notes: list[str]) -> None:
        super().__init__(value, notes)
        self.key = key
        self.around = around


Reader = Callable[[Resource], Found]


def read(
    resource: Mapping[str, Any], around: Surroundings, readers: Mapping[str, Reader]
) -> Reading | None:
    """None for what is no resource at all: without a type, or an id to keep it under."""
    kind, fhir_id = resource.get("resourceType"), resource.get("id")
    if not isinstance(kind, str) or not kind.isascii() or not kind.isalpha() or len(kind) > 64:
        return None
    if not isinstance(fhir_id, str) or not 0 < len(fhir_id) <= 64 or not set(fhir_id) <= _ID_CHARS:
        return None
    key = f"{kind}/{fhir_id}"
    notes: list[str] = []
    node = Resource(resource, key, around, notes)
    reader = readers.get(kind)
    found, failed = Found(), False
    try:
        found = reader(node) if reader else found
    except Exception:  # noqa: BLE001 - no odd resource may end the pull; it is counted and named
        failed = True
    meta = node.one("meta")
    return Reading(
        key=key,
        version=meta.text("versionId", 128),
        last_updated=meta.text("lastUpdated", 40),
        about=found.about,
        title=found.title,
        row=found.row,
        names=tuple(found.names.items()),
        instead=found.instead,
        replaces=found.replaces,
        odd=tuple(dict.fromkeys(notes)),
        unreadable=failed,
    )


def named(resource: Mapping[str, Any]) -> str:
    """How a log may name a resource: its type, and a hash that finds it for those who know its
    id."""
    kind, fhir_id = str(resource.get("resourceType", "")), str(resource.get("id", ""))
    digest = hashlib.sha256(f"{kind}/{fhir_id}".encode("utf-8", "replace")).hexdigest()[:12]
    shown = kind if kind.isascii() and kind.isalpha() and len(kind) <= 40 else "something"
    return f"{shown} {digest}"
