"""The knowledge base: articles and glossary, as the desk reads, finds and offers them.

Runs in: desk process, any thread (frozen values).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol

from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Done


class Kind(StrEnum):
    ARTICLE = "article"
    TERM = "term"  # an entry of the glossary


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """`name`: the same in every language, and what others link to. `also`: further words that
    find it. `parties`, `codes`, `steps`: where it is offered. `valid_until`: the last good day."""

    name: str
    language: str
    title: str
    body: str
    """Markdown; never trusted: shown without HTML, images or anything that is loaded."""
    kind: Kind = Kind.ARTICLE
    also: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    parties: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    valid_until: date | None = None
    owner: str = ""

    def outdated(self, today: date) -> bool:
        return self.valid_until is not None and self.valid_until < today


@dataclass(frozen=True, slots=True)
class SnippetPart:
    """A piece of a snippet; `hit`: the words that were looked for."""

    text: str
    hit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One result. `why` of an offered one: "step", "code", "party"; "" of a search. `near`: not
    all of the words are in it."""

    name: str
    language: str
    title: str
    kind: Kind = Kind.ARTICLE
    snippet: tuple[SnippetPart, ...] = ()
    valid_until: date | None = None
    why: str = ""
    near: bool = False


@dataclass(frozen=True, slots=True)
class Related:
    name: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticlePage:
    """An article with what leads on from it. `languages`: all that it is there in."""

    article: Article
    related: tuple[Related, ...] = ()
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Situation:
    """What the call is about now; "" for what is not known."""

    party: str = ""
    code: str = ""
    step: str = ""


@dataclass(frozen=True, slots=True)
class KnowledgeReport:
    """What came of reading a folder. `problems`: a sentence each, naming file, line and field;
    what was read of those files before stays."""

    files: int = 0
    articles: int = 0
    changed: int = 0
    removed: int = 0
    problems: tuple[KnownError, ...] = field(default=())

    @property
    def sentence(self) -> str:
        told = [f"{self.articles:,} articles and terms of {self.files:,} files"]
        if self.changed or self.removed:
            told.append(f"{self.changed:,} files new or changed, {self.removed:,} gone")
        if self.problems:
            told.append(f"{len(self.problems):,} not read")
        return "; ".join(told) + "."


class Knowledge(Protocol):
    """`languages`: codes such as "pl", the preferred first; others are found last."""

    def search(
        self, text: str, languages: Sequence[str], limit: int, done: Done[Sequence[Found]]
    ) -> None:
        """Best first: of the first language, then of the next; the last word may be a beginning."""
        ...

    def offered(
        self,
        situation: Situation,
        languages: Sequence[str],
        limit: int,
        done: Done[Sequence[Found]],
    ) -> None:
        """What belongs to the guide's step, then to the code, then to the party."""
        ...

    def article(self, name: str, languages: Sequence[str], done: Done[ArticlePage]) -> None:
        """In the first of the languages that it is there in, else in any. Answers `KnownError`
        no_article."""
        ...


def no_article() -> KnownError:
    return KnownError(
        "no_article",
        "There is no such article in the knowledge base.",
        "Search for it, and tell the one who looks after the knowledge base.",
    )


class NoKnowledge:
    """The `Knowledge` of a desk that has none: finds nothing."""

    def search(
        self, text: str, languages: Sequence[str], limit: int, done: Done[Sequence[Found]]
    ) -> None:
        done(())

    def offered(
        self,
        situation: Situation,
        languages: Sequence[str],
        limit: int,
        done: Done[Sequence[Found]],
    ) -> None:
        done(())

    def article(self, name: str, languages: Sequence[str], done: Done[ArticlePage]) -> None:
        done(no_article())
