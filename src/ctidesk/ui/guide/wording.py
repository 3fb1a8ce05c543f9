"""A step of a guide in the words and choices of the panel.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from datetime import date, timedelta

from ctidesk.care.guide import NO, YES, AnswerType, Step, StepKind
from ctidesk.care.guide_answers import days_to_choose
from ctidesk.care.guide_facts import FACTS, FactSource
from ctidesk.care.guide_run import Walk
from ctidesk.care.spoken_values import spoken
from ctidesk.ui.guide.state import Input, StepState

_WANTED = {
    AnswerType.DATE: "A day such as 3 April, tomorrow or Friday",
    AnswerType.TIME: "A time such as 9:30",
    AnswerType.NUMBER: "A number",
}
_ACTIONS = {
    "recording.pause": "Pause the recording",
    "recording.resume": "Resume the recording",
    "call.transfer": "Transfer or consult",
    "call.hold": "Hold or resume",
    "call.interpreter": "Call an interpreter",
    "desk.red_flag": "Raise the red flag",
    "desk.card": "Go to the card",
    "desk.work_list": "Go to the work list",
}


def step_state(step: Step, walked: Walk, source: FactSource, kept: str) -> StepState:
    """`kept`: the answer so far, "" without one."""
    before = [each.id for each in walked.done]
    place = before.index(step.id) + 1 if step.id in before else len(before) + 1
    shown = step.show if step.kind is StepKind.CHECK else ()
    return StepState(
        step=step.id,
        input=_input(step, source.today),
        say=step.say.filled(walked.facts),
        hint=step.hint.filled(walked.facts),
        field=step.field,
        choices=_choices(step, source),
        typed=_typed(step, kept),
        facts=tuple(
            (FACTS[name].label, spoken(walked.facts[name]))
            for name in shown
            if name in walked.facts
        ),
        place=place,
        places=max(len(before) + walked.to_come, place),
        optional=step.kind is StepKind.ASK and not step.required,
        wanted=_WANTED.get(step.type, "") if step.kind is StepKind.ASK else "",
        action=_ACTIONS.get(step.command, ""),
    )


def _input(step: Step, today: date) -> Input:
    if step.kind is StepKind.CHECK:
        return Input.CONFIRM
    if step.kind is not StepKind.ASK:
        return Input.NEXT
    if step.type is AnswerType.YES_NO:
        return Input.YES_NO
    if step.type is AnswerType.CHOICE or days_to_choose(step, today):
        return Input.CHOICE
    return Input.TEXT


def _choices(step: Step, source: FactSource) -> tuple[tuple[str, str], ...]:
    if step.kind is StepKind.CHECK or step.yes_or_no:
        return ((YES, "Yes"), (NO, "No"))
    if step.listed is not None:
        return tuple((name, name) for name in source.options(step.listed))
    days = days_to_choose(step, source.today)
    if days:
        return tuple((day.isoformat(), _day(day, source.today)) for day in days)
    return tuple((choice.key, choice.label) for choice in step.choices)


def _typed(step: Step, kept: str) -> str:
    if step.kind is StepKind.ASK and step.type is AnswerType.DATE and kept:
        day = date.fromisoformat(kept)
        return f"{day.day} {day:%B %Y}"
    return kept


def _day(day: date, today: date) -> str:
    named = {today: "Today, ", today + timedelta(days=1): "Tomorrow, "}
    return f"{named.get(day, '')}{day:%A} {day.day} {day:%B}"
