"""vCards 4.0 (RFC 6350) and 3.0 (RFC 2426) of members, facilities and colleagues.

Runs in: desk process, any thread. Pure. From the cells of a CSV export; what has no property of its
own stands in X-CTIDESK-…, which `vcard_rows` reads again.
"""

from __future__ import annotations

from ctidesk.crm.csv_rows import SEPARATOR

_TYPES = {"phone_mobile": "cell", "phone_home": "home", "phone_work": "work", "phone": "voice"}
_OWN = {
    "policy_number": "X-CTIDESK-POLICY",
    "channel": "X-CTIDESK-CHANNEL",
    "household": "X-CTIDESK-HOUSEHOLD",
    "network_status": "X-CTIDESK-NETWORK",
    "extension": "X-CTIDESK-EXTENSION",
    "team": "X-CTIDESK-TEAM",
}
_LINE_OCTETS = 75


def vcard(cells: dict[str, str], version: str) -> str:
    """One card. `version`: "4.0" or "3.0"."""
    has = cells.get
    new = version == "4.0"
    lines = ["BEGIN:VCARD", f"VERSION:{version}"]
    if has("facility_id"):
        name = has("facility_name", "")
        ident, parts = has("facility_id", ""), ["", ""]
        lines += [f"ORG:{_text(name)}", f"CATEGORIES:{_text(has('facility_kind', ''))}"]
        lines += ["KIND:org"] if new else ["X-ABShowAs:COMPANY"]
    elif has("extension"):
        name = has("colleague_name", "")
        ident, parts = f"extension-{has('extension')}", [name, ""]
    else:
        parts = [has("family", ""), has("given", "")]
        name = " ".join(part for part in reversed(parts) if part)
        ident = has("member_id", "")
    # by itself a UID of 4.0 is a URI
    lines.append(f"UID{';VALUE=text' if new else ''}:{_text(ident)}")
    lines.append(f"N:{_text(parts[0])};{_text(parts[1])};;;")
    lines.append(f"FN:{_text(name)}")
    if birth := has("birth_date"):
        lines.append(f"BDAY:{birth.replace('-', '') if new else birth}")
    lines += _numbers(cells, new)
    if has("address") or has("postcode"):
        lines.append(f"ADR:;;{_text(has('address', ''))};;;{_text(has('postcode', ''))};")
    if language := has("language"):
        lines.append(f"LANG:{_text(language)}")
    if flags := has("flags"):
        words = (_text(flag) for flag in flags.split(SEPARATOR))
        lines.append(f"X-CTIDESK-FLAGS:{','.join(words)}")
    lines += [f"{name}:{_text(cells[column])}" for column, name in _OWN.items() if has(column)]
    lines.append("END:VCARD")
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _numbers(cells: dict[str, str], new: bool) -> list[str]:
    preferred = set(cells.get("phone_preferred", "").split(SEPARATOR))
    lines = []
    for column, kind in _TYPES.items():
        for number in filter(None, cells.get(column, "").split(SEPARATOR)):
            first = number in preferred
            if new:
                uri = number.startswith("+")
                params = f";TYPE={kind}{';PREF=1' if first else ''}{';VALUE=uri' if uri else ''}"
                lines.append(f"TEL{params}:{'tel:' if uri else ''}{_text(number)}")
            else:
                lines.append(f"TEL;TYPE={kind.upper()}{',PREF' if first else ''}:{_text(number)}")
    return lines


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;")
    return "\\n".join(escaped.splitlines())


def _folded(line: str) -> str:
    """At 75 octets, never inside of a letter."""
    pieces, size = [""], 0
    for letter in line:
        octets = len(letter.encode("utf-8", "replace"))
        if size + octets > _LINE_OCTETS:
            pieces.append(" ")
            size = 1
        pieces[-1] += letter
        size += octets
    return "\r\n".join(pieces)
