"""A file of codes with a mistake is refused with the place of the mistake."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from ctidesk.calls.errors import KnownError
from ctidesk.wrapup.codes_file import MAX_BYTES, load_codes, parse_codes

GOOD = {
    "version": 1,
    "time_out": "x",
    "group": [{"id": "g", "label": "Group"}],
    "code": [{"code": "x", "label": "Code", "group": "g"}],
}


def refused(text: str, *, is_json: bool = True) -> str:
    with pytest.raises(KnownError) as error:
        parse_codes(text, "mine.json", is_json=is_json)
    assert error.value.code == "bad_codes_file"
    assert "“mine.json”" in error.value.text
    assert error.value.remedy
    return error.value.text


def test_json_and_toml_give_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("\ufeff" + json.dumps(GOOD), encoding="utf-8")
    (tmp_path / "a.toml").write_text(
        'version = 1\ntime_out = "x"\n[[group]]\nid = "g"\nlabel = "Group"\n'
        '[[code]]\ncode = "x"\nlabel = "Code"\ngroup = "g"\n',
        encoding="utf-8",
    )
    assert load_codes(tmp_path / "a.json") == load_codes(tmp_path / "a.toml")


def with_code(**fields: object) -> dict[str, object]:
    return {**GOOD, "code": [*GOOD["code"], {"code": "y", "label": "Y", "group": "g", **fields}]}  # type: ignore[misc]


def with_group(**fields: object) -> dict[str, object]:
    return {**GOOD, "group": [*GOOD["group"], {"id": "h", "label": "H", **fields}]}  # type: ignore[misc]


@pytest.mark.parametrize(
    ("plain", "said"),
    [
        ([], "the file is not a table"),
        ({**GOOD, "colour": 1}, "“colour” is not a known entry"),
        ({**GOOD, "version": 2}, "“version” has to be 1"),
        ({**GOOD, "version": True}, "“version” has to be 1"),
        ({**GOOD, "code": []}, "“code” has to be a list of at least one entry"),
        ({**GOOD, "group": "g"}, "“group” has to be a list of at least one entry"),
        ({**GOOD, "code": ["x"]}, "code 1 is not a table"),
        (with_code(code="Y!"), "code 2, field “code” has to be 1–40"),
        (with_code(code="x"), "code 2 repeats the code “x”"),
        (with_code(label=""), "code 2, field “label” has to be a text"),
        (with_code(label="a" * 81), "code 2, field “label” has to be a text"),
        (with_code(label="a\u202eb"), "code 2, field “label” has to be a text"),
        (with_code(label=3), "code 2, field “label” has to be text"),
        (with_code(group="nowhere"), "code 2, field “group” names no group"),
        (with_code(parties=["patient"]), "code 2, field “parties” may only name member"),
        (with_code(parties="member"), "code 2, field “parties” has to be a list of texts"),
        (with_code(synonyms=[1]), "code 2, field “synonyms” has to be a list of texts"),
        (with_code(needs_note="yes"), "code 2, field “needs_note” has to be true or false"),
        (with_code(activ=True), "code 2 has the unknown field “activ”"),
        (with_group(id="g"), "group 2 repeats the id “g”"),
        (with_group(parent="nowhere"), "group 2, field “parent” names no group"),
        (with_group(parent="h"), "group 2 is above itself"),
        ({**GOOD, "time_out": "z"}, "“time_out” has to name a code of the file"),
        ({**GOOD, "time_out": ["x"]}, "“time_out” has to name a code of the file"),
        ({**with_code(active=False), "time_out": "y"}, "“time_out” has to name an active code"),
        ({**with_code(needs_note=True), "time_out": "y"}, "“time_out” has to name an active"),
        ({**with_code(parties=["member"]), "time_out": "y"}, "“time_out” has to name an active"),
        (
            {**GOOD, "code": [{"code": "x", "label": "X", "group": "g", "parties": ["member"]}]},
            "“code” leaves no code for the party carer",
        ),
        ({**GOOD, "code": [GOOD["code"][0]] * 2_001}, "“code” has more than 2000 entries"),  # type: ignore[index]
    ],
)
def test_a_mistake_is_named_with_its_place(plain: object, said: str) -> None:
    assert said in refused(json.dumps(plain))


def test_groups_in_a_circle() -> None:
    groups = [
        {"id": "g", "label": "G", "parent": "h"},
        {"id": "h", "label": "H", "parent": "g"},
    ]
    assert "group 1 is above itself" in refused(json.dumps({**GOOD, "group": groups}))


def test_broken_syntax_names_the_line() -> None:
    assert "line 2, column 1" in refused('{"version": 1,\n')
    assert "at line 2" in refused("version = 1\ntime_out = \n", is_json=False)
    assert "nested too deeply" in refused("[" * 200_000)


def test_the_file_itself(tmp_path: Path) -> None:
    def said(path: Path) -> str:
        with pytest.raises(KnownError) as error:
            load_codes(path)
        return error.value.text

    assert "does not exist" in said(tmp_path / "none.toml")
    assert "cannot be read" in said(tmp_path)
    wrong = tmp_path / "wrong.toml"
    wrong.write_bytes(b"version = 1\n# na\xefve\n")
    assert "line 2 is not UTF-8" in said(wrong)
    wrong.write_bytes(b"#" * (MAX_BYTES + 1))
    assert "larger than" in said(wrong)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_any_value_in_any_field_is_refused_or_read(value: object) -> None:
    for plain in (
        value,
        {**GOOD, "code": value},
        {**GOOD, "time_out": value},
        with_code(parties=value),
        with_group(parent=value),
    ):
        try:
            parse_codes(json.dumps(plain), "mine.json", is_json=True)
        except KnownError as error:
            assert error.code == "bad_codes_file"
