"""One connection of a web CRM: hello, requests in, messages out, each within limits.

Runs in: desk process, the web API's thread.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Protocol

from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from ctidesk.web_api import messages
from ctidesk.web_api.messages import BadMessage, Message, Request
from ctidesk.web_api.secret import Doorkeeper, Rate

log = logging.getLogger(__name__)

HELLO_S = 5.0
QUEUED = 64
"""Messages that wait for a page that does not read; one more and it is dropped."""
REQUESTS_EACH_S = 10.0
REQUESTS_AT_ONCE = 20
BAD_MESSAGES = 5
"""So many messages that are none, and the connection is closed."""
CLOSED_BY_US = 4400
CLOSED_TOKEN = 4401
CLOSED_WAIT = 4429


class House(Protocol):
    """What a visitor needs of the server."""

    doorkeeper: Doorkeeper

    def entered(self, visitor: Visitor) -> None:
        """The token was right: the snapshot may go to it, then all events."""
        ...

    def asks(self, visitor: Visitor, request: Request) -> None: ...

    def wrong_token(self) -> None: ...


class Visitor:
    """Owned by the server; `offer` on the web API's thread only."""

    def __init__(
        self,
        connection: ServerConnection,
        origin: str,
        house: House,
        now: Callable[[], float],
    ) -> None:
        self.origin = origin
        self._connection = connection
        self._house = house
        self._now = now
        self._out: asyncio.Queue[str] = asyncio.Queue(QUEUED)
        self._rate = Rate(REQUESTS_EACH_S, REQUESTS_AT_ONCE)
        self._bad = 0
        self.here = False
        """Let in, and not gone yet."""
        self.keeper: Doorkeeper | None = None
        """Who let it in."""

    async def stay(self) -> None:
        """Until either side ends it."""
        with contextlib.suppress(ConnectionClosed):
            if not await self._greeted():
                return
            self.here = True
            self._house.entered(self)
            sender = asyncio.create_task(self._send())
            try:
                await self._listen()
            finally:
                self.here = False
                sender.cancel()
                with contextlib.suppress(asyncio.CancelledError, ConnectionClosed):
                    await sender

    def offer(self, message: Message) -> None:
        """Send it when its turn comes. A page that does not read is dropped: nothing may pile up
        in the desk."""
        if not self.here:
            return
        try:
            self._out.put_nowait(messages.encoded(message))
        except asyncio.QueueFull:
            log.info("a web page that does not read was dropped")
            self.drop()

    def drop(self) -> None:
        """At once, without a word."""
        self.here = False
        self._connection.transport.abort()

    async def turn_out(self, code: str, text: str, number: int, **more: object) -> None:
        """Say why, then close."""
        await self._connection.send(messages.encoded(messages.error(code, text, **more)))
        await self._connection.close(number, code)

    # ----------------------------------------------------------------- private

    async def _greeted(self) -> bool:
        try:
            async with asyncio.timeout(HELLO_S):
                raw = await self._connection.recv()
            hello = messages.read_hello(raw)
        except TimeoutError:
            await self.turn_out("hello_late", "No hello came in time.", CLOSED_BY_US)
            return False
        except BadMessage as bad:
            number = CLOSED_TOKEN if bad.code == "token" else CLOSED_BY_US
            await self.turn_out(bad.code, bad.text, number)
            return False
        keeper = self._house.doorkeeper
        if wait_s := keeper.wait_s(self._now()):
            text = "Too many wrong tokens: nobody is let in now."
            await self.turn_out("wait", text, CLOSED_WAIT, retry_after_s=round(wait_s + 0.5))
            return False
        if not keeper.lets_in(hello.token, self._now()):
            self._house.wrong_token()
            await self.turn_out("token", "The token is wrong.", CLOSED_TOKEN)
            return False
        self.keeper = keeper
        return True

    async def _send(self) -> None:
        while True:
            await self._connection.send(await self._out.get())

    async def _listen(self) -> None:
        while True:
            raw = await self._connection.recv()
            try:
                request = messages.read_request(raw)
            except BadMessage as bad:
                self._bad += 1
                self.offer(messages.failed(bad.request_id, bad.code, bad.text))
                if self._bad >= BAD_MESSAGES:
                    await self.turn_out("bad_messages", "Too many bad messages.", CLOSED_BY_US)
                    return
                continue
            if not self._rate.allows(self._now()):
                await self.turn_out("too_fast", "Too many requests a second.", CLOSED_WAIT)
                return
            self._house.asks(self, request)
