"""All pages of one resource type.

Runs in: desk process, the CRM's worker thread.

Pages are asked by the time of change of the last resource that came ("everything from then on"),
not by offsets: what is changed while the desk reads moves to the end, and what stood behind it
would slip through a page by number. The server's own `next` is followed where it does not sort, or
where one instant fills a whole page. All times compared are the server's: no clock of ours matters.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from ctidesk.crm.fhir import problems
from ctidesk.crm.fhir.cursors import Cursor
from ctidesk.crm.fhir.kinds import READERS
from ctidesk.crm.fhir.page_writer import PageWriter
from ctidesk.crm.fhir.pages import Page
from ctidesk.crm.fhir.reading import named, read
from ctidesk.crm.fhir.resource_rows import Item
from ctidesk.crm.fhir.round import Round, earlier, instant
from ctidesk.crm.fhir.transport import MAX_ANSWER

log = logging.getLogger(__name__)

ONE_LIMIT = 32 * 1024 * 1024
"""For a single resource whose page was too long."""


class KindReader:
    """All pages of one type, one being fetched while the one before is written."""

    def __init__(self, this: Round, start: Cursor, first: bool) -> None:
        self._round = this
        self._cursor = start
        self._started_after = start.after
        self._before = start.after
        self._first = first
        self._newest = start.after
        self._last: datetime | None = None
        self._in_order = True
        self._count = this.wanted.page
        self._writing: PageWriter | None = None
        self._seen: set[int] = set()
        self._page_before: set[tuple[str, str]] = set()

    def read(self) -> tuple[Cursor, str]:
        """The cursor at its end, and when the first page was sent, by the server's clock. Raises
        `CrmProblem`s, the store's, and `Stopped`."""
        whole = self._cursor.whole
        page: Page | None = self._search(
            self._before if whole else earlier(self._before), with_total=True
        )
        assert page is not None
        asked = page.sent
        gone_after = self._cursor.gone_after or asked
        total = None if page.total is None else self._cursor.loaded + page.total
        self._cursor = replace(self._cursor, total=total, gone_after=gone_after)
        while page is not None:
            self._take(page)
            page = self._next(page)
        if self._writing is not None:
            self._writing.wait()
        return replace(self._cursor, after=self._newest), asked

    def _take(self, page: Page) -> None:
        this = self._round
        # a clock that was put back must not make what was just read look older than the reading
        wall = max(this.wall(), self._cursor.began_wall or 0.0)
        items = self._items(page)
        if not self._in_order:
            # what a cursor stands for is not known: a reading that breaks off begins anew
            self._before = self._started_after
        this.told.unreadable += page.odd
        this.told.read += len(items)
        after = self._newest if self._in_order else self._before
        loaded = self._cursor.loaded + len(items)
        self._cursor = replace(self._cursor, loaded=loaded, after=after)
        if self._writing is not None:
            self._writing.wait()
        self._writing = PageWriter(
            this.line,
            items,
            self._cursor,
            self._before,
            lambda connection: this.rows(connection, wall),
            in_order=self._in_order,
        )
        if self._in_order:
            self._before = self._newest
        this.progress(self._cursor, self._first)

    def _items(self, page: Page) -> list[Item]:
        """What is to be written: without what the page before brought already, where both meet."""
        items, came = [], set()
        for entry in page.entries:
            if entry.mode in ("include", "outcome"):
                continue
            self._round.line.give_way()
            reading = read(entry.resource, self._round.wanted.around, READERS)
            if reading is None or reading.kind != self._cursor.kind:
                self._unreadable(entry.resource)
                continue
            self._follow(reading.last_updated)
            version = (reading.key, reading.version)
            came.add(version)
            if version in self._page_before and reading.version:
                continue
            if reading.unreadable:
                self._unreadable(entry.resource)
            items.append(Item(reading, entry.raw))
        self._page_before = came
        return items

    def _follow(self, last_updated: str) -> None:
        """Keep the newest time of change, and notice when they don't come in order."""
        there, newest = instant(last_updated), instant(self._newest)
        if there is None or (self._last is not None and there < self._last):
            self._in_order = False
        if there is not None:
            self._last = there
            if newest is None or there >= newest:
                self._newest = last_updated

    def _next(self, page: Page) -> Page | None:
        if not page.next_url or not page.entries:
            return None
        times = [instant(_changed(entry.resource)) for entry in page.entries]
        first, last = times[0], times[-1]
        if self._in_order and first is not None and last is not None and last > first:
            found = self._search(_changed(page.entries[-1].resource), with_total=False)
            if self._is_new(found):
                return found
            self._in_order = False  # it does not do what it was asked
        found = self._fetch(lambda limit: self._round.client.page(page.next_url, limit))
        if not self._is_new(found):
            raise problems.cyclic(self._cursor.kind)
        return found

    def _is_new(self, page: Page) -> bool:
        """False for a page that came before: it would come for ever."""
        if not page.entries:
            return True
        print_ = hash(
            tuple((str(e.resource.get("id")), _changed(e.resource)) for e in page.entries)
        )
        new = print_ not in self._seen
        self._seen.add(print_)
        return new

    def _search(self, after: str, *, with_total: bool) -> Page:
        def ask(limit: int) -> Page:
            wanted = {"_sort": "_lastUpdated", "_count": str(self._count)}
            if after:
                wanted["_lastUpdated"] = f"ge{after}"
            if with_total:
                wanted["_total"] = "accurate"
            return self._round.client.search(self._cursor.kind, wanted, limit)

        page = self._fetch(ask)
        if with_total:
            self._is_new(page)
        return page

    def _fetch(self, ask: Callable[[int], Page]) -> Page:
        """Smaller pages where they are too long; a single resource may be longer."""
        while True:
            try:
                return ask(MAX_ANSWER if self._count > 1 else ONE_LIMIT)
            except problems.TooBig:
                if self._count == 1:
                    raise
                self._count = max(1, self._count // 4)

    def _unreadable(self, resource: dict[str, object]) -> None:
        self._round.told.unreadable += 1
        log.warning("a resource of the CRM cannot be read: %s", named(resource))


def _changed(resource: dict[str, object]) -> str:
    meta = resource.get("meta")
    said = meta.get("lastUpdated") if isinstance(meta, dict) else None
    return said if isinstance(said, str) else ""
