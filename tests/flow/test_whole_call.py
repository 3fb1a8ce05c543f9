"""INVITE to outbox: one call through telephone, engine, recorder, screen and encrypted cache."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests.support.crm_people import SHARED
from tests.support.flow_centre import AGENT_HZ, Centre
from tests.support.flow_looks import opened_by_command, recordings, rows, wrap_up
from tests.support.sip_desk import until
from tests.support.sip_sound import RATE, loudness

pytestmark = pytest.mark.slow

CALLER_HZ = 440
AUDIBLE = 500.0
NOTE = "Asked about the next refill"


def test_from_the_ring_to_the_outbox(centre: Centre) -> None:
    desk = centre.desk()
    desk.ask("ready")
    number = SHARED.replace(" ", "")
    leg = centre.ring(number)
    # rings: both who share the number, nobody chosen, no health data
    desk.shows("Jane Doe", "Tom Doe", "Ringing")
    ringing = desk.until_call("an offer", phase="offered")
    assert ringing["member"] == ""
    assert not re.search(r"1961-|12\D+0?4\D|Apr", "\n".join(desk.ask("everything")))
    desk.press("call_answer")
    desk.until_call("connected", phase="talking")
    phone = centre.phones[number]
    phone("tone", leg=leg, hz=CALLER_HZ)
    phone.hears(leg)
    desk.choose("candidates", "Jane Doe")
    desk.until_call("the chosen card", member="M-1001", verified=False)
    desk.until_grown()
    desk.press("call_hold")
    desk.until_call("hold, confirmed", phase="held")
    phone.hears_nothing(leg)
    desk.press("call_hold")
    desk.until_call("talking again", phase="talking")
    phone.hears(leg)
    call_id = desk.call()["call_id"]
    desk.press("call_end")
    desk.until(lambda state: state["wrap_ups"] == [call_id], "wrap-up")
    phone.wait("state", leg=leg, state="disconnected")
    wrap_up(desk, "refill", NOTE)
    saved = desk.until(
        lambda state: not state["wrap_ups"] and state["agent"] == "ready", "saved and ready"
    )
    assert saved["calls"] == []
    desk.shows("1 handled", "to send to CRM")
    figures = desk.ask("figures")
    assert figures["handled"] == 1
    assert min(figures["talk_s"], figures["hold_s"], figures["wrap_up_s"]) > 0
    # the recorder seals when it is done, however quickly the call was saved
    until(lambda: rows(centre)["calls"][0].recording_manifest, "the row that knows the recording")
    assert desk.quit() == 0

    found = rows(centre)
    (interaction,) = found["interactions"]
    assert (interaction.call_id, interaction.member_id) == (call_id, "M-1001")
    assert (interaction.agent, interaction.note) == ("Agent Seven", NOTE)
    assert (interaction.coded_by, interaction.verified) == ("agent", False)
    message, recording = found["outbox"]
    assert (message.state, message.subject_id) == ("waiting", call_id)
    assert (recording.kind, recording.lane) == ("recording", message.lane)
    assert json.loads(message.body)["code"] == interaction.code != ""
    assert [row.subject_id for row in found["audit"]] == [call_id]
    assert found["drafts"] == []
    (call,) = found["calls"]
    assert call.talk_s == pytest.approx(figures["talk_s"], abs=0.01)
    assert call.hold_s == pytest.approx(figures["hold_s"], abs=0.01)
    (folder,) = recordings(centre)
    assert Path(call.recording_manifest).parent == folder
    agent, caller = opened_by_command(centre, folder)
    assert loudness(agent[: 2 * RATE], AGENT_HZ) > AUDIBLE
    assert loudness(caller[: 4 * RATE], CALLER_HZ) > AUDIBLE
