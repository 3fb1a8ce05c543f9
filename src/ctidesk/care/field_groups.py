"""The groups of a card's facts that are told or withheld together.

Runs in: desk process, any thread (constants).
"""

from __future__ import annotations

from enum import StrEnum


class FieldGroup(StrEnum):
    IDENTITY = "identity"
    COVERAGE = "coverage"
    NETWORK = "network"
    PRESCRIPTIONS = "prescriptions"
    AUTHORISATIONS = "authorisations"
    APPOINTMENTS = "appointments"
    HISTORY = "history"
    RELATIONS = "relations"
