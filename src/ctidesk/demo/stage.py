"""What the self-driving demo plays on: the screen's hands, the callers, the desk, the transcript.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from ctidesk.calls.call import Call
from ctidesk.calls.desk import CallDesk, Change
from ctidesk.calls.errors import CtideskError
from ctidesk.care.pop import ScreenPop
from ctidesk.demo.lines import Report
from ctidesk.demo.recording_check import RecordingHeard

PATIENCE_S = 20.0


class StepFailed(CtideskError):
    """A step of the demo did not come true; the message is a sentence for the transcript."""


class Hands(Protocol):
    """Works the real window as an agent does. Each raises a `CtideskError` with a sentence when
    the control isn't on the screen or is disabled."""

    def press(self, control: str) -> None:
        """Click the button called `control`."""
        ...

    def enter(self, control: str, text: str) -> None:
        """Put `text` into the field, as if typed."""
        ...

    def submit(self, control: str) -> None:
        """Press Enter in the field."""
        ...

    def key(self, keys: str) -> None:
        """Press a shortcut, such as "Ctrl+G"."""
        ...

    def hint(self, control: str) -> str:
        """What the field asks for: its placeholder."""
        ...

    def choose(self, control: str, text: str) -> None:
        """Click the first line of the list, or the entry of the button's menu, with `text`."""
        ...

    def sees(self, control: str) -> bool:
        """Whether the control is on the screen."""
        ...

    def shown(self) -> str:
        """All text that is visible in the window now, one piece per line."""
        ...

    def grab(self, name: str, theme: str = "light") -> None:
        """Save a picture of the window as `name`.png."""
        ...

    def wait(self, until: Callable[[], bool], seconds: float) -> bool:
        """Let the desk run until `until()`; False when `seconds` passed first."""
        ...

    def watch_card(self) -> None:
        """Forget when the card was painted last."""
        ...

    def card_painted_mono(self) -> float | None:
        """When candidates or a sentence for no match were first painted since `watch_card`."""
        ...


class Callers(Protocol):
    """The demo centre, as `houses.DemoCentre` is."""

    def call(
        self, who: str, after_s: float = 0.0, talk_s: float = 0.0, patience_s: float = 60.0
    ) -> None: ...

    def hang_up(self, who: str = "") -> None: ...


@dataclass(slots=True)
class Step:
    """One line of the transcript. `figures`: measured values with units in their names."""

    scene: str
    text: str
    began_s: float
    took_ms: float = 0.0
    failed: str = ""
    figures: dict[str, float] = field(default_factory=dict)


class Stage:
    """The parts of the running desk, and the steps so far.

    `check_recording(call_id)` opens a sealed recording; `outbox_waiting()` is how many messages
    the CRM has not got yet, None while it is not known.
    """

    def __init__(
        self,
        hands: Hands,
        callers: Callers,
        desk: CallDesk,
        pop: ScreenPop,
        check_recording: Callable[[str], RecordingHeard],
        outbox_waiting: Callable[[], int | None],
    ) -> None:
        self.hands = hands
        self.callers = callers
        self.desk = desk
        self.pop = pop
        self.check_recording = check_recording
        self.outbox_waiting = outbox_waiting
        self.reports: list[Report] = []
        self.changes: list[Change] = []
        self.steps: list[Step] = []
        self.patience_s = PATIENCE_S
        self.call_id = ""
        """The caller's call that the scene is about."""
        self._scene = ""
        self._pictures = 0
        self._began_mono = time.monotonic()
        desk.subscribe(self.changes.append)

    def report(self, report: Report) -> None:
        """Take in what the demo centre tells."""
        self.reports.append(report)

    @property
    def failed(self) -> str:
        """The sentence of the step that failed, "" when none did."""
        return next((step.failed for step in self.steps if step.failed), "")

    # ------------------------------------------------------------------- steps

    def scene(self, title: str) -> None:
        self._scene = title

    @contextmanager
    def step(self, text: str) -> Iterator[Step]:
        """One step; what goes wrong in it is written down and ends the play."""
        now = time.monotonic()
        step = Step(self._scene, text, now - self._began_mono)
        self.steps.append(step)
        try:
            yield step
        except CtideskError as error:
            step.failed = f"{text}: {error}"
            raise StepFailed(step.failed) from None
        finally:
            step.took_ms = (time.monotonic() - now) * 1000

    def until(self, what: str, come_true: Callable[[], bool], seconds: float = 0.0) -> None:
        """Wait, `patience_s` unless `seconds`; raises `StepFailed` with `what` if in vain."""
        seconds = seconds or self.patience_s
        if not self.hands.wait(come_true, seconds):
            raise StepFailed(f"{what} did not come true within {seconds:.0f} s")

    def must(self, what: str, true: bool) -> None:
        """Raises `StepFailed` with `what` unless `true`."""
        if not true:
            raise StepFailed(f"{what} is not so")

    def must_show(self, *texts: str) -> None:
        """Each text becomes visible in the window."""
        for text in texts:
            self.until(f"“{text}” on the screen", lambda text=text: text in self.hands.shown())  # type: ignore[misc]  # bound now

    def picture(self, name: str, dark: bool = False) -> None:
        """Save the window as it is, numbered in the order of the play; with `dark` in both."""
        self._pictures += 1
        for theme in ("light", "dark") if dark else ("light",):
            mark = "-dark" if theme == "dark" else ""
            self.hands.grab(f"{self._pictures:02}-{name}{mark}", theme)

    # ------------------------------------------------------------------- looks

    @property
    def call(self) -> Call:
        """The caller's call; raises `StepFailed` when it is gone."""
        call = self.desk.calls.get(self.call_id)
        if call is None:
            raise StepFailed("the caller's call is gone")
        return call

    def last(self, kind: type, call_id: str = "") -> Change:
        """The latest change of `kind` (about `call_id`, unless ""), or None."""
        for change in reversed(self.changes):
            if isinstance(change, kind) and call_id in ("", getattr(change, "call_id", "")):
                return change
        return None

    def reported(self, what: str, who: str, since: int = 0, louder: float = 0.0) -> bool:
        """Whether the centre told `what` of `who` since report number `since`."""
        return any(
            report.what == what and report.who == who and report.level >= louder
            for report in self.reports[since:]
        )
