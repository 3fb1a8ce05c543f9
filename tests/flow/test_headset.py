"""The whole desk with our own engine and a real sound server: a headset is pulled and plugged."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import pytest
from tests.support import sound_server
from tests.support.crm_people import SHARED
from tests.support.flow_centre import Centre
from tests.support.flow_looks import opened_by_command, recordings, tone_windows, wrap_up
from tests.support.sip_desk import until
from tests.support.sound_server import SoundServer

from ctidesk.sip.engine_choice import VARIABLE, wanted_folder

pytestmark = pytest.mark.skipif(
    wanted_folder() is None, reason=f"the development wheel has no sound; {VARIABLE}=own"
)

HEADSET = "Headset X"
LOUDSPEAKER = "Loudspeaker"
NUMBER = SHARED.replace(" ", "")
CALLER_HZ = 440
AGENT_HZ = 700
AUDIBLE = 1000.0


@pytest.fixture
def server() -> Iterator[SoundServer]:
    lacking = sound_server.missing()
    if lacking:
        pytest.skip(f"no sound server here: {lacking}")
    server = SoundServer()
    yield server
    server.close()


def test_a_headset_pulled_in_a_call_is_said_and_comes_back(
    centre: Centre, server: SoundServer
) -> None:
    for name in ("PULSE_SERVER", "PULSE_RUNTIME_PATH", "DBUS_SESSION_BUS_ADDRESS"):
        centre.environment[name] = server.environment[name]
    centre.environment["FLOW_ENGINE"] = json.dumps(
        [sys.executable, "-m", "ctidesk.sip.engine.main"]
    )
    centre.settle(audio={"microphone": HEADSET, "speaker": HEADSET, "echo_cancel": False})
    server.plug_headset(HEADSET)
    server.plug_speaker(LOUDSPEAKER)
    desk = centre.desk()
    desk.shows("Headset ready")
    ear = server.ear(HEADSET)
    leg = centre.talking(desk, NUMBER, CALLER_HZ)
    phone = centre.phones[NUMBER]
    server.speak(HEADSET, AGENT_HZ)
    phone.hears(leg)
    until(lambda: ear.now(CALLER_HZ) > AUDIBLE, "the caller in the agent's ear")
    desk.until_grown()

    server.pull(HEADSET)
    desk.shows("Headset gone: muted", f"“{HEADSET}” is gone: you are muted and hear nobody.")
    phone.hears_nothing(leg)
    desk.until_call("the call goes on", phase="talking")
    # so long without a headset that its recording can be told from none
    desk.until_grown(desk.until_grown())

    server.plug_headset(HEADSET)
    desk.shows("Headset ready")
    again = server.ear(HEADSET)
    server.speak(HEADSET, AGENT_HZ)
    phone.hears(leg)
    until(lambda: again.now(CALLER_HZ) > AUDIBLE, "the caller in the agent's ear again")

    phone("hangup", leg=leg)
    desk.until(lambda state: state["wrap_ups"], "wrap-up")
    wrap_up(desk)
    assert desk.quit() == 0
    (folder,) = recordings(centre)
    _agent, caller = opened_by_command(centre, folder)
    heard = tone_windows(caller, CALLER_HZ)
    talked = heard[heard.index(True) : len(heard) - heard[::-1].index(True)]
    assert len(talked) > 20 and talked.count(False) <= 3, "recorded without the headset too"
