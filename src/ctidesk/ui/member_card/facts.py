"""The facts of a verified card as lines, each with its source and age.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from ctidesk.calls.text import plain
from ctidesk.care.blockers import Blocker, blockers, coverage_ended, is_stale
from ctidesk.care.member import (
    Appointment,
    Authorisation,
    Contact,
    Coverage,
    MemberCard,
    Prescription,
    Provenance,
    Relation,
)
from ctidesk.ui import words
from ctidesk.ui.member_card.languages import language_name

TABS = ("Summary", "Coverage", "Prescriptions", "Authorisations", "Appointments", "History")
SUMMARY_LINES = 3


@dataclass(frozen=True, slots=True)
class FactLine:
    """`stale`: confirm before quoting. `over`: no longer valid (expired, past, cancelled). `gone`:
    the source has it no longer."""

    kind: str
    title: str
    detail: str
    source: str
    stale: bool = False
    over: bool = False
    gone: bool = False


@dataclass(frozen=True, slots=True)
class CardFacts:
    """`identity`: (caption, value) pairs. `tabs`: lines by the names in `TABS`."""

    identity: tuple[tuple[str, str], ...]
    flags: tuple[str, ...]
    blockers: tuple[Blocker, ...]
    tabs: dict[str, tuple[FactLine, ...]]


def card_facts(
    card: MemberCard, now_wall: float, code_label: Callable[[str], str] = str
) -> CardFacts:
    """Everything that the verified card shows, as of `now_wall` (seconds since the epoch).
    `code_label`: a wrap-up code in words."""
    today = datetime.fromtimestamp(now_wall).date()
    told = _Told(now_wall, today, code_label)
    coverage = tuple(told.coverage(one) for one in card.coverages)
    rx = tuple(told.prescription(one) for one in card.prescriptions)
    auths = tuple(told.authorisation(one) for one in card.authorisations)
    upcoming = sorted(card.appointments, key=lambda one: one.starts)
    visits = tuple(told.appointment(one) for one in upcoming)
    contacts = sorted(card.history, key=lambda one: one.at, reverse=True)
    history = tuple(told.contact(one) for one in contacts)
    next_visits = tuple(one for one in visits if not one.over)
    summary = (
        *coverage[:1],
        *next_visits[:1],
        *[one for one in auths if one.over][:SUMMARY_LINES],
        *rx[:SUMMARY_LINES],
        *history[:SUMMARY_LINES],
        *(told.relation(one, card.provenance) for one in card.relations[:SUMMARY_LINES]),
    )
    lines = (summary, coverage, rx, auths, (*next_visits, *(v for v in visits if v.over)), history)
    return CardFacts(
        identity=_identity(card),
        flags=tuple(plain(flag, 40) for flag in card.flags),
        blockers=blockers(card, today),
        tabs=dict(zip(TABS, lines, strict=True)),
    )


def _identity(card: MemberCard) -> tuple[tuple[str, str], ...]:
    return (
        ("Date of birth", day(card.birth_date) if card.birth_date else "not on record"),
        ("Member ID", plain(card.member_id, 40)),
        ("Policy number", plain(card.policy_number, 40) or "not on record"),
        ("Address", plain(f"{card.address}, {card.postcode}".strip(", "), 120) or "not on record"),
        ("Language", plain(language_name(card.language), 20) or "not on record"),
        ("Prefers", words.channel(plain(card.channel_preference, 20)) or "no preference"),
    )


def day(value: date) -> str:
    """ "3 Apr 1958": no reader takes the day for the month."""
    return f"{value.day} {value:%b %Y}"


class _Told:
    """Turns records into lines as of one moment."""

    def __init__(self, now_wall: float, today: date, code_label: Callable[[str], str]) -> None:
        self._code_label = code_label
        self._now = now_wall
        self._today = today

    def coverage(self, one: Coverage) -> FactLine:
        term = _term(one.begins, one.ends)
        copay = f"copay {one.copay}" if one.copay else ""
        over = coverage_ended(one, self._today)
        return self._line(
            "Coverage", f"{one.plan} · {one.payer}", (one.status, term, copay), one, over
        )

    def prescription(self, one: Prescription) -> FactLine:
        parts = (
            f"by {one.prescriber}" if one.prescriber else "",
            f"{one.refills_left} refills left" if one.refills_left != 1 else "1 refill left",
            f"next {day(one.next_refill)}" if one.next_refill else "",
            f"valid until {day(one.expires)}" if one.expires else "",
        )
        over = one.expires is not None and one.expires < self._today
        return self._line("Prescription", one.drug, parts, one, over)

    def authorisation(self, one: Authorisation) -> FactLine:
        left = "" if one.units_left is None else f"{one.units_left} units left"
        until = f"until {day(one.expires)}" if one.expires else ""
        over = (one.expires is not None and one.expires < self._today) or one.units_left == 0
        return self._line("Authorisation", one.item, (one.status, until, left), one, over)

    def appointment(self, one: Appointment) -> FactLine:
        local = one.starts.astimezone()
        when = f"{local:%a} {day(local.date())}, {local:%H:%M}"
        bring = f"bring {one.bring}" if one.bring else ""
        gone = one.starts < datetime.fromtimestamp(self._now, UTC)
        over = gone or one.status.lower() in ("cancelled", "canceled", "noshow")
        parts = (one.what, one.doctor, one.place, one.status, bring)
        return self._line("Appointment", when, parts, one, over)

    def contact(self, one: Contact) -> FactLine:
        local = one.at.astimezone()
        way = _WAYS.get(one.direction, one.direction)
        title = f"{day(local.date())}, {local:%H:%M} · {words.channel(one.channel)} {way}".strip()
        return self._line("Contact", title, (one.summary, self._code_label(one.code)), one, False)

    def relation(self, one: Relation, provenance: Provenance) -> FactLine:
        until = f" until {day(one.authority_until)}" if one.authority_until else ""
        expired = one.authority_until is not None and one.authority_until < self._today
        speaks = (
            f"may speak for the member{until}" if one.may_speak else "may not speak for the member"
        )
        return FactLine(
            kind="Relation",
            title=f"{plain(one.name)} · {plain(one.kind)}",
            detail=speaks,
            source=self._source(provenance),
            over=expired,
        )

    def _line(
        self, kind: str, title: str, parts: tuple[str, ...], record: Any, over: bool
    ) -> FactLine:
        provenance: Provenance = record.provenance
        return FactLine(
            kind=kind,
            title=plain(title, 120),
            detail=plain(" · ".join(part for part in parts if part), 240),
            source=self._source(provenance),
            stale=is_stale(record, provenance, self._now),
            over=over,
        )

    def _source(self, provenance: Provenance) -> str:
        return f"{plain(provenance.source, 40)}, {words.age(self._now - provenance.read_wall)}"


_WAYS = {"inbound": "in", "outbound": "out"}


def _term(begins: date | None, ends: date | None) -> str:
    if begins and ends:
        return f"{day(begins)} – {day(ends)}"
    if ends:
        return f"until {day(ends)}"
    return f"since {day(begins)}" if begins else ""
