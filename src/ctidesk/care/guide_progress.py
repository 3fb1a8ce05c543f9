"""How far the guides of each call are, from the event log alone.

Runs in: desk process, Qt main thread. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from ctidesk.calls.guide_events import (
    GuideCompleted,
    GuideEvent,
    GuideLeft,
    GuideOpened,
    GuideStepAnswered,
    GuideStepReturned,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuideRun:
    """One time through a guide. `number` counts from 1: a second refill in the same call is another
    run. `returned`: the step that the agent went back to."""

    guide: str
    number: int = 1
    answers: dict[str, str] = field(default_factory=dict, repr=False)
    returned: str = ""
    completed: bool = False
    code: str = ""


class GuideProgress:
    """By call. Owned by the guide presenter."""

    def __init__(self) -> None:
        self._runs: dict[str, dict[str, GuideRun]] = {}
        self._current: dict[str, str] = {}

    def current(self, call_id: str) -> GuideRun | None:
        """The guide that is open, also when it is completed and its last words are shown."""
        return self.run(call_id, self._current.get(call_id, ""))

    def run(self, call_id: str, guide: str) -> GuideRun | None:
        return self._runs.get(call_id, {}).get(guide)

    def add(self, event: GuideEvent) -> None:
        runs = self._runs.setdefault(event.call_id, {})
        run = runs.get(event.guide)
        match event:
            case GuideOpened():
                if run is None:
                    run = GuideRun(guide=event.guide)
                elif run.completed:
                    run = GuideRun(guide=event.guide, number=run.number + 1)
                self._current[event.call_id] = event.guide
            case GuideStepAnswered() if run is not None:
                run = replace(run, answers={**run.answers, event.step: event.answer}, returned="")
            case GuideStepReturned() if run is not None:
                run = replace(run, returned=event.step)
            case GuideCompleted() if run is not None:
                run = replace(run, completed=True, code=event.code, returned="")
            case GuideLeft():
                self._current.pop(event.call_id, None)
        if run is not None:
            runs[event.guide] = run

    def keep_only(self, call_ids: Iterable[str]) -> None:
        """Of calls that are over nothing stays in memory."""
        kept = set(call_ids)
        for call_id in set(self._runs) - kept:
            self._runs.pop(call_id, None)
            self._current.pop(call_id, None)
