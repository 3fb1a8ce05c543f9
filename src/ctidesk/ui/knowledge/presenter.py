"""Search in the knowledge base, what is offered for the call, and the article that is read.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Clock
from ctidesk.calls.text import plain
from ctidesk.care.day_words import day, local_day
from ctidesk.care.knowledge import ArticlePage, Found, Kind, Knowledge, Situation
from ctidesk.care.knowledge_file import with_links
from ctidesk.ui.directory_search.presenter import Problem
from ctidesk.ui.knowledge.state import ArticleShown, HitLine, KnowledgeState
from ctidesk.ui.live import Live
from ctidesk.ui.member_card.languages import language_name

LIMIT = 20
SHORTEST = 2
MAX_BACK = 30
_ICONS = {Kind.ARTICLE: "note", Kind.TERM: "info"}
_WHY = {"step": "For this step", "code": "For this code", "party": "For this caller"}


@dataclass(frozen=True, slots=True)
class CallAbout:
    """What the call in view is about. `language`: the caller's, a code or ""."""

    situation: Situation = field(default_factory=Situation)
    language: str = ""


class KnowledgePresenter:
    """`about()`: the call in view. `language`: the agent's. Answers to an older question are
    dropped. An article stays open when the next call comes: the agent may be reading it out."""

    def __init__(
        self,
        knowledge: Knowledge,
        clock: Clock,
        about: Callable[[], CallAbout],
        language: str = "en",
    ) -> None:
        self._knowledge = knowledge
        self._clock = clock
        self._about = about
        self._language = language
        self._asked = 0
        self._asked_article = 0
        self._text = ""
        self._searching = False
        self._first_wanted = False
        self._found: tuple[Found, ...] = ()
        self._offered: tuple[Found, ...] = ()
        self._offered_for: CallAbout | None = None
        self._problem: Problem | None = None
        self._page: ArticlePage | None = None
        self._back: list[tuple[str, str]] = []
        self.live = Live(self._state)

    @property
    def languages(self) -> tuple[str, ...]:
        """The agent's first, then the caller's, then English."""
        wanted = (self._language, self._about().language, "en")
        return tuple(dict.fromkeys(each for each in wanted if each))

    # ------------------------------------------------------------------ search

    def type(self, text: str) -> None:
        """The text of the field now; an article makes room for what is looked for."""
        self._text = text
        self._asked += 1
        asked = self._asked
        self._page, self._problem = None, None
        self._first_wanted = False
        self._back.clear()
        self._asked_article += 1
        if not self._typed():
            self._searching, self._found = False, ()
            self.live.refresh()
            return

        def found(outcome: Sequence[Found] | KnownError) -> None:
            if asked != self._asked:
                return
            self._searching = False
            if isinstance(outcome, KnownError):
                self._found, self._problem = (), Problem(outcome.text, outcome.remedy)
            else:
                self._found = tuple(outcome)
            self.live.refresh()
            if self._first_wanted:
                self.open_first()

        self._searching = True
        self._knowledge.search(text.strip()[:200], self.languages, LIMIT, found)
        self.live.refresh()

    def open_first(self) -> None:
        """The best hit of what is typed now: if need be, once it is found."""
        self._first_wanted = self._searching
        shown = self._shown()
        if not self._searching and shown:
            self.open_hit(shown[0].name)

    def open_hit(self, name: str) -> None:
        """In the language in which it was found."""
        found = next((each for each in self._shown() if each.name == name), None)
        self.open(name, "" if found is None else found.language)

    def escape(self) -> None:
        """One step back: from the article to the list, from the list to an empty field."""
        if self._page is not None:
            self.back()
        else:
            self.type("")

    # ----------------------------------------------------------------- article

    def open(self, name: str, language: str = "") -> None:
        """An article by its name, in `language` if it is there in it."""
        here = self._page
        self._ask(name, language, back=None if here is None else _place(here))

    def back(self) -> None:
        """To the article before, else to the list."""
        if self._back:
            name, language = self._back.pop()
            self._ask(name, language, back=None)
            return
        self._asked_article += 1
        self._page, self._problem = None, None
        self.live.refresh()

    # -------------------------------------------------------------------- call

    def changed(self, *_: object) -> None:
        """The call in view, its party, code or step may be another: ask what belongs to it."""
        about = self._about()
        if about == self._offered_for:
            return
        self._offered_for = about
        if about.situation == Situation():
            self._offered = ()
            self.live.refresh()
            return

        def found(outcome: Sequence[Found] | KnownError) -> None:
            if about == self._offered_for:
                # what can't be offered is not missed; a search says what is wrong
                self._offered = () if isinstance(outcome, KnownError) else tuple(outcome)
                self.live.refresh()

        self._knowledge.offered(about.situation, self.languages, LIMIT, found)

    def reread(self) -> None:
        """The knowledge base is another now, or there for the first time."""
        self._offered_for = None
        self.changed()

    # ----------------------------------------------------------------- private

    def _ask(self, name: str, language: str, back: tuple[str, str] | None) -> None:
        self._asked_article += 1
        asked = self._asked_article
        wanted = tuple(dict.fromkeys(each for each in (language, *self.languages) if each))

        def got(outcome: ArticlePage | KnownError) -> None:
            if asked != self._asked_article:
                return
            if isinstance(outcome, KnownError):
                self._problem = Problem(outcome.text, outcome.remedy)
            else:
                self._page, self._problem = outcome, None
                if back is not None and back != _place(outcome):
                    self._back = [*self._back, back][-MAX_BACK:]
            self.live.refresh()

        self._knowledge.article(name, wanted, got)

    def _state(self) -> KnowledgeState:
        today = local_day(self._clock.wall())
        typed, shown = self._typed(), self._shown()
        return KnowledgeState(
            text=self._text,
            searching=self._searching,
            heading="" if typed or not shown else "For this call",
            hits=tuple(self._hit(each, today) for each in shown),
            nothing=typed and not (self._searching or shown or self._problem),
            article=None if self._page is None else self._article(self._page, today),
            problem=self._problem,
        )

    def _typed(self) -> bool:
        return len(self._text.strip()) >= SHORTEST

    def _shown(self) -> tuple[Found, ...]:
        return self._found if self._typed() else self._offered

    def _hit(self, found: Found, today: date) -> HitLine:
        snippet, marks = "", []
        for part in found.snippet:
            if part.hit:
                marks.append((len(snippet), len(part.text)))
            snippet += part.text
        notes = [_WHY.get(found.why, "")]
        if found.language != self._language:
            notes.append(language_name(found.language))
        if found.near:
            notes.append("Some of the words")
        return HitLine(
            name=found.name,
            title=plain(found.title, 120),
            snippet=snippet,
            marks=tuple(marks),
            icon=_ICONS[found.kind],
            note=" · ".join(note for note in notes if note),
            outdated=_outdated(found.valid_until, today),
        )

    def _article(self, page: ArticlePage, today: date) -> ArticleShown:
        article = page.article
        foot = [article.owner]
        if article.valid_until is not None and article.valid_until >= today:
            foot.append(f"Valid until {day(article.valid_until)}")
        return ArticleShown(
            name=article.name,
            language=article.language,
            title=plain(article.title, 120),
            markdown=with_links(article.body, {each.name: each.title for each in page.related}),
            outdated=_outdated(article.valid_until, today),
            foot=" · ".join(part for part in foot if part),
            related=page.related,
            other_languages=tuple(
                (code, language_name(code)) for code in page.languages if code != article.language
            ),
        )


def _place(page: ArticlePage) -> tuple[str, str]:
    return page.article.name, page.article.language


def _outdated(until: date | None, today: date) -> str:
    """Since the day after its last good one."""
    if until is None or until >= today:
        return ""
    return day(date.fromordinal(until.toordinal() + 1))
