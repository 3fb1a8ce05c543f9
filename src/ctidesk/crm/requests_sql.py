"""Requests on a member's behalf, queued for the CRM.

Runs in: desk process, store thread.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

from sqlalchemy import Connection, select

from ctidesk.calls.errors import KnownError
from ctidesk.crm import audit, outbox
from ctidesk.crm.corrections_sql import Hand
from ctidesk.crm.fhir import exact, request_resources as made
from ctidesk.crm.fhir.pages import NotJson
from ctidesk.crm.schema import outbox as outbox_rows

REQUEST = "request"
_KEYS = uuid.UUID("6c1d5f0e-0f4b-4e7e-9a57-2f1a3f5f8a10")
"""Name space of requests that have a key of their own."""
_BODY = "SELECT body, about FROM fhir_resources WHERE key = ?"


def ask_refill(
    connection: Connection, prescription: str, member_id: str, by: Hand, key: str = ""
) -> str:
    """Of a prescription by its key, "MedicationRequest/1"; returns the request's id. With a `key`
    it is asked for once, however often it is repeated. Raises
    `KnownError` no_prescription when the cache has it no longer."""
    row = connection.exec_driver_sql(_BODY, (prescription,)).first()
    try:
        kept = None if row is None else exact.parse(row[0])
    except NotJson:
        kept = None
    if kept is None or not prescription.startswith("MedicationRequest/"):
        raise KnownError(
            "no_prescription",
            "This prescription is not in the CRM any more.",
            "Look at the card again: it may have been replaced by another one.",
        )
    return _queue(connection, made.refill(kept, by.who, by.wall), member_id, prescription, by, key)


def ask_supply(
    connection: Connection, item: str, quantity: int, member_id: str, by: Hand, key: str = ""
) -> str:
    """See `request_resources.supply`; returns the request's id. `key` as for a refill."""
    return _queue(connection, made.supply(item, quantity, by.who, by.wall), member_id, "", by, key)


def _queue(
    connection: Connection,
    resource: dict[str, Any],
    member_id: str,
    about: str,
    by: Hand,
    key: str,
) -> str:
    request_id = str(uuid.uuid5(_KEYS, key)) if key else str(uuid.uuid4())
    if _asked(connection, request_id):
        return request_id
    outbox.enqueue(
        connection,
        kind=REQUEST,
        subject_id=request_id,
        lane=member_id,
        body={"member_id": member_id, "patient": "", "resource": _plain(resource)},
        t_wall=by.wall,
        target=about or request_id,
    )
    audit.record(
        connection,
        t_wall=by.wall,
        who=by.who,
        action="request_made",
        member_id=member_id,
        subject_id=request_id,
        purpose=str(resource["resourceType"]),
    )
    return request_id


def _asked(connection: Connection, request_id: str) -> bool:
    query = select(outbox_rows.c.id).where(
        outbox_rows.c.kind == REQUEST, outbox_rows.c.subject_id == request_id
    )
    return connection.execute(query).first() is not None


def _plain(resource: dict[str, Any]) -> Any:
    """Without `Decimal`s, which the outbox's JSON has not: a proposal copies no amounts that a
    float would spoil."""

    return json.loads(exact.dumped(resource))
