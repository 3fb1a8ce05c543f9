"""The wrap-up sessions of all answered calls, with what is needed to go on after a failure.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ctidesk.calls.agent_events import WrapUpStarted
from ctidesk.calls.call import Call
from ctidesk.calls.ports import Clock, WrapUpDraft
from ctidesk.wrapup.codes import CodeTree
from ctidesk.wrapup.session import WrapUpPolicy, WrapUpSession


class OpenSessions:
    """By call_id, oldest first. Owned by the wrap-up presenter."""

    def __init__(self, codes: CodeTree, policy: WrapUpPolicy, clock: Clock) -> None:
        self.codes = codes
        self._policy = policy
        self._clock = clock
        self._sessions: dict[str, WrapUpSession] = {}
        self._started: dict[str, WrapUpStarted] = {}
        self._drafts: dict[str, WrapUpDraft] = {}

    def all(self) -> list[WrapUpSession]:
        return list(self._sessions.values())

    def get(self, call_id: str) -> WrapUpSession | None:
        return self._sessions.get(call_id)

    def started(self, call_id: str) -> WrapUpStarted | None:
        """When after-call work of the call began, None during the conversation."""
        return self._started.get(call_id) if call_id in self._sessions else None

    def until_mono(self, call_id: str) -> float | None:
        """When the time limit ends, None without one."""
        session = self._sessions.get(call_id)
        now = self._clock.mono()
        left = session.remaining_s(now) if session is not None else None
        # rounded: a state that is equal is not painted again
        return None if left is None else round(now + left, 1)

    def open(self, call_id: str) -> WrapUpSession:
        """The session of the call, made with what an earlier desk kept if there is none yet."""
        session = self._sessions.get(call_id)
        if session is None:
            session = self._make(call_id, self._drafts.get(call_id))
        return session

    def begin(self, event: WrapUpStarted) -> None:
        """After-call work began; kept until the session is opened where it is early."""
        now = self._clock.mono()
        if event.t_mono > now:  # logged before the machine was started anew
            event = replace(event, t_mono=now)
        self._started.setdefault(event.call_id, event)
        session = self._sessions.get(event.call_id)
        if session is not None:
            session.begin(self._started[event.call_id])

    def begin_if_lost(self, call: Call) -> None:
        """The conversation is over, but the log does not say when after-call work began."""
        if call.call_id not in self._started:
            ended = self._clock.mono() if call.ended_mono is None else call.ended_mono
            self.begin(WrapUpStarted(call_id=call.call_id, t_mono=ended, t_wall=self._clock.wall()))

    def take_drafts(self, drafts: Iterable[WrapUpDraft]) -> None:
        """Drafts of an earlier desk; what was typed since is newer and stays."""
        for draft in drafts:
            self._drafts[draft.call_id] = draft
            session = self._sessions.get(draft.call_id)
            if session is not None and not _typed(session.draft):
                self._make(draft.call_id, draft)

    def reopen(self, call_id: str, draft: WrapUpDraft) -> None:
        """A save failed: the session goes on with the same texts."""
        self._make(call_id, draft)

    def close(self, call_id: str) -> None:
        for held in (self._sessions, self._started, self._drafts):
            held.pop(call_id, None)

    def _make(self, call_id: str, draft: WrapUpDraft | None) -> WrapUpSession:
        session = WrapUpSession(call_id, self.codes, self._policy, self._clock, draft)
        self._sessions[call_id] = session
        started = self._started.get(call_id)
        if started is not None:
            session.begin(started)
        return session


def _typed(draft: WrapUpDraft) -> bool:
    return bool(draft.code or draft.note or draft.follow_up)
