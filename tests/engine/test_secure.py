"""TLS and SRTP: only a proven exchange gets a byte, and only real SRTP is called encrypted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.sip_certificates import Authority
from tests.support.sip_office import ACCOUNT, Office
from tests.support.sip_raw import RawCaller, StreamRegistrar

from ctidesk.calls import commands as cmd
from ctidesk.calls import events as ev
from ctidesk.calls.commands import Srtp
from ctidesk.calls.events import Registration

NewOffice = Callable[..., Office]


def tls_office(
    new_office: NewOffice, registrar: StreamRegistrar, ca: Path, **more: object
) -> Office:
    return new_office(
        registrar=f"127.0.0.1:{registrar.port}",
        password="secret",
        transport="tls",
        tls_ca_file=str(ca),
        **more,
    )


def test_registers_over_tcp(new_office: NewOffice) -> None:
    registrar = StreamRegistrar()
    office = new_office(registrar=f"127.0.0.1:{registrar.port}", password="secret", transport="tcp")
    told = office.desk.wait(ev.RegistrationChanged, state=Registration.REGISTERED)
    assert told.transport == "tcp"
    registrar.close()


def test_registers_over_tls_with_a_proven_exchange(new_office: NewOffice, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    registrar = StreamRegistrar(authority.issue("server"))
    office = tls_office(new_office, registrar, authority.ca)
    told = office.desk.wait(ev.RegistrationChanged, state=Registration.REGISTERED)
    assert told.transport == "tls"
    assert registrar.rules.registers >= 1
    registrar.close()


@pytest.mark.parametrize("fault", ["unknown_ca", "wrong_name", "expired"])
def test_a_bad_certificate_gets_no_byte_of_ours(
    new_office: NewOffice, tmp_path: Path, fault: str
) -> None:
    authority = Authority(tmp_path)
    server = authority.issue(
        "server",
        host="other.example" if fault == "wrong_name" else "127.0.0.1",
        days=-1 if fault == "expired" else 5,
    )
    trusted = Authority(tmp_path, "another").ca if fault == "unknown_ca" else authority.ca
    registrar = StreamRegistrar(server)
    office = tls_office(new_office, registrar, trusted)
    told = office.desk.wait(ev.RegistrationChanged, state=Registration.FAILED)
    assert told.problem == "tls"
    assert "certificate" in told.text
    assert registrar.bytes_read == 0
    registrar.close()


def test_verification_can_be_switched_off_by_policy(new_office: NewOffice, tmp_path: Path) -> None:
    registrar = StreamRegistrar(Authority(tmp_path).issue("server"))
    another = Authority(tmp_path, "another").ca
    office = tls_office(new_office, registrar, another, tls_verify=False)
    office.desk.wait(ev.RegistrationChanged, state=Registration.REGISTERED)
    registrar.close()


def test_missing_certificate_file_is_said(new_office: NewOffice, tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.pem")
    office = new_office(registrar="127.0.0.1:5061", transport="tls", tls_ca_file=missing)
    told = office.desk.wait(ev.RegistrationChanged, state=Registration.FAILED)
    assert told.problem == "certificate_file"
    assert "certificate" in told.text
    assert missing not in told.text + told.remedy


@pytest.mark.parametrize("ours", [Srtp.OPTIONAL, Srtp.MANDATORY])
def test_srtp_call_is_called_encrypted(new_office: NewOffice, ours: Srtp) -> None:
    office = new_office(srtp=ours)
    office.phone("alice", srtp="mandatory")
    call_id, leg = office.incoming("alice")
    assert office.phone("alice").wait("media", leg=leg)["srtp"] is True
    assert office.call(call_id).encrypted
    office.desk.do(cmd.Hold(call_id=call_id))
    office.desk.wait(ev.CallHeld, call_id)
    office.desk.do(cmd.Resume(call_id=call_id))
    office.desk.wait(ev.CallResumed, call_id)
    assert office.call(call_id).encrypted


def test_plain_peer_of_an_optional_account_is_not_encrypted(new_office: NewOffice) -> None:
    office = new_office(srtp=Srtp.OPTIONAL)
    call_id, _leg = office.incoming("alice")
    assert not office.call(call_id).encrypted


def test_plain_offer_to_a_mandatory_account_is_refused(new_office: NewOffice) -> None:
    office = new_office(srtp=Srtp.MANDATORY)
    caller = RawCaller(office.port)
    assert caller.status(caller.invite(), above=199) in (406, 488)
    caller.close()
    assert "CallOffered" not in office.desk.story()


def test_encrypted_call_over_tls(new_office: NewOffice, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    server = authority.issue("bob")
    office = new_office(transport="tls", tls_ca_file=str(authority.ca), srtp=Srtp.MANDATORY)
    bob = office.phone(
        "bob", transport="tls", srtp="mandatory", cert=str(server.cert), key=str(server.key)
    )
    order = cmd.Dial(call_id="s1", account_id=ACCOUNT, target=bob.uri)
    office.desk.do(order)
    office.desk.wait(ev.CallAnswered, "s1")
    assert office.call("s1").encrypted


def test_call_to_a_peer_with_an_unknown_certificate_fails(
    new_office: NewOffice, tmp_path: Path
) -> None:
    server = Authority(tmp_path).issue("bob")
    trusted = Authority(tmp_path, "another").ca
    office = new_office(transport="tls", tls_ca_file=str(trusted), srtp=Srtp.MANDATORY)
    bob = office.phone("bob", transport="tls", cert=str(server.cert), key=str(server.key))
    office.desk.do(cmd.Dial(call_id="s2", account_id=ACCOUNT, target=bob.uri))
    assert office.desk.wait(ev.CallEnded, "s2").by == "failure"
    assert not [said for said in bob.said if said["event"] == "incoming"]
