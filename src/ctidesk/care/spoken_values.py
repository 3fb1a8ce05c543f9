"""Days, numbers, yes and no as they are read out, by language.

Runs in: desk process, any thread. Pure. Not from the system's locale, which is that of the computer
and not of the sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from ctidesk.care.guide_expression import Value


@dataclass(frozen=True, slots=True)
class Words:
    """`weekdays`: Monday first; `months`: as they stand behind the number of the day, with what
    joins them. `day`: with {weekday}, {number}, {month} and {year}."""

    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    day: str
    yes: str
    no: str
    comma: str = ","


_ENGLISH = Words(
    ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    "{weekday} {number} {month} {year}",
    "yes",
    "no",
    comma=".",
)
_WORDS: Mapping[str, Words] = {
    "en": _ENGLISH,
    "id": Words(
        ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu"),
        (
            *("Januari", "Februari", "Maret", "April", "Mei", "Juni"),
            *("Juli", "Agustus", "September", "Oktober", "November", "Desember"),
        ),
        "{weekday}, {number} {month} {year}",
        "ya",
        "tidak",
    ),
    "pl": Words(
        ("poniedziałek", "wtorek", "środa", "czwartek", "piątek", "sobota", "niedziela"),
        (
            *("stycznia", "lutego", "marca", "kwietnia", "maja", "czerwca"),
            *("lipca", "sierpnia", "września", "października", "listopada", "grudnia"),
        ),
        "{weekday}, {number} {month} {year}",
        "tak",
        "nie",
    ),
    "ca": Words(
        ("dilluns", "dimarts", "dimecres", "dijous", "divendres", "dissabte", "diumenge"),
        (
            *("de gener", "de febrer", "de març", "d'abril", "de maig", "de juny"),
            *("de juliol", "d'agost", "de setembre", "d'octubre", "de novembre", "de desembre"),
        ),
        "{weekday}, {number} {month} de {year}",
        "sí",
        "no",
    ),
}


def spoken(value: Value, language: str = "en") -> str:
    """As it is read out: "Tuesday 17 March 2026", "2", "yes". A language that is not known here:
    in English."""
    words = _WORDS.get(language, _ENGLISH)
    if isinstance(value, bool):
        return words.yes if value else words.no
    if isinstance(value, float):
        return f"{value:g}".replace(".", words.comma)
    if isinstance(value, date):
        return words.day.format(
            weekday=words.weekdays[value.weekday()],
            number=value.day,
            month=words.months[value.month - 1],
            year=value.year,
        )
    return value
