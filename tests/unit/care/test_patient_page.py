"""The member's page in the EMR: which addresses are taken, what goes into them, when it opens."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, strategies as st
from tests.support.desk_scenes import SHARED, Scene, jane

from ctidesk.calls.agent_events import PatientPageOpened
from ctidesk.calls.errors import KnownError
from ctidesk.care.patient_page import PatientPage, checked_page
from ctidesk.config import settings
from ctidesk.startup.patient_page import patient_page

HOSTS = ("emr.example",)
URL = "https://emr.example/patient/{member_id}"


@pytest.mark.parametrize(
    "url",
    [
        URL,
        "https://EMR.example:8443/p?id={crm_id}#{member_id}",
        "https://emr.example/{crm_id}",
    ],
)
def test_addresses_that_are_taken(url: str) -> None:
    assert checked_page("EMR", url, HOSTS).url == url


@pytest.mark.parametrize(
    ("url", "hosts", "why"),
    [
        ("https://emr.example/", HOSTS, "no known id"),
        ("https://emr.example/{name}", HOSTS, "no known id"),
        ("https://emr.example/{member_id", HOSTS, "no known id"),
        ("https://emr.example/{member_id}/}", HOSTS, "no known id"),
        ("http://emr.example/{member_id}", HOSTS, "not encrypted"),
        ("ftp://emr.example/{member_id}", HOSTS, "not encrypted"),
        ("javascript:alert({member_id})", HOSTS, "cannot be read"),
        ("https://emr.example.evil/{member_id}", HOSTS, "not allowed"),
        ("https://emr.example@evil.example/{member_id}", HOSTS, "cannot be read"),
        ("https://{member_id}.emr.example/{member_id}", ("x.emr.example",), "id in its host"),
        ("https://emr.example:{crm_id}/{crm_id}", HOSTS, "cannot be read"),
        ("https://emr.example\\@evil/{member_id}", HOSTS, "cannot be read"),
        ("https://emr.example/ {member_id}", HOSTS, "cannot be read"),
        ("https://[emr/{member_id}", HOSTS, "cannot be read"),
        ("{member_id}", HOSTS, "cannot be read"),
        (URL, (), "not allowed"),
    ],
)
def test_addresses_that_are_refused_with_a_remedy(
    url: str, hosts: tuple[str, ...], why: str
) -> None:
    with pytest.raises(KnownError, match=why) as refused:
        checked_page("EMR", url, hosts)
    assert refused.value.remedy.endswith(".")


def test_plain_http_is_for_this_computer_only() -> None:
    url = "http://127.0.0.1:8080/{member_id}"
    assert checked_page("EMR", url, ("127.0.0.1",)).url == url


@given(st.text(min_size=1, max_size=40))
def test_an_id_stays_one_piece_of_the_path(member_id: str) -> None:
    page = PatientPage(name="EMR", url="https://emr.example/p/{member_id}?x=1")
    try:
        address = page.address(replace(jane(), member_id=member_id))
    except UnicodeEncodeError:
        return  # half of a surrogate pair: no such id comes out of a database
    inside = address.removeprefix("https://emr.example/p/").removesuffix("?x=1")
    assert address.startswith("https://emr.example/p/")
    assert not set(inside) & set("/?#&@:\\ <>\"'") and inside.isascii()


def test_a_member_without_such_an_id_has_no_page() -> None:
    page = PatientPage(name="EMR", url="https://emr.example/{crm_id}")
    assert page.address(replace(jane(), crm_id="")) == ""
    assert page.address(replace(jane(), crm_id="a-1")) == "https://emr.example/a-1"


def scene(**when: frozenset[str]) -> Scene:
    scene = Scene(page=PatientPage(name="EMR", url=URL, **when))
    scene.start()
    return scene


def opened(scene: Scene) -> list[tuple[str, str]]:
    return [(e.member_id, e.by) for e in scene.journal.log if isinstance(e, PatientPageOpened)]


def open_jane(scene: Scene, call_id: str) -> None:
    scene.pop.open(call_id, scene.pop.lookups[call_id].candidates[0])


def test_it_opens_while_it_rings_once_the_agent_has_opened_the_card() -> None:
    desk = scene(on_ring=frozenset({"Member line"}))
    call_id = desk.ring()
    assert desk.browsed == []  # nobody is picked by itself
    open_jane(desk, call_id)
    assert desk.browsed == ["https://emr.example/patient/M-1001"]
    assert opened(desk) == [("M-1001", "queue")]
    desk.actions.answer(call_id)
    desk.pop.open_member(call_id, "")
    open_jane(desk, call_id)
    assert len(desk.browsed) == 1  # once for each call and member


def test_it_opens_from_the_answer_on() -> None:
    desk = scene(on_answer=frozenset({"*"}))
    call_id = desk.ring()
    open_jane(desk, call_id)
    assert desk.browsed == []
    desk.actions.answer(call_id)
    assert len(desk.browsed) == 1


def test_other_queues_wait_for_the_agent() -> None:
    desk = scene(on_ring=frozenset({"Provider line"}))
    call_id = desk.talk(SHARED)
    open_jane(desk, call_id)
    assert desk.browsed == []
    assert desk.pages.name(call_id) == "EMR"
    desk.pages.open(call_id)
    desk.pages.open(call_id)  # the agent may want it again
    assert len(desk.browsed) == 2
    assert opened(desk) == [("M-1001", "agent")] * 2


def test_a_new_desk_does_not_open_it_again() -> None:
    desk = scene(on_ring=frozenset({"*"}))
    call_id = desk.ring()
    log = [
        PatientPageOpened(call_id=call_id, t_mono=0, t_wall=0, member_id="M-1001", by="queue"),
    ]
    desk.pages.take_log(log)
    open_jane(desk, call_id)
    assert desk.browsed == []


def test_without_a_browser_the_agent_is_told_and_nothing_is_logged() -> None:
    desk = scene()
    desk.has_browser = False
    told: list[object] = []
    desk.desk.subscribe(told.append)
    call_id = desk.talk()
    open_jane(desk, call_id)
    desk.pages.open(call_id)
    (problem,) = [each for each in told if isinstance(each, KnownError)]
    assert problem.code == "no_browser"
    assert "M-1001" not in problem.text + problem.remedy
    assert opened(desk) == []


def test_without_a_page_there_is_no_button() -> None:
    desk = Scene()
    desk.start()
    call_id = desk.talk()
    open_jane(desk, call_id)
    assert desk.pages.name(call_id) == ""


def test_the_settings_page_is_checked_and_keeps_nobody_from_the_telephone() -> None:
    wanted = settings.PatientPage(url=URL, hosts=HOSTS, on_ring=("*",))
    page, problem = patient_page(settings.Settings(patient_page=wanted))
    assert problem is None
    assert page is not None
    assert page.on_ring == {"*"}
    page, problem = patient_page(settings.Settings(patient_page=replace(wanted, hosts=())))
    assert page is None
    assert problem is not None
    assert "not allowed" in problem.text
    assert patient_page(settings.Settings()) == (None, None)
