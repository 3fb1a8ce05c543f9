"""Who calls: names and headers of strangers, by hand over UDP."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from tests.support.sip_office import Office
from tests.support.sip_raw import RawCaller

from ctidesk.calls import events as ev

NewOffice = Callable[..., Office]
PBX = "127.0.0.2"


@pytest.fixture(scope="module")
def trusting_office() -> Iterator[Office]:
    office = Office(trusted_peers=(PBX,))
    yield office
    assert office.close() == []


def offer(office: Office, address: str = "127.0.0.1", **invite: str) -> ev.CallOffered:
    caller = RawCaller(office.port, address)
    caller.invite(**invite)
    offered = office.desk.wait(ev.CallOffered)
    office.tidy()
    caller.close()
    return offered


@pytest.mark.parametrize(
    ("sender", "number", "name"),
    [
        ('"Ward 3" <sip:+49301234@h>', "+49301234", "Ward 3"),
        ("<sip:0301234;isub=1:pw@h;user=phone>", "0301234", ""),
        ("Plain Name <sip:%2B49301@h>", "+49301", "Plain Name"),
        ("<tel:+49-30-1234>", "+49-30-1234", ""),
        ('"<b>Bold</b> & \\"q\\"" <sip:1@h>', "1", '<b>Bold</b> & "q"'),
        ('"a\u202eevil\u2066\u0000x" <sip:1@h>', "1", "aevilx"),
        (f'"{"N" * 3000}" <sip:1@h>', "1", "N" * 63 + "…"),
        ("<sip:1%0d%0aX-Evil:1@h>", "1X-Evil", ""),
    ],
)
def test_names_are_plain_and_cut(
    trusting_office: Office, sender: str, number: str, name: str
) -> None:
    remote = offer(trusting_office, sender=sender).remote
    # the number keeps only what numbers and extensions are made of
    assert remote.number == number.replace(":", "").replace(" ", "")
    assert remote.display_name == name
    assert not remote.withheld


@pytest.mark.parametrize(
    ("sender", "headers"),
    [
        ('"Anonymous" <sip:anonymous@anonymous.invalid>', ""),
        ("<sip:0301234@h>", "Privacy: id\r\n"),
        ("<sip:0301234@h>", "P-Asserted-Identity: <sip:0301234@h>\r\nPrivacy: header;id\r\n"),
    ],
)
def test_withheld_numbers_stay_withheld(trusting_office: Office, sender: str, headers: str) -> None:
    remote = offer(trusting_office, PBX, sender=sender, headers=headers).remote
    assert remote.withheld
    assert (remote.number, remote.display_name, remote.asserted) == ("", "", "")


ROUTED = (
    'P-Asserted-Identity: "Real" <sip:+49309@h>\r\nX-PBX-Queue: members\r\n'
    "X-IVR-Path: 1>refill\r\nX-CRM-Id: M42\r\nDiversion: <sip:800@h>;reason=no-answer\r\n"
    "User-to-User: 3132;encoding=hex\r\n"
)


def test_routing_of_a_trusted_peer_is_read(trusting_office: Office) -> None:
    offered = offer(trusting_office, PBX, headers=ROUTED)
    assert offered.remote.asserted == "+49309"
    routing = offered.routing
    assert (routing.queue, routing.ivr_path, routing.member_id) == ("members", "1>refill", "M42")
    assert (routing.diverted_from, routing.user_to_user) == ("800", "3132;encoding=hex")


def test_history_info_tells_the_diversion(trusting_office: Office) -> None:
    history = "History-Info: <sip:801@h>;index=1, <sip:agent@h>;index=1.1\r\n"
    assert offer(trusting_office, PBX, headers=history).routing.diverted_from == "801"


def test_routing_of_a_stranger_is_ignored(trusting_office: Office) -> None:
    offered = offer(trusting_office, headers=ROUTED)
    assert offered.remote.asserted == ""
    assert offered.routing == type(offered.routing)()
