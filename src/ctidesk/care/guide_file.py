"""A guide read from a TOML file, checked entry by entry; every mistake names file, line and field.

Runs in: desk process, any thread. CONTRIBUTING has a recipe; `resources/guides` has examples.

    version = 1                       id, title, summary, parties, priority, words, verified,
    id = "refill"                     placeholder, offer, offer_why: see `guide.Guide`
    [[step]]                          in order; a goto only leads forward; "end" is behind the last
    id = "address"
    kind = "check"                    say, ask, check, do, branch: see `guide.Step`
    say = "Shall it go to {member.address}?"
    [[block]]                         while `when` holds nothing can be completed
    [[order]]                         what is ordered at the end
    [[note]]                          lines for the note
    [[ending]]                        code and last sentence; the first that holds; the last has no
    code = "refill"                   condition
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from ctidesk.calls.errors import KnownError
from ctidesk.calls.text_files import BadFile, read_text, toml_table
from ctidesk.care.guide import Block, Ending, Guide, NoteLine, Step, kinds_at
from ctidesk.care.guide_expression import Kind, parse
from ctidesk.care.guide_fields import Fields, Source, bad_guide
from ctidesk.care.guide_order_fields import read_order
from ctidesk.care.guide_paths import check_paths
from ctidesk.care.guide_steps import read_step
from ctidesk.care.guide_texts import Text
from ctidesk.care.member import CALLING_PARTIES
from ctidesk.care.toml_lines import lines_of

MAX_BYTES = 200_000
MAX_STEPS = 60
MAX_OTHERS = 30
_TOP = (
    *("version", "id", "title", "summary", "parties", "priority", "words", "verified"),
    *("placeholder", "offer", "offer_why", "step", "block", "order", "note", "ending"),
)
_PARTIES = tuple(party.value for party in CALLING_PARTIES)


def read_file(path: Path) -> str:
    """The text of `path`. Raises `KnownError` `bad_guide`."""
    try:
        return read_text(path, MAX_BYTES)
    except BadFile as problem:
        raise bad_guide(path.name, str(problem)) from None


def parse_guide(text: str, name: str) -> Guide:
    """The guide in `text`; `name` is the file's, for messages. Raises the first problem."""
    guide, problems = try_guide(text, name)
    if guide is None:
        raise problems[0]
    return guide


def try_guide(text: str, name: str) -> tuple[Guide | None, list[KnownError]]:
    """The guide, or None and everything that is wrong with it."""
    try:
        plain = toml_table(text)
    except BadFile as problem:
        return None, [bad_guide(name, str(problem))]
    source = Source(name, lines_of(text))
    guide = _Reading(source, plain).guide(hashlib.sha256(text.encode()).hexdigest()[:16])
    if not source.problems:
        check_paths(guide, source)
    return (None if source.problems else guide), source.problems


class _Reading:
    def __init__(self, source: Source, plain: dict[str, Any]) -> None:
        self._source = source
        self._plain = plain
        self._top = Fields(source, "", 1, plain)
        self._top.only(_TOP)

    def guide(self, digest: str) -> Guide:
        top = self._top
        if self._plain.get("version") != 1 or isinstance(self._plain.get("version"), bool):
            top.wrong("version", "has to be 1")
        parties = top.texts("parties")
        if not set(parties) <= set(_PARTIES):
            top.wrong("parties", f"may only name {', '.join(_PARTIES)}")
        steps = self._steps()
        kinds = kinds_at(steps)
        return Guide(
            id=top.id(),
            title=top.label("title"),
            summary=top.label("summary", needed=False),
            parties=frozenset(parties),
            priority=top.get("priority", int, 0),
            words=top.texts("words"),
            verified=top.get("verified", bool, False),
            placeholder=top.get("placeholder", bool, False),
            offer=top.when(kinds_at([]), "offer"),
            offer_why=top.label("offer_why", needed=top.has("offer")),
            steps=tuple(steps),
            blocks=tuple(self._block(each, kinds) for each in self._tables("block")),
            orders=tuple(
                read_order(each, kinds, {step.id for step in steps})
                for each in self._tables("order")
            ),
            notes=tuple(self._note(each, kinds) for each in self._tables("note")),
            endings=self._endings(kinds),
            digest=digest,
        )

    def _tables(self, kind: str, most: int = MAX_OTHERS) -> list[Fields]:
        entries = self._top.get(kind, list, [])
        if len(entries) > most:
            self._top.wrong(kind, f"has more than {most} entries")
        return [
            Fields(self._source, kind, number, each)
            for number, each in enumerate(entries[:most], 1)
        ]

    def _steps(self) -> list[Step]:
        tables = self._tables("step", MAX_STEPS)
        if not tables:
            self._top.wrong("step", "is missing: a guide has at least one")
        steps: list[Step] = []
        for fields in tables:
            step = read_step(fields, kinds_at(steps))
            if any(step.id == other.id for other in steps):
                fields.wrong("id", f"repeats “{step.id}”")
            steps.append(step)
        return steps

    def _block(self, fields: Fields, kinds: dict[str, Kind]) -> Block:
        fields.only(("when", "reason", "say", "next", "guide"))
        when = fields.when(kinds)
        if not fields.has("when"):
            fields.wrong("when", "is missing")
        return Block(
            when=when or _NEVER,
            reason=fields.text("reason", kinds, needed=True),
            say=fields.text("say", kinds),
            next=fields.text("next", kinds),
            guide=fields.id("guide") if fields.has("guide") else "",
        )

    def _note(self, fields: Fields, kinds: dict[str, Kind]) -> NoteLine:
        fields.only(("when", "text"))
        return NoteLine(text=fields.text("text", kinds, needed=True), when=fields.when(kinds))

    def _endings(self, kinds: dict[str, Kind]) -> tuple[Ending, ...]:
        tables = self._tables("ending")
        if not tables:
            self._top.wrong("ending", "is missing: a guide has at least one")
        found = []
        for fields in tables:
            fields.only(("when", "code", "say"))
            code = fields.get("code", str, "")
            say = fields.text("say", kinds) if fields.has("say") else Text()
            found.append(Ending(code=code, say=say, when=fields.when(kinds)))
            last = fields is tables[-1]
            if last == fields.has("when"):
                rule = "cannot stand in the last ending" if last else "is missing: not the last"
                fields.wrong("when", rule)
        return tuple(found)


_NEVER = parse("false", {})
