"""What a directory import brings, already checked: people, facilities, numbers, facts.

Runs in: desk process, any thread. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from ctidesk.calls import numbers
from ctidesk.calls.numbers import NumberKind


class FactKind(StrEnum):
    """The tables of facts about a member."""

    COVERAGE = "coverages"
    PRESCRIPTION = "prescriptions"
    AUTHORISATION = "authorisations"
    APPOINTMENT = "appointments"
    CONTACT = "contacts"


@dataclass(frozen=True, slots=True)
class Phone:
    """A number of somebody. `kind`: "mobile", "home", "work", "main"."""

    e164: str
    national: str
    kind: str
    preferred: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRecord:
    """Dates are ISO text. `household`: the same word for all who live together, "" alone.
    `deceased`: a date, or "yes"; `merged_into`: the member id of the record that goes on."""

    member_id: str
    given: str
    family: str
    birth_date: str | None = None
    postcode: str = ""
    address: str = ""
    policy_number: str = ""
    language: str = ""
    channel_preference: str = ""
    flags: tuple[str, ...] = ()
    household: str = ""
    deceased: str = ""
    merged_into: str = ""
    restricted: bool = False
    phones: tuple[Phone, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FacilityRecord:
    facility_id: str
    name: str
    kind: str
    address: str = ""
    network_status: str = ""
    phones: tuple[Phone, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ColleagueRecord:
    extension: str
    name: str
    team: str = ""
    phones: tuple[Phone, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CarerRecord:
    """Somebody who calls for the member `member_id`. `other_id`: their own member id, if any."""

    member_id: str
    name: str
    kind: str = "carer"
    other_id: str = ""
    may_speak: bool = False
    authority_until: str | None = None
    scope: str = ""
    phones: tuple[Phone, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FactRecord:
    """`values`: the columns of the fact's table."""

    member_id: str
    kind: FactKind
    values: dict[str, Any] = field(hash=False)


Record = MemberRecord | FacilityRecord | ColleagueRecord | CarerRecord | FactRecord


def phone(raw: str, region: str, kind: str, *, preferred: bool = False) -> Phone | None:
    """A number as the directory keeps it, None if it is no number that somebody has."""
    read = numbers.normalise(raw, region, show=False)
    if read.kind is NumberKind.E164:
        return Phone(read.e164, read.national, kind, preferred)
    if read.kind is NumberKind.INVALID and len(read.digits) >= 6:
        return Phone("", read.digits.lstrip("0"), kind, preferred)
    return None
