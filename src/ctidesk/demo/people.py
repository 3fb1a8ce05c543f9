"""Who lives in the demo centre: made-up callers and colleagues, and what each of them shows.

Runs in: desk process and the demo centre's processes, any thread (frozen values). The numbers are
from ranges that are reserved for fiction and match `resources/demo/members.csv`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

REGION = "DE"
"""Home region of the demo centre, ISO 3166-1 alpha-2."""

AGENT_VOICE = "agent"
"""The voice that stands in for the agent's microphone, so that recordings have both sides."""


class Behaviour(StrEnum):
    """What somebody does when the telephone rings."""

    ANSWERS = "answers"
    NEVER_ANSWERS = "never_answers"
    BUSY = "busy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One end of the demo.

    `number` is the user part of the SIP address, spelt as a network would spell it, "" when
    withheld. `announced` is the display name in From. `voice` names a file of
    `resources/demo/voices`, "" is silent. `shows` is one sentence for the person who plays.
    """

    key: str
    name: str
    number: str
    shows: str
    announced: str = ""
    queue: str = ""
    ivr_path: str = ""
    voice: str = ""
    behaviour: Behaviour = Behaviour.ANSWERS
    answers_after_s: float = 0.8


CALLERS: tuple[Person, ...] = (
    Person(
        key="jane",
        name="Jane Doe",
        number="03023125010",
        announced="DOE",
        queue="Member line",
        ivr_path="1 > 3",
        voice="jane",
        shows="A number that two members share: both are offered, nobody is picked.",
    ),
    Person(
        key="tom",
        name="Tom Doe",
        number="03023125010",
        announced="DOE",
        queue="Member line",
        ivr_path="1 > 2",
        voice="tom",
        shows="The same household number again, with another voice.",
    ),
    Person(
        key="lena",
        name="Lena Fischer",
        number="+491713920031",
        announced="Lena Fischer",
        queue="Member line",
        ivr_path="1 > 4",
        voice="lena",
        shows="A mobile number that one member has. She speaks German.",
    ),
    Person(
        key="maria",
        name="Maria Nowak",
        number="00491713920015",
        announced="M. Nowak",
        queue="Member line",
        ivr_path="1 > 3",
        voice="maria",
        shows="A carer who speaks for a member, Walter Lindqvist.",
    ),
    Person(
        key="hospital",
        name="St. Anna Hospital",
        number="+493023125100",
        announced="St. Anna Hospital",
        queue="Provider line",
        ivr_path="2 > 1",
        voice="hospital",
        shows="A hospital: the party is Provider, and no member's card is offered.",
    ),
    Person(
        key="supplier",
        name="OxyCare Supplies",
        number="+493023125200",
        announced="OxyCare",
        queue="Provider line",
        ivr_path="2 > 3",
        voice="supplier",
        shows="A medical supplier asks about an authorisation that has run out.",
    ),
    Person(
        key="insurer",
        name="Helvia Insurance",
        number="+493023125300",
        announced="Helvia Insurance",
        queue="Provider line",
        ivr_path="2 > 4",
        voice="insurer",
        shows="An insurer: other wrap-up codes and another identity check.",
    ),
    Person(
        key="withheld",
        name="Withheld number",
        number="",
        queue="Member line",
        ivr_path="1 > 9",
        voice="withheld",
        shows="A withheld number: no match, the card says why and offers a search.",
    ),
)

COLLEAGUES: tuple[Person, ...] = (
    Person(
        key="chen",
        name="Dr. Chen, nurse line",
        number="201",
        voice="chen",
        shows="Answers at once: consult, merge and transfer to 201.",
    ),
    Person(
        key="pharmacy",
        name="Pharmacy desk",
        number="202",
        voice="pharmacy",
        shows="Answers: transfer a call to 202 without asking first.",
    ),
    Person(
        key="ruiz",
        name="Team lead Ruiz",
        number="203",
        voice="ruiz",
        answers_after_s=2.5,
        shows="Answers after a while.",
    ),
    Person(
        key="night",
        name="Night desk",
        number="204",
        behaviour=Behaviour.NEVER_ANSWERS,
        shows="Rings and never answers: cancel the consultation, or see the transfer come back.",
    ),
    Person(
        key="billing",
        name="Billing",
        number="205",
        behaviour=Behaviour.BUSY,
        shows="Always busy: a transfer to 205 comes back to you.",
    ),
)

EVERYBODY = CALLERS + COLLEAGUES


def voice_file(voices: Path, voice: str) -> Path | None:
    """The WAV of a voice (16 kHz, mono, mu-law) in the folder `voices`; None for ""."""
    return voices / f"{voice}.wav" if voice else None


def person(key: str) -> Person:
    """The one called `key`; raises `KeyError`."""
    for each in EVERYBODY:
        if each.key == key:
            return each
    raise KeyError(key)
