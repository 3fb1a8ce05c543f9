"""A knowledge base in memory: whole words, no ranks; answers at once, or when the test says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Done
from ctidesk.care.knowledge import (
    Article,
    ArticlePage,
    Found,
    Related,
    Situation,
    SnippetPart,
    no_article,
)
from ctidesk.care.knowledge_file import read_articles
from ctidesk.care.knowledge_text import said

SHIPPED = Path(__file__).resolve().parents[2] / "resources" / "knowledge"


def shipped() -> list[Article]:
    paths = sorted(path for path in SHIPPED.rglob("*.md") if path.name != "README.md")
    return [
        article
        for path in paths
        for article in read_articles(
            PurePosixPath(path.relative_to(SHIPPED).as_posix()), path.read_bytes()
        )
    ]


@dataclass
class FakeKnowledge:
    """`asked`: (what, languages). With `later` answers wait for `answer`."""

    articles: list[Article] = field(default_factory=shipped)
    problem: KnownError | None = None
    later: bool = False
    asked: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    waiting: list[Callable[[], None]] = field(default_factory=list)

    def answer(self, which: int = 0) -> None:
        self.waiting.pop(which)()

    def search(
        self, text: str, languages: Sequence[str], limit: int, done: Done[Sequence[Found]]
    ) -> None:
        self.asked.append((text, tuple(languages)))
        words = text.lower().split()
        found = [
            self._found(each, words)
            for each in self.articles
            if all(word in f"{each.title} {said(each.body)}".lower() for word in words)
        ]
        found.sort(key=lambda each: words[0] not in each.title.lower())
        self._settle(done, found[:limit])

    def offered(
        self,
        situation: Situation,
        languages: Sequence[str],
        limit: int,
        done: Done[Sequence[Found]],
    ) -> None:
        self.asked.append((f"{situation.party}/{situation.code}/{situation.step}", (*languages,)))
        found = [
            self._found(each, [], why)
            for why, value, field_ in (
                ("step", situation.step, "steps"),
                ("code", situation.code, "codes"),
                ("party", situation.party, "parties"),
            )
            for each in self.articles
            if value and value in getattr(each, field_) and each.language in languages
        ]
        seen: dict[str, Found] = {}
        for each in found:
            seen.setdefault(each.name, each)
        self._settle(done, list(seen.values())[:limit])

    def article(self, name: str, languages: Sequence[str], done: Done[ArticlePage]) -> None:
        order = {language: at for at, language in enumerate(languages)}
        there = [each for each in self.articles if each.name == name]
        there.sort(key=lambda each: order.get(each.language, 99))
        if not there:
            self._settle(done, no_article())
            return
        shown = there[0]
        titles = {each.name: each.title for each in self.articles if each.language == "en"}
        related = tuple(Related(one, titles[one]) for one in shown.links if one in titles)
        page = ArticlePage(
            article=shown, related=related, languages=tuple(each.language for each in there)
        )
        self._settle(done, page)

    def _found(self, article: Article, words: list[str], why: str = "") -> Found:
        text = said(article.body)[:120]
        parts = [SnippetPart(text)]
        at = text.lower().find(words[0]) if words else -1
        if at >= 0:
            end = at + len(words[0])
            parts = [
                SnippetPart(text[:at]),
                SnippetPart(text[at:end], True),
                SnippetPart(text[end:]),
            ]
        return Found(
            name=article.name,
            language=article.language,
            title=article.title,
            kind=article.kind,
            snippet=tuple(part for part in parts if part.text),
            valid_until=article.valid_until,
            why=why,
        )

    def _settle(self, done: Done, outcome: object) -> None:  # type: ignore[type-arg]
        value = self.problem or outcome
        if self.later:
            self.waiting.append(lambda: done(value))
        else:
            done(value)
