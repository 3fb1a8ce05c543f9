"""Which SQLCipher there is.

Runs in: any process, any thread.
"""

from __future__ import annotations

from sqlcipher3 import dbapi2


def cipher_version() -> str:
    """SQLCipher's version, "" when the library is a plain SQLite that would encrypt nothing."""
    connection = dbapi2.connect(":memory:")
    try:
        row = connection.execute("PRAGMA cipher_version").fetchone()
    finally:
        connection.close()
    return str(row[0]) if row else ""
