"""Network namespaces for tests that pull cables and change addresses. They need root and `ip`.

Runs in: the test process.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def ip(*words: str) -> None:
    """The command of iproute2, quietly."""
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


def can_make() -> bool:
    """Whether this user may make namespaces here."""
    name = f"ctidesk{uuid.uuid4().hex[:6]}"
    try:
        ip("netns", "add", name)
        ip("netns", "del", name)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


EXCHANGE = "10.213.7.1"
DESK = "10.213.7.2"


class Cable:
    """Two namespaces, `exchange` at `EXCHANGE` and `desk` at `DESK`, with a cable between them."""

    def __init__(self) -> None:
        mark = uuid.uuid4().hex[:6]
        self.exchange, self.desk = f"ctix{mark}", f"ctid{mark}"
        self._ends = {self.exchange: f"vx{mark}", self.desk: f"vd{mark}"}
        for name in self._ends:
            ip("netns", "add", name)
            ip("-n", name, "link", "set", "lo", "up")
        peer = ("peer", "name", self._ends[self.desk], "netns", self.desk)
        link = ("link", "add", self._ends[self.exchange], "type", "veth")
        ip("-n", self.exchange, *link, *peer)
        self.plug(self.exchange)
        self.plug(self.desk)
        self.address(self.exchange, f"{EXCHANGE}/24")
        self.address(self.desk, f"{DESK}/24")

    def address(self, end: str, address: str, there: bool = True) -> None:
        """Give an end an address such as "10.9.0.2/24", or take it away."""
        ip("-n", end, "addr", "add" if there else "del", address, "dev", self._ends[end])

    def plug(self, end: str, there: bool = True) -> None:
        """Plug the cable in or pull it, at one end."""
        ip("-n", end, "link", "set", self._ends[end], "up" if there else "down")

    def lose(self, one: str, other: str) -> None:
        """What the two addresses send each other is lost and nobody is told, as by a dead switch
        in between: each end takes the other for a network card that does not exist."""
        for end, address in ((self.desk, one), (self.exchange, other)):
            nowhere = ("lladdr", "02:00:00:00:00:99", "dev", self._ends[end], "nud", "permanent")
            far = other if address == one else one
            ip("-n", end, "neigh", "replace", far, *nowhere)

    def find(self, one: str, other: str) -> None:
        """The end of `lose`."""
        ip("-n", self.desk, "neigh", "del", other, "dev", self._ends[self.desk])
        ip("-n", self.exchange, "neigh", "del", one, "dev", self._ends[self.exchange])

    def remove(self) -> None:
        for name in self._ends:
            ip("netns", "del", name)


@contextlib.contextmanager
def inside(name: str) -> Iterator[None]:
    """Sockets and processes of this thread are made in the namespace `name` and stay there."""
    here = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(str(Path("/run/netns") / name), os.O_RDONLY)
    try:
        _enter(there)
        yield
    finally:
        _enter(here)
        os.close(here)
        os.close(there)


def _enter(namespace: int) -> None:
    if _libc.setns(namespace, _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
