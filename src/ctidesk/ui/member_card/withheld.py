"""Which places of the card stay blurred, and what is said about it.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ctidesk.care.blocker import Blocker
from ctidesk.care.disclosure import FIELD_WORDS, Field, Gate
from ctidesk.care.field_groups import FieldGroup
from ctidesk.ui.member_card.facts import GROUP_OF_TAB

CAPTION_FIELDS = {
    "Date of birth": Field.BIRTH_DATE,
    "Member ID": Field.MEMBER_ID,
    "Policy number": Field.POLICY_NUMBER,
    "Address": Field.ADDRESS,
    "Language": Field.LANGUAGE,
    "Prefers": Field.CHANNEL,
}
_GROUP_FIELDS = {
    FieldGroup.COVERAGE: (Field.COVERAGE,),
    FieldGroup.NETWORK: (Field.NETWORK,),
    FieldGroup.PRESCRIPTIONS: (Field.PRESCRIPTIONS,),
    FieldGroup.AUTHORISATIONS: (Field.AUTHORISATIONS, Field.SUPPLIES),
    FieldGroup.APPOINTMENTS: (Field.APPOINTMENTS,),
    FieldGroup.HISTORY: (Field.HISTORY,),
    FieldGroup.RELATIONS: (Field.RELATIONS,),
}
TAB_FIELDS = {tab: _GROUP_FIELDS[group] for tab, group in GROUP_OF_TAB.items()}
_SUBJECT_FIELDS = {
    "address": Field.ADDRESS,
    "contradiction address": Field.ADDRESS,
    "contradiction birth_date": Field.BIRTH_DATE,
    "interpreter": Field.FLAGS,
}
"""Blockers of the identity, by their subject."""


def told_blockers(blockers: Iterable[Blocker], gate: Gate) -> tuple[Blocker, ...]:
    """Without those that rest on what is withheld: that nothing is seen is no obstacle."""
    return tuple(one for one in blockers if _may(one, gate))


def _may(one: Blocker, gate: Gate) -> bool:
    if one.group is FieldGroup.IDENTITY:
        field = _SUBJECT_FIELDS.get(one.subject)
        return gate.may(field) if field is not None else not gate.withheld
    return any(map(gate.may, _GROUP_FIELDS[one.group]))


@dataclass(frozen=True, slots=True)
class Withheld:
    """`captions` and `tabs` that are bars; `words`: all that is withheld, for the summary; `why`:
    in a sentence."""

    captions: frozenset[str] = frozenset()
    tabs: frozenset[str] = frozenset()
    words: str = ""
    why: str = ""

    @property
    def all_tabs(self) -> bool:
        """No tab has anything to show."""
        return self.tabs == frozenset(TAB_FIELDS)


NOTHING_WITHHELD = Withheld()


def withheld_by(gate: Gate) -> Withheld:
    missing = [FIELD_WORDS[one] for one in Field if not gate.may(one)]
    if not missing:
        return NOTHING_WITHHELD
    return Withheld(
        captions=frozenset(name for name, one in CAPTION_FIELDS.items() if not gate.may(one)),
        tabs=frozenset(
            name for name, fields in TAB_FIELDS.items() if not any(map(gate.may, fields))
        ),
        words=", ".join(missing),
        why=gate.reason,
    )
