"""Members, those who call for them, and the facts of the card, each with source and age.

Runs in: desk process, any thread (frozen values).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

MOST_HISTORY = 1_000
"""Newest contacts that a card carries."""


WITHDRAWN = frozenset({"cancelled", "canceled", "stopped", "revoked", "entered-in-error"})
"""Statuses of a prescription that does not hold any more."""


class Party(StrEnum):
    """Who is calling (R1): decides verification, guide and codes."""

    UNKNOWN = "unknown"
    MEMBER = "member"
    CARER = "carer"  # speaks for a member
    PROVIDER = "provider"
    SUPPLIER = "supplier"
    INSURER = "insurer"


CALLING_PARTIES = tuple(party for party in Party if party is not Party.UNKNOWN)
"""Those an agent can choose, in the order of their keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a fact comes from and when it was read there (seconds since the epoch, UTC)."""

    source: str
    read_wall: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Somebody whose number this may be. Carries no health data.

    `key`: opaque, unique in the result. `member_id` is "" for a facility. `reason`: why it
    matched, e.g. "mobile number", "shared household number", "carer of …".
    `certainty`: "exact" (E.164 equal), "national" or "last_digits".
    """

    key: str
    party: Party
    name: str
    member_id: str = ""
    facility_id: str = ""
    birth_year: int | None = None
    reason: str = ""
    certainty: str = "exact"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """The answer to a number. `candidates` may be many and are never picked by themselves; with
    none of them `reason` says why: "withheld", "not_a_number", "unknown", "unavailable"."""

    number: str  # as shown, e.g. "+49 171 5550 1234", "" when withheld
    e164: str
    candidates: tuple[Candidate, ...] = ()
    reason: str = ""
    took_ms: float = 0.0
    more: int = 0
    """Candidates beyond those listed (a switchboard that very many share)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    plan: str
    payer: str
    status: str  # "active", "cancelled", …
    begins: date | None
    ends: date | None
    copay: str = ""
    provenance: Provenance
    key: str = ""
    """The CRM's key of it, "" where it came another way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prescription:
    drug: str
    prescriber: str
    expires: date | None
    refills_left: int
    last_dispensed: date | None
    next_refill: date | None
    status: str = ""
    """ "cancelled", "stopped", …; "" where the source gives none."""
    provenance: Provenance
    key: str = ""
    """The CRM's key of it, "" where it came another way."""

    @property
    def withdrawn(self) -> bool:
        return self.status.lower() in WITHDRAWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorisation:
    item: str
    status: str
    expires: date | None
    units_left: int | None
    provenance: Provenance
    key: str = ""
    """The CRM's key of it, "" where it came another way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    starts: datetime  # aware, UTC
    what: str
    doctor: str
    place: str
    status: str
    bring: str = ""
    provenance: Provenance
    key: str = ""
    """The CRM's key of it, "" where it came another way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One line of the history: a call, SMS, e-mail, chat or web form."""

    at: datetime  # aware, UTC
    channel: str
    direction: str
    summary: str
    code: str = ""
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """Somebody of the household, a carer or a facility. `may_speak`: recorded authority; `scope`:
    what it covers, in the words of the disclosure policy ("" = not stated)."""

    name: str
    kind: str  # "household", "carer", "guardian", "parent", "proxy", "executor", "facility"
    member_id: str = ""
    may_speak: bool = False
    authority_until: date | None = None
    scope: str = ""
    provenance: Provenance | None = None


class Standing(StrEnum):
    """Of a clinic or doctor in the network of a plan. What nobody says is NOT_KNOWN, never OUT."""

    IN = "in network"
    OUT = "out of network"
    NOT_KNOWN = "not known"


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkFact:
    """A clinic or doctor against the member's plan. `place`: the clinic where the doctor works."""

    name: str
    kind: str  # "clinic", "hospital", "doctor", …
    standing: Standing
    place: str = ""
    networks: tuple[str, ...] = ()
    provenance: Provenance

    @property
    def is_doctor(self) -> bool:
        return self.kind == "doctor"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTask:
    """Something of the CRM that somebody still owes the member. `due`: None where nobody says."""

    what: str
    status: str
    due: date | None
    is_complaint: bool
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherDetail:
    """What another source says of the member herself. `detail`: "birth_date" or "address"."""

    detail: str
    value: str  # a birth date as ISO text
    provenance: Provenance


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberCard:
    """All that the card can show. Health data: hidden until the identity is verified (R7)."""

    member_id: str
    given: str
    family: str
    birth_date: date | None
    postcode: str
    address: str
    policy_number: str
    phone_last4: str
    language: str
    channel_preference: str
    crm_id: str = ""
    """The id of the member's record in the CRM, "" where the CRM has none."""
    deceased: str = ""
    """ISO date of death, "yes" where only that is known."""
    merged_into: str = ""
    """The member id of the record that took this one's place."""
    restricted: bool = False
    flags: tuple[str, ...] = ()
    coverages: tuple[Coverage, ...] = ()
    prescriptions: tuple[Prescription, ...] = ()
    authorisations: tuple[Authorisation, ...] = ()
    appointments: tuple[Appointment, ...] = ()
    history: tuple[Contact, ...] = ()
    relations: tuple[Relation, ...] = ()
    networks: tuple[NetworkFact, ...] = ()
    """Her clinics and doctors against her own plan."""
    open_tasks: tuple[OpenTask, ...] = ()
    other_details: tuple[OtherDetail, ...] = ()
    """Where another source says something else of the member than this card."""
    address_confirmed: date | None = None
    """When the member confirmed the address that the card shows."""
    provenance: Provenance = field(
        default_factory=lambda: Provenance(source="unknown", read_wall=0.0)
    )

    @property
    def name(self) -> str:
        return f"{self.given} {self.family}".strip()

    @property
    def is_deceased(self) -> bool:
        return bool(self.deceased) or self._flagged("deceased")

    @property
    def is_restricted(self) -> bool:
        return self.restricted or self._flagged("restricted")

    def _flagged(self, word: str) -> bool:
        return any(flag.strip().lower() == word for flag in self.flags)
