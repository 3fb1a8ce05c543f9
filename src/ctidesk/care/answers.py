"""Does what a caller said match what the card holds, however it was spelled.

Runs in: desk process, any thread. Keeps nothing: the answer goes out of scope with the call.
Each `…_matches` takes the held value and the typed text.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from ctidesk.calls.folding import folded, spellings

MAX_ANSWER_CHARS = 200

# first three letters of the months: English, German, Indonesian, Polish, Catalan, Spanish
_MONTHS = {
    **dict.fromkeys(("jan", "sty", "gen", "ene"), 1),
    **dict.fromkeys(("feb", "lut"), 2),
    **dict.fromkeys(("mar", "mae"), 3),
    **dict.fromkeys(("apr", "kwi", "abr"), 4),
    **dict.fromkeys(("may", "mai", "mei", "maj"), 5),
    **dict.fromkeys(("jun", "cze"), 6),
    **dict.fromkeys(("jul", "lip"), 7),
    **dict.fromkeys(("aug", "agu", "sie", "ago"), 8),
    **dict.fromkeys(("sep", "wrz", "set"), 9),
    **dict.fromkeys(("oct", "okt", "paz"), 10),
    **dict.fromkeys(("nov", "lis"), 11),
    **dict.fromkeys(("dec", "dez", "des", "gru", "dic"), 12),
}
_TOKEN = re.compile(r"\d+|[^\W\d_]+")
_APOSTROPHES = str.maketrans("", "", "'’‘ʼ`´")
_FILLERS = frozenset({"of", "the", "de", "del", "d", "st", "nd", "rd", "th", "am", "der"})

Dates = frozenset[tuple[int, int, int]]
"""Possible (year, month, day); a year below 100 was given with two digits."""


def dates_in(text: str) -> Dates:
    """Every date that `text` may mean: "3.4.1958", "3. April 58", "Apr 3rd, 1958", "1958-04-03",
    "03041958". Day and month may be either way round with a slash or a hyphen, never with dots."""
    tokens = [t for t in _TOKEN.findall(folded(text[:MAX_ANSWER_CHARS])) if t not in _FILLERS]
    if len(tokens) == 1 and tokens[0].isdecimal():
        return _undivided(tokens[0])
    if len(tokens) != 3:
        return frozenset()
    named = [i for i, token in enumerate(tokens) if token.isalpha()]
    if named:
        return _with_month_name(tokens, named)
    if not all(t.isascii() and len(t) in (1, 2, 4) for t in tokens):
        return frozenset()
    first, second, third = (int(token) for token in tokens)
    if len(tokens[0]) == 4:
        return _real({(first, second, third)})
    both_ways = {(third, second, first)}
    if "." not in text:
        both_ways.add((third, first, second))
    return _real(both_ways)


def _undivided(digits: str) -> Dates:
    if not digits.isascii() or len(digits) not in (6, 8):
        return frozenset()
    first, second, rest = int(digits[:2]), int(digits[2:4]), int(digits[4:])
    found = {(rest, second, first), (rest, first, second)}
    if len(digits) == 8:
        found.add((int(digits[:4]), int(digits[4:6]), int(digits[6:])))
    return _real(found)


def _with_month_name(tokens: list[str], named: list[int]) -> Dates:
    month = _MONTHS.get(tokens[named[0]][:3])
    numbers = [t for t in tokens if t.isdecimal() and t.isascii() and len(t) in (1, 2, 4)]
    if len(named) != 1 or month is None or len(numbers) != 2:
        return frozenset()
    if len(numbers[0]) == 4:
        return _real({(int(numbers[0]), month, int(numbers[1]))})
    return _real({(int(numbers[1]), month, int(numbers[0]))})


def _real(found: set[tuple[int, int, int]]) -> Dates:
    kept = set()
    for year, month, day in found:
        try:
            date(year if year >= 100 else 2000 + year, month, day)
        except ValueError:
            # 29 February 1900 does not exist but 00 may mean 2000, hence the leap year above
            continue
        kept.add((year, month, day))
    return frozenset(kept)


def date_matches(held: date, text: str) -> bool:
    return any(
        (held.month, held.day) == (month, day)
        and (year == held.year or (year < 100 and year == held.year % 100))
        for year, month, day in dates_in(text)
    )


def postcode_matches(held: str, text: str) -> bool:
    """Spacing, case and a country prefix ("D-10115") don't count; of a ZIP+4 five digits do."""
    kept, said = _postcode(held), _postcode(text)
    if not said:
        return False
    return kept == said or (len(kept) == 9 and kept.isdecimal() and kept[:5] == said)


def _postcode(text: str) -> str:
    compact = letters_and_digits(text)
    return re.sub(r"^[A-Z]{1,3}(?=\d+$)", "", compact)


def policy_matches(held: str, text: str) -> bool:
    """Case, spaces and hyphens don't count, nor O for 0 and I for 1 (misheard and misread)."""
    said = _policy(text)
    return bool(said) and said == _policy(held)


def _policy(text: str) -> str:
    return letters_and_digits(text).replace("O", "0").replace("I", "1")


def last_four_matches(held: str, text: str) -> bool:
    """The last four digits, or a whole number that ends with them."""
    digits = _digits(text)
    return len(held) == 4 and len(digits) >= 4 and digits[-4:] == held


NUMBER_DIGITS = 7


def number_matches(held: str, text: str) -> bool:
    """The last seven digits: prefixes, spaces and trunk zeros don't count. A shorter number that is
    held has to be said whole."""
    kept, said = _digits(held), _digits(text)
    if len(kept) < NUMBER_DIGITS:
        return bool(kept) and said == kept
    return len(said) >= NUMBER_DIGITS and said[-NUMBER_DIGITS:] == kept[-NUMBER_DIGITS:]


def _digits(text: str) -> str:
    return "".join(char for char in letters_and_digits(text) if char.isdecimal())


def name_matches(given: str, family: str, text: str) -> bool:
    """The first given name and the whole family name, in any order; further names are optional.
    Accents and the two ways to write an umlaut don't count."""
    typed = _names(text)
    family_names = _names(family)
    needed = _names(given)[:1] + family_names
    if not family_names or len(typed) > len(_names(given)) + len(family_names) + 2:
        return False
    return all(any(one & other for other in typed) for one in needed)


def full_name_matches(name: str, text: str) -> bool:
    """As `name_matches` for a name that is held in one piece: first and last word count."""
    parts = name.split()
    return bool(parts) and name_matches(" ".join(parts[:-1]), parts[-1], text)


def _names(text: str) -> list[frozenset[str]]:
    # composed, and apostrophes closed up, so that "O'Brien" and "OBrien" are one word
    composed = unicodedata.normalize("NFKC", text[:MAX_ANSWER_CHARS]).translate(_APOSTROPHES)
    found = re.findall(r"[^\W\d_]+", composed)
    return [spellings(each) for each in found]


def letters_and_digits(text: str) -> str:
    """ASCII letters (upper case) and digits of `text`, nothing else."""
    return "".join(
        char
        for char in folded(text[:MAX_ANSWER_CHARS]).upper()
        if char.isascii() and char.isalnum()
    )
