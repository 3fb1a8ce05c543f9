"""The file of members that the settings name: imported at the start if it changed.

Runs in: desk process; called on Qt main; reads the file on a thread of its own, writes on the
store thread behind all look-ups, answers by `deliver`.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ctidesk.calls.errors import KnownError
from ctidesk.care.member_import import ImportPreview, ImportResult, summary
from ctidesk.crm import csv_text
from ctidesk.crm.file_import import import_file
from ctidesk.crm.import_plan import Cancel, ImportReport
from ctidesk.crm.marks import read_mark, write_mark
from ctidesk.crm.store import StoreThread
from ctidesk.startup.file_member_import import (
    order_of,
    plan_of,
    preview_of,
    result_of,
    with_kept_mapping,
)

log = logging.getLogger(__name__)

Deliver = Callable[[Callable[[], None]], None]

MARK = "members_file"
READER = 1
"""Raised when the same file would be read differently, so that it is imported anew."""


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """What came of the file: `result`, or `problem`, or neither when it was imported already.
    `encoding_certain` False: the names should be looked at."""

    result: ImportResult | None = None
    problem: KnownError | None = None
    encoding_certain: bool = True
    file_name: str = ""

    @property
    def sentence(self) -> str:
        """For a quiet notice; "" when there is nothing to say."""
        if self.problem is not None:
            return f"Members of {self.file_name}: {self.problem.text}"
        if self.result is None:
            return ""
        return f"Members of {self.result.file_name}: {summary(self.result)}"

    @property
    def remedy(self) -> str:
        if self.problem is not None:
            return self.problem.remedy
        if self.result is None:
            return ""
        if not self.encoding_certain:
            return "The character encoding was guessed: check a name with an accent."
        if self.result.rows_rejected:
            return "Import the file by hand to see which rows and why: Import members…"
        return ""


class MembersFile:
    """Imports `path` once the cache is open, if its content is not the one imported last into
    this very cache (which forgets that together with the members). `on_outcome` is called where
    `deliver` delivers, once per `start`."""

    def __init__(self, store: StoreThread, path: Path, region: str, deliver: Deliver) -> None:
        self._store = store
        self._path = path
        self._region = region
        self._deliver = deliver
        self._cancel = Cancel()
        self._busy = False

    def start(self, on_outcome: Callable[[FileOutcome], None]) -> None:
        """Returns at once. Call it whenever the cache has opened; one import runs at a time."""
        if not self._busy:
            self._busy = True
            read_mark(self._store, MARK, lambda known: self._compare(known, on_outcome))

    def stop(self) -> None:
        """Stop after the running batch; the next start takes the whole file again."""
        self._cancel.asked = True

    # ----------------------------------------------------------------- private

    def _failed(self, problem: KnownError) -> FileOutcome:
        return FileOutcome(problem=problem, file_name=self._path.name)

    def _compare(self, known: str | KnownError, tell: Callable[[FileOutcome], None]) -> None:
        if isinstance(known, KnownError):
            self._end(tell, self._failed(known))
            return
        threading.Thread(
            target=self._look, args=(known, tell), name="ctidesk-members-file", daemon=True
        ).start()

    def _look(self, known: str, tell: Callable[[FileOutcome], None]) -> None:
        """Own thread: the file may be large, and on a network."""
        seen: ImportPreview | None = None
        outcome = FileOutcome()
        mark = ""
        try:
            mark = f"{READER}:{self._region}:{fingerprint(self._path)}"
            if mark != known:
                seen = preview_of(self._path)
        except KnownError as problem:
            outcome = self._failed(problem)
        if seen is None:
            self._deliver(functools.partial(self._end, tell, outcome))
        else:
            self._deliver(functools.partial(self._ask_mapping, seen, mark, tell))

    def _ask_mapping(
        self, seen: ImportPreview, mark: str, tell: Callable[[FileOutcome], None]
    ) -> None:
        with_kept_mapping(self._store, seen, lambda seen: self._import(seen, mark, tell))

    def _import(self, seen: ImportPreview, mark: str, tell: Callable[[FileOutcome], None]) -> None:
        order = order_of(seen)

        def ended(answer: ImportReport | KnownError) -> None:
            if isinstance(answer, KnownError):
                self._end(tell, self._failed(answer))
                return
            if not answer.cancelled:
                write_mark(self._store, MARK, mark)
            result = result_of(order, answer)
            self._end(tell, FileOutcome(result, encoding_certain=seen.encoding_certain))

        import_file(self._store, plan_of(order, self._region), ended, cancel=self._cancel)

    def _end(self, tell: Callable[[FileOutcome], None], outcome: FileOutcome) -> None:
        self._busy = False
        if outcome.problem is not None:
            log.warning("the members' file was not imported: %s", outcome.problem.code)
        tell(outcome)


def fingerprint(path: Path) -> str:
    """SHA-256 of the file, hexadecimal. Raises `KnownError` csv_unreadable, csv_too_big."""
    csv_text.size_of(path)
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        raise csv_text.unreadable() from None
