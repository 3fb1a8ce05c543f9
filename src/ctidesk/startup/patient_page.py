"""The patient's page of the settings, and the system's browser that shows it.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from ctidesk.calls.errors import KnownError
from ctidesk.care.patient_page import PatientPage, checked_page
from ctidesk.config.settings import Settings


def patient_page(settings: Settings) -> tuple[PatientPage | None, KnownError | None]:
    """The page, or why there is none: a wrong address keeps no agent from the telephone."""
    wanted = settings.patient_page
    if not wanted.url:
        return None, None
    try:
        page = checked_page(wanted.name, wanted.url, wanted.hosts, wanted.on_ring, wanted.on_answer)
    except KnownError as error:
        return None, error
    return page, None


def browse(url: str) -> bool:
    """Open `url` in the browser; False when the system knows none. What comes of it there is the
    browser's matter."""
    return QDesktopServices.openUrl(QUrl(url, QUrl.ParsingMode.StrictMode))
