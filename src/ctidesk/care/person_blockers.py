"""What stands in the way of a good talk: an unconfirmed address, a language, what is still owed.

Runs in: desk process, Qt main thread. Pure.
"""

from __future__ import annotations

from datetime import date

from ctidesk.care.blocker import Blocker, Weight
from ctidesk.care.day_words import when
from ctidesk.care.field_groups import FieldGroup
from ctidesk.care.freshness import CONFIRM_ADDRESS_DAYS
from ctidesk.care.member import MemberCard, OpenTask

MOST_TASKS = 3
INTERPRETER_FLAG = "interpreter"
CONFIRM_ADDRESS = "address"
"""The subject of the blocker that goes once the address is confirmed."""


def of_address(card: MemberCard, today: date) -> list[Blocker]:
    """Nothing is sent to an address that nobody confirmed, or long ago."""
    confirmed = card.address_confirmed
    if not card.address:
        text = "No address on record."
        say = "Which address may we deliver to?"
        step = "Ask for the address before anything is sent; correct the record."
    elif confirmed is None:
        text = "Address unconfirmed: nobody noted that it was ever confirmed."
        say = "Before we send anything: please tell me your address."
        step = "Let the caller say it and compare before anything is sent."
    elif (today - confirmed).days > CONFIRM_ADDRESS_DAYS:
        text = f"Address unconfirmed: last confirmed {when(confirmed, today)}."
        say = "Has your address changed? Please tell me where we may deliver to."
        step = "Let the caller say it and compare before anything is sent."
    else:
        return []
    return [
        Blocker(
            weight=Weight.MIND,
            group=FieldGroup.IDENTITY,
            text=text,
            say=say,
            step=step,
            subject=CONFIRM_ADDRESS,
        )
    ]


def of_language(card: MemberCard) -> list[Blocker]:
    if not any(INTERPRETER_FLAG in flag.lower() for flag in card.flags):
        return []
    return [
        Blocker(
            weight=Weight.MIND,
            group=FieldGroup.IDENTITY,
            text="Interpreter needed.",
            say="One moment please, I call an interpreter.",
            step="Join the interpreter before anything is explained.",
            guide="interpreter",
            subject="interpreter",
        )
    ]


def of_tasks(card: MemberCard, today: date) -> list[Blocker]:
    """Complaints first, then what is due first."""
    ranked = sorted(card.open_tasks, key=lambda one: (not one.is_complaint, one.due or date.max))
    found = [_task(one, today) for one in ranked[:MOST_TASKS]]
    more = len(ranked) - len(found)
    if more > 0:
        found.append(
            Blocker(
                weight=Weight.MIND,
                group=FieldGroup.HISTORY,
                text=f"{more} more open tasks.",
                say="There is more that we still owe you; I look at all of it.",
                step="See them in the history before you promise something new.",
                subject="more tasks",
            )
        )
    return found


def _task(one: OpenTask, today: date) -> Blocker:
    due = ""
    if one.due is not None:
        late = one.due < today
        due = f", {'was due' if late else 'due'} {when(one.due, today)}"
    kind = "complaint" if one.is_complaint else "task"
    return Blocker(
        weight=Weight.MIND,
        group=FieldGroup.HISTORY,
        text=f"Open {kind}{due}: {one.what}.",
        say=(
            "I see your complaint is still open. I am sorry that it takes so long; let me look."
            if one.is_complaint
            else "I see we still owe you an answer. Let me look where it stands."
        ),
        step="Read what was agreed before you promise something new.",
        guide="complaint" if one.is_complaint else "",
        subject=f"{kind} {one.what}",
    )
