"""What the desk needs from the outside, as plain roles.

Runs in: desk process. Every method returns at once; a `done` callback is called later on the
thread that composed the desk (Qt main), exactly once, with a value or a `KnownError`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from ctidesk.calls.agent_events import LogEvent, WrapUpSaved
from ctidesk.calls.call import Call
from ctidesk.calls.commands import Command, ConfigureAudio
from ctidesk.calls.errors import KnownError
from ctidesk.calls.line_quality import LineRecord

T = TypeVar("T")
Done = Callable[[T | KnownError], None]


class Clock(Protocol):
    def mono(self) -> float:
        """Seconds, monotonic, shared by all processes of this boot."""
        ...

    def wall(self) -> float:
        """Seconds since the epoch, UTC."""
        ...


class Telephony(Protocol):
    """Did make, did receive, is connecting, did disconnect: all of it comes as events; this is
    the way to ask."""

    def send(self, command: Command, done: Done[None] | None = None) -> None:
        """Ask the engine. `done(None)` when it accepted, `done(KnownError)` when it refused, was
        lost or did not answer within 5 s."""
        ...

    def calls(self) -> Sequence[Call]:
        """The calls as the engine last told, oldest first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WrapUpDraft:
    """What the agent typed so far for a call; autosaved, survives the desk."""

    call_id: str
    member_id: str = ""
    party: str = ""
    code: str = ""
    note: str = ""
    follow_up: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interaction:
    """The finished call as it goes to the CRM. Durations in seconds, apart and never summed.
    `line`: how the caller's line was, None when it was not measured; `consult_lines`: those of the
    colleagues who were asked meanwhile."""

    call_id: str
    direction: str
    number: str
    queue: str
    account_id: str
    agent: str
    member_id: str
    party: str
    verified: bool
    code: str
    note: str
    follow_up: str
    began_wall: float
    answered_wall: float | None
    ended_wall: float
    saved_wall: float
    dial_s: float
    talk_s: float
    hold_s: float
    wrap_up_s: float
    end_code: int
    coded_by: str  # "agent" or "timeout"
    recording_manifest: str = ""
    line: LineRecord | None = None
    consult_lines: tuple[LineRecord, ...] = ()


class CallJournal(Protocol):
    """The event log, the drafts and the finished interactions, durable and encrypted."""

    def append(self, event: LogEvent, done: Done[None] | None = None) -> None: ...

    def load_since(self, t_wall: float, done: Done[Sequence[LogEvent]]) -> None: ...

    def save_draft(self, draft: WrapUpDraft, done: Done[None] | None = None) -> None: ...

    def load_drafts(self, done: Done[Sequence[WrapUpDraft]]) -> None: ...

    def save_interaction(
        self, interaction: Interaction, done: Done[None], stamp: WrapUpSaved | None = None
    ) -> None:
        """Interaction, outbox and audit rows, the log's `stamp` and the end of the draft, in one
        transaction: a desk that dies right after it does not ask for the code again."""
        ...

    def outbox_waiting(self, done: Done[int]) -> None:
        """How many messages wait for the CRM."""
        ...


class SoundChoice(Protocol):
    """Which devices the agent uses, and how loud."""

    @property
    def order(self) -> ConfigureAudio: ...

    def choose(self, order: ConfigureAudio) -> None:
        """Use it from now on, and remember it. What came of it is told as `SoundChanged`."""
        ...


class ForgetfulSound:
    """A `SoundChoice` that nobody hears."""

    def __init__(self) -> None:
        self._order = ConfigureAudio()

    @property
    def order(self) -> ConfigureAudio:
        return self._order

    def choose(self, order: ConfigureAudio) -> None:
        self._order = order
