"""The states of the guide panel, made from where a guide stands.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from dataclasses import dataclass

from ctidesk.care.guide import Guide
from ctidesk.care.guide_progress import GuideRun
from ctidesk.care.guide_run import Walk
from ctidesk.care.guide_shelf import GuideShelf
from ctidesk.ui.directory_search.presenter import Problem
from ctidesk.ui.guide.state import GuideStage, GuideState, ObstacleState


@dataclass(frozen=True, slots=True)
class Making:
    """What every state of an open guide has."""

    call_id: str
    guide: Guide
    problem: Problem | None

    def state(self, stage: GuideStage, **more: object) -> GuideState:
        return GuideState(
            stage=stage,
            call_id=self.call_id,
            guide=self.guide.id,
            title=self.guide.title,
            placeholder=self.guide.placeholder,
            problem=self.problem,
            **more,  # type: ignore[arg-type]  # checked by the tests of each stage
        )


NOT_POSSIBLE = Problem(
    "The desk could not do this now.",
    "Do it by hand, or go back; do not go on before it is done.",
)


def mark(run: GuideRun | None) -> str:
    if run is None:
        return ""
    return "done" if run.completed else "started"


def obstacle_state(walked: Walk, shelf: GuideShelf) -> ObstacleState | None:
    """With the title of the guide that goes on."""
    found = walked.obstacle
    if found is None:
        return None
    following = shelf.get(found.guide) if found.guide else None
    return ObstacleState(
        reason=found.reason,
        say=found.say,
        next=found.next,
        guide=following.title if following is not None else "",
    )
