"""Pictures of widgets, light and dark, for people to look at.

They go to the folder `$CTIDESK_SCREENSHOTS`, else to the one that the test gives.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QApplication, QWidget

from ctidesk.ui.theme.theme import Mode, Theme

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
            mark = "" if size is None else f"-{size[0]}x{size[1]}"
            file = target / f"{name}-{look}{mark}.png"
            if not widget.grab().save(str(file)):
                raise OSError(f"cannot write {file.name}")
            files.append(file)
    theme.set_mode(before)
    return files
