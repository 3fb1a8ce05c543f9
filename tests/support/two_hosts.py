"""Two hosts with a cable between them that can be cut: network namespaces of this test alone.

Runs in: the test process, as root on Linux; what runs on a host is a process of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import uuid

AGENT, CALLER = "192.0.2.1", "192.0.2.2"
"""Addresses for documentation (RFC 5737): nobody's, also when something leaks."""


def can_make_hosts() -> bool:
    if shutil.which("ip") is None or os.geteuid() != 0:
        return False
    name = f"ctidesk-{uuid.uuid4().hex[:6]}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True)
    subprocess.run(["ip", "netns", "del", name], capture_output=True)
    return made.returncode == 0


class TwoHosts:
    """`on(address)` begins the command line of a process that is to run there."""

    def __init__(self) -> None:
        mark = uuid.uuid4().hex[:6]
        self._names = {AGENT: f"ctidesk-{mark}-a", CALLER: f"ctidesk-{mark}-c"}
        self._ends = {AGENT: f"cta{mark}", CALLER: f"ctc{mark}"}
        for name in self._names.values():
            _ip("netns", "add", name)
        ours, theirs = self._ends.values()
        _ip("link", "add", ours, "type", "veth", "peer", "name", theirs)
        for address, name in self._names.items():
            _ip("link", "set", self._ends[address], "netns", name)
            self._inside(address, "link", "set", "lo", "up")
            self._inside(address, "addr", "add", f"{address}/24", "dev", self._ends[address])
            self._inside(address, "link", "set", self._ends[address], "up")

    def on(self, address: str) -> list[str]:
        return ["ip", "netns", "exec", self._names[address]]

    def cut(self) -> None:
        """Everything sent is lost and nobody is told so, as by a dead switch in between: each host
        takes the other for a network card that does not exist."""
        for address, other in ((AGENT, CALLER), (CALLER, AGENT)):
            there = ("lladdr", "02:00:00:00:00:99", "dev", self._ends[address])
            self._inside(address, "neigh", "replace", other, *there, "nud", "permanent")

    def mend(self) -> None:
        for address, other in ((AGENT, CALLER), (CALLER, AGENT)):
            self._inside(address, "neigh", "del", other, "dev", self._ends[address])

    def close(self) -> None:
        for name in self._names.values():
            _ip("netns", "del", name)

    def _inside(self, address: str, *words: str) -> None:
        _ip("-n", self._names[address], *words)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)
