"""After-call work of one call: the fields, the four modes, the countdown, saving.

Runs in: desk process, Qt main thread. Pure: time comes in by the clock and by `tick`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from ctidesk.calls.agent_events import WrapUpSaved, WrapUpStarted
from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Clock, WrapUpDraft
from ctidesk.wrapup.codes import CodeTree


class WrapUpMode(StrEnum):
    OPTIONAL = "optional"  # may be left without a code
    MANDATORY = "mandatory"
    TIMED = "timed"  # mandatory, with a time limit
    TIMED_FULL = "timed_full"  # time limit, no early exit


@dataclass(frozen=True, slots=True, kw_only=True)
class WrapUpPolicy:
    """`limit_s` counts in the timed modes only. `time_out_code` "" takes the tree's."""

    mode: WrapUpMode = WrapUpMode.MANDATORY
    limit_s: float = 60.0
    extension_s: float = 30.0
    max_extensions: int = 2
    time_out_code: str = ""

    @property
    def timed(self) -> bool:
        return self.mode in (WrapUpMode.TIMED, WrapUpMode.TIMED_FULL)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrapUpResult:
    """What is stored once the code is saved: the event for the log, the draft as it was then."""

    event: WrapUpSaved
    draft: WrapUpDraft


class WrapUpSession:
    """The wrap-up of one call, from its answer until the code is saved.

    Made at the answer, so that the fields are open during the call; `begin` starts after-call
    work. Nothing typed is ever dropped: not by the limit, a changed party, or a refused save.
    `draft` given: goes on with what an earlier desk kept.
    """

    __slots__ = (
        "_clock",
        "_closing",
        "_codes",
        "_draft",
        "_extensions",
        "_policy",
        "_result",
        "_started",
    )

    def __init__(
        self,
        call_id: str,
        codes: CodeTree,
        policy: WrapUpPolicy,
        clock: Clock,
        draft: WrapUpDraft | None = None,
    ) -> None:
        """Raises `KnownError` `bad_time_out_code` if the policy names one that can't be used."""
        self._codes = codes
        self._policy = policy
        self._clock = clock
        self._draft = replace(draft, call_id=call_id) if draft else WrapUpDraft(call_id=call_id)
        self._started: WrapUpStarted | None = None
        self._closing = False
        self._extensions = 0
        self._result: WrapUpResult | None = None
        self._check_time_out_code()

    @property
    def call_id(self) -> str:
        return self._draft.call_id

    @property
    def draft(self) -> WrapUpDraft:
        """What was typed so far, to be kept after every change."""
        return self._draft

    @property
    def in_acw(self) -> bool:
        return self._started is not None and self._result is None

    @property
    def result(self) -> WrapUpResult | None:
        return self._result

    @property
    def closing(self) -> bool:
        """Saved in the mode without early exit: waits for the end of the limit."""
        return self._closing and self._result is None

    @property
    def extensions_left(self) -> int:
        return self._policy.max_extensions - self._extensions if self._policy.timed else 0

    def choose(self, code: str) -> None:
        """`code` "" takes the choice back. Raises `KnownError` `code_unknown`."""
        if code and self._codes.find(code) is None:
            raise KnownError(
                "code_unknown", "This wrap-up code does not exist.", "Choose a code from the list."
            )
        self._change(code=code)

    def write(self, note: str) -> None:
        self._change(note=note)

    def plan(self, follow_up: str) -> None:
        self._change(follow_up=follow_up)

    def set_party(self, party: str) -> None:
        """A code that the party can't have stays chosen until `save` says so."""
        self._change(party=party)

    def set_member(self, member_id: str) -> None:
        self._change(member_id=member_id)

    def begin(self, event: WrapUpStarted) -> None:
        """The conversation ended. A second time changes nothing (log reloaded)."""
        if self._started is None and event.call_id == self.call_id:
            self._started = event

    def elapsed_s(self, now_mono: float) -> float:
        """Seconds of after-call work so far, 0 before it began."""
        return max(0.0, now_mono - self._started.t_mono) if self._started else 0.0

    def remaining_s(self, now_mono: float) -> float | None:
        """Seconds until the time-out, None without a limit or before after-call work began."""
        if self._started is None or not self._policy.timed:
            return None
        return max(0.0, self._limit_s() - self.elapsed_s(now_mono))

    def extend(self) -> None:
        """More time, as often as the policy allows. Raises `KnownError` `no_extension`."""
        if not self.in_acw or self.extensions_left <= 0:
            raise KnownError(
                "no_extension",
                "The time for after-call work cannot be extended any more.",
                "Choose a code now; what you typed is kept when the time ends.",
            )
        self._extensions += 1

    def problem(self) -> KnownError | None:
        """Why the code can't be saved as it is, None if it can."""
        code = self._codes.find(self._draft.code) if self._draft.code else None
        if code is None:
            if self._policy.mode is WrapUpMode.OPTIONAL and not self._draft.code:
                return None
            return KnownError(
                "code_missing", "A wrap-up code is missing.", "Type a word of it and choose one."
            )
        if not code.is_for(self._draft.party):
            return KnownError(
                "code_not_for_party",
                "This code is not used for this kind of caller.",
                "Choose another code, or correct who called.",
            )
        if code.needs_note and not self._draft.note.strip():
            return KnownError(
                "note_missing", "This code needs a note.", "Write one sentence in the note."
            )
        return None

    def save(self) -> WrapUpResult | None:
        """Save the code. None where the mode has no early exit: it is saved when the limit ends.

        Raises `KnownError`: `not_ended`, `code_missing`, `code_not_for_party`, `note_missing`.
        Once saved, returns the same result again.
        """
        if self._result is not None:
            return self._result
        if self._started is None:
            raise KnownError(
                "not_ended",
                "The call has not ended yet.",
                "End the call first; code and note are kept.",
            )
        problem = self.problem()
        if problem is not None:
            raise problem
        if self._policy.mode is WrapUpMode.TIMED_FULL and self._time_left(self._clock.mono()):
            self._closing = True
            return None
        return self._finish("agent", self._clock.mono())

    def tick(self, now_mono: float) -> WrapUpResult | None:
        """Call about once a second: the result when the limit has just ended, else None.

        At the limit the chosen code is taken if it can be saved, else the time-out code; either
        way what was typed stays.
        """
        if not self.in_acw or not self._policy.timed or self._time_left(now_mono):
            return None
        if self.problem() is not None:
            self._draft = replace(self._draft, code=self._time_out_code())
            return self._finish("timeout", now_mono)
        return self._finish("agent" if self._closing else "timeout", now_mono)

    def _change(self, **fields: str) -> None:
        if self._result is not None:
            raise KnownError(
                "wrap_up_saved",
                "The after-call work of this call is saved already.",
                "Open the call from the list to add to it.",
            )
        self._draft = replace(self._draft, **fields)

    def _limit_s(self) -> float:
        return self._policy.limit_s + self._extensions * self._policy.extension_s

    def _time_left(self, now_mono: float) -> bool:
        return self.elapsed_s(now_mono) < self._limit_s()

    def _time_out_code(self) -> str:
        return self._policy.time_out_code or self._codes.time_out

    def _check_time_out_code(self) -> None:
        code = self._codes.find(self._time_out_code())
        if code is None or not code.active or code.parties or code.needs_note:
            raise KnownError(
                "bad_time_out_code",
                "The configured time-out code cannot be used.",
                "Name an active code for all parties that needs no note.",
            )

    def _finish(self, by: str, now_mono: float) -> WrapUpResult:
        draft = self._draft
        event = WrapUpSaved(
            call_id=draft.call_id,
            t_mono=now_mono,
            t_wall=self._clock.wall(),
            code=draft.code,
            party=draft.party,
            by=by,
        )
        self._result = WrapUpResult(event=event, draft=draft)
        return self._result
