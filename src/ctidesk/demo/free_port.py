"""A port of loopback for a telephone that must know it before it listens.

Runs in: any process.
"""

from __future__ import annotations

import contextlib
import random
import socket

HOST = "127.0.0.1"
_PORTS = range(10_000, 30_000)
"""Below what Linux, macOS and Windows hand out by themselves (from 32768 or 49152 on): a socket
that binds to port 0 can't take ours between this look and its use."""


def free_port() -> int:
    """A port that is free for UDP and TCP now."""
    while True:
        port = random.choice(_PORTS)
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
        ):
            tcp.bind((HOST, port))
            udp.bind((HOST, port))
            return port
