"""The interpreter of the call in view: chosen, called, in the call.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from dataclasses import dataclass

from ctidesk.calls.desk import CallDesk, Change
from ctidesk.care.interpreter import InterpreterDesk
from ctidesk.care.line_joining import LineJoiner
from ctidesk.ui.in_view import talking_caller
from ctidesk.ui.live import Live, but_telemetry
from ctidesk.ui.theme.tokens import Role


@dataclass(frozen=True, slots=True)
class InterpreterState:
    """`languages`: to choose from, empty unless it is asked. `end_label` "" without anything to
    end."""

    visible: bool = False
    title: str = ""
    detail: str = ""
    tone: Role = Role.MUTED
    icon: str = "users"
    languages: tuple[str, ...] = ()
    end_label: str = ""


class InterpreterPresenter:
    """One key: the interpreter of the card's language, or the question which one."""

    def __init__(self, desk: CallDesk, interpreters: InterpreterDesk, joiner: LineJoiner) -> None:
        self._desk = desk
        self._interpreters = interpreters
        self._joiner = joiner
        self._asking = False
        self.live = Live(self._state)
        desk.subscribe(but_telemetry(self._changed))

    @property
    def possible(self) -> bool:
        return bool(self._interpreters.languages) and talking_caller(self._desk) is not None

    @property
    def languages(self) -> tuple[str, ...]:
        return self._interpreters.languages

    def toggle(self) -> None:
        """Call, or ask which language; again: close the question."""
        call = talking_caller(self._desk)
        if call is None or self._interpreters.current is not None:
            return
        language = self._interpreters.known_language(call.call_id)
        if not language and len(self._interpreters.languages) == 1:
            language = self._interpreters.languages[0]
        if language and not self._joiner.why_not(call.call_id):
            self.choose(language)
        else:
            self._asking = not self._asking
        self.live.refresh()

    def choose(self, language: str) -> None:
        call = talking_caller(self._desk)
        if call is not None and self._interpreters.call(call.call_id, language):
            self._asking = False
        self.live.refresh()

    def end(self) -> None:
        """Close the question, end the ringing, or let the interpreter go."""
        self._asking = False
        self._interpreters.let_go()
        self.live.refresh()

    def covers(self, call_id: str) -> bool:
        """Whether this panel speaks for the consultation of that call."""
        current = self._interpreters.current
        return current is not None and current.call_id == call_id and not current.failed

    # ----------------------------------------------------------------- private

    def _changed(self, change: Change) -> None:
        if talking_caller(self._desk) is None:
            self._asking = False
        self.live.refresh()

    def _state(self) -> InterpreterState:
        call, current = talking_caller(self._desk), self._interpreters.current
        if current is not None and call is not None and current.call_id == call.call_id:
            if current.failed and not self._asking:
                return InterpreterState(
                    visible=True,
                    title=f"No interpreter for {current.language} could be reached",
                    detail="Try again, or offer to call back with an interpreter.",
                    tone=Role.HOLD,
                    icon="warning",
                    languages=self._interpreters.languages,
                    end_label="Close",
                )
            if current.joined:
                return InterpreterState(
                    visible=True,
                    title=f"In the call: you, the caller, interpreter ({current.language})",
                    detail="Speak to the caller, not to the interpreter. This time is excused.",
                    tone=Role.READY,
                    icon="conference",
                    end_label="Let the interpreter go",
                )
            if not current.failed:
                return InterpreterState(
                    visible=True,
                    title=f"Interpreter ({current.language}) is being called",
                    detail="You can talk to the caller meanwhile.",
                    tone=Role.RINGING,
                    icon="phone",
                    end_label="Stop ringing",
                )
        if not self._asking or call is None:
            return InterpreterState()
        return InterpreterState(
            visible=True,
            title="Interpreter for which language?",
            detail=self._joiner.why_not(call.call_id),
            languages=self._interpreters.languages,
            end_label="Close",
        )
