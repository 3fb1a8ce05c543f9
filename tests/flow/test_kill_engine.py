"""The engine or the recorder is killed, or never starts; the desk says so and goes on."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pytest
from tests.support.crm_people import SHARED, SINGLE
from tests.support.flow_centre import AGENT_HZ, Centre
from tests.support.flow_desk import DeskProcess
from tests.support.flow_looks import (
    children_of,
    kill,
    opened_by_command,
    recordings,
    rows,
    stored_events,
    tone_windows,
    wrap_up,
)
from tests.support.sip_desk import until

pytestmark = [pytest.mark.kills, pytest.mark.slow]

NUMBER = SHARED.replace(" ", "")
OTHER = SINGLE.replace(" ", "")
CALLER_HZ = 440
NOTE = "Typed before the telephone stopped"


def screen_after(desk: DeskProcess, event: str) -> str:
    """What was shown right after the latest event of that name."""
    found: list[str] = []

    def look() -> bool:
        found[:] = [screen for name, screen in desk.ask("moments") if name == event]
        return bool(found)

    until(look, event, 30)
    return found[-1]


def test_a_killed_engine_gives_the_call_back(centre: Centre) -> None:
    desk = centre.desk()
    leg = centre.talking(desk, NUMBER, CALLER_HZ)
    phone = centre.phones[NUMBER]
    desk.choose("candidates", "Jane Doe")
    call_id = desk.until_call("the chosen card", member="M-1001")["call_id"]
    desk.until_grown()
    desk.enter("wrap_up_note", NOTE)
    old = desk.state()["engine_pid"]
    kill(old)
    lost = screen_after(desk, "EngineLost")
    assert "The telephone stopped. It is being started again" in lost
    assert "Telephone restarting" in lost  # in the status strip
    assert "Jane Doe" in lost
    assert NOTE in lost
    back = desk.until(
        lambda state: (
            state["engine_pid"] not in (0, old)
            and [call["phase"] for call in state["calls"]] == ["talking"]
        ),
        "the call on a new engine",
    )
    assert [call["call_id"] for call in back["calls"]] == [call_id]
    successor = int(phone.wait("replaced", leg=leg)["by"])
    phone.hears(successor)
    desk.shows("The telephone is back.", "The call on the line was got back.", "Jane Doe", NOTE)
    desk.until_call("a recording again", recording="running")
    phone("hangup", leg=successor)
    desk.until(lambda state: state["wrap_ups"] == [call_id], "wrap-up")
    wrap_up(desk)
    assert desk.quit() == 0

    found = rows(centre)
    assert [(row.call_id, row.note) for row in found["interactions"]] == [(call_id, NOTE)]
    # both parts are sealed, genuine and audible
    assert [folder.name for folder in recordings(centre)] == [call_id, f"{call_id}-2"]
    for folder in recordings(centre):
        agent, _caller = opened_by_command(centre, folder)
        assert any(tone_windows(agent, AGENT_HZ))


def test_a_caller_who_cannot_be_got_back_is_called_with_one_key(centre: Centre) -> None:
    # the caller's exchange: it does not know of Replaces, and takes new calls
    exchange = centre.phone("exchange")
    centre.settle(account={"domain": f"127.0.0.1:{exchange.port}"})
    desk = centre.desk()
    centre.talking(desk, NUMBER)
    desk.choose("candidates", "Jane Doe")
    call_id = desk.until_call("the chosen card", member="M-1001")["call_id"]
    desk.enter("wrap_up_note", NOTE)
    telephone = centre.phones[NUMBER].process
    telephone.kill()
    telephone.wait(20)
    assert telephone.stdin is not None
    telephone.stdin.close()
    kill(desk.state()["engine_pid"])
    desk.until(lambda state: state["wrap_ups"] == [call_id], "wrap-up")
    desk.shows("The connection broke off. The wrap-up is open.", "Jane Doe", NOTE)
    desk.press_text("Call again")
    invited = str(exchange.wait("incoming")["message"])
    assert invited.startswith(f"INVITE sip:{NUMBER}@")
    desk.until(
        lambda state: any(call["phase"] == "talking" for call in state["calls"]), "the caller again"
    )
    desk.press("call_end")
    desk.until(lambda state: len(state["wrap_ups"]) == 2, "both wrap-ups")


def test_an_engine_that_cannot_start_leaves_card_and_wrap_up(centre: Centre) -> None:
    desk = centre.desk()
    leg = centre.talking(desk, NUMBER)
    desk.choose("candidates", "Jane Doe")
    call_id = desk.until_call("the chosen card", member="M-1001")["call_id"]
    centre.phones[NUMBER]("hangup", leg=leg)
    desk.until(lambda state: state["wrap_ups"] == [call_id], "wrap-up")
    until(lambda: "WrapUpStarted" in stored_events(centre, call_id), "the log on the disk")
    engine = desk.state()["engine_pid"]
    desk.kill()
    kill(engine)
    centre.environment["FLOW_ENGINE"] = json.dumps([sys.executable, "-c", "raise SystemExit(3)"])
    again = centre.desk(engine="lost")
    again.shows("The telephone engine does not start.", "ctidesk keeps trying")
    again.until(lambda state: state["wrap_ups"] == [call_id], "wrap-up")
    again.until_call("the card", member="M-1001")
    again.press("another_member")
    again.enter("member_search", "Fischer")
    again.shows("Lena Fischer")
    wrap_up(again, note="Saved without a telephone")
    again.enter("dial_field", "201")
    again.submit("dial_field")
    again.shows("The telephone is not ready yet.")
    assert again.quit() == 0
    assert [row.note for row in rows(centre)["interactions"]] == ["Saved without a telephone"]


def test_a_killed_recorder_is_said_and_the_call_goes_on(centre: Centre) -> None:
    desk = centre.desk()
    leg = centre.talking(desk, NUMBER)
    desk.until_grown()
    (recorder,) = children_of(desk.state()["engine_pid"], "ctidesk.recording.recorder")
    kill(recorder.pid)
    screen = screen_after(desk, "RecordingFailed")
    assert "Tell the caller that it is not recorded" in screen
    desk.until_call("a failed recording of a living call", phase="talking", recording="failed")
    desk.shows("Not recorded")
    centre.phones[NUMBER].hears(leg)
    desk.press("call_hold")
    desk.until_call("hold, confirmed", phase="held")


def test_a_recording_that_is_whole_only_after_the_desk_ended_is_found_by_the_next(
    centre: Centre,
) -> None:
    desk = centre.desk()
    leg = centre.talking(desk, NUMBER, CALLER_HZ)
    desk.until_grown()
    (recorder,) = children_of(desk.state()["engine_pid"], "ctidesk.recording.recorder")
    recorder.suspend()
    centre.phones[NUMBER]("hangup", leg=leg)
    desk.until(lambda state: state["wrap_ups"], "wrap-up")
    wrap_up(desk, note=NOTE)
    desk.until(lambda state: not state["wrap_ups"], "saved")
    assert desk.quit() == 0
    (call,) = rows(centre)["calls"]
    assert call.recording_manifest == ""
    recorder.resume()
    recorder.wait(30)
    (folder,) = recordings(centre)
    centre.desk()
    until(lambda: rows(centre)["calls"][0].recording_manifest, "the row that knows it")
    (call,), (_, message) = rows(centre)["calls"], rows(centre)["outbox"]
    assert Path(call.recording_manifest).parent == folder
    assert json.loads(message.body)["manifest"] == call.recording_manifest


def test_a_desk_frozen_for_five_seconds_costs_no_sound(centre: Centre) -> None:
    desk = centre.desk()
    leg = centre.talking(desk, NUMBER, CALLER_HZ)
    phone = centre.phones[NUMBER]
    call_id = desk.call()["call_id"]
    desk.until_grown()
    engine = desk.state()["engine_pid"]
    desk.freeze()
    frozen = time.monotonic()
    while time.monotonic() < frozen + 5.0:
        phone.hears(leg)
    desk.thaw()
    state = desk.until(lambda state: state["calls"], "an answer of the desk")
    assert (state["engine_pid"], state["calls"][0]["phase"]) == (engine, "talking")
    phone("hangup", leg=leg)
    desk.until(lambda state: state["wrap_ups"] == [call_id], "wrap-up")
    wrap_up(desk)
    assert desk.quit() == 0
    (folder,) = recordings(centre)
    agent, caller = opened_by_command(centre, folder)
    assert len(agent) > 2 * 16000 * 5
    assert all(tone_windows(agent, AGENT_HZ)[5:-3])
    assert all(tone_windows(caller, CALLER_HZ)[10:-3])
