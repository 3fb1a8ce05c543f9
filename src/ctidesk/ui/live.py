"""A state that a view shows: computed from the desk, told to the view only when it changed.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from ctidesk.calls.desk import Change, Listener
from ctidesk.calls.events import TELEMETRY

S = TypeVar("S")


def but_telemetry(listener: Listener) -> Listener:
    """`listener` without what comes several times a second and changes nothing for it."""

    def filtered(change: Change) -> None:
        if not isinstance(change, TELEMETRY):
            listener(change)

    return filtered


class Live(Generic[S]):
    """The latest value of `compute` and those who show it.

    `compute` must be pure and cheap: it runs at every event. The value needs `==`, which decides
    whether anything is painted at all.
    """

    def __init__(self, compute: Callable[[], S]) -> None:
        self._compute = compute
        self._shown: S | None = None
        self._viewers: list[Callable[[S], None]] = []

    @property
    def state(self) -> S:
        """The value as of now."""
        return self._compute()

    def watch(self, viewer: Callable[[S], None]) -> None:
        """Show the value to `viewer` now and at each change."""
        self._viewers.append(viewer)
        self._shown = self._compute()
        viewer(self._shown)

    def refresh(self, *_: object) -> None:
        """Compute again; tell the viewers if it differs. Ignores a listener's argument."""
        if not self._viewers:
            return
        state = self._compute()
        if state == self._shown:
            return
        self._shown = state
        for viewer in self._viewers:
            viewer(state)
