"""The audit trail: rows that each carry the hash of the one before.

Runs in: desk process, store thread; the verification also in a command of its own.
Each row: `hash = SHA-256(previous hash ‖ canonical JSON of the row)`. A chain shows a changed,
inserted or removed row; a cut tail shows only against a checkpoint that was noted elsewhere.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select

from ctidesk.crm.schema import audit

GENESIS = bytes(32)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Row `seq` had this hash (hex): to be kept where the desk can't change it."""

    seq: int
    hash: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """`bad_seq` is the first row that is wrong (0: none) and `problem` what is wrong with it."""

    rows: int
    head: Checkpoint
    bad_seq: int = 0
    problem: str = ""


def canonical(row: dict[str, object]) -> bytes:
    """One spelling for one content: sorted keys, no spaces, UTF-8."""
    return json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def record(
    connection: Connection,
    *,
    t_wall: float,
    who: str,
    action: str,
    member_id: str = "",
    subject_id: str = "",
    result: str = "done",
    purpose: str = "",
) -> None:
    """Add a row, in the transaction of what it describes."""
    last = connection.execute(
        select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)
    ).first()
    previous = last.hash if last else GENESIS
    row: dict[str, object] = {
        "seq": last.seq + 1 if last else 1,
        "t_wall": float(t_wall),  # as it is read back: 1 and 1.0 are spelt differently
        "who": who,
        "action": action,
        "member_id": member_id,
        "subject_id": subject_id,
        "result": result,
        "purpose": purpose,
    }
    digest = hashlib.sha256(previous + canonical(row)).digest()
    connection.execute(insert(audit).values(**row, previous=previous, hash=digest))


def verify(connection: Connection, checkpoint: Checkpoint | None = None) -> Verdict:
    """Recompute the chain and name the first bad row, if any."""
    previous, seq, problem, bad = GENESIS, 0, "", 0
    noted = checkpoint is None
    for row in connection.execute(select(audit).order_by(audit.c.seq)):
        content = {
            name: value for name, value in row._mapping.items() if name not in ("previous", "hash")
        }
        if row.seq != seq + 1:
            bad, problem = seq + 1, "the row is missing"
        elif row.previous != previous:
            bad, problem = row.seq, "the row does not follow the one before it"
        elif hashlib.sha256(previous + canonical(content)).digest() != row.hash:
            bad, problem = row.seq, "the row was changed"
        elif checkpoint and row.seq == checkpoint.seq and row.hash.hex() != checkpoint.hash.lower():
            bad, problem = row.seq, "the row is not the one of the checkpoint"
        if bad:
            break
        previous, seq = row.hash, row.seq
        noted = noted or (checkpoint is not None and seq == checkpoint.seq)
    if not bad and not noted:
        bad, problem = seq + 1, "the end is cut off: the row of the checkpoint is missing"
    rows = connection.execute(select(func.count()).select_from(audit)).scalar_one()
    return Verdict(rows, Checkpoint(seq, previous.hex()), bad, problem)
