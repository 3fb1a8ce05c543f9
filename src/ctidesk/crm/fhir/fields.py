"""What of a resource a desk may change, each field as one text and the rest left as it is.

Runs in: desk process, any thread. Pure. Several values of one field (two mobile numbers, the lines
of a street) are one text, parted by "; ", so that "both" of a conflict is a value like any other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]
PARTED = "; "
_BCP47 = "urn:ietf:bcp:47"


@dataclass(frozen=True, slots=True)
class Field:
    """`several`: "both" makes sense. `read` answers for anything, `write` changes in place; an
    empty text takes the value away."""

    name: str
    label: str
    read: Callable[[Json], str]
    write: Callable[[Json, str], None]
    several: bool = False


def fields_of(kind: str) -> dict[str, Field]:
    """Those of a resource type, in the order of a form; {} where the desk changes nothing."""
    return {field.name: field for field in _FIELDS.get(kind, ())}


def split(text: str) -> list[str]:
    return [each.strip() for each in text.split(";") if each.strip()]


def same(one: str, other: str) -> bool:
    """Whether two texts of a field say the same: spaces and capitals do not count."""
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


# -------------------------------------------------------------------- private


def _objects(owner: Json, key: str) -> list[Json]:
    """The objects of a list, which is made where there is none."""
    found = owner.get(key)
    if not isinstance(found, list):
        found = owner[key] = [found] if isinstance(found, dict) else []
    return [each for each in found if isinstance(each, dict)]


def _peek(owner: Json, key: str) -> list[Json]:
    """As `_objects`, changing nothing."""
    found = owner.get(key)
    found = found if isinstance(found, list) else [found]
    return [each for each in found if isinstance(each, dict)]


def _text(owner: Json, key: str) -> str:
    value = owner.get(key)
    return value.strip() if isinstance(value, str) else ""


def _put(owner: Json, key: str, text: str) -> None:
    if text:
        owner[key] = text
    else:
        owner.pop(key, None)
        owner.pop(f"_{key}", None)


def _telecom(system: str, use: str) -> tuple[Callable[[Json], str], Callable[[Json, str], None]]:
    """Numbers of one use; `use` "" for every use. Old ones are the CRM's history."""

    def is_it(each: Json) -> bool:
        period = each.get("period")
        ended = isinstance(period, dict) and "end" in period
        uses = (use,) if use else (each.get("use"),)
        return (
            each.get("system") == system
            and each.get("use") in uses
            and not (ended or each.get("use") == "old")
        )

    def read(patient: Json) -> str:
        found = [_text(each, "value") for each in _peek(patient, "telecom") if is_it(each)]
        return PARTED.join(each for each in found if each)

    def write(patient: Json, text: str) -> None:
        wanted = split(text)
        entries = _objects(patient, "telecom")
        own = [each for each in entries if is_it(each)]
        kept = [each for each in own if any(same(_text(each, "value"), one) for one in wanted)]
        free = [each for each in own if each not in kept]
        for one in wanted:
            if any(same(_text(each, "value"), one) for each in kept):
                continue
            if free:
                entry = free.pop(0)
            else:
                entry = {"system": system, **({"use": use} if use else {})}
                patient["telecom"].append(entry)
            entry["value"] = one
            kept.append(entry)
        gone = [id(each) for each in free]
        patient["telecom"] = [each for each in patient["telecom"] if id(each) not in gone]
        if not patient["telecom"]:
            del patient["telecom"]

    return read, write


def _address(patient: Json) -> Json | None:
    """The one that the card shows (`people.address`); nothing old."""
    now = [each for each in _peek(patient, "address") if each.get("use") != "old"]

    def ended(address: Json) -> bool:
        period = address.get("period")
        return isinstance(period, dict) and "end" in period

    return min(now, key=ended, default=None)


def _made_address(patient: Json) -> Json:
    found = _address(patient)
    if found is None:
        found = {"use": "home"}
        _objects(patient, "address")
        patient["address"].append(found)
    # the address in one text would contradict its parts
    found.pop("text", None)
    return found


def _read_street(patient: Json) -> str:
    lines = (_address(patient) or {}).get("line")
    lines = lines if isinstance(lines, list) else []
    return PARTED.join(each.strip() for each in lines if isinstance(each, str) and each.strip())


def _write_street(patient: Json, text: str) -> None:
    address = _made_address(patient)
    address.pop("_line", None)
    if lines := split(text):
        address["line"] = lines
    else:
        address.pop("line", None)


def _address_part(key: str) -> tuple[Callable[[Json], str], Callable[[Json, str], None]]:
    return (
        lambda patient: _text(_address(patient) or {}, key),
        lambda patient, text: _put(_made_address(patient), key, text),
    )


def _spoken(patient: Json) -> Json | None:
    found = _peek(patient, "communication")
    return next((each for each in found if each.get("preferred")), found[0] if found else None)


def _read_language(patient: Json) -> str:
    language = (_spoken(patient) or {}).get("language")
    codings = _peek(language, "coding") if isinstance(language, dict) else []
    return next((code for each in codings if (code := _text(each, "code"))), "")


def _write_language(patient: Json, text: str) -> None:
    spoken = _spoken(patient)
    if not text:
        kept = [each for each in _objects(patient, "communication") if each is not spoken]
        patient["communication"] = kept
        if not kept:
            del patient["communication"]
        return
    if spoken is None:
        spoken = {"preferred": True}
        _objects(patient, "communication")
        patient["communication"].append(spoken)
    spoken["language"] = {"coding": [{"system": _BCP47, "code": text}]}


def _plain(key: str) -> tuple[Callable[[Json], str], Callable[[Json, str], None]]:
    return lambda owner: _text(owner, key), lambda owner, text: _put(owner, key, text)


def _period(key: str) -> tuple[Callable[[Json], str], Callable[[Json, str], None]]:
    def read(owner: Json) -> str:
        period = owner.get("period")
        return _text(period, key) if isinstance(period, dict) else ""

    def write(owner: Json, text: str) -> None:
        period = owner.get("period")
        if not isinstance(period, dict):
            period = owner["period"] = {}
        _put(period, key, text)
        if not period:
            del owner["period"]

    return read, write


_FIELDS = {
    "Patient": (
        Field("mobile", "Mobile phone", *_telecom("phone", "mobile"), several=True),
        Field("home_phone", "Phone at home", *_telecom("phone", "home"), several=True),
        Field("email", "E-mail", *_telecom("email", ""), several=True),
        Field("street", "Street", _read_street, _write_street, several=True),
        Field("postcode", "Postcode", *_address_part("postalCode")),
        Field("city", "City", *_address_part("city")),
        Field("language", "Language", _read_language, _write_language),
    ),
    "Appointment": (
        Field("status", "Status", *_plain("status")),
        Field("start", "Begins", *_plain("start")),
        Field("end", "Ends", *_plain("end")),
        Field("comment", "Comment", *_plain("comment"), several=True),
    ),
    "Coverage": (
        Field("status", "Status", *_plain("status")),
        Field("begins", "Begins", *_period("start")),
        Field("ends", "Ends", *_period("end")),
        Field("subscriber_id", "Policy number", *_plain("subscriberId")),
    ),
    "Task": (
        Field("status", "Status", *_plain("status")),
        Field("description", "What is to be done", *_plain("description"), several=True),
    ),
}
