"""A guide: what is said, asked and checked step by step, and what comes of it. Frozen values.

Runs in: desk process, any thread. `guide_file` reads guides, `guide_run` plays them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ctidesk.care.guide_expression import Expression, Kind
from ctidesk.care.guide_facts import FACTS, Listed
from ctidesk.care.guide_texts import NO_TEXT, Text

END = "end"
"""Where a `goto` leads that is the last."""
YES, NO = "yes", "no"


class StepKind(StrEnum):
    SAY = "say"  # a sentence to say
    ASK = "ask"  # something to type or to choose
    CHECK = "check"  # facts, shown and confirmed
    DO = "do"  # something that the agent or the desk does now
    BRANCH = "branch"  # no step on the screen: where it goes on


class AnswerType(StrEnum):
    TEXT = "text"
    CHOICE = "choice"
    NUMBER = "number"
    DATE = "date"
    TIME = "time"
    YES_NO = "yes_no"


ANSWER_KINDS: Mapping[AnswerType, Kind] = {
    AnswerType.TEXT: Kind.TEXT,
    AnswerType.CHOICE: Kind.TEXT,
    AnswerType.NUMBER: Kind.NUMBER,
    AnswerType.DATE: Kind.DATE,
    AnswerType.TIME: Kind.TEXT,
    AnswerType.YES_NO: Kind.TEXT,
}


@dataclass(frozen=True, slots=True)
class Choice:
    """`key`: what is stored and what conditions compare with."""

    key: str
    label: str
    goto: str = ""


@dataclass(frozen=True, slots=True)
class Arm:
    """One way out of a branch; without a condition it is always taken."""

    goto: str
    when: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """`say`: the sentence for the caller; `hint`: for the agent only. `field`: what is asked, in a
    word. `required`: nothing is completed without it. `listed`: choose a line of the card.
    `least`, `most`: bounds of a number, or of a date in days from today. `show`: facts of a check.
    `no_goto`: where "no" leads. `command`: the desk's own that a "do" step gives."""

    id: str
    kind: StepKind
    when: Expression | None = None
    say: Text = NO_TEXT
    hint: Text = NO_TEXT
    field: str = ""
    type: AnswerType = AnswerType.TEXT
    choices: tuple[Choice, ...] = ()
    listed: Listed | None = None
    required: bool = False
    least: float | None = None
    most: float | None = None
    show: tuple[str, ...] = ()
    goto: str = ""
    no_goto: str = ""
    command: str = ""
    arms: tuple[Arm, ...] = ()

    @property
    def answer_kind(self) -> Kind | None:
        """What `answer.<id>` is in conditions, None where there is no answer."""
        if self.kind is StepKind.ASK:
            return ANSWER_KINDS[self.type]
        return Kind.TEXT if self.kind is StepKind.CHECK else None

    @property
    def yes_or_no(self) -> bool:
        asked = self.kind is StepKind.ASK and self.type is AnswerType.YES_NO
        return asked or self.kind is StepKind.CHECK


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """While `when` holds nothing can be completed: why, what to say, what to do next, and the guide
    that goes on from here ("" for none)."""

    when: Expression
    reason: Text
    say: Text = NO_TEXT
    next: Text = NO_TEXT
    guide: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSpec:
    """One order at the end. `kind`: "refill", "supplies", "task", "appointment", "message".
    `texts`: filled with facts; `plain`: what is no text; which fields there are: `guide_orders`."""

    kind: str
    when: Expression | None = None
    texts: Mapping[str, Text] = field(default_factory=dict)
    plain: Mapping[str, str | int | bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteLine:
    text: Text
    when: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """The wrap-up code and the last sentence; the first one whose condition holds counts."""

    code: str = ""
    say: Text = NO_TEXT
    when: Expression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """`parties` empty: for everybody. `priority`: higher is offered first. `verified`: nothing of
    it before the caller's identity is checked. `offer`: with it, it stands above all others.
    `digest`: of the file, so that a changed guide is another version."""

    id: str
    title: str
    summary: str = ""
    parties: frozenset[str] = frozenset()
    priority: int = 0
    words: tuple[str, ...] = ()
    verified: bool = False
    placeholder: bool = False
    """Its texts are to be replaced by the centre's own before use."""
    offer: Expression | None = None
    offer_why: str = ""
    steps: tuple[Step, ...]
    blocks: tuple[Block, ...] = ()
    orders: tuple[OrderSpec, ...] = ()
    notes: tuple[NoteLine, ...] = ()
    endings: tuple[Ending, ...] = ()
    digest: str = ""

    def step(self, step_id: str) -> Step | None:
        return next((each for each in self.steps if each.id == step_id), None)

    def is_for(self, party: str) -> bool:
        """Before it is known who calls, every guide may be the one."""
        return not self.parties or party in self.parties or party in ("", "unknown")

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(each.code for each in self.endings if each.code))


def kinds_at(steps: tuple[Step, ...] | list[Step]) -> dict[str, Kind]:
    """The names that may be used after `steps`: all facts, and the answers of these."""
    kinds = {name: fact.kind for name, fact in FACTS.items()}
    for step in steps:
        kind = step.answer_kind
        if kind is not None:
            kinds[f"answer.{step.id}"] = kind
    return kinds
