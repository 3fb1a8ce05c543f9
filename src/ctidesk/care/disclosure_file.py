"""The disclosure policy read from a TOML file, checked entry by entry.

Runs in: desk process, any thread. `resources/disclosure/default.toml` explains every entry. A
mistake is a `KnownError` that names file, line and field.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ctidesk.calls.errors import KnownError
from ctidesk.calls.text_files import BadFile, read_text, toml_table
from ctidesk.care.disclosure import (
    EVERY_FIELD,
    DisclosurePolicy,
    Field,
    Fields,
    Level,
    PartyRule,
    Sensitivity,
)
from ctidesk.care.member import CALLING_PARTIES, Party
from ctidesk.care.questions import NAMES, ORGANISATION, QuestionKind
from ctidesk.care.toml_lines import line_at, lines_of

MAX_BYTES = 200_000
_TABLES = {
    "sensitivity": {each.value for each in Field},
    "failures": {"tells_up_to"},
    "minors": {"below", "speakers", "teens_from", "teens_withheld"},
    "deceased": {"speakers", "parties"},
    "supplies": {"words"},
    "break_glass": {"minutes", "shows"},
}
_LEVELS = {"none": Level.NONE, "partly": Level.PARTLY, "fully": Level.FULLY}
_CHECKS = {"names", "facts", "organisation", "needed", "asked", "failures"}
_WHO = {each.value for each in CALLING_PARTIES}


def load_policy(path: Path) -> DisclosurePolicy:
    """The policy in `path`. Raises `KnownError` bad_disclosure_file."""
    try:
        text = read_text(path, MAX_BYTES)
    except BadFile as problem:
        raise _bad(path.name, str(problem)) from None
    return parse_policy(text, path.name)


def parse_policy(text: str, name: str) -> DisclosurePolicy:
    """The policy in `text`; `name` is the file's name for messages. Raises as `load_policy`."""
    try:
        plain = toml_table(text)
    except BadFile as problem:
        raise _bad(name, str(problem)) from None
    return _Reading(name, text).policy(plain)


def _bad(name: str, problem: str) -> KnownError:
    return KnownError(
        "bad_disclosure_file",
        f"The disclosure policy “{name}” cannot be used: {problem}.",
        "Correct that place in the file, or remove the file to use the policy that ships with it.",
    )


class _Reading:
    """One pass over one file."""

    def __init__(self, name: str, text: str) -> None:
        self._name = name
        self._lines = lines_of(text)

    def policy(self, plain: dict[str, Any]) -> DisclosurePolicy:
        for key in plain:
            if key not in {"version", "scopes", "party", *_TABLES}:
                raise self._wrong("", key, "is not a known entry")
        if plain.get("version") != 1 or isinstance(plain.get("version"), bool):
            raise self._wrong("", "version", "has to be 1")
        of = {name: self._table(plain, name, known) for name, known in _TABLES.items()}
        minors, dead, glass = of["minors"], of["deceased"], of["break_glass"]
        scopes, unstated = self._scopes(plain)
        return DisclosurePolicy(
            rules=self._rules(plain),
            sensitivity=self._sensitivity(of["sensitivity"]),
            after_failure=self._grade("failures", "tells_up_to", of["failures"]),
            minor_below=self._count("minors", minors, "below", 18, 0, 30),
            minor_speakers=frozenset(self._texts("minors", minors, "speakers")),
            teens_from=self._count("minors", minors, "teens_from", 14, 0, 30),
            teens_withheld=self._told("minors", minors, "teens_withheld"),
            after_death_speakers=frozenset(self._texts("deceased", dead, "speakers")),
            after_death_parties=frozenset(
                Party(each) for each in self._texts("deceased", dead, "parties", _WHO)
            ),
            scopes=scopes,
            unstated=unstated,
            supply_words=tuple(self._texts("supplies", of["supplies"], "words")),
            glass_s=60.0 * self._count("break_glass", glass, "minutes", 15, 0, 240),
            glass_shows=self._told("break_glass", glass, "shows"),
        )

    def _table(self, plain: dict[str, Any], name: str, known: set[str]) -> dict[str, Any]:
        table = plain.get(name, {})
        if not isinstance(table, dict):
            raise self._wrong("", name, "has to be a table")
        for key in table:
            if key not in known:
                raise self._wrong(name, key, "is not a known field")
        return table

    def _sensitivity(self, table: dict[str, Any]) -> dict[Field, Sensitivity]:
        return {Field(key): self._grade("sensitivity", key, table) for key in table}

    def _grade(self, where: str, key: str, table: dict[str, Any]) -> Sensitivity:
        value = table.get(key, "special")
        if not isinstance(value, str) or value.upper() not in Sensitivity.__members__:
            grades = ", ".join(each.lower() for each in Sensitivity.__members__)
            raise self._wrong(where, key, f"has to be one of {grades}")
        return Sensitivity[value.upper()]

    def _scopes(self, plain: dict[str, Any]) -> tuple[dict[str, Fields], str]:
        table = self._table(plain, "scopes", set(plain.get("scopes", ())))
        unstated = table.get("unstated", "")
        scopes = {
            key.strip().lower(): self._told("scopes", table, key)
            for key in table
            if key != "unstated"
        }
        if not isinstance(unstated, str) or (unstated and unstated not in scopes):
            raise self._wrong("scopes", "unstated", "has to name a scope of the file, or be empty")
        return scopes, unstated

    def _rules(self, plain: dict[str, Any]) -> dict[Party, PartyRule]:
        entries = plain.get("party")
        if not isinstance(entries, list) or not entries:
            raise self._wrong("", "party", "has to be a list of at least one [[party]]")
        rules: dict[Party, PartyRule] = {}
        for number, entry in enumerate(entries, 1):
            where = f"party {number}"
            if not isinstance(entry, dict):
                raise self._wrong("", "party", "has to be a list of tables")
            for key in entry:
                if key not in {"party", *_CHECKS, *_LEVELS}:
                    raise self._wrong(where, key, "is not a known field")
            name = entry.get("party")
            if name not in _WHO:
                raise self._wrong(where, "party", "has to be one of " + ", ".join(sorted(_WHO)))
            if Party(name) in rules:
                raise self._wrong(where, "party", f"repeats {name}")
            rules[Party(name)] = self._rule(where, entry)
        missing = sorted(_WHO - {each.value for each in rules})
        if missing:
            raise self._wrong("", "party", f"leaves out {', '.join(missing)}")
        return rules

    def _rule(self, where: str, entry: dict[str, Any]) -> PartyRule:
        names = {each.value for each in NAMES}
        organisation = {each.value for each in ORGANISATION}
        facts = {each.value for each in QuestionKind} - names - organisation
        rule = PartyRule(
            names=self._kinds(where, entry, "names", names),
            facts=self._kinds(where, entry, "facts", facts),
            organisation=self._kinds(where, entry, "organisation", organisation),
            needed=self._count(where, entry, "needed", 2, 1, 4),
            asked=self._count(where, entry, "asked", 3, 1, 6),
            failures=self._count(where, entry, "failures", 2, 1, 6),
            told={level: self._told(where, entry, key) for key, level in _LEVELS.items()},
        )
        if rule.needed > len(rule.facts):
            raise self._wrong(where, "needed", "is more than there are facts")
        if rule.asked < rule.needed:
            raise self._wrong(where, "asked", "is less than needed")
        if entry["party"] == Party.CARER and QuestionKind.CALLER_NAME not in rule.names:
            raise self._wrong(where, "names", "has to have caller_name: it proves the authority")
        if not rule.told[Level.NONE] <= rule.told[Level.PARTLY] <= rule.told[Level.FULLY]:
            raise self._wrong(where, "partly", "tells what is not told fully")
        return rule

    def _kinds(
        self, where: str, entry: dict[str, Any], key: str, known: set[str]
    ) -> tuple[QuestionKind, ...]:
        return tuple(QuestionKind(each) for each in self._texts(where, entry, key, known))

    def _told(self, where: str, table: dict[str, Any], key: str) -> Fields:
        known = {"*", *(each.value for each in Field)}
        values = self._texts(where, table, key, known)
        return EVERY_FIELD if "*" in values else frozenset(Field(each) for each in values)

    def _texts(
        self, where: str, table: dict[str, Any], key: str, known: set[str] | None = None
    ) -> list[str]:
        values = table.get(key, [])
        if not isinstance(values, list) or not all(
            isinstance(each, str) and each.strip() for each in values
        ):
            raise self._wrong(where, key, "has to be a list of texts")
        for each in values:
            if known is not None and each not in known:
                raise self._wrong(where, key, f"may only name {', '.join(sorted(known))}")
        return [str(each) for each in values]

    def _count(
        self, where: str, table: dict[str, Any], key: str, default: int, least: int, most: int
    ) -> int:
        value = table.get(key, default)
        if type(value) is not int or not least <= value <= most:
            raise self._wrong(where, key, f"has to be a whole number from {least} to {most}")
        return value

    def _wrong(self, where: str, key: str, what: str) -> KnownError:
        table, _, number = where.partition(" ")
        line = line_at(self._lines, table, int(number or 1), key)
        place = f"line {line}, " if line else ""
        inside = f"{where}, " if where else ""
        return _bad(self._name, f"{place}{inside}field “{str(key)[:40]}” {what}")
