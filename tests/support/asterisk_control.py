"""The manager interface of the tests' Asterisk: what it knows, and calls that it makes.

Runs in: the test process; blocking, one connection.
"""

from __future__ import annotations

import socket
import time
from typing import Any

Answer = dict[str, str]


class AsteriskControl:
    """One login. Raises `OSError` when Asterisk is not there (any more)."""

    def __init__(self, port: int, secret: str, patience_s: float = 20.0) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=patience_s)
        self._file = self._socket.makefile("rb")
        self._file.readline()  # the banner
        self._number = 0
        self._events: list[Answer] = []
        answer = self("Login", Username="tests", Secret=secret, Events="on")
        if answer.get("Response") != "Success":
            raise ConnectionRefusedError("the manager's login was refused")

    def booted(self) -> None:
        """Wait until everything is loaded."""
        while not any(event.get("Event") == "FullyBooted" for event in self._events):
            self._events.append(self._message())
        # what nobody reads would fill the connection until Asterisk ends it
        self("Events", EventMask="off")

    def __call__(self, action: str, **fields: Any) -> Answer:
        """Carry out `action`; its answer. Events that come meanwhile are passed over."""
        self._number += 1
        lines = {"Action": action, "ActionID": str(self._number), **fields}
        text = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        self._socket.sendall(f"{text}\r\n".encode())
        while True:
            message = self._message()
            if "Response" in message and message.get("ActionID") == str(self._number):
                return message
            self._events = [*self._events[-50:], message]

    def several(self, action: str, **fields: Any) -> list[Answer]:
        """An action that is answered by a list of events."""
        assert self(action, **fields).get("Response") == "Success"
        found = []
        while True:
            message = self._message()
            if message.get("ActionID") != str(self._number):
                continue
            if message.get("EventList") in ("Complete", "Cancelled"):
                return found
            found.append(message)

    def variable(self, name: str) -> str:
        """A global variable of the dial plan."""
        return self("Getvar", Variable=name).get("Value", "")

    def queue_members(self) -> dict[str, Answer]:
        """By telephone: "Paused" and the rest that Asterisk says about a member of the queue."""
        told = self.several("QueueStatus", Queue="Members")
        return {
            each["Name"].removeprefix("PJSIP/"): each
            for each in told
            if each.get("Event") == "QueueMember"
        }

    def channels(self) -> list[Answer]:
        """The legs of all calls."""
        told = self.several("CoreShowChannels")
        return [each for each in told if each.get("Event") == "CoreShowChannel"]

    def registered(self, telephone: str) -> bool:
        """Whether `telephone` has a contact."""
        told = self("Getvar", Variable=f"PJSIP_AOR({telephone},contact)")
        return bool(told.get("Value"))

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def _message(self) -> Answer:
        message: Answer = {}
        end = time.monotonic() + 20
        while time.monotonic() < end:
            line = self._file.readline()
            if not line:
                raise ConnectionResetError("Asterisk closed its manager interface")
            text = line.decode("utf-8", "replace").rstrip("\r\n")
            if not text:
                if message:
                    return message
                continue
            name, _, value = text.partition(": ")
            message[name.removesuffix(":")] = value
        raise TimeoutError("Asterisk's manager interface does not answer")
