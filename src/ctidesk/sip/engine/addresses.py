"""Hosts and ports in the writings that SIP and settings use.

Runs in: engine process, any thread. Pure.
"""

from __future__ import annotations

import ipaddress
import re


def host_of(address: str) -> str:
    """The host of "host:port" or "[v6]:port"."""
    host, _, _port = address.rpartition(":")
    return host.strip("[]")


def host_port(registrar: str) -> tuple[str, int]:
    """ "host", "host:port" or "[v6]:port" apart; port 0 when absent."""
    bracketed = re.fullmatch(r"\[([^\]]+)\](?::(\d{1,5}))?", registrar)
    if bracketed:
        return bracketed.group(1), int(bracketed.group(2) or 0)
    host, colon, port = registrar.partition(":")
    return host, int(port) if colon and port.isdigit() else 0


def is_address(host: str) -> bool:
    """True for an IP address, False for a name."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
