"""Blockers and facts as lines of a list.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from ctidesk.care.blocker import Blocker, Weight
from ctidesk.care.member import Standing
from ctidesk.ui.line_list.line import Line
from ctidesk.ui.member_card.fact_lines import FactLine
from ctidesk.ui.theme.tokens import Role

NOTHING = Line(key="nothing", title="Nothing on record", icon="info")
_ICONS = {
    "Coverage": "shield",
    "Network": "hospital",
    "Prescription": "pill",
    "Authorisation": "verified",
    "Appointment": "calendar",
    "Contact": "history",
    "Relation": "users",
}
_CHANNEL_ICONS = {
    "call": "phone",
    "sms": "note",
    "email": "note",
    "chat": "note",
    "web": "network",
    "task": "check",
}
_STANDINGS = {
    Standing.IN: (Role.READY, "check", "in network"),
    Standing.OUT: (Role.DANGER, "error", "out of network"),
    Standing.NOT_KNOWN: (Role.HOLD, "warning", "not known"),
}


def blocker_line(number: int, one: Blocker) -> Line:
    """The sentence to say meets the eye below what it is; then the next step."""
    stop = one.weight is Weight.STOP
    return Line(
        key=f"{number}",
        title=one.text,
        say=f"“{one.say}”",
        detail=f"Next: {one.step}",
        note="Enter: open the guide" if one.guide else "",
        note_role=Role.ACCENT,
        icon="error" if stop else "warning",
        role=Role.DANGER if stop else Role.HOLD,
        right="Stop" if stop else "Mind",
    )


def fact_line(number: int, one: FactLine) -> Line:
    role, icon, right = Role.MUTED, _ICONS.get(one.kind, "info"), ""
    if one.standing is not None:
        role, icon, right = _STANDINGS[one.standing]
    elif one.over and one.kind != "Appointment":
        right = "no longer valid"
    if one.kind == "Contact":
        icon = _CHANNEL_ICONS.get(one.channel, icon)
    return Line(
        key=f"{number}",
        title=one.title,
        detail=one.detail,
        note=_note(one),
        icon=icon,
        role=role,
        right=right,
        note_role=Role.HOLD if one.stale else Role.MUTED,
        note_icon="warning" if one.stale else "",
        struck=one.stale and one.standing is not Standing.NOT_KNOWN,
    )


def _note(one: FactLine) -> str:
    if one.gone:
        return f"No longer on record · {one.source}"
    if one.disputed:
        return f"Another source disagrees: quote neither · {one.source}"
    if not one.sourced:
        return f"{one.source.capitalize()}: confirm before quoting"
    return f"Confirm before quoting · {one.source}" if one.stale else one.source
