"""What a round of reading the CRM works with.

Runs in: desk process, the CRM's worker thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from ctidesk.calls.errors import KnownError
from ctidesk.crm.fhir.client import FhirClient
from ctidesk.crm.fhir.cursors import Cursor
from ctidesk.crm.fhir.directory_rows import From
from ctidesk.crm.fhir.kinds import KINDS
from ctidesk.crm.fhir.page_writer import StoreLine
from ctidesk.crm.fhir.reading import Surroundings
from ctidesk.crm.fhir.resource_rows import ResourceRows

OVERLAP_S = 60.0
"""A server may show a change a little after its time of change: so much is asked for again."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is read. `server`: its base URL; `source`: shown with every fact; `kinds`: resource
    types; `page`: resources asked for at once; `whole_days`: how often all is read again where
    the server does not tell what was deleted."""

    server: str
    source: str
    around: Surroundings
    kinds: tuple[str, ...] = KINDS
    page: int = 200
    whole_days: float = 7.0


@dataclass(slots=True)
class Told:
    """What a round found out. `problems`: of single types, by type."""

    problems: dict[str, KnownError] = field(default_factory=dict)
    unreadable: int = 0
    read: int = 0


Progress = Callable[[Cursor, bool], None]
"""(cursor of the type that is being read, whether it was never read whole before)"""


@dataclass(slots=True)
class Round:
    """`wall`: seconds since the epoch."""

    client: FhirClient
    line: StoreLine
    wanted: Wanted
    progress: Progress
    wall: Callable[[], float] = time.time
    told: Told = field(default_factory=Told)

    def rows(self, connection: Any, read_wall: float | None = None) -> ResourceRows:
        """Of this connection's transaction; `read_wall`: when the resources were read."""
        origin = From(self.wanted.source, self.wall() if read_wall is None else read_wall)
        return ResourceRows(connection, origin, self.wanted.around)


def instant(said: str) -> datetime | None:
    """A FHIR instant, None for anything else."""
    try:
        read_at = datetime.fromisoformat(said)
    except ValueError:
        return None
    return read_at if read_at.tzinfo else read_at.replace(tzinfo=UTC)


def earlier(said: str) -> str:
    """`OVERLAP_S` before an instant."""
    at = instant(said)
    if at is None:
        return said
    before = (at - timedelta(seconds=OVERLAP_S)).astimezone(UTC)
    return before.isoformat(timespec="milliseconds").replace("+00:00", "Z")
