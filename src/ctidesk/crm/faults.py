"""What can go wrong with the cache file, in words for the user.

Runs in: desk process, any thread (no SQLAlchemy here: errors are told apart by SQLite's codes).
"""

from __future__ import annotations

import errno

from ctidesk.calls.errors import KnownError

# https://www.sqlite.org/rescode.html, primary codes
BUSY, LOCKED, NO_MEMORY, READ_ONLY, IO_ERROR, CORRUPT, FULL, CANT_OPEN, NOT_A_DB = (
    5,
    6,
    7,
    8,
    10,
    11,
    13,
    14,
    26,
)


def of_code(code: int) -> KnownError | None:
    """The `KnownError` of an SQLite result code (extended codes too), None if it is our bug."""
    primary = code & 0xFF
    if primary in (BUSY, LOCKED):
        return locked()
    if primary == FULL:
        return disk_full()
    if primary in (CORRUPT, NOT_A_DB):
        return damaged()
    if primary in (READ_ONLY, CANT_OPEN, IO_ERROR, NO_MEMORY):
        return unreadable()
    return None


def of_os_error(error: OSError) -> KnownError:
    """The `KnownError` of an operating-system error met at the cache's files."""
    return disk_full() if error.errno in (errno.ENOSPC, errno.EDQUOT) else unreadable()


def locked() -> KnownError:
    return KnownError(
        "cache_locked",
        "Another program holds the member cache locked.",
        "Close backup or database tools that read the profile folder; ctidesk keeps trying.",
    )


def disk_full() -> KnownError:
    return KnownError(
        "disk_full",
        "The disk is full: nothing more can be saved in the member cache.",
        "Free some space on the disk of the profile folder, then save again. Nothing is lost yet.",
    )


def damaged() -> KnownError:
    return KnownError(
        "cache_damaged",
        "The member cache is damaged and was not used.",
        "A copy was put aside. Import or synchronise the members again; calls go on meanwhile.",
    )


def unreadable() -> KnownError:
    return KnownError(
        "cache_unreadable",
        "The member cache can't be read or written.",
        "Check that the profile folder is on a working disk and belongs to you, then try again.",
    )


def wrong_key() -> KnownError:
    return KnownError(
        "wrong_key",
        "The member cache can't be opened with this key.",
        "Use the key store, passphrase or key file that this profile was made with. "
        "No new key is ever put over it.",
    )


def not_encrypted() -> KnownError:
    return KnownError(
        "cache_not_encrypted",
        "The file of the member cache is not encrypted, so ctidesk refuses to use it.",
        "Move cache.db out of the profile folder and import the members again.",
    )


def newer() -> KnownError:
    return KnownError(
        "cache_newer",
        "The member cache was written by a newer version of ctidesk.",
        "Install that version again, or start with another profile folder.",
    )


def unavailable() -> KnownError:
    return KnownError(
        "cache_unavailable",
        "The member cache did not answer in time.",
        "Calls go on without a card; search for the member again in a moment.",
    )


def closed() -> KnownError:
    return KnownError(
        "cache_closed", "The member cache is closed.", "Unlock or restart ctidesk to open it again."
    )


def failed() -> KnownError:
    return KnownError(
        "cache_failed",
        "The member cache could not do this because of an error in ctidesk.",
        "Try again; if it stays, send the diagnostics bundle to your administrator.",
    )
