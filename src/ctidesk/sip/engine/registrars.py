"""Which of several telephone exchanges an account registers with, and in which order.

Runs in: engine process, loop thread. Pure.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple

from ctidesk.sip.engine.addresses import bracketed, host_port, is_address


class Place(NamedTuple):
    """An exchange as it was named; `port` 0 is the transport's own."""

    host: str
    port: int = 0

    def __str__(self) -> str:
        return bracketed(self.host) + (f":{self.port}" if self.port else "")


class ServiceRecord(NamedTuple):
    """One SRV record (RFC 2782)."""

    priority: int
    weight: int
    host: str
    port: int


def in_order(records: Sequence[ServiceRecord], draw: random.Random) -> list[Place]:
    """Places of an SRV answer: lowest priority first, drawn by weight within each (RFC 2782)."""
    order: list[Place] = []
    for priority in sorted({record.priority for record in records}):
        # those of weight 0 first, so that they are drawn only now and then
        left = sorted((r for r in records if r.priority == priority), key=lambda r: r.weight)
        while left:
            point = draw.randint(0, sum(record.weight for record in left))
            reached = 0
            for record in left:
                reached += record.weight
                if reached >= point:
                    break
            left.remove(record)
            order.append(Place(record.host, record.port))
    return order


def belongs(host: str, domain: str) -> bool:
    """Whether `host` is `domain` or lies within it: a name service that is lied to must not lead a
    secure account to a stranger who has a certificate too (RFC 5922 7.1)."""
    host, domain = host.lower().rstrip("."), domain.lower().rstrip(".")
    return host == domain or host.endswith(f".{domain}")


class Registrars:
    """The list of one account and where in it we are. A round is over when each was tried."""

    def __init__(self, registrar: str, further: Sequence[str] = ()) -> None:
        named = [Place(*host_port(each)) for each in (registrar, *further) if each]
        self._places = list(dict.fromkeys(named))
        self._at = 0
        self._tried = 0
        self._records: frozenset[ServiceRecord] = frozenset()
        single = self._places[0] if len(self._places) == 1 else Place("")
        name = single.host and not single.port and not is_address(single.host)
        self.service = single.host if name else ""
        """The name whose SRV records tell the exchanges, "" when the settings list them."""

    @property
    def place(self) -> Place:
        """The one that is in use, or tried now."""
        return self._places[self._at] if self._places else Place("")

    @property
    def first(self) -> Place:
        return self._places[0] if self._places else Place("")

    @property
    def several(self) -> bool:
        return len(self._places) > 1

    @property
    def standing_in(self) -> bool:
        """Whether another one than the first is in use."""
        return self._at > 0

    def hosts(self) -> set[str]:
        """Those that are named by an IP address."""
        return {place.host for place in self._places if is_address(place.host)}

    def found(self, records: Sequence[ServiceRecord], draw: random.Random) -> None:
        """The SRV answer for `service`; without records the name itself is the exchange. The order
        that was drawn stays as long as the answer is the same."""
        if records and frozenset(records) != self._records:
            here = self.place
            self._records = frozenset(records)
            self._places = in_order(records, draw)
            self._at = self._places.index(here) if here in self._places else 0

    def next(self) -> bool:
        """Go on to the next one; False when all were tried: then the first is the next."""
        self._tried += 1
        if self._tried >= len(self._places):
            self._tried = self._at = 0
            return False
        self._at = (self._at + 1) % len(self._places)
        return True

    def good(self) -> None:
        """The place took us: a later failure may try every other one."""
        self._tried = 0

    def back(self) -> None:
        """The first one is there again."""
        self._at = self._tried = 0
