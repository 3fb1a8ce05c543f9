"""The texts of a guide in another language, laid over it: the steps stay what they are.

Runs in: desk process, any thread. Pure.

    title = "Resep ulang"              `<language>/<file>` holds nothing but texts
    [step.address]
    say = "Apakah dikirim ke {member.address}?"
    choices = { home = "Rumah" }
    [block.1]                          numbered from 1, as are [note.1] and [ending.1]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ctidesk.calls.errors import KnownError
from ctidesk.calls.text_files import BadFile, toml_table
from ctidesk.care.guide import Choice, Guide, Step, kinds_at
from ctidesk.care.guide_expression import Kind
from ctidesk.care.guide_fields import Fields, Source, bad_guide
from ctidesk.care.toml_lines import lines_of

_TABLES = ("step", "block", "note", "ending")


def translated(guide: Guide, text: str, name: str, language: str) -> tuple[Guide, list[KnownError]]:
    """With what the file says in its language, days as they are said in it; the rest stays. With
    a mistake in it, the guide as it was and what is wrong."""
    try:
        plain = toml_table(text)
    except BadFile as problem:
        return guide, [bad_guide(name, str(problem))]
    source = Source(name, lines_of(text), language)
    top = Fields(source, "", 1, plain)
    top.only(("title", "summary", "words", "offer_why", *_TABLES))
    new = replace(
        guide,
        title=top.label("title") if top.has("title") else guide.title,
        summary=top.label("summary") if top.has("summary") else guide.summary,
        offer_why=top.label("offer_why") if top.has("offer_why") else guide.offer_why,
        words=(*guide.words, *top.texts("words")),
        steps=_steps(guide, top, source),
    )
    new = _numbered(new, top, source)
    return (guide, source.problems) if source.problems else (new, [])


def _steps(guide: Guide, top: Fields, source: Source) -> tuple[Step, ...]:
    tables = top.get("step", dict, {})
    for step_id in tables:
        if guide.step(step_id) is None:
            source.wrong(f"step.{step_id}", 1, "", "is no step of the guide")
    found: list[Step] = []
    for step in guide.steps:
        if step.id in tables:
            fields = Fields(source, f"step.{step.id}", 1, tables[step.id])
            found.append(_step(step, fields, kinds_at(found)))
        else:
            found.append(step)
    return tuple(found)


def _step(step: Step, fields: Fields, kinds: Mapping[str, Kind]) -> Step:
    fields.only(("say", "hint", "field", "choices"))
    labels = fields.get("choices", dict, {})
    for key, label in labels.items():
        if not any(key == each.key for each in step.choices):
            fields.wrong("choices", f"names “{key[:40]}”, which is no choice of the step")
        elif not isinstance(label, str) or not 1 <= len(label) <= 80 or not label.isprintable():
            fields.wrong("choices", f"has a wrong label for “{key[:40]}”")
    return replace(
        step,
        say=fields.text("say", kinds) if fields.has("say") else step.say,
        hint=fields.text("hint", kinds) if fields.has("hint") else step.hint,
        field=fields.label("field") if fields.has("field") else step.field,
        choices=tuple(
            Choice(each.key, str(labels.get(each.key, each.label)), each.goto)
            for each in step.choices
        ),
    )


def _numbered(guide: Guide, top: Fields, source: Source) -> Guide:
    kinds = kinds_at(guide.steps)
    fields_of = {"block": ("reason", "say", "next"), "note": ("text",), "ending": ("say",)}
    parts: dict[str, tuple[Any, ...]] = {
        "block": guide.blocks,
        "note": guide.notes,
        "ending": guide.endings,
    }
    for table, names in fields_of.items():
        held = list(parts[table])
        for number, entry in top.get(table, dict, {}).items():
            fields = Fields(source, f"{table}.{number}", 1, entry)
            fields.only(names)
            if not number.isdecimal() or not 1 <= int(number) <= len(held):
                fields.wrong("", "is not in the guide")
                continue
            place = int(number) - 1
            texts = {name: fields.text(name, kinds) for name in names if fields.has(name)}
            held[place] = replace(held[place], **texts)
        parts[table] = tuple(held)
    return replace(guide, blocks=parts["block"], notes=parts["note"], endings=parts["ending"])
