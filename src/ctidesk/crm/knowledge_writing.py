"""Articles into the encrypted cache, file by file; and what of a folder is new, changed or gone.

Runs in: desk process, store thread.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, CursorResult, delete, func, insert, select

from ctidesk.calls.errors import KnownError
from ctidesk.care.knowledge import Article
from ctidesk.care.knowledge_text import folded_words, said
from ctidesk.crm.knowledge_files import ReadFile
from ctidesk.crm.knowledge_schema import (
    knowledge,
    knowledge_files,
    knowledge_for,
    knowledge_links,
)

_STEP = 500


def digests(connection: Connection, source: str) -> dict[str, str]:
    """Path → digest of the version that is in the cache."""
    query = select(knowledge_files.c.path, knowledge_files.c.digest).where(
        knowledge_files.c.source == source
    )
    return {row.path: row.digest for row in connection.execute(query)}


def has_source(connection: Connection, source: str) -> bool:
    query = select(knowledge_files.c.id).where(knowledge_files.c.source == source).limit(1)
    return connection.execute(query).first() is not None


def articles_there(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(knowledge)).scalar_one())


def forget_source(connection: Connection, source: str) -> None:
    connection.execute(delete(knowledge_files).where(knowledge_files.c.source == source))


def forget_files(connection: Connection, source: str, paths: Collection[str]) -> None:
    gone = list(paths)
    for at in range(0, len(gone), _STEP):
        connection.execute(
            delete(knowledge_files).where(
                knowledge_files.c.source == source,
                knowledge_files.c.path.in_(gone[at : at + _STEP]),
            )
        )


def put_file(connection: Connection, source: str, file: ReadFile) -> KnownError | None:
    """Replace what this file held before. Answers what is wrong if another file has an article of
    that name and language: then nothing is changed."""
    taken = _taken(connection, source, file)
    if taken:
        return KnownError(
            "bad_article",
            f"{file.path}: “{taken[0]}” is already the name of an article in {taken[1]}.",
            "Give one of the two files another name.",
        )
    forget_files(connection, source, (file.path,))
    made = connection.execute(
        insert(knowledge_files).values(source=source, path=file.path, digest=file.digest)
    )
    file_ref = _row_of(made)
    for article in file.articles:
        _put(connection, file_ref, article)
    return None


def _taken(connection: Connection, source: str, file: ReadFile) -> tuple[str, str] | None:
    names = [article.name for article in file.articles]
    wanted = {(article.name, article.language) for article in file.articles}
    for at in range(0, len(names), _STEP):
        query = (
            select(knowledge.c.name, knowledge.c.language, knowledge_files.c.path)
            .join(knowledge_files, knowledge_files.c.id == knowledge.c.file_ref)
            .where(
                knowledge.c.name.in_(names[at : at + _STEP]),
                (knowledge_files.c.source != source) | (knowledge_files.c.path != file.path),
            )
        )
        for row in connection.execute(query):
            if (row.name, row.language) in wanted:
                return row.name, row.path
    return None


def _put(connection: Connection, file_ref: int, article: Article) -> None:
    words = said(article.body)
    made = connection.execute(
        insert(knowledge).values(
            file_ref=file_ref,
            name=article.name,
            language=article.language,
            kind=article.kind.value,
            title=article.title,
            also="\n".join(article.also),
            tags="\n".join(article.tags),
            owner=article.owner,
            valid_until=article.valid_until.isoformat() if article.valid_until else None,
            body=article.body,
            said=words,
            folded=folded_words(article.title, words, *article.also, *article.tags),
        )
    )
    ref = _row_of(made)
    about = [
        {"article_ref": ref, "kind": kind, "value": value}
        for kind, values in _about(article)
        for value in values
    ]
    if about:
        connection.execute(insert(knowledge_for), about)
    if article.links:
        links = [{"article_ref": ref, "target": target} for target in article.links]
        connection.execute(insert(knowledge_links), links)


def _row_of(made: CursorResult[Any]) -> int:
    return int(made.lastrowid)


def _about(article: Article) -> Sequence[tuple[str, tuple[str, ...]]]:
    return (("party", article.parties), ("code", article.codes), ("step", article.steps))
