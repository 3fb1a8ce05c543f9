"""An export from the choice of what to its end.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from pathlib import Path

from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Clock
from ctidesk.calls.text import plain
from ctidesk.care.member_export import (
    DIRECTORY,
    Contents,
    ExportForm,
    ExportOrder,
    ExportProgress,
    ExportResult,
    MemberExport,
    check,
    summary,
)
from ctidesk.ui.directory_search.presenter import Problem
from ctidesk.ui.live import Live

REFRESH_S = 0.2
CHOICES: tuple[tuple[str, tuple[Contents, ...]], ...] = (
    ("Members, facilities and colleagues", DIRECTORY),
    ("Members", (Contents.MEMBERS,)),
    ("Facilities", (Contents.FACILITIES,)),
    ("Colleagues", (Contents.COLLEAGUES,)),
    ("Calls with their wrap-ups", (Contents.CALLS,)),
)
FORMS = (
    ("CSV: everything, for spreadsheets and other desks", ExportForm.CSV),
    ("vCard 4.0: names, numbers, addresses", ExportForm.VCARD_4),
    ("vCard 3.0: the same for older programs", ExportForm.VCARD_3),
)
_SUFFIX = {ExportForm.CSV: "csv", ExportForm.VCARD_4: "vcf", ExportForm.VCARD_3: "vcf"}


class ExportStage(StrEnum):
    FORBIDDEN = "forbidden"
    CHOOSE = "choose"
    RUNNING = "running"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class MemberExportState:
    """`problem`: why it is forbidden, what is missing, or what failed. `file_name`: proposed, or
    being written. `share`: 0..1."""

    stage: ExportStage
    contents: tuple[Contents, ...]
    form: ExportForm
    has_period: bool
    begins: date
    ends: date
    reason: str = field(repr=False)
    problem: Problem | None
    can_start: bool
    file_name: str
    share: float
    progress: str
    cancelling: bool
    result: str


class MemberExportPresenter:
    """One panel's worth. An export goes on when its panel is closed; `on_ended(sentence, problem)`
    tells the desk about the end of it. `today`: for the period that is proposed."""

    def __init__(
        self,
        exporting: MemberExport,
        clock: Clock,
        today: Callable[[], date] = date.today,
        on_ended: Callable[[str, Problem | None], None] | None = None,
    ) -> None:
        self._exporting = exporting
        self._clock = clock
        self._today = today
        self._on_ended = on_ended
        self._refreshed = 0.0
        self._contents: tuple[Contents, ...] = DIRECTORY
        self._problem: Problem | None = None
        self._path: Path | None = None
        self._result: ExportResult | None = None
        self._clear()
        self.live = Live(self._state)

    @property
    def running(self) -> bool:
        return self._stage is ExportStage.RUNNING

    # ----------------------------------------------------------------- intents

    def choose(self, contents: tuple[Contents, ...]) -> None:
        self._contents = contents
        if self._calls:
            self._form = ExportForm.CSV
        self.live.refresh()

    def write_as(self, form: ExportForm) -> None:
        if not self._calls:
            self._form = form
        self.live.refresh()

    def between(self, begins: date, ends: date) -> None:
        """Of calls: both days included."""
        self._begins, self._ends = begins, ends
        self.live.refresh()

    def because(self, reason: str) -> None:
        self._reason = reason
        self.live.refresh()

    def start(self, path: Path) -> None:
        if not self._can_start():
            return
        order = self._order(path)
        self._stage, self._problem, self._cancelling = ExportStage.RUNNING, None, False
        self._progress, self._path = ExportProgress(), path
        self._exporting.start(order, self._moved, self._ended)
        self.live.refresh()

    def cancel(self) -> None:
        """Stop the export; nothing is left of it."""
        if self.running:
            self._cancelling = True
            self._exporting.cancel()
            self.live.refresh()

    def reset(self) -> None:
        """As before the first export: no reason is used twice without being typed."""
        if not self.running:
            self._clear()
            self.live.refresh()

    # ----------------------------------------------------------------- private

    def _clear(self) -> None:
        self._stage = ExportStage.CHOOSE
        self._contents, self._form, self._reason = DIRECTORY, ExportForm.CSV, ""
        today = self._today()
        self._begins, self._ends = today.replace(day=1), today
        self._problem = self._path = self._result = None
        self._progress, self._cancelling = ExportProgress(), False

    @property
    def _calls(self) -> bool:
        return Contents.CALLS in self._contents

    def _order(self, path: Path) -> ExportOrder:
        return ExportOrder(
            path=path,
            contents=self._contents,
            form=self._form,
            reason=self._reason,
            begins=self._begins if self._calls else None,
            ends=self._ends if self._calls else None,
        )

    def _missing(self) -> KnownError | None:
        return self._exporting.forbidden or check(self._order(Path()))

    def _can_start(self) -> bool:
        return self._stage is ExportStage.CHOOSE and self._missing() is None

    def _moved(self, progress: ExportProgress) -> None:
        self._progress = progress
        now = self._clock.mono()
        if now - self._refreshed >= REFRESH_S:
            self._refreshed = now
            self.live.refresh()

    def _ended(self, outcome: ExportResult | KnownError) -> None:
        self._stage = ExportStage.DONE
        if isinstance(outcome, KnownError):
            self._problem = Problem(outcome.text, outcome.remedy)
        else:
            self._result = outcome
        self.live.refresh()
        if self._on_ended is not None:
            self._on_ended(self._result_words(), self._problem)

    def _result_words(self) -> str:
        if self._result is not None:
            return summary(self._result)
        return "Nothing was exported." if self._stage is ExportStage.DONE else ""

    def _state(self) -> MemberExportState:
        forbidden, problem = self._exporting.forbidden, self._problem
        missing = self._missing()
        stage = ExportStage.FORBIDDEN if forbidden else self._stage
        # an empty reason is no mistake yet
        if stage is not ExportStage.DONE and missing and (forbidden or self._reason.strip()):
            problem = Problem(missing.text, missing.remedy)
        name = "calls" if self._calls else "members"
        proposed = f"{name}-{self._today().isoformat()}.{_SUFFIX[self._form]}"
        return MemberExportState(
            stage=stage,
            contents=self._contents,
            form=self._form,
            has_period=self._calls,
            begins=self._begins,
            ends=self._ends,
            reason=self._reason,
            problem=problem,
            can_start=self._can_start(),
            file_name=plain(self._path.name) if self._path else proposed,
            share=self._progress.share,
            progress=f"{self._progress.rows:,} rows" if self.running else "",
            cancelling=self._cancelling,
            result=self._result_words(),
        )
