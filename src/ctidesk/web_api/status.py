"""How the web API is, and whom its server tells: light, since every desk that has one loads it.

Runs in: desk process, the web API's thread and Qt main. Pure.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ctidesk.calls.errors import KnownError
from ctidesk.web_api.messages import Message, Request

Deliver = Callable[[Callable[[], None]], None]
Answer = Callable[[Message], None]


@dataclass(frozen=True, slots=True)
class Status:
    """`origins`: of those who are in, each connection once ("" for a program). `wrong_tokens`: in
    a row. `problem`: why nobody can connect."""

    listening: bool = False
    origins: tuple[str, ...] = ()
    wrong_tokens: int = 0
    problem: KnownError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listeners:
    """All called on Qt main. `on_entered(welcome)`: answer with the snapshot. `on_request(request,
    answer)`: answer exactly once."""

    on_status: Callable[[Status], None]
    on_entered: Callable[[Answer], None]
    on_request: Callable[[Request, Answer], None]
