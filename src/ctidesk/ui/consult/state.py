"""What the consult panel shows, and why a transfer cannot be completed yet.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ctidesk.calls.call import Call, Phase, TransferState
from ctidesk.ui import words
from ctidesk.ui.directory_search.presenter import Problem
from ctidesk.ui.theme.tokens import Role


class Stage(StrEnum):
    CHOOSE = "choose"  # no consultation: a target can be entered
    CONSULTING = "consulting"
    MERGED = "merged"
    TRANSFERRING = "transferring"
    CAME_BACK = "came_back"  # a transfer failed; the caller waits on hold


@dataclass(frozen=True, slots=True)
class Leg:
    """One of the two calls. `talking`: hears and is heard by the agent."""

    call_id: str
    role: str
    title: str
    word: str
    tone: Role
    since_mono: float
    talking: bool


@dataclass(frozen=True, slots=True)
class ColleagueLine:
    """Somebody to consult, with the lamp of the telephone there: colour, icon and word."""

    number: str
    name: str
    word: str
    icon: str
    tone: Role


@dataclass(frozen=True, slots=True)
class ConsultState:
    """`legs`: caller first; empty without a connected call. `recent`: (target, as shown)."""

    visible: bool = False
    stage: Stage = Stage.CHOOSE
    legs: tuple[Leg, ...] = ()
    can_start: bool = False
    can_swap: bool = False
    can_merge: bool = False
    can_split: bool = False
    can_complete: bool = False
    why_not_complete: str = ""
    can_cancel: bool = False
    can_resume: bool = False
    progress: str = ""
    notice: str = ""
    recent: tuple[tuple[str, str], ...] = ()
    colleagues: tuple[ColleagueLine, ...] = ()
    problem: Problem | None = None


def why_not_complete(subject: Call, consult: Call | None) -> str:
    """A sentence, "" when the transfer can be completed."""
    if consult is None:
        return "Consult a colleague first."
    if subject.transfer is TransferState.PENDING:
        return "The transfer is under way."
    if subject.conference_with:
        return "Split the conference first."
    if subject.phase is Phase.HOLDING:
        return "Waiting until the caller's hold is confirmed."
    if subject.phase is not Phase.HELD:
        return "The caller is not on hold: swap first."
    return ""


def status_of(note: str) -> int:
    """The SIP status at the head of a transfer's note, 0 if none."""
    head = note.partition(" ")[0]
    return int(head) if len(head) == 3 and head.isascii() and head.isdigit() else 0


def progress_words(subject: Call, shown: words.Shown) -> str:
    """How far a transfer is (the NOTIFYs of its REFER, RFC 3515)."""
    target = shown(subject.transfer_target) or "the target"
    if subject.transfer is TransferState.DONE:
        return f"Transferred to {target}."
    if subject.transfer is not TransferState.PENDING:
        return ""
    code = status_of(subject.transfer_note)
    if code in (180, 183):
        return f"Transferring to {target}: it rings there…"
    if code == 200:
        return f"Transferring to {target}: answered."
    return f"Transferring to {target}…"
