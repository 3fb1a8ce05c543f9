"""The identity check (R7): what may be asked for this party, and whether it was answered.

Runs in: desk process, Qt main thread. Pure. Answers are compared and forgotten; events carry the
kind of a question and whether it was passed, never what was said or what the card holds.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ctidesk.calls.agent_events import IdentityChecked
from ctidesk.calls.ports import Clock
from ctidesk.care import answers, authority, comparing
from ctidesk.care.authority import Organisation
from ctidesk.care.day_words import day, local_day
from ctidesk.care.disclosure import (
    EVERY_FIELD,
    NOTHING,
    TELLS_NOTHING,
    DisclosurePolicy,
    Level,
    Standing,
)
from ctidesk.care.member import MemberCard, Party
from ctidesk.care.questions import QUESTIONS, Question, QuestionKind

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
_LOCKED = (
    "{count} did not match, so nothing may be disclosed in this call. "
    "Offer to call back on the number on record."
)
_COUNTS = {1: "One answer", 2: "Two answers", 3: "Three answers"}
_EXHAUSTED = (
    "There is nothing left to ask, so nothing may be disclosed in this call. "
    "Offer to call back on the number on record."
)


class IdentityCheck:
    """The check of one caller for one member's card.

    What the policy asks of the party, by default two facts right of at most three asked and every
    name, makes it verified; two wrong answers lock it. After the first wrong answer the weakest
    question (the phone) is withdrawn.
    `history`: the events of this call so far; a new desk, or a corrected party, goes on from
    there, so that neither resets the failures.
    """

    __slots__ = (
        "_asked",
        "_blocked",
        "_card",
        "_clock",
        "_organisation",
        "_party",
        "_policy",
        "_rule",
        "_skipped",
        "call_id",
    )

    def __init__(
        self,
        call_id: str,
        card: MemberCard,
        party: Party,
        clock: Clock,
        *,
        history: Iterable[IdentityChecked] = (),
        caller_digits: str = "",
        policy: DisclosurePolicy = TELLS_NOTHING,
        organisation: Organisation | None = None,
    ) -> None:
        """`caller_digits`: those of the calling number, which everybody can see: if the
        registered phone is that number, its digits prove nothing and aren't asked. `organisation`:
        who a professional says to be, if the directory has them."""
        self.call_id = call_id
        self._card = card
        self._party = party
        self._clock = clock
        self._policy = policy
        self._rule = policy.rule(party)
        self._organisation = organisation if self._rule.organisation else None
        self._asked = [
            each for each in history if each.call_id == call_id and each.member_id == card.member_id
        ]
        self._blocked: str | None = None
        last4 = card.phone_last4
        self._skipped = {_K.PHONE_LAST4} if last4 and caller_digits.endswith(last4) else set()
        known = organisation.numbers if organisation is not None else ()
        if caller_digits and any(answers.number_matches(each, caller_digits) for each in known):
            self._skipped.add(_K.CALL_BACK)

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
            and self.failures < self._rule.failures
            and all(kind in passed for kind in self._rule.names)
            and self._facts_right() >= self._rule.needed
            and (self._organisation is None or self.organisation_proven)
        )

    @property
    def organisation_proven(self) -> bool:
        return any(kind in self._passed() for kind in self._rule.organisation)

    @property
    def level(self) -> Level:
        """How far it is proven. A professional whose organisation nobody proved stays in the
        middle; so does who knows a first fact and made no mistake."""
        if self.locked or self._obstacle():
            return Level.NONE
        if self.verified:
            whole = not self._rule.organisation or self.organisation_proven
            return Level.FULLY if whole else Level.PARTLY
        begun = all(kind in self._passed() for kind in self._rule.names) and self._facts_right()
        if begun and not self.failures and not self._rule.organisation:
            return Level.PARTLY
        return Level.NONE

    @property
    def standing(self) -> Standing:
        """For the disclosure gate."""
        covers = EVERY_FIELD
        if self._party is Party.CARER:
            covers = NOTHING
            if self.level is not Level.NONE:
                covers, _ = authority.covered(
                    self._policy, self._card, self.authority_key, self._today()
                )
        return Standing(party=self._party, level=self.level, failures=self.failures, covers=covers)

    @property
    def authority_key(self) -> str:
        """Opaque: which recorded authority the caller proved to be, "" so far none."""
        said = [each.authority for each in self._asked if each.passed and each.authority]
        return said[-1] if said else ""

    @property
    def locked(self) -> bool:
        """No way to verify in this call any more."""
        if self.failures >= self._rule.failures and self._party is not Party.UNKNOWN:
            return True
        if not self._asked or self.verified or self._party is Party.UNKNOWN:
            return False
        facts = self._facts_right() + len(self._facts_left())
        stuck = (
            self._organisation is not None
            and not self.organisation_proven
            and not self._organisation_left()
        )
        return stuck or facts < self._rule.needed

    @property
    def progress(self) -> tuple[int, int]:
        """Facts right, facts needed."""
        needed = self._rule.needed
        return min(self._facts_right(), needed), needed

    @property
    def notice(self) -> str:
        """The sentence that says where the check stands, for the agent."""
        if self._party is not Party.UNKNOWN and self.failures >= self._rule.failures:
            count = _COUNTS.get(self.failures, f"{self.failures} answers")
            return _LOCKED.format(count=count)
        if obstacle := self._obstacle():
            return obstacle
        if self.verified:
            return "Identity verified." + self._what_is_missing()
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
        names = [kind for kind in self._rule.names if kind not in passed]
        kinds = (*names, *self._organisation_left(), *self._facts_left())
        return tuple(QUESTIONS[kind] for kind in kinds)

    def answer(self, kind: QuestionKind, text: str) -> Result:
        """Compare what the caller said with the card. An answer to a question that is not open is
        not counted; neither is text that cannot be an answer."""
        if kind not in {question.kind for question in self.questions()}:
            return self._result(correct=False, counted=False, text=self.notice)
        if advice := comparing.unreadable(kind, text):
            return self._result(correct=False, counted=False, text=advice)
        key = self._authority_of(text) if kind is _K.CALLER_NAME else ""
        known = self._organisation or Organisation("", "")
        passed = bool(key) or comparing.matches(kind, text, self._card, known)
        self._note(kind, passed, key)
        if not passed and not self.locked:
            text = self._over(text) if kind is _K.CALLER_NAME else ""
            text = text or "This does not match the record."
            return self._result(correct=False, counted=True, text=text)
        return self._result(correct=passed, counted=True, text=self.notice)

    def _note(self, kind: QuestionKind, passed: bool, authority_key: str) -> None:
        event = IdentityChecked(
            call_id=self.call_id,
            t_mono=self._clock.mono(),
            t_wall=self._clock.wall(),
            member_id=self._card.member_id,
            question=kind.value,
            passed=passed,
            verified=False,
            authority=authority_key,
        )
        self._asked.append(event)
        self._asked[-1] = replace(event, verified=self.verified)

    def _result(self, *, correct: bool, counted: bool, text: str) -> Result:
        return Result(correct, counted, self.verified, self.locked, text)

    def _passed(self) -> set[str]:
        return {each.question for each in self._asked if each.passed}

    def _facts_right(self) -> int:
        passed = self._passed()
        return sum(kind in passed for kind in self._rule.facts)

    def _facts_left(self) -> list[QuestionKind]:
        """The facts that may still be asked: held by the card, not asked yet, and no more than it
        takes."""
        rule = self._rule
        done = {each.question for each in self._asked}
        asked = sum(kind in done for kind in rule.facts)
        enough = asked >= rule.asked or self._facts_right() >= rule.needed
        open_facts = [kind for kind in self._holds(rule.facts) if kind not in done]
        if self.failures:
            open_facts = [kind for kind in open_facts if kind is not _K.PHONE_LAST4]
        return [] if enough else open_facts

    def _organisation_left(self) -> list[QuestionKind]:
        """What may still be asked of a professional's own organisation."""
        known = self._organisation
        if known is None or self.organisation_proven:
            return []
        done = {each.question for each in self._asked}
        held = {
            _K.FACILITY_ID: len(answers.letters_and_digits(known.facility_id)) >= 2,
            _K.CALL_BACK: bool(known.numbers),
        }
        kinds = (*self._rule.organisation,)
        return [k for k in kinds if held[k] and k not in done and k not in self._skipped]

    def _holds(self, facts: Iterable[QuestionKind]) -> list[QuestionKind]:
        card = self._card
        held = {
            _K.BIRTH_DATE: card.birth_date is not None,
            _K.POSTCODE: len(answers.letters_and_digits(card.postcode)) >= 3,
            _K.POLICY_NUMBER: len(answers.letters_and_digits(card.policy_number)) >= 4,
            _K.PHONE_LAST4: len(card.phone_last4) == 4 and card.phone_last4.isdecimal(),
        }
        return [kind for kind in facts if held[kind] and kind not in self._skipped]

    def _today(self) -> datetime.date:
        return local_day(self._clock.wall())

    def _authority_of(self, text: str) -> str:
        current = authority.current(self._policy, self._card, self._today())
        return authority.named(current, text)

    def _over(self, text: str) -> str:
        """What to say if the authority of the one who gave this name is over."""
        for each, last in authority.expired(self._policy, self._card, self._today()):
            if answers.full_name_matches(each.name, text):
                return (
                    f"This authority ended on {day(last)}. "
                    "Speak with the member, or have a new authority recorded first."
                )
        return ""

    def _what_is_missing(self) -> str:
        if self.level is Level.FULLY:
            return ""
        return (
            " The caller's organisation is not proven, so little may be told: "
            "find it by search, then the member again."
        )

    def _obstacle(self) -> str:
        """Why a check is not possible at all, "" if it is; asked often, found out once."""
        if self._blocked is None:
            self._blocked = self._find_obstacle()
        return self._blocked

    def _find_obstacle(self) -> str:
        if self._party is Party.UNKNOWN:
            return "Choose first who is calling."
        if found := authority.obstacle(self._policy, self._card, self._party, self._today()):
            return found
        if len(self._holds(self._rule.facts)) < self._rule.needed:
            return (
                "The record holds too little to check an identity. "
                "Offer to call back on the number on record."
            )
        return ""
