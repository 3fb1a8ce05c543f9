"""Events, commands and calls as plain JSON values and back, strictly typed both ways.

Runs in: every process, any thread. What comes back is checked field by field against the
dataclass: an unknown name, a missing field or a wrong type is a `MalformedMessage`.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import types
import typing
from enum import Enum
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from ctidesk.calls.errors import CtideskError

T = TypeVar("T")


class MalformedMessage(CtideskError):
    """A message does not have the shape that its name promises. Never quotes the content."""


def to_plain(value: Any) -> Any:
    """A frozen dataclass (or a value inside one) as JSON-able plain values."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple | list):
        return [to_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): to_plain(item) for key, item in value.items()}
    return value


def from_plain(kind: type[T], plain: Any) -> T:
    """The dataclass `kind` from plain values. Fields with a default may be missing, unknown
    fields are ignored (a newer peer may send more). Raises `MalformedMessage`."""
    if not isinstance(plain, dict):
        raise MalformedMessage(f"{kind.__name__}: not an object")
    values: dict[str, Any] = {}
    for name, hint, required in _fields(kind):  # type: ignore[arg-type]  # a class is hashable
        if name in plain:
            values[name] = _value(hint, plain[name], f"{kind.__name__}.{name}")
        elif required:
            raise MalformedMessage(f"{kind.__name__}.{name}: missing")
    return kind(**values)


@functools.cache
def _fields(kind: type) -> list[tuple[str, Any, bool]]:
    hints = get_type_hints(kind)
    missing = dataclasses.MISSING
    return [
        (f.name, hints[f.name], f.default is missing and f.default_factory is missing)
        for f in dataclasses.fields(kind)
    ]


@functools.cache
def by_name(union: Any) -> dict[str, type]:
    """Class name → class, for the members of a union of dataclasses."""
    return {member.__name__: member for member in get_args(union)}


def named(union: Any, name: str, plain: Any) -> Any:
    """The member of `union` called `name`, from plain values; raises `MalformedMessage`."""
    kind = by_name(union).get(name)
    if kind is None:
        raise MalformedMessage("unknown name")
    return from_plain(kind, plain)


def _value(hint: Any, plain: Any, where: str) -> Any:
    if hint is Any:
        return plain
    origin = get_origin(hint)
    if origin in (types.UnionType, typing.Union):
        return _optional(hint, plain, where)
    if origin is tuple:
        if not isinstance(plain, list):
            raise MalformedMessage(f"{where}: not a list")
        item = get_args(hint)[0]
        return tuple(_value(item, each, where) for each in plain)
    if origin is dict:
        if not isinstance(plain, dict):
            raise MalformedMessage(f"{where}: not an object")
        item = get_args(hint)[1]
        return {str(key): _value(item, each, where) for key, each in plain.items()}
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return from_plain(hint, plain)
    if isinstance(hint, type) and issubclass(hint, Enum):
        try:
            return hint(plain)
        except ValueError:
            raise MalformedMessage(f"{where}: unknown value") from None
    return _scalar(hint, plain, where)


def _optional(hint: Any, plain: Any, where: str) -> Any:
    if plain is None and type(None) in get_args(hint):
        return None
    inner = [each for each in get_args(hint) if each is not type(None)]
    if len(inner) != 1:
        raise MalformedMessage(f"{where}: ambiguous")
    return _value(inner[0], plain, where)


def _scalar(hint: Any, plain: Any, where: str) -> Any:
    if hint is float and isinstance(plain, int) and not isinstance(plain, bool):
        plain = float(plain)
    if not isinstance(plain, hint) or (isinstance(plain, bool) and hint is not bool):
        raise MalformedMessage(f"{where}: not {getattr(hint, '__name__', 'valid')}")
    if isinstance(plain, float) and not math.isfinite(plain):
        raise MalformedMessage(f"{where}: not finite")
    return plain
