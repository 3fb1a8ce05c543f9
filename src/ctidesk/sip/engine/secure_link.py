"""What a secure connection that came or went says about the exchange.

Runs in: engine process, loop thread. Pure.
"""

from __future__ import annotations

import errno

from ctidesk.sip.engine.addresses import canonical, is_address
from ctidesk.sip.engine.certificates import unusable
from ctidesk.sip.engine.library import TransportSeen
from ctidesk.sip.engine.registrars import Place

TLS_PORT = 5061
# what ends a connection before its handshake; a peer that resets it refuses what it has seen
_OS = 120000
_BEFORE = set(range(_OS, 2 * _OS)) - {_OS + errno.ECONNRESET, _OS + errno.EPIPE}
_ENDED = {_OS + errno.ECONNRESET, _OS + errno.EPIPE, 70016}
"""How a connection ends that was good: by PJ_EEOF, or by a system's error."""
_CLEARED_AWAY = 70014
"""PJ_ECANCELLED: the stack forgets a connection that has failed before, for whatever reason."""


def is_exchange(seen: TransportSeen, place: Place, address: str) -> bool:
    """Whether the connection is the one to the exchange `place` at the IP `address`; others are
    those of calls. One that never came about has no address and counts."""
    if not seen.address:
        return True
    same_host = not is_address(place.host) or canonical(seen.address) == canonical(address)
    return seen.port == (place.port or TLS_PORT) and same_host


def tls_problem(seen: TransportSeen, wall: float, proven: bool = False) -> str:
    """Why it could not be made: "tls", "certificate_expired" or "certificate_not_yet"; "" when it
    was made, or failed before anybody spoke of certificates. `proven`: the account was registered
    over it, so that its end says nothing of that kind."""
    if seen.up or (proven and seen.error in _ENDED):
        return ""
    if seen.tls_problem:
        return unusable(seen.certificates.exchange, wall) or "tls"
    if seen.error == _CLEARED_AWAY or seen.error in _BEFORE:
        return ""
    return "tls" if seen.error else ""
