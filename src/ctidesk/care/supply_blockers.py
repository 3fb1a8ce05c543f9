"""What stands in the way of a refill or of supplies: prescriptions and authorisations.

Runs in: desk process, Qt main thread. Pure.
"""

from __future__ import annotations

from datetime import date

from ctidesk.care.blocker import Blocker, Weight
from ctidesk.care.cover_blockers import ENDED
from ctidesk.care.day_words import day, when
from ctidesk.care.field_groups import FieldGroup
from ctidesk.care.freshness import EXPIRES_SOON_DAYS
from ctidesk.care.member import Authorisation, Prescription

REFUSED = frozenset({"denied", "refused", "rejected"})


def authorisation_over(one: Authorisation, today: date) -> bool:
    """Expired, ended, refused or used up."""
    expired = one.expires is not None and one.expires < today
    return expired or one.units_left == 0 or one.status.lower() in ENDED | REFUSED


def of_authorisation(one: Authorisation, today: date) -> list[Blocker]:
    again = "Re-authorise: the doctor first, then insurer and supplier. Start the chain now."
    asked = "We ask the doctor to renew it and call you back."
    status = one.status.lower()
    if (one.expires is not None and one.expires < today) or status in ENDED:
        past = f" {when(one.expires, today)}" if one.expires and one.expires < today else ""
        say = f"The authorisation has expired. {asked}"
        return [_supply(one, Weight.STOP, f"Authorisation expired{past}: {one.item}.", say, again)]
    if status in REFUSED:
        text = f"Authorisation refused: {one.item}."
        say = "The insurer has not approved this so far. We ask the doctor what can be done."
        step = "Ask the doctor for a new request or an appeal; promise no delivery."
        return [_supply(one, Weight.STOP, text, say, step)]
    if one.units_left == 0:
        say = f"What was authorised has been used up. {asked}"
        return [_supply(one, Weight.STOP, f"Authorisation used up: {one.item}.", say, again)]
    if one.expires is not None and (one.expires - today).days <= EXPIRES_SOON_DAYS:
        text = f"Authorisation expires {when(one.expires, today)}: {one.item}."
        say = f"Your authorisation is valid until {day(one.expires)}. We have it renewed in time."
        return [_supply(one, Weight.MIND, text, say, "Start the renewal now.")]
    return []


def of_prescription(one: Prescription, today: date) -> list[Blocker]:
    if one.withdrawn:
        return []  # it matters only where another one contradicts it
    doctor = one.prescriber or "the doctor"
    new = f"A new prescription by {doctor} is needed first: ask for it, then call back."
    ask = f"We ask {doctor} for a new one and call you back."
    if one.expires is not None and one.expires < today:
        text = f"Prescription expired {when(one.expires, today)}: {one.drug}."
        return [_refill(one, Weight.STOP, text, f"The prescription has expired. {ask}", new)]
    if one.refills_left <= 0:
        text = f"No refills left: {one.drug}."
        return [_refill(one, Weight.STOP, text, f"All refills have been used. {ask}", new)]
    if one.next_refill is not None and one.next_refill > today:
        again = day(one.next_refill)
        text = f"Refill possible from {again}: {one.drug}."
        say = f"The next refill is possible from {again}. Shall I note it for that day?"
        return [_refill(one, Weight.MIND, text, say, f"Not before; note the wish for {again}.")]
    return []


def _supply(one: Authorisation, weight: Weight, text: str, say: str, step: str) -> Blocker:
    return Blocker(
        weight=weight,
        group=FieldGroup.AUTHORISATIONS,
        text=text,
        say=say,
        step=step,
        guide="supplies",
        subject=one.item,
    )


def _refill(one: Prescription, weight: Weight, text: str, say: str, step: str) -> Blocker:
    return Blocker(
        weight=weight,
        group=FieldGroup.PRESCRIPTIONS,
        text=text,
        say=say,
        step=step,
        guide="refill" if weight is Weight.MIND else "prescription_renewal",
        subject=one.drug,
    )
