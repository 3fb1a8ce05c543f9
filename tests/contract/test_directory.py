"""What every `MemberDirectory` promises: on the fake, and on SQLCipher in a real file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.crm_people import CARER, HOSPITAL, RECORDS, SHARED, SINGLE, fake_directory
from tests.support.crm_store import Desk, OpenStore

from ctidesk.calls.errors import KnownError
from ctidesk.care.member import Party
from ctidesk.care.ports import MemberDirectory
from ctidesk.crm.directory import SqlMemberDirectory

Ask = Callable[[Callable[[Callable[[Any], None]], None]], Any]


@pytest.fixture(params=["fake", "sqlcipher"], scope="module")
def directory(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[MemberDirectory, Ask]]:
    if request.param == "fake":
        desk = Desk()
        fake = fake_directory()
        fake.deliver = desk.deliver
        yield fake, desk.answer
        return
    opened = OpenStore(_file(tmp_path_factory))
    opened.put(RECORDS)
    yield SqlMemberDirectory(opened.store, "DE"), opened.desk.answer
    opened.close()


def _file(factory: pytest.TempPathFactory) -> Path:
    return factory.mktemp("directory") / "cache.db"


def _find(directory: tuple[MemberDirectory, Ask], number: str) -> Any:
    port, ask = directory
    return ask(lambda done: port.find_by_number(number, done))


@pytest.mark.parametrize(
    "spelling",
    [
        "+491713920031",
        "00491713920031",
        "01713920031",
        "0171 392 00 31",
        "(0171) 3920031",
        "tel:+49-171-3920031",
        "sip:+491713920031@pbx.example;user=phone",
    ],
)
def test_a_member_is_found_by_every_spelling_of_the_number(directory: Any, spelling: str) -> None:
    found = _find(directory, spelling)
    assert [(c.name, c.certainty) for c in found.candidates] == [("Lena Fischer", "exact")]
    assert found.e164 == "+491713920031"
    assert found.reason == ""


def test_a_shared_number_gives_everybody_and_picks_nobody(directory: Any) -> None:
    found = _find(directory, SHARED)
    assert [c.name for c in found.candidates] == ["Jane Doe", "Tom Doe"]
    assert {c.member_id for c in found.candidates} == {"M-1001", "M-1002"}
    assert len({c.key for c in found.candidates}) == 2


def test_a_carer_comes_with_the_member_they_speak_for(directory: Any) -> None:
    (candidate,) = _find(directory, CARER).candidates
    assert (candidate.party, candidate.name, candidate.member_id) == (
        Party.CARER,
        "Maria Nowak",
        "M-1004",
    )


def test_a_hospital_is_a_provider_without_a_member(directory: Any) -> None:
    (candidate,) = _find(directory, HOSPITAL).candidates
    assert (candidate.party, candidate.facility_id, candidate.member_id) == (
        Party.PROVIDER,
        "F-1",
        "",
    )


def test_an_extension_is_a_colleague(directory: Any) -> None:
    (candidate,) = _find(directory, "sip:201@10.0.0.1").candidates
    assert candidate.name == "Dr. Chen, nurse line"


def test_a_mangled_prefix_still_finds_the_member_and_says_how_sure(directory: Any) -> None:
    (candidate,) = _find(directory, "+4601713920031").candidates
    assert (candidate.name, candidate.certainty) == ("Lena Fischer", "last_digits")


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        ("", "withheld"),
        ("anonymous", "withheld"),
        ("sip:anonymous@anonymous.invalid", "withheld"),
        ("+4930999888777", "unknown"),
        ("999", "unknown"),
        ("bob", "not_a_number"),
        ("<script>alert(1)</script>", "not_a_number"),
        ("9" * 10_000, "not_a_number"),
        ("\x00'; DROP TABLE members; --", "not_a_number"),
    ],
)
def test_without_a_match_the_reason_is_said(directory: Any, number: str, reason: str) -> None:
    found = _find(directory, number)
    assert found.candidates == ()
    assert found.reason == reason


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("fischer", ["Lena Fischer"]),
        ("LENA fisch", ["Lena Fischer"]),
        ("doe", ["Jane Doe", "Tom Doe"]),
        ("M-1004", ["Walter Lindqvist"]),
        ("anna", ["St. Anna Hospital"]),
        ("chen", ["Dr. Chen, nurse line"]),
        ("nobody", []),
        ("", []),
    ],
)
def test_search_finds_by_words(directory: Any, text: str, names: list[str]) -> None:
    port, ask = directory
    found = ask(lambda done: port.search(text, 10, done))
    assert [c.name for c in found] == names


def test_search_keeps_to_its_limit(directory: Any) -> None:
    port, ask = directory
    assert len(ask(lambda done: port.search("doe", 1, done))) == 1


def test_a_card_is_the_members(directory: Any) -> None:
    port, ask = directory
    card = ask(lambda done: port.card("M-1003", done))
    assert (card.name, card.phone_last4) == ("Lena Fischer", "0031")


def test_an_unknown_card_is_a_known_error_that_names_nobody(directory: Any) -> None:
    port, ask = directory
    answer = ask(lambda done: port.card("M-9999", done))
    assert isinstance(answer, KnownError)
    assert answer.code == "member_unknown"
    assert "9999" not in str(answer)


def test_a_candidate_can_be_dialled(directory: Any) -> None:
    port, ask = directory
    (lena,) = _find(directory, SINGLE).candidates
    assert ask(lambda done: port.numbers_of(lena, done)) == ["+491713920031"]
    (chen,) = _find(directory, "201").candidates
    assert ask(lambda done: port.numbers_of(chen, done)) == ["201"]
