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


def wanted_to_write() -> tuple[str, ...]:
    """What to ask for to send what a desk saves: create what it makes (and find it again), change
    what it may put right."""
    told = ("Communication", "Task", "DocumentReference", "AuditEvent")
    asked = ("MedicationRequest", "SupplyRequest", "DeviceRequest")
    changed = ("Patient", "Appointment", "Coverage")
    made = tuple(f"system/{kind}.crs" for kind in told + asked)
    return made + tuple(f"system/{kind}.ru" for kind in changed)


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
