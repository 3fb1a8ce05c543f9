"""Signalling and encrypted audio by IPv6."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.support.sip_office import ACCOUNT, Office
from tests.support.sip_raw import RawRegistrar

from ctidesk.calls import commands as cmd, events as ev
from ctidesk.calls.commands import Srtp
from ctidesk.calls.events import Registration
from ctidesk.sip.engine.addresses import bracketed, canonical, host_port

NewOffice = Callable[..., Office]
WHEEL = "(development wheel)"


@pytest.fixture
def six(new_office: NewOffice) -> NewOffice:
    """Makes offices where the build can IPv6; what the wheel says is another test."""

    def make(*options: str, **account: object) -> Office:
        office = new_office(*options, **account)
        if WHEEL in office.desk.hello.build:
            pytest.skip("the development wheel was built without IPv6")
        return office

    return make


def test_a_build_without_ipv6_says_so(new_office: NewOffice) -> None:
    office = new_office(bind_address="::1")
    if WHEEL in office.desk.hello.build:
        told = office.desk.wait(ev.RegistrationChanged, state=Registration.FAILED)
        assert told.problem == "no_ipv6"
        assert "IPv6" in told.text
    else:
        office.desk.wait(ev.RegistrationChanged, state=Registration.OFFLINE)
    assert office.engine.process.poll() is None


def test_registers_calls_and_encrypts_over_ipv6(six: NewOffice) -> None:
    registrar = RawRegistrar(host="::1")
    office = six(
        registrar=f"[::1]:{registrar.port}",
        password="secret",
        bind_address="::1",
        srtp=Srtp.MANDATORY,
    )
    told = office.desk.wait(ev.RegistrationChanged, state=Registration.REGISTERED)
    assert told.registrar == f"[::1]:{registrar.port}"
    assert registrar.contacts[-1].startswith(f"<sip:agent@[::1]:{office.port}")
    alice = office.phone("alice", address="::1", srtp="mandatory")
    office.agent = f"sip:agent@[::1]:{office.port}"
    call_id, leg = office.incoming("alice")
    assert alice.wait("media", leg=leg)["srtp"] is True
    assert office.call(call_id).encrypted
    office.desk.do(cmd.HangUp(call_id=call_id))
    office.desk.wait(ev.CallEnded, call_id)
    registrar.close()


def test_dials_an_ipv6_address(talking: Office) -> None:
    alice = talking.phone("alice", address="::1")
    talking.desk.do(cmd.Dial(call_id="six", account_id=ACCOUNT, target=alice.uri))
    talking.desk.wait(ev.CallAnswered, "six")
    alice.hears(int(alice.wait("incoming")["leg"]))


@pytest.fixture
def talking(six: NewOffice, speech: object) -> Office:
    return six("--mic-file", str(speech), bind_address="::1")


def test_an_exchange_at_an_ipv6_address_needs_no_bind_address(six: NewOffice) -> None:
    registrar = RawRegistrar(host="::1")
    office = six(
        registrar=f"[::1]:{registrar.port}", password="secret", bind_address=""
    )  # fmt: skip
    office.desk.wait(ev.RegistrationChanged, state=Registration.REGISTERED)
    registrar.close()


def test_addresses_in_their_writings() -> None:
    assert host_port("[2001:db8::1]:5061") == ("2001:db8::1", 5061)
    assert host_port("2001:db8::1") == ("2001:db8::1", 0)
    assert bracketed("2001:db8::1") == "[2001:db8::1]"
    assert bracketed("pbx.example") == "pbx.example"
    assert canonical("[2001:DB8:0::1]") == canonical("2001:db8::1")
