"""The WebSocket server on this computer's own addresses, on a thread of its own.

Runs in: desk process; made, told and closed on Qt main, all else on the thread "web-api".
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import http
import logging
import socket
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ctidesk.calls.errors import KnownError
from ctidesk.web_api.messages import MAX_BYTES, Message, Request
from ctidesk.web_api.policy import PROGRAM, Policy
from ctidesk.web_api.secret import Doorkeeper
from ctidesk.web_api.status import Deliver, Listeners, Status

if TYPE_CHECKING:
    from websockets.asyncio.server import Server, ServerConnection
    from websockets.http11 import Request as HttpRequest, Response

    from ctidesk.web_api.visitor import Visitor

log = logging.getLogger(__name__)

MAX_CONNECTIONS = 8
"""At once, whoever they are: a page needs one, and each takes a file of the desk's."""
OPEN_S = 5.0
PING_S = 20.0
STOP_S = 2.0
AGAIN_S = 10.0
"""A port that was taken, or a server that failed, is tried again after so long."""


class WebApiServer:
    """Serves from `start` to `stop`. It fails alone: what goes wrong
    is a status, never an exception."""

    def __init__(
        self,
        policy: Policy,
        digest: str,
        deliver: Deliver,
        listeners: Listeners,
        again_s: float = AGAIN_S,
    ) -> None:
        self._again_s = again_s
        self.doorkeeper = Doorkeeper(digest)
        self._policy = policy
        self._deliver = deliver
        self._listeners = listeners
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self._inside: list[Visitor] = []
        self._open = 0
        self._thread = threading.Thread(target=self._run, name="web-api", daemon=True)

    # --------------------------------------------------------- on Qt main

    def start(self) -> None:
        self._thread.start()

    def tell(self, message: Message) -> None:
        """To everybody who is in."""
        self._post(lambda: self._tell(message))

    def change_token(self, digest: str) -> None:
        """Who came in with another token is turned out."""
        self.doorkeeper = Doorkeeper(digest)

        def turn_out() -> None:
            for visitor in list(self._inside):
                visitor.drop()

        self._post(turn_out)

    def stop(self, wait_s: float = STOP_S) -> None:
        with self._lock:
            self._stopped.set()
            if self._loop is not None and self._stop is not None:
                self._loop.call_soon_threadsafe(self._stop.set)
        if self._thread.is_alive():
            self._thread.join(wait_s)

    # ------------------------------------------- what visitors need (`House`)

    def entered(self, visitor: Visitor) -> None:
        # the snapshot is taken where events are made, so that none is lost or told before it
        def welcome(message: Message) -> None:
            self._post(lambda: self._let_in(visitor, message))

        self._deliver(lambda: self._listeners.on_entered(welcome))

    def asks(self, visitor: Visitor, request: Request) -> None:
        if not self._is_welcome(visitor):
            return

        def answer(message: Message) -> None:
            self._post(lambda: visitor.offer(message))

        log.info("%s asks: %s", visitor.origin or "a program", request.order.value)
        self._deliver(lambda: self._listeners.on_request(request, answer))

    def wrong_token(self) -> None:
        log.warning("a wrong token at the web API, %d in a row", self.doorkeeper.wrong)
        self._report()

    # -------------------------------------------------------------- its thread

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                asyncio.run(self._serve())
            except OSError as error:
                self._say(Status(problem=_cannot_listen(self._policy.port, error)))
            except Exception as error:
                log.error("the web API stopped", exc_info=error)
                self._say(Status(problem=_stopped()))
            finally:
                with self._lock:
                    self._loop = None
            self._stopped.wait(self._again_s)

    async def _serve(self) -> None:
        # loaded here: no window waits for it
        from websockets.asyncio.server import serve

        from ctidesk.web_api.connection import OneConnection

        listening = sockets(self._policy.port)
        stop = asyncio.Event()
        with self._lock:
            self._loop, self._stop = asyncio.get_running_loop(), stop
            if self._stopped.is_set():
                stop.set()
        async with contextlib.AsyncExitStack() as servers:
            for each in listening:
                servers.callback(each.close)
            for each in listening:
                server: Server = serve(
                    self._visit,
                    sock=each,
                    process_request=self._judge,
                    create_connection=OneConnection.limited(self._comes, self._goes),
                    compression=None,
                    server_header=None,
                    open_timeout=OPEN_S,
                    close_timeout=STOP_S / 2,
                    ping_interval=PING_S,
                    ping_timeout=PING_S,
                    max_size=MAX_BYTES,
                    max_queue=4,
                    logger=_silent(),
                )
                await servers.enter_async_context(server)
            log.info("the web API listens on %d addresses", len(listening))
            self._report(True)
            await stop.wait()

    def _comes(self) -> bool:
        """A connection is made; whether there is room for it."""
        self._open += 1
        return self._open <= MAX_CONNECTIONS

    def _goes(self) -> None:
        self._open -= 1

    def _judge(self, connection: ServerConnection, request: HttpRequest) -> Response | None:
        headers = request.headers
        why = self._policy.refusal(request.path, headers.get_all("Host"), headers.get_all("Origin"))
        if not why:
            return None
        # nothing of the request is written down: a URL may hold anything
        log.warning("a connection to the web API was refused: %s", why)
        status = http.HTTPStatus.NOT_FOUND if why == "path" else http.HTTPStatus.FORBIDDEN
        return connection.respond(status, f"Refused: {why}.\n")

    async def _visit(self, connection: ServerConnection) -> None:
        from ctidesk.web_api.visitor import Visitor

        assert connection.request is not None
        origin = connection.request.headers.get("Origin", PROGRAM)
        visitor = Visitor(connection, origin, self, time.monotonic)
        try:
            await visitor.stay()
        finally:
            if visitor in self._inside:
                self._inside.remove(visitor)
                self._report()

    def _let_in(self, visitor: Visitor, welcome: Message) -> None:
        if not self._is_welcome(visitor):
            return
        visitor.offer(welcome)
        log.info("%s is connected", visitor.origin or "a program")
        self._inside.append(visitor)
        self._report()

    def _is_welcome(self, visitor: Visitor) -> bool:
        """The token may have changed after it was judged: that one is dropped here."""
        if visitor.keeper is not self.doorkeeper:
            visitor.drop()
        return visitor.here and not self._stopped.is_set()

    def _tell(self, message: Message) -> None:
        for visitor in list(self._inside):
            visitor.offer(message)

    def _report(self, listening: bool = True) -> None:
        origins = tuple(sorted(visitor.origin for visitor in self._inside))
        self._say(Status(listening, origins, self.doorkeeper.wrong))

    def _say(self, status: Status) -> None:
        self._deliver(lambda: self._listeners.on_status(status))

    def _post(self, fn: Callable[[], None]) -> None:
        """From any thread; nothing happens once the server is gone."""
        with self._lock:
            if self._loop is not None and not self._stopped.is_set():
                with contextlib.suppress(RuntimeError):  # it ended just now
                    self._loop.call_soon_threadsafe(fn)


def sockets(port: int) -> list[socket.socket]:
    """Listening sockets on 127.0.0.1, and ::1 where this computer has it. Raises OSError: a
    foreign program on either would be told our visitors' token."""
    found = [_listening(socket.AF_INET, "127.0.0.1", port)]
    try:
        found.append(_listening(socket.AF_INET6, "::1", port))
    except OSError as error:
        if error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
            found[0].close()
            raise
    return found


def _listening(family: socket.AddressFamily, address: str, port: int) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows: else others may take the port too
            made.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind((address, port))
        made.listen(MAX_CONNECTIONS)
        made.setblocking(False)
    except OSError:
        made.close()
        raise
    return made


def _silent() -> logging.Logger:
    """The library would log messages (a token among them) and every refused handshake."""
    silent = logging.getLogger("ctidesk.web_api.library")
    silent.disabled = True
    return silent


def _cannot_listen(port: int, error: OSError) -> KnownError:
    if error.errno == errno.EADDRINUSE:
        return KnownError(
            "web_api_port_taken",
            f"Web CRMs cannot connect: another program uses port {port} of this computer.",
            "End that program (it is tried again by itself), or choose another [web_api] port. "
            "Calls work.",
        )
    return KnownError(
        "web_api_port",
        f"Web CRMs cannot connect: port {port} cannot be used ({error.strerror}).",
        "Choose another [web_api] port, or ask IT. Calls work.",
    )


def _stopped() -> KnownError:
    return KnownError(
        "web_api_stopped",
        "Web CRMs cannot connect: the interface for them stopped.",
        "It is started again by itself; tell IT if it happens again. Calls work.",
    )
