"""The tree of wrap-up codes read from a TOML or JSON file, checked entry by entry.

Runs in: desk process, any thread.

    version = 1
    time_out = "not_coded"            # set when the time limit ends without a code
    [[group]]
    id = "appointments"               # a–z, 0–9, _ . -
    label = "Appointments"
    parent = ""                       # optional: id of the group above
    [[code]]
    code = "appointment_book"
    label = "Book an appointment"
    group = "appointments"
    parties = ["member", "carer"]     # optional: all
    synonyms = ["new date"]           # optional: found by these words too
    needs_note = false                # optional
    active = true                     # optional: false retires the code, old calls keep its label
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from ctidesk.calls.errors import KnownError
from ctidesk.calls.text_files import BadFile, read_text, toml_table
from ctidesk.wrapup.codes import PARTIES, Code, CodeTree, Group

MAX_BYTES = 1_000_000
MAX_ENTRIES = 2_000
MAX_LABEL_CHARS = 80
_ID = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}")
_GROUP_FIELDS: dict[str, type] = {"id": str, "label": str, "parent": str}
_CODE_FIELDS: dict[str, type] = {
    "code": str,
    "label": str,
    "group": str,
    "parties": list,
    "synonyms": list,
    "needs_note": bool,
    "active": bool,
}


def load_codes(path: Path) -> CodeTree:
    """The tree in `path` (.toml or .json). Raises `KnownError` `bad_codes_file` that names the
    file and the line or entry."""
    try:
        text = read_text(path, MAX_BYTES)
    except BadFile as problem:
        raise _bad(path.name, str(problem)) from None
    return parse_codes(text, path.name, is_json=path.suffix.lower() == ".json")


def parse_codes(text: str, name: str, *, is_json: bool = False) -> CodeTree:
    """The tree in `text`; `name` is the file's name for messages. Raises as `load_codes`."""
    return _Reading(name).tree(_plain(text, name, is_json))


def _plain(text: str, name: str, is_json: bool) -> Any:
    try:
        return json.loads(text) if is_json else toml_table(text)
    except json.JSONDecodeError as broken:
        where = f"line {broken.lineno}, column {broken.colno}"
        raise _bad(name, f"{where} is not valid JSON: {broken.msg}") from None
    except BadFile as problem:
        raise _bad(name, str(problem)) from None
    except RecursionError:
        raise _bad(name, "it is nested too deeply") from None


def _bad(name: str, problem: str) -> KnownError:
    return KnownError(
        "bad_codes_file",
        f"The file of wrap-up codes “{name}” cannot be used: {problem}.",
        "Correct that place in the file, or remove the file to use the codes that ship with it.",
    )


class _Reading:
    """One pass over one file; knows its name for the messages."""

    def __init__(self, name: str) -> None:
        self._name = name

    def tree(self, plain: Any) -> CodeTree:
        if not isinstance(plain, dict):
            raise self._wrong("the file", "is not a table")
        for key in plain:
            if key not in ("version", "time_out", "group", "code"):
                raise self._wrong(f"“{str(key)[:40]}”", "is not a known entry")
        if plain.get("version") != 1 or isinstance(plain.get("version"), bool):
            raise self._wrong("“version”", "has to be 1")
        groups = tuple(
            self._group(each, f"group {number}")
            for number, each in enumerate(self._entries(plain, "group"), 1)
        )
        codes = tuple(
            self._code(each, f"code {number}")
            for number, each in enumerate(self._entries(plain, "code"), 1)
        )
        self._check_groups(groups)
        self._check_codes(codes, {group.id for group in groups})
        return CodeTree(groups, codes, self._time_out(plain.get("time_out"), codes))

    def _entries(self, plain: dict[str, Any], kind: str) -> list[Any]:
        entries = plain.get(kind)
        if not isinstance(entries, list) or not entries:
            raise self._wrong(f"“{kind}”", "has to be a list of at least one entry")
        if len(entries) > MAX_ENTRIES:
            raise self._wrong(f"“{kind}”", f"has more than {MAX_ENTRIES} entries")
        return entries

    def _fields(self, entry: Any, where: str, known: dict[str, type]) -> dict[str, Any]:
        if not isinstance(entry, dict):
            raise self._wrong(where, "is not a table")
        for key, value in entry.items():
            if key not in known:
                raise self._wrong(where, f"has the unknown field “{str(key)[:40]}”")
            if type(value) is not known[key]:
                kind = {str: "text", list: "a list of texts", bool: "true or false"}[known[key]]
                raise self._wrong(f"{where}, field “{key}”", f"has to be {kind}")
        return entry

    def _group(self, entry: Any, where: str) -> Group:
        fields = self._fields(entry, where, _GROUP_FIELDS)
        return Group(
            id=self._id(fields, "id", where),
            label=self._label(fields, where),
            parent=fields.get("parent", ""),
        )

    def _code(self, entry: Any, where: str) -> Code:
        fields = self._fields(entry, where, _CODE_FIELDS)
        parties = self._texts(fields, "parties", where)
        for party in parties:
            if party not in PARTIES:
                known = ", ".join(PARTIES)
                raise self._wrong(f"{where}, field “parties”", f"may only name {known}")
        return Code(
            code=self._id(fields, "code", where),
            label=self._label(fields, where),
            group=fields.get("group", ""),
            parties=frozenset(parties),
            synonyms=self._texts(fields, "synonyms", where),
            needs_note=fields.get("needs_note", False),
            active=fields.get("active", True),
        )

    def _id(self, fields: dict[str, Any], name: str, where: str) -> str:
        value = fields.get(name, "")
        if not _ID.fullmatch(value):
            rule = "has to be 1–40 of the characters a–z, 0–9, _, . and -"
            raise self._wrong(f"{where}, field “{name}”", rule)
        return str(value)

    def _label(self, fields: dict[str, Any], where: str) -> str:
        label = " ".join(str(fields.get("label", "")).split())
        if not label or len(label) > MAX_LABEL_CHARS or not label.isprintable():
            rule = f"has to be a text of 1–{MAX_LABEL_CHARS} printable characters"
            raise self._wrong(f"{where}, field “label”", rule)
        return label

    def _texts(self, fields: dict[str, Any], name: str, where: str) -> tuple[str, ...]:
        values = fields.get(name, [])
        if not all(isinstance(each, str) and each.strip() for each in values):
            raise self._wrong(f"{where}, field “{name}”", "has to be a list of texts")
        return tuple(values)

    def _check_groups(self, groups: tuple[Group, ...]) -> None:
        parents: dict[str, str] = {}
        for number, group in enumerate(groups, 1):
            if group.id in parents:
                raise self._wrong(f"group {number}", f"repeats the id “{group.id}”")
            parents[group.id] = group.parent
        for number, group in enumerate(groups, 1):
            if group.parent and group.parent not in parents:
                raise self._wrong(f"group {number}, field “parent”", "names no group of the file")
            seen, above = {group.id}, group.parent
            while above:
                if above in seen:
                    raise self._wrong(f"group {number}", "is above itself")
                seen.add(above)
                above = parents[above]

    def _check_codes(self, codes: tuple[Code, ...], groups: set[str]) -> None:
        seen: set[str] = set()
        for number, code in enumerate(codes, 1):
            if code.code in seen:
                raise self._wrong(f"code {number}", f"repeats the code “{code.code}”")
            seen.add(code.code)
            if code.group not in groups:
                raise self._wrong(f"code {number}, field “group”", "names no group of the file")
        for party in PARTIES:
            if not any(code.is_for(party) for code in codes):
                raise self._wrong("“code”", f"leaves no code for the party {party}")

    def _time_out(self, value: Any, codes: tuple[Code, ...]) -> str:
        for code in codes:
            if code.code == value:
                if code.active and not code.parties and not code.needs_note:
                    return code.code
                raise self._wrong(
                    "“time_out”", "has to name an active code for all parties that needs no note"
                )
        raise self._wrong("“time_out”", "has to name a code of the file")

    def _wrong(self, where: str, what: str) -> KnownError:
        return _bad(self._name, f"{where} {what}")
