"""A web CRM in a real browser beside a real desk: calls come in, clicks answer and end them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.chromium import Chromium, Page, chromium
from tests.support.crm_people import SHARED
from tests.support.flow_centre import Centre
from tests.support.flow_desk import DeskProcess
from tests.support.web_crm import WebCrm

from ctidesk.demo.free_port import free_port
from ctidesk.startup.web_api_token import TOKEN_NAME
from ctidesk.web_api.secret import digest_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not chromium(), reason="no Chromium: tools/system-packages.sh test installs it"
    ),
]

NUMBER = SHARED.replace(" ", "")
TOKEN = "token-of-this-centre"
TELL = "import sys; from pathlib import Path; from ctidesk.config.paths import Profile; \
from ctidesk.startup import instance; \
sys.exit(not instance.tell(Profile(Path(sys.argv[1])).runtime, instance.TOKEN_CHANGED))"


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    browser = Chromium()
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def crm() -> Iterator[WebCrm]:
    crm = WebCrm()
    yield crm
    crm.close()


def keep_token(centre: Centre, token: str) -> None:
    secrets = centre.folder / "secrets.json"
    secrets.write_text(json.dumps({TOKEN_NAME: digest_of(token) if token else "revoked"}))
    centre.environment["FLOW_SECRETS"] = str(secrets)


def token_changed(centre: Centre) -> None:
    """As `ctidesk web-api` does it."""
    subprocess.run(
        [sys.executable, "-c", TELL, str(centre.profile.root)],
        env=centre.environment,
        check=True,
        timeout=50,
    )


@pytest.fixture
def port(centre: Centre, crm: WebCrm) -> int:
    port = free_port()
    keep_token(centre, TOKEN)
    centre.settle(web_api={"enabled": True, "port": port, "origins": [crm.origin]})
    return port


def connect(page: Page, port: int, token: str = TOKEN) -> None:
    page.enter("#port", str(port))
    page.enter("#token", token)
    page.click("#connect")


def connected(browser: Chromium, crm: WebCrm, port: int) -> Page:
    page = browser.open(f"{crm.origin}/example.html")
    connect(page, port)
    page.shows("#agent", "ready")
    return page


def desk_ready(centre: Centre) -> DeskProcess:
    desk = centre.reachable_desk()
    desk.ask("ready")
    return desk


def test_a_call_is_answered_held_and_ended_from_the_page(
    centre: Centre, browser: Chromium, crm: WebCrm, port: int
) -> None:
    desk = desk_ready(centre)
    desk.shows("Web CRM: nobody connected")
    page = browser.open(f"{crm.origin}/example.html?member=M-1001")
    connect(page, port)
    page.shows("#state", "connected")
    page.shows("#agent", "ready")
    desk.shows(f"Web CRM connected ({crm.origin.removeprefix('http://')})")
    leg = centre.ring(NUMBER)
    page.shows("#calls", "ringing")
    page.shows("#calls", NUMBER)
    page.shows("#agent", "offered")
    page.click("#calls .answer")
    page.shows("#calls", "connected")
    call = desk.until_call("answered", phase="talking", member="")
    page.shows("#log", f'"call_id":"{call["call_id"]}"')
    # the page names a member: shown to the agent, opened by her alone
    page.click("#calls .open_member")
    page.shows("#answer", "The desk has it.")
    desk.shows("Your web CRM suggests Jane Doe (M-1001) for this call.")
    assert desk.call()["member"] == ""
    assert "Jane" not in page.text("body")
    desk.press_text("Open card")
    desk.until_call("the card", member="M-1001", verified=False)
    page.shows("#calls td:nth-child(4)", "M-1001")
    page.click("#calls .hold")
    page.shows("#calls", "held")
    desk.until_call("hold", phase="held")
    page.click("#calls .resume")
    page.shows("#calls", "connected")
    page.click("#calls .hang_up")
    page.shows("#no_calls", "No calls.")
    page.shows("#agent", "acw")
    centre.phones[NUMBER].wait("state", leg=leg, state="disconnected")
    told = page.text("#log")
    for secret in ("Jane", "Doe", "1984", "Agent Seven"):
        assert secret not in told
    logs = centre.logs()
    assert TOKEN not in logs
    assert NUMBER not in logs


def test_a_number_of_the_page_waits_in_the_dial_field(
    centre: Centre, browser: Chromium, crm: WebCrm, port: int
) -> None:
    desk = desk_ready(centre)
    page = connected(browser, crm, port)
    page.enter("#number", "+49 30 23125 100")
    page.click("#dial")
    page.shows("#answer", "The desk has it.")
    desk.shows("Dials +49 30 23125100")
    page.enter("#number", "*21*0301234567#")
    page.click("#dial")
    desk.shows("Dials *21*0301234567#", "it may forward your calls")
    page.enter("#number", "call me")
    page.click("#dial")
    page.shows("#answer", "This is not a telephone number.")
    assert desk.state()["calls"] == []


def test_strangers_stay_outside(centre: Centre, browser: Chromium, crm: WebCrm, port: int) -> None:
    desk = desk_ready(centre)
    desk.shows("Web CRM: nobody connected")
    stranger = browser.open(f"{crm.stranger}/example.html")
    connect(stranger, port)  # with the right token
    stranger.shows("#state", "not connected (1006)")
    framed = browser.open(f"{crm.stranger}/example.html")
    framed.value(
        "new Promise(done => { const f = document.createElement('iframe');"
        " f.sandbox = 'allow-scripts'; f.srcdoc = `<script>"
        f" const s = new WebSocket('ws://127.0.0.1:{port}/v1');"
        " s.onopen = () => parent.postMessage('in', '*');"
        " s.onclose = () => parent.postMessage('out', '*');</scr` + `ipt>`;"
        " onmessage = (e) => { window.answer = e.data; done(); };"
        " document.body.append(f); })"
    )
    assert framed.value("window.answer") == "out"  # its origin is "null"
    # it was the desk that refused both
    assert centre.logs().count("a connection to the web API was refused: origin") == 2
    page = browser.open(f"{crm.origin}/example.html")
    connect(page, port, "mistyped-by-hand")
    page.shows("#state", "not connected (4401, token)")
    connect(page, port)
    page.shows("#agent", "ready")
    desk.shows("Web CRM connected")
    assert "mistyped-by-hand" not in centre.logs()


def test_a_token_that_is_made_or_ended_while_the_desk_runs(
    centre: Centre, browser: Chromium, crm: WebCrm, port: int
) -> None:
    keep_token(centre, "")
    desk = desk_ready(centre)
    desk.shows("No web CRM", "there is no token yet", "ctidesk web-api token")
    keep_token(centre, TOKEN)
    token_changed(centre)
    desk.shows("Web CRM: nobody connected")
    desk.hides("there is no token yet")
    page = connected(browser, crm, port)
    keep_token(centre, "another")
    token_changed(centre)
    page.shows("#state", "not connected")
    connect(page, port, "another")
    page.shows("#agent", "ready")
    keep_token(centre, "")
    token_changed(centre)
    page.shows("#state", "not connected")
    desk.shows("No web CRM", "there is no token yet")
    centre.ring(NUMBER)
    desk.shows("Jane Doe", "Ringing")


@pytest.mark.parametrize(
    ("web_api", "said"),
    [
        ({"origins": []}, "names no page that may connect"),
        ({"origins": ["*"]}, "would let any page connect"),
        ({"origins": ["http://crm.example"]}, "is not encrypted"),
    ],
)
def test_wrong_settings_are_said_and_calls_work(
    centre: Centre, web_api: dict[str, object], said: str
) -> None:
    centre.settle(web_api={"enabled": True, **web_api})
    desk = desk_ready(centre)
    desk.shows("No web CRM", said)
    centre.ring(NUMBER)
    desk.shows("Jane Doe", "Ringing")


def test_without_a_key_store_the_desk_says_so_and_calls_work(centre: Centre) -> None:
    centre.settle(web_api={"enabled": True, "origins": ["https://crm.example"]})
    centre.environment["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
    desk = desk_ready(centre)
    desk.shows("No web CRM", "the key store of this computer", "Unlock it")
    centre.ring(NUMBER)
    desk.shows("Jane Doe", "Ringing")


def test_the_example_loads_nothing_from_elsewhere(crm: WebCrm) -> None:
    page = Path(__file__).parents[2] / "resources" / "web-api" / "example.html"
    text = page.read_text("utf-8")
    assert "://" not in text.replace("ws://127.0.0.1", "")
    assert "innerHTML =" not in text
