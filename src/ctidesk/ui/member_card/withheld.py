"""Which places of the card stay blurred, and what is said about it.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from dataclasses import dataclass

from ctidesk.care.disclosure import FIELD_WORDS, Field, Gate

CAPTION_FIELDS = {
    "Date of birth": Field.BIRTH_DATE,
    "Member ID": Field.MEMBER_ID,
    "Policy number": Field.POLICY_NUMBER,
    "Address": Field.ADDRESS,
    "Language": Field.LANGUAGE,
    "Prefers": Field.CHANNEL,
}
TAB_FIELDS = {
    "Coverage": (Field.COVERAGE,),
    "Prescriptions": (Field.PRESCRIPTIONS,),
    "Authorisations": (Field.AUTHORISATIONS, Field.SUPPLIES),
    "Appointments": (Field.APPOINTMENTS,),
    "History": (Field.HISTORY,),
}


@dataclass(frozen=True, slots=True)
class Withheld:
    """`captions` and `tabs` that are bars; `words`: all that is withheld, for the summary; `why`:
    in a sentence."""

    captions: frozenset[str] = frozenset()
    tabs: frozenset[str] = frozenset()
    words: str = ""
    why: str = ""


NOTHING_WITHHELD = Withheld()


def withheld_by(gate: Gate) -> Withheld:
    missing = [FIELD_WORDS[one] for one in Field if not gate.may(one) and one is not Field.NETWORK]
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
