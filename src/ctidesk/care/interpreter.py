"""An interpreter brought into the call by one key, in the caller's language (R22).

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ctidesk.calls import flag_events as fl
from ctidesk.calls.desk import CallDesk, Change
from ctidesk.calls.flag_events import Excuse, LineRole
from ctidesk.calls.ports import Clock
from ctidesk.care.line_joining import JoinLine, LineJoiner

CODES = {
    "ar": "arabic",
    "ca": "catalan",
    "cs": "czech",
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fa": "persian",
    "fr": "french",
    "id": "indonesian",
    "it": "italian",
    "pl": "polish",
    "pt": "portuguese",
    "ro": "romanian",
    "ru": "russian",
    "sv": "swedish",
    "tr": "turkish",
    "uk": "ukrainian",
    "vi": "vietnamese",
    "zh": "chinese",
}
"""ISO 639-1, as records may have it."""


def plain_language(text: str) -> str:
    """ "pl-PL", "Polish" and " polish " are one language."""
    word = text.strip().casefold()
    return CODES.get(word.partition("-")[0].partition("_")[0], word)


@dataclass(frozen=True, slots=True)
class Interpreting:
    """`failed`: nobody of this language could be had. `tries`: lines so far."""

    call_id: str
    language: str
    line: str = ""
    tries: int = 0
    joined: bool = False
    failed: bool = False


class InterpreterDesk:
    """`lines`: each named by its language, several of one are tried in turn. `language_of`: what
    the open card of a call says, "" for nothing."""

    def __init__(
        self,
        desk: CallDesk,
        clock: Clock,
        joiner: LineJoiner,
        lines: Sequence[JoinLine],
        language_of: Callable[[str], str],
    ) -> None:
        self._desk = desk
        self._clock = clock
        self._joiner = joiner
        self._lines = tuple(lines)
        self._language_of = language_of
        self.current: Interpreting | None = None
        desk.subscribe(self._changed)

    @property
    def languages(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(line.name for line in self._lines))

    def known_language(self, call_id: str) -> str:
        """The one of `languages` that the caller's card names, "" when none or unknown."""
        wanted = plain_language(self._language_of(call_id))
        return next((one for one in self.languages if plain_language(one) == wanted), "")

    def call(self, call_id: str, language: str) -> bool:
        """Bring in the first interpreter of `language`; whether it was begun."""
        self.current = None
        return self._try(call_id, language, 0)

    def let_go(self) -> None:
        """End the attempt, or the interpreter's part of the call; clears what is told."""
        if self.current is not None and not self.current.failed:
            self._joiner.give_up(self.current.call_id)
        self.current = None if self.current is None or self.current.failed else self.current

    def take_log(self, log: Iterable[object]) -> None:
        for event in log:
            self._fold(event)

    # ----------------------------------------------------------------- private

    def _try(self, call_id: str, language: str, number: int) -> bool:
        of_it = [line for line in self._lines if line.name == language]
        if number >= len(of_it) or self._joiner.why_not(call_id):
            return False
        if not number:
            self._excuse(call_id, running=True)
        return self._joiner.bring_in(call_id, LineRole.INTERPRETER, of_it[number], language)

    def _changed(self, change: Change) -> None:
        before = self.current
        self._fold(change)
        ours = isinstance(change, fl.LineFailed | fl.LineLeft) and (
            change.role is LineRole.INTERPRETER
        )
        if not ours or before is None:
            return
        unreached = isinstance(change, fl.LineFailed) and change.outcome != "given_up"
        if unreached and self._try(before.call_id, before.language, before.tries):
            return
        self._excuse(before.call_id, running=False)

    def _fold(self, event: object) -> None:
        match event:
            case fl.LineTried(role=LineRole.INTERPRETER):
                again = self.current is not None and self.current.call_id == event.call_id
                tries = self.current.tries if again and self.current is not None else 0
                self.current = Interpreting(
                    event.call_id, event.language, line=event.line, tries=tries + 1
                )
            case fl.LineJoined(role=LineRole.INTERPRETER) if self.current is not None:
                self.current = Interpreting(
                    event.call_id, self.current.language, line=event.line, joined=True
                )
            case fl.LineFailed(role=LineRole.INTERPRETER) if self.current is not None:
                given_up = event.outcome == "given_up"
                self.current = (
                    None
                    if given_up
                    else Interpreting(
                        event.call_id,
                        self.current.language,
                        tries=self.current.tries,
                        failed=True,
                    )
                )
            case fl.LineLeft(role=LineRole.INTERPRETER):
                self.current = None

    def _excuse(self, call_id: str, running: bool) -> None:
        now, wall = self._clock.mono(), self._clock.wall()
        reason = Excuse.INTERPRETER
        self._desk.note(
            fl.TimeExcused(call_id=call_id, t_mono=now, t_wall=wall, reason=reason, running=running)
        )
