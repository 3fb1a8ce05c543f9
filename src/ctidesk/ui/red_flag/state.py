"""What the emergency panel shows.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ctidesk.ui.theme.tokens import Role


@dataclass(frozen=True, slots=True)
class FlagState:
    """`visible`: the panel covers the card. `next_say`, `next_do`: what to say and do now.
    `nurse_*`: how far it is with bringing somebody in. `tried`: (line, what came of it).
    `check_text` "" while nothing is due. `alert`: what the lead knows. `outcomes`: (key, words)."""

    visible: bool = False
    call_id: str = ""
    raised_mono: float = 0.0
    placeholder: bool = False
    opening: str = ""
    next_say: str = ""
    next_do: str = ""
    location: str = field(default="", repr=False)
    location_word: str = ""
    can_confirm: bool = False
    confirmed: bool = False
    nurse_word: str = ""
    nurse_tone: Role = Role.MUTED
    nurse_icon: str = "users"
    tried: tuple[tuple[str, str], ...] = ()
    can_nurse: bool = False
    nurse_label: str = ""
    can_stop: bool = False
    stop_label: str = ""
    check_text: str = ""
    check_due: bool = False
    can_check: bool = False
    fallback: bool = False
    emergency_label: str = ""
    can_emergency: bool = False
    alert_text: str = ""
    alert_good: bool = False
    lead_label: str = ""
    can_lead: bool = False
    lost: bool = False
    can_call_back: bool = False
    outcomes: tuple[tuple[str, str], ...] = ()


def tried_words(line: str, outcome: str) -> tuple[str, str]:
    words = {
        "busy": "busy",
        "no_answer": "no answer",
        "unreachable": "not reached",
        "given_up": "ended by you",
    }
    return line, words.get(outcome, outcome)
