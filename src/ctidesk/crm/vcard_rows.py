"""vCards as rows of a table, so that they are looked at, mapped and imported as a CSV file is.

Runs in: desk process, any thread; commands. Pure but for reading the file.

A card of a person is a member, one of an organisation (KIND:org, no name of a person, or Apple's
X-ABShowAs) a facility; our own cards of colleagues carry their extension. The member's id is the
card's UID. A card without one gets an id made of its name and birth date, or name and first number
where it has no date: the same card again is the same member, whatever else changed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from ctidesk.calls.text import plain
from ctidesk.crm.csv_rows import MAX_CELL_CHARS, SEPARATOR
from ctidesk.crm.csv_text import Broken, CsvRecord
from ctidesk.crm.matching import PARTY_OF_FACILITY
from ctidesk.crm.vcard_text import Card, Property, cards, split, texts

COLUMN_OF = {
    "UID": "member_id",
    "N given": "given",
    "N family": "family",
    "BDAY": "birth_date",
    "TEL cell": "phone_mobile",
    "TEL home": "phone_home",
    "TEL work": "phone_work",
    "TEL other": "phone",
    "TEL preferred": "phone_preferred",
    "ADR": "address",
    "ADR code": "postcode",
    "LANG": "language",
    "ORG UID": "facility_id",
    "ORG": "facility_name",
    "ORG kind": "facility_kind",
    "X-CTIDESK-NETWORK": "network_status",
    "X-CTIDESK-EXTENSION": "extension",
    "X-CTIDESK-COLLEAGUE": "colleague_name",
    "X-CTIDESK-TEAM": "team",
    "X-CTIDESK-POLICY": "policy_number",
    "X-CTIDESK-CHANNEL": "channel",
    "X-CTIDESK-FLAGS": "flags",
    "X-CTIDESK-HOUSEHOLD": "household",
    "EMAIL": "",
    "CATEGORIES": "",
    "TITLE": "",
    "NOTE": "",
}
"""Heading → column of ours that it is taken as unless the user says otherwise, "" none."""
HEADINGS = tuple(COLUMN_OF)
_OWN = tuple(name for name in HEADINGS if name.startswith("X-CTIDESK-"))
_LABELS = {"mobile": "cell", "iphone": "cell", "home": "home", "work": "work", "main": "pref"}
_NOT_SPOKEN = {"fax", "pager", "modem", "bbs", "isdn", "textphone"}
_DAY = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?:[T ].*)?")
_PART_OF_DAY = re.compile(r"(?:\d{4}(?:-?\d{2})?|--\d{2}(?:-?\d{2})?|---\d{2})(?:[T ].*)?|T.*")
_DEFAULT_KIND = "clinic"


def guess_mapping() -> dict[str, str]:
    """Our column → heading."""
    return {column: heading for heading, column in COLUMN_OF.items() if column}


def records(path: Path, encoding: str) -> Iterator[CsvRecord | Broken]:
    """The headings, then a row for each card at the line where it begins. Raises `KnownError`."""
    yield CsvRecord(0, HEADINGS)
    for card in cards(path, encoding):
        yield card if isinstance(card, Broken) else _row(card)


def _row(card: Card) -> CsvRecord | Broken:
    kind = plain(card.text("KIND") or card.text("X-ADDRESSBOOKSERVER-KIND")).lower()
    if kind == "group":
        return Broken(card.line, "a group of cards, and not a person or organisation")
    cells = dict.fromkeys(HEADINGS, "")
    cells |= _numbers(card)
    cells["ADR"], cells["ADR code"] = _address(card)
    for name in ("LANG", "EMAIL", "TITLE", "NOTE", *_OWN):
        cells[name] = plain(card.text(name), MAX_CELL_CHARS)
    for name in ("CATEGORIES", "X-CTIDESK-FLAGS"):
        words = (plain(word) for each in card.all(name) for word in texts(each.value))
        cells[name] = SEPARATOR.join(words)
    given, family = _name(card)
    organisation = ", ".join(texts(_value(card, "ORG"), (";",)))
    is_company = card.text("X-ABSHOWAS").upper() == "COMPANY" or kind in ("org", "location")
    if cells["X-CTIDESK-EXTENSION"]:
        cells["X-CTIDESK-COLLEAGUE"] = f"{given} {family}".strip()
    elif is_company or (organisation and not _has_person(card, organisation)):
        name = organisation or f"{given} {family}".strip()
        cells["ORG"] = plain(name, 200)
        cells["ORG kind"] = _facility_kind(cells["CATEGORIES"])
        cells["ORG UID"] = _uid(card) or _derived("org", f"{name}\n{cells['ADR code']}")
    else:
        cells["N given"], cells["N family"] = given, family
        cells["BDAY"] = _birth_date(card)
        cells["UID"] = _uid(card) or _id_of(cells)
        if not cells["UID"]:
            return Broken(card.line, _no_id(cells))
    return CsvRecord(card.line, tuple(cells.values()))


def _uid(card: Card) -> str:
    """Without "urn:uuid:": an id is typed and read out."""
    return plain(card.text("UID"), 128).removeprefix("urn:uuid:")


def _id_of(cells: dict[str, str]) -> str:
    name = f"{cells['N given']} {cells['N family']}".strip()
    numbers = [cells[h] for h in ("TEL cell", "TEL home", "TEL work", "TEL other") if cells[h]]
    sign = cells["BDAY"] or (re.sub(r"\D", "", numbers[0].split(SEPARATOR)[0]) if numbers else "")
    return _derived("card", f"{name}\n{sign}") if name and sign else ""


def _derived(kind: str, of: str) -> str:
    digest = hashlib.sha256(" ".join(of.casefold().split(" ")).encode("utf-8", "replace"))
    return f"{kind}-{digest.hexdigest()[:16]}"


def _no_id(cells: dict[str, str]) -> str:
    if not (cells["N given"] or cells["N family"]):
        return "no name, neither of a person nor of an organisation"
    return "no UID, and neither a birth date nor a number that tells it from others of that name"


def _value(card: Card, name: str) -> str:
    return next((each.value for each in card.all(name) if each.value), "")


def _name(card: Card) -> tuple[str, str]:
    """(given and further names, family) of N, else FN divided at its last space."""
    for each in card.all("N"):
        given = " ".join(part for part in (each.part(1), each.part(2)) if part)
        if given or each.part(0):
            return plain(given, 120), plain(each.part(0), 120)
    first, _, last = plain(card.text("FN"), 200).rpartition(" ")
    return first, last


def _has_person(card: Card, organisation: str) -> bool:
    """Whether it names a person: many programs write the organisation into FN and leave N empty."""
    if any(each.part(0) or each.part(1) for each in card.all("N")):
        return True
    whole = plain(card.text("FN"), 200).casefold()
    named = {organisation.casefold(), organisation.partition(",")[0].casefold(), ""}
    return whole not in named


def _facility_kind(categories: str) -> str:
    words = (word.lower().replace(" ", "_") for word in categories.split(SEPARATOR))
    return next((word for word in words if word in PARTY_OF_FACILITY), _DEFAULT_KIND)


def _birth_date(card: Card) -> str:
    """Only a whole date: one without its year (--0412) is no birth date to check somebody by."""
    for each in card.all("BDAY"):
        said = plain(each.value)
        if "X-APPLE-OMIT-YEAR" in each.params or "text" in _kind_of(each):
            continue
        if whole := _DAY.fullmatch(said):
            return f"{whole[1]}-{whole[2]}-{whole[3]}"
        if not _PART_OF_DAY.fullmatch(said):
            return said  # rejected with its column
    return ""


def _kind_of(each: Property) -> frozenset[str]:
    return frozenset(value.lower() for value in each.params.get("VALUE", ()))


def _address(card: Card) -> tuple[str, str]:
    """(street and place, postcode): of the home, or the one that is preferred, or the first."""
    ranked = sorted(card.all("ADR"), key=lambda a: ("home" not in a.types, not _preferred(a)))
    for each in ranked:
        lines = [each.part(number) for number in (0, 1, 2, 3)]
        said = plain(", ".join(line for line in lines if line), 400)
        if said or each.part(5):
            return said, plain(each.part(5), 20)
    return "", ""


def _preferred(each: Property) -> bool:
    return "pref" in each.types or "1" in each.params.get("PREF", ())


def _numbers(card: Card) -> dict[str, str]:
    """Heading → numbers. Those of fax machines and pagers are nobody's who calls."""
    found: dict[str, list[str]] = {}
    for each in card.all("TEL"):
        types = each.types | _label(card, each)
        if types & _NOT_SPOKEN and not types & {"voice", "cell"}:
            continue
        number = _spoken(each)
        if not number:
            continue
        kind = next((kind for kind in ("cell", "home", "work") if kind in types), "other")
        found.setdefault(f"TEL {kind}", []).append(number)
        if _preferred(each) or "pref" in types:
            found.setdefault("TEL preferred", []).append(number)
    return {heading: SEPARATOR.join(dict.fromkeys(each)) for heading, each in found.items()}


def _label(card: Card, number: Property) -> frozenset[str]:
    """What Apple's programs call it: item1.X-ABLabel:_$!<Mobile>!$_"""
    if not number.group:
        return frozenset()
    labels = (each for each in card.all("X-ABLABEL") if each.group == number.group)
    words = (each.value.strip("_$!<>").lower() for each in labels)
    return frozenset(_LABELS[word] for word in words if word in _LABELS)


def _spoken(each: Property) -> str:
    number = split(each.value, ",")[0] if "uri" in _kind_of(each) else each.value
    if number.lower().startswith("tel:"):
        number, _, more = number[4:].partition(";")
        extension = re.search(r"ext=([0-9*#]+)", more)
        number += f" ext. {extension[1]}" if extension else ""
    return plain(" ".join(texts(number, ())), 64).replace(SEPARATOR, " ")
