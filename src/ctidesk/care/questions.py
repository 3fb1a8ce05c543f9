"""What the identity check can ask, and of whom.

Runs in: desk process, any thread (constants).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ctidesk.care.member import Party


class QuestionKind(StrEnum):
    MEMBER_NAME = "member_name"  # of those who speak for a member
    CALLER_NAME = "caller_name"  # a carer's own name, as the recorded authority has it
    BIRTH_DATE = "birth_date"
    POSTCODE = "postcode"
    POLICY_NUMBER = "policy_number"
    PHONE_LAST4 = "phone_last4"
    FACILITY_ID = "facility_id"  # of a professional's organisation
    CALL_BACK = "call_back"


@dataclass(frozen=True, slots=True)
class Question:
    """`label` for the field, `sentence` to say. `required`: has to be passed besides the facts."""

    kind: QuestionKind
    label: str
    sentence: str
    required: bool = False


QUESTIONS = {
    QuestionKind.MEMBER_NAME: Question(
        QuestionKind.MEMBER_NAME,
        "Member's full name",
        "Who is the member that you are calling about?",
        True,
    ),
    QuestionKind.CALLER_NAME: Question(
        QuestionKind.CALLER_NAME,
        "Caller's full name",
        "May I have your own full name, please?",
        True,
    ),
    QuestionKind.BIRTH_DATE: Question(
        QuestionKind.BIRTH_DATE, "Date of birth", "May I have the date of birth, please?"
    ),
    QuestionKind.POSTCODE: Question(
        QuestionKind.POSTCODE, "Postcode", "What is the postcode of the registered address?"
    ),
    QuestionKind.POLICY_NUMBER: Question(
        QuestionKind.POLICY_NUMBER, "Policy number", "What is the policy number on the card?"
    ),
    QuestionKind.PHONE_LAST4: Question(
        QuestionKind.PHONE_LAST4,
        "Last four digits of the registered phone",
        "What are the last four digits of the phone number that we have on record?",
    ),
    QuestionKind.FACILITY_ID: Question(
        QuestionKind.FACILITY_ID,
        "Facility number or NPI",
        "What is the facility number or NPI of your organisation, please?",
        True,
    ),
    QuestionKind.CALL_BACK: Question(
        QuestionKind.CALL_BACK,
        "Call-back number",
        "On which number may I call your organisation back?",
        True,
    ),
}
NAMES = (QuestionKind.MEMBER_NAME, QuestionKind.CALLER_NAME)
ORGANISATION = (QuestionKind.FACILITY_ID, QuestionKind.CALL_BACK)
FACTS: dict[Party, tuple[QuestionKind, ...]] = {
    Party.UNKNOWN: (),
    Party.MEMBER: (
        QuestionKind.BIRTH_DATE,
        QuestionKind.POSTCODE,
        QuestionKind.POLICY_NUMBER,
        QuestionKind.PHONE_LAST4,
    ),
    Party.CARER: (
        QuestionKind.BIRTH_DATE,
        QuestionKind.POSTCODE,
        QuestionKind.POLICY_NUMBER,
        QuestionKind.PHONE_LAST4,
    ),
    # professionals know the patient's papers, not the address or phone
    Party.PROVIDER: (QuestionKind.BIRTH_DATE, QuestionKind.POLICY_NUMBER, QuestionKind.POSTCODE),
    Party.SUPPLIER: (QuestionKind.POLICY_NUMBER, QuestionKind.BIRTH_DATE, QuestionKind.POSTCODE),
    Party.INSURER: (QuestionKind.POLICY_NUMBER, QuestionKind.BIRTH_DATE, QuestionKind.POSTCODE),
}
REQUIRED: dict[Party, tuple[QuestionKind, ...]] = {
    Party.UNKNOWN: (),
    Party.MEMBER: (),
    Party.CARER: (QuestionKind.CALLER_NAME, QuestionKind.MEMBER_NAME),
    Party.PROVIDER: (QuestionKind.MEMBER_NAME,),
    Party.SUPPLIER: (QuestionKind.MEMBER_NAME,),
    Party.INSURER: (QuestionKind.MEMBER_NAME,),
}
