"""What other programs hand over to be dialled: tel:, sip:, sips: and callto: links, or a number.

Runs in: desk process, any thread; command line. Pure. Nothing here dials: what comes out is shown.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import quote, unquote

from ctidesk.calls.errors import KnownError
from ctidesk.calls.text import plain

SCHEMES = ("tel", "sip", "sips", "callto")
MAX_LINK_CHARS = 1024
"""Each character of a number may be percent-encoded."""
MAX_TARGET_CHARS = 256
CODE = (
    "This is a code of the exchange, not a number: it may forward your calls elsewhere. "
    "Dial it only if you know it."
)
LEFT_OUT = "What the link had behind the number is left out."
_REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_NO_SEPARATORS = str.maketrans("", "", " -./()")
_TRANSPORT = re.compile(r"transport=(udp|tcp|tls)", re.I)


@dataclass(frozen=True, slots=True)
class Wanted:
    """`text` for the dial field, plain and never cut. `caution`: what the agent must know before
    dialling it, "" for nothing."""

    text: str
    caution: str = ""


def is_link(text: str) -> bool:
    return text.lstrip().partition(":")[0].lower() in SCHEMES


def link_to(number: str) -> str:
    """A link that `read_link` reads as exactly this number or link."""
    return number if is_link(number) else "tel:" + quote(number, safe="")


def read_link(text: str) -> Wanted:
    """The number or SIP address of a link (RFC 3966, RFC 3261 §19.1), or of bare text.

    Percent encoding is undone once; parameters that do not change who is reached, and headers,
    are left out. Whether the number can be dialled is for `numbers.dialable` to say. Raises
    `KnownError` bad_link for what could show the agent another number than the one dialled.
    """
    if len(text) > MAX_LINK_CHARS:
        raise _bad("The link is far too long to be a telephone number.")
    scheme, _, rest = text.strip().partition(":")
    scheme = scheme.lower()
    if not is_link(text):
        return _checked(text.strip(), "")
    if _BAD_PERCENT.search(rest):
        raise _bad("The link is damaged: a character in it is not encoded rightly.")
    address, _, headers = rest.removeprefix("//").partition("?")
    caution = LEFT_OUT if headers else ""
    if scheme in ("tel", "callto") or "@" not in address:
        return _checked(_telephone(_decoded(address)), caution)
    return _checked(_sip(scheme, address), caution)


def _decoded(address: str) -> str:
    try:
        return unquote(address, errors="strict")
    except UnicodeDecodeError:
        raise _bad("The link is damaged: it is not text.") from None


def _telephone(address: str) -> str:
    """RFC 3966: the number, for a local one the + prefix of its context, and its extension."""
    number, *parameters = (part.strip() for part in address.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.lower() == "phone-context" and value.startswith("+") and number[:1] != "+":
            number = f"{value} {number}"
        elif name.lower() == "ext" and value and not value.strip("0123456789-.()"):
            number = f"{number} ext. {value}"
    return number


def _sip(scheme: str, address: str) -> str:
    """`user@host` as it is (names are case-sensitive); of the parameters only the transport."""
    target, *parameters = address.split(";")
    _refuse_hidden(_decoded(target))
    transport = next((each for each in parameters if _TRANSPORT.fullmatch(each)), "")
    tail = f";{transport.lower()}" if transport else ""
    return f"{scheme}:{target.rstrip('/')}{tail}"


def _checked(text: str, caution: str) -> Wanted:
    _refuse_hidden(text)
    if len(text) > MAX_TARGET_CHARS:
        raise _bad("The link is too long to be a telephone number.")
    shown = plain(text, MAX_TARGET_CHARS)
    user = unquote(shown.partition(":")[2].partition("@")[0]) if is_link(shown) else shown
    if user.translate(_NO_SEPARATORS)[:1] in ("*", "#"):
        caution = f"{CODE} {caution}".strip()
    return Wanted(shown, caution)


def _refuse_hidden(text: str) -> None:
    """Line ends would join two numbers to one, and direction marks show digits in another order."""
    for char in text:
        if unicodedata.category(char) in ("Cc", "Cs") or char in _REORDERING:
            raise _bad("The link has hidden characters in its number.")


def _bad(text: str) -> KnownError:
    return KnownError(
        "bad_link", text, "Type the number by hand, as it stands in the other program."
    )
