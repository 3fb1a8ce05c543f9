"""What a completed guide leaves: orders, lines for the note, the code, the last sentence.

Runs in: desk process, Qt main thread. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from ctidesk.care.guide import NO, YES, Guide, OrderSpec
from ctidesk.care.guide_expression import Value
from ctidesk.care.guide_facts import FactSource, Listed
from ctidesk.care.guide_run import Walk
from ctidesk.care.orders import (
    AppointmentOrder,
    CareOrder,
    MessageOrder,
    RefillOrder,
    SupplyOrder,
    TaskOrder,
)

ORDER_FIELDS: Mapping[str, tuple[frozenset[str], frozenset[str], Mapping[str, type]]] = {
    "refill": (frozenset({"drug"}), frozenset(), {"promised": str, "confirmed": str}),
    "supplies": (frozenset({"item"}), frozenset(), {"quantity": str}),
    "task": (
        frozenset({"title"}),
        frozenset({"note", "owner"}),
        {"chain": str, "due": str, "due_days": int, "urgent": bool, "callback": bool},
    ),
    "appointment": (
        frozenset(),
        frozenset({"what", "doctor", "place", "bring"}),
        {"action": str, "day": str, "time": str},
    ),
    "message": (
        frozenset({"template"}),
        frozenset({"channel"}),
        {"day": str, "time": str, "days_before": int, "values": str},
    ),
}
"""By kind: texts that have to be there, texts that may, and other fields. "promised", "quantity",
"day" and "time" name a step; "confirmed" the steps of which one has to be answered and not by "no";
"values" the steps whose answers the template shows."""
WORKDAY_ENDS = time(17, 0)
ADDRESS = "member.address"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """`closing`: the last sentence to say."""

    code: str
    note: tuple[str, ...] = field(repr=False)
    orders: tuple[CareOrder, ...] = field(repr=False)
    closing: str = ""
    confirmed_address: str = field(default="", repr=False)
    """See `care.orders.Placing`."""


STEP_FIELDS = ("due", "promised", "confirmed", "quantity", "day", "time", "values")
"""Those that name steps of the guide."""


def outcome(guide: Guide, walked: Walk, source: FactSource) -> Outcome:
    """Of a walk that is complete."""
    facts = walked.facts
    ending = next(each for each in guide.endings if each.when is None or each.when.holds(facts))
    return Outcome(
        code=ending.code,
        note=tuple(
            line.text.filled(facts)
            for line in guide.notes
            if line.when is None or line.when.holds(facts)
        ),
        orders=tuple(
            _order(spec, walked, source)
            for spec in guide.orders
            if spec.when is None or spec.when.holds(facts)
        ),
        closing=ending.say.filled(facts),
        confirmed_address=_confirmed_address(guide, facts),
    )


def _confirmed_address(guide: Guide, facts: Mapping[str, Value]) -> str:
    """A check that shows the address alone, answered with yes."""
    checks = (step.id for step in guide.steps if step.show == (ADDRESS,))
    if not any(facts.get(f"answer.{each}") == YES for each in checks):
        return ""
    return str(facts.get(ADDRESS, ""))


def _order(spec: OrderSpec, walked: Walk, source: FactSource) -> CareOrder:
    texts = {name: text.filled(walked.facts) for name, text in spec.texts.items()}
    make: Mapping[str, Callable[[OrderSpec, dict[str, str], Walk, FactSource], CareOrder]] = {
        "refill": _refill,
        "supplies": _supplies,
        "task": _task,
        "appointment": _appointment,
        "message": _message,
    }
    return make[spec.kind](spec, texts, walked, source)


def _refill(spec: OrderSpec, texts: dict[str, str], walked: Walk, source: FactSource) -> CareOrder:
    listed = Listed.PRESCRIPTIONS
    return RefillOrder(
        drug=texts["drug"],
        prescription=source.key_of(listed, walked.picked.get(listed, "")),
        promised=_day(spec, "promised", walked.facts),
        address_confirmed=_confirmed(spec, walked.facts),
    )


def _supplies(spec: OrderSpec, texts: dict[str, str], walked: Walk, _: FactSource) -> CareOrder:
    quantity = walked.facts.get(f"answer.{spec.plain.get('quantity', '')}", 1.0)
    return SupplyOrder(
        item=texts["item"], quantity=int(quantity) if isinstance(quantity, float) else 1
    )


def _task(spec: OrderSpec, texts: dict[str, str], walked: Walk, source: FactSource) -> CareOrder:
    days = int(spec.plain.get("due_days", 1))
    promised = _day(spec, "due", walked.facts)
    return TaskOrder(
        title=texts["title"],
        due=_at(promised or _working_day(source.today, days), WORKDAY_ENDS),
        owner=texts.get("owner", ""),
        chain=str(spec.plain.get("chain", "")),
        urgent=bool(spec.plain.get("urgent", False)),
        note=texts.get("note", ""),
        callback=bool(spec.plain.get("callback", False)),
    )


def _appointment(
    spec: OrderSpec, texts: dict[str, str], walked: Walk, source: FactSource
) -> CareOrder:
    action = str(spec.plain.get("action", "book"))
    listed = Listed.APPOINTMENTS
    picked = walked.picked.get(listed, "")
    return AppointmentOrder(
        action=action,
        appointment="" if action == "book" else source.key_of(listed, picked),
        starts=source.starts_of(picked) if action == "cancel" else _moment(spec, walked.facts),
        what=texts.get("what", ""),
        doctor=texts.get("doctor", ""),
        place=texts.get("place", ""),
        bring=texts.get("bring", ""),
    )


def _message(spec: OrderSpec, texts: dict[str, str], walked: Walk, source: FactSource) -> CareOrder:
    facts = walked.facts
    sent = _moment(spec, facts)
    before = int(spec.plain.get("days_before", 0))
    now = datetime.fromtimestamp(source.now_wall, UTC)
    send_at = None if sent is None else sent - timedelta(days=before)
    return MessageOrder(
        template=texts["template"],
        channel=texts.get("channel", ""),
        values=tuple(
            (name, _short(facts[f"answer.{name}"]))
            for name in _names(spec, "values")
            if f"answer.{name}" in facts
        ),
        send_at=None if send_at is None or send_at <= now else send_at,
    )


def _confirmed(spec: OrderSpec, facts: Mapping[str, Value]) -> bool:
    given = [facts.get(f"answer.{name}") for name in _names(spec, "confirmed")]
    return any(one not in (None, NO) for one in given)


def _names(spec: OrderSpec, name: str) -> list[str]:
    return [each.strip() for each in str(spec.plain.get(name, "")).split(",") if each.strip()]


def _day(spec: OrderSpec, name: str, facts: Mapping[str, Value]) -> date | None:
    found = facts.get(f"answer.{spec.plain.get(name, '')}")
    return found if isinstance(found, date) else None


def _moment(spec: OrderSpec, facts: Mapping[str, Value]) -> datetime | None:
    day = _day(spec, "day", facts)
    said = facts.get(f"answer.{spec.plain.get('time', '')}")
    if day is None:
        return None
    return _at(day, time.fromisoformat(said) if isinstance(said, str) else time(9, 0))


def _at(day: date, when: time) -> datetime:
    return datetime.combine(day, when).astimezone()


def _working_day(day: date, days: int) -> date:
    """So many working days later; weekends don't count."""
    while days > 0 or day.weekday() >= 5:
        day += timedelta(days=1)
        days -= day.weekday() < 5
    return day


def _short(value: Value) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
