"""An article with its title, what is out of date in it, and what leads on.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from ctidesk.ui.knowledge.article_text import ArticleText
from ctidesk.ui.knowledge.presenter import KnowledgePresenter
from ctidesk.ui.knowledge.state import ArticleShown
from ctidesk.ui.line_list.line import Line
from ctidesk.ui.line_list.view import LineList
from ctidesk.ui.surroundings import Surroundings
from ctidesk.ui.theme.scale import SEMIBOLD, Space, Type
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.buttons import ActionButton, Variant
from ctidesk.ui.widgets.labels import IconLabel, text_label
from ctidesk.ui.widgets.sections import SectionHeader, row

_LANGUAGE = "language:"


class ArticleView(QWidget):
    """`wants_keyboard`: the next article takes the typing focus."""

    def __init__(self, theme: Theme, around: Surroundings, presenter: KnowledgePresenter) -> None:
        super().__init__()
        self._presenter = presenter
        self._shown: ArticleShown | None = None
        self.wants_keyboard = False
        self.setObjectName("article")
        self.back = ActionButton(theme, "chevron_left", self.tr("Back"), Variant.QUIET)
        self.back.setObjectName("article_back")
        self.back.clicked.connect(presenter.back)
        self._title = text_label(theme, "", Type.EMPHASIS, SEMIBOLD)
        self._title.setObjectName("article_title")
        self._title.setWordWrap(True)
        self._outdated_text = text_label(theme, "", Type.BODY, SEMIBOLD, Role.HOLD)
        self._outdated_text.setObjectName("article_outdated")
        self._outdated_text.setWordWrap(True)
        self._outdated = QWidget()
        icon = IconLabel(theme, "warning", Role.HOLD)
        self._outdated.setLayout(row(icon, self._outdated_text))
        self._outdated.layout().setStretch(1, 1)  # type: ignore[union-attr]
        self.text = ArticleText(theme)
        self._elsewhere = text_label(theme, "", Type.CAPTION, tone=Role.MUTED)
        self._elsewhere.setObjectName("article_elsewhere")
        self._elsewhere.setWordWrap(True)
        self._foot = text_label(theme, "", Type.CAPTION, tone=Role.MUTED)
        self._foot.setObjectName("article_foot")
        self._foot.setWordWrap(True)
        self._related_head = SectionHeader(theme, self.tr("Related"))
        self.related = LineList(around, self.tr("Related articles"), fit=True, most=4)
        self.related.setObjectName("article_related")
        self._lay_out()
        self.text.article_wanted.connect(self._open)
        self.text.elsewhere.connect(self._tell_elsewhere)
        self.text.back_wanted.connect(presenter.back)
        self.related.picked.connect(self._open)
        self.related.entered.connect(self._open)

    @property
    def has_keyboard(self) -> bool:
        focus = QApplication.focusWidget()
        return focus is not None and self.isAncestorOf(focus)

    def take_keyboard(self) -> None:
        self.text.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def show_article(self, article: ArticleShown) -> None:
        if article == self._shown:
            return
        self._shown = article
        self._title.setText(article.title)
        self._outdated.setVisible(bool(article.outdated))
        if article.outdated:
            self._outdated_text.setText(
                self.tr("Out of date since {0}: confirm before you quote it.").format(
                    article.outdated
                )
            )
        self.text.show_markdown(article.markdown)
        self._foot.setText(article.foot)
        self._foot.setVisible(bool(article.foot))
        self._elsewhere.setVisible(False)
        lines = [Line(key=each.name, title=each.title, icon="note") for each in article.related]
        lines += [
            Line(key=_LANGUAGE + code, title=self.tr("In {0}").format(name), icon="swap")
            for code, name in article.other_languages
        ]
        self.related.set_lines(lines)
        self._related_head.setVisible(bool(lines))
        self.related.setVisible(bool(lines))

    # ----------------------------------------------------------------- private

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(Space.XS)
        layout.addLayout(row(self.back, None))
        for widget in (self._title, self._outdated):
            layout.addWidget(widget)
        layout.addWidget(self.text, 1)
        for widget in (self._elsewhere, self._foot, self._related_head, self.related):
            layout.addWidget(widget)

    def _open(self, key: str) -> None:
        self.wants_keyboard = self.has_keyboard
        if key.startswith(_LANGUAGE) and self._shown is not None:
            self._presenter.open(self._shown.name, key.removeprefix(_LANGUAGE))
        elif key:
            self._presenter.open(key)

    def _tell_elsewhere(self, address: str) -> None:
        """The desk opens no page of the web out of a text; the address can be read."""
        self._elsewhere.setText(
            self.tr("Links out of the knowledge base are not opened: {0}").format(address[:200])
        )
        self._elsewhere.setVisible(True)
