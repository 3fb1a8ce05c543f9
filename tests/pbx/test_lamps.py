"""The lamps of colleagues, as the exchange tells them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.pbx.conftest import Agent, Extension
from tests.support.asterisk import Asterisk
from tests.support.pbx_steps import answered, hang_up, registered, rings, talk_to
from tests.support.sip_desk import DeskProbe, until
from tests.support.sip_office import ACCOUNT, Office

from ctidesk.calls import commands as cmd, events as ev
from ctidesk.calls.events import Registration
from ctidesk.calls.lamps import LampState

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(120)]


def watch(office: Office, *targets: str) -> None:
    office.desk.do(cmd.WatchLamps(account_id=ACCOUNT, targets=targets))


def lamps(desk: DeskProbe) -> dict[str, LampState]:
    told = [each for each in desk.telemetry if isinstance(each, ev.LampsChanged)]
    return {lamp.target: lamp.state for lamp in told[-1].lamps} if told else {}


def shows(office: Office, **states: str) -> None:
    wanted = {name.removeprefix("n"): state for name, state in states.items()}
    until(lambda: lamps(office.desk) == wanted, f"{wanted}, not {lamps(office.desk)}")


def test_idle_ringing_busy_and_away(agent: Agent, extension: Extension) -> None:
    office = registered(agent())
    caller, colleague = extension("202"), extension("203")
    colleague("policy", answer="180")
    watch(office, "203", "302", "999")
    shows(office, n203="idle", n302="away", n999="unknown")
    rings(caller, "203")
    leg = int(colleague.wait("incoming")["leg"])
    shows(office, n203="ringing", n302="away", n999="unknown")
    colleague("respond", leg=leg, code=200)
    shows(office, n203="busy", n302="away", n999="unknown")
    caller("hangup_all")
    shows(office, n203="idle", n302="away", n999="unknown")
    extension("302", srtp="mandatory")
    shows(office, n203="idle", n302="idle", n999="unknown")
    watch(office, "302")
    shows(office, n302="idle")


def test_the_lamp_of_a_parking_place_tells_where_the_caller_waits(
    agent: Agent, extension: Extension
) -> None:
    office, caller = registered(agent()), extension("202")
    watch(office, "701", "702")
    shows(office, n701="idle", n702="idle")
    call_id, _leg = answered(office, caller, "201")
    office.desk.do(cmd.TransferBlind(call_id=call_id, target="700"))
    shows(office, n701="busy", n702="idle")
    hang_up(office, talk_to(office, "701"))
    shows(office, n701="idle", n702="idle")


def test_the_exchange_is_gone_and_back(
    agent: Agent, extension: Extension, new_pbx: Callable[..., Asterisk], brisk: None
) -> None:
    exchange = new_pbx()
    office = registered(agent(at=exchange))
    extension("203", at=exchange)
    watch(office, "203")
    shows(office, n203="idle")
    exchange.end()
    office.desk.wait(ev.RegistrationChanged, state=Registration.FAILED, patience_s=60)
    shows(office, n203="unknown")
    exchange.start()
    office.desk.wait(ev.RegistrationChanged, state=Registration.REGISTERED, patience_s=60)
    # the other telephone registers later, or its contact was kept
    until(lambda: lamps(office.desk)["203"] is not LampState.UNKNOWN, "told again")


def test_a_new_desk_gets_the_lamps_that_are_there(agent: Agent, extension: Extension) -> None:
    office = registered(agent())
    extension("203")
    watch(office, "203")
    shows(office, n203="idle")
    office.desk.close()
    office.desk = DeskProbe(office.runtime)
    watch(office, "203")
    shows(office, n203="idle")
