"""How the team lead is told that an agent needs somebody now.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Done


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadAlarm:
    """`about`: "red_flag", "fallback" or "help"; `reason` of help. Nothing about the patient."""

    about: str
    call_id: str
    reason: str = ""


class LeadAlert(Protocol):
    """The rules of `calls.ports` hold."""

    def alert(self, alarm: LeadAlarm, done: Done[None]) -> None:
        """`done(None)` once a lead's desk has it, `KnownError` when nobody was told."""
        ...


class NoTeamBus:
    """A `LeadAlert` that reaches nobody, and says so: the agent has to call."""

    def alert(self, alarm: LeadAlarm, done: Done[None]) -> None:
        done(
            KnownError(
                "no_team_bus",
                "No team bus is configured: your lead does not see this.",
                "Call your lead.",
            )
        )
