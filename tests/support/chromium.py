"""A real Chromium without a screen, driven over its DevTools protocol.

Runs in: the test process.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import shutil
import subprocess
import tempfile
import urllib.request
from pathlib import Path
from typing import Any

from tests.support.sip_desk import until
from websockets.sync.client import connect

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE_S = 30.0


def chromium() -> str:
    """The program's path, "" where there is none."""
    return next((path for name in PROGRAMS if (path := shutil.which(name))), "")


class Chromium:
    """One browser with a profile of its own."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="chromium"))
        self._process = subprocess.Popen(
            [
                chromium(),
                # the rest keeps it from looking for its maker's hosts; root has no sandbox
                *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"),
                *("--no-first-run", "--disable-background-networking"),
                *("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"),
                f"--user-data-dir={self._folder / 'profile'}",
                *("--remote-debugging-port=0", "about:blank"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        said = self._folder / "profile" / "DevToolsActivePort"
        until(lambda: said.exists() and "\n" in said.read_text(), "a browser", PATIENCE_S)
        self._port = int(said.read_text().split()[0])
        self._pages: list[Page] = []

    def open(self, url: str) -> Page:
        """A new tab; `url` is loaded when this returns."""
        order = urllib.request.Request(
            f"http://127.0.0.1:{self._port}/json/new?about:blank", method="PUT"
        )
        with urllib.request.urlopen(order, timeout=PATIENCE_S) as answer:
            page = Page(json.load(answer)["webSocketDebuggerUrl"])
        self._pages.append(page)
        page.go(url)
        return page

    def close(self) -> None:
        for page in self._pages:
            page.close()
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


class Page:
    """One tab. Clicks and keys go the way that a mouse's and a keyboard's go."""

    def __init__(self, address: str) -> None:
        self._open = contextlib.ExitStack()
        self._socket = self._open.enter_context(
            connect(address, max_size=2**24, compression=None, proxy=None)
        )
        self._ids = itertools.count(1)

    def order(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self._ids)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(self._socket.recv(PATIENCE_S))
            if answer.get("id") == number:
                assert "error" not in answer, answer
                result: dict[str, Any] = answer["result"]
                return result

    def go(self, url: str) -> None:
        self.order("Page.navigate", url=url)
        ready = f"document.readyState === 'complete' && location.href === {json.dumps(url)}"
        until(lambda: self.value(ready), f"{url} loaded", PATIENCE_S)

    def value(self, script: str) -> Any:
        """What an expression is in the page; promises are waited for."""
        answer = self.order(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def text(self, selector: str) -> str:
        return str(self.value(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''"))

    def shows(self, selector: str, text: str) -> None:
        """Wait until `text` stands there."""
        seen = ""

        def look() -> bool:
            nonlocal seen
            seen = self.text(selector)
            return text in seen

        try:
            until(look, text, PATIENCE_S)
        except AssertionError:
            raise AssertionError(f"{selector} never showed “{text}” but “{seen}”") from None

    def click(self, selector: str) -> None:
        """In the middle of it, as soon as it is on the page."""
        script = (
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            " if (!e) return null; e.scrollIntoView({block: 'center'});"
            " const r = e.getBoundingClientRect();"
            " return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )
        place: list[float] = until(lambda: self.value(script), selector, PATIENCE_S)
        for kind in ("mousePressed", "mouseReleased"):
            self.order(
                "Input.dispatchMouseEvent",
                type=kind,
                x=place[0],
                y=place[1],
                button="left",
                clickCount=1,
            )

    def enter(self, selector: str, text: str) -> None:
        """Instead of what stood there."""
        self.value(f"document.querySelector({json.dumps(selector)}).select()")
        self.value(f"document.querySelector({json.dumps(selector)}).focus()")
        self.order("Input.insertText", text=text)

    def close(self) -> None:
        self._open.close()
