"""From the cells of one row to checked records, or to the column that is wrong and why.

Runs in: desk process, any thread. Pure. Reasons never quote a cell: the report leaves the desk.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta, timezone

from ctidesk.crm.matching import PARTY_OF_FACILITY, SPEAKS_FOR
from ctidesk.crm.records import (
    CarerRecord,
    ColleagueRecord,
    FacilityRecord,
    FactKind,
    FactRecord,
    MemberRecord,
    Phone,
    Record,
    phone,
)

MAX_CELL_CHARS = 2_000
_RELATIVE = re.compile(r"([+-]\d{1,5})d")
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_CLOCK = re.compile(
    r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6}))?)?(?: ?(Z|[+-])(?:(\d{2}):?(\d{2}))?)?"
)
MAX_PHONES = 40
SEPARATOR = "|"
"""Between several numbers, or flags, in one cell."""
_YES = frozenset({"yes", "y", "true", "1", "ja", "tak", "si", "sí", "ya"})
_NO = frozenset({"", "no", "n", "false", "0", "nein", "nie", "tidak"})

PHONES_OF_MEMBER = {
    "phone_mobile": "mobile",
    "phone_home": "home",
    "phone_work": "work",
    "phone": "",
}
PHONES_OF_FACILITY = {
    "phone": "main",
    "phone_work": "work",
    "phone_mobile": "mobile",
    "phone_home": "home",
}
PHONES_OF_COLLEAGUE = {
    "phone": "work",
    "phone_work": "work",
    "phone_mobile": "mobile",
    "phone_home": "home",
}
PHONES_OF_CARER = {
    "carer_phone": "mobile",
    "carer_phone_home": "home",
    "carer_phone_work": "work",
    "carer_phone_other": "",
}
"""Column → kind of the numbers in it, the one that is preferred without further words first."""


class BadCell(Exception):
    """`column` can't be used, for `reason` (no content of the cell)."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(f"{column}: {reason}")
        self.column = column
        self.reason = reason


class RowReader:
    """Reads rows for a house in `region`. `today`: what relative dates count from."""

    def __init__(self, region: str, today: date) -> None:
        self._region = region
        self._today = today

    def records(self, row: Mapping[str, str]) -> list[Record]:
        """What `row` (column → cell) says. Raises `BadCell`."""
        for column, cell in row.items():
            if len(cell) > MAX_CELL_CHARS:
                raise BadCell(column, f"longer than {MAX_CELL_CHARS} characters")
        cells = _Cells(row, self._region, self._today)
        if cells.text("facility_id"):
            return [_facility(cells)]
        if cells.text("extension"):
            return [_colleague(cells)]
        if not cells.text("member_id"):
            raise BadCell("member_id", "missing, and the row is no facility or colleague")
        found: list[Record] = []
        if cells.text("given") or cells.text("family"):
            found.append(_member(cells))
        for firsts, read in _GROUPS.items():
            if any(cells.text(first) for first in firsts):
                found.append(read(cells))
        if not found:
            raise BadCell("family", "no name, and nothing else about the member")
        return found


class _Cells:
    """The cells of a row with what checks them."""

    def __init__(self, row: Mapping[str, str], region: str, today: date) -> None:
        self._row = row
        self._region = region
        self._today = today

    def text(self, column: str) -> str:
        return self._row.get(column, "").strip()

    def needed(self, column: str) -> str:
        text = self.text(column)
        if not text:
            raise BadCell(column, "missing")
        return text

    def one_of(self, column: str, allowed: frozenset[str], default: str = "") -> str:
        word = (self.text(column) or default).lower().replace(" ", "_")
        if word not in allowed:
            raise BadCell(column, "not one of " + ", ".join(sorted(allowed)))
        return word

    def yes(self, column: str) -> bool:
        word = self.text(column).lower()
        if word not in _YES | _NO:
            raise BadCell(column, "neither yes nor no")
        return word in _YES

    def count(self, column: str) -> int | None:
        text = self.text(column)
        if not text:
            return None
        if not (text.isascii() and text.isdecimal() and len(text) <= 6):
            raise BadCell(column, "not a whole number")
        return int(text)

    def day(self, column: str) -> str | None:
        text = self.text(column)
        return self._day(column, text).isoformat() if text else None

    def moment(self, column: str) -> float:
        """Seconds since the epoch, from a day and a local time of day."""
        day, _, clock = self.needed(column).replace("T", " ").partition(" ")
        at = time(0, 0)
        if clock:
            at = _time_of_day(column, clock)
        try:
            return datetime.combine(self._day(column, day), at).timestamp()
        except (ValueError, OverflowError, OSError):
            raise BadCell(column, "no such date") from None

    def phones(self, kinds: Mapping[str, str], preferred: str = "") -> tuple[Phone, ...]:
        """`kinds`: column → kind of number. Preferred are those that the column `preferred` has,
        else the first one."""
        wanted = {(each.e164, each.national) for each in self._numbers(preferred, "")}
        found = [each for column, kind in kinds.items() for each in self._numbers(column, kind)]
        first = [(each.e164, each.national) in wanted for each in found]
        if not any(first):
            first = [place == 0 for place in range(len(found))]
        return tuple(replace(each, preferred=yes) for each, yes in zip(found, first, strict=True))

    def _numbers(self, column: str, kind: str) -> list[Phone]:
        texts = [each.strip() for each in self.text(column).split(SEPARATOR)]
        if len(texts) > MAX_PHONES:
            raise BadCell(column, f"more than {MAX_PHONES} numbers")
        found = []
        for text in filter(None, texts):
            read = phone(text, self._region, kind)
            if read is None:
                raise BadCell(column, "not a telephone number")
            found.append(read)
        return found

    def _day(self, column: str, text: str) -> date:
        try:
            if relative := _RELATIVE.fullmatch(text):
                return self._today + timedelta(days=int(relative[1]))
            if iso := _ISO.fullmatch(text):
                return date(int(iso[1]), int(iso[2]), int(iso[3]))
            if dotted := _DOTTED.fullmatch(text):
                return date(int(dotted[3]), int(dotted[2]), int(dotted[1]))
        except (ValueError, OverflowError):
            raise BadCell(column, "no such date") from None
        raise BadCell(column, "date not understood: use YYYY-MM-DD")


def _time_of_day(column: str, clock: str) -> time:
    """Local, or with the distance from UTC that stands behind it."""
    read = _CLOCK.match(clock)
    try:
        if read is None:
            raise ValueError
        zone = None
        if read[5] == "Z":
            zone = UTC
        elif read[6]:
            away = timedelta(hours=int(read[6]), minutes=int(read[7]))
            zone = timezone(away if read[5] == "+" else -away)
        micros = int((read[4] or "0").ljust(6, "0"))
        return time(int(read[1]), int(read[2]), int(read[3] or 0), micros, zone)
    except ValueError:
        raise BadCell(column, "time not understood: use 09:30") from None


def _member(cells: _Cells) -> MemberRecord:
    birth = cells.day("birth_date")
    return MemberRecord(
        member_id=cells.needed("member_id"),
        given=cells.text("given"),
        family=cells.text("family"),
        birth_date=birth,
        postcode=cells.text("postcode"),
        address=cells.text("address"),
        policy_number=cells.text("policy_number"),
        language=cells.text("language"),
        channel_preference=cells.text("channel"),
        flags=tuple(flag.strip() for flag in cells.text("flags").split("|") if flag.strip()),
        household=cells.text("household"),
        deceased=_death(cells),
        merged_into=cells.text("merged_into"),
        restricted=cells.yes("restricted"),
        phones=cells.phones(PHONES_OF_MEMBER, "phone_preferred"),
    )


def _death(cells: _Cells) -> str:
    """A date, "yes", or "" for whom lives."""
    said = cells.text("deceased")
    if not any(char.isdecimal() for char in said) or said in ("0", "1"):
        return "yes" if cells.yes("deceased") else ""
    return cells.day("deceased") or ""


def _facility(cells: _Cells) -> FacilityRecord:
    return FacilityRecord(
        facility_id=cells.needed("facility_id"),
        name=cells.needed("facility_name"),
        kind=cells.one_of("facility_kind", frozenset(PARTY_OF_FACILITY)),
        address=cells.text("address"),
        network_status=cells.text("network_status"),
        phones=cells.phones(PHONES_OF_FACILITY, "phone_preferred"),
    )


def _colleague(cells: _Cells) -> ColleagueRecord:
    extension = cells.needed("extension")
    if not (extension.isascii() and extension.isdecimal() and len(extension) <= 8):
        raise BadCell("extension", "not an extension of up to 8 digits")
    return ColleagueRecord(
        extension=extension,
        name=cells.needed("colleague_name"),
        team=cells.text("team"),
        phones=cells.phones(PHONES_OF_COLLEAGUE, "phone_preferred"),
    )


def _carer(cells: _Cells) -> CarerRecord:
    return CarerRecord(
        member_id=cells.needed("member_id"),
        name=cells.needed("carer_name"),
        kind=cells.one_of("carer_kind", SPEAKS_FOR, "carer"),
        other_id=cells.text("carer_member_id"),
        may_speak=cells.yes("carer_may_speak"),
        authority_until=cells.day("carer_until"),
        scope=cells.text("carer_scope"),
        phones=cells.phones(PHONES_OF_CARER, "phone_preferred"),
    )


def _coverage(cells: _Cells) -> FactRecord:
    return _fact(
        cells,
        FactKind.COVERAGE,
        plan=cells.text("plan"),
        payer=cells.text("payer"),
        status=cells.text("coverage_status"),
        begins=cells.day("coverage_begins"),
        ends=cells.day("coverage_ends"),
        copay=cells.text("copay"),
    )


def _prescription(cells: _Cells) -> FactRecord:
    return _fact(
        cells,
        FactKind.PRESCRIPTION,
        drug=cells.text("drug"),
        prescriber=cells.text("prescriber"),
        expires=cells.day("prescription_expires"),
        refills_left=cells.count("refills_left") or 0,
        last_dispensed=cells.day("last_dispensed"),
        next_refill=cells.day("next_refill"),
    )


def _authorisation(cells: _Cells) -> FactRecord:
    return _fact(
        cells,
        FactKind.AUTHORISATION,
        item=cells.text("authorised_item"),
        status=cells.text("authorisation_status"),
        expires=cells.day("authorisation_expires"),
        units_left=cells.count("units_left"),
    )


def _appointment(cells: _Cells) -> FactRecord:
    return _fact(
        cells,
        FactKind.APPOINTMENT,
        starts_wall=cells.moment("appointment_at"),
        what=cells.text("appointment_what"),
        doctor=cells.text("appointment_doctor"),
        place=cells.text("appointment_place"),
        status=cells.text("appointment_status"),
        bring=cells.text("appointment_bring"),
    )


def _contact(cells: _Cells) -> FactRecord:
    return _fact(
        cells,
        FactKind.CONTACT,
        at_wall=cells.moment("contact_at"),
        channel=cells.text("contact_channel"),
        direction=cells.text("contact_direction"),
        summary=cells.text("contact_summary"),
        code=cells.text("contact_code"),
    )


def _fact(cells: _Cells, kind: FactKind, **values: object) -> FactRecord:
    return FactRecord(member_id=cells.needed("member_id"), kind=kind, values=values)


_GROUPS: dict[tuple[str, ...], Callable[[_Cells], Record]] = {
    ("carer_name",): _carer,
    ("plan", "payer"): _coverage,
    ("drug",): _prescription,
    ("authorised_item",): _authorisation,
    ("appointment_what", "appointment_at"): _appointment,
    ("contact_summary", "contact_at"): _contact,
}
"""A row contributes where one of these columns is filled."""
