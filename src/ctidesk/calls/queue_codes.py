"""The codes by which an agent's telephone logs in to the exchange's queue, and out, and pauses.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ctidesk.calls import agent_events as ag, events as ev
from ctidesk.calls.agent_events import AgentState
from ctidesk.calls.desk import CallDesk, Change

_PAUSED = frozenset({AgentState.NOT_READY, AgentState.LOGGED_OUT, AgentState.ACW})


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueCodes:
    """As they are dialled; "" where the exchange has none. `with_state`: pause and unpause follow
    the agent's state by themselves."""

    login: str = ""
    logout: str = ""
    pause: str = ""
    unpause: str = ""
    with_state: bool = False

    def titles(self) -> dict[str, str]:
        """code → what it does, of those that exist."""
        named = (
            (self.login, "Queue: log in"),
            (self.logout, "Queue: log out"),
            (self.pause, "Queue: pause"),
            (self.unpause, "Queue: take calls again"),
        )
        found: dict[str, str] = {}
        for code, title in named:
            if code:
                # one code for both: the exchange changes to and fro
                found[code] = f"{found[code]} or out" if code in found else title
        return found


class QueueFollower:
    """Tells the exchange when the agent takes no calls: not ready, or in wrap-up. In a call it
    says nothing, the exchange sees that by itself. Owner thread: the desk's."""

    def __init__(self, desk: CallDesk, codes: QueueCodes, dial: Callable[[str], None]) -> None:
        self._desk = desk
        self._codes = codes
        self._dial = dial
        self._wanted = ""
        self._told = ""
        if codes.with_state and codes.pause and codes.unpause:
            desk.subscribe(self._changed)

    def _changed(self, change: Change) -> None:
        if isinstance(change, ev.RegistrationChanged):
            if change.state is not ev.Registration.REGISTERED:
                # an exchange that restarts may have forgotten it
                self._told = ""
        elif isinstance(change, ag.AgentStateChanged):
            if change.state is AgentState.READY:
                self._wanted = self._codes.unpause
            elif change.state in _PAUSED:
                self._wanted = self._codes.pause
        else:
            return
        registered = any(
            each.state is ev.Registration.REGISTERED for each in self._desk.registrations.values()
        )
        if registered and self._wanted and self._wanted != self._told:
            self._told = self._wanted
            self._dial(self._wanted)
