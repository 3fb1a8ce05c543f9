"""The agent's telephone registers at a real exchange, and is refused for the right reason."""

from __future__ import annotations

import pytest
from tests.pbx.conftest import Agent
from tests.support.asterisk import Asterisk
from tests.support.pbx_steps import registered, talk_to

from ctidesk.calls import commands as cmd, events as ev
from ctidesk.calls.events import Registration

pytestmark = [pytest.mark.pbx, pytest.mark.timeout(120)]


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
def test_registers_and_is_answered(agent: Agent, transport: str) -> None:
    office = registered(agent(transport=transport))
    call_id = talk_to(office, "600")
    assert office.call(call_id).codec == "G722/16000"
    assert not office.call(call_id).encrypted


def test_encrypted_telephone(agent: Agent) -> None:
    office = registered(agent("301", "tls", srtp=cmd.Srtp.MANDATORY))
    assert office.call(talk_to(office, "600")).encrypted


def test_an_encrypted_line_refuses_an_open_call(agent: Agent) -> None:
    office = registered(agent("301", srtp=cmd.Srtp.OFF))
    call_id = "open"
    office.desk.do(cmd.Dial(call_id=call_id, account_id="line", target="600"))
    assert office.desk.wait(ev.CallEnded, call_id).code == 488


def test_exchange_with_a_certificate_that_nobody_trusts(agent: Agent, pbx: Asterisk) -> None:
    office = agent(transport="tls", registrar=f"127.0.0.1:{pbx.sip_tls_rogue}")
    told = office.desk.wait(ev.RegistrationChanged, state=Registration.FAILED)
    assert told.problem == "tls"
    assert told.text and told.remedy


@pytest.mark.parametrize("account", [{"password": "wrong"}, {"user": "299"}])
def test_wrong_password_and_unknown_user(agent: Agent, account: dict[str, str]) -> None:
    office = agent(**account)
    told = office.desk.wait(ev.RegistrationChanged, state=Registration.REFUSED)
    # Asterisk does not tell a stranger which users exist
    assert told.problem == "wrong_password"
    assert told.text and told.remedy
