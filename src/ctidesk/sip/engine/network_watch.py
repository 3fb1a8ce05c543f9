"""Notices that this computer's network changed, or that it has slept, without asking all the time.

Runs in: engine process; a thread of its own waits for the kernel, the loop thread is told.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable

from ctidesk.sip.engine.addresses import is_ipv6

COMPARE_S = 5.0
"""Where the kernel tells nothing, and for what it does not tell, own addresses are compared."""
QUIET_S = 0.3
"""A cable that is plugged in makes a dozen messages; the last one counts."""
SLEPT_S = 3.0
# linux/rtnetlink.h: links, addresses and routes of both kinds of IP
_GROUPS = 0x1 | 0x10 | 0x40 | 0x100 | 0x400


def own_address(target: str) -> str:
    """Our own address on the way to the IP address `target`, "" for no way; nothing is sent."""
    family = socket.AF_INET6 if is_ipv6(target) else socket.AF_INET
    with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.connect((target, 9))
        return str(probe.getsockname()[0])
    return ""


class NetworkWatch:
    """`changed()` on the watch's own thread: after the kernel reported something, or when our own
    address towards a target became another. `targets` may be set by any thread."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self.targets: frozenset[str] = frozenset()
        self._changed = changed
        self._kernel = _kernel_socket()
        self._wait = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="network", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def _watch(self) -> None:
        before: dict[str, str] = {}
        while True:
            told = self._told()
            now = {target: own_address(target) for target in self.targets}
            # a target that is new has no past
            if told or any(before.get(each, now[each]) != now[each] for each in now):
                self._changed()
            before = now

    def _told(self) -> bool:
        """Wait for the kernel, or for the time to compare; True when the kernel spoke."""
        if self._kernel is None:
            self._wait.wait(COMPARE_S)
            return False
        told = False
        self._kernel.settimeout(COMPARE_S)
        with contextlib.suppress(OSError):  # the time-out, or more messages than fit
            while True:
                self._kernel.recv(65536)
                told = True
                self._kernel.settimeout(QUIET_S)
        return told


def _kernel_socket() -> socket.socket | None:
    """Netlink messages of the kernel; None on other systems or where it is not allowed."""
    try:
        kernel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        kernel.bind((0, _GROUPS))
    except (OSError, AttributeError):
        return None
    return kernel


class SleepWatch:
    """How long the computer slept: then one clock goes on while the other stands."""

    def __init__(
        self,
        always: Callable[[], float] | None = None,
        awake: Callable[[], float] = time.monotonic,
    ) -> None:
        self._always = always or _always
        self._awake = awake
        self._offset_s = self._always() - self._awake()

    def slept_s(self) -> float:
        """Seconds slept since the last question, 0.0 for less than a few."""
        offset_s = self._always() - self._awake()
        slept_s, self._offset_s = offset_s - self._offset_s, offset_s
        return slept_s if slept_s > SLEPT_S else 0.0


def _always() -> float:
    """Seconds of a clock that goes on while the computer sleeps."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.clock_gettime(clock) if clock is not None else time.time()
