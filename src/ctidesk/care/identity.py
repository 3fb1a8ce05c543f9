"""The simple identity check (R7): what may be asked for this party, and whether it was answered.

Runs in: desk process, Qt main thread. Pure. Answers are compared and forgotten; events carry the
kind of a question and whether it was passed, never what was said or what the card holds.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from ctidesk.calls.agent_events import IdentityChecked
from ctidesk.calls.ports import Clock
from ctidesk.care import answers
from ctidesk.care.member import MemberCard, Party
from ctidesk.care.questions import FACTS, QUESTIONS, REQUIRED, Question, QuestionKind

NEEDED = 2
"""Facts that have to be right."""
MAX_ASKED = 3
"""Facts that may be asked."""
MAX_FAILURES = 2

__all__ = ["IdentityCheck", "Question", "QuestionKind", "Result"]


@dataclass(frozen=True, slots=True)
class Result:
    """`counted`: it was an answer; a slip of the keyboard is not. `text`: what the agent reads."""

    correct: bool
    counted: bool
    verified: bool
    locked: bool
    text: str


_K = QuestionKind
_UNREADABLE = {
    _K.BIRTH_DATE: "This is not a date. Type day, month and year, such as 3.4.1958.",
    _K.PHONE_LAST4: "Type the last four digits.",
}
_LOCKED = (
    "Two answers did not match, so nothing may be disclosed in this call. "
    "Offer to call back on the number on record."
)
_EXHAUSTED = (
    "There is nothing left to ask, so nothing may be disclosed in this call. "
    "Offer to call back on the number on record."
)


class IdentityCheck:
    """The check of one caller for one member's card.

    Two facts right of at most three asked, and every required name, make it verified; two wrong
    answers lock it. After the first wrong answer the weakest question (the phone) is withdrawn.
    `history`: the events of this call so far; a new desk, or a corrected party, goes on from
    there, so that neither resets the failures.
    """

    __slots__ = ("_asked", "_card", "_clock", "_party", "_skipped", "call_id")

    def __init__(
        self,
        call_id: str,
        card: MemberCard,
        party: Party,
        clock: Clock,
        *,
        history: Iterable[IdentityChecked] = (),
        caller_digits: str = "",
    ) -> None:
        """`caller_digits`: those of the calling number, which everybody can see: if the
        registered phone is that number, its last digits prove nothing and aren't asked."""
        self.call_id = call_id
        self._card = card
        self._party = party
        self._clock = clock
        self._asked = [
            each for each in history if each.call_id == call_id and each.member_id == card.member_id
        ]
        last4 = card.phone_last4
        self._skipped = {_K.PHONE_LAST4} if last4 and caller_digits.endswith(last4) else set()

    @property
    def party(self) -> Party:
        return self._party

    @property
    def asked(self) -> tuple[IdentityChecked, ...]:
        """Every counted answer as the event for the log, oldest first."""
        return tuple(self._asked)

    @property
    def failures(self) -> int:
        return sum(not each.passed for each in self._asked)

    @property
    def verified(self) -> bool:
        passed = self._passed()
        return (
            self._party is not Party.UNKNOWN
            and not self._obstacle()
            and self.failures < MAX_FAILURES
            and all(kind in passed for kind in REQUIRED[self._party])
            and self._facts_right() >= NEEDED
        )

    @property
    def locked(self) -> bool:
        """No way to verify in this call any more."""
        if self.failures >= MAX_FAILURES:
            return True
        left = len(self._facts_left())
        return bool(self._asked) and not self.verified and self._facts_right() + left < NEEDED

    @property
    def progress(self) -> tuple[int, int]:
        """Facts right, facts needed."""
        return min(self._facts_right(), NEEDED), NEEDED

    @property
    def notice(self) -> str:
        """The sentence that says where the check stands, for the agent."""
        if self.failures >= MAX_FAILURES:
            return _LOCKED
        if obstacle := self._obstacle():
            return obstacle
        if self.verified:
            return "Identity verified."
        if self.locked:
            return _EXHAUSTED
        right, needed = self.progress
        return f"{right} of {needed} facts confirmed."

    def questions(self) -> tuple[Question, ...]:
        """What can be asked now, best first; empty once verified, locked, or where it cannot be
        checked (`notice` says why)."""
        if self.verified or self.locked or self._obstacle():
            return ()
        passed = self._passed()
        names = [kind for kind in REQUIRED[self._party] if kind not in passed]
        return tuple(QUESTIONS[kind] for kind in (*names, *self._facts_left()))

    def answer(self, kind: QuestionKind, text: str) -> Result:
        """Compare what the caller said with the card. An answer to a question that is not open is
        not counted; neither is text that cannot be an answer."""
        if kind not in {question.kind for question in self.questions()}:
            return self._result(correct=False, counted=False, text=self.notice)
        if not _readable(kind, text):
            advice = _UNREADABLE.get(kind, "Type what the caller said.")
            return self._result(correct=False, counted=False, text=advice)
        passed = self._matches(kind, text)
        self._note(kind, passed)
        if not passed and not self.locked:
            return self._result(correct=False, counted=True, text="This does not match the record.")
        return self._result(correct=passed, counted=True, text=self.notice)

    def _note(self, kind: QuestionKind, passed: bool) -> None:
        event = IdentityChecked(
            call_id=self.call_id,
            t_mono=self._clock.mono(),
            t_wall=self._clock.wall(),
            member_id=self._card.member_id,
            question=kind.value,
            passed=passed,
            verified=False,
        )
        self._asked.append(event)
        self._asked[-1] = replace(event, verified=self.verified)

    def _result(self, *, correct: bool, counted: bool, text: str) -> Result:
        return Result(correct, counted, self.verified, self.locked, text)

    def _passed(self) -> set[str]:
        return {each.question for each in self._asked if each.passed}

    def _facts_right(self) -> int:
        passed = self._passed()
        return sum(kind in passed for kind in FACTS[self._party])

    def _facts_left(self) -> list[QuestionKind]:
        """The facts that may still be asked: held by the card, not asked yet, and no more than it
        takes."""
        done = {each.question for each in self._asked}
        facts = FACTS[self._party]
        enough = sum(kind in done for kind in facts) >= MAX_ASKED or self._facts_right() >= NEEDED
        open_facts = [kind for kind in self._holds(facts) if kind not in done]
        if self.failures:
            open_facts = [kind for kind in open_facts if kind is not _K.PHONE_LAST4]
        return [] if enough else open_facts

    def _holds(self, facts: Iterable[QuestionKind]) -> list[QuestionKind]:
        card = self._card
        held = {
            _K.BIRTH_DATE: card.birth_date is not None,
            _K.POSTCODE: len(answers.letters_and_digits(card.postcode)) >= 3,
            _K.POLICY_NUMBER: len(answers.letters_and_digits(card.policy_number)) >= 4,
            _K.PHONE_LAST4: len(card.phone_last4) == 4 and card.phone_last4.isdecimal(),
        }
        return [kind for kind in facts if held[kind] and kind not in self._skipped]

    def _authorised(self) -> list[str]:
        """Names of those who may speak for the member today."""
        today = datetime.datetime.fromtimestamp(self._clock.wall(), datetime.UTC).date()
        return [
            each.name
            for each in self._card.relations
            if each.may_speak and (each.authority_until is None or each.authority_until >= today)
        ]

    def _obstacle(self) -> str:
        """Why a check is not possible at all, "" if it is."""
        if self._party is Party.UNKNOWN:
            return "Choose first who is calling."
        if self._party is Party.CARER and not self._authorised():
            return (
                "Nobody's authority to speak for this member is on record. "
                "Speak with the member, or have the authority recorded first."
            )
        if len(self._holds(FACTS[self._party])) < NEEDED:
            return (
                "The record holds too little to check an identity. "
                "Offer to call back on the number on record."
            )
        return ""

    def _matches(self, kind: QuestionKind, text: str) -> bool:
        card = self._card
        tests: dict[QuestionKind, Callable[[], bool]] = {
            _K.MEMBER_NAME: lambda: answers.name_matches(card.given, card.family, text),
            _K.CALLER_NAME: lambda: any(
                answers.full_name_matches(name, text) for name in self._authorised()
            ),
            _K.BIRTH_DATE: lambda: (
                card.birth_date is not None and answers.date_matches(card.birth_date, text)
            ),
            _K.POSTCODE: lambda: answers.postcode_matches(card.postcode, text),
            _K.POLICY_NUMBER: lambda: answers.policy_matches(card.policy_number, text),
            _K.PHONE_LAST4: lambda: answers.last_four_matches(card.phone_last4, text),
        }
        return tests[kind]()


def _readable(kind: QuestionKind, text: str) -> bool:
    if kind is _K.BIRTH_DATE:
        return bool(answers.dates_in(text))
    compact = answers.letters_and_digits(text)
    if kind is _K.PHONE_LAST4:
        return sum(char.isdecimal() for char in compact) >= 4
    if kind in (_K.MEMBER_NAME, _K.CALLER_NAME):
        return any(char.isalpha() for char in text)
    return len(compact) >= 3
