"""The knowledge base beside the card: a search field, its hits, an article.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from ctidesk.ui.directory_search.view import SearchField
from ctidesk.ui.knowledge.article_view import ArticleView
from ctidesk.ui.knowledge.presenter import KnowledgePresenter
from ctidesk.ui.knowledge.state import HitLine, KnowledgeState
from ctidesk.ui.line_list.line import Line
from ctidesk.ui.line_list.view import LineList
from ctidesk.ui.surroundings import Surroundings
from ctidesk.ui.theme.scale import Space, Type
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.labels import text_label
from ctidesk.ui.widgets.sections import EmptyState, SectionHeader


class KnowledgePanel(QWidget):
    """Enter opens the first hit, Down goes to the hits, Escape one step back."""

    def __init__(self, around: Surroundings, presenter: KnowledgePresenter) -> None:
        super().__init__()
        self._presenter = presenter
        theme = around.theme
        self.setObjectName("knowledge")
        self.setAccessibleName(self.tr("Knowledge"))
        self.field = SearchField(around, self.tr("Search articles and terms"))
        self.field.setObjectName("knowledge_search")
        self.field.setMaxLength(200)
        self.hits = LineList(around, self.tr("Articles found"), wrap=True)
        self.hits.setObjectName("knowledge_hits")
        self._heading = SectionHeader(theme, "")
        self._problem = text_label(theme, "", Type.BODY, tone=Role.DANGER)
        self._problem.setObjectName("knowledge_problem")
        self._problem.setWordWrap(True)
        self.article = ArticleView(theme, around, presenter)
        self._empty = EmptyState(theme, "search", "", "")
        self._stack = QStackedWidget()
        for page in (self.hits, self.article, self._empty):
            self._stack.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(Space.M, Space.S, Space.M, Space.S)
        layout.setSpacing(Space.S)
        layout.addWidget(self.field)
        layout.addWidget(self._problem)
        layout.addWidget(self._heading)
        layout.addWidget(self._stack, 1)
        self.field.typed.connect(presenter.type)
        self.field.down.connect(self._to_hits)
        self.field.escaped.connect(presenter.escape)
        self.field.returnPressed.connect(self._open_first)
        self.hits.picked.connect(presenter.open_hit)
        self.hits.entered.connect(self._open)
        presenter.live.watch(self._render)

    def take_keyboard(self) -> None:
        """What is typed replaces what stands there."""
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    # ----------------------------------------------------------------- private

    def _to_hits(self) -> None:
        if self._stack.currentWidget() is self.article:
            self.article.take_keyboard()
        elif self.hits.lines:
            self.hits.select_first()
            self.hits.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _open_first(self) -> None:
        self.field.settle()
        self.article.wants_keyboard = True
        self._presenter.open_first()

    def _open(self, name: str) -> None:
        """By the keyboard, which goes along; it comes back with the list."""
        self.article.wants_keyboard = True
        self._presenter.open_hit(name)

    def _render(self, state: KnowledgeState) -> None:
        self.field.show_text(state.text)
        problem = state.problem
        self._problem.setText("" if problem is None else f"{problem.text} {problem.remedy}")
        self._problem.setVisible(problem is not None)
        self._heading.set_title(state.heading)
        self._heading.setVisible(bool(state.heading) and state.article is None)
        self.hits.set_lines([self._line(hit) for hit in state.hits])
        had_keyboard = self.article.has_keyboard
        if state.article is not None:
            self.article.show_article(state.article)
            self._stack.setCurrentWidget(self.article)
            if self.article.wants_keyboard:
                self.article.take_keyboard()
        elif state.hits:
            self._stack.setCurrentWidget(self.hits)
            if had_keyboard:
                self.hits.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self._stack.setCurrentWidget(self._empty)
            self._say_why_empty(state)
            if had_keyboard:
                self.field.setFocus(Qt.FocusReason.OtherFocusReason)
        self.article.wants_keyboard = self.article.wants_keyboard and state.article is None

    def _line(self, hit: HitLine) -> Line:
        out = self.tr("Out of date since {0}").format(hit.outdated) if hit.outdated else ""
        return Line(
            key=hit.name,
            title=hit.title,
            detail=hit.snippet,
            note=" · ".join(part for part in (out, hit.note) if part),
            note_role=Role.HOLD if out else Role.MUTED,
            note_icon="warning" if out else "",
            icon=hit.icon,
            found=hit.marks,
        )

    def _say_why_empty(self, state: KnowledgeState) -> None:
        if state.searching:
            self._empty.set_texts(self.tr("Searching…"))
        elif state.problem is not None:
            self._empty.set_texts(self.tr("No articles"))
        elif state.nothing:
            self._empty.set_texts(
                self.tr("Nothing found"), self.tr("Try fewer words, or only the beginning of one.")
            )
        else:
            self._empty.set_texts(
                self.tr("Look something up"),
                self.tr("What belongs to the caller and the code is offered here by itself."),
            )
