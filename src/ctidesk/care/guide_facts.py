"""What the conditions and sentences of guides can ask: facts of the call and of the member's card.

Runs in: desk process, Qt main thread. Pure. What this caller may not be told is not among them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

from ctidesk.care.cover_blockers import in_force
from ctidesk.care.field_groups import FieldGroup
from ctidesk.care.freshness import is_stale
from ctidesk.care.guide_expression import Kind, Value
from ctidesk.care.member import (
    Appointment,
    Authorisation,
    Coverage,
    MemberCard,
    Prescription,
)
from ctidesk.care.supply_blockers import authorisation_over

May = Callable[[str], bool]
"""Whether this caller may be told the facts of a group of the card, such as "coverage"."""


class Listed(StrEnum):
    """Lists of the card that a question can choose from; also the groups of their facts."""

    PRESCRIPTIONS = "prescriptions"
    AUTHORISATIONS = "authorisations"
    APPOINTMENTS = "appointments"
    COVERAGE = "coverage"


@dataclass(frozen=True, slots=True)
class Fact:
    """`group`: of the card, "" for what is no secret. `label`: in front of it on the screen."""

    kind: Kind
    group: str
    label: str


_T, _N, _D, _F = Kind.TEXT, Kind.NUMBER, Kind.DATE, Kind.FLAG

FACTS: Mapping[str, Fact] = {
    "party": Fact(_T, "", "Caller"),
    "verified": Fact(_F, "", "Identity checked"),
    "today": Fact(_D, "", "Today"),
    "agent": Fact(_T, "", "Agent"),
    "member.name": Fact(_T, "identity", "Name"),
    "member.address": Fact(_T, "address", "Address"),
    "member.language": Fact(_T, "identity", "Language"),
    "member.channel": Fact(_T, "identity", "Prefers"),
    "member.policy": Fact(_T, "coverage", "Policy"),
    "cover.plan": Fact(_T, "coverage", "Plan"),
    "cover.payer": Fact(_T, "coverage", "Insurer"),
    "cover.copay": Fact(_T, "coverage", "Own share"),
    "cover.active": Fact(_F, "coverage", "Active"),
    "cover.begins": Fact(_D, "coverage", "Begins"),
    "cover.ends": Fact(_D, "coverage", "Ends"),
    "cover.days_left": Fact(_N, "coverage", "Days left"),
    "cover.stale": Fact(_F, "coverage", "Confirm before quoting"),
    "rx.count": Fact(_N, "prescriptions", "Prescriptions"),
    "rx.drug": Fact(_T, "prescriptions", "Medicine"),
    "rx.prescriber": Fact(_T, "prescriptions", "Prescriber"),
    "rx.expires": Fact(_D, "prescriptions", "Valid until"),
    "rx.expired": Fact(_F, "prescriptions", "Expired"),
    "rx.refills_left": Fact(_N, "prescriptions", "Refills left"),
    "rx.next": Fact(_D, "prescriptions", "Refill possible from"),
    "rx.early": Fact(_F, "prescriptions", "Too early"),
    "rx.stale": Fact(_F, "prescriptions", "Confirm before quoting"),
    "auth.count": Fact(_N, "authorisations", "Authorisations"),
    "auth.item": Fact(_T, "authorisations", "Item"),
    "auth.status": Fact(_T, "authorisations", "Status"),
    "auth.expires": Fact(_D, "authorisations", "Valid until"),
    "auth.days_left": Fact(_N, "authorisations", "Days left"),
    "auth.units_left": Fact(_N, "authorisations", "Units left"),
    "auth.usable": Fact(_F, "authorisations", "Can be used"),
    "auth.any_unusable": Fact(_F, "authorisations", "One expired or used up"),
    "auth.stale": Fact(_F, "authorisations", "Confirm before quoting"),
    "appt.count": Fact(_N, "appointments", "Appointments"),
    "appt.what": Fact(_T, "appointments", "Appointment"),
    "appt.doctor": Fact(_T, "appointments", "With"),
    "appt.place": Fact(_T, "appointments", "Place"),
    "appt.day": Fact(_D, "appointments", "Day"),
    "appt.time": Fact(_T, "appointments", "Time"),
    "appt.bring": Fact(_T, "appointments", "Bring"),
}
"""Every fact by name; `answer.<step>` comes with the answers of a guide."""

Picked = Mapping[Listed, str]
"""The line of each list that the caller speaks of, as `FactSource.options` names it."""
_GONE = {"cancelled", "canceled", "noshow", "no-show", "fulfilled", "entered-in-error"}


_COUNTS = {
    "rx.count": Listed.PRESCRIPTIONS,
    "auth.count": Listed.AUTHORISATIONS,
    "appt.count": Listed.APPOINTMENTS,
}


@dataclass(frozen=True, slots=True)
class FactSource:
    """The facts of one call as of now. `card` None: no card is open. `now_wall`: seconds since the
    epoch; `today`: the agent's day."""

    party: str
    verified: bool
    now_wall: float
    today: date
    may: May
    card: MemberCard | None = None
    agent: str = ""

    def options(self, listed: Listed) -> tuple[str, ...]:
        """The lines of the list by name, equal names numbered; none where it may not be told."""
        return tuple(name for name, _ in self._listed(listed))

    def facts(self, picked: Picked) -> dict[str, Value]:
        """What is known and may be told. Of a list with one line, that one is meant; of several
        the picked one, and without a pick none."""
        found: dict[str, Value | None] = {
            "party": self.party or "unknown",
            "verified": self.verified,
            "today": self.today,
            "agent": self.agent,
        }
        card = self.card
        if card is not None:
            found |= {
                "member.name": card.name,
                "member.address": card.address,
                "member.language": card.language,
                "member.channel": card.channel_preference,
                "member.policy": card.policy_number,
                "auth.any_unusable": any(not self._usable(each) for each in card.authorisations),
            }
            for name, listed in _COUNTS.items():
                if self.may(listed.value):  # what is withheld is not "none on record"
                    found[name] = float(len(self._listed(listed)))
            for listed in Listed:
                one = self._meant(listed, picked.get(listed, ""))
                if one is not None:
                    found |= self._facts_of(one)
            if not card.coverages:
                found["cover.active"] = False
        return {
            name: value
            for name, value in found.items()
            if value is not None and value != "" and self._told(FACTS[name].group)
        }

    def _told(self, group: str) -> bool:
        return not group or self.may(group)

    def key_of(self, listed: Listed, picked: str) -> str:
        """The CRM's key of the meant line, "" where it has none or nothing is meant."""
        return str(getattr(self._meant(listed, picked), "key", ""))

    def starts_of(self, picked: str) -> datetime | None:
        """When the meant appointment begins, aware."""
        one = self._meant(Listed.APPOINTMENTS, picked)
        return one.starts if isinstance(one, Appointment) else None

    def _meant(self, listed: Listed, picked: str) -> object | None:
        lines = self._listed(listed)
        if listed is Listed.COVERAGE and not picked and lines:
            # what counts today is meant, else the newest of those that are over
            return next((one for _, one in lines if self._active(one)), lines[-1][1])
        if len(lines) == 1:
            return lines[0][1]
        return next((one for name, one in lines if name == picked), None)

    def _listed(self, listed: Listed) -> list[tuple[str, object]]:
        card = self.card
        if card is None or not self.may(listed.value):
            return []
        named: list[tuple[str, object]] = []
        match listed:
            case Listed.PRESCRIPTIONS:
                named = [(one.drug, one) for one in card.prescriptions if not one.withdrawn]
            case Listed.AUTHORISATIONS:
                named = [(one.item, one) for one in card.authorisations]
            case Listed.COVERAGE:
                named = [(one.plan, one) for one in card.coverages]
            case Listed.APPOINTMENTS:
                named = [
                    (_appointment_name(one), one)
                    for one in card.appointments
                    if one.starts >= datetime.fromtimestamp(self.now_wall, UTC)
                    and one.status.lower() not in _GONE
                ]
        return _numbered(named)

    def _facts_of(self, one: object) -> dict[str, Value | None]:
        match one:
            case Coverage():
                return self._coverage(one)
            case Prescription():
                return self._prescription(one)
            case Authorisation():
                return self._authorisation(one)
            case Appointment():
                return _appointment(one)
        return {}

    def _coverage(self, one: Coverage) -> dict[str, Value | None]:
        return {
            "cover.plan": one.plan,
            "cover.payer": one.payer,
            "cover.copay": one.copay,
            "cover.active": self._active(one),
            "cover.begins": one.begins,
            "cover.ends": one.ends,
            "cover.days_left": self._days_to(one.ends),
            "cover.stale": is_stale(FieldGroup.COVERAGE, one.provenance, self.now_wall),
        }

    def _prescription(self, one: Prescription) -> dict[str, Value | None]:
        return {
            "rx.drug": one.drug,
            "rx.prescriber": one.prescriber,
            "rx.expires": one.expires,
            # no date on record is not "valid": it stays unknown
            "rx.expired": None if one.expires is None else one.expires < self.today,
            "rx.refills_left": float(one.refills_left),
            "rx.next": one.next_refill,
            "rx.early": one.next_refill is not None and one.next_refill > self.today,
            "rx.stale": is_stale(FieldGroup.PRESCRIPTIONS, one.provenance, self.now_wall),
        }

    def _authorisation(self, one: Authorisation) -> dict[str, Value | None]:
        return {
            "auth.item": one.item,
            "auth.status": one.status,
            "auth.expires": one.expires,
            "auth.days_left": self._days_to(one.expires),
            "auth.units_left": None if one.units_left is None else float(one.units_left),
            "auth.usable": self._usable(one),
            "auth.stale": is_stale(FieldGroup.AUTHORISATIONS, one.provenance, self.now_wall),
        }

    def _active(self, one: object) -> bool:
        return isinstance(one, Coverage) and in_force(one, self.today)

    def _usable(self, one: Authorisation) -> bool:
        return not authorisation_over(one, self.today)

    def _days_to(self, day: date | None) -> float | None:
        return None if day is None else float((day - self.today).days)


def _appointment(one: Appointment) -> dict[str, Value | None]:
    local = one.starts.astimezone()
    return {
        "appt.what": one.what,
        "appt.doctor": one.doctor,
        "appt.place": one.place,
        "appt.day": local.date(),
        "appt.time": f"{local:%H:%M}",
        "appt.bring": one.bring,
    }


def _numbered(named: list[tuple[str, object]]) -> list[tuple[str, object]]:
    seen: dict[str, int] = {}
    found: list[tuple[str, object]] = []
    for name, one in named:
        seen[name] = seen.get(name, 0) + 1
        found.append((name if seen[name] == 1 else f"{name} ({seen[name]})", one))
    return found


def _appointment_name(one: Appointment) -> str:
    local = one.starts.astimezone()
    return f"{one.what}, {local.day} {local:%b %H:%M}"
