"""The queries behind the knowledge base: full-text search, what is offered, an article.

Runs in: desk process, reading thread.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, bindparam, select, text, union

from ctidesk.care.knowledge import (
    Article,
    ArticlePage,
    Found,
    Kind,
    Related,
    Situation,
    SnippetPart,
    no_article,
)
from ctidesk.care.knowledge_text import fold
from ctidesk.crm.knowledge_schema import knowledge, knowledge_for, knowledge_links

MAX_FOUND = 50
_MAX_READ = 400
"""Ranked rows that are read at most: after those nobody scrolls."""
_MAX_WORDS = 8
_MAX_WORD_CHARS = 40
_ENOUGH = 3
"""With fewer hits than this, articles with only some of the words are shown too."""
_BEGIN, _END = "\x02", "\x03"
_MAX_RELATED = 12

# Ranks without touching the articles' own rows, which are large: which are of a language is read
# from the index of names ("+": not as the way in). Weights: title, also, tags, text, folded words.
_RANKED = """
    SELECT rowid FROM knowledge_fts
    WHERE knowledge_fts MATCH :words
        AND +rowid IN (SELECT id FROM knowledge WHERE language {which} :languages)
    ORDER BY bm25(knowledge_fts, 12.0, 8.0, 3.0, 1.0, 1.0) LIMIT :most
    """
_OF = text(_RANKED.format(which="IN")).bindparams(bindparam("languages", expanding=True))
_NOT_OF = text(_RANKED.format(which="NOT IN")).bindparams(bindparam("languages", expanding=True))
# only for what is shown: a snippet costs more than a rank
_SNIPPET = text(
    """
    SELECT snippet(knowledge_fts, 3, char(2), char(3), '…', 16)
    FROM knowledge_fts WHERE knowledge_fts MATCH :words AND rowid = :id
    """
)
_LINE = (
    knowledge.c.name,
    knowledge.c.language,
    knowledge.c.title,
    knowledge.c.kind,
    knowledge.c.valid_until,
)
_BY_ID = select(knowledge.c.id, *_LINE).where(knowledge.c.id == bindparam("id"))
_OFFERED = (
    select(*_LINE, knowledge.c.said, knowledge_for.c.kind.label("why"))
    .join(knowledge_for, knowledge_for.c.article_ref == knowledge.c.id)
    .where(knowledge_for.c.kind == bindparam("kind"), knowledge_for.c.value == bindparam("value"))
    .order_by(knowledge.c.title)
    .limit(_MAX_READ)
)
_WHY = ("step", "code", "party")


def search(connection: Connection, words: str, languages: Sequence[str], limit: int) -> list[Found]:
    """All of the words first (the last one may be a beginning), then some of them."""
    limit = min(limit, MAX_FOUND)
    found: dict[str, Found] = {}
    every, some = fts_queries(words)
    for query, near in ((every, False), (some, True)):
        if not query or len(found) >= (_ENOUGH if near else 1):
            continue
        for row in _ranked(connection, query, languages, limit):
            # a text that is there in several languages is shown once, in the preferred one
            if len(found) >= limit:
                break
            if row.name not in found:
                snippet = connection.execute(_SNIPPET, {"words": query, "id": row.id}).scalar()
                found[row.name] = _found(row, snippet=_parts(str(snippet or "")), near=near)
    return list(found.values())


def offered(
    connection: Connection, situation: Situation, languages: Sequence[str], limit: int
) -> list[Found]:
    """What belongs to the step, the code, the party, in this order."""
    order = {language: at for at, language in enumerate(languages)}
    found: dict[str, Found] = {}
    for why in _WHY:
        value = getattr(situation, why)
        if not value:
            continue
        rows = list(connection.execute(_OFFERED, {"kind": why, "value": value}))
        rows.sort(key=lambda row: order.get(row.language, len(order)))
        for row in rows:
            known = found.get(row.name)
            if known is None:
                said = row.said if len(row.said) <= 140 else row.said[:140].rsplit(" ", 1)[0] + "…"
                found[row.name] = _found(row, snippet=(SnippetPart(said),), why=why)
    return list(found.values())[: min(limit, MAX_FOUND)]


def article(connection: Connection, name: str, languages: Sequence[str]) -> ArticlePage:
    """Raises `KnownError` no_article."""
    rows = list(connection.execute(select(knowledge).where(knowledge.c.name == name)))
    if not rows:
        raise no_article()
    order = {language: at for at, language in enumerate(languages)}
    rows.sort(key=lambda row: (order.get(row.language, len(order)), row.language))
    shown = rows[0]
    return ArticlePage(
        article=_article(connection, shown),
        related=_related(connection, shown, languages),
        languages=tuple(row.language for row in rows),
    )


def fts_queries(words: str) -> tuple[str, str]:
    """(all of the words, some of them), quoted: nothing that is typed can be FTS syntax. ("", "")
    when there is nothing to look for."""
    kept: list[str] = []
    for word in words[:400].split():
        split = "".join(c if c.isalnum() else " " for c in word).split()
        kept.extend(part[:_MAX_WORD_CHARS] for part in split)
    kept = kept[:_MAX_WORDS]
    if not kept:
        return "", ""
    last = len(kept) - 1
    every = " AND ".join(_either(word, prefix=at == last) for at, word in enumerate(kept))
    # an ending less, so that "inhalers" finds "inhaler"
    stems = [word[:-2] if len(word) > 6 else word[:-1] if len(word) > 4 else word for word in kept]
    some = " OR ".join(_either(stem, prefix=True) for stem in stems if len(stem) > 2)
    return every, some


def _either(word: str, *, prefix: bool) -> str:
    star = "*" if prefix else ""
    plainly = fold(word)
    if plainly == word:
        return f'"{word}"{star}'
    return f'("{word}"{star} OR "{plainly}"{star})'


def _ranked(
    connection: Connection, query: str, languages: Sequence[str], limit: int
) -> Iterator[Any]:
    """Rows of the first language, best first, then of the next, then of all others."""
    # a name comes once of each language: so many rows are enough, whatever was found before
    asked: dict[str, Any] = {"words": query, "most": limit * (len(languages) + 1)}
    for language in languages:
        yield from _rows(connection, connection.execute(_OF, {**asked, "languages": [language]}))
    rest = connection.execute(_NOT_OF, {**asked, "languages": list(languages)})
    yield from _rows(connection, rest)


def _rows(connection: Connection, ranked: Any) -> Iterator[Any]:
    for ref in ranked.scalars().all():
        yield connection.execute(_BY_ID, {"id": ref}).one()


def _found(row: Any, **more: Any) -> Found:
    return Found(
        name=row.name,
        language=row.language,
        title=row.title,
        kind=Kind(row.kind),
        valid_until=_day(row.valid_until),
        **more,
    )


def _parts(snippet: str) -> tuple[SnippetPart, ...]:
    parts: list[SnippetPart] = []
    for piece in snippet.split(_BEGIN):
        hit, end, after = piece.partition(_END)
        if end:
            parts.append(SnippetPart(hit, hit=True))
            parts.append(SnippetPart(after))
        else:
            parts.append(SnippetPart(piece))
    return tuple(part for part in parts if part.text)


def _article(connection: Connection, row: Any) -> Article:
    about = connection.execute(
        select(knowledge_for.c.kind, knowledge_for.c.value)
        .where(knowledge_for.c.article_ref == row.id)
        .order_by(knowledge_for.c.id)
    ).all()
    links = connection.execute(
        select(knowledge_links.c.target)
        .where(knowledge_links.c.article_ref == row.id)
        .order_by(knowledge_links.c.id)
    ).scalars()
    return Article(
        name=row.name,
        language=row.language,
        title=row.title,
        body=row.body,
        kind=Kind(row.kind),
        also=tuple(row.also.split("\n")) if row.also else (),
        tags=tuple(row.tags.split("\n")) if row.tags else (),
        parties=tuple(each.value for each in about if each.kind == "party"),
        codes=tuple(each.value for each in about if each.kind == "code"),
        steps=tuple(each.value for each in about if each.kind == "step"),
        links=tuple(links),
        valid_until=_day(row.valid_until),
        owner=row.owner,
    )


def _related(connection: Connection, row: Any, languages: Sequence[str]) -> tuple[Related, ...]:
    """What it links to, then what links to it; in the preferred language."""
    to = select(knowledge_links.c.target).where(knowledge_links.c.article_ref == row.id)
    back = (
        select(knowledge.c.name)
        .join(knowledge_links, knowledge_links.c.article_ref == knowledge.c.id)
        .where(knowledge_links.c.target == row.name)
    )
    first = list(connection.execute(to.order_by(knowledge_links.c.id)).scalars())
    names = set(connection.execute(union(to, back)).scalars()) - {row.name}
    titles = select(knowledge.c.name, knowledge.c.language, knowledge.c.title).where(
        knowledge.c.name.in_(names)
    )
    order = {language: at for at, language in enumerate((row.language, *languages))}
    best: dict[str, tuple[int, str]] = {}
    for each in connection.execute(titles):
        tier = order.get(each.language, len(order))
        if each.name not in best or tier < best[each.name][0]:
            best[each.name] = (tier, each.title)
    told = sorted(best, key=lambda name: (name not in first, best[name][1]))
    return tuple(Related(name, best[name][1]) for name in told[:_MAX_RELATED])


def _day(text_of: str | None) -> date | None:
    return date.fromisoformat(text_of) if text_of else None
