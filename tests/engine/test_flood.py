"""Floods: more calls than anybody can take, while one call goes on."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support.sip_hostile import Stranger, paced, request, wait_until
from tests.support.sip_live_call import LiveCall
from tests.support.sip_office import Office
from tests.support.sip_raw import RawRegistrar

from ctidesk.calls import events as ev
from ctidesk.calls.events import Registration
from ctidesk.sip.engine.guard import RequestGuard

pytestmark = [
    pytest.mark.skipif(
        not RequestGuard().native,
        reason="the development wheel aborts at 33 INVITEs in half a second",
    ),
    pytest.mark.timeout(120),
]


@pytest.fixture
def registrar() -> Iterator[RawRegistrar]:
    made = RawRegistrar()
    yield made
    made.close()


def flood(strangers: list[Stranger], method: str = "INVITE") -> None:
    """400 requests per second for three seconds, however long that takes here."""
    for number, moment in enumerate(paced(400, 3)):
        wait_until(moment)
        strangers[number % len(strangers)].ask(method)


@pytest.mark.parametrize("method", ["INVITE", "OPTIONS", "SUBSCRIBE"])
def test_flood_of_somebody_who_may_call(
    new_office: Callable[..., Office], speech: Path, method: str
) -> None:
    office = new_office("--mic-file", str(speech))
    live = LiveCall(office)
    senders = [Stranger(office.port, f"127.0.0.{n}") for n in (1, 2, 3)]
    flood(senders, method)
    senders.append(Stranger(office.port))  # the others are full of late answers
    assert senders[-1].is_answered_soon()
    live.went_on()
    live.nothing_stays()
    for each in senders:
        each.close()
    live.call.close()


def test_flood_of_strangers_leaves_the_line_free(
    new_office: Callable[..., Office], registrar: RawRegistrar, speech: Path
) -> None:
    office = new_office(
        *("--mic-file", str(speech)),
        registrar=f"127.0.0.1:{registrar.port}",
        password="secret",
    )
    office.desk.wait(ev.RegistrationChanged, state=Registration.REGISTERED)
    live = LiveCall(office)
    strangers = [Stranger(office.port, f"127.0.0.{n}") for n in (8, 9)]
    exchange = Stranger(office.port)
    flood(strangers)
    call_id = exchange.ask("INVITE")
    assert exchange.status(call_id) == 180
    assert exchange.is_answered_soon()
    office.desk.wait(ev.CallOffered)
    assert office.desk.story().count("CallOffered") == 2
    live.went_on()
    live.nothing_stays()
    assert office.desk.wait(ev.RequestsRefused).count > 0
    for each in (*strangers, exchange):
        each.close()
    live.call.close()


def test_idle_connections_do_not_keep_others_out(new_office: Callable[..., Office]) -> None:
    office = new_office(transport="tcp")
    with contextlib.ExitStack() as idle:
        for _ in range(150):
            idle.enter_context(socket.create_connection(("127.0.0.1", office.port), timeout=20))
        with socket.create_connection(("127.0.0.1", office.port), timeout=20) as line:
            via = f"SIP/2.0/TCP 127.0.0.1:{line.getsockname()[1]};rport;branch=z9hG4bKidle"
            line.sendall(request("OPTIONS", via, office.port).encode())
            assert line.recv(4096).startswith(b"SIP/2.0 200")
    assert office.engine.process.poll() is None
