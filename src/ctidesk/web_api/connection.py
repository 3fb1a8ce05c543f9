"""A connection of the library's that is counted from its first byte on.

Runs in: desk process, the web API's thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from websockets.asyncio.server import ServerConnection


class OneConnection(ServerConnection):
    """Dropped at once where there is no room: a connection that never says anything holds a file
    of the desk's too."""

    comes: Callable[[], bool]
    goes: Callable[[], None]

    @classmethod
    def limited(cls, comes: Callable[[], bool], goes: Callable[[], None]) -> type[OneConnection]:
        """`comes()` counts one and says whether there is room, `goes()` counts it off."""
        members = {"comes": staticmethod(comes), "goes": staticmethod(goes)}
        return type("LimitedConnection", (cls,), members)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if not self.comes():
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self.goes()
        super().connection_lost(exc)
