"""The agent's state machine: what the agent is doing, derived from calls, wrap-ups and choices.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ctidesk.calls.agent_events import AgentState, AgentStateChanged
from ctidesk.calls.call import CONNECTED, Call, Direction, Phase
from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Clock

NO_ANSWER = "NO_ANSWER"
DEVICE_LOST = "DEVICE_LOST"
NETWORK_LOST = "NETWORK_LOST"
SYSTEM_REASONS = frozenset({NO_ANSWER, DEVICE_LOST, NETWORK_LOST})

RECOVERY = "Recovery"
"""The reason of a protected minute after a distressing call; it ends by itself."""

RESTING = frozenset({AgentState.LOGGED_OUT, AgentState.NOT_READY, AgentState.READY})
"""States that the agent chooses; all others follow from calls and wrap-ups."""


@dataclass(frozen=True, slots=True)
class Rest:
    """A state between calls. `reason` only with NOT_READY."""

    state: AgentState
    reason: str = ""


READY = Rest(AgentState.READY)
LOGGED_OUT = Rest(AgentState.LOGGED_OUT)


def occupied_by(calls: Iterable[Call], wrap_ups: Sequence[str]) -> tuple[AgentState, str] | None:
    """The state that calls (any order) and open wrap-ups (oldest first) force on the agent, with
    its call_id, or None when nothing does."""
    live = [call for call in calls if not call.ended]
    consults = {call.consult_of for call in live if call.consult_of}
    for call in live:
        if call.call_id in consults and call.phase in (Phase.HELD, Phase.HOLDING):
            return AgentState.CONSULTING, call.call_id
    connected = [call for call in live if call.phase in CONNECTED]
    for call in connected:
        if call.phase is not Phase.HELD:
            return AgentState.TALKING, call.call_id
    for call in live:
        if call.direction is Direction.OUTBOUND and call.phase not in CONNECTED:
            return AgentState.DIALLING, call.call_id
    if connected:
        return AgentState.HELD, connected[0].call_id
    if wrap_ups:
        return AgentState.ACW, wrap_ups[0]
    for call in live:
        if call.phase in (Phase.OFFERED, Phase.ANSWERING):
            return AgentState.OFFERED, call.call_id
    return None


class AgentMachine:
    """The agent's state and the queued next one. Owner: the call desk.

    Every method returns the transition to log, or None when nothing changed.
    """

    def __init__(self, clock: Clock, rest: Rest = LOGGED_OUT) -> None:
        self._clock = clock
        self.rest = rest
        """Where the agent is between calls, and returns to when nothing is queued."""
        self.queued: Rest | None = None
        self.recovery_next = False
        """A protected minute follows the current work."""
        self._before_outage: Rest | None = None
        self._outages: dict[str, None] = {}
        """What is away now, in the order in which it went."""
        self.current = self._changed(rest.state, rest.reason, "")

    def choose(self, rest: Rest) -> AgentStateChanged | None:
        """The agent asks for a state: at once when free, else queued as the next one.

        Raises `KnownError` where a reason is missing or the state cannot be chosen.
        """
        if rest.state not in RESTING:
            raise KnownError(
                "state_not_chosen",
                "This state follows from your calls and cannot be chosen.",
                "Choose ready, not ready with a reason, or log out.",
            )
        if rest.state is AgentState.NOT_READY and not rest.reason:
            raise KnownError(
                "reason_missing", "Not ready needs a reason.", "Choose a reason from the list."
            )
        self._before_outage = None
        if self.current.state in RESTING:
            self.rest, self.queued = rest, None
            return self._move(rest.state, rest.reason, "")
        self.queued = rest
        return self._move(self.current.state, self.current.reason, self.current.call_id)

    def follow(self, calls: Iterable[Call], wrap_ups: Sequence[str]) -> AgentStateChanged | None:
        """Adapt to calls and open wrap-ups; at their end the queued state comes in."""
        occupied = occupied_by(calls, wrap_ups)
        if occupied is not None:
            return self._move(occupied[0], "", occupied[1])
        if self.recovery_next:
            self._begin_recovery()
        elif self.queued is not None and not self.recovering:
            self.rest, self.queued = self.queued, None
        return self._move(self.rest.state, self.rest.reason, "")

    @property
    def recovering(self) -> bool:
        return self.rest.reason == RECOVERY

    def recover(self) -> AgentStateChanged | None:
        """A protected minute: at once when free, else right after the work. What was to come then
        comes after it."""
        if self.recovering:
            return None
        if self.current.state not in RESTING:
            self.recovery_next = True
            return None
        self._begin_recovery()
        return self._move(self.rest.state, self.rest.reason, "")

    def end_recovery(self) -> AgentStateChanged | None:
        """It is over: what waited comes in, unless something is away without which nobody is
        ready."""
        if not self.recovering:
            return None
        then, self.queued = self.queued or READY, None
        if then.state is AgentState.READY and (away := next(iter(self._outages), "")):
            self._before_outage, then = then, Rest(AgentState.NOT_READY, away)
        self.rest = then
        if self.current.state not in RESTING:
            return None
        return self._move(then.state, then.reason, "")

    def _begin_recovery(self) -> None:
        self.recovery_next = False
        if self.queued is None and not self.recovering:
            self.queued = self._before_outage or self.rest
        self._before_outage = None
        self.rest = Rest(AgentState.NOT_READY, RECOVERY)

    def missed_a_call(self) -> AgentStateChanged | None:
        """A call rang out unanswered: an agent who is away must not be offered the next one."""
        if self.rest.state is not AgentState.READY:
            return None
        return self._system(NO_ANSWER)

    def outage(self, reason: str) -> AgentStateChanged | None:
        """Network or headset lost: not ready until it is back."""
        self._outages[reason] = None
        if self.rest.state is not AgentState.READY:
            return None
        self._before_outage = self.rest
        return self._system(reason)

    def recovered(self, reason: str) -> AgentStateChanged | None:
        """What `outage(reason)` took away is back: the state from before it returns."""
        self._outages.pop(reason, None)
        before, self._before_outage = self._before_outage, None
        if before is None or self.rest.reason != reason:
            self._before_outage = before if self.rest.reason in self._outages else None
            return None
        if still := next(iter(self._outages), ""):
            self._before_outage = before
            return self._system(still)
        self.rest = before
        if self.current.state not in RESTING:
            return None
        return self._move(before.state, before.reason, "")

    def restore(self, last: AgentStateChanged) -> None:
        """Take up the last logged transition of an earlier desk (calls are followed afterwards)."""
        if last.state in RESTING:
            self.rest = Rest(last.state, last.reason)
        if last.queued:
            self.queued = Rest(AgentState(last.queued), last.queued_reason)
        self.current = last

    def _system(self, reason: str) -> AgentStateChanged | None:
        self.rest = Rest(AgentState.NOT_READY, reason)
        if self.current.state not in RESTING:
            return None
        return self._move(AgentState.NOT_READY, reason, "")

    def _move(self, state: AgentState, reason: str, call_id: str) -> AgentStateChanged | None:
        after = self._changed(state, reason, call_id)
        if _same(after, self.current):
            return None
        self.current = after
        return after

    def _changed(self, state: AgentState, reason: str, call_id: str) -> AgentStateChanged:
        return AgentStateChanged(
            t_mono=self._clock.mono(),
            t_wall=self._clock.wall(),
            state=state,
            reason=reason,
            call_id=call_id,
            queued=self.queued.state if self.queued else "",
            queued_reason=self.queued.reason if self.queued else "",
        )


def _same(a: AgentStateChanged, b: AgentStateChanged) -> bool:
    return (a.state, a.reason, a.call_id, a.queued, a.queued_reason) == (
        b.state,
        b.reason,
        b.call_id,
        b.queued,
        b.queued_reason,
    )
