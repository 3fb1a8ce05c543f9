"""The only hop between threads: what any thread delivers runs on the Qt main thread, in order.

Runs in: desk process; `deliver` on any thread, everything else on the Qt main thread.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, QThread, QTimer, Signal, Slot

from ctidesk.calls.errors import BugError

BUDGET_S = 0.008
"""How long one slice may hold the event loop: half a frame at 60 Hz."""

FEW = 3
"""So many that wait are worked off before the next painting: the directory's answer to a call
arrives while the call is being shown, and would otherwise be painted one frame later."""

Delivered = Callable[[], None]
OnError = Callable[[Exception], None]


class QtBridge(QObject):
    """Made and closed on the Qt main thread by the composition root.

    One queued signal wakes the main thread, however much waits. A flood is worked off in slices
    of `BUDGET_S`, with a turn of the event loop (input, painting, timers) between them. An error
    in a delivered function goes to `on_error` and the next one runs.
    """

    _woken = Signal()

    def __init__(
        self,
        on_error: OnError,
        clock: Callable[[], float] = time.perf_counter,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._on_error = on_error
        self._clock = clock
        self._lock = threading.Lock()
        self._waiting: deque[Delivered] = deque()
        self._awake = False
        self._closed = False
        # a timer of 0 ms fires only after the loop has looked after everything else; a posted
        # event could keep the loop among posted events for as long as we post
        self._next_slice = QTimer(self)
        self._next_slice.setSingleShot(True)
        self._next_slice.setInterval(0)
        self._next_slice.timeout.connect(self._drain)
        self._woken.connect(self._drain, Qt.ConnectionType.QueuedConnection)

    def deliver(self, fn: Delivered) -> None:
        """Run `fn()` on the Qt main thread, after all that was delivered before. Returns at once,
        on any thread; after `close` it is dropped."""
        with self._lock:
            if self._closed:
                return
            self._waiting.append(fn)
            if self._awake:
                return
            self._awake = True
            # inside the lock, so that `close` cannot delete us between the check and the signal
            self._woken.emit()

    def close(self) -> None:
        """Drop what waits and what still comes."""
        with self._lock:
            self._closed = True
            self._waiting.clear()
        self._next_slice.stop()

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @Slot()
    def _drain(self) -> None:
        if QThread.currentThread() is not self.thread():
            raise BugError("QtBridge drained on a foreign thread")
        end = self._clock() + BUDGET_S
        while True:
            with self._lock:
                if not self._waiting:
                    self._awake = False
                    return
                fn = self._waiting.popleft()
            self._run(fn)
            late_s = self._clock() - end
            if late_s >= 0 and (len(self._waiting) > FEW or late_s >= 2 * BUDGET_S):
                self._next_slice.start()
                return

    def _run(self, fn: Delivered) -> None:
        try:
            fn()
        except Exception as error:  # noqa: BLE001 - Qt calls us: raised into it, it would be lost
            self._on_error(error)
