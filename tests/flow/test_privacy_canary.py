"""A made-up person with a name that nobody has is looked for in every file of a whole call."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyrage
import pytest
from tests.support.flow_centre import Centre, seeded_profile
from tests.support.flow_desk import Absent
from tests.support.flow_looks import rows, wrap_up
from tests.support.sip_desk import until

from ctidesk.crm.records import FactKind, FactRecord, MemberRecord, phone

pytestmark = pytest.mark.slow

NUMBER = "+493023125777"
NOTE = "Canarynote told in confidence"
CANARIES = ("Canaryfamily", "Canarygiven", "Canarycillin", "Canarynote", "23125777", "23125 777")
NEEDLES = tuple(
    (word, word.encode(coding)) for word in CANARIES for coding in ("utf-8", "utf-16-le")
)


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    number = phone(NUMBER, "DE", "mobile")
    assert number is not None
    member = MemberRecord(
        member_id="M-7",
        given="Canarygiven",
        family="Canaryfamily",
        birth_date="1955-05-05",
        postcode="10115",
        phones=(number,),
    )
    drug = FactRecord(
        member_id="M-7",
        kind=FactKind.PRESCRIPTION,
        values={"drug": "Canarycillin", "prescriber": "Dr. Who", "refills_left": 2},
    )
    return seeded_profile(tmp_path_factory.mktemp("canary") / "profile", [member, drug])


def leaks(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        try:
            content = path.name.encode() + (path.read_bytes() if path.is_file() else b"")
        except OSError:
            continue  # a socket, or gone meanwhile
        yield from (f"{path.name}: {word}" for word, needle in NEEDLES if needle in content)


def nothing_leaked(centre: Centre) -> None:
    assert list(leaks(centre.folder)) == []


@pytest.mark.parametrize("coding", ["utf-8", "utf-16-le"])
def test_the_search_would_find_a_leak(tmp_path: Path, coding: str) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "file").write_bytes(b"\0\1" + "Canarycillin".encode(coding))
    assert list(leaks(tmp_path)) == ["file: Canarycillin"]


def answer(centre: Centre, question: str, text: str) -> None:
    desk = centre.desks[-1]

    def asked() -> bool:
        try:
            return question in desk.ask("hint", "check_answer").lower()
        except Absent:
            return False

    until(asked, question, 20)
    desk.enter("check_answer", text)
    desk.submit("check_answer")


def test_a_call_leaves_nothing_readable(centre: Centre, compliance: pyrage.x25519.Identity) -> None:
    desk = centre.desk()
    leg = centre.ring(NUMBER)
    desk.shows("Canarygiven Canaryfamily")
    titles = desk.ask("titles")
    assert any(titles)
    desk.press("call_answer")
    desk.until_call("connected", phase="talking")
    desk.choose("candidates", "Canaryfamily")
    desk.until_call("the card", member="M-7")
    answer(centre, "birth", "5.5.1955")
    answer(centre, "postcode", "10115")
    desk.until_call("verified", verified=True)
    desk.shows("Canarycillin")
    desk.until_grown()
    desk.enter("wrap_up_note", NOTE)
    titles += desk.ask("titles")
    nothing_leaked(centre)
    centre.phones[NUMBER]("hangup", leg=leg)
    desk.until(lambda state: state["wrap_ups"], "wrap-up")
    wrap_up(desk)
    titles += desk.ask("titles")
    # the next agent at this screen finds nothing of the call, hidden widgets included
    everything = "\n".join(desk.ask("everything"))
    assert [word for word in ("Canarycillin", "Canarynote") if word in everything] == []
    nothing_leaked(centre)
    engine = desk.state()["engine_pid"]
    assert engine
    assert desk.quit() == 0
    nothing_leaked(centre)
    assert not any(word in title for word in CANARIES for title in titles)
    # it was there all the time, encrypted
    assert [row.note for row in rows(centre)["interactions"]] == [NOTE]
