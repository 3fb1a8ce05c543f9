"""A change of single fields, laid over whatever the CRM has by now.

Runs in: desk process, the CRM's sending thread. Pure. The three texts of a field are what the agent
saw (`base`), what she made of it (`mine`) and what the CRM has now (theirs). Only where both sides
changed the same field is there a conflict; it is decided by a person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ctidesk.crm.fhir.fields import fields_of, same


@dataclass(frozen=True, slots=True)
class Change:
    """Of one field, by its name in `fields`."""

    name: str
    base: str = field(repr=False)
    mine: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`due`: changes that are to be written; `clashes`: what the CRM has instead, by field."""

    due: tuple[Change, ...]
    clashes: Mapping[str, str] = field(repr=False)


def changes_of(body: Mapping[str, Any]) -> list[Change]:
    """As `plain` wrote them; what this version does not know is left out."""
    found = body.get("changes")
    known = fields_of(str(body.get("resource", "")).partition("/")[0])
    return [
        Change(str(each["name"]), str(each["base"]), str(each["mine"]))
        for each in (found if isinstance(found, list) else ())
        if isinstance(each, dict) and each.get("name") in known
    ]


def plain(changes: Sequence[Change]) -> list[dict[str, str]]:
    return [{"name": each.name, "base": each.base, "mine": each.mine} for each in changes]


def judge(resource: Mapping[str, Any], changes: Sequence[Change]) -> Verdict:
    """What is still to be done to `resource`. A field that says already what it shall say (by an
    earlier try whose answer was lost, or by somebody else) needs nothing."""
    fields = fields_of(str(resource.get("resourceType", "")))
    due: list[Change] = []
    clashes: dict[str, str] = {}
    for each in changes:
        theirs = fields[each.name].read(dict(resource)) if each.name in fields else each.mine
        if same(theirs, each.mine):
            continue
        if same(theirs, each.base):
            due.append(each)
        else:
            clashes[each.name] = theirs
    return Verdict(tuple(due), clashes)


def apply(resource: dict[str, Any], changes: Sequence[Change]) -> None:
    """In place; everything else of the resource stays."""
    fields = fields_of(str(resource.get("resourceType", "")))
    for each in changes:
        fields[each.name].write(resource, each.mine)


def decided(
    changes: Sequence[Change], theirs: Mapping[str, str], chosen: Mapping[str, str]
) -> list[Change]:
    """What is left of a change once a person chose a text for each field in `theirs`: theirs is no
    change, all else goes over theirs knowingly."""
    left: list[Change] = []
    for each in changes:
        if each.name not in theirs:
            left.append(each)
        elif not same(chosen[each.name], theirs[each.name]):
            left.append(Change(each.name, theirs[each.name], chosen[each.name]))
    return left
