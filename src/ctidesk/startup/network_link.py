"""Whether this computer is on Wi-Fi or on a cable.

Runs in: desk process, any thread. Linux tells it by the kernel's files; elsewhere it is unknown.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import sys
from pathlib import Path

from ctidesk.calls.line_quality import LinkKind

NET = Path("/sys/class/net")
ROUTES = Path("/proc/net/route")
_GET_ADDRESS = 0x8915  # SIOCGIFADDR
_UP = 0x0001
_ETHERNET = "1"
_ANY = ("", "0.0.0.0", "::")


class SystemLink:
    """Implements `calls.line_quality.Link`: of the interface that has `address`, else of the
    default route."""

    def __init__(self, address: str = "", net: Path = NET, routes: Path = ROUTES) -> None:
        self._address = address
        self._net = net
        self._routes = routes

    def __call__(self) -> LinkKind:
        name = ""
        if self._address not in _ANY:
            name = self._interface_of(self._address)
        return kind_of(self._net, name or default_interface(self._routes))

    def _interface_of(self, address: str) -> str:
        if sys.platform != "linux":
            return ""
        import fcntl  # not there on Windows

        try:
            names = sorted(path.name for path in self._net.iterdir())
        except OSError:
            return ""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            for name in names:
                request = struct.pack("256s", name.encode()[:15])
                with contextlib.suppress(OSError):  # it has no address
                    answer = fcntl.ioctl(asking.fileno(), _GET_ADDRESS, request)
                    if socket.inet_ntoa(answer[20:24]) == address:
                        return name
        return ""


def default_interface(routes: Path) -> str:
    """The interface of the default route with the smallest metric, "" without one."""
    try:
        lines = routes.read_text("ascii").splitlines()[1:]
    except (OSError, UnicodeDecodeError):
        return ""
    found: list[tuple[int, str]] = []
    for line in lines:
        fields = line.split()
        with contextlib.suppress(IndexError, ValueError):
            up = int(fields[3], 16) & _UP
            if up and int(fields[1], 16) == 0 and int(fields[7], 16) == 0:
                found.append((int(fields[6]), fields[0]))
    return min(found)[1] if found else ""


def kind_of(net: Path, name: str) -> LinkKind:
    """By the kernel: a wireless device has a folder `wireless` or `phy80211`, a cable's is an
    Ethernet device with hardware behind it; tunnels and bridges hide what is below them."""
    if not name or name == "lo":
        return LinkKind.UNKNOWN
    device = net / name
    if (device / "wireless").exists() or (device / "phy80211").exists():
        return LinkKind.WIFI
    with contextlib.suppress(OSError):
        if (device / "type").read_text("ascii").strip() == _ETHERNET:
            return LinkKind.CABLE if (device / "device").exists() else LinkKind.UNKNOWN
    return LinkKind.UNKNOWN
