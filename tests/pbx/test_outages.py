"""The exchange restarts, freezes, is gone; the engine dies: what the agent is told, and the way
back. Each test has an exchange of its own."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from tests.pbx.conftest import Agent, Extension, Record
from tests.support.asterisk import Asterisk
from tests.support.pbx_steps import answered, one_row, registered, talk_to
from tests.support.sip_desk import DeskProbe, EngineUnderTest, until
from tests.support.sip_office import ACCOUNT, Office
from tests.support.sip_phone import Phone

from ctidesk.calls import commands as cmd, events as ev
from ctidesk.calls.events import Registration
from ctidesk.sip.protocol import SOCKET_NAME

pytestmark = [pytest.mark.pbx, pytest.mark.kills, pytest.mark.timeout(240)]

PATIENCE_S = 90.0
Outside = Callable[..., Phone]


@pytest.fixture
def own_pbx(new_pbx: Callable[..., Asterisk]) -> Asterisk:
    return new_pbx()


def notices(office: Office) -> ev.RegistrationChanged:
    told: ev.RegistrationChanged = office.desk.wait(
        ev.RegistrationChanged, state=Registration.FAILED, patience_s=PATIENCE_S
    )
    return told


def back(office: Office, since: float, record: Record) -> None:
    """Registered again; how long after `since` is told, not judged."""
    told = office.desk.wait(
        ev.RegistrationChanged, state=Registration.REGISTERED, patience_s=PATIENCE_S
    )
    record("registered again after (s)", round(told.t_mono - since, 2))


def test_restarted_in_order_in_a_call(
    agent: Agent, extension: Extension, own_pbx: Asterisk, record_property: Record, brisk: None
) -> None:
    office, caller = registered(agent(at=own_pbx)), extension("202", at=own_pbx)
    call_id, leg = answered(office, caller, "201")
    own_pbx.stop()
    assert office.desk.wait(ev.CallEnded, call_id).by == "remote"
    one_row(office, call_id)
    caller.wait("state", leg=leg, state="disconnected")
    notices(office)
    since = time.monotonic()
    own_pbx.start()
    back(office, since, record_property)
    talk_to(office, "600")


def test_cut_off_in_a_call_and_back(
    agent: Agent, extension: Extension, own_pbx: Asterisk, record_property: Record, brisk: None
) -> None:
    office, caller = registered(agent(at=own_pbx)), extension("202", at=own_pbx)
    call_id, _leg = answered(office, caller, "201")
    own_pbx.end()
    told = notices(office)
    assert told.text and told.remedy
    since = time.monotonic()
    own_pbx.start()
    back(office, since, record_property)
    # the new exchange knows nothing of the call: the next word in it says so
    office.desk.do(cmd.Hold(call_id=call_id))
    ended = office.desk.wait(ev.CallEnded, call_id, patience_s=PATIENCE_S)
    record_property("the call that the exchange forgot ends by", f"{ended.by} {ended.code}")
    one_row(office, call_id)
    talk_to(office, "600")


@pytest.mark.parametrize("transport", ["tcp", "tls"])
def test_gone_and_back_over_a_connection(
    agent: Agent, own_pbx: Asterisk, record_property: Record, brisk: None, transport: str
) -> None:
    office = registered(agent(at=own_pbx, transport=transport))
    own_pbx.end()
    told = notices(office)
    assert told.problem == "no_route"
    # a connection that is refused ends at once: the waits between the tries grow meanwhile
    until(lambda: failures(office) > 3, "some tries", PATIENCE_S)
    since = time.monotonic()
    own_pbx.start()
    back(office, since, record_property)
    talk_to(office, "600")


def failures(office: Office) -> int:
    events = [e for _s, e in office.desk.events if isinstance(e, ev.RegistrationChanged)]
    return [each.state for each in events].count(Registration.FAILED)


def test_a_second_exchange_stands_in_until_the_first_is_back(
    agent: Agent,
    own_pbx: Asterisk,
    pbx: Asterisk,
    record_property: Record,
    brisk: None,
) -> None:
    first, second = (f"127.0.0.1:{each.sip}" for each in (own_pbx, pbx))
    office = registered(agent(at=own_pbx, registrars=(second,)))
    own_pbx.end()
    since = time.monotonic()
    told = office.desk.wait(
        ev.RegistrationChanged,
        state=Registration.REGISTERED,
        registrar=second,
        patience_s=PATIENCE_S,
    )
    assert [each.kind for each in told.warnings] == ["second_registrar"]
    record_property("registered at the second after (s)", round(told.t_mono - since, 2))
    call_id = talk_to(office, "600")
    since = time.monotonic()
    own_pbx.start()
    office.desk.do(cmd.HangUp(call_id=call_id))  # never in a call
    returned = until(lambda: at_since(office, first, since), "the way back", PATIENCE_S)
    assert returned[0].warnings == ()
    record_property("back at the first after (s)", round(returned[0].t_mono - since, 2))
    talk_to(office, "600")


def at_since(office: Office, registrar: str, since: float) -> list[ev.RegistrationChanged]:
    events = [e for _s, e in office.desk.events if isinstance(e, ev.RegistrationChanged)]
    good = [each for each in events if each.state is Registration.REGISTERED]
    return [each for each in good if each.registrar == registrar and each.t_mono > since]


def test_frozen_and_thawed_the_call_lives_on(
    agent: Agent, extension: Extension, own_pbx: Asterisk, record_property: Record, brisk: None
) -> None:
    office, caller = registered(agent(at=own_pbx)), extension("202", at=own_pbx)
    call_id, leg = answered(office, caller, "201")
    own_pbx.freeze()
    notices(office)
    since = time.monotonic()
    own_pbx.thaw()
    back(office, since, record_property)
    assert office.call(call_id).connected
    caller("tone", leg=leg, hz=700)
    until(lambda: office.hears(call_id), "the caller's voice")
    caller("hangup", leg=leg)
    one_row(office, call_id)


def test_after_an_engines_death_the_queue_call_is_got_back(
    agent: Agent, pbx: Asterisk, outside: Outside, record_property: Record
) -> None:
    office = registered(agent())
    pbx.control("QueueAdd", Queue="Members", Interface="PJSIP/201")
    caller = outside()
    caller("call", to=f"sip:500@127.0.0.1:{pbx.sip}", headers={"X-CRM-Id": "M-7"})
    call_id = office.desk.wait(ev.CallOffered).call_id
    office.desk.do(cmd.Answer(call_id=call_id))
    office.desk.wait(ev.CallAnswered, call_id)
    dialog = office.call(call_id).dialog
    assert dialog is not None
    office.engine.kill()
    since = time.monotonic()
    next_engine(office)
    office.desk.do(cmd.Reclaim(call_id="again", account_id=ACCOUNT, dialog=dialog))
    until(lambda: {"CallAnswered", "CallEnded"} & set(office.desk.story("again")), "an answer")
    assert "CallAnswered" in office.desk.story("again")
    record_property("got back after (s)", round(time.monotonic() - since, 2))
    caller("tone", leg=1, hz=700)
    until(lambda: office.hears("again"), "the caller's voice")
    assert pbx.control.queue_members()["201"]["InCall"] == "1"
    caller("hangup", leg=1)
    one_row(office, "again")


def next_engine(office: Office) -> None:
    """What the desk's supervisor does."""
    office.desk.close()
    office.engine.end()
    (office.runtime / SOCKET_NAME).unlink()  # the dead one's
    office.engine = EngineUnderTest(office.runtime)
    office.desk = DeskProbe(office.runtime)
    office.desk.do(office.config)
    registered(office)
