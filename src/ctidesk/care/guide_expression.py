"""The conditions of guides: a small language on facts that always ends and never fails.

Runs in: desk process, any thread. Pure; there is no way from it to Python.

    rx.expired and not answer.urgent == "yes"
    auth.days_left < 7 or party in ["supplier", "provider"]
    known(rx.next)

A fact that is not known makes a comparison unknown, and `not` of unknown is unknown too: only what
is certain counts as true. `parse` checks names and types, so that `evaluate` has nothing to refuse.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

MAX_CHARS = 300
MAX_DEPTH = 20

Value = str | float | bool | date


class Kind(StrEnum):
    """What a fact or an answer is."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    FLAG = "flag"  # true or false


class BadExpression(ValueError):
    """The text is no condition; the message says why, for the author of a guide."""


@dataclass(frozen=True, slots=True)
class Name:
    name: str


@dataclass(frozen=True, slots=True)
class Literal:
    value: Value


@dataclass(frozen=True, slots=True)
class Known:
    name: str


@dataclass(frozen=True, slots=True)
class Not:
    inner: Node


@dataclass(frozen=True, slots=True)
class Compare:
    sign: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Among:
    left: Node
    values: tuple[str | float, ...]


@dataclass(frozen=True, slots=True)
class AllOf:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple[Node, ...]


Node = Name | Literal | Known | Not | Compare | Among | AllOf | AnyOf


@dataclass(frozen=True, slots=True)
class Expression:
    """A checked condition. `names`: the facts and answers that it asks."""

    text: str
    node: Node
    names: frozenset[str]

    def evaluate(self, facts: Mapping[str, Value]) -> bool | None:
        """True, False, or None where it cannot be known."""
        found = _evaluate(self.node, facts)
        return found if isinstance(found, bool) else None

    def holds(self, facts: Mapping[str, Value]) -> bool:
        """Certainly true."""
        return self.evaluate(facts) is True


_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<text>"[^"\n]*")
    |(?P<name>[a-z_][a-z0-9_]*(?:\.[a-z0-9_]+)*)|(?P<sign>==|!=|<=|>=|<|>|\(|\)|\[|\]|,))""",
    re.VERBOSE,
)
_SIGNS: dict[str, Callable[[Value, Value], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_WORDS = frozenset({"and", "or", "not", "in", "known", "true", "false"})


def parse(text: str, kinds: Mapping[str, Kind]) -> Expression:
    """`kinds`: the names that may be used. Raises `BadExpression`."""
    if len(text) > MAX_CHARS:
        raise BadExpression(f"is longer than {MAX_CHARS} characters")
    reading = _Reading(_tokens(text), kinds)
    node, kind = reading.whole()
    if kind is not Kind.FLAG:
        raise BadExpression("is no condition: it has to be true or false")
    return Expression(text, node, frozenset(reading.names))


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    place = 0
    while text[place:].strip():
        match = _TOKEN.match(text, place)
        if match is None:
            raise BadExpression(f"cannot be read from “{text[place:].strip()[:20]}” on")
        kind = match.lastgroup or ""
        found.append((kind, match.group(kind)))
        place = match.end()
    return found


class _Reading:
    """Recursive descent; every rule returns the node and what kind of value it gives."""

    def __init__(self, tokens: list[tuple[str, str]], kinds: Mapping[str, Kind]) -> None:
        self._tokens = tokens
        self._kinds = kinds
        self._place = 0
        self._depth = 0
        self.names: set[str] = set()

    def whole(self) -> tuple[Node, Kind]:
        found = self._any()
        if self._place < len(self._tokens):
            raise BadExpression(f"goes on with “{self._next()}” where it should end")
        return found

    def _next(self) -> str:
        return self._tokens[self._place][1] if self._place < len(self._tokens) else ""

    def _take(self, wanted: str) -> bool:
        if self._next() == wanted:
            self._place += 1
            return True
        return False

    def _need(self, wanted: str) -> None:
        if not self._take(wanted):
            raise BadExpression(f"lacks “{wanted}”")

    def _any(self) -> tuple[Node, Kind]:
        return self._joined("or", self._all, AnyOf)

    def _all(self) -> tuple[Node, Kind]:
        return self._joined("and", self._not, AllOf)

    def _joined(
        self,
        word: str,
        part: Callable[[], tuple[Node, Kind]],
        make: Callable[[tuple[Node, ...]], Node],
    ) -> tuple[Node, Kind]:
        first, kind = part()
        parts = [first]
        while self._take(word):
            node, other = part()
            if kind is not Kind.FLAG or other is not Kind.FLAG:
                raise BadExpression(f"“{word}” joins something that is no condition")
            parts.append(node)
        return (first, kind) if len(parts) == 1 else (make(tuple(parts)), Kind.FLAG)

    def _not(self) -> tuple[Node, Kind]:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise BadExpression("is nested too deeply")
        try:
            if not self._take("not"):
                return self._comparison()
            node, kind = self._not()
        finally:
            self._depth -= 1
        if kind is not Kind.FLAG:
            raise BadExpression("“not” stands before something that is no condition")
        return Not(node), Kind.FLAG

    def _comparison(self) -> tuple[Node, Kind]:
        left, kind = self._value()
        sign = self._next()
        if self._take("in"):
            return Among(left, self._list(kind)), Kind.FLAG
        if sign not in _SIGNS:
            return left, kind
        self._place += 1
        right, other = self._value()
        if kind is not other:
            raise BadExpression(f"compares {kind.value} with {other.value}")
        if sign not in ("==", "!=") and kind in (Kind.TEXT, Kind.FLAG):
            raise BadExpression(f"“{sign}” has no meaning for {kind.value}")
        return Compare(sign, left, right), Kind.FLAG

    def _list(self, kind: Kind) -> tuple[str | float, ...]:
        self._need("[")
        values: list[str | float] = []
        while True:
            node, other = self._value()
            if not isinstance(node, Literal) or other is not kind:
                raise BadExpression(f"the list has to hold nothing but {kind.value}")
            if isinstance(node.value, str | float):
                values.append(node.value)
            if not self._take(","):
                break
        self._need("]")
        return tuple(values)

    def _value(self) -> tuple[Node, Kind]:
        if self._place >= len(self._tokens):
            raise BadExpression("ends too early")
        kind, text = self._tokens[self._place]
        self._place += 1
        if text == "(":
            found = self._any()
            self._need(")")
            return found
        if kind == "number":
            return Literal(float(text)), Kind.NUMBER
        if kind == "text":
            return Literal(text[1:-1]), Kind.TEXT
        if text in ("true", "false"):
            return Literal(text == "true"), Kind.FLAG
        if text == "known":
            self._need("(")
            name = self._next()
            self._place += 1
            self._kind_of(name)
            self._need(")")
            return Known(name), Kind.FLAG
        if kind != "name" or text in _WORDS:
            raise BadExpression(f"has “{text}” where a fact should be")
        return Name(text), self._kind_of(text)

    def _kind_of(self, name: str) -> Kind:
        found = self._kinds.get(name)
        if found is None:
            raise BadExpression(f"asks for “{name[:40]}”, which is no known fact or earlier answer")
        self.names.add(name)
        return found


def _evaluate(node: Node, facts: Mapping[str, Value]) -> Value | None:
    match node:
        case Literal():
            return node.value
        case Name():
            return facts.get(node.name)
        case Known():
            return node.name in facts
        case Not():
            inner = _evaluate(node.inner, facts)
            return None if inner is None else not inner
        case Among():
            left = _evaluate(node.left, facts)
            return None if left is None else left in node.values
        case Compare():
            return _compared(node, facts)
        case AllOf():
            found = [_evaluate(part, facts) for part in node.parts]
            return False if False in found else None if None in found else True
        case AnyOf():
            found = [_evaluate(part, facts) for part in node.parts]
            return True if True in found else None if None in found else False


def _compared(node: Compare, facts: Mapping[str, Value]) -> bool | None:
    left, right = _evaluate(node.left, facts), _evaluate(node.right, facts)
    if left is None or right is None:
        return None
    try:
        return _SIGNS[node.sign](left, right)
    except TypeError:  # facts that are not what they were declared to be: unknown, not a failure
        return None
