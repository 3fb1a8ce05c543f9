"""The network goes, comes back, or gives this computer another address."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support.network_space import DESK, EXCHANGE, Cable, inside
from tests.support.sip_desk import until
from tests.support.sip_office import Office
from tests.support.sip_raw import RawRegistrar

from ctidesk.calls import commands as cmd, events as ev
from ctidesk.calls.events import Registration
from ctidesk.sip.engine.network_watch import SleepWatch, own_address

NewOffice = Callable[..., Office]
DESK_LATER = "10.213.7.3"


@pytest.fixture
def registrar(cable: Cable) -> Iterator[RawRegistrar]:
    with inside(cable.exchange):
        registrar = RawRegistrar(host=EXCHANGE)
    yield registrar
    registrar.close()


def registered_office(cable: Cable, registrar: RawRegistrar, new_office: NewOffice) -> Office:
    with inside(cable.desk):
        office = new_office(
            registrar=f"{EXCHANGE}:{registrar.port}", password="secret", bind_address=""
        )
    office.desk.wait(ev.RegistrationChanged, state=Registration.REGISTERED)
    office.agent = f"sip:agent@{DESK}:{office.port}"
    return office


def test_another_address_of_this_computer_keeps_call_and_registration(
    cable: Cable, registrar: RawRegistrar, new_office: NewOffice
) -> None:
    office = registered_office(cable, registrar, new_office)
    with inside(cable.exchange):
        alice = office.phone("alice", address=EXCHANGE)
    call_id, leg = office.incoming("alice")
    alice("tone", leg=leg, hz=440)
    cable.address(cable.desk, f"{DESK}/24", there=False)
    cable.address(cable.desk, f"{DESK_LATER}/24")
    until(
        lambda: registrar.contacts and DESK_LATER in registrar.contacts[-1],
        "a registration with the new address",
    )
    # the other end sends its audio to where we are now: what it heard there is counted anew
    alice("level", leg=leg)
    before = int(alice.wait("level", leg=leg)["packets"])

    def hears_more() -> bool:
        alice("level", leg=leg)
        return int(alice.wait("level", leg=leg)["packets"]) > before + 50

    until(hears_more, "audio from the new address")
    assert not office.call(call_id).ended
    office.desk.do(cmd.HangUp(call_id=call_id))
    office.desk.wait(ev.CallEnded, call_id)
    alice.wait("state", leg=leg, state="disconnected")


def test_a_network_that_is_back_registers_at_once(
    cable: Cable,
    registrar: RawRegistrar,
    patient_office: NewOffice,
) -> None:
    office = registered_office(cable, registrar, patient_office)
    cable.plug(cable.desk, there=False)
    told = office.desk.wait(ev.RegistrationChanged, state=Registration.FAILED)
    assert told.problem == "no_route"
    assert told.retry_in_s > 100
    cable.plug(cable.desk)
    # this engine itself would wait for minutes
    office.desk.wait(ev.RegistrationChanged, state=Registration.REGISTERED)


def test_awake_again_it_registers_at_once_and_dead_calls_end(
    patient_office: NewOffice, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    slept = tmp_path / "slept"
    monkeypatch.setenv("CTIDESK_TEST_SLEPT", str(slept))
    registrar = RawRegistrar()
    office = patient_office(registrar=f"127.0.0.1:{registrar.port}", password="secret")
    office.desk.wait(ev.RegistrationChanged, state=Registration.REGISTERED)
    alive, alive_leg = office.incoming("alice")
    dead, _leg = office.incoming("bob")
    # bob is gone without a word, as somebody who gave up while this computer slept
    office.phones.pop("bob").kill()
    before = registrar.granted
    slept.write_text("600")
    until(lambda: registrar.granted > before, "a registration after the sleep")
    ended = office.desk.wait(ev.CallEnded, dead)
    assert ended.by == "failure"
    assert office.desk.story(dead).count("CallEnded") == 1
    assert not office.call(alive).ended
    office.desk.do(cmd.Resume(call_id=alive))
    office.desk.wait(ev.CallResumed, alive)
    office.phone("alice").hears_nothing(alive_leg)
    registrar.close()


def test_sleep_is_what_one_clock_counts_and_the_other_does_not() -> None:
    always, awake = 1000.0, 500.0
    watch = SleepWatch(lambda: always, lambda: awake)
    always, awake = always + 60, awake + 60
    assert watch.slept_s() == 0.0
    always += 600
    assert watch.slept_s() == 600.0
    assert watch.slept_s() == 0.0


def test_own_address_is_that_of_the_way_there() -> None:
    assert own_address("127.0.0.1") == "127.0.0.1"
    assert own_address("not an address") == ""
