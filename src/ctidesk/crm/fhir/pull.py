"""One round of reading: all changes of all types since the last one, or everything the first time.

Runs in: desk process, the CRM's worker thread.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from ctidesk.crm.fhir import cursors, problems, scopes
from ctidesk.crm.fhir.cursors import Cursor
from ctidesk.crm.fhir.kind_reader import ONE_LIMIT, KindReader
from ctidesk.crm.fhir.round import Round, Told, earlier
from ctidesk.crm.fhir.tokens import Tokens
from ctidesk.crm.salvage import made_whole

log = logging.getLogger(__name__)

SUSPICIOUS = 20
"""So many resources of a type must be known before half of them may not vanish at once."""
STEP = 50
MOST_PAGES = 5_000
"""Of a history, which is no list of resources and may be made up without end."""
_ENDING = (
    "crm_unreachable crm_silent crm_cut crm_certificate crm_not_signed_in crm_too_many "
    "crm_server_fault crm_redirected crm_not_fhir crm_wrong_version crm_no_secret crm_bad_key "
    "crm_sign_in_refused crm_no_token_address crm_address crm_ca_file"
)
ENDING = frozenset(_ENDING.split())
"""Problems of the server as a whole; any other one is of one type, and the rest is read."""


class Pull:
    """Reads by a client into the store, again and again; `close()` when it is done."""

    def __init__(
        self, this: Round, tokens: Tokens, close: Callable[[], None] = lambda: None
    ) -> None:
        self.close = close
        self._round = this
        self._client = this.client
        self._tokens = tokens
        self._line = this.line
        self._wanted = this.wanted
        self._progress = this.progress
        self._tells_deletions: bool | None = None

    def round(self) -> Told:
        """Everything once. Raises the problems in `ENDING`, the store's, and `Stopped`; what was
        read until then stays, and the next round goes on from there."""
        told = self._round.told = Told()
        if self._tells_deletions is None:
            self._tells_deletions = self._client.server().tells_deletions
            if self._line.ask(lambda c: cursors.leave_other_servers(c, self._wanted.server)):
                while self._line.ask(lambda c: cursors.doubt(c, 10 * STEP)):
                    pass
        for kind in self._wanted.kinds:
            try:
                self._kind(kind)
            except problems.CrmProblem as problem:
                if problem.code in ENDING:
                    raise
                log.warning("the CRM's %s were not read: %s", kind, problem.code)
                told.problems[kind] = problem
            self._settle()
        return told

    # ----------------------------------------------------------------- private

    def _kind(self, kind: str) -> None:
        if not scopes.readable(kind, self._tokens.scopes):
            raise problems.missing_scopes((kind,))
        kept: Cursor = self._line.ask(lambda c: cursors.load(c, kind, self._wanted.server))
        first = kept.whole_wall is None
        start = self._begun(kept)
        self._progress(start, first)
        end, asked = KindReader(self._round, start, first).read()
        if start.whole:
            self._sweep(kind, start.began_wall or 0.0, careful=not first)
        if self._tells_deletions and end.gone_after:
            self._deletions(kind, end.gone_after)
        ended = replace(
            end,
            gone_after=asked or end.gone_after,
            began_wall=None,
            whole=False,
            current_wall=start.began_wall,
            whole_wall=start.began_wall if start.whole else kept.whole_wall,
        )
        self._line.ask(lambda c: self._ended(c, ended))
        self._progress(ended, False)

    def _ended(self, connection: Any, ended: Cursor) -> None:
        cursors.save(connection, ended)
        if ended.kind == "Patient":
            made_whole(connection)  # after a salvage: an empty answer means "unknown" again

    def _begun(self, kept: Cursor) -> Cursor:
        """Go on with what was broken off; else changes, or all of it when that is due."""
        now = self._round.wall()
        if kept.began_wall is not None and kept.whole and kept.after:
            return kept
        due = kept.whole_wall is None or not kept.after
        if not due and not (self._tells_deletions and kept.gone_after):
            due = now - (kept.whole_wall or 0.0) > self._wanted.whole_days * 86_400
        after = "" if due else kept.after
        return replace(kept, began_wall=now, whole=due, after=after, loaded=0, total=None)

    def _deletions(self, kind: str, since: str) -> None:
        """The newest word on each resource counts: a deleted one may be back."""
        try:
            page = self._client.history(kind, earlier(since), ONE_LIMIT)
        except problems.CrmProblem as problem:
            if problem.code in ENDING:
                raise
            # it promised more than it keeps: all is read again now and then
            self._tells_deletions = False
            return
        newest: dict[str, str] = {}
        seen: set[str] = set()
        while True:
            for entry in page.entries:
                newest.setdefault("/".join(entry.target.split("/")[-2:]), entry.method)
            if not page.next_url or page.next_url in seen or len(seen) > MOST_PAGES:
                break
            seen.add(page.next_url)
            page = self._client.page(page.next_url, ONE_LIMIT)
        gone = [key for key, method in newest.items() if method == "DELETE"]
        self._forget([key for key in gone if key.startswith(f"{kind}/")])

    def _sweep(self, kind: str, began_wall: float, *, careful: bool) -> None:
        """What a whole reading did not meet is no longer on the server."""
        count, missing = self._line.ask(lambda c: cursors.known(c, kind, began_wall))
        if careful and count >= SUSPICIOUS and missing * 2 > count:
            raise problems.suspicious(kind, count - missing, count)
        while missing:
            gone = self._line.ask(
                lambda c: self._round.rows(c).not_seen_since(kind, began_wall, STEP)
            )
            if not gone:
                break
            self._forget(gone)

    def _not_seen(self, kind: str, began_wall: float, connection: Any) -> list[str]:
        return self._round.rows(connection).not_seen_since(kind, began_wall, STEP)

    def _forget(self, keys: Sequence[str]) -> None:
        for at in range(0, len(keys), STEP):
            some = keys[at : at + STEP]
            self._line.ask(partial(self._forget_some, some))

    def _forget_some(self, keys: Sequence[str], connection: Any) -> None:
        rows = self._round.rows(connection)
        for key in keys:
            rows.forget(key)

    def _settle(self) -> None:
        while self._line.ask(lambda c: self._round.rows(c).settle(STEP)):
            pass
