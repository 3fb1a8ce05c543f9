"""What works but needs care: another telephone on the account, a wrong clock, an end in sight."""

from __future__ import annotations

import email.utils
import time
from collections.abc import Callable, Iterator

import pytest
from tests.support.sip_desk import until
from tests.support.sip_office import Office
from tests.support.sip_raw import RawRegistrar

from ctidesk.calls import events as ev
from ctidesk.calls.events import Registration
from ctidesk.sip.engine.bindings import Bindings, contacts, this_instance
from ctidesk.sip.engine.certificates import (
    DAY_S,
    Certificates,
    Validity,
    clock_warning,
    expiry_warnings,
    unusable,
)
from ctidesk.sip.engine.identity import Headers

NewOffice = Callable[..., Office]


@pytest.fixture
def registrar() -> Iterator[RawRegistrar]:
    registrar = RawRegistrar()
    yield registrar
    registrar.close()


def at(registrar: RawRegistrar) -> dict[str, str]:
    return {"registrar": f"127.0.0.1:{registrar.port}", "password": "secret"}


def kinds(event: ev.RegistrationChanged) -> list[str]:
    return [each.kind for each in event.warnings]


def warned_of(office: Office, *wanted: str) -> ev.RegistrationChanged:
    """The event with exactly these warnings."""

    def find() -> ev.RegistrationChanged | None:
        for _seq, event in reversed(list(office.desk.events)):
            if isinstance(event, ev.RegistrationChanged):
                return event if kinds(event) == list(wanted) else None
        return None

    found = until(find, f"the warnings {wanted}")
    assert found is not None
    return found


def test_another_desk_on_the_same_account_is_told_and_its_end_too(
    registrar: RawRegistrar, brisk_office: NewOffice
) -> None:
    office = brisk_office(**at(registrar))
    office.desk.wait(ev.RegistrationChanged, state=Registration.REGISTERED)
    registrar.headers = "Contact: <sip:agent@192.0.2.44:5060>;expires=250\r\n"
    told = warned_of(office, "also_elsewhere")
    assert told.state is Registration.REGISTERED
    assert "another place" in told.warnings[0].text
    assert "192.0.2.44" not in told.warnings[0].text + told.warnings[0].remedy
    registrar.headers = ""
    warned_of(office)


def test_what_an_earlier_engine_left_behind_is_no_other_desk(
    registrar: RawRegistrar, brisk_office: NewOffice
) -> None:
    office = brisk_office(**at(registrar))
    office.desk.wait(ev.RegistrationChanged, state=Registration.REGISTERED)
    began = time.monotonic()

    def left() -> int:
        return 250 - int(time.monotonic() - began)

    # a binding of this computer that nobody renews: it only gets older
    for _ in range(4):
        registrar.headers = f"Contact: <sip:agent@127.0.0.1:6999>;expires={left()}\r\n"
        renewed = registrar.registers + 2
        until(lambda renewed=renewed: registrar.registers >= renewed, "renewals")
    assert office.desk.story().count("RegistrationChanged") == 2
    # somebody renews it: a second desk on the same computer
    registrar.headers = "Contact: <sip:agent@127.0.0.1:6999>;expires=290\r\n"
    warned_of(office, "also_elsewhere")


def test_a_wrong_clock_is_told_by_the_exchanges_answer(
    registrar: RawRegistrar, brisk_office: NewOffice
) -> None:
    registrar.headers = f"Date: {email.utils.formatdate(time.time() + DAY_S, usegmt=True)}\r\n"
    office = brisk_office(**at(registrar))
    told = office.desk.wait(ev.RegistrationChanged, state=Registration.REGISTERED)
    assert kinds(told) == ["clock_wrong"]
    assert "1 day behind" in told.warnings[0].text
    registrar.headers = f"Date: {email.utils.formatdate(usegmt=True)}\r\n"
    warned_of(office)


# -- the rules alone ----------------------------------------------------------------------

NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("date", "said"),
    [
        (email.utils.formatdate(NOW, usegmt=True), ""),
        (email.utils.formatdate(NOW + 299, usegmt=True), ""),
        (email.utils.formatdate(NOW - DAY_S, usegmt=True), "1 day ahead of"),
        (email.utils.formatdate(NOW + 2 * 3600, usegmt=True), "2 hours behind"),
        (email.utils.formatdate(NOW - 600, usegmt=True), "10 minutes ahead of"),
        ("Thu, 99 Foo 99999 99:99:99 GMT", ""),
        ("\x00", ""),
        ("Mon, 01 Jan 0001 00:00:00 GMT", None),
    ],
)
def test_clocks(date: str, said: str | None) -> None:
    warning = clock_warning(date, NOW)
    if said is not None:
        assert (warning.text if warning else "").count(said or "clock") == (1 if said else 0)


def test_certificates_in_time() -> None:
    good = Validity(NOW - DAY_S, NOW + 15 * DAY_S)
    soon = Validity(NOW - DAY_S, NOW + 10 * DAY_S)
    assert expiry_warnings(Certificates(good, good), NOW) == []
    found = expiry_warnings(Certificates(soon, soon), NOW)
    assert [each.kind for each in found] == ["certificate_expires", "own_certificate_expires"]
    assert all("in 10 days" in each.text for each in found)
    assert expiry_warnings(Certificates(), NOW) == []
    assert unusable(good, NOW) == ""
    assert unusable(soon, NOW + 11 * DAY_S) == "certificate_expired"
    assert unusable(soon, NOW - 2 * DAY_S) == "certificate_not_yet"


def answer(*lines: str, via: str = "SIP/2.0/UDP 10.0.0.5:5070;rport=5070") -> bytes:
    return "\r\n".join(["SIP/2.0 200 OK", f"Via: {via}", *lines, "", ""]).encode()


def test_contacts_are_read_however_they_are_written() -> None:
    raw = answer(
        'Contact: "A, B" <sip:a@10.0.0.5:5070;ob>;expires=60, <sips:b@[2001:DB8::1]>;q=1',
        'm: sip:c@host.example;expires=20;+sip.instance="<urn:uuid:X>"',
        "Contact: *, <sip:@>, <>, ,,,",
    )
    found = contacts(Headers(raw))
    assert [(c.host, c.port, c.expires_s) for c in found] == [
        ("10.0.0.5", 5070, 60),
        ("2001:db8::1", 5060, 0),
        ("host.example", 5060, 20),
    ]
    assert found[2].instance == "urn:uuid:x"


def test_who_is_somebody_else() -> None:
    me = this_instance("agent@house.example")
    assert me == this_instance("agent@house.example")
    assert me != this_instance("other@house.example")
    own = "Contact: <sip:agent@10.0.0.5:5070>;expires=300"
    assert not Bindings(me).elsewhere(answer(own), 0.0)
    # seen through address translation: the outer address is ours too
    outer = answer(
        own, "Contact: <sip:agent@198.51.100.9:61000>;expires=300",
        via="SIP/2.0/UDP 10.0.0.5:5070;rport=61000;received=198.51.100.9",
    )  # fmt: skip
    assert not Bindings(me).elsewhere(outer, 0.0)
    # our own instance at an address that we had before
    old = f'Contact: <sip:agent@10.9.9.9:5070>;expires=200;+sip.instance="<{me}>"'
    assert not Bindings(me).elsewhere(answer(own, old), 0.0)
    assert Bindings(me).elsewhere(answer(own, old.replace(me, "urn:uuid:other")), 0.0)
    # where this very engine was registered before the computer moved
    bindings = Bindings(me)
    bindings.elsewhere(answer(own), 0.0)
    moved = answer(
        "Contact: <sip:agent@10.0.0.6:5070>;expires=300", own,
        via="SIP/2.0/UDP 10.0.0.6:5070;rport=5070",
    )  # fmt: skip
    assert not bindings.elsewhere(moved, 30.0)
    for garbage in (b"", b"\xff\x00", answer("Contact: " + "<sip:a@b>," * 500)):
        Bindings(me).elsewhere(garbage, 0.0)
