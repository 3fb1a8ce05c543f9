"""Scenarios of the training from TOML files, checked entry by entry.

Runs in: desk process, any thread.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

from ctidesk.calls.errors import KnownError
from ctidesk.calls.text import plain
from ctidesk.calls.text_files import BadFile, read_text, toml_table
from ctidesk.care.training import Expectation, Scenario, Wanted

MAX_BYTES = 64 * 1024
MAX_FILES = 100
MAX_ENTRIES = 40
MAX_CHARS = 400
_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_FIELDS = {"version": int, "title": str, "caller": str, "brief": str}
_LISTS = ("says", "members")
_WITH_VALUES = (Wanted.PARTY, Wanted.MEMBER, Wanted.CODE)
_WITH_TIME = (Wanted.ANSWERED, Wanted.WRAP_UP)


def load_scenarios(folder: Path, callers: Collection[str]) -> tuple[Scenario, ...]:
    """All of `folder`, in the order of their files. Raises `KnownError` bad_scenario that names
    file and entry."""
    paths = sorted(folder.glob("*.toml"))[:MAX_FILES]
    if not paths:
        raise _bad(folder.name, "the folder holds no scenario")
    return tuple(_load(path, callers) for path in paths)


def parse_scenario(text: str, name: str, callers: Collection[str]) -> Scenario:
    """`name`: the file's. Raises as `load_scenarios`."""
    try:
        table = toml_table(text)
    except BadFile as problem:
        raise _bad(name, str(problem)) from None
    key = Path(name).stem
    if not _KEY.fullmatch(key):
        raise _bad(name, "the file's name may have only a–z, 0–9, “_” and “-”")
    unknown = [field for field in table if field not in {*_FIELDS, *_LISTS, "expect"}]
    if unknown:
        raise _bad(name, f"there is no field “{plain(unknown[0], 40)}”")
    for field, kind in _FIELDS.items():
        if not isinstance(table.get(field), kind) or not table[field]:
            raise _bad(name, f"the field “{field}” is missing or of another kind")
    if table["version"] != 1:
        raise _bad(name, "this version of the file is not known; write version = 1")
    if table["caller"] not in callers:
        raise _bad(name, f"the field “caller” must be one of {', '.join(callers)}")
    return Scenario(
        key=key,
        title=plain(table["title"], 80),
        caller=table["caller"],
        brief=plain(table["brief"], MAX_CHARS),
        says=_texts(table.get("says", []), name, "says"),
        members=_texts(table.get("members", []), name, "members"),
        expects=_expects(table.get("expect", []), name),
    )


def _load(path: Path, callers: Collection[str]) -> Scenario:
    try:
        text = read_text(path, MAX_BYTES)
    except BadFile as problem:
        raise _bad(path.name, str(problem)) from None
    return parse_scenario(text, path.name, callers)


def _expects(entries: Any, name: str) -> tuple[Expectation, ...]:
    if not isinstance(entries, list) or not 1 <= len(entries) <= MAX_ENTRIES:
        raise _bad(name, f"it needs 1 to {MAX_ENTRIES} entries [[expect]]")
    return tuple(_expectation(entry, name, at) for at, entry in enumerate(entries, 1))


def _expectation(entry: Any, name: str, number: int) -> Expectation:
    where = f"[[expect]] number {number}"
    if not isinstance(entry, dict) or entry.keys() - {"what", "text", "values", "within_s"}:
        raise _bad(name, f"{where} has only what, text, values, within_s")
    try:
        what = Wanted(str(entry.get("what")))
    except ValueError:
        raise _bad(name, f"{where}: “what” is one of {', '.join(Wanted)}") from None
    text = entry.get("text")
    if not isinstance(text, str) or not text.strip():
        raise _bad(name, f"{where}: “text” is missing")
    values = _texts(entry.get("values", []), name, f"{where}, values")
    within = entry.get("within_s", 0)
    if bool(values) is not (what in _WITH_VALUES):
        raise _bad(name, f"{where}: “values” belong to {', '.join(_WITH_VALUES)}")
    timed = isinstance(within, int | float) and not isinstance(within, bool) and within > 0
    if timed is not (what in _WITH_TIME):
        raise _bad(name, f"{where}: “within_s”, in seconds, belongs to {', '.join(_WITH_TIME)}")
    return Expectation(
        what=what, text=plain(text, MAX_CHARS), values=values, within_s=float(within)
    )


def _texts(entries: Any, name: str, where: str) -> tuple[str, ...]:
    good = isinstance(entries, list) and all(isinstance(each, str) for each in entries)
    if not good or len(entries) > MAX_ENTRIES:
        raise _bad(name, f"{where} is a list of at most {MAX_ENTRIES} texts")
    return tuple(plain(each, MAX_CHARS) for each in entries)


def _bad(name: str, problem: str) -> KnownError:
    return KnownError(
        "bad_scenario",
        f"Training, {plain(name, 80)}: {problem}.",
        "Correct the file; resources/training shows complete ones.",
    )
