"""Telephone numbers in any spelling made one: what is looked up, shown and dialled.

Runs in: every process, any thread. Never raises on hostile input; reads a bounded head of it.
The first call loads the numbering plans (about 80 ms); `warm_up` does that ahead of time.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ctidesk.calls.errors import KnownError
from ctidesk.calls.text import plain

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

MAX_RAW_CHARS = 256
"""Longer input is no number: a cut number would be somebody else's."""
MAX_DIGITS = 20
SHOWN_CHARS = 32
SUBSCRIBER_DIGITS = 7
"""Fewer equal digits at the end may be chance."""


class NumberKind(StrEnum):
    E164 = "e164"
    EXTENSION = "extension"  # 2–5 digits inside the house, or a public short code such as 116117
    WITHHELD = "withheld"
    INVALID = "invalid"  # text, or digits that no numbering plan places (a local number)


@dataclass(frozen=True, slots=True)
class Number:
    """One number. All digits are ASCII.

    `e164` "+49…" or "". `national`: digits without country code and trunk prefix. `digits`: all
    digits of `e164`, else all that were given. `shown`: for the screen, international format
    with the extension, the plain cut text when invalid, "" when withheld. `extension`: the part
    behind the number (RFC 3966 `;ext=`), "" if none.
    """

    kind: NumberKind
    e164: str = ""
    national: str = ""
    digits: str = ""
    shown: str = ""
    extension: str = ""


# English, and the words that PBXs put there in the languages of the desk
_WITHHELD = {
    *("", "anonymous", "asserted-anonymous", "restricted", "private", "withheld", "unavailable"),
    *("unknown", "blocked", "hidden", "none", "no number", "private number", "unknown number"),
    *("number withheld", "caller id blocked", "caller id withheld", "not available"),
    *("unterdrückt", "unbekannt", "anonym", "pribadi", "prywatny", "anonimowy", "privat"),
    *("ocult", "desconegut"),
}
_SEPARATORS = str.maketrans("", "", " -./()[]·–—‐‑‒−\u00a0\u2009\u202f\t~")
_EXTENSION = re.compile(r"(?:extension|extn|ext|x|durchwahl|dw|#)[.:]?\s*(\d{1,7})\s*$", re.I)
_ANGLE = re.compile(r"<([^<>]*)>")
_FEATURE_CODE = re.compile(r"[*#][0-9*#]{1,15}")
_SIP_TARGET = re.compile(
    r"sips?:[A-Za-z0-9_.!~*'()&=+$,/%-]{1,64}@[A-Za-z0-9.\-\[\]:]{1,128}(;transport=(udp|tcp|tls))?"
)


@dataclass(slots=True)
class _Parts:
    main: str
    extension: str = ""
    host: str = ""


def normalise(raw: str, region: str, *, show: bool = True) -> Number:
    """The number that `raw` means for a house in `region` (ISO 3166-1 alpha-2, such as "DE").

    Understands +, 00, trunk prefixes, spacing, brackets, `tel:` (RFC 3966), `sip:…;user=phone`
    (RFC 3261 §19.1.6), extensions and withheld forms (RFC 3323 §4.1.1.3). Never raises. Without
    `show` a good number is not spelt for the screen, which takes time where many are read.
    """
    if len(raw) > MAX_RAW_CHARS or _has_controls(raw):
        return Number(NumberKind.INVALID, shown=plain(raw, SHOWN_CHARS))
    text = _ascii_digits(raw).strip()
    parts = _take_apart(text)
    if _is_withheld(parts):
        return Number(NumberKind.WITHHELD)
    compact = parts.main.translate(_SEPARATORS)
    digits = compact.removeprefix("+")
    if not digits.isdecimal() or len(digits) > MAX_DIGITS:
        return Number(NumberKind.INVALID, shown=plain(parts.main, SHOWN_CHARS))
    international = compact.startswith("+")
    if not international and 2 <= len(digits) <= 5:
        return _internal(digits, parts.extension)
    # brackets stay in what the library reads: it knows "+49 (0)30"
    return _placed(parts, digits, international, region.upper(), show) or Number(
        NumberKind.INVALID,
        national="" if international else digits.lstrip("0"),
        digits=digits,
        shown=plain(parts.main, SHOWN_CHARS),
        extension=parts.extension,
    )


def dialable(text: str, region: str) -> str:
    """What `commands.Dial.target` takes for what the agent typed or picked: E.164, an internal
    extension or local number as digits, a feature code (`*97`), or a `sip:` URI as it is.

    An extension part is left out (it is sent by DTMF once connected). Raises `KnownError`
    `bad_number`.
    """
    typed = text.strip()
    if typed[:5].lower().startswith(("sip:", "sips:")):
        if _SIP_TARGET.fullmatch(typed):
            return typed
        raise _bad_number("This SIP address is not complete.")
    compact = typed.translate(_SEPARATORS)
    if _FEATURE_CODE.fullmatch(compact):
        return compact
    number = normalise(typed, region)
    if number.kind is NumberKind.E164:
        return number.e164
    if number.kind is NumberKind.EXTENSION:
        return number.digits
    if number.kind is NumberKind.WITHHELD:
        raise _bad_number("There is no number to dial.")
    if not number.digits:
        raise _bad_number("This is not a telephone number.")
    if compact.startswith("+") or len(number.digits) > 15:
        raise _bad_number("No numbering plan has a number like this.")
    # a PBX knows its own long extensions and local numbers better than any plan
    return number.digits


def same_line(one: str, other: str) -> bool:
    """Whether two numbers as SIP wrote them are one line: the same digits, or, from seven digits
    on, alike but for the country or trunk prefix ("+49 30 23125010" and "030 23125010")."""
    shorter, longer = sorted((_significant(one), _significant(other)), key=len)
    return bool(shorter) and (
        shorter == longer or (len(shorter) >= SUBSCRIBER_DIGITS and longer.endswith(shorter))
    )


def warm_up(region: str) -> None:
    """Load the numbering plans now, so that the first caller does not wait for it."""
    normalise("+4930123456", region)
    normalise("0301234567", region)


def _bad_number(text: str) -> KnownError:
    return KnownError(
        "bad_number",
        text,
        "Type the number with its area code, or with + and the country code, or an extension.",
    )


def _significant(raw: str) -> str:
    """The digits without the zeros in front, which are prefixes of trunks and countries."""
    return "".join(filter(str.isdecimal, _ascii_digits(raw))).lstrip("0")


def _has_controls(raw: str) -> bool:
    return not raw.isprintable() and any(
        unicodedata.category(char) in {"Cc", "Cs"} for char in raw.strip("\t\r\n ")
    )


def _ascii_digits(raw: str) -> str:
    """Digits of any script as ASCII, the full-width plus as +, direction marks (they come along
    when a number is copied from a chat) removed."""
    if raw.isascii():
        return raw
    kept = []
    for char in raw:
        if char.isascii():
            kept.append(char)
        elif unicodedata.category(char) == "Nd":
            kept.append(str(unicodedata.decimal(char)))
        elif char == "＋":
            kept.append("+")
        elif unicodedata.category(char) != "Cf":
            kept.append(char)
    return "".join(kept)


def _take_apart(text: str) -> _Parts:
    inside = _ANGLE.search(text)
    if inside:
        text = inside[1].strip()
    scheme, colon, rest = text.partition(":")
    if colon and scheme.lower() in {"tel", "sip", "sips"}:
        if scheme.lower() == "tel":
            return _from_tel(unquote(rest), "")
        user, _, host = rest.partition("@")
        host = re.split(r"[;:?>]", host, maxsplit=1)[0]
        # a password part has no meaning for a number
        return _from_tel(unquote(user).partition(":")[0], host)
    if ";" in text:
        return _from_tel(text, "")
    extension = _EXTENSION.search(text)
    if extension and extension.start() > 0 and any(c.isdigit() for c in text[: extension.start()]):
        return _Parts(text[: extension.start()].strip(" ,;"), extension[1])
    return _Parts(text)


def _from_tel(text: str, host: str) -> _Parts:
    """RFC 3966: parameters behind the subscriber number, `phone-context` for local numbers."""
    main, *parameters = text.split(";")
    parts = _Parts(main.strip(), host=host)
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        name, value = name.strip().lower(), value.strip()
        if name == "ext":
            ext = value.translate(_SEPARATORS)
            parts.extension = ext if re.fullmatch(r"[0-9]{1,7}", ext) else ""
        elif name == "phone-context" and value.startswith("+") and not main.startswith("+"):
            parts.main = value + parts.main
    return parts


def _is_withheld(parts: _Parts) -> bool:
    word = parts.main.strip(" \"'-_.?*").lower()
    return word in _WITHHELD or parts.host.lower() == "anonymous.invalid"


def _internal(digits: str, extension: str) -> Number:
    return Number(
        NumberKind.EXTENSION,
        national=digits,
        digits=digits,
        shown=digits + (f" ext. {extension}" if extension else ""),
        extension=extension,
    )


def _placed(
    parts: _Parts, digits: str, international: bool, region: str, show: bool
) -> Number | None:
    """The number with its place in a numbering plan, or None where it has none."""
    # here and not above: 80 ms that no process should pay before its window or socket is up
    import phonenumbers
    from phonenumbers import PhoneNumberFormat

    if not international and _is_short_code(digits, region):
        return _internal(digits, parts.extension)
    written = f"+{digits}" if international and "(" not in parts.main else parts.main
    zeros = not international and digits.startswith("00")
    found = _read(written, digits, region, must_be_valid=zeros and not _dials_out_with_00(region))
    if found is None and zeros:
        # PBXs write 00 for + in every country
        found = _read(f"+{digits[2:]}", digits, region)
    if found is None:
        return None
    e164 = phonenumbers.format_number(found, PhoneNumberFormat.E164)
    shown = phonenumbers.format_number(found, PhoneNumberFormat.INTERNATIONAL) if show else e164
    return Number(
        NumberKind.E164,
        e164=e164,
        national=phonenumbers.national_significant_number(found),
        digits=e164[1:],
        shown=shown + (f" ext. {parts.extension}" if parts.extension else ""),
        extension=parts.extension,
    )


def _read(
    written: str, digits: str, region: str, *, must_be_valid: bool = False
) -> PhoneNumber | None:
    """Bare digits may as well be a long extension: without +, 00 or a trunk prefix a number is
    believed only when the plan really has it."""
    import phonenumbers
    from phonenumbers import CountryCodeSource, ValidationResult

    try:
        found = phonenumbers.parse(written, region or None, keep_raw_input=True)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(found) != ValidationResult.IS_POSSIBLE:
        return None
    plan = phonenumbers.PhoneMetadata.metadata_for_region(region)
    trunk = plan.national_prefix if plan else ""
    explicit = found.country_code_source in {
        CountryCodeSource.FROM_NUMBER_WITH_PLUS_SIGN,
        CountryCodeSource.FROM_NUMBER_WITH_IDD,
    } or (trunk and digits.startswith(trunk))
    believed = (explicit and not must_be_valid) or phonenumbers.is_valid_number(found)
    return found if believed else None


def _is_short_code(digits: str, region: str) -> bool:
    import phonenumbers

    if phonenumbers.PhoneMetadata.short_metadata_for_region(region) is None:
        return False
    try:
        short = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_short_number_for_region(short, region)


def _dials_out_with_00(region: str) -> bool:
    import phonenumbers

    plan = phonenumbers.PhoneMetadata.metadata_for_region(region)
    return bool(plan and plan.international_prefix == "00")
