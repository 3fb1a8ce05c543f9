"""The agent's state for the screen, and the choice of the next one.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ctidesk.calls.actions import DeskActions
from ctidesk.calls.agent import RESTING, Rest
from ctidesk.calls.agent_events import AgentState, AgentStateChanged
from ctidesk.calls.desk import CallDesk, Change
from ctidesk.ui import words
from ctidesk.ui.live import Live, but_telemetry
from ctidesk.ui.theme.tokens import Role

DEFAULT_REASONS = ("Break", "Lunch", "Training", "Meeting", "Personal", "Follow-up work")

_ICONS = {
    AgentState.LOGGED_OUT: "sign_out",
    AgentState.NOT_READY: "coffee",
    AgentState.READY: "ready",
    AgentState.OFFERED: "phone",
    AgentState.DIALLING: "dial_out",
    AgentState.TALKING: "phone",
    AgentState.HELD: "hold",
    AgentState.CONSULTING: "consult",
    AgentState.ACW: "wrap_up",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One line of the menu. `key`: "ready", "logged_out" or "not_ready:<reason>"."""

    key: str
    label: str
    icon: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class AgentBarState:
    """`since_mono`: since when in this state. `next_text`: "Next: Lunch", "" if nothing waits.
    `busy`: a choice is queued, it does not come in at once."""

    word: str
    reason: str
    tone: Role
    icon: str
    since_mono: float
    next_text: str
    busy: bool
    choices: tuple[Choice, ...]


class AgentBarPresenter:
    """Ready, not ready with a reason, log out; queued while a call or a wrap-up is open."""

    def __init__(
        self, desk: CallDesk, actions: DeskActions, reasons: Sequence[str] = DEFAULT_REASONS
    ) -> None:
        self._desk = desk
        self._actions = actions
        self._reasons = tuple(reasons)
        self._entered = desk.agent.current
        """The transition into the present state; a queued choice is logged as one more
        transition, but does not restart the time in state."""
        self.live = Live(self._state)
        desk.subscribe(but_telemetry(self._changed))

    def choose(self, key: str) -> None:
        """Take a `Choice` by its key."""
        kind, _, reason = key.partition(":")
        if kind == "ready":
            self._actions.ready()
        elif kind == "logged_out":
            self._actions.log_out()
        elif kind == "not_ready":
            self._actions.not_ready(reason)

    def _changed(self, change: Change) -> None:
        current = self._desk.agent.current
        before = self._entered
        if (current.state, current.reason) != (before.state, before.reason):
            self._entered = current
        self.live.refresh()

    def _state(self) -> AgentBarState:
        current = self._desk.agent.current
        queued = self._desk.agent.queued
        return AgentBarState(
            word=words.AGENT_WORDS[current.state],
            reason=words.reason_word(current.reason),
            tone=words.AGENT_TONES[current.state],
            icon=_ICONS[current.state],
            since_mono=self._entered.t_mono,
            next_text=f"Next: {_rest_word(queued)}" if queued else "",
            busy=current.state not in RESTING,
            choices=self._choices(current, queued),
        )

    def _choices(self, current: AgentStateChanged, queued: Rest | None) -> tuple[Choice, ...]:
        wanted = queued or Rest(current.state, current.reason)
        lines = [("ready", "Ready", "ready", wanted.state is AgentState.READY)]
        for reason in self._reasons:
            chosen = wanted.state is AgentState.NOT_READY and wanted.reason == reason
            lines.append((f"not_ready:{reason}", reason, "coffee", chosen))
        gone = wanted.state is AgentState.LOGGED_OUT
        lines.append(("logged_out", "Log out", "sign_out", gone))
        return tuple(Choice(*line) for line in lines)


def _rest_word(rest: Rest) -> str:
    if rest.state is AgentState.NOT_READY:
        return words.reason_word(rest.reason)
    return words.AGENT_WORDS[rest.state]
