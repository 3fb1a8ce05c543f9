"""Which scenario is played, what its caller says, and what the log says of it afterwards.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ctidesk.calls import agent_events as ag, events as ev
from ctidesk.calls.desk import CallDesk, Change
from ctidesk.care.training import Feedback, Scenario, Verdict, judge
from ctidesk.ui import words
from ctidesk.ui.live import Live


class Callers(Protocol):
    def call(self, who: str, after_s: float = 0.0) -> None: ...

    def hang_up(self, who: str = "") -> None: ...


@dataclass(frozen=True, slots=True)
class ScenarioLine:
    """`word`: what came of it, such as "4 of 5"."""

    key: str
    title: str
    word: str = ""


@dataclass(frozen=True, slots=True)
class PointLine:
    verdict: Verdict
    text: str


@dataclass(frozen=True, slots=True)
class TrainingState:
    """`running`: the key of what is played now, "" for nothing."""

    scenarios: tuple[ScenarioLine, ...] = ()
    running: str = ""
    title: str = ""
    brief: str = ""
    says: tuple[str, ...] = ()
    points: tuple[PointLine, ...] = ()
    times: str = ""
    attempts: str = ""
    summary: str = ""
    can_start: bool = True
    problem: str = ""


class TrainingPresenter:
    """One scenario at a time, from its call's first ring to the saved code. Feedback comes from the
    desk's events alone, and stays here: nothing of it is kept."""

    def __init__(self, scenarios: Sequence[Scenario], callers: Callers, desk: CallDesk) -> None:
        self._scenarios = {each.key: each for each in scenarios}
        self._callers = callers
        self._desk = desk
        self._chosen: Scenario | None = next(iter(scenarios), None)
        self._running = False
        self._call_id = ""
        self._log: list[ag.LogEvent] = []
        self._results: dict[str, Feedback] = {}
        self._problem = ""
        self.live = Live(self._state)
        desk.subscribe(self._changed)

    def choose(self, key: str) -> None:
        """Look at another one; what is played goes on to its end first."""
        if key in self._scenarios and not self._running:
            self._chosen = self._scenarios[key]
            self.live.refresh()

    def start(self) -> None:
        """The caller phones in a moment."""
        if self._chosen is None or not self._can_start():
            return
        self._running, self._call_id, self._problem = True, "", ""
        self._log.clear()
        self._results.pop(self._chosen.key, None)
        self._callers.call(self._chosen.caller, 1.0)
        self.live.refresh()

    def stop(self) -> None:
        """Give up: the caller hangs up, and what happened so far is judged."""
        if self._running and self._chosen is not None:
            self._callers.hang_up(self._chosen.caller)
            self._end(self._chosen)

    def refused(self, sentence: str) -> None:
        """The caller could not phone."""
        self._running, self._problem = False, sentence
        self.live.refresh()

    # ----------------------------------------------------------------- private

    def _can_start(self) -> bool:
        return not (self._running or self._desk.live or self._desk.wrap_ups)

    def _changed(self, change: Change) -> None:
        if isinstance(change, ev.CallEvent | ag.AgentEvent) and not isinstance(
            change, ev.TELEMETRY
        ):
            self._follow(change)
        self.live.refresh()

    def _follow(self, event: ag.LogEvent) -> None:
        scenario = self._chosen
        if scenario is None or not self._running:
            return
        self._log.append(event)
        if isinstance(event, ev.CallOffered) and not self._call_id:
            self._call_id = event.call_id
        ended = isinstance(event, ag.WrapUpSaved) and event.call_id == self._call_id
        missed = isinstance(event, ev.CallEnded) and event.call_id == self._call_id
        if ended or (missed and not self._answered()):
            self._end(scenario)

    def _answered(self) -> bool:
        return any(
            isinstance(each, ev.CallAnswered) and each.call_id == self._call_id
            for each in self._log
        )

    def _end(self, scenario: Scenario) -> None:
        self._running = False
        self._results[scenario.key] = judge(scenario, self._log, self._call_id)
        self.live.refresh()

    def _state(self) -> TrainingState:
        chosen = self._chosen
        if chosen is None:
            return TrainingState(can_start=False)
        feedback = self._results.get(chosen.key)
        return TrainingState(
            scenarios=tuple(self._line(each) for each in self._scenarios.values()),
            running=chosen.key if self._running else "",
            title=chosen.title,
            brief=chosen.brief,
            says=chosen.says,
            points=()
            if feedback is None
            else tuple(PointLine(each.verdict, each.text) for each in feedback.points),
            times="" if feedback is None else _times(feedback),
            attempts="" if feedback is None else _attempts(feedback),
            summary="" if feedback is None else f"{feedback.done} of {feedback.asked} done",
            can_start=self._can_start(),
            problem=self._problem,
        )

    def _line(self, scenario: Scenario) -> ScenarioLine:
        if self._running and scenario is self._chosen:
            return ScenarioLine(scenario.key, scenario.title, "Now")
        result = self._results.get(scenario.key)
        word = "" if result is None else f"{result.done} of {result.asked}"
        return ScenarioLine(scenario.key, scenario.title, word)


def _times(feedback: Feedback) -> str:
    parts = (
        ("Rang", feedback.ring_s),
        ("talk", feedback.talk_s),
        ("hold", feedback.hold_s),
        ("wrap-up", feedback.wrap_up_s),
    )
    return " · ".join(f"{name} {words.short_duration(seconds)}" for name, seconds in parts)


def _attempts(feedback: Feedback) -> str:
    cards, answers = feedback.wrong_disclosures, feedback.wrong_answers
    told = []
    if cards:
        told.append(f"{cards} {'card' if cards == 1 else 'cards'} of somebody else opened")
    if answers:
        told.append(f"{answers} wrong {'answer' if answers == 1 else 'answers'} at the check")
    return ", ".join(told)
