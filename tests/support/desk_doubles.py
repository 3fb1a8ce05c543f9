"""Doubles at the desk's ports: a telephone that only writes down, a journal in memory, and
events with the clock's stamp."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from tests.support.fake_clock import FakeClock

from ctidesk.calls import events as ev
from ctidesk.calls.agent_events import LogEvent, WrapUpSaved
from ctidesk.calls.call import Call, RemoteParty
from ctidesk.calls.commands import Command
from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Done, Interaction, WrapUpDraft

E = TypeVar("E", bound=ev.CallEvent)


class SpyTelephony:
    """Writes commands down and answers each with `refusal` (None: accepted)."""

    def __init__(self) -> None:
        self.sent: list[Command] = []
        self.refusal: KnownError | None = None

    def send(self, command: Command, done: Done[None] | None = None) -> None:
        self.sent.append(command)
        if done is not None:
            done(self.refusal)

    def calls(self) -> Sequence[Call]:
        return []


class SpyJournal:
    """Keeps everything in lists, at once."""

    def __init__(self) -> None:
        self.log: list[LogEvent] = []
        self.drafts: dict[str, WrapUpDraft] = {}
        self.interactions: list[Interaction] = []

    def append(self, event: LogEvent, done: Done[None] | None = None) -> None:
        self.log.append(event)
        if done is not None:
            done(None)

    def load_since(self, t_wall: float, done: Done[Sequence[LogEvent]]) -> None:
        done([event for event in self.log if event.t_wall >= t_wall])

    def save_draft(self, draft: WrapUpDraft, done: Done[None] | None = None) -> None:
        self.drafts[draft.call_id] = draft
        if done is not None:
            done(None)

    def load_drafts(self, done: Done[Sequence[WrapUpDraft]]) -> None:
        done(list(self.drafts.values()))

    def save_interaction(
        self, interaction: Interaction, done: Done[None], stamp: WrapUpSaved | None = None
    ) -> None:
        if stamp is not None:
            self.log.append(stamp)
        self.interactions.append(interaction)
        self.drafts.pop(interaction.call_id, None)
        done(None)

    def outbox_waiting(self, done: Done[int]) -> None:
        done(len(self.interactions))


class Happenings:
    """Mints events with the clock's stamp."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock

    def offered(
        self, call_id: str, number: str = "+493023125010", name: str = ""
    ) -> ev.CallOffered:
        return self.make(
            ev.CallOffered,
            call_id,
            account_id="a",
            remote=RemoteParty(number=number, display_name=name),
        )

    def dialled(self, call_id: str, number: str = "201", consult_of: str = "") -> ev.CallDialled:
        return self.make(
            ev.CallDialled,
            call_id,
            account_id="a",
            remote=RemoteParty(number=number),
            consult_of=consult_of,
        )

    def ended(self, call_id: str, by: str = "remote", code: int = 200) -> ev.CallEnded:
        return self.make(ev.CallEnded, call_id, code=code, reason="", by=by)

    def saved(self, call_id: str, code: str) -> WrapUpSaved:
        return WrapUpSaved(
            call_id=call_id,
            t_mono=self.clock.mono(),
            t_wall=self.clock.wall(),
            code=code,
            party="",
            by="agent",
        )

    def make(self, kind: type[E], call_id: str, **fields: Any) -> E:
        return kind(call_id=call_id, t_mono=self.clock.mono(), t_wall=self.clock.wall(), **fields)
