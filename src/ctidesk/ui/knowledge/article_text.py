"""Markdown of the knowledge base on the screen: nothing in it is run, loaded or opened.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QFont, QKeyEvent, QTextCharFormat, QTextCursor, QTextDocument
from PySide6.QtWidgets import QTextBrowser

from ctidesk.ui.theme.scale import SEMIBOLD, Space, Type
from ctidesk.ui.theme.theme import Theme

SCHEME = "article"
_MARKDOWN = (
    QTextDocument.MarkdownFeature.MarkdownDialectGitHub
    | QTextDocument.MarkdownFeature.MarkdownNoHTML
)


class ArticleText(QTextBrowser):
    """HTML is taken for text; pictures are shown by their words; `article_wanted(name)` for a link
    to another article, `elsewhere(address)` for any other: nothing is opened here."""

    article_wanted = Signal(str)
    elsewhere = Signal(str)
    back_wanted = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._markdown = ""
        self.setObjectName("article_text")
        self.setAccessibleName(self.tr("Article"))
        self.setProperty("plain", "true")
        self.setOpenLinks(False)
        self.setOpenExternalLinks(False)
        self.setUndoRedoEnabled(False)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.document().setDocumentMargin(Space.XS)
        self.anchorClicked.connect(self._clicked)
        theme.changed.connect(self._write)

    def show_markdown(self, markdown: str) -> None:
        """From its beginning; the same text is left as it is read."""
        if markdown != self._markdown:
            self._markdown = markdown
            self._write()

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        """Nothing: neither a file of this computer nor one of the network."""
        return None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        alt_left = event.key() == Qt.Key.Key_Left and held == Qt.KeyboardModifier.AltModifier
        if alt_left or event.key() in (Qt.Key.Key_Backspace, Qt.Key.Key_Escape):
            self.back_wanted.emit()
            return
        super().keyPressEvent(event)

    # ----------------------------------------------------------------- private

    def _write(self) -> None:
        document = self.document()
        document.setDefaultFont(self._theme.font(Type.BODY))
        # a picture becomes its words
        document.setMarkdown(self._markdown.replace("![", "["), _MARKDOWN)
        self._set_headings(document)
        self.moveCursor(QTextCursor.MoveOperation.Start)

    def _set_headings(self, document: QTextDocument) -> None:
        """Of our sizes: Markdown's own are made for a page."""
        cursor = QTextCursor(document)
        block = document.begin()
        while block.isValid():
            level = block.blockFormat().headingLevel()
            if level:
                size = Type.EMPHASIS if level <= 2 else Type.BODY
                look = QTextCharFormat()
                look.setFont(self._theme.font(size, SEMIBOLD))
                look.setFontWeight(QFont.Weight.DemiBold)
                cursor.setPosition(block.position())
                cursor.movePosition(
                    QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor
                )
                cursor.mergeCharFormat(look)
                form = block.blockFormat()
                form.setTopMargin(Space.M)
                form.setBottomMargin(Space.XS)
                cursor.setBlockFormat(form)
            block = block.next()

    def _clicked(self, url: QUrl) -> None:
        if url.scheme() == SCHEME:
            self.article_wanted.emit(url.path())
        else:
            self.elsewhere.emit(url.toDisplayString())
