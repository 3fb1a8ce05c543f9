"""A folder of Markdown taken into the cache: what changed is read, what is gone is removed.

Runs in: desk process or command line; a thread of its own reads, the store thread writes, answers
come by the store's `deliver`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Done
from ctidesk.care.knowledge import KnowledgeReport
from ctidesk.crm.jobs import Lane
from ctidesk.crm.knowledge_files import FolderRead, ReadFile, read_folder
from ctidesk.crm.store import StoreThread

if TYPE_CHECKING:
    from sqlalchemy import Connection

T = TypeVar("T")

CENTRE, SHIPPED = "centre", "shipped"
MAX_PROBLEMS = 200
_PER_BATCH = 8
"""Files of one transaction: some milliseconds, after which look-ups and saves have their turn."""


class KnowledgeFolder:
    """Takes `folder` into the cache as `source`. The centre's own articles replace those that ship
    with ctidesk; `stop` ends it after the running batch (the next time goes on)."""

    def __init__(self, store: StoreThread, folder: Path, source: str = CENTRE) -> None:
        self._store = store
        self._folder = folder
        self._source = source
        self._stopped = False

    def take(self, done: Done[KnowledgeReport]) -> None:
        """Returns at once. A problem with one file is in the report; one with the folder is the
        answer."""

        def known(answer: dict[str, str] | KnownError) -> None:
            if isinstance(answer, KnownError):
                self._store.answer(done, answer)
                return
            threading.Thread(
                target=self._run, args=(answer, done), name="ctidesk-knowledge", daemon=True
            ).start()

        def ask(connection: Connection) -> dict[str, str]:
            from ctidesk.crm import knowledge_writing

            return knowledge_writing.digests(connection, self._source)

        self._store.submit(Lane.READ, ask, known, directly=True)

    def stop(self) -> None:
        self._stopped = True

    # ------------------------------------------------------- the thread of its own

    def _run(self, known: dict[str, str], done: Done[KnowledgeReport]) -> None:
        try:
            read = read_folder(self._folder, known)
        except KnownError as problem:
            self._store.answer(done, problem)
            return
        gone = set(known) - read.paths
        counted = self._write(read, gone)
        if isinstance(counted, KnownError):
            self._store.answer(done, counted)
            return
        report = KnowledgeReport(
            files=len(read.paths),
            articles=counted,
            changed=len(read.changed),
            removed=len(gone),
            problems=tuple(read.problems[:MAX_PROBLEMS]),
        )
        self._store.answer(done, report)

    def _write(self, read: FolderRead, gone: set[str]) -> int | KnownError:
        """How many articles there are then."""

        def first(connection: Connection) -> None:
            from ctidesk.crm import knowledge_writing

            if self._source == CENTRE:
                knowledge_writing.forget_source(connection, SHIPPED)
            knowledge_writing.forget_files(connection, self._source, gone)

        problem = self._do(first)
        for at in range(0, len(read.changed), _PER_BATCH):
            if self._stopped or problem is not None:
                break
            told = self._put(read.changed[at : at + _PER_BATCH])
            if isinstance(told, KnownError):
                problem = told
            else:
                read.problems.extend(told)
        return problem if problem is not None else self._do(_count)

    def _put(self, batch: list[ReadFile]) -> list[KnownError] | KnownError:
        def put(connection: Connection) -> list[KnownError]:
            from ctidesk.crm import knowledge_writing

            found = [knowledge_writing.put_file(connection, self._source, file) for file in batch]
            return [each for each in found if each is not None]

        return self._do(put)

    def _do(self, work: Callable[[Connection], T]) -> T | KnownError:
        """`work` on the store thread, waited for here."""
        ended = threading.Event()
        answers: list[T | KnownError] = []

        def answered(answer: T | KnownError) -> None:
            answers.append(answer)
            ended.set()

        self._store.submit(Lane.BULK, work, answered, directly=True)
        ended.wait()
        return answers[0]


def has_own(store: StoreThread, done: Done[bool]) -> None:
    """Whether there is something of the centre's own in the cache."""

    def work(connection: Connection) -> bool:
        from ctidesk.crm import knowledge_writing

        return knowledge_writing.has_source(connection, CENTRE)

    store.submit(Lane.READ, work, done)


def _count(connection: Connection) -> int:
    from ctidesk.crm import knowledge_writing

    return knowledge_writing.articles_there(connection)
