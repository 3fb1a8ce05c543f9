"""A page taken apart by hand says the same as the whole of it parsed, and never more."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, strategies as st

from ctidesk.crm.fhir import pages

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**17), 10**17)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
ENTRIES = VALUES | st.fixed_dictionaries({"resource": st.dictionaries(st.text(), VALUES)})


@given(
    st.lists(ENTRIES, max_size=5),
    st.dictionaries(st.sampled_from(["total", "link", "type", "x"]), VALUES),
    st.sampled_from([None, 2]),
    st.booleans(),
)
def test_taken_apart_it_is_what_it_was(
    entries: list[object], about: dict[str, object], indent: int | None, ascii_only: bool
) -> None:
    whole = {"resourceType": "Bundle", **about, "entry": entries}
    page = pages.page_of(json.dumps(whole, indent=indent, ensure_ascii=ascii_only))
    assert page is not None
    good = [
        each["resource"]
        for each in entries
        if isinstance(each, dict) and isinstance(each.get("resource"), dict)
    ]
    assert [entry.resource for entry in page.entries] == good
    assert [json.loads(entry.raw) for entry in page.entries] == good
    assert page.odd == len(entries) - len(good)


@given(st.text(max_size=60) | st.builds(json.dumps, VALUES))
def test_anything_else_is_no_page(text: str) -> None:
    try:
        page = pages.page_of(text)
    except pages.NotJson:
        return
    assert page is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        '{"entry":[',
        '{"entry":[{"resource":{}}',
        '{"resourceType":"Bundle"} x',
        '{"resourceType":"Bundle","entry":[' + "[" * 100_000,
        '{"a":' * 50_000,
        "{1:2}",
    ],
)
def test_broken_texts_are_told_as_such(text: str) -> None:
    with pytest.raises(pages.NotJson):
        pages.page_of(text)


def test_precision_strange_numbers_and_deletions_are_kept() -> None:
    page = pages.page_of(
        '{"resourceType":"Bundle","type":"history","total":' + "9" * 5000 + ',"entry":['
        '{"resource":{"resourceType":"X","value":1.10,"big":' + "9" * 5000 + ',"odd":NaN}},'
        '{"request":{"method":"DELETE","url":"Patient/1"}},{"resource":3},7,{}]}'
    )
    assert page is not None
    assert page.total is None
    first, deleted = page.entries
    assert '"value":1.10' in first.raw
    assert first.resource["big"] is None
    assert (deleted.method, deleted.target, deleted.resource) == ("DELETE", "Patient/1", {})
    assert page.odd == 3
