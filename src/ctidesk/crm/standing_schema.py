"""What narrows the telling of a record: death, merging, restriction, and scopes of authorities.

Runs in: desk process, store thread (importing this module loads SQLAlchemy: never on Qt main).
Only the few records have a row of whom there is something to say.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Integer, Table, Text, text

from ctidesk.crm.schema import metadata

member_standings = Table(
    "member_standings",
    metadata,
    Column(
        "member_ref",
        Integer,
        ForeignKey("members.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    # an ISO date, "yes" where only the death is known
    Column("deceased", Text, nullable=False, server_default=text("''")),
    Column("merged_into", Text, nullable=False, server_default=text("''")),
    Column("restricted", Boolean, nullable=False),
)

authority_scopes = Table(
    "authority_scopes",
    metadata,
    Column(
        "relation_ref",
        Integer,
        ForeignKey("relations.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    Column("scope", Text, nullable=False),
)

address_confirmations = Table(
    "address_confirmations",
    metadata,
    Column(
        "member_ref",
        Integer,
        ForeignKey("members.id", ondelete="CASCADE"),
        primary_key=True,
        autoincrement=False,
    ),
    # what was confirmed: another address on record is not confirmed by it
    Column("address", Text, nullable=False),
    # an ISO date, of the agent's day
    Column("confirmed_on", Text, nullable=False),
)

DROP_STANDING = "DELETE FROM member_standings WHERE member_ref = ?"
ADD_STANDING = (
    "INSERT INTO member_standings(member_ref, deceased, merged_into, restricted)"
    " VALUES (?, ?, ?, ?)"
)
ADD_SCOPE = "INSERT INTO authority_scopes(relation_ref, scope) VALUES (?, ?)"
