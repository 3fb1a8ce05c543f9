"""TLS and SRTP: only a proven exchange gets a byte, and only real SRTP is called encrypted."""

from __future__ import annotations

import dataclasses
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.sip_certificates import Authority
from tests.support.sip_desk import until
from tests.support.sip_office import ACCOUNT, Office
from tests.support.sip_raw import SDP, RawCaller, StreamRegistrar, make_old

from ctidesk.calls import commands as cmd, events as ev
from ctidesk.calls.commands import Srtp
from ctidesk.calls.events import Registration
from ctidesk.demo.free_port import free_port

CRYPTO = (
    "a=crypto:1 AES_CM_128_HMAC_SHA1_80"
    " inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4\r\n"
)
NO_CRYPTO = CRYPTO.replace("AES_CM_128_HMAC_SHA1_80", "NOTHING_AT_ALL")
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
    assert told.problem == ("certificate_expired" if fault == "expired" else "tls")
    assert "certificate" in told.text
    assert registrar.bytes_read == 0
    registrar.close()


def test_a_certificate_of_the_future_points_at_the_clock(
    new_office: NewOffice, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    registrar = StreamRegistrar(authority.issue("server", begins=1))
    office = tls_office(new_office, registrar, authority.ca)
    told = office.desk.wait(ev.RegistrationChanged, state=Registration.FAILED)
    assert told.problem == "certificate_not_yet"
    assert "clock" in told.text
    assert "clock" in told.remedy
    assert registrar.bytes_read == 0
    registrar.close()


def test_only_the_pinned_roots_count(
    new_office: NewOffice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stranger = Authority(tmp_path)
    # what the system trusts does not count once IT has named its own roots
    monkeypatch.setenv("SSL_CERT_FILE", str(stranger.ca))
    registrar = StreamRegistrar(stranger.issue("server"))
    office = tls_office(new_office, registrar, Authority(tmp_path, "pinned").ca)
    told = office.desk.wait(ev.RegistrationChanged, state=Registration.FAILED)
    assert told.problem == "tls"
    assert registrar.bytes_read == 0
    office.desk.do(dataclasses.replace(office.config, tls_ca_file=""))
    office.desk.wait(ev.RegistrationChanged, state=Registration.REGISTERED)
    registrar.close()


def test_after_a_failed_handshake_nothing_is_tried_without_encryption(
    brisk_office: NewOffice,
) -> None:
    port = free_port()
    heard: list[bytes] = []
    with (
        socket.create_server(("127.0.0.1", port)) as stream,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams,
    ):
        datagrams.bind(("127.0.0.1", port))
        datagrams.setblocking(False)

        def talk() -> None:
            while True:
                try:
                    line, _peer = stream.accept()
                except OSError:
                    return
                with line:
                    heard.append(line.recv(65536))
                    line.sendall(b"SIP/2.0 400 Speak Plainly\r\nContent-Length: 0\r\n\r\n")

        thread = threading.Thread(target=talk, daemon=True)
        thread.start()
        office = brisk_office(
            registrar=f"127.0.0.1:{port}", transport="tls", tls_verify=False, password="secret"
        )
        for _ in range(2):
            told = office.desk.wait(ev.RegistrationChanged, state=Registration.FAILED)
            assert told.problem == "tls"
        with pytest.raises(BlockingIOError):
            datagrams.recv(65536)
        stream.shutdown(socket.SHUT_RDWR)
    thread.join(10)
    # RFC 8446 5.1: a record of the handshake begins with 22, and nothing else was ever sent
    assert len(heard) >= 2
    assert all(first[:2] == b"\x16\x03" and b"REGISTER" not in first for first in heard)


def test_nothing_older_than_tls_1_2(new_office: NewOffice, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    registrar = StreamRegistrar(authority.issue("server"), old=True)
    client = ssl.create_default_context(cafile=str(authority.ca))
    make_old(client)
    with (
        socket.create_connection(("127.0.0.1", registrar.port)) as plain,
        client.wrap_socket(plain, server_hostname="127.0.0.1") as line,
    ):
        assert line.version() == "TLSv1.1"  # the exchange itself works
    office = tls_office(new_office, registrar, authority.ca)
    told = office.desk.wait(ev.RegistrationChanged, state=Registration.FAILED)
    assert told.problem == "tls"
    assert registrar.bytes_read == 0
    registrar.close()


def test_a_telephone_shows_its_own_certificate(new_office: NewOffice, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    registrar = StreamRegistrar(authority.issue("server"), clients=authority.ca)
    own = authority.issue("own", host="desk.example", days=10)
    office = tls_office(
        new_office,
        registrar,
        authority.ca,
        tls_cert_file=str(own.cert),
        tls_key_file=str(own.key),
    )
    told = office.desk.wait(ev.RegistrationChanged, state=Registration.REGISTERED)
    kinds = [each.kind for each in told.warnings]
    assert kinds == ["certificate_expires", "own_certificate_expires"]
    assert "in 9 days" in told.warnings[1].text
    registrar.close()


def test_without_its_certificate_a_telephone_is_refused(
    new_office: NewOffice, tmp_path: Path
) -> None:
    authority = Authority(tmp_path)
    registrar = StreamRegistrar(authority.issue("server"), clients=authority.ca)
    office = tls_office(new_office, registrar, authority.ca)
    told = office.desk.wait(ev.RegistrationChanged, state=Registration.FAILED)
    assert told.problem == "tls"
    assert registrar.bytes_read == 0
    registrar.close()


@pytest.mark.parametrize("fault", ["key_readable", "own_certificate_file"])
def test_own_files_that_cannot_be_used(new_office: NewOffice, tmp_path: Path, fault: str) -> None:
    authority = Authority(tmp_path)
    registrar = StreamRegistrar(authority.issue("server"))
    own = authority.issue("own", host="desk.example")
    if fault == "key_readable":
        own.key.chmod(0o640)
    else:
        own.cert.unlink()
    office = tls_office(
        new_office,
        registrar,
        authority.ca,
        tls_cert_file=str(own.cert),
        tls_key_file=str(own.key),
    )
    told = office.desk.wait(ev.RegistrationChanged, state=Registration.FAILED)
    assert told.problem == fault
    assert str(tmp_path) not in told.text + told.remedy
    assert registrar.accepted == 0
    # IT puts it right, and nobody does anything here
    own.key.chmod(0o600)
    if not own.cert.exists():
        again = authority.issue("own", host="desk.example")
        again.key.chmod(0o600)
    office.desk.wait(ev.RegistrationChanged, state=Registration.REGISTERED)
    registrar.close()


@pytest.mark.parametrize(("days", "told_so"), [(10, True), (13, True), (30, False)])
def test_the_end_of_the_exchanges_certificate_is_told_two_weeks_before(
    new_office: NewOffice, tmp_path: Path, days: int, told_so: bool
) -> None:
    authority = Authority(tmp_path)
    registrar = StreamRegistrar(authority.issue("server", days=days))
    office = tls_office(new_office, registrar, authority.ca)
    told = office.desk.wait(ev.RegistrationChanged, state=Registration.REGISTERED)
    assert [each.kind for each in told.warnings] == (["certificate_expires"] if told_so else [])
    if told_so:
        assert f"in {days - 1} days" in told.warnings[0].text
        assert "IT" in told.warnings[0].remedy
    registrar.close()


def test_a_lost_connection_registers_again_at_once(brisk_office: NewOffice, tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    registrar = StreamRegistrar(authority.issue("server", days=30))
    office = tls_office(brisk_office, registrar, authority.ca)
    office.desk.wait(ev.RegistrationChanged, state=Registration.REGISTERED)
    renewed = registrar.rules.registers + 2
    # renewals go over the same connection and so keep it open
    until(lambda: registrar.rules.registers >= renewed, "renewals")
    assert registrar.accepted == 1
    registrar.hang_up()
    until(lambda: registrar.accepted == 2, "a new connection")
    renewed = registrar.rules.registers + 1
    until(lambda: registrar.rules.registers >= renewed, "renewals over it")
    registrar.close()


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_an_exchange_that_is_back_is_registered_with_long_before_the_next_try(
    patient_office: NewOffice, tmp_path: Path, transport: str
) -> None:
    """The next try of this engine is ten minutes away."""
    authority = Authority(tmp_path)
    certificate = authority.issue("server") if transport == "tls" else None
    port = free_port()
    office = patient_office(
        registrar=f"127.0.0.1:{port}",
        password="secret",
        transport=transport,
        tls_ca_file=str(authority.ca),
    )
    told = office.desk.wait(ev.RegistrationChanged, state=Registration.FAILED)
    assert told.problem == "no_route"
    registrar = StreamRegistrar(certificate, port=port)
    office.desk.wait(ev.RegistrationChanged, state=Registration.REGISTERED)
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
    told = [e for _s, e in office.desk.events if isinstance(e, ev.MediaChanged)]
    assert all(each.encrypted for each in told)  # a hold, which sends nothing, does not say "not"


def test_plain_peer_of_an_optional_account_is_not_encrypted(new_office: NewOffice) -> None:
    office = new_office(srtp=Srtp.OPTIONAL)
    call_id, _leg = office.incoming("alice")
    assert not office.call(call_id).encrypted


def test_plain_offer_to_a_mandatory_account_is_refused(new_office: NewOffice) -> None:
    office = new_office(srtp=Srtp.MANDATORY)
    caller = RawCaller(office.port)
    assert caller.status(caller.invite(), above=199) == 488
    caller.close()
    assert "CallOffered" not in office.desk.story()


@pytest.mark.parametrize(
    "sdp",
    [SDP.replace("RTP/AVP", "RTP/SAVP"), SDP.replace("RTP/AVP", "RTP/SAVP") + NO_CRYPTO],
    ids=["no key", "key without a cipher"],
)
def test_an_offer_that_only_pretends_to_be_encrypted_is_refused(
    new_office: NewOffice, sdp: str
) -> None:
    for policy in (Srtp.MANDATORY, Srtp.OPTIONAL):
        office = new_office(srtp=policy)
        caller = RawCaller(office.port)
        assert caller.status(caller.invite(sdp=sdp), above=199) in (406, 488)
        caller.close()
        assert "CallOffered" not in office.desk.story()


def test_an_encrypted_call_is_not_made_plain_later(new_office: NewOffice) -> None:
    office = new_office(srtp=Srtp.MANDATORY)
    caller = RawCaller(office.port)
    sdp = SDP.replace("RTP/AVP", "RTP/SAVP") + CRYPTO
    sip_call_id = caller.invite(sdp=sdp)
    call_id = office.desk.wait(ev.CallOffered).call_id
    office.desk.do(cmd.Answer(call_id=call_id))
    answer = caller.answer(sip_call_id)
    assert "RTP/SAVP" in answer
    assert "a=crypto:" in answer
    caller.ack(answer)
    office.desk.wait(ev.CallAnswered, call_id)
    until(lambda: office.call(call_id).encrypted, "encryption")
    caller.reinvite(answer, SDP)
    assert caller.status(sip_call_id, above=200) == 488
    assert office.call(call_id).encrypted
    assert not office.call(call_id).ended
    caller.close()


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
