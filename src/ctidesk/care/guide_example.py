"""A made-up caller with a card on which everything is in order, for an editor who looks at a guide.

Runs in: command line, any thread. Pure.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from ctidesk.care.guide import YES, AnswerType, Guide, Step, StepKind
from ctidesk.care.guide_expression import Value
from ctidesk.care.guide_facts import FactSource
from ctidesk.care.member import (
    Appointment,
    Authorisation,
    Coverage,
    MemberCard,
    Prescription,
    Provenance,
)


def example_facts(guide: Guide, now: datetime) -> dict[str, Value]:
    """Every fact, and to each question an answer that it would take. `now`: aware."""
    source = FactSource(
        party="member",
        verified=True,
        now_wall=now.timestamp(),
        today=now.date(),
        may=lambda _: True,
        card=_card(now),
        agent="Alex Agent",
    )
    facts = source.facts({})
    for step in guide.steps:
        answer = _answer(step, source)
        if answer is not None:
            facts[f"answer.{step.id}"] = answer
    return facts


def _card(now: datetime) -> MemberCard:
    today = now.date()
    read = Provenance(source="example", read_wall=now.timestamp() - 60)
    return MemberCard(
        member_id="M-0000",
        given="Erin",
        family="Example",
        birth_date=date(1980, 1, 2),
        postcode="00000",
        address="1 Example Street, Exampletown",
        policy_number="EX-0000",
        phone_last4="0000",
        language="English",
        channel_preference="SMS",
        coverages=(
            Coverage(
                plan="Example Plan",
                payer="Example Insurance",
                status="active",
                begins=today - timedelta(days=100),
                ends=today + timedelta(days=265),
                copay="10 €",
                provenance=read,
            ),
        ),
        prescriptions=(
            Prescription(
                drug="Examplol 5 mg",
                prescriber="Dr. Sample",
                expires=today + timedelta(days=90),
                refills_left=2,
                last_dispensed=today - timedelta(days=30),
                next_refill=today - timedelta(days=2),
                provenance=read,
            ),
        ),
        authorisations=(
            Authorisation(
                item="Example nebuliser",
                status="active",
                expires=today + timedelta(days=60),
                units_left=3,
                provenance=read,
            ),
        ),
        appointments=(
            Appointment(
                starts=now.astimezone(UTC) + timedelta(days=3),
                what="Check-up",
                doctor="Dr. Sample",
                place="Example Clinic",
                status="booked",
                bring="the last letter",
                provenance=read,
            ),
        ),
        provenance=read,
    )


def _answer(step: Step, source: FactSource) -> Value | None:
    if step.kind is StepKind.CHECK:
        return YES
    if step.kind is not StepKind.ASK:
        return None
    least, most = step.least or 0.0, step.most if step.most is not None else 365.0
    match step.type:
        case AnswerType.CHOICE:
            lines = source.options(step.listed) if step.listed else ()
            return (*lines, *(each.key for each in step.choices))[0]
        case AnswerType.NUMBER:
            return min(max(least, 2.0), most)
        case AnswerType.DATE:
            return source.today + timedelta(days=int(min(max(least, 1.0), most)))
        case AnswerType.TIME:
            return "09:30"
        case AnswerType.YES_NO:
            return YES
    return f"[{step.field}]"
