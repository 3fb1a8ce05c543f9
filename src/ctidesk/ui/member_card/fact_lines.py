"""One fact as a line: what it says, its source and age, whether it may be quoted.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from ctidesk.calls.text import plain
from ctidesk.care.cover_blockers import coverage_ended
from ctidesk.care.day_words import day, local_day
from ctidesk.care.field_groups import FieldGroup
from ctidesk.care.freshness import is_known, is_stale
from ctidesk.care.member import (
    Appointment,
    Authorisation,
    Contact,
    Coverage,
    NetworkFact,
    Prescription,
    Provenance,
    Relation,
    Standing,
)
from ctidesk.care.supply_blockers import authorisation_over
from ctidesk.ui import words
from ctidesk.ui.member_card.network_words import network_detail, network_title

_WAYS = {"inbound": "in", "outbound": "out"}
UNKNOWN_SOURCE = "source unknown"


@dataclass(frozen=True, slots=True)
class FactLine:
    """`stale`: confirm before quoting. `over`: no longer valid (expired, past, cancelled). `gone`:
    the source has it no longer. `disputed`: another source says something else. `sourced`: it is
    known where it comes from and when it was read. `channel`: of a contact."""

    kind: str
    title: str
    detail: str
    source: str
    group: FieldGroup = FieldGroup.IDENTITY
    stale: bool = False
    over: bool = False
    gone: bool = False
    disputed: bool = False
    sourced: bool = True
    channel: str = ""
    standing: Standing | None = None


class FactWords:
    """Turns records into lines as of one moment. `disputed`: the facts that others contradict."""

    def __init__(
        self,
        now_wall: float,
        code_label: Callable[[str], str] = str,
        disputed: Iterable[object] = (),
    ) -> None:
        self._code_label = code_label
        self._now = now_wall
        self._disputed = {id(one) for one in disputed}
        self._sources: dict[Provenance, str] = {}
        self._judged: dict[tuple[FieldGroup, Provenance], tuple[str, bool, bool]] = {}
        self.today = local_day(now_wall)

    def source(self, provenance: Provenance) -> str:
        """ "local import, 3 h ago"; of the many contacts of one source said once."""
        known = self._sources.get(provenance)
        if known is None:
            known = self._sources[provenance] = self._source(provenance)
        return known

    def coverage(self, one: Coverage) -> FactLine:
        copay = f"copay {one.copay}" if one.copay else ""
        title = " · ".join(part for part in (one.plan, one.payer) if part)
        parts = (one.status, _term(one.begins, one.ends), copay)
        over = coverage_ended(one, self.today)
        return self._line("Coverage", FieldGroup.COVERAGE, title, parts, one, over=over)

    def network(self, one: NetworkFact) -> FactLine:
        return self._line(
            "Network",
            FieldGroup.NETWORK,
            network_title(one),
            (network_detail(one),),
            one,
            standing=one.standing,
        )

    def prescription(self, one: Prescription) -> FactLine:
        parts = (
            f"by {one.prescriber}" if one.prescriber else "",
            one.status if one.withdrawn else "",
            f"{one.refills_left} refills left" if one.refills_left != 1 else "1 refill left",
            f"next {day(one.next_refill)}" if one.next_refill else "",
            f"valid until {day(one.expires)}" if one.expires else "no end on record",
        )
        over = one.withdrawn or (one.expires is not None and one.expires < self.today)
        group = FieldGroup.PRESCRIPTIONS
        return self._line("Prescription", group, one.drug, parts, one, over=over)

    def authorisation(self, one: Authorisation) -> FactLine:
        left = "" if one.units_left is None else f"{one.units_left} units left"
        until = f"until {day(one.expires)}" if one.expires else "no end on record"
        over = authorisation_over(one, self.today)
        group = FieldGroup.AUTHORISATIONS
        parts = (one.status, until, left)
        return self._line("Authorisation", group, one.item, parts, one, over=over)

    def appointment(self, one: Appointment) -> FactLine:
        local = one.starts.astimezone()
        title = f"{local:%a} {day(local.date())}, {local:%H:%M}"
        bring = f"bring {one.bring}" if one.bring else ""
        gone = one.starts < datetime.fromtimestamp(self._now, UTC)
        over = gone or one.status.lower() in ("cancelled", "canceled", "noshow")
        parts = (one.what, one.doctor, one.place, one.status, bring)
        return self._line("Appointment", FieldGroup.APPOINTMENTS, title, parts, one, over=over)

    def contact(self, one: Contact) -> FactLine:
        local = one.at.astimezone()
        way = _WAYS.get(one.direction, one.direction)
        title = f"{day(local.date())}, {local:%H:%M} · {words.channel(one.channel)} {way}".strip()
        parts = (one.summary, self._code_label(one.code) if one.code else "")
        channel = one.channel.lower()
        return self._line("Contact", FieldGroup.HISTORY, title, parts, one, channel=channel)

    def relation(self, one: Relation, of_card: Provenance) -> FactLine:
        until = f" until {day(one.authority_until)}" if one.authority_until else ""
        expired = one.authority_until is not None and one.authority_until < self.today
        speaks = (
            f"may speak for the member{until}" if one.may_speak else "may not speak for the member"
        )
        provenance = one.provenance or of_card
        return FactLine(
            kind="Relation",
            title=f"{plain(one.name)} · {plain(one.kind)}",
            detail=speaks,
            source=self.source(provenance),
            group=FieldGroup.RELATIONS,
            stale=is_stale(FieldGroup.RELATIONS, provenance, self._now),
            sourced=is_known(provenance, self._now),
            over=expired,
        )

    # ----------------------------------------------------------------- private

    def _line(
        self,
        kind: str,
        group: FieldGroup,
        title: str,
        parts: tuple[str, ...],
        record: Any,
        **more: Any,
    ) -> FactLine:
        source, stale, sourced = self._judge(group, record.provenance)
        disputed = id(record) in self._disputed
        return FactLine(
            kind=kind,
            title=plain(title, 120),
            detail=plain(" · ".join(part for part in parts if part), 240),
            source=source,
            group=group,
            stale=disputed or stale,
            sourced=sourced,
            disputed=disputed,
            **more,
        )

    def _judge(self, group: FieldGroup, provenance: Provenance) -> tuple[str, bool, bool]:
        """(source and age, stale, sourced): of 500 contacts of one reading judged once."""
        key = (group, provenance)
        known = self._judged.get(key)
        if known is None:
            stale = is_stale(group, provenance, self._now)
            sourced = is_known(provenance, self._now)
            known = self._judged[key] = (self.source(provenance), stale, sourced)
        return known

    def _source(self, provenance: Provenance) -> str:
        name = plain(provenance.source, 40)
        if is_known(provenance, self._now):
            return f"{name}, {words.age(self._now - provenance.read_wall)}"
        if not name or name.lower() == "unknown":
            return UNKNOWN_SOURCE
        return f"{name}, date unknown"


def _term(begins: date | None, ends: date | None) -> str:
    if begins and ends:
        return f"{day(begins)} – {day(ends)}"
    if ends:
        return f"until {day(ends)}"
    return f"since {day(begins)}" if begins else "no dates on record"
