"""The whole desk at a real exchange: what the exchange tells is on the agent's screen."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pyrage
import pytest
from tests.pbx.conftest import Extension
from tests.support.asterisk import MUSIC_HZ, Asterisk, password
from tests.support.crm_people import SHARED
from tests.support.flow_centre import Centre, seeded_profile
from tests.support.flow_looks import rows, wrap_up
from tests.support.pbx_steps import rings
from tests.support.sip_desk import until
from tests.support.sip_phone import Phone
from tests.support.sip_sound import write_tone

pytestmark = [pytest.mark.pbx, pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture
def centre(tmp_path_factory: pytest.TempPathFactory, pbx: Asterisk) -> Iterator[Centre]:
    folder = tmp_path_factory.mktemp("desk")
    write_tone(folder / "agent.wav", hz=700)
    centre = Centre(
        seeded_profile(folder / "profile"),
        pyrage.x25519.Identity.generate(),
        folder / "agent.wav",
    )
    centre.settle(
        account={
            "user": "201",
            "password": password("201"),
            "registrar": f"127.0.0.1:{pbx.sip}",
        },
        queue={"pause": "*46", "unpause": "*47", "with_state": True},
        parking={"number": "700", "places": ["701", "702"]},
        colleagues={"list": ["Nurse Kim <202>", "Night desk <390>"]},
    )
    yield centre
    pbx.control("QueueRemove", Queue="Members", Interface="PJSIP/201")
    centre.close()


def test_a_queue_call_on_the_screen(
    centre: Centre, pbx: Asterisk, outside: Callable[..., Phone], extension: Extension
) -> None:
    colleague = extension("202")
    desk = centre.desk()
    desk.shows("Registered")
    pbx.control("QueueAdd", Queue="Members", Interface="PJSIP/201", Paused="true")
    desk.ask("ready")
    until(lambda: paused(pbx) == "0", "the queue knows that the agent is ready")
    caller = outside(SHARED.replace(" ", ""), display="Jane D.")
    caller("call", to=f"sip:500@127.0.0.1:{pbx.sip}", headers={"X-CRM-Id": "M-1001"})
    # queue, caller and the member that the exchange named, while it rings
    desk.shows("Ringing", "Members", "Jane Doe")
    desk.until_call("an offer", phase="offered")
    desk.press("call_answer")
    desk.until_call("connected", phase="talking")
    desk.press("call_transfer")
    desk.shows("Nurse Kim", "Free", "Night desk", "Not there")
    rings(colleague, "601")
    desk.shows("On a call")
    colleague("hangup_all")
    desk.shows("Free")
    caller("hangup", leg=1)
    desk.until(lambda state: state["wrap_ups"], "wrap-up")
    until(lambda: paused(pbx) == "1", "the queue knows of the wrap-up")
    wrap_up(desk)
    until(lambda: paused(pbx) == "0", "the queue knows that it is over")
    # the codes were no calls of the agent's
    desk.shows("1 handled")
    assert len(rows(centre)["calls"]) == 1
    assert desk.quit() == 0


def paused(pbx: Asterisk) -> str:
    return pbx.control.queue_members()["201"]["Paused"]


def test_a_withheld_number_is_nowhere_on_the_screen(
    centre: Centre, pbx: Asterisk, outside: Callable[..., Phone]
) -> None:
    desk = centre.desk()
    desk.ask("ready")
    caller = outside("anonymous", display="Anonymous")
    caller(
        "call",
        to=f"sip:201@127.0.0.1:{pbx.sip}",
        headers={"P-Asserted-Identity": f"<sip:{SHARED.replace(' ', '')}@x.test>", "Privacy": "id"},
    )
    desk.shows("Number withheld")
    seen = "\n".join(desk.ask("everything"))
    assert SHARED.replace(" ", "")[-6:] not in seen.replace(" ", "")
    assert "Jane Doe" not in seen
    caller("hangup_all")
    assert desk.quit() == 0


def test_a_caller_is_parked_and_got_back(
    centre: Centre, pbx: Asterisk, outside: Callable[..., Phone]
) -> None:
    desk = centre.desk()
    desk.shows("Registered")
    desk.ask("ready")
    caller = outside(SHARED.replace(" ", ""))
    caller("call", to=f"sip:201@127.0.0.1:{pbx.sip}")
    desk.until_call("an offer", phase="offered")
    desk.press("call_answer")
    desk.until_call("connected", phase="talking")
    desk.ask("perform", "call.park")
    desk.shows("The caller is parked at 701.")
    caller.hears_tone(1, MUSIC_HZ)
    wrap_up(desk)
    desk.press_text("Get back")
    desk.until_call("the caller is back", phase="talking")
    caller.hears_no_tone(1, MUSIC_HZ)
    caller("hangup_all")
    desk.until(lambda state: state["wrap_ups"], "wrap-up")
    wrap_up(desk)
    assert desk.quit() == 0
