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
    literal = re.fullmatch(r"\[([^\]]+)\](?::(\d{1,5}))?", registrar)
    if literal:
        return literal.group(1), int(literal.group(2) or 0)
    if is_ipv6(registrar):
        return registrar, 0
    host, colon, port = registrar.partition(":")
    return host, int(port) if colon and port.isdigit() else 0


def is_ipv6(host: str) -> bool:
    """True for an IPv6 address, with or without brackets."""
    return is_address(host) and ":" in host


def bracketed(host: str) -> str:
    """`host` as it stands in a URI: an IPv6 address in brackets."""
    return f"[{host.strip('[]')}]" if is_ipv6(host) else host


def canonical(host: str) -> str:
    """An IP address in its one writing, a name as it is."""
    try:
        return str(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        return host


def same_address(one: str, other: str) -> bool:
    """Whether both are the same IP address, however it is written."""
    try:
        return ipaddress.ip_address(one.strip("[]")) == ipaddress.ip_address(other.strip("[]"))
    except ValueError:
        return False


def is_address(host: str) -> bool:
    """True for an IP address, False for a name."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
