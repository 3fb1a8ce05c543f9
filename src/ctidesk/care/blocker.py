"""Something that stands in the way of a wish: what, the sentence for the caller, the next step.

Runs in: desk process, any thread (frozen values).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ctidesk.care.field_groups import FieldGroup


class Weight(StrEnum):
    """STOP: it cannot be done now. MIND: it can, with care."""

    STOP = "stop"
    MIND = "mind"


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocker:
    """`text`: what, in a sentence. `say`: what the agent may say to the caller. `step`: what she
    does next; `guide`: the id of the guide that leads through it, "" for none. `group`: the facts
    that it tells of, so that it is withheld with them. `subject`: what it is about (the drug, the
    plan), by which the same obstacle is known again after a refresh."""

    weight: Weight
    group: FieldGroup
    text: str
    say: str
    step: str
    guide: str = ""
    subject: str = ""
