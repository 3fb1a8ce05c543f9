"""Whether every step of a guide can be reached and every goto leads forward to a step.

Runs in: desk process, any thread. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator

from ctidesk.care.guide import END, Guide, Step, StepKind
from ctidesk.care.guide_fields import Source


def check_paths(guide: Guide, source: Source) -> None:
    """Mistakes are noted in the source."""
    places = {step.id: place for place, step in enumerate(guide.steps)}
    for place, step in enumerate(guide.steps):
        for field, goto in _gotos(step):
            if goto == END:
                continue
            if goto not in places:
                source.wrong("step", place + 1, field, f"leads to “{goto}”, which is no step")
            elif places[goto] <= place:
                source.wrong("step", place + 1, field, f"leads back to “{goto}”, not forward")
    if source.problems:
        return
    reached = {0}
    for place, step in enumerate(guide.steps):  # all ways lead forward: one pass finds them all
        if place in reached:
            reached |= set(_next(step, place, places))
    for place, step in enumerate(guide.steps):
        if place not in reached:
            source.wrong("step", place + 1, "id", f"“{step.id}” can never be reached")


def _gotos(step: Step) -> Iterator[tuple[str, str]]:
    for choice in step.choices:
        if choice.goto:
            yield "choices", choice.goto
    for arm in step.arms:
        yield "arms", arm.goto
    if step.no_goto:
        yield "no_goto", step.no_goto
    if step.goto:
        yield "goto", step.goto


def _next(step: Step, place: int, places: dict[str, int]) -> Iterator[int]:
    yield from (places[goto] for _, goto in _gotos(step) if goto != END)
    if step.kind is StepKind.BRANCH:
        always_away = any(arm.when is None for arm in step.arms)
    elif step.choices and all(choice.goto for choice in step.choices):
        # a choice that may be left open goes on
        always_away = step.required or bool(step.goto)
    else:
        always_away = bool(step.goto)
    if step.when is not None or not always_away:
        yield place + 1
