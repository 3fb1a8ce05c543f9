"""The lamps of colleagues, as the exchange tells them."""

from __future__ import annotations

import pytest
from tests.pbx.conftest import Agent, Extension
from tests.support.pbx_steps import registered, rings
from tests.support.sip_desk import DeskProbe, until
from tests.support.sip_office import ACCOUNT, Office

from ctidesk.calls import commands as cmd
from ctidesk.calls import events as ev
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
