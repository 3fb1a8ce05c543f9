"""What a guide may speak of: the disclosure gate's answers in a guide's own words.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from ctidesk.care.disclosure import Field
from ctidesk.care.disclosures import Disclosures
from ctidesk.care.member import MemberCard
from ctidesk.care.pop import ScreenPop

_FIELDS = {
    "identity": (Field.LANGUAGE, Field.CHANNEL),
    "authorisations": (Field.AUTHORISATIONS, Field.SUPPLIES),
}
"""Groups of a guide's facts that are more than one field of the gate; the others have its names."""


class GuideTelling:
    """Narrows a card once for each state of the gate: guides are computed at every event."""

    def __init__(self, disclosures: Disclosures, pop: ScreenPop) -> None:
        self._disclosures, self._pop = disclosures, pop
        self._kept: tuple[MemberCard, frozenset[Field], MemberCard | None] | None = None

    def may(self, call_id: str, group: str) -> bool:
        gate = self._disclosures.gate(call_id)
        return any(gate.may(one) for one in _FIELDS.get(group) or (Field(group),))

    def card(self, call_id: str) -> MemberCard | None:
        card = self._pop.cards.get(call_id)
        if card is None:
            return None
        allowed = self._disclosures.gate(call_id).allowed
        kept = self._kept
        if kept is None or kept[0] is not card or kept[1] != allowed:
            kept = self._kept = (card, allowed, self._disclosures.card(call_id))
        return kept[2]
