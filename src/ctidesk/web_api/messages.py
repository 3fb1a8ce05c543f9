"""The messages of the web API, version 1: what comes in is judged here, what goes out is made here.

Runs in: desk process, the web API's thread and Qt main. Pure. See resources/web-api/README.md.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

VERSION = 1
MAX_BYTES = 8 * 1024
MAX_TEXT = 256
Message = dict[str, Any]


class Order(StrEnum):
    """What a page may ask for."""

    DIAL = "dial"
    ANSWER = "answer"
    HOLD = "hold"
    RESUME = "resume"
    HANG_UP = "hang_up"
    OPEN_MEMBER = "open_member"


_FIELDS = {
    Order.DIAL: ("number",),
    Order.OPEN_MEMBER: ("call_id", "member_id"),
}
_FIELDS_OF_MOST = ("call_id",)


class BadMessage(Exception):
    """`code` and `text` go back to the page; nothing of the message is in them. `request_id` where
    it could be read."""

    def __init__(self, code: str, text: str, request_id: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.text = text
        self.request_id = request_id


@dataclass(frozen=True, slots=True)
class Hello:
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """`request_id` comes back with the result."""

    order: Order
    request_id: int
    call_id: str = ""
    number: str = field(default="", repr=False)
    member_id: str = ""


def read_hello(raw: str | bytes) -> Hello:
    """The first message. Raises `BadMessage`."""
    message = _object(raw)
    if message.get("type") != "hello":
        raise BadMessage("hello_first", "The first message must be hello.")
    if message.get("version") != VERSION:
        raise BadMessage("version", f"This desk speaks version {VERSION}.")
    token = message.get("token")
    if not isinstance(token, str) or not 0 < len(token) <= MAX_TEXT:
        raise BadMessage("token", "The token is wrong.")
    return Hello(token)


def read_request(raw: str | bytes) -> Request:
    """Any later message. Raises `BadMessage`."""
    message = _object(raw)
    request_id = message.get("id")
    if isinstance(request_id, bool) or not isinstance(request_id, int):
        raise BadMessage("bad_message", "A request needs an id, a whole number.")
    if not 0 < request_id < 2**53:
        raise BadMessage("bad_message", "An id lies between 1 and 2^53 - 1.")
    try:
        order = Order(str(message.get("type")))
    except ValueError:
        raise BadMessage("unknown_type", "This desk knows no such request.", request_id) from None
    values: dict[str, str] = {}
    for name in _FIELDS.get(order, _FIELDS_OF_MOST):
        value = message.get(name)
        if not isinstance(value, str) or not 0 < len(value) <= MAX_TEXT:
            text = f"{order.value} needs {name}, a text of at most {MAX_TEXT} characters."
            raise BadMessage("bad_message", text, request_id)
        values[name] = value
    return Request(order=order, request_id=request_id, **values)


def done(request: Request, **more: object) -> Message:
    return {"type": "result", "id": request.request_id, "ok": True, **more}


def failed(request_id: int, code: str, text: str) -> Message:
    return {"type": "result", "id": request_id, "ok": False, "code": code, "text": text}


def error(code: str, text: str, **more: object) -> Message:
    """The last message before the connection is closed."""
    return {"type": "error", "code": code, "text": text, **more}


def encoded(message: Message) -> str:
    return json.dumps(message, separators=(",", ":"))


def _object(raw: str | bytes) -> Message:
    if isinstance(raw, bytes):
        raise BadMessage("not_text", "Messages are text, not binary.")
    try:
        message = json.loads(raw, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise BadMessage("not_json", "The message is not JSON.") from None
    if not isinstance(message, dict):
        raise BadMessage("not_json", "The message is not a JSON object.")
    return message


def _refuse(_: str) -> object:
    """NaN and Infinity are no JSON."""
    raise ValueError
