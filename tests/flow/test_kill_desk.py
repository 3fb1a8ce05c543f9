"""The desk is killed; the call, its recording, its card and every typed word are not."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from tests.support.crm_people import SHARED
from tests.support.flow_centre import AGENT_HZ, Centre
from tests.support.flow_desk import DeskProcess
from tests.support.flow_looks import (
    opened_by_command,
    recordings,
    rows,
    stored_drafts,
    tone_windows,
    wrap_up,
)
from tests.support.sip_desk import until

pytestmark = [pytest.mark.kills, pytest.mark.slow]

NUMBER = SHARED.replace(" ", "")
CALLER_HZ = 440
NOTE = "Half a sentence about the"


def typed(centre: Centre, desk: DeskProcess, call_id: str) -> None:
    """A note that is on the disk; nothing but typing and a pause made it be stored."""
    desk.enter("wrap_up_note", NOTE)
    until(lambda: stored_drafts(centre).get(call_id) == NOTE, "the autosaved note", 30)


def size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())


def test_in_a_call(centre: Centre) -> None:
    desk = centre.desk()
    leg = centre.talking(desk, NUMBER, CALLER_HZ)
    phone = centre.phones[NUMBER]
    answered = time.monotonic()
    desk.choose("candidates", "Tom Doe")
    before = desk.until_call("the chosen card", member="M-1002")
    desk.until_grown()
    typed(centre, desk, before["call_id"])
    desk.kill()

    (folder,) = recordings(centre)
    grown = size(folder)
    phone.hears(leg)
    until(lambda: size(folder) > grown, "the recording to grow without a desk", 30)
    phone.hears(leg)

    again = centre.desk()
    after = again.until_call("the same call and card", phase="talking", member="M-1002")
    assert after["call_id"] == before["call_id"]
    again.shows("Tom Doe", NOTE, "On call")
    again.until(lambda state: state["agent"] == "talking", "the agent on the call")
    again.until_grown(before["bytes"])
    again.press("call_end")
    again.until(lambda state: state["wrap_ups"] == [before["call_id"]], "wrap-up")
    talked = time.monotonic() - answered
    wrap_up(again)
    again.shows("1 handled")
    assert again.quit() == 0

    found = rows(centre)
    (interaction,) = found["interactions"]
    assert (interaction.member_id, interaction.note) == ("M-1002", NOTE)
    (call,) = found["calls"]
    assert call.talk_s == pytest.approx(talked, abs=2.0)
    assert recordings(centre) == [folder]
    agent, caller = opened_by_command(centre, folder)
    # not a tenth of a second is missing over the death of the desk
    assert all(tone_windows(agent, AGENT_HZ)[5:-3])
    assert all(tone_windows(caller, CALLER_HZ)[10:-3])


def test_in_a_call_that_ends_before_the_next_desk_comes(centre: Centre) -> None:
    desk = centre.desk()
    leg = centre.talking(desk, NUMBER)
    desk.choose("candidates", "Jane Doe")
    call_id = desk.until_call("the chosen card", member="M-1001")["call_id"]
    typed(centre, desk, call_id)
    desk.kill()
    phone = centre.phones[NUMBER]
    phone("hangup", leg=leg)
    phone.wait("state", leg=leg, state="disconnected")
    ended = time.time()
    again = centre.desk()
    again.until(lambda state: state["wrap_ups"] == [call_id], "wrap-up")
    again.shows("Jane Doe", NOTE)
    assert again.state()["agent"] == "acw"
    wrap_up(again)
    assert again.quit() == 0
    (call,) = rows(centre)["calls"]
    assert call.ended_wall == pytest.approx(ended, abs=1.0)
    # the time without a desk is after-call work, not talk
    assert call.wrap_up_s > 0.5
    assert [Path(call.recording_manifest).parent] == recordings(centre)


def test_while_it_rings(centre: Centre) -> None:
    desk = centre.desk()
    desk.ask("ready")
    leg = centre.ring(NUMBER)
    offered = desk.until_call("an offer", phase="offered")
    desk.kill()
    again = centre.start()
    again.started()
    # the very first moment: what the engine was told by the dead desk still holds
    again.press("call_answer")
    again.until_call("connected", phase="talking", call_id=offered["call_id"])
    again.shows("Jane Doe", "Tom Doe")
    again.until_grown()
    phone = centre.phones[NUMBER]
    phone.hears(leg)
    phone("hangup", leg=leg)
    again.until(lambda state: state["wrap_ups"] == [offered["call_id"]], "wrap-up")
    wrap_up(again)
    # ready before the death is ready after it
    again.until(lambda state: state["agent"] == "ready", "ready")


def test_in_after_call_work(centre: Centre) -> None:
    desk = centre.desk()
    leg = centre.talking(desk, NUMBER)
    desk.choose("candidates", "Jane Doe")
    call_id = desk.until_call("the chosen card", member="M-1001")["call_id"]
    centre.phones[NUMBER]("hangup", leg=leg)
    desk.until(lambda state: state["wrap_ups"] == [call_id], "wrap-up")
    ended = time.monotonic()
    desk.enter("wrap_up_search", "refill")
    desk.submit("wrap_up_search")
    desk.shows("Refill")
    typed(centre, desk, call_id)
    desk.kill()
    again = centre.desk()
    again.until(lambda state: state["wrap_ups"] == [call_id], "wrap-up")
    again.shows("Jane Doe", NOTE, "Refill")
    again.press("wrap_up_save_ready")
    again.until(lambda state: not state["wrap_ups"], "saved")
    waited = time.monotonic() - ended
    assert again.quit() == 0
    found = rows(centre)
    assert [row.note for row in found["interactions"]] == [NOTE]
    assert found["calls"][0].wrap_up_s == pytest.approx(waited, abs=1.5)
    assert [row.kind for row in found["outbox"]] == ["interaction", "recording"]
