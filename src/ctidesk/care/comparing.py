"""Whether what a caller said answers a question, by the record that it is about.

Runs in: desk process, any thread. Pure; keeps and tells nothing of either.
"""

from __future__ import annotations

from collections.abc import Callable

from ctidesk.care import answers
from ctidesk.care.authority import Organisation
from ctidesk.care.member import MemberCard
from ctidesk.care.questions import NAMES, ORGANISATION, QuestionKind

_K = QuestionKind
_UNREADABLE = {
    _K.BIRTH_DATE: "This is not a date. Type day, month and year, such as 3.4.1958.",
    _K.PHONE_LAST4: "Type the last four digits.",
    _K.CALL_BACK: "Type the whole number.",
}


def matches(kind: QuestionKind, text: str, card: MemberCard, known: Organisation) -> bool:
    """Of every kind but the caller's own name, which `authority.named` looks up."""
    tests: dict[QuestionKind, Callable[[], bool]] = {
        _K.MEMBER_NAME: lambda: answers.name_matches(card.given, card.family, text),
        _K.CALLER_NAME: lambda: False,
        _K.BIRTH_DATE: lambda: (
            card.birth_date is not None and answers.date_matches(card.birth_date, text)
        ),
        _K.POSTCODE: lambda: answers.postcode_matches(card.postcode, text),
        _K.POLICY_NUMBER: lambda: answers.policy_matches(card.policy_number, text),
        _K.PHONE_LAST4: lambda: answers.last_four_matches(card.phone_last4, text),
        _K.FACILITY_ID: lambda: answers.policy_matches(known.facility_id, text),
        _K.CALL_BACK: lambda: any(answers.number_matches(one, text) for one in known.numbers),
    }
    return tests[kind]()


def unreadable(kind: QuestionKind, text: str) -> str:
    """Advice for a slip of the keyboard, "" for what can be an answer."""
    return "" if _readable(kind, text) else _UNREADABLE.get(kind, "Type what the caller said.")


def _readable(kind: QuestionKind, text: str) -> bool:
    if kind is _K.BIRTH_DATE:
        return bool(answers.dates_in(text))
    compact = answers.letters_and_digits(text)
    digits = sum(char.isdecimal() for char in compact)
    if kind is _K.PHONE_LAST4:
        return digits >= 4
    if kind in NAMES:
        return any(char.isalpha() for char in text)
    if kind is _K.CALL_BACK:
        return digits >= answers.NUMBER_DIGITS
    return len(compact) >= (2 if kind in ORGANISATION else 3)
