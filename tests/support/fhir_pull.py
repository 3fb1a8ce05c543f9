"""A real store that is filled from a real server, round by round on the test's own thread.

Runs in: tests.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.support.crm_store import OpenStore

from ctidesk.crm.fhir.client import FhirClient
from ctidesk.crm.fhir.cursors import Cursor
from ctidesk.crm.fhir.page_writer import StoreLine
from ctidesk.crm.fhir.pull import Pull
from ctidesk.crm.fhir.reading import Surroundings
from ctidesk.crm.fhir.round import Round, Told, Wanted
from ctidesk.crm.fhir.tokens import NoToken, Tokens
from ctidesk.crm.fhir.transport import Http


def patients(count: int, minutes: Iterable[int] = ()) -> list[dict[str, Any]]:
    """Made-up patients p0, p1…, each changed a minute after the one before, or at `minutes`."""
    at = list(minutes) or list(range(count))
    return [
        {
            "resourceType": "Patient",
            "id": f"p{number}",
            "meta": {
                "versionId": "1",
                "lastUpdated": f"2026-01-01T{m // 60:02d}:{m % 60:02d}:00.000Z",
            },
            "name": [{"family": f"Family{number}"}],
            "telecom": [{"system": "phone", "value": f"+49170{number:07d}"}],
        }
        for number, m in zip(range(count), at, strict=True)
    ]


class PullRig:
    """`base`: of the server or the proxy before it. `ahead_s`: our clock is wrong by so much.
    `opened`: a store that is open already."""

    def __init__(
        self,
        folder: Path,
        base: str,
        kinds: tuple[str, ...] = ("Patient",),
        page: int = 5,
        whole_days: float = 7.0,
        ahead_s: float = 0.0,
        opened: OpenStore | None = None,
    ) -> None:
        self.opened = opened or OpenStore(folder / "cache.db")
        if opened is None:
            self.opened.wait_open()
        self.base = base
        self.kinds = kinds
        self.page = page
        self.whole_days = whole_days
        self.ahead_s = ahead_s
        self.tokens: Tokens = NoToken()
        self.progress: list[tuple[Cursor, bool]] = []
        self.http = Http(read_s=20)
        self.pull = self.new_pull()

    def new_pull(self) -> Pull:
        """As after a restart of the desk."""
        wanted = Wanted(
            server=self.base,
            source="CRM",
            around=Surroundings("DE"),
            kinds=self.kinds,
            page=self.page,
            whole_days=self.whole_days,
        )
        this = Round(
            client=FhirClient(self.http, self.base, self.tokens),
            line=StoreLine(self.opened.store, lambda: False),
            wanted=wanted,
            progress=lambda cursor, first: self.progress.append((cursor, first)),
            wall=lambda: time.time() + self.ahead_s,
        )
        return Pull(this, self.tokens)

    def round(self) -> Told:
        return self.pull.round()

    def ids(self, kind: str = "Patient") -> set[str]:
        query = "SELECT key FROM fhir_resources WHERE key GLOB ?"
        rows = self.opened.run(lambda c: list(c.exec_driver_sql(query, (f"{kind}/*",)).scalars()))
        return {key.partition("/")[2] for key in rows}

    def families(self) -> set[str]:
        query = "SELECT family FROM members"
        return set(self.opened.run(lambda c: list(c.exec_driver_sql(query).scalars())))

    def close(self) -> None:
        self.http.close()
        self.opened.close()
