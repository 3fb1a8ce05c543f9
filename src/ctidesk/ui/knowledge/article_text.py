"""Markdown of the knowledge base on the screen: nothing in it is run, loaded or opened.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import (
    QFont,
    QKeyEvent,
    QTextBlock,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
)
from PySide6.QtWidgets import QTextBrowser

from ctidesk.ui.theme.scale import Space, Type
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.theme.tokens import Role

SCHEME = "article"
_MARKDOWN = (
    QTextDocument.MarkdownFeature.MarkdownDialectGitHub
    | QTextDocument.MarkdownFeature.MarkdownNoHTML
)


_INDENT = 20


class _Inert(QTextDocument):
    """Loads nothing: neither a file of this computer nor one of the network."""

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        return None


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
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.anchorClicked.connect(self._clicked)
        theme.changed.connect(self._write)

    def show_markdown(self, markdown: str) -> None:
        """From its beginning; the same text is left as it is read."""
        if markdown != self._markdown:
            self._markdown = markdown
            self._write()

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        """Nothing, as its document."""
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
        # made while nothing shows it: else each change would lay the whole text out again
        document = _Inert(self)
        document.setUndoRedoEnabled(False)
        document.setDefaultFont(self._theme.font(Type.BODY))
        document.setDocumentMargin(0)
        document.setIndentWidth(_INDENT)
        # a picture becomes its words
        document.setMarkdown(self._markdown.replace("![", "["), _MARKDOWN)
        self._dress(document)
        before = self.document()
        self.setDocument(document)
        if isinstance(before, _Inert):
            before.deleteLater()

    def _dress(self, document: QTextDocument) -> None:
        """Headings of our sizes, since Markdown's own are made for a page; what is to be said
        stands apart."""
        block = document.begin()
        while block.isValid():
            form = block.blockFormat()
            if form.headingLevel():
                self._head(block, Type.EMPHASIS if form.headingLevel() <= 2 else Type.BODY)
                form.setTopMargin(Space.M)
                form.setBottomMargin(Space.XS)
                QTextCursor(block).setBlockFormat(form)
            elif form.property(QTextFormat.Property.BlockQuoteLevel):
                form.setLeftMargin(Space.M)
                form.setRightMargin(0)
                form.setBackground(self._theme.colour(Role.SURFACE))
                QTextCursor(block).setBlockFormat(form)
            block = block.next()

    def _head(self, block: QTextBlock, size: Type) -> None:
        cursor = QTextCursor(block)
        cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
        look = QTextCharFormat()
        look.setProperty(QTextFormat.Property.FontSizeAdjustment, 0)
        look.setProperty(QTextFormat.Property.FontPixelSize, int(size))
        look.setFontWeight(QFont.Weight.DemiBold)
        cursor.mergeCharFormat(look)

    def _clicked(self, url: QUrl) -> None:
        if url.scheme() == SCHEME:
            self.article_wanted.emit(url.path())
        else:
            self.elsewhere.emit(url.toDisplayString())
