"""What an agent types into a guide, read strictly: the stored text, its value, or what is wrong.

Runs in: desk process, any thread. Pure; nothing is guessed where two readings are possible.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta

from ctidesk.calls.folding import folded
from ctidesk.calls.text import plain
from ctidesk.care.answers import dates_in
from ctidesk.care.guide import NO, YES, AnswerType, Step, StepKind
from ctidesk.care.guide_expression import Value

MAX_ANSWER = 500
_DAYS = {"today": 0, "tomorrow": 1, "the day after tomorrow": 2}
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIME = re.compile(r"([01]?\d|2[0-3])(?:[:.h ]?([0-5]\d))?\s*(am|pm)?")
_NUMBER = re.compile(r"-?\d{1,9}(?:[.,]\d{1,3})?")


class WrongAnswer(ValueError):
    """The text is no answer to this step; the message says in a sentence what is wanted."""


def stored(step: Step, text: str, today: date, options: Sequence[str] = ()) -> str:
    """`text` as the log keeps it: a date in ISO, a choice by its key. `options`: the lines of the
    card for a step that chooses from them. Raises `WrongAnswer`."""
    said = plain(text, MAX_ANSWER)
    if step.kind is StepKind.CHECK or (
        step.kind is StepKind.ASK and step.type is AnswerType.YES_NO
    ):
        return _yes_no(said)
    if step.kind is not StepKind.ASK:
        return ""
    if not said:
        if step.required:
            raise WrongAnswer("This has to be filled in before it can go on.")
        return ""
    match step.type:
        case AnswerType.CHOICE:
            return _choice(step, said, options)
        case AnswerType.NUMBER:
            return _number(step, said)
        case AnswerType.DATE:
            return _date(step, said, today).isoformat()
        case AnswerType.TIME:
            return _time(said)
    return said


def value(step: Step, kept: str, today: date, options: Sequence[str] = ()) -> Value | None:
    """The value of a kept answer, None where there is none. Raises `WrongAnswer` where it does not
    hold any more: a promised day that is over, a line that left the card."""
    again = stored(step, kept, today, options)
    if not again or step.answer_kind is None:
        return None
    if step.kind is StepKind.ASK and step.type is AnswerType.NUMBER:
        return float(again)
    if step.kind is StepKind.ASK and step.type is AnswerType.DATE:
        return date.fromisoformat(again)
    return again


def days_to_choose(step: Step, today: date) -> tuple[date, ...]:
    """The days of a date step with narrow bounds, to be chosen by a digit."""
    bounded = step.type is AnswerType.DATE and step.least is not None and step.most is not None
    if not bounded or step.least is None or step.most is None or step.most - step.least > 6:
        return ()
    first, last = int(step.least), int(step.most)
    return tuple(today + timedelta(days=each) for each in range(first, last + 1))


def _yes_no(said: str) -> str:
    word = said.lower()
    if word in ("yes", "y"):
        return YES
    if word in ("no", "n"):
        return NO
    raise WrongAnswer("Answer with yes or no.")


def _choice(step: Step, said: str, options: Sequence[str]) -> str:
    if step.listed is not None:
        if said in options:
            return said
        raise WrongAnswer("Choose one of the lines.")
    for choice in step.choices:
        if said == choice.key or folded(said) == folded(choice.label):
            return choice.key
    raise WrongAnswer("Choose one of the lines.")


def _number(step: Step, said: str) -> str:
    if not _NUMBER.fullmatch(said):
        raise WrongAnswer("Type a number.")
    number = float(said.replace(",", "."))
    if step.least is not None and number < step.least:
        raise WrongAnswer(f"The least is {step.least:g}.")
    if step.most is not None and number > step.most:
        raise WrongAnswer(f"The most is {step.most:g}.")
    return f"{number:g}"


def _date(step: Step, said: str, today: date) -> date:
    day = _day(said, today)
    if day is None:
        raise WrongAnswer("Type a day such as 3.4., 3 April, tomorrow or Friday.")
    earliest = None if step.least is None else today + timedelta(days=int(step.least))
    latest = None if step.most is None else today + timedelta(days=int(step.most))
    if earliest is not None and day < earliest:
        raise WrongAnswer(f"The earliest day is {_words(earliest)}.")
    if latest is not None and day > latest:
        raise WrongAnswer(f"The latest day is {_words(latest)}.")
    return day


def _day(said: str, today: date) -> date | None:
    word = said.lower().strip(" .")
    if word in _DAYS:
        return today + timedelta(days=_DAYS[word])
    if len(word) >= 3 and word[:3] in _WEEKDAYS and word.isalpha():
        ahead = (_WEEKDAYS.index(word[:3]) - today.weekday() - 1) % 7 + 1
        return today + timedelta(days=ahead)
    found = {_full(*one) for one in dates_in(said)}
    if not found:
        found = _without_year(said, today)
    possible = {day for day in found if day is not None}
    if len(possible) > 1:
        raise WrongAnswer("This day can be read in two ways. Type the month as a word.")
    return next(iter(possible), None)


def _full(year: int, month: int, day: int) -> date | None:
    try:
        return date(year if year >= 100 else 2000 + year, month, day)
    except ValueError:
        return None


def _without_year(said: str, today: date) -> set[date | None]:
    """The next time that this day comes."""
    head = said.strip().rstrip(".").strip()
    joint = "." if "." in head else " "
    for year in (today.year, today.year + 1):
        found = {_full(*one) for one in dates_in(f"{head}{joint}{year}")}
        ahead = {day for day in found if day is not None and day >= today}
        if ahead:
            return {*ahead}
    return set()


def _time(said: str) -> str:
    match = _TIME.fullmatch(said.lower().strip())
    if match is None:
        raise WrongAnswer("Type a time such as 9:30 or 14.15.")
    hour, minute, half = int(match.group(1)), int(match.group(2) or 0), match.group(3)
    if half and hour > 12:
        raise WrongAnswer("Type a time such as 9:30 or 14.15.")
    if half:
        hour = hour % 12 + (12 if half == "pm" else 0)
    return f"{hour:02}:{minute:02}"


def _words(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B}"
