"""Whether a clinic or doctor is in the network of a member's own plan (R3): what is known, no more.

Runs in: desk process, any thread. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ctidesk.calls.ports import Done
from ctidesk.care.member import NetworkFact, Standing

_IN = {"in", "in network", "in-network", "contracted", "participating", "yes"}
_OUT = {"out", "out of network", "out-of-network", "not contracted", "non-participating", "no"}


@dataclass(frozen=True, slots=True)
class Network:
    """A contract between an insurer and clinics. `key`: of the CRM's record, "" without one."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class OwnPlan:
    """What is known of the plan that covers a member today. `networks`: of the plan. `names`: how
    the plan is called, and its network by name alone."""

    names: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()

    @property
    def is_known(self) -> bool:
        return bool(self.names or self.networks)


def standing_of_contracts(plan: OwnPlan, contracts: Sequence[Network]) -> Standing:
    """`contracts`: of the clinic or doctor. OUT only where both sides are known by their records:
    a name that differs may be spelt differently, and no contract on record proves nothing."""
    if not plan.is_known or not contracts:
        return Standing.NOT_KNOWN
    keys = {one.key for one in plan.networks if one.key}
    names = {_word(one.name) for one in plan.networks if one.name}
    names |= {_word(name) for name in plan.names}
    if any(one.key in keys or _word(one.name) in names for one in contracts):
        return Standing.IN
    if keys and all(one.key for one in contracts):
        return Standing.OUT
    return Standing.NOT_KNOWN


def standing_of_words(plan: OwnPlan, words: str) -> Standing:
    """Of a list without records: "in network", "out", or the names of plans and networks."""
    if not plan.is_known:
        return Standing.NOT_KNOWN
    if _word(words) in _IN:
        return Standing.IN
    if _word(words) in _OUT:
        return Standing.OUT
    named = [Network("", name) for name in words.replace(";", ",").split(",") if name.strip()]
    return standing_of_contracts(plan, named)


def _word(text: str) -> str:
    return " ".join(text.casefold().split())


class NetworkDirectory(Protocol):
    """The rules of `calls.ports` hold: nothing blocks, `done` comes on Qt main."""

    def check(self, member_id: str, text: str, done: Done[Sequence[NetworkFact]]) -> None:
        """Clinics and doctors by name, each against the plan that covers the member today."""
        ...


class NoNetworks:
    """A `NetworkDirectory` of a desk without a cache: nobody is found."""

    def check(self, member_id: str, text: str, done: Done[Sequence[NetworkFact]]) -> None:
        done(())
