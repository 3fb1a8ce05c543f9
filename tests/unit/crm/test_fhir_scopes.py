"""What granted scopes let the desk read and send (SMART App Launch 2.2, and version 1)."""

from __future__ import annotations

import pytest

from ctidesk.crm.fhir.scopes import CHANGED, MADE, readable, wanted, wanted_to_write, writable


@pytest.mark.parametrize(
    ("granted", "kind", "reads", "writes"),
    [
        ("system/*.cruds", "Task", True, True),
        ("system/*.*", "Patient", True, True),
        ("system/Task.rs", "Task", True, False),
        ("system/Task.c", "Task", False, True),
        ("system/Patient.c", "Patient", False, False),  # it is changed, never made
        ("system/Patient.u", "Patient", False, True),
        ("system/Task.read", "Task", True, False),
        ("system/Task.write", "Task", False, True),
        ("system/Other.cruds", "Task", False, False),
        ("openid launch", "Task", False, False),
    ],
)
def test_a_scope(granted: str, kind: str, reads: bool, writes: bool) -> None:
    found = frozenset(granted.split())
    assert (readable(kind, found), writable(kind, found)) == (reads, writes)


def test_what_is_asked_for_is_enough() -> None:
    assert all(writable(kind, frozenset(wanted_to_write())) for kind in MADE + CHANGED)
    assert all(readable(kind, frozenset(wanted(["Patient"]))) for kind in ("Patient",))


def test_nobody_who_says_nothing_forbids_anything() -> None:
    assert readable("Task", None) and writable("Task", None)
