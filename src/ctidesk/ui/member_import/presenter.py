"""An import from the choice of a file to its report.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from pathlib import Path

from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Clock
from ctidesk.calls.text import plain
from ctidesk.care.member_import import (
    ImportColumn,
    ImportOrder,
    ImportPreview,
    ImportProgress,
    ImportResult,
    MemberImport,
    summary,
)
from ctidesk.ui.directory_search.presenter import Problem
from ctidesk.ui.live import Live
from ctidesk.ui.member_import.state import (
    DELIMITERS,
    ENCODING_TITLES,
    HeadingLine,
    ImportStage,
    MemberImportState,
    progress_words,
    share_of,
)

CELLS = 3
CELL_CHARS = 40
REFRESH_S = 0.2
"""Progress comes with each batch, a hundred times a second; nobody reads that fast."""

Ended = Callable[[str, Problem | None], None]


class MemberImportPresenter:
    """One panel's worth. An import goes on when its panel is closed; `on_ended(sentence, problem)`
    tells the desk about the end of it."""

    def __init__(
        self, importing: MemberImport, clock: Clock, on_ended: Ended | None = None
    ) -> None:
        self._importing = importing
        self._clock = clock
        self._on_ended = on_ended
        self._stage = ImportStage.CHOOSE
        self._path: Path | None = None
        self._asked = 0
        self._encoding = self._delimiter = ""
        self._seen: ImportPreview | None = None
        self._mapping: dict[str, str] = {}
        self._problem: Problem | None = None
        self._progress = ImportProgress()
        self._began = self._refreshed = 0.0
        self._cancelling = False
        self._result: ImportResult | None = None
        self._dry = self._kept = False
        self._note = ""
        self.live = Live(self._state)

    @property
    def columns(self) -> tuple[ImportColumn, ...]:
        """What a column of the file can be taken as."""
        return tuple(self._importing.columns)

    @property
    def running(self) -> bool:
        return self._stage is ImportStage.RUNNING

    # ----------------------------------------------------------------- intents

    def choose(self, path: Path) -> None:
        """Look at a file. Ignored while another one is being imported."""
        if self.running:
            return
        self._path = path
        self._encoding = self._delimiter = ""
        self._result, self._note = None, ""
        self._look()

    def read_as(self, encoding: str = "", delimiter: str = "") -> None:
        """Read the chosen file with another encoding or delimiter."""
        if self._path is None or self.running:
            return
        self._encoding = encoding or self._encoding
        self._delimiter = delimiter or self._delimiter
        self._look()

    def map(self, heading: str, column: str) -> None:
        """Take `heading` as `column`, "" as nothing. A column has one heading: the latest."""
        mapping = {name: of for name, of in self._mapping.items() if of != heading}
        if column:
            mapping[column] = heading
        self._mapping = mapping
        self.live.refresh()

    def guess_again(self) -> None:
        """Forget what was agreed to for the last file with these headings."""
        if self._seen is None or self.running:
            return
        self._importing.forget_mapping(self._seen.headings)
        self._mapping, self._kept = dict(self._seen.guessed), False
        self.live.refresh()

    def start(self, *, dry_run: bool = False) -> None:
        """Import, or say what the import would do; also after that was said."""
        if self._seen is None or not self._can_start():
            return
        self._stage, self._problem, self._cancelling = ImportStage.RUNNING, None, False
        self._result, self._note, self._dry = None, "", dry_run
        self._progress = ImportProgress()
        self._began = self._refreshed = self._clock.mono()
        order = ImportOrder(
            path=self._seen.path,
            form=self._seen.form,
            encoding=self._seen.encoding,
            delimiter=self._seen.delimiter,
            mapping=dict(self._mapping),
            headings=self._seen.headings,
            dry_run=dry_run,
        )
        self._importing.start(order, self._moved, self._ended)
        self.live.refresh()

    def back(self) -> None:
        """From what a dry run said to the columns."""
        if self._stage is ImportStage.DONE and self._seen is not None:
            self._stage, self._result, self._problem, self._note = (
                ImportStage.PREVIEW,
                None,
                None,
                "",
            )
            self.live.refresh()

    def cancel(self) -> None:
        """Stop the import; what is in stays."""
        if self.running:
            self._cancelling = True
            self._importing.cancel()
            self.live.refresh()

    def save_report(self, path: Path) -> None:
        if self._result is not None:
            self._importing.save_report(
                self._result, path, lambda outcome: self._saved(outcome, path)
            )

    def reset(self) -> None:
        """Another file; the members' data of the last one leave the screen and the memory."""
        if self.running:
            return
        self._asked += 1
        self._stage, self._path, self._seen = ImportStage.CHOOSE, None, None
        self._mapping, self._problem, self._result, self._note = {}, None, None, ""
        self._dry = self._kept = False
        self.live.refresh()

    def leave(self) -> None:
        """The result was seen: after a dry run the columns stay for the import."""
        if self._dry:
            self.back()
        else:
            self.reset()

    # ----------------------------------------------------------------- private

    def _look(self) -> None:
        assert self._path is not None
        self._asked += 1
        asked = self._asked
        self._stage, self._seen, self._problem = ImportStage.READING, None, None
        self._importing.preview(
            self._path,
            lambda outcome: self._looked(outcome, asked),
            self._encoding,
            self._delimiter,
        )
        self.live.refresh()

    def _looked(self, outcome: ImportPreview | KnownError, asked: int) -> None:
        if asked != self._asked:
            return
        self._stage = ImportStage.PREVIEW
        if isinstance(outcome, KnownError):
            self._problem = Problem(outcome.text, outcome.remedy)
            self._mapping = {}
        else:
            self._seen = outcome
            self._encoding, self._delimiter = outcome.encoding, outcome.delimiter
            self._mapping, self._kept = dict(outcome.mapping), outcome.kept
        self.live.refresh()

    def _moved(self, progress: ImportProgress) -> None:
        self._progress = progress
        now = self._clock.mono()
        if now - self._refreshed >= REFRESH_S:
            self._refreshed = now
            self.live.refresh()

    def _ended(self, outcome: ImportResult | KnownError) -> None:
        self._stage = ImportStage.DONE
        if not self._dry:
            self._seen = None
        if isinstance(outcome, KnownError):
            self._problem = Problem(outcome.text, outcome.remedy)
        else:
            self._result = outcome
        self.live.refresh()
        if self._on_ended is not None and not self._dry:
            self._on_ended(self._result_words(), self._problem)

    def _saved(self, outcome: KnownError | None, path: Path) -> None:
        if isinstance(outcome, KnownError):
            self._note = f"{outcome.text} {outcome.remedy}"
        else:
            self._note = f"Saved as {plain(path.name)}."
        self.live.refresh()

    def _can_start(self) -> bool:
        needed = self._importing.needed
        ready = self._stage is ImportStage.PREVIEW or self._can_follow()
        return ready and any(name in self._mapping for name in needed)

    def _can_follow(self) -> bool:
        """A dry run came to its end: the import itself is one press away."""
        return self._stage is ImportStage.DONE and self._dry and self._result is not None

    def _result_words(self) -> str:
        if self._result is not None:
            return summary(self._result)
        if self._stage is ImportStage.DONE:
            what = "dry run broke off" if self._dry else "import broke off"
            stay = "" if self._dry else "; these stay"
            return f"The {what} after {self._progress.rows_read:,} rows{stay}."
        return ""

    def _hint(self) -> tuple[str, bool]:
        """(sentence, whether it keeps the import from starting)."""
        if self._seen is None:
            return "", False
        if not self._can_start():
            return (
                "Say which column is the member's id (or a facility's id, or a colleague's "
                "extension): without it nobody can be imported.",
                True,
            )
        if not self._seen.encoding_certain:
            return (
                "The character encoding was guessed. Look at names with accents, and choose "
                "another encoding if they are wrong.",
                False,
            )
        if self._kept:
            return "Taken as you agreed to for the last file with these headings.", False
        ignored = len(self._seen.headings) - len(set(self._mapping.values()))
        if ignored:
            what = "1 column is" if ignored == 1 else f"{ignored} columns are"
            return f"{what} not taken. Choose what they mean, or leave them.", False
        return "Every column is taken.", False

    def _lines(self) -> tuple[HeadingLine, ...]:
        seen = self._seen
        if seen is None:
            return ()
        # of two columns with one heading the first is taken
        column_of = {seen.headings.index(of): name for name, of in self._mapping.items()}
        return tuple(
            HeadingLine(
                heading,
                column_of.get(place, ""),
                _examples(seen, place),
            )
            for place, heading in enumerate(seen.headings)
        )

    def _state(self) -> MemberImportState:
        hint, hint_is_problem = self._hint()
        elapsed = self._clock.mono() - self._began
        result = self._result
        return MemberImportState(
            stage=self._stage,
            file_name=plain(self._path.name) if self._path else "",
            encoding=self._encoding,
            encodings=tuple((e, ENCODING_TITLES.get(e, e)) for e in self._importing.encodings),
            delimiter=self._delimiter,
            delimiters=DELIMITERS if self._seen is None or self._seen.form == "csv" else (),
            lines=self._lines(),
            hint=hint,
            hint_is_problem=hint_is_problem,
            can_start=self._can_start(),
            problem=self._problem,
            share=share_of(self._progress),
            progress=progress_words(self._progress, elapsed) if self.running else "",
            cancelling=self._cancelling,
            result=self._result_words(),
            rejected=result.rejected if result else (),
            rejected_count=result.rows_rejected if result else 0,
            note=self._note,
            dry_run=self._dry,
            can_follow=self._can_follow(),
            kept=self._kept,
        )


def _examples(seen: ImportPreview, place: int) -> tuple[str, ...]:
    """The first different cells of a column that hold something: a mixed file has many rows in
    which a column is empty."""
    found = dict.fromkeys(
        plain(row[place], CELL_CHARS) for row in seen.rows if place < len(row) and row[place]
    )
    return tuple(islice(found, CELLS))
