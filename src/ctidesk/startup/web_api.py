"""The web API of the settings: its token, its server, and how the desk shows it.

Runs in: desk process, Qt main thread; the key store is read on a thread of its own.
"""

from __future__ import annotations

import functools
import threading
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from PySide6.QtWidgets import QApplication

from ctidesk.calls import numbers
from ctidesk.calls.errors import KnownError
from ctidesk.care.member import MemberCard
from ctidesk.config.os_keys import OsKeyStore
from ctidesk.startup.parts import Deliver, Parts
from ctidesk.startup.web_api_token import TOKEN_NAME, no_key_store, no_token
from ctidesk.ui.desk_window import DeskWindow
from ctidesk.ui.directory_search.presenter import Problem
from ctidesk.ui.status_strip.indicator import Indicator
from ctidesk.ui.suggestions import MemberSuggestions, suggestion_command
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.notice import Level, Notice, notice_of
from ctidesk.web_api.desk_events import DeskEvents
from ctidesk.web_api.desk_orders import DeskOrders
from ctidesk.web_api.messages import Message
from ctidesk.web_api.policy import PROGRAM, Policy, checked_policy
from ctidesk.web_api.secret import FREE_TRIES, is_digest
from ctidesk.web_api.status import Answer, Listeners, Status

if TYPE_CHECKING:
    from ctidesk.web_api.server import WebApiServer

NOTICE = "web_api"


class WebApiLink:
    """Does nothing where the settings do not enable it. Whatever fails here is shown, and the
    desk goes on."""

    def __init__(
        self,
        parts: Parts,
        window: DeskWindow,
        deliver: Deliver,
        raise_window: Callable[[], None],
    ) -> None:
        self._parts = parts
        self._window = window
        self._deliver = deliver
        self._policy: Policy | None = None
        self._server: WebApiServer | None = None
        self._hands = _Hands(parts, window, raise_window)
        self._orders: DeskOrders | None = None
        self._events: DeskEvents | None = None

    def start(self) -> None:
        """Once the window is on the screen."""
        wanted = self._parts.settings.web_api
        if not wanted.enabled:
            return
        try:
            self._policy = checked_policy(
                wanted.port, wanted.origins, wanted.local_programs, wanted.may_dial
            )
        except KnownError as error:
            self._show(Status(problem=error))
            return
        self.token_changed()

    def token_changed(self) -> None:
        """Read it (again); who came in with another one is turned out."""
        if self._policy is not None:
            threading.Thread(target=self._read_token, name="web-api-token", daemon=True).start()

    def stop(self, wait_s: float = 0.5) -> None:
        if self._server is not None:
            self._server.stop(wait_s)
            self._server = None

    # ----------------------------------------------------------------- private

    def _read_token(self) -> None:
        import ctidesk.web_api.server  # noqa: F401 - asyncio behind it takes 30 ms: not on Qt main

        try:
            digest: str | KnownError = OsKeyStore().read(TOKEN_NAME) or ""
        except KnownError:
            digest = no_key_store()
        self._deliver(lambda: self._token_read(digest))

    def _token_read(self, digest: str | KnownError) -> None:
        policy = self._policy
        if policy is None:
            return
        if isinstance(digest, KnownError) or not is_digest(digest):
            self.stop(0.0)
            problem = digest if isinstance(digest, KnownError) else no_token()
            self._show(Status(problem=problem))
        elif self._server is not None:
            self._server.change_token(digest)
        else:
            self._serve(policy, digest)

    def _serve(self, policy: Policy, digest: str) -> None:
        from ctidesk.web_api.server import WebApiServer

        parts = self._parts
        if self._events is None:
            self._events = DeskEvents(parts.desk, parts.pop, self._tell, policy.may_dial)
            self._orders = DeskOrders(
                parts.desk,
                parts.actions,
                parts.directory,
                self._hands,
                functools.partial(numbers.dialable, region=parts.settings.data.region),
                policy.may_dial,
            )
        events, orders = self._events, self._orders
        assert orders is not None

        def entered(answer: Answer) -> None:
            answer(events.welcome())

        def told(status: Status) -> None:
            if self._server is server:  # one that is ended has nothing to say
                self._show(status)

        listeners = Listeners(on_status=told, on_entered=entered, on_request=orders.carry_out)
        server = self._server = WebApiServer(policy, digest, self._deliver, listeners)
        server.start()

    def _tell(self, message: Message) -> None:
        if self._server is not None:
            self._server.tell(message)

    def _show(self, status: Status) -> None:
        self._window.presenters.status.set_web_api(web_api_indicator(status))
        notices = self._window.window.notices
        if status.problem is not None:
            notices.show_notice(NOTICE, notice_of(status.problem, Level.WARNING))
        else:
            notices.clear(NOTICE)


class _Hands:
    """Implements `web_api.desk_orders.Hands`: who types in the desk keeps the keyboard."""

    def __init__(self, parts: Parts, window: DeskWindow, raise_window: Callable[[], None]) -> None:
        self._desk = parts.desk
        self._window = window
        self._raise_window = raise_window
        self._suggestions = MemberSuggestions(
            parts.desk, parts.pop, window.window.notices, lambda: window.locked
        )
        window.commands.register(suggestion_command(self._suggestions))

    def prefill(self, number: str) -> None:
        if self._desk.live or QApplication.activeWindow() is not None:
            self._window.presenters.dialler.prefill(number)
            self._window.window.notices.show_notice("web_number", _NUMBER)
            return
        self._raise_window()
        self._window.prefill(number)

    def suggest(self, call_id: str, card: MemberCard) -> bool:
        return self._suggestions.show(call_id, card)


_NUMBER = Notice(
    level=Level.INFO,
    text="Your web CRM put a number into the dial field.",
    remedy="Go there with Ctrl+D; Enter dials it.",
    passing=True,
)


def web_api_indicator(status: Status) -> Indicator:
    """How the status strip shows the web API."""
    if status.problem is not None:
        problem = Problem(status.problem.text, status.problem.remedy)
        return Indicator("web_api", "warning", "No web CRM", Role.HOLD, problem.text, problem)
    if status.wrong_tokens >= FREE_TRIES:
        text = f"A page or program gave a wrong token {status.wrong_tokens} times in a row."
        wrong = Problem(text, "Give your CRM the right token, or make a new one: ctidesk web-api.")
        return Indicator("web_api", "warning", "Web CRM: wrong token", Role.HOLD, text, wrong)
    if not status.origins:
        tip = "A page of your CRM may connect; none is connected now."
        return Indicator("web_api", "network", "Web CRM: nobody connected", Role.MUTED, tip)
    names = [_name(origin) for origin in status.origins]
    tip = ", ".join(f"{name} ({count})" for name, count in sorted(Counter(names).items()))
    inside = names[0] if len(names) == 1 else str(len(names))
    return Indicator(
        "web_api", "check", f"Web CRM connected ({inside})", Role.READY, f"Connected: {tip}."
    )


def _name(origin: str) -> str:
    return "a program" if origin == PROGRAM else urlsplit(origin).netloc
