"""No resource, however odd, ends a reader; what it did not understand is named without content."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, strategies as st
from tests.support.fhir_resources import concept, coverage, patient, refers, resource

from ctidesk.crm.fhir.kinds import KINDS, READERS
from ctidesk.crm.fhir.reading import Surroundings, named, read
from ctidesk.crm.records import FactRecord, MemberRecord

AROUND = Surroundings("DE")
CANARY = "Canary\u202ewoman"
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from([CANARY, "2026-02-31", "Patient/1", "9" * 400, "\ud800", "", "0000"])
)
WORDS = (
    *("name", "family", "given", "telecom", "value", "system", "link", "other", "reference"),
    *("type", "coding", "code", "text", "period", "start", "end", "identifier", "provision"),
    *("actor", "extension", "url"),
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(WORDS),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)
WHOLE: dict[str, dict[str, Any]] = {
    "Patient": patient(
        "p1",
        "Fischer",
        "0171 3920031",
        link=[{"other": refers("Patient", "p2"), "type": "seealso"}],
        communication=[{"language": concept("", "de")}],
        address=[{"line": ["x"], "period": {"end": "2020"}}],
    ),
    "Coverage": coverage("c1", "p1", period={"start": "2026", "end": "2026-02"}),
    "MedicationRequest": resource(
        "MedicationRequest",
        "m1",
        status="active",
        subject=refers("Patient", "p1"),
        dispenseRequest={"numberOfRepeatsAllowed": 3, "validityPeriod": {"end": "2026-11"}},
    ),
    "Appointment": resource(
        "Appointment",
        "a1",
        start="2026-03-01T09:00:00+01:00",
        participant=[{"actor": refers("Patient", "p1")}],
    ),
}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a resource."""
    found = [path] if path else []
    items: Any = ()
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, inner in items:
        found += places(inner, (*path, key))
    return found


@given(st.data(), st.sampled_from(sorted(WHOLE)), ANYTHING)
def test_a_resource_with_anything_anywhere_is_read(
    data: st.DataObject, kind: str, odd: Any
) -> None:
    changed = copy.deepcopy(WHOLE[kind])
    path = data.draw(st.sampled_from(places(changed)))
    inner: Any = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = odd
    reading = read(changed, AROUND, READERS)
    assert reading is None or not reading.unreadable
    if reading is not None:
        assert "Canary" not in " ".join(reading.odd)
        assert "\u202e" not in repr(reading.row)


@given(st.sampled_from(KINDS), st.dictionaries(st.text(max_size=12), ANYTHING, max_size=6))
def test_a_resource_of_anything_is_read(kind: str, elements: dict[str, Any]) -> None:
    reading = read({**elements, "resourceType": kind, "id": "x"}, AROUND, READERS)
    assert reading is not None
    assert not reading.unreadable


def test_what_is_not_understood_is_named_by_its_element() -> None:
    strange = {**patient("p1", "Fischer"), "birthDate": "the 4th of May", "telecom": "none"}
    strange["name"][0]["given"] = [7]
    reading = read(strange, AROUND, READERS)
    assert reading is not None
    assert set(reading.odd) == {"birthDate", "telecom", "name.given"} - {"birthDate"} | {
        "birthDate"
    }
    assert isinstance(reading.row, MemberRecord)
    assert reading.row.birth_date is None


@pytest.mark.parametrize("birth", ["1960", "1960-05", "1960-02-30"])
def test_half_a_birth_date_is_none(birth: str) -> None:
    reading = read(patient("p1", "Fischer") | {"birthDate": birth}, AROUND, READERS)
    assert reading is not None
    assert isinstance(reading.row, MemberRecord)
    assert reading.row.birth_date is None


@pytest.mark.parametrize(
    ("identifiers", "number"),
    [
        ([("SS", "ssn"), ("MR", "record"), ("MB", "member")], "member"),
        ([("SS", "ssn"), ("NNDEU", "state"), ("", "plain")], "plain"),
        ([("SS", "ssn")], "p1"),
    ],
)
def test_a_number_of_the_state_is_no_members_number(
    identifiers: list[tuple[str, str]], number: str
) -> None:
    given_ids = [{"type": concept("", code), "value": value} for code, value in identifiers]
    reading = read(patient("p1", "Fischer", identifier=given_ids), AROUND, READERS)
    assert reading is not None
    assert isinstance(reading.row, MemberRecord)
    assert reading.row.member_id == number


def test_what_has_no_type_or_id_is_nothing() -> None:
    for bad in ({}, {"resourceType": "Patient"}, {"resourceType": "Patient", "id": "a/b"}):
        assert read(bad, AROUND, READERS) is None
    assert read({"resourceType": "../x", "id": "1"}, AROUND, READERS) is None
    assert read({"resourceType": "Patient", "id": ["1"]}, AROUND, READERS) is None


def test_a_reader_that_fails_costs_one_row_only() -> None:
    def broken(node: object) -> Any:
        raise ZeroDivisionError

    reading = read(WHOLE["Coverage"], AROUND, {"Coverage": broken})
    assert reading is not None
    assert (reading.unreadable, reading.row, reading.key) == (True, None, "Coverage/c1")


def test_a_log_names_a_resource_by_type_and_hash() -> None:
    shown = named({"resourceType": "Patient", "id": "secret-id"})
    assert shown.startswith("Patient ")
    assert "secret" not in shown
    assert named({"resourceType": CANARY, "id": 3}).startswith("something ")


def test_errors_and_withdrawn_orders_are_not_shown() -> None:
    for kind, status in (
        ("Coverage", "entered-in-error"),
        ("MedicationRequest", "cancelled"),
        ("Appointment", "entered-in-error"),
    ):
        reading = read({**WHOLE[kind], "status": status}, AROUND, READERS)
        assert reading is not None
        assert reading.row is None
    kept = read(WHOLE["Coverage"], AROUND, READERS)
    assert kept is not None
    assert isinstance(kept.row, FactRecord)
    assert json.dumps(kept.row.values)
