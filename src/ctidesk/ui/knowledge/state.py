"""What the knowledge panel shows.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from dataclasses import dataclass

from ctidesk.care.knowledge import Related
from ctidesk.ui.directory_search.presenter import Problem


@dataclass(frozen=True, slots=True)
class HitLine:
    """One result. `marks`: (begin, length) of the words that were found in `snippet`. `outdated`:
    since when, "" while it is good."""

    name: str
    title: str
    snippet: str
    marks: tuple[tuple[int, int], ...] = ()
    icon: str = "info"
    note: str = ""
    outdated: str = ""


@dataclass(frozen=True, slots=True)
class ArticleShown:
    """`markdown`: its links are `article:name`. `foot`: owner and the like."""

    name: str
    language: str
    title: str
    markdown: str
    outdated: str = ""
    foot: str = ""
    related: tuple[Related, ...] = ()
    other_languages: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class KnowledgeState:
    """`heading`: what the list is, "" for none. `article`: shown instead of the list."""

    text: str = ""
    searching: bool = False
    heading: str = ""
    hits: tuple[HitLine, ...] = ()
    nothing: bool = False
    article: ArticleShown | None = None
    problem: Problem | None = None
