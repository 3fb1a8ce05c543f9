"""What to call the other end of each call: its own words, or the directory's for those we dial.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

import functools

from ctidesk.calls import events as ev
from ctidesk.calls.call import Call
from ctidesk.calls.desk import CallDesk, Change
from ctidesk.calls.errors import KnownError
from ctidesk.calls.text import plain
from ctidesk.care.member import Lookup
from ctidesk.care.ports import MemberDirectory
from ctidesk.ui import words

KEPT = 128


class CallNames:
    """A dialled number has no name of its own; if the directory knows exactly one, that is it.
    An incoming call is never renamed: who calls is what the agent asks."""

    def __init__(self, desk: CallDesk, directory: MemberDirectory, shown: words.Shown) -> None:
        self._desk = desk
        self._directory = directory
        self._shown = shown
        # text of strangers is made plain character by character: once, not at every event
        self._plain_name = functools.lru_cache(KEPT)(words.caller_name)
        self._plain_detail = functools.lru_cache(KEPT)(words.caller_detail)
        self._found: dict[str, str] = {}
        desk.subscribe(self._changed)

    def name(self, call: Call) -> str:
        """One line of plain text."""
        if call.call_id in self._found and not plain(call.remote.display_name):
            return self._found[call.call_id]
        return self._plain_name(call.remote, self._shown)

    def detail(self, call: Call) -> str:
        """Number, queue, way through the menu."""
        detail = self._plain_detail(call.remote, call.routing, call.direction, self._shown)
        if call.call_id not in self._found:
            return detail
        number = words.caller_number(call.remote, self._shown)
        if number and not plain(call.remote.display_name):
            return " · ".join(part for part in (number, detail) if part)
        return detail

    def number(self, raw: str) -> str:
        """A number for the screen."""
        return self._shown(raw) or plain(raw, 32)

    def _changed(self, change: Change) -> None:
        if isinstance(change, ev.CallDialled):
            self._ask(change.call_id, change.remote.number)
        elif isinstance(change, ev.CallEvent | ev.EngineReady) or change is None:
            for call_id in [key for key in self._found if key not in self._desk.calls]:
                del self._found[call_id]

    def _ask(self, call_id: str, number: str) -> None:
        def found(outcome: Lookup | KnownError) -> None:
            if isinstance(outcome, KnownError) or call_id not in self._desk.calls:
                return
            if len(outcome.candidates) == 1:
                self._found[call_id] = plain(outcome.candidates[0].name)
                self._desk.publish(None)

        self._directory.find_by_number(number, found)
