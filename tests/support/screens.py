"""Pictures of widgets, light and dark, for people to look at.

They go to the folder `$CTIDESK_SCREENSHOTS`, else to the one that the test gives.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget

from ctidesk.ui.theme.theme import Mode, Theme
from ctidesk.ui.widgets.labels import ElidedLabel
from ctidesk.ui.widgets.pill import StatusPill

THEMES = ("light", "dark")
SIZES = ((960, 600), (1440, 900))


def grab(
    theme: Theme,
    widget: QWidget,
    name: str,
    folder: Path,
    sizes: Iterable[tuple[int, int]] | None = SIZES,
    themes: Sequence[str] = THEMES,
) -> list[Path]:
    """PNGs of `widget` in each theme and size; `sizes=None` keeps its own."""
    target = Path(os.environ.get("CTIDESK_SCREENSHOTS", folder))
    target.mkdir(parents=True, exist_ok=True)
    before = theme.mode
    files: list[Path] = []
    for look in themes:
        theme.set_mode(Mode(look))
        for size in sizes or (None,):
            if size is not None:
                widget.resize(QSize(*size))
            QApplication.processEvents()
            assert not clipped(widget), f"{name}, {look}, {size}: {clipped(widget)}"
            mark = "" if size is None else f"-{size[0]}x{size[1]}"
            file = target / f"{name}-{look}{mark}.png"
            if not widget.grab().save(str(file)):
                raise OSError(f"cannot write {file.name}")
            files.append(file)
    theme.set_mode(before)
    return files


def clipped(widget: QWidget) -> list[str]:
    """What buttons with words, one-line labels and pills say that are too narrow for it."""
    buttons = [each for each in widget.findChildren(QPushButton) if each.text()]
    labels = [
        each
        for each in widget.findChildren(QLabel)
        if each.text() and not each.wordWrap() and not isinstance(each, ElidedLabel)
    ]
    said = [*buttons, *labels, *widget.findChildren(StatusPill)]
    return [
        each.accessibleName() or each.objectName()
        for each in said
        if each.isVisible() and each.width() < each.minimumSizeHint().width()
    ]
