"""How old a fact may be and still be quoted (R6): the one place of these limits.

Runs in: desk process, any thread. Pure.
"""

from __future__ import annotations

from ctidesk.care.field_groups import FieldGroup
from ctidesk.care.member import Provenance

DAY_S = 86400.0
FRESH_S = {
    # what a wrong word about costs most
    FieldGroup.COVERAGE: DAY_S,
    FieldGroup.AUTHORISATIONS: DAY_S,
    FieldGroup.NETWORK: DAY_S,
    FieldGroup.IDENTITY: 7 * DAY_S,
    FieldGroup.PRESCRIPTIONS: 7 * DAY_S,
    FieldGroup.APPOINTMENTS: 7 * DAY_S,
    FieldGroup.HISTORY: 7 * DAY_S,
    FieldGroup.RELATIONS: 7 * DAY_S,
}
"""Older than this is confirmed before it is quoted."""
ENDS_SOON_DAYS = 30
"""A policy that ends within these is worth a word."""
EXPIRES_SOON_DAYS = 7
"""An authorisation that expires within these is renewed now."""
CONFIRM_ADDRESS_DAYS = 180
"""An address that nobody confirmed for longer is asked for before anything is sent."""

_UNKNOWN = {"", "unknown"}


def is_known(provenance: Provenance, now_wall: float) -> bool:
    """Whether it is said where the fact comes from and when it was read. A reading of the future
    (a clock that was wrong) has no age."""
    said = provenance.source.strip().lower() not in _UNKNOWN
    return said and 0.0 < provenance.read_wall < now_wall + DAY_S


def is_stale(group: FieldGroup, provenance: Provenance, now_wall: float) -> bool:
    """Not to be quoted without confirming: too old, or of unknown source or age."""
    old = now_wall - provenance.read_wall > FRESH_S[group]
    return old or not is_known(provenance, now_wall)
