"""A refill that cannot be, and supplies whose authorisation ran out: through the real desk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyrage
import pytest
from tests.support.flow_centre import Centre, seeded_profile
from tests.support.flow_desk import DeskProcess
from tests.support.flow_looks import rows, wrap_up
from tests.support.sip_desk import until

from ctidesk.care.questions import QUESTIONS, QuestionKind as Kind
from ctidesk.config.paths import resources

pytestmark = pytest.mark.slow

WAYS = ("guide_go", "guide_answer", "guide_choice_1")
"""Controls of which one is there at every step."""
HOUSEHOLD, CARER = "+493023125010", "+491713920015"
TOM = {
    Kind.MEMBER_NAME: "Tom Doe",
    Kind.BIRTH_DATE: "30.11.1958",
    Kind.POSTCODE: "10115",
    Kind.POLICY_NUMBER: "HV-4410-102",
}
WALTER = {
    Kind.CALLER_NAME: "Maria Nowak",
    Kind.MEMBER_NAME: "Walter Lindqvist",
    Kind.BIRTH_DATE: "6.6.1939",
    Kind.POSTCODE: "12043",
    Kind.POLICY_NUMBER: "HV-2207-311",
}


@pytest.fixture
def centre(tmp_path: Path, compliance: pyrage.x25519.Identity, speech: Path) -> Iterator[Centre]:
    """With nobody in its cache but those of the file."""
    centre = Centre(seeded_profile(tmp_path / "profile", ()), compliance, speech)
    yield centre
    centre.close()


@pytest.fixture
def desk(centre: Centre) -> DeskProcess:
    centre.settle(data={"members_csv": str(resources() / "demo" / "members.csv")})
    found = centre.desk()
    found.ask("ready")
    # the file of members is taken in behind the window
    until(lambda: "Kowalska" in str(rows(centre)["members"]), "the members of the file")
    return found


def open_and_verify(desk: DeskProcess, who: str, known: dict[Kind, str]) -> None:
    desk.choose("candidates", who)
    said = {QUESTIONS[kind].label: text for kind, text in known.items()}
    for _ in range(6):
        until(lambda: desk.call()["verified"] or desk.ask("sees", "check_answer"), "a question")
        if desk.call()["verified"]:
            return
        asked = desk.ask("hint", "check_answer")
        desk.enter("check_answer", said[asked])
        desk.submit("check_answer")
    desk.until_call("verified", verified=True)


def test_an_expired_prescription_cannot_be_ordered(centre: Centre, desk: DeskProcess) -> None:
    centre.talking(desk, HOUSEHOLD)
    open_and_verify(desk, "Tom Doe", TOM)
    desk.ask("perform", "desk.guide")
    desk.choose("guides", "Refill of a prescription")
    # the sentence to say and the next step; nothing that could be completed
    desk.shows("expired on", "run out", "Ask the doctor for a new prescription.")
    assert rows(centre)["work_items"] == []
    desk.press("guide_go")
    desk.shows("Refill not possible: what now")
    desk.press("call_end")
    desk.until(lambda state: bool(state["wrap_ups"]), "wrap-up")
    wrap_up(desk, "refill", "Prescription expired")
    found = rows(centre)
    assert [one.kind for one in found["outbox"] if one.kind == "request"] == []


def test_an_expired_authorisation_starts_a_chain_with_dates(
    centre: Centre, desk: DeskProcess
) -> None:
    centre.talking(desk, CARER)
    open_and_verify(desk, "Maria Nowak", WALTER)
    desk.shows("Address unconfirmed")
    desk.ask("perform", "desk.guide")
    desk.shows("An authorisation has expired or is used up")
    desk.choose("guides", "Medical supplies")
    for _ in range(20):
        until(lambda: any(desk.ask("sees", way) for way in WAYS), "a next step")
        if desk.ask("sees", "guide_go"):
            break
        if desk.ask("sees", "guide_answer"):
            desk.enter("guide_answer", "2")
            desk.submit("guide_answer")
        else:
            desk.press("guide_choice_1")
    until(lambda: len(rows(centre)["work_items"]) >= 3, "the chain")
    desk.hides("Address unconfirmed")
    chain = [one for one in rows(centre)["work_items"] if one.chain_id]
    assert [one.step for one in chain] == list(range(1, len(chain) + 1))
    assert [one.state for one in chain] == ["open", *["waiting"] * (len(chain) - 1)]
    assert all(one.due_wall for one in chain)
    assert {one.member for one in chain} == {"Walter Lindqvist"}
