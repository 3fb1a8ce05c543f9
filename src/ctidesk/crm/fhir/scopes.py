"""Which resource types the granted scopes let the desk read.

Runs in: desk process, any thread. Pure. SMART App Launch 2.2, "Scopes for requesting FHIR
resources": system/Patient.rs, and those of version 1 (system/Patient.read).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_SCOPE = re.compile(r"(?:system|user|patient)/(\*|[A-Za-z]+)\.(\*|read|write|c?r?u?d?s?)(?:\?.*)?")


def wanted(kinds: Iterable[str]) -> tuple[str, ...]:
    """What to ask for to read and search these types."""
    return tuple(f"system/{kind}.rs" for kind in kinds)


MADE = (
    "Communication",
    "Task",
    "DocumentReference",
    "AuditEvent",
    "MedicationRequest",
    "SupplyRequest",
    "DeviceRequest",
)
CHANGED = ("Patient", "Appointment", "Coverage")
"""Types that a desk creates (and finds again), and those that it puts right."""


def wanted_to_write() -> tuple[str, ...]:
    """What to ask for to send what a desk saves."""
    made = tuple(f"system/{kind}.crs" for kind in MADE)
    return made + tuple(f"system/{kind}.ru" for kind in CHANGED)


def writable(kind: str, granted: frozenset[str] | None) -> bool:
    """Whether a type may be created, or changed, as a desk does it. True when nobody said what was
    granted."""
    if granted is None:
        return True
    wanted = "c" if kind in MADE else "u"
    for scope in granted:
        found = _SCOPE.fullmatch(scope)
        if found and found[1] in ("*", kind):
            rights = found[2]
            if rights in ("*", "write") or (wanted in rights and rights != "read"):
                return True
    return False


def readable(kind: str, granted: frozenset[str] | None) -> bool:
    """Whether a type may be searched. True when nobody said what was granted."""
    if granted is None:
        return True
    for scope in granted:
        found = _SCOPE.fullmatch(scope)
        if found and found[1] in ("*", kind):
            rights = found[2]
            if rights in ("*", "read") or ("r" in rights and "s" in rights and rights != "write"):
                return True
    return False
