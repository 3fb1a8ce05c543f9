"""What goes wrong outside: a sentence with a remedy on the screen each time, and work goes on."""

from __future__ import annotations

import email.utils
import os
import secrets
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from tests.support.crm_people import SHARED
from tests.support.flow_centre import Centre
from tests.support.flow_desk import DeskProcess
from tests.support.flow_looks import rows, wrap_up
from tests.support.sip_certificates import Authority
from tests.support.sip_raw import SDP, RawCaller, RawRegistrar, StreamRegistrar

from ctidesk.demo.free_port import free_port

pytestmark = pytest.mark.slow

NUMBER = SHARED.replace(" ", "")
CODEC_NOBODY_KNOWS = SDP.replace("8 PCMA/8000", "97 nothing/8000").replace("AVP 8", "AVP 97")


@pytest.fixture
def registrar() -> Iterator[RawRegistrar]:
    registrar = RawRegistrar(password="the right one")
    yield registrar
    registrar.close()


@pytest.fixture
def stranger(centre: Centre) -> Iterator[RawCaller]:
    stranger = RawCaller(centre.port)
    yield stranger
    stranger.close()


def registering(centre: Centre, registrar: str, password: str = "wrong") -> DeskProcess:
    centre.settle(account={"registrar": registrar, "password": password, "local_port": 0})
    return centre.desk()


# ------------------------------------------------------------------------- exchange


def test_wrong_password(centre: Centre, registrar: RawRegistrar) -> None:
    desk = registering(centre, f"127.0.0.1:{registrar.port}")
    desk.shows(
        "Wrong password",  # the status strip
        "The telephone exchange refuses the password of this account.",
        "Enter the password again",
    )
    assert "wrong" not in centre.logs().replace("wrong_password", "")


def test_right_password(centre: Centre, registrar: RawRegistrar) -> None:
    desk = registering(centre, f"127.0.0.1:{registrar.port}", registrar.password)
    desk.shows("Registered · UDP, not encrypted")


def test_two_desks_on_one_account(centre: Centre, registrar: RawRegistrar) -> None:
    registrar.headers = "Contact: <sip:agent@192.0.2.44:5060>;expires=250\r\n"
    desk = registering(centre, f"127.0.0.1:{registrar.port}", registrar.password)
    desk.shows(
        "Also registered elsewhere",  # the status strip
        "This account is also registered at another place: calls ring there too.",
        "Sign the account out there, or ask IT for an account of your own.",
    )


def test_a_clock_that_is_wrong_by_a_day(centre: Centre, registrar: RawRegistrar) -> None:
    yesterday = email.utils.formatdate(time.time() - 86_400, usegmt=True)
    registrar.headers = f"Date: {yesterday}\r\n"
    desk = registering(centre, f"127.0.0.1:{registrar.port}", registrar.password)
    desk.shows(
        "Clock is wrong",
        "The clock of this computer is 1 day ahead of the telephone exchange's.",
        "Set date, time and time zone of this computer right, or ask IT",
    )


@pytest.mark.parametrize("days", [10, -1], ids=["in ten days", "yesterday"])
def test_a_certificate_at_its_end(centre: Centre, days: int) -> None:
    authority = Authority(centre.folder)
    registrar = StreamRegistrar(authority.issue("exchange", days=days))
    centre.settle(
        account={
            "registrar": f"127.0.0.1:{registrar.port}",
            "password": "secret",
            "transport": "tls",
            "srtp": "mandatory",
            "ca_file": str(authority.ca),
            "local_port": 0,
        }
    )
    desk = centre.desk()
    if days > 0:
        desk.shows(
            "Registered · TLS",
            "Certificate expires",
            "The certificate of the telephone exchange expires in 9 days",
            "Tell IT now",
        )
        assert "not encrypted" not in desk.shown()
    else:
        desk.shows(
            "Certificate expired",
            "by this computer's clock the exchange's certificate has expired.",
            "its clock may be wrong",
        )
        assert registrar.bytes_read == 0
    registrar.close()


def test_nobody_at_the_exchange(centre: Centre) -> None:
    desk = registering(centre, f"127.0.0.1:{free_port()}")
    desk.shows("The telephone exchange", "it is tried again by itself")


def test_unknown_name_of_the_exchange(centre: Centre) -> None:
    desk = registering(centre, "exchange.invalid")
    desk.shows(
        "Exchange not found",
        "The name of the telephone exchange is not known in this network.",
        "Check the exchange's name in the settings",
    )


def test_another_program_has_the_port(centre: Centre) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other_program:
        other_program.bind(("127.0.0.1", centre.port))
        desk = centre.desk()
        desk.shows(
            "Port in use",  # the status strip
            "Another program uses the telephone's network port.",
            "End the other telephone program, or choose another local port",
        )
    # nobody touches the desk: it is tried again, and the notice goes
    desk.shows("Direct calls, not encrypted")
    desk.until(lambda _: "Another program" not in desk.shown(), "the notice is gone")
    centre.ring(NUMBER)
    desk.shows("Jane Doe", "Ringing")


def test_dialled_calls_that_do_not_come_about(centre: Centre) -> None:
    busy = centre.phone("busy")
    busy("policy", answer="486")
    desk = centre.desk()
    for target, said in (
        (busy.uri, "Not connected: the line is busy."),
        (f"sip:nobody@127.0.0.1:{free_port()}", "Not connected: "),
        ("sip:somebody@nowhere.invalid", "Not connected: "),
    ):
        desk.enter("dial_field", target)
        desk.submit("dial_field")
        desk.shows(said)
        desk.until(lambda state: not state["calls"] and not state["wrap_ups"], "nothing open")
    desk.enter("dial_field", "not a number")
    desk.submit("dial_field")
    desk.shows("This is not a telephone number.", "with its area code")


# -------------------------------------------------------------------------- callers


@pytest.mark.parametrize("sdp", ["v=0\r\nm=audio nonsense\r\n", CODEC_NOBODY_KNOWS])
def test_calls_that_cannot_be_spoken_in_never_ring(
    centre: Centre, stranger: RawCaller, sdp: str
) -> None:
    desk = centre.reachable_desk()
    assert 400 <= stranger.status(stranger.invite(sdp=sdp), above=199) < 700
    state = desk.state()
    assert (state["calls"], state["missed"], state["engine"]) == ([], 0, "ready")
    centre.ring(NUMBER)
    desk.shows("Jane Doe", "Ringing")


def test_numbers_in_any_spelling_find_the_same_people(centre: Centre) -> None:
    desk = centre.reachable_desk()
    for sender in (
        "<sip:03023125010@h>",
        "<sip:00493023125010@h;user=phone>",
        "<sip:+49-30-231-25010@h>",
        "<tel:+49-30-23125010>",
        "<sip:%2B493023125010@h>",
    ):
        stranger = RawCaller(centre.port)
        stranger.invite(sender=sender)
        desk.shows("Jane Doe", "Tom Doe")
        desk.press("call_end")
        desk.until(lambda state: not state["calls"], "declined")
        stranger.close()


@pytest.mark.parametrize(
    ("sender", "said"),
    [
        ('"Anonymous" <sip:anonymous@anonymous.invalid>', "Number withheld"),
        ("<sip:%F0%9F%98%80@h>", "Ringing"),
        ("<sip:@h>", ""),
    ],
)
def test_numbers_that_are_none(centre: Centre, stranger: RawCaller, sender: str, said: str) -> None:
    desk = centre.reachable_desk()
    stranger.invite(sender=sender)
    if said:
        desk.shows(said)
        desk.press("call_end")
        desk.until(lambda state: not state["calls"], "declined")
    centre.ring(NUMBER)
    desk.shows("Jane Doe", "Ringing")


@pytest.mark.parametrize(
    "name",
    ["<b>bold</b><img src='file:///etc/passwd'>", "evil\u202ednilb\u2066\u200b", "N" * 3000],
    ids=["html", "bidi", "3 kB"],
)
def test_a_hostile_display_name_is_plain_short_text(
    centre: Centre, stranger: RawCaller, name: str
) -> None:
    desk = centre.reachable_desk()
    stranger.invite(sender=f'"{name}" <sip:0309999@h>')
    desk.until_call("an offer", phase="offered")
    desk.shows("Ringing")
    assert desk.ask("rendered") == []
    everything = "\n".join(desk.ask("everything"))
    assert not set("\u202e\u2066\u200b") & set(everything)
    assert "N" * 65 not in everything


def test_a_display_name_of_10_kb_rings_nowhere_and_disturbs_nobody(
    centre: Centre, stranger: RawCaller
) -> None:
    """Longer than any SIP message that the stack takes (4,000 bytes): dropped unread."""
    desk = centre.reachable_desk()
    stranger.invite(sender=f'"{"N" * 10_000}" <sip:0309999@h>')
    centre.ring(NUMBER)
    desk.shows("Jane Doe", "Ringing")
    assert len(desk.state()["calls"]) == 1
    assert "NNNN" not in desk.shown()


# ------------------------------------------------------------------- files and keys


def test_damaged_settings_fall_back_to_the_last_good_ones(centre: Centre) -> None:
    desk = centre.desk()
    desk.until(lambda state: (centre.profile.root / "settings.last-good").exists(), "kept")
    assert desk.quit() == 0
    good = centre.config.read_text()
    centre.config.write_text(good + '\n[account\nuser = "somebody else"\n')
    again = centre.desk()
    again.shows("The settings file is damaged", "The last good settings are in use.")
    centre.ring(NUMBER)  # the port of the good settings is still listened to
    again.shows("Jane Doe", "Ringing")


def test_damaged_settings_without_a_good_version_are_said_on_the_terminal(
    centre: Centre,
) -> None:
    centre.config.write_text('[account]\npassword = "s3cret\n')
    started = subprocess.run(
        [
            *(sys.executable, "-m", "ctidesk.app", "--config", str(centre.config)),
            *("--profile", str(centre.profile.root)),
        ],
        env=centre.environment,
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert started.returncode == 1
    assert "The settings file is damaged: at line 2" in started.stderr.replace("mistake ", "")
    assert "Correct that line" in started.stderr
    assert "s3cret" not in started.stdout + started.stderr


def test_damaged_wrap_up_codes_do_not_keep_the_agent_from_calls(centre: Centre) -> None:
    codes = centre.folder / "codes.toml"
    codes.write_text("version = 1\n[[code]\n")
    centre.settle(wrapup={"codes": str(codes)})
    desk = centre.desk()
    desk.shows("The codes that ship with ctidesk are used.")
    leg = centre.talking(desk, NUMBER)
    centre.phones[NUMBER]("hangup", leg=leg)
    desk.until(lambda state: state["wrap_ups"], "wrap-up")
    wrap_up(desk)


def test_a_lost_key_of_the_cache_costs_the_card_and_not_the_call(centre: Centre) -> None:
    (centre.profile.root / "cache.key").unlink()
    before = centre.profile.database.read_bytes()
    desk = centre.desk(cache="failed")
    desk.shows("There is a member cache, but its key is missing.", "Put the key back")
    call_goes_on_without_a_card(centre, desk)
    assert desk.quit() == 0
    assert centre.profile.database.read_bytes() == before
    assert not (centre.profile.root / "cache.key").exists()


def test_a_wrong_key_of_the_cache(centre: Centre) -> None:
    key = centre.profile.root / "cache.key"
    key.write_text(secrets.token_hex(64))
    key.chmod(stat.S_IRUSR | stat.S_IWUSR)
    before = centre.profile.database.read_bytes()
    desk = centre.desk(cache="failed")
    desk.shows("The member cache can't be opened with this key.", "that this profile was made with")
    call_goes_on_without_a_card(centre, desk)
    assert desk.quit() == 0
    assert centre.profile.database.read_bytes() == before


def call_goes_on_without_a_card(centre: Centre, desk: DeskProcess) -> None:
    leg = centre.talking(desk, NUMBER)
    centre.phones[NUMBER].hears(leg)
    desk.press("call_end")
    desk.until(lambda state: state["wrap_ups"], "wrap-up")
    # what was typed is not lost: it stays open, with the reason
    desk.enter("wrap_up_search", "refill")
    desk.submit("wrap_up_search")
    desk.enter("wrap_up_note", "typed without a cache")
    desk.shows("typed without a cache")


def test_a_second_start_raises_the_first(centre: Centre) -> None:
    desk = centre.desk()
    second = subprocess.run(
        [
            *(sys.executable, "-m", "ctidesk.app", "--config", str(centre.config)),
            *("--profile", str(centre.profile.root), "tel:+4930112233"),
        ],
        env=centre.environment,
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert second.returncode == 0
    assert "running already" in second.stderr
    desk.shows("+4930112233")  # handed over to the first, prefilled and not dialled
    assert desk.state()["calls"] == []


# ------------------------------------------------------------------- members, disk


def test_a_members_file_in_another_encoding_with_a_broken_row(centre: Centre) -> None:
    members = centre.folder / "members.csv"
    members.write_bytes(
        "member_id,given,family,birth_date,phone_mobile\n"
        "M-9,Jörg,Müßig,1970-01-02,+49 171 3920099\n"
        "M-10,Broken,Row,not a date,+49 171 3920098\n".encode("cp1252")
    )
    centre.settle(data={"members_csv": str(members)})
    desk = centre.desk()
    desk.shows("Members of members.csv", "1 row")
    desk.shows("The character encoding was guessed: check a name with an accent.")
    centre.ring("+491713920099")
    desk.shows("Jörg Müßig", "Ringing")


def test_a_members_file_that_is_not_there(centre: Centre) -> None:
    centre.settle(data={"members_csv": str(centre.folder / "gone.csv")})
    desk = centre.desk()
    desk.shows("Members of gone.csv: The file can't be read.", "Check that it is still there")
    centre.ring(NUMBER)
    desk.shows("Jane Doe", "Ringing")


@pytest.fixture
def full_disk(centre: Centre) -> Iterator[None]:
    """Recordings go to a file system of 64 kB of its own."""
    spool = centre.profile.spool
    spool.mkdir(mode=0o700, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", "size=64k,mode=700", "tmpfs", str(spool)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode != 0:
        pytest.skip("disk full needs the right to mount a small tmpfs")
    yield
    subprocess.run(["umount", "-l", str(spool)], check=True)


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_stops_the_recording_and_not_the_call(centre: Centre) -> None:
    desk = centre.desk()
    leg = centre.talking(desk, NUMBER)
    desk.shows("The disk is full", "Tell the caller that it is not recorded", "Not recorded")
    centre.phones[NUMBER].hears(leg)
    assert desk.call()["phase"] == "talking"
    desk.press("call_end")
    desk.until(lambda state: state["wrap_ups"], "wrap-up")
    wrap_up(desk, note="kept although the disk was full")
    assert desk.quit() == 0
    assert [row.note for row in rows(centre)["interactions"]] == ["kept although the disk was full"]
