"""The tables of the encrypted cache, as SQLAlchemy Core knows them.

Runs in: desk process, store thread (importing this module loads SQLAlchemy: never on Qt main).
Core and not the ORM: the mapper would cost every start another 100 ms and 6 MB.

Conventions: `*_wall` are seconds since the epoch, UTC; dates are ISO text; `*_ref` point to a
row's integer `id`, `*_id` are ids of the centre or the call. Every fact has `source`, `read_wall`
(R6) and `resource`: that of the CRM which says it ("Coverage/1"), "" where it came another way.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

HEAD = "0009"
"""The newest migration: a database that says so needs no Alembic, which takes long to import."""


class Owner(IntEnum):
    """Whose number or search entry it is; a number, since two million rows repeat it."""

    MEMBER = 0
    FACILITY = 1
    RELATION = 2
    COLLEAGUE = 3


metadata = MetaData()


def _text(name: str, default: str = "") -> Column[str]:
    return Column(name, Text, nullable=False, server_default=text(f"'{default}'"))


def _fact() -> tuple[Column[Any], ...]:
    read = Column("read_wall", Float, nullable=False)
    return Column("source", Text, nullable=False), read, _text("resource")


def _member_ref() -> Column[int]:
    whose = ForeignKey("members.id", ondelete="CASCADE")
    return Column("member_ref", Integer, whose, nullable=False, index=True)


def _of_member(name: str, *columns: Column[Any]) -> Table:
    """A table of facts about a member, gone with the member."""
    return Table(
        name,
        metadata,
        Column("id", Integer, primary_key=True),
        _member_ref(),
        *columns,
        *_fact(),
    )


members = Table(
    "members",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("member_id", Text, nullable=False, unique=True),
    _text("given"),
    _text("family"),
    Column("birth_date", Text),
    _text("postcode"),
    _text("address"),
    _text("policy_number"),
    _text("language"),
    _text("channel_preference"),
    _text("flags", "[]"),
    _text("household"),
    Column("import_ref", Integer),
    *_fact(),
)
Index("ix_members_household", members.c.household, sqlite_where=members.c.household != text("''"))

facilities = Table(
    "facilities",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("facility_id", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("party", Text, nullable=False),
    _text("address"),
    _text("network_status"),
    *_fact(),
)

colleagues = Table(
    "colleagues",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("extension", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    _text("team"),
    *_fact(),
)

relations = Table(
    "relations",
    metadata,
    Column("id", Integer, primary_key=True),
    _member_ref(),
    Column("other_ref", Integer, ForeignKey("members.id", ondelete="CASCADE"), index=True),
    Column("facility_ref", Integer, ForeignKey("facilities.id", ondelete="CASCADE")),
    _text("name"),
    Column("kind", Text, nullable=False),
    Column("may_speak", Boolean, nullable=False),
    Column("authority_until", Text),
    *_fact(),
)

numbers = Table(
    "numbers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("owner_kind", Integer, nullable=False),
    Column("owner_ref", Integer, nullable=False),
    _text("e164"),
    _text("national"),
    # the last eight digits of `national`: what is left when prefixes were mangled on the way
    _text("tail"),
    _text("kind"),
    Column("preferred", Boolean, nullable=False),
)
Index("ix_numbers_e164", numbers.c.e164, sqlite_where=numbers.c.e164 != text("''"))
Index("ix_numbers_tail", numbers.c.tail, sqlite_where=numbers.c.tail != text("''"))
Index("ix_numbers_owner", numbers.c.owner_ref, numbers.c.owner_kind)

coverages = _of_member(
    "coverages",
    _text("plan"),
    _text("payer"),
    _text("status"),
    Column("begins", Text),
    Column("ends", Text),
    _text("copay"),
)
prescriptions = _of_member(
    "prescriptions",
    _text("drug"),
    _text("prescriber"),
    Column("expires", Text),
    Column("refills_left", Integer, nullable=False),
    Column("last_dispensed", Text),
    Column("next_refill", Text),
)
authorisations = _of_member(
    "authorisations",
    _text("item"),
    _text("status"),
    Column("expires", Text),
    Column("units_left", Integer),
)
appointments = _of_member(
    "appointments",
    Column("starts_wall", Float, nullable=False),
    _text("what"),
    _text("doctor"),
    _text("place"),
    _text("status"),
    _text("bring"),
)
contacts = _of_member(
    "contacts",
    Column("at_wall", Float, nullable=False),
    _text("channel"),
    _text("direction"),
    _text("summary"),
    _text("code"),
)

call_events = Table(
    "call_events",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("call_id", Text, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("t_mono", Float, nullable=False),
    Column("t_wall", Float, nullable=False, index=True),
    Column("boot_id", Text, nullable=False),
)

calls = Table(
    "calls",
    metadata,
    Column("call_id", Text, primary_key=True),
    Column("direction", Text, nullable=False),
    _text("number"),
    _text("queue"),
    _text("account_id"),
    Column("began_wall", Float, nullable=False, index=True),
    Column("answered_wall", Float),
    Column("ended_wall", Float, nullable=False),
    Column("end_code", Integer, nullable=False),
    Column("dial_s", Float, nullable=False),
    Column("talk_s", Float, nullable=False),
    Column("hold_s", Float, nullable=False),
    Column("wrap_up_s", Float, nullable=False),
    _text("recording_manifest"),
)

call_segments = Table(
    "call_segments",
    metadata,
    Column("call_id", Text, ForeignKey("calls.call_id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("began_wall", Float, nullable=False),
    Column("duration_s", Float, nullable=False),
)

_MEASURED = "measured_s mos_mean mos_min loss_pct loss_max_pct concealed_pct jitter_max_ms"
_REPORTED = "rtt_mean_ms rtt_max_ms far_loss_pct far_mos_min"
call_lines = Table(
    "call_lines",
    metadata,
    Column("call_id", Text, ForeignKey("calls.call_id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),  # 0: the caller; from 1 on the consulted
    *(Column(name, Float, nullable=False) for name in _MEASURED.split()),
    *(Column(name, Float) for name in _REPORTED.split()),
    _text("codec"),
    Column("encrypted", Boolean, nullable=False),
    _text("warnings", "[]"),
)

interactions = Table(
    "interactions",
    metadata,
    Column("call_id", Text, ForeignKey("calls.call_id", ondelete="CASCADE"), primary_key=True),
    _text("agent"),
    Column("member_id", Text, nullable=False, index=True),
    _text("party"),
    Column("verified", Boolean, nullable=False),
    Column("code", Text, nullable=False),
    _text("note"),
    _text("follow_up"),
    Column("saved_wall", Float, nullable=False),
    Column("coded_by", Text, nullable=False),
)

wrap_up_codes = Table(
    "wrap_up_codes",
    metadata,
    Column("call_id", Text, ForeignKey("calls.call_id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("code", Text, nullable=False),
    _text("party"),
    _text("member_id"),
)

drafts = Table(
    "drafts",
    metadata,
    Column("call_id", Text, primary_key=True),
    _text("member_id"),
    _text("party"),
    _text("code"),
    _text("note"),
    _text("follow_up"),
    Column("saved_wall", Float, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("idempotency_key", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    # what it is about; with it a message is made once however often a save is repeated
    Column("subject_id", Text, nullable=False),
    # messages of one lane go out in order of `id`: the member, else the call itself
    Column("lane", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_wall", Float, nullable=False),
    Column("next_try_wall", Float, nullable=False),
    _text("lease_by"),
    Column("lease_until_wall", Float),
    Column("sent_wall", Float),
    _text("problem"),
    _text("target"),  # what it hangs on: the call, or the resource that it changes
    _text("remote"),  # the CRM's resource that came of it
    _text("theirs"),  # of a conflict: what the CRM has instead
    Column("tried_wall", Float),
    UniqueConstraint("kind", "subject_id", name="uq_outbox_subject"),
)
Index("ix_outbox_state", outbox.c.state, outbox.c.next_try_wall)
Index("ix_outbox_lane", outbox.c.lane, outbox.c.id)

audit = Table(
    "audit",
    metadata,
    Column("seq", Integer, primary_key=True),
    Column("t_wall", Float, nullable=False),
    Column("who", Text, nullable=False),
    Column("action", Text, nullable=False),
    _text("member_id"),
    _text("subject_id"),
    _text("result"),
    _text("purpose"),
    Column("previous", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

imports = Table(
    "imports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", Text, nullable=False),
    Column("began_wall", Float, nullable=False),
    Column("ended_wall", Float),
    Column("state", Text, nullable=False),
    Column("rows_read", Integer, nullable=False),
    Column("rows_imported", Integer, nullable=False),
    Column("rows_rejected", Integer, nullable=False),
)

marks = Table(
    "marks",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
"""Small facts about the cache itself, e.g. `incomplete_since` after a salvage."""

# Beside the tables, the first migration makes `directory_fts`, a full-text index without content
# (rowid = id * 4 + Owner), triggers that keep `audit` append-only; the third what `fhir/` keeps,
# the sixth what `knowledge_schema` names.
