"""The demo centre against a real telephone on loopback: numbers, voices, transfers, manners."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest
from tests.support.demo_houses import AgentPhone, Centre


def _ring(centre: Centre, agent: AgentPhone, who: str, **how: float) -> tuple[str, str]:
    centre.demo.call(who, **how)
    offer = agent.expect("offered")
    centre.expect("ringing", who, code=180)
    return offer["leg"], offer["message"]


def _connect(centre: Centre, agent: AgentPhone, who: str, **how: float) -> str:
    leg, _ = _ring(centre, agent, who, **how)
    agent.do("answer", leg)
    agent.expect("media", leg=leg, status="active", codec="G722/16000", encrypted=True)
    agent.expect("confirmed", leg=leg)
    centre.expect("answered", who)
    return leg


def _headers(message: str) -> dict[str, str]:
    lines = message.split("\r\n\r\n")[0].split("\r\n")[1:]
    return {
        name.lower(): value.strip() for name, _, value in (each.partition(":") for each in lines)
    }


def test_a_call_brings_number_name_queue_and_ivr_path(centre: Centre, agent: AgentPhone) -> None:
    _, message = _ring(centre, agent, "jane")
    headers = _headers(message)
    assert headers["from"].startswith('"DOE" <sip:03023125010@127.0.0.1>')
    assert headers["x-pbx-queue"] == "Member line"
    assert headers["x-ivr-path"] == "1 > 3"
    assert "privacy" not in headers


def test_a_withheld_number_is_really_withheld(centre: Centre, agent: AgentPhone) -> None:
    _, message = _ring(centre, agent, "withheld")
    headers = _headers(message)
    assert headers["from"].startswith('"Anonymous" <sip:anonymous@anonymous.invalid>')
    assert headers["privacy"] == "id"


def test_the_voice_arrives_stops_in_hold_and_comes_back(centre: Centre, agent: AgentPhone) -> None:
    leg = _connect(centre, agent, "lena")
    agent.expect_voice(leg)
    agent.do("hold", leg)
    centre.expect("held", "lena")
    agent.expect("media", leg=leg, status="local_hold")
    agent.do("unhold", leg)
    centre.expect("resumed", "lena")
    agent.expect("media", leg=leg, status="active")
    agent.expect_voice(leg)


def test_a_caller_hangs_up_by_herself(centre: Centre, agent: AgentPhone) -> None:
    leg = _connect(centre, agent, "hospital", talk_s=0.5)
    agent.expect("disconnected", leg=leg, code=200)
    centre.expect("ended", "hospital", code=200)


def test_a_caller_loses_patience(centre: Centre, agent: AgentPhone) -> None:
    leg, _ = _ring(centre, agent, "tom", patience_s=0.5)
    agent.expect("disconnected", leg=leg, code=487)
    centre.expect("ended", "tom", code=487)


def test_two_callers_at_once_and_hanging_up_one_of_them(centre: Centre, agent: AgentPhone) -> None:
    first = _connect(centre, agent, "jane")
    second = _connect(centre, agent, "supplier")
    centre.demo.hang_up("jane")
    agent.expect("disconnected", leg=first)
    agent.expect_voice(second)


@pytest.mark.parametrize("number", ["201", "+493023125010", "03023125010"])
def test_whoever_is_dialled_answers_and_speaks(
    centre: Centre, agent: AgentPhone, number: str
) -> None:
    agent.do("dial", "out", f"sip:{number}@127.0.0.1:{centre.port}")
    agent.expect("confirmed", leg="out")
    agent.expect_voice("out")


@pytest.mark.parametrize(("number", "code"), [("205", 486), ("299", 404), ("anonymous", 404)])
def test_busy_and_unknown_numbers(
    centre: Centre, agent: AgentPhone, number: str, code: int
) -> None:
    agent.do("dial", "out", f"sip:{number}@127.0.0.1:{centre.port}")
    agent.expect("disconnected", leg="out", code=code)


def test_the_night_desk_rings_until_one_gives_up(centre: Centre, agent: AgentPhone) -> None:
    agent.do("dial", "out", f"sip:204@127.0.0.1:{centre.port}")
    agent.expect("early", leg="out", code=180)
    agent.do("end", "out")
    centre.expect("ended", "night", code=487)


def test_a_blind_transfer_is_followed(centre: Centre, agent: AgentPhone) -> None:
    leg = _connect(centre, agent, "jane")
    agent.do("hold", leg)
    centre.expect("held", "jane")
    agent.expect("media", leg=leg, status="local_hold")
    agent.do("refer", leg, f"sip:202@127.0.0.1:{centre.port}")
    centre.expect("transferred", "jane", text="202")
    centre.expect("answered", "pharmacy")
    agent.expect("transfer", leg=leg, code=200, final=True)
    agent.do("end", leg)
    centre.seen.next(
        lambda r: r.what == "level" and r.who == "pharmacy" and r.level > 0.05, "voice"
    )
    centre.expect_voice("jane")


def test_a_transfer_to_a_busy_desk_leaves_the_call(centre: Centre, agent: AgentPhone) -> None:
    leg = _connect(centre, agent, "jane")
    agent.do("refer", leg, f"sip:205@127.0.0.1:{centre.port}")
    agent.expect("transfer", leg=leg, code=486, final=True)
    agent.expect_voice(leg)


def test_an_attended_transfer_joins_both_while_a_second_caller_waits(
    centre: Centre, agent: AgentPhone
) -> None:
    leg = _connect(centre, agent, "jane")
    agent.do("hold", leg)
    centre.expect("held", "jane")
    agent.expect("media", leg=leg, status="local_hold")
    agent.do("dial", "consult", f"sip:201@127.0.0.1:{centre.port}")
    agent.expect("confirmed", leg="consult")
    waiting, _ = _ring(centre, agent, "lena")
    agent.do("refer_replacing", leg, "consult")
    centre.expect("transferred", "jane", text="201")
    centre.expect("replaced", "chen")
    agent.expect("disconnected", leg="consult")
    agent.do("end", leg)
    centre.expect_voice("jane")
    centre.expect_voice("chen")
    agent.do("answer", waiting)
    agent.expect_voice(waiting)


def test_an_unknown_name_is_refused_in_words(centre: Centre) -> None:
    centre.demo.call("nobody")
    report = centre.expect("refused", "")
    assert report.text == "Nobody of this name lives in the demo centre."


@pytest.mark.kills
def test_the_houses_die_with_their_desk(agent: AgentPhone) -> None:
    """A desk that is killed closes the pipes: the houses hang up and end."""
    desk = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import queue,sys\n"
            "from ctidesk.demo.houses import DemoCentre\n"
            "q=queue.Queue()\n"
            f"d=DemoCentre('sip:agent@127.0.0.1:{agent.port}',lambda j:j(),lambda r:None)\n"
            "d.start(q.put); q.get()\n"
            "d.call('jane'); print(*d.pids.values(), flush=True)\n"
            "sys.stdin.read()\n",
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert desk.stdin is not None and desk.stdout is not None
    houses = [psutil.Process(int(pid)) for pid in desk.stdout.readline().split()]
    offer = agent.expect("offered")
    agent.do("answer", offer["leg"])
    agent.expect("confirmed", leg=offer["leg"])
    os.kill(desk.pid, signal.SIGKILL)
    desk.wait(5)
    agent.expect("disconnected", leg=offer["leg"])
    _, alive = psutil.wait_procs(houses, timeout=10)
    assert len(houses) == 2
    assert alive == []
    desk.stdin.close()
    desk.stdout.close()


def test_a_house_that_dies_is_reported(centre: Centre) -> None:
    os.kill(centre.demo.pids["callers"], signal.SIGKILL)
    centre.expect("gone", "", house="callers")
    began = time.monotonic()
    centre.demo.call("jane")
    assert time.monotonic() - began < 5
