"""Everything that a window tells: painted text, tool tips, and the whole accessibility tree."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtGui import QAccessible, QAccessibleInterface
from PySide6.QtWidgets import QAbstractItemView, QLabel, QLineEdit, QPlainTextEdit, QWidget

_TEXTS = (
    QAccessible.Text.Name,
    QAccessible.Text.Description,
    QAccessible.Text.Value,
    QAccessible.Text.Help,
)


def accessible_texts(widget: QWidget) -> list[str]:
    """Names, descriptions and values of every node under `widget`, hidden ones included."""
    root = QAccessible.queryAccessibleInterface(widget)
    return [text for node in _nodes(root) for role in _TEXTS if (text := node.text(role))]


def _nodes(node: QAccessibleInterface | None, depth: int = 0) -> Iterator[QAccessibleInterface]:
    if node is None or not node.isValid() or depth > 40:
        return
    yield node
    for index in range(node.childCount()):
        yield from _nodes(node.child(index), depth + 1)


def widget_texts(widget: QWidget, visible_only: bool = False) -> list[str]:
    """Texts, tool tips and list contents of every widget under `widget`."""
    texts: list[str] = []
    for child in (widget, *widget.findChildren(QWidget)):
        if visible_only and not child.isVisible():
            continue
        texts.append(child.toolTip())
        if isinstance(child, QLabel | QLineEdit):
            texts.append(child.text())
        elif isinstance(child, QPlainTextEdit):
            texts.append(child.toPlainText())
        elif isinstance(child, QAbstractItemView) and child.model() is not None:
            model = child.model()
            for row in range(model.rowCount()):
                index = model.index(row, 0)
                texts += [str(model.data(index, role) or "") for role in (0, 11)]
    return [text for text in texts if text]
