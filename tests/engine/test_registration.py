"""Registration: each way to fail is told with its own sentence, and retried as it should be."""

from __future__ import annotations

import dataclasses
import socket
from collections.abc import Callable, Iterator

import pytest
from tests.support.sip_desk import until
from tests.support.sip_office import ACCOUNT, Office
from tests.support.sip_raw import RawCaller, RawRegistrar

from ctidesk.calls import commands as cmd, events as ev
from ctidesk.calls.call import Phase
from ctidesk.calls.events import Registration
from ctidesk.demo.free_port import free_port
from ctidesk.sip.engine.native_account import RegisterSeen
from ctidesk.sip.engine.registration import outcome, retry_delay_s

NewOffice = Callable[..., Office]


@pytest.fixture
def registrar() -> Iterator[RawRegistrar]:
    registrar = RawRegistrar()
    yield registrar
    registrar.close()


def at(registrar: RawRegistrar | int) -> dict[str, str]:
    port = registrar if isinstance(registrar, int) else registrar.port
    return {"registrar": f"127.0.0.1:{port}", "password": "secret"}


def test_registers_and_unregisters_at_the_end(
    registrar: RawRegistrar, new_office: NewOffice
) -> None:
    office = new_office(**at(registrar))
    told = office.desk.wait(ev.RegistrationChanged, state=Registration.REGISTERED)
    assert (told.account_id, told.problem, told.transport) == (ACCOUNT, "", "udp")
    assert "TRYING" in [
        e.state.name for _s, e in office.desk.events if isinstance(e, ev.RegistrationChanged)
    ]
    office.desk.do(cmd.ShutDown(when_idle=False))
    assert registrar.unregistered.wait(10)
    office.engine.process.wait(20)
    assert office.engine.process.returncode == 0


def test_wrong_password_is_said_and_not_tried_again(
    registrar: RawRegistrar, new_office: NewOffice
) -> None:
    registrar.password = "other"
    office = new_office(**at(registrar))
    told = office.desk.wait(ev.RegistrationChanged, state=Registration.REFUSED)
    assert told.problem == "wrong_password"
    assert told.retry_in_s == 0
    assert "secret" not in told.text + told.remedy
    tries = registrar.registers
    refusal = office.desk.send(cmd.Dial(call_id="x", account_id=ACCOUNT, target="123"))
    assert refusal.code == "not_registered"
    assert "password" in refusal.text
    # the user tries again by hand, with the right password at the exchange
    registrar.password = "secret"
    office.desk.do(office.config)
    office.desk.wait(ev.RegistrationChanged, state=Registration.REGISTERED)
    assert registrar.registers > tries


@pytest.mark.parametrize(
    ("answer", "problem", "state"),
    [
        ("403", "forbidden", Registration.REFUSED),
        ("404", "unknown_user", Registration.REFUSED),
        ("500", "server_error", Registration.FAILED),
        ("503", "server_error", Registration.FAILED),
    ],
)
def test_answers_of_the_registrar(
    registrar: RawRegistrar,
    new_office: NewOffice,
    answer: str,
    problem: str,
    state: Registration,
) -> None:
    registrar.mode = answer
    office = new_office(**at(registrar))
    told = office.desk.wait(ev.RegistrationChanged, state=state)
    assert told.problem == problem
    assert told.text.endswith(".")
    assert told.remedy.endswith(".")


def test_a_failed_exchange_is_tried_again_by_itself(
    registrar: RawRegistrar, new_office: NewOffice
) -> None:
    registrar.mode = "503"
    office = new_office(**at(registrar))
    told = office.desk.wait(ev.RegistrationChanged, state=Registration.FAILED)
    assert 0.5 < told.retry_in_s < 1.5
    registrar.mode = "digest"
    office.desk.wait(ev.RegistrationChanged, state=Registration.REGISTERED)


def test_the_way_through_address_translators_is_held_open(
    registrar: RawRegistrar, brisk_office: NewOffice
) -> None:
    office = brisk_office(**at(registrar))
    office.desk.wait(ev.RegistrationChanged, state=Registration.REGISTERED)
    # from the socket that registered: a translator keeps no other way open
    until(lambda: registrar.kept_alive > 1, "keep-alives")


def registrations(office: Office) -> list[Registration]:
    return [e.state for _s, e in office.desk.events if isinstance(e, ev.RegistrationChanged)]


def test_an_exchange_that_goes_away_and_comes_back_is_noticed(
    registrar: RawRegistrar, brisk_office: NewOffice
) -> None:
    office = brisk_office(**at(registrar))
    office.desk.wait(ev.RegistrationChanged, state=Registration.REGISTERED)
    renewed = registrar.registers + 2
    until(lambda: registrar.registers >= renewed, "renewals")
    assert registrations(office) == [Registration.TRYING, Registration.REGISTERED]
    registrar.mode = "silent"
    told = office.desk.wait(ev.RegistrationChanged, state=Registration.FAILED)
    assert told.problem == "timeout"
    refusal = office.desk.send(cmd.Dial(call_id="x", account_id=ACCOUNT, target="123"))
    assert refusal.code == "not_registered"
    registrar.mode = "digest"
    office.desk.wait(ev.RegistrationChanged, state=Registration.REGISTERED)


def test_nobody_listening_on_udp_is_said_in_seconds(brisk_office: NewOffice) -> None:
    office = brisk_office(**at(free_port()))
    told = office.desk.wait(ev.RegistrationChanged, state=Registration.FAILED)
    assert told.problem in ("timeout", "no_route")


def test_refused_connection_on_tcp(new_office: NewOffice) -> None:
    office = new_office(**at(free_port()), transport="tcp")
    told = office.desk.wait(ev.RegistrationChanged, state=Registration.FAILED)
    assert told.problem == "no_route"


def test_unknown_name_of_the_exchange(new_office: NewOffice) -> None:
    office = new_office(registrar="exchange.invalid", password="secret")
    told = office.desk.wait(ev.RegistrationChanged, state=Registration.FAILED)
    assert told.problem == "dns"
    assert told.retry_in_s > 0


def test_calls_come_only_over_the_registered_flow(
    registrar: RawRegistrar, new_office: NewOffice
) -> None:
    office = new_office(**at(registrar))
    office.desk.wait(ev.RegistrationChanged, state=Registration.REGISTERED)
    stranger = RawCaller(office.port, "127.0.0.3")
    assert stranger.status(stranger.invite(), above=199) == 403
    stranger.close()
    friend = RawCaller(office.port, "127.0.0.1")
    friend.invite()
    office.desk.wait(ev.CallOffered)
    assert office.desk.story().count("CallOffered") == 1
    friend.close()


def test_a_local_port_that_is_taken_is_said_and_tried_again(new_office: NewOffice) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other_program:
        port = free_port()
        other_program.bind(("127.0.0.1", port))
        office = new_office(local_port=port)
        told = office.desk.wait(ev.RegistrationChanged, state=Registration.FAILED)
        assert told.problem == "port_taken"
        assert told.retry_in_s > 0
        refusal = office.desk.send(cmd.Dial(call_id="x", account_id=ACCOUNT, target="123"))
        assert (refusal.code, refusal.text) == ("not_registered", told.text)
    # nobody does anything here
    office.desk.wait(ev.RegistrationChanged, state=Registration.OFFLINE)
    caller = RawCaller(port, "127.0.0.1")
    caller.invite()
    office.desk.wait(ev.CallOffered)
    caller.close()


def test_an_address_that_this_computer_does_not_have(new_office: NewOffice) -> None:
    office = new_office(bind_address="192.0.2.7")  # RFC 5737: nobody has it
    told = office.desk.wait(ev.RegistrationChanged, state=Registration.FAILED)
    assert told.problem == "no_address"


def test_a_transport_that_does_not_exist(new_office: NewOffice) -> None:
    office = new_office()
    order = cmd.ConfigureAccount(account_id="b", user="b", password="", transport="pigeon")
    assert office.desk.send(order).code == "bad_transport"


def test_account_is_changed_removed_and_told_again(
    registrar: RawRegistrar, new_office: NewOffice
) -> None:
    office = new_office()
    call_id, _leg = office.incoming()
    changed = cmd.ConfigureAccount(
        account_id=ACCOUNT,
        user="agent",
        local_port=office.port,
        bind_address="127.0.0.1",
        **at(registrar),
    )
    assert office.desk.send(changed).code == "account_in_use"
    assert office.desk.send(cmd.RemoveAccount(account_id=ACCOUNT)).code == "account_kept"
    office.desk.do(office.config)  # unchanged: nothing happens to the call, nor after it
    office.desk.do(cmd.HangUp(call_id=call_id))
    office.desk.wait(ev.CallEnded, call_id)
    office.desk.do(changed)  # at once, on the same port
    office.desk.wait(ev.RegistrationChanged, state=Registration.REGISTERED)
    office.desk.do(cmd.RemoveAccount(account_id=ACCOUNT))
    assert registrar.unregistered.wait(10)
    assert office.desk.send(cmd.Dial(call_id="n", account_id=ACCOUNT, target="1")).code == (
        "unknown_account"
    )


def test_an_account_that_is_changed_during_a_call_is_changed_after_it(
    registrar: RawRegistrar, brisk_office: NewOffice
) -> None:
    office = brisk_office()
    call_id, leg = office.incoming()
    changed = dataclasses.replace(office.config, **at(registrar))
    later = office.desk.send(changed)
    assert later.code == "account_in_use"
    assert "once this call is over" in later.text
    office.phone("alice").hears_nothing(leg)
    assert office.call(call_id).phase is Phase.TALKING
    assert registrar.registers == 0
    office.desk.do(cmd.HangUp(call_id=call_id))
    office.desk.wait(ev.RegistrationChanged, state=Registration.REGISTERED)


def test_retries_double_up_to_half_a_minute_with_jitter() -> None:
    for failures, plain in ((1, 1), (2, 2), (3, 4), (5, 16), (6, 30), (500, 30)):
        delays = {retry_delay_s(failures) for _ in range(50)}
        assert all(0.8 * plain <= delay <= 1.2 * plain for delay in delays)
        assert len(delays) > 1


@pytest.mark.parametrize(
    ("seen", "tls", "problem"),
    [
        (RegisterSeen(503, "", 171060, 0, ""), "tls", "tls"),
        (RegisterSeen(503, "", 120101, 0, ""), "", "no_route"),
        (RegisterSeen(502, "", 0, 0, ""), "", "dns"),
        (RegisterSeen(408, "", 0, 0, ""), "", "timeout"),
        (RegisterSeen(407, "", 0, 0, "10.0.0.1"), "", "wrong_password"),
    ],
)
def test_meaning_of_failures(seen: RegisterSeen, tls: str, problem: str) -> None:
    assert outcome(seen, tls).problem == problem
