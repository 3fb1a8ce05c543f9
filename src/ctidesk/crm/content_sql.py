"""What the cache says of a member, facility or colleague, as one number that can be compared.

Runs in: desk process, store thread. Where a fact came from and when is no part of it.
"""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import Connection

from ctidesk.crm.records import FactKind
from ctidesk.crm.schema import Owner, metadata

_PROVENANCE = {"id", "member_ref", "source", "read_wall", "resource"}


def _facts(table: str) -> str:
    names = [column.name for column in metadata.tables[table].c if column.name not in _PROVENANCE]
    return f"SELECT json_array('{table}', {', '.join(names)}) FROM {table} WHERE member_ref = ?1"  # noqa: S608 - our own names


def _numbers(owner: Owner) -> str:
    return (
        "SELECT json_array('number', e164, national, kind, preferred) FROM numbers"  # noqa: S608 - our own
        f" WHERE owner_ref = ?1 AND owner_kind = {int(owner)}"
    )


_CARERS = (
    "SELECT json_array('carer', other_ref, name, kind, may_speak, authority_until,"  # noqa: S608 - our own
    " (SELECT scope FROM authority_scopes WHERE relation_ref = relations.id),"
    " (SELECT group_concat(one) FROM (SELECT json_array(e164, national, kind, preferred) AS one"
    f" FROM numbers WHERE owner_ref = relations.id AND owner_kind = {int(Owner.RELATION)}"
    " ORDER BY one))) FROM relations WHERE member_ref = ?1"
)
_MEMBER = (
    "SELECT json_array('', given, family, birth_date, postcode, address, policy_number, language,"
    " channel_preference, flags, household) FROM members WHERE id = ?1"
)
_STANDING = (
    "SELECT json_array('standing', deceased, merged_into, restricted) FROM member_standings"
    " WHERE member_ref = ?1"
)
_ALL = {
    Owner.MEMBER: (
        _MEMBER,
        _numbers(Owner.MEMBER),
        _CARERS,
        _STANDING,
        *(_facts(kind.value) for kind in FactKind),
    ),
    Owner.FACILITY: (
        "SELECT json_array('', name, kind, address, network_status) FROM facilities WHERE id = ?1",
        _numbers(Owner.FACILITY),
    ),
    Owner.COLLEAGUE: (
        "SELECT json_array('', name, team) FROM colleagues WHERE id = ?1",
        _numbers(Owner.COLLEAGUE),
    ),
}
_QUERY = {owner: " UNION ALL ".join(parts) for owner, parts in _ALL.items()}


def content(connection: Connection, owner: Owner, ref: int) -> int:
    """A digest of 64 bits; two contents share one by chance once in 10^19."""
    # beneath SQLAlchemy: it is asked twice for every member of an import
    cursor: Any = connection.connection.cursor()
    rows = sorted(row[0] for row in cursor.execute(_QUERY[owner], (ref,)))
    digest = hashlib.blake2b("\n".join(rows).encode("utf-8", "replace"), digest_size=8)
    return int.from_bytes(digest.digest())
