"""The row that says what an import did.

Runs in: desk process, store thread.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sqlalchemy import Connection, insert, update

from ctidesk.crm import audit
from ctidesk.crm.salvage import made_whole
from ctidesk.crm.schema import imports

if TYPE_CHECKING:
    from ctidesk.crm.import_plan import ImportReport


def begin(connection: Connection, source: str, began_wall: float) -> int:
    """Note the start; the import's own number marks the members that it touched."""
    started = insert(imports).values(
        source=source,
        began_wall=began_wall,
        state="running",
        rows_read=0,
        rows_imported=0,
        rows_rejected=0,
    )
    return int(connection.execute(started.returning(imports.c.id)).scalar_one())


def end(connection: Connection, import_ref: int, report: ImportReport, state: str) -> None:
    """Note the end: state "finished", "cancelled" or "failed"."""
    now = time.time()
    connection.execute(
        update(imports)
        .where(imports.c.id == import_ref)
        .values(
            ended_wall=now,
            state=state,
            rows_read=report.rows_read,
            rows_imported=report.rows_imported,
            rows_rejected=report.rows_rejected,
        )
    )
    audit.record(
        connection,
        t_wall=now,
        who="desk",
        action="directory_imported",
        subject_id=f"import:{import_ref}",
        result=state,
        purpose=f"{report.rows_imported} rows, {report.rows_rejected} rejected",
    )
    if state == "finished" and report.rows_imported:
        made_whole(connection)
