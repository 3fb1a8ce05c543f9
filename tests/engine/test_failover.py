"""Several exchanges: the next one stands in within seconds, and the first gets the desk back."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from tests.support.sip_desk import until
from tests.support.sip_names import NameServer
from tests.support.sip_office import ACCOUNT, Office
from tests.support.sip_raw import RawRegistrar

from ctidesk.calls import commands as cmd, events as ev
from ctidesk.calls.events import Registration
from ctidesk.sip.engine.registrars import Place, Registrars, ServiceRecord, belongs, in_order

NewOffice = Callable[..., Office]


@pytest.fixture
def pair() -> Iterator[tuple[RawRegistrar, RawRegistrar]]:
    first, second = RawRegistrar(), RawRegistrar()
    yield first, second
    first.close()
    second.close()


def listed(first: RawRegistrar, second: RawRegistrar) -> dict[str, object]:
    return {
        "registrar": f"127.0.0.1:{first.port}",
        "registrars": (f"127.0.0.1:{second.port}",),
        "domain": "house.example",
        "password": "secret",
    }


def test_a_silent_exchange_is_replaced_and_gets_the_desk_back(
    pair: tuple[RawRegistrar, RawRegistrar], brisk_office: NewOffice
) -> None:
    first, second = pair
    office = brisk_office(**listed(first, second))
    told = office.desk.wait(ev.RegistrationChanged, state=Registration.REGISTERED)
    assert told.registrar == f"127.0.0.1:{first.port}"
    assert told.warnings == ()
    assert second.registers == 0
    first.mode = "silent"
    told = office.desk.wait(ev.RegistrationChanged, state=Registration.REGISTERED)
    assert told.registrar == f"127.0.0.1:{second.port}"
    assert [each.kind for each in told.warnings] == ["second_registrar"]
    # the agent was never told that the telephone is lost
    states = [e.state for _s, e in office.desk.events if isinstance(e, ev.RegistrationChanged)]
    assert Registration.FAILED not in states
    first.mode = "digest"
    told = office.desk.wait(ev.RegistrationChanged, state=Registration.REGISTERED)
    assert told.registrar == f"127.0.0.1:{first.port}"
    assert told.warnings == ()
    assert second.unregistered.wait(10)
    renewed = first.registers + 2
    until(lambda: first.registers >= renewed, "renewals with the first")
    assert not first.unregistered.is_set()


def test_no_way_back_during_a_call_and_calls_survive_the_change(
    pair: tuple[RawRegistrar, RawRegistrar], brisk_office: NewOffice
) -> None:
    first, second = pair
    office = brisk_office(**listed(first, second))
    office.desk.wait(ev.RegistrationChanged, state=Registration.REGISTERED)
    call_id, leg = office.incoming()
    first.mode = "silent"
    office.desk.wait(
        ev.RegistrationChanged,
        state=Registration.REGISTERED,
        registrar=f"127.0.0.1:{second.port}",
    )
    first.mode = "digest"
    before, renewed = first.granted, second.granted + 6
    until(lambda: second.granted >= renewed, "some seconds with the second")
    # at the most the repetition of a REGISTER that it had not answered
    assert first.granted <= before + 1
    assert office.desk.registrar() == f"127.0.0.1:{second.port}"
    office.desk.do(cmd.Hold(call_id=call_id))
    office.desk.wait(ev.CallHeld, call_id)
    office.desk.do(cmd.HangUp(call_id=call_id))
    office.phone("alice").wait("state", leg=leg, state="disconnected")
    office.desk.wait(
        ev.RegistrationChanged,
        state=Registration.REGISTERED,
        registrar=f"127.0.0.1:{first.port}",
    )


def test_all_exchanges_away_is_said_and_each_is_tried_again(
    pair: tuple[RawRegistrar, RawRegistrar], brisk_office: NewOffice
) -> None:
    first, second = pair
    first.mode = second.mode = "503"
    office = brisk_office(**listed(first, second))
    told = office.desk.wait(ev.RegistrationChanged, state=Registration.FAILED)
    assert told.problem == "server_error"
    assert told.retry_in_s > 0
    assert min(first.registers, second.registers) >= 1
    second.mode = "digest"
    told = office.desk.wait(ev.RegistrationChanged, state=Registration.REGISTERED)
    assert told.registrar == f"127.0.0.1:{second.port}"


def test_a_wrong_password_is_not_tried_at_the_next_exchange(
    pair: tuple[RawRegistrar, RawRegistrar], new_office: NewOffice
) -> None:
    first, second = pair
    first.password = "other"
    office = new_office(**listed(first, second))
    office.desk.wait(ev.RegistrationChanged, state=Registration.REFUSED)
    assert second.registers == 0


def test_calls_come_from_both_exchanges(
    pair: tuple[RawRegistrar, RawRegistrar], new_office: NewOffice
) -> None:
    office = new_office(**listed(*pair))
    office.desk.wait(ev.RegistrationChanged, state=Registration.REGISTERED)
    refusal = office.desk.send(cmd.Dial(call_id="d", account_id=ACCOUNT, target="nonsense ?!"))
    assert refusal.code == "bad_number"
    call_id, _leg = office.incoming()
    assert not office.call(call_id).ended


def test_srv_records_tell_the_exchanges_in_their_order(
    pair: tuple[RawRegistrar, RawRegistrar], brisk_office: NewOffice
) -> None:
    first, second = pair
    names = NameServer(
        {
            "_sip._udp.house.example": [
                (20, 0, second.port, "localhost"),
                (10, 5, first.port, "localhost"),
            ]
        }
    )
    office = brisk_office(
        registrar="house.example", nameserver=f"127.0.0.1:{names.port}", password="secret"
    )
    told = office.desk.wait(ev.RegistrationChanged, state=Registration.REGISTERED)
    assert told.registrar == f"localhost:{first.port}"
    assert second.registers == 0
    first.mode = "silent"
    told = office.desk.wait(ev.RegistrationChanged, state=Registration.REGISTERED)
    assert told.registrar == f"localhost:{second.port}"
    assert set(names.asked) == {"_sip._udp.house.example"}
    names.close()


def test_a_name_without_records_is_the_exchange_itself(
    brisk_office: NewOffice,
) -> None:
    names = NameServer({})
    office = brisk_office(
        registrar="localhost", nameserver=f"127.0.0.1:{names.port}", password="secret"
    )
    # nobody is there, but the name was found
    told = office.desk.wait(ev.RegistrationChanged, state=Registration.FAILED)
    assert told.problem in ("timeout", "no_route")
    assert names.asked
    names.close()


def test_a_name_with_a_port_asks_for_no_records(
    pair: tuple[RawRegistrar, RawRegistrar], new_office: NewOffice
) -> None:
    names = NameServer({})
    office = new_office(
        registrar=f"localhost:{pair[0].port}",
        nameserver=f"127.0.0.1:{names.port}",
        password="secret",
    )
    office.desk.wait(ev.RegistrationChanged, state=Registration.REGISTERED)
    assert names.asked == []
    names.close()


# -- the order alone ----------------------------------------------------------------------


def test_priorities_come_first_and_weights_share() -> None:
    records = [
        ServiceRecord(20, 100, "spare", 5060),
        ServiceRecord(10, 60, "big", 5060),
        ServiceRecord(10, 20, "small", 5060),
        ServiceRecord(10, 0, "rare", 5060),
    ]
    draw = random.Random(4)
    firsts: Counter[str] = Counter()
    for _ in range(2000):
        order = [place.host for place in in_order(records, draw)]
        assert order[3] == "spare"
        assert sorted(order[:3]) == ["big", "rare", "small"]
        firsts[order[0]] += 1
    assert 0.70 < firsts["big"] / 2000 < 0.80
    assert 0.20 < firsts["small"] / 2000 < 0.30
    assert firsts["rare"] < 2000 * 0.04


def test_a_round_tries_each_once_and_begins_with_the_first_again() -> None:
    registrars = Registrars("a:1", ("b:2", "c:3", "a:1"))
    seen = [registrars.place]
    while registrars.next():
        seen.append(registrars.place)
    assert [str(place) for place in seen] == ["a:1", "b:2", "c:3"]
    assert registrars.place == Place("a", 1)
    assert registrars.next()
    registrars.good()
    # standing in with b: when it fails, c and a are still there to try
    assert registrars.standing_in
    assert registrars.next()
    assert registrars.next()
    assert registrars.place == Place("a", 1)
    assert not registrars.next()


def test_the_order_that_was_drawn_stays_while_the_records_are_the_same() -> None:
    records = [ServiceRecord(1, 10, name, 5060) for name in "abcdef"]
    registrars = Registrars("house.example")
    assert registrars.service == "house.example"
    registrars.found(records, random.Random(1))
    order = [registrars.place]
    while registrars.next():
        order.append(registrars.place)
    for seed in range(20):
        registrars.found(records[::-1], random.Random(seed))
        assert registrars.first == order[0]


@pytest.mark.parametrize(
    ("host", "domain", "within"),
    [
        ("pbx1.house.example", "house.example", True),
        ("House.Example.", "house.example", True),
        ("evilhouse.example", "house.example", False),
        ("house.example.evil.test", "house.example", False),
    ],
)
def test_with_tls_a_record_leads_only_within_its_domain(
    host: str, domain: str, within: bool
) -> None:
    assert belongs(host, domain) is within
