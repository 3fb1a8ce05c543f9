"""The network goes, comes back, or gives this computer another address."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from tests.support.network_space import Cable, can_make, inside
from tests.support.sip_desk import until
from tests.support.sip_office import Office
from tests.support.sip_raw import RawRegistrar

from ctidesk.calls import commands as cmd
from ctidesk.calls import events as ev
from ctidesk.calls.events import Registration

NewOffice = Callable[..., Office]
EXCHANGE = "10.213.7.1"
DESK = "10.213.7.2"
DESK_LATER = "10.213.7.3"

pytestmark = pytest.mark.skipif(
    os.name != "posix" or os.geteuid() != 0 or not can_make(), reason="no network namespaces here"
)


@pytest.fixture
def cable() -> Iterator[Cable]:
    cable = Cable()
    cable.address(cable.exchange, f"{EXCHANGE}/24")
    cable.address(cable.desk, f"{DESK}/24")
    yield cable
    cable.remove()


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
