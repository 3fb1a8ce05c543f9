"""A clinic or doctor against the member's plan, in plain words.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from ctidesk.care.member import NetworkFact, Standing

SHOWN_NETWORKS = 3
_ADVICE = {
    Standing.IN: "in network of this plan",
    Standing.OUT: "not in network: a visit may cost more",
    Standing.NOT_KNOWN: "not known: confirm before quoting",
}


def network_title(one: NetworkFact) -> str:
    """ "Dr. Roth at St. Anna Hospital"."""
    return f"{one.name} at {one.place}" if one.place and one.place != one.name else one.name


def network_detail(one: NetworkFact) -> str:
    kind = one.kind.replace("_", " ").capitalize()
    named = ", ".join(one.networks[:SHOWN_NETWORKS])
    more = len(one.networks) - SHOWN_NETWORKS
    listed = f"contracts: {named}{f' and {more} more' if more > 0 else ''}" if named else ""
    return " · ".join(part for part in (kind, _ADVICE[one.standing], listed) if part)
