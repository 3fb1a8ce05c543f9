"""Where a guide stands: computed from its answers and the facts of now, remembering nothing.

Runs in: desk process, Qt main thread. Pure. A guide goes forward only, so every walk ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ctidesk.care import guide_answers
from ctidesk.care.guide import END, NO, Arm, Block, Guide, Step, StepKind
from ctidesk.care.guide_expression import Expression, Value
from ctidesk.care.guide_facts import FactSource, Listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """Why it cannot be completed now, what to say to the caller, and what to do next."""

    reason: str
    say: str = ""
    next: str = ""
    guide: str = ""
    """The guide that goes on from here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """`done`: the steps answered so far, in order. `current`: the first open one, None at the end.
    `to_come`: how many may follow. `facts`: with the answers, `picked`: the lines of the card that
    are spoken of."""

    done: tuple[Step, ...]
    current: Step | None
    obstacle: Obstacle | None
    to_come: int
    facts: Mapping[str, Value] = field(repr=False)
    picked: Mapping[Listed, str] = field(repr=False)

    @property
    def complete(self) -> bool:
        return self.current is None and self.obstacle is None


def walk(guide: Guide, answers: Mapping[str, str], source: FactSource) -> Walk:
    """Along the steps as far as there are answers. Answers that do not hold any more (a promised
    day that is over, a medicine that left the card) count as not given."""
    walking = _Walking(guide, answers, source)
    walking.go()
    return walking.result()


class _Walking:
    def __init__(self, guide: Guide, answers: Mapping[str, str], source: FactSource) -> None:
        self._guide = guide
        self._answers = answers
        self._source = source
        self._places = {step.id: place for place, step in enumerate(guide.steps)}
        self._done: list[Step] = []
        self._picked: dict[Listed, str] = {}
        self._given: dict[str, Value] = {}
        self._facts: dict[str, Value] = source.facts({})
        self._obstacle = self._block()
        self._place = 0

    def go(self) -> None:
        """A block ends the walk: what stands behind it is not for this caller."""
        steps = self._guide.steps
        while self._obstacle is None and self._place < len(steps):
            step = steps[self._place]
            if not _applies(step.when, self._facts):
                self._place += 1
            elif step.kind is StepKind.BRANCH:
                self._place = self._after(_taken(step.arms, self._facts))
            elif self._take(step):
                self._place = self._after(self._way(step))
            else:
                return

    def result(self) -> Walk:
        steps = self._guide.steps
        open_one = self._obstacle is None and self._place < len(steps)
        rest = [each for each in steps[self._place :] if each.kind is not StepKind.BRANCH]
        return Walk(
            done=tuple(self._done),
            current=steps[self._place] if open_one else None,
            obstacle=self._obstacle,
            to_come=sum(each.when is None or each.when.holds(self._facts) for each in rest),
            facts=self._facts,
            picked=self._picked,
        )

    def _take(self, step: Step) -> bool:
        """The answer of the step, if there is one that holds."""
        kept = self._answers.get(step.id)
        if kept is None:
            return False
        options = self._source.options(step.listed) if step.listed is not None else ()
        try:
            value = guide_answers.value(step, kept, self._source.today, options)
        except guide_answers.WrongAnswer:
            return False
        if step.listed is not None:
            self._picked[step.listed] = kept
            self._facts = self._source.facts(self._picked)
        if value is not None:
            self._given[f"answer.{step.id}"] = value
        self._facts |= self._given
        self._done.append(step)
        self._obstacle = self._refused(step) or self._block()
        return True

    def _refused(self, step: Step) -> Obstacle | None:
        """A required confirmation that was not given, and nothing that follows from it. To a
        question "no" is an answer like any other."""
        check = step.kind is StepKind.CHECK
        refused = step.required and check and self._answers.get(step.id) == NO
        if not refused or step.no_goto:
            return None
        subject = step.field or step.say.filled(self._facts)
        return Obstacle(
            reason=f"Not confirmed: {subject}",
            next="Go back and correct it, or leave the guide and write down what is open.",
        )

    def _way(self, step: Step) -> str:
        answer = self._answers.get(step.id, "")
        chosen = next((each.goto for each in step.choices if each.key == answer), "")
        refused = step.no_goto if step.yes_or_no and answer == NO else ""
        return chosen or refused or step.goto

    def _after(self, goto: str) -> int:
        if goto == END:
            return len(self._guide.steps)
        # only forward, whatever a file says: that a walk ends must not depend on the reader
        return max(self._places.get(goto, 0), self._place + 1)

    def _block(self) -> Obstacle | None:
        found = next((each for each in self._guide.blocks if each.when.holds(self._facts)), None)
        return None if found is None else _told(found, self._facts)


def _told(block: Block, facts: Mapping[str, Value]) -> Obstacle:
    return Obstacle(
        reason=block.reason.filled(facts),
        say=block.say.filled(facts),
        next=block.next.filled(facts),
        guide=block.guide,
    )


def _applies(when: Expression | None, facts: Mapping[str, Value]) -> bool:
    return when is None or when.holds(facts)


def _taken(arms: tuple[Arm, ...], facts: Mapping[str, Value]) -> str:
    return next((arm.goto for arm in arms if _applies(arm.when, facts)), "")
