"""A guide as plain text: every step and where it leads, every block, order, note and ending.

Runs in: command line, any thread. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ctidesk.care.guide import END, AnswerType, Guide, OrderSpec, Step, StepKind
from ctidesk.care.guide_expression import Expression, Value
from ctidesk.care.guide_facts import FACTS
from ctidesk.care.guide_texts import Text
from ctidesk.care.spoken_values import spoken

_KINDS: Mapping[StepKind, str] = {
    StepKind.SAY: "say",
    StepKind.ASK: "ask",
    StepKind.CHECK: "check",
    StepKind.DO: "do",
    StepKind.BRANCH: "branch, not on the screen",
}
_TYPES: Mapping[AnswerType, str] = {
    AnswerType.TEXT: "any text",
    AnswerType.NUMBER: "a number",
    AnswerType.DATE: "a day",
    AnswerType.TIME: "a time",
    AnswerType.YES_NO: "yes or no",
}
_HOLDS = {True: "holds", False: "does not hold", None: "not known"}


def preview(guide: Guide, facts: Mapping[str, Value] | None = None) -> list[str]:
    """Lines without characters that a terminal obeys. `facts`: filled in, and of each condition
    it is said whether it holds; None: braces and conditions as they are written."""
    shown = _Preview(guide, facts)
    return ["".join(sign for sign in line if sign.isprintable()) for line in shown.lines()]


class _Preview:
    def __init__(self, guide: Guide, facts: Mapping[str, Value] | None) -> None:
        self._guide = guide
        self._facts = facts
        self._places = {step.id: place for place, step in enumerate(guide.steps, 1)}

    def lines(self) -> Iterator[str]:
        yield from self._head()
        yield from ("", "STEPS")
        for place, step in enumerate(self._guide.steps, 1):
            yield from self._step(place, step)
        if self._guide.blocks:
            yield from ("", "BLOCKS: while one holds, nothing can be completed")
        for place, block in enumerate(self._guide.blocks, 1):
            yield f"{place}. {self._condition(block.when)}"
            yield f"   Reason: {self._text(block.reason)}"
            yield from self._told(("Say", block.say), ("Next", block.next))
            if block.guide:
                yield f"   Goes on with the guide: {block.guide}"
        yield from self._orders()
        if self._guide.notes:
            yield from ("", "NOTE")
        for note in self._guide.notes:
            when = f"{self._condition(note.when)}: " if note.when is not None else ""
            yield f"   {when}{self._text(note.text)}"
        yield from ("", "ENDINGS: the first that holds")
        for place, ending in enumerate(self._guide.endings, 1):
            way = self._condition(ending.when) if ending.when else "otherwise"
            yield f"{place}. {way}; code: {ending.code or 'none'}"
            yield from self._told(("Say", ending.say))

    # ----------------------------------------------------------------- private

    def _head(self) -> Iterator[str]:
        guide = self._guide
        yield f"{guide.title} ({guide.id})"
        if guide.summary:
            yield guide.summary
        yield f"For: {', '.join(sorted(guide.parties)) or 'everybody'}"
        if guide.verified:
            yield "Only after the caller's identity is checked"
        if guide.placeholder:
            yield "PLACEHOLDER: its texts are to be replaced by the centre's own before use"
        if guide.offer is not None:
            yield f"Offered first {self._condition(guide.offer)}: {guide.offer_why}"

    def _step(self, place: int, step: Step) -> Iterator[str]:
        needed = ", required" if step.required else ""
        yield f"{place}. {step.id} ({_KINDS[step.kind]}{needed}){self._only(step.when)}"
        yield from self._told(("Say", step.say), ("For the agent", step.hint))
        if step.kind is StepKind.ASK:
            yield f"   {step.field}: {_wanted(step)}"
        elif step.field:
            yield f"   {step.field}: yes or no"
        for name in step.show:
            known = None if self._facts is None else self._facts.get(name)
            value = f"{{{name}}}" if known is None else spoken(known)
            yield f"   Shows {FACTS[name].label}: {value}"
        if step.command:
            yield f"   Does: {step.command}"
        yield from self._ways(place, step)

    def _ways(self, place: int, step: Step) -> Iterator[str]:
        usual = self._way(step.goto, place)
        if step.kind is StepKind.BRANCH:
            for arm in step.arms:
                way = self._condition(arm.when) if arm.when else "otherwise"
                yield f"   {way} → {self._way(arm.goto, place)}"
            if all(arm.when is not None for arm in step.arms):
                yield f"   otherwise → {usual}"
            return
        for choice in step.choices:
            way = self._way(choice.goto, place) if choice.goto else usual
            yield f"   [{choice.key}] {choice.label} → {way}"
        if step.choices:
            return
        if step.no_goto:
            yield f"   no → {self._way(step.no_goto, place)}"
        elif step.kind is StepKind.CHECK and step.required:
            yield "   no → stops: not confirmed"
        yield f"   → {usual}"

    def _way(self, goto: str, place: int) -> str:
        if goto == END or (not goto and place == len(self._guide.steps)):
            return "end"
        found = self._places[goto] if goto else place + 1
        return f"{found}. {self._guide.steps[found - 1].id}"

    def _orders(self) -> Iterator[str]:
        if self._guide.orders:
            yield from ("", "ORDERS")
        for place, order in enumerate(self._guide.orders, 1):
            yield f"{place}. {order.kind}{self._only(order.when)}"
            yield from self._order(order)

    def _order(self, order: OrderSpec) -> Iterator[str]:
        for name, text in order.texts.items():
            yield f"   {name}: {self._text(text)}"
        for name, value in order.plain.items():
            yield f"   {name}: {value}"

    def _told(self, *texts: tuple[str, Text]) -> Iterator[str]:
        for name, text in texts:
            if text:
                yield f"   {name}: {self._text(text)}"

    def _text(self, text: Text) -> str:
        return text.raw if self._facts is None else text.filled(self._facts)

    def _only(self, when: Expression | None) -> str:
        return f", only {self._condition(when)}" if when is not None else ""

    def _condition(self, when: Expression) -> str:
        said = f"when {when.text}"
        if self._facts is None:
            return said
        if any(name.startswith("answer.") for name in when.names):
            return f"{said} [as answered]"
        return f"{said} [{_HOLDS[when.evaluate(self._facts)]}]"


def _wanted(step: Step) -> str:
    if step.listed is not None:
        return f"a line of the card's {step.listed}"
    if step.choices:
        return "one of these"
    bounds = [
        f"{word} {bound:g}"
        for word, bound in (("from", step.least), ("to", step.most))
        if bound is not None
    ]
    days = " days from today" if step.type is AnswerType.DATE and bounds else ""
    return " ".join((_TYPES[step.type], *bounds)) + days
