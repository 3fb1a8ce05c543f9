"""One order of a guide's file read into its value.

Runs in: desk process, any thread. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Set

from ctidesk.care.guide import OrderSpec
from ctidesk.care.guide_expression import Kind
from ctidesk.care.guide_fields import Fields
from ctidesk.care.guide_orders import ORDER_FIELDS, STEP_FIELDS

_ACTIONS = ("book", "move", "cancel")


def read_order(fields: Fields, kinds: Mapping[str, Kind], steps: Set[str]) -> OrderSpec:
    """`steps`: the ids of the guide's steps. Mistakes are noted in the source."""
    kind: str = fields.get("kind", str, "")
    if kind not in ORDER_FIELDS:
        fields.wrong("kind", f"has to be one of: {', '.join(ORDER_FIELDS)}")
        return OrderSpec(kind=kind)
    needed, possible, others = ORDER_FIELDS[kind]
    fields.only(("kind", "when", *needed, *possible, *others))
    texts = {name: fields.text(name, kinds, needed=True) for name in sorted(needed)}
    texts |= {name: fields.text(name, kinds) for name in sorted(possible) if fields.has(name)}
    plain = {name: fields.get(name, typ, typ()) for name, typ in others.items() if fields.has(name)}
    for name in STEP_FIELDS:
        for step in str(plain.get(name, "")).split(","):
            if name in plain and step.strip() not in steps:
                fields.wrong(name, f"names “{step.strip()[:40]}”, which is no step of the guide")
    if kind == "appointment" and plain.get("action") not in _ACTIONS:
        fields.wrong("action", f"has to be one of: {', '.join(_ACTIONS)}")
    days = plain.get("due_days", 0)
    if not isinstance(days, int) or not 0 <= days <= 365:
        fields.wrong("due_days", "has to be 0–365")
    return OrderSpec(kind=kind, when=fields.when(kinds), texts=texts, plain=plain)
