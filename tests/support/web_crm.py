"""A web CRM of a test: the example page served by this computer, under two origins.

Runs in: the test process; one thread serves.
"""

from __future__ import annotations

import functools
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from ctidesk.config.paths import resources


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Nobody reads it."""


class WebCrm:
    """`origin` may be allowed; `stranger` is the same page under another origin."""

    def __init__(self) -> None:
        handler = functools.partial(_Quiet, directory=str(resources() / "web-api"))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        port = self._server.server_address[1]
        self.origin = f"http://127.0.0.1:{port}"
        self.stranger = f"http://localhost:{port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)
