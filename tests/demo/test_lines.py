"""What a house of the demo centre answers to requests that are none, and how it ends."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

from ctidesk.calls.codec import MalformedMessage
from ctidesk.demo.lines import Report, Request, line, report_of, request_of
from ctidesk.demo.people import EVERYBODY, person

COMMAND = [sys.executable, "-m", "ctidesk.demo.centre", "--agent", "sip:agent@127.0.0.1:9"]


def test_lines_come_back_as_they_were() -> None:
    request = Request(do="call", who="jane", after_s=2.5)
    report = Report(what="ended", t_mono=1.5, who="jane", leg=3, code=486, text="Busy „Ü“\n")
    assert request_of(line(request)) == request
    assert report_of(line(report)) == report
    assert line(report).isascii()
    assert line(report).count("\n") == 1


@pytest.mark.parametrize(
    "text", ["", "garbage", "[]", "{}", '{"do": 7}', '{"do":"x"' + " " * 5000 + "}", "[" * 4000]
)
def test_what_is_no_request_is_refused(text: str) -> None:
    with pytest.raises(MalformedMessage):
        request_of(text)


def test_a_house_outlives_nonsense_and_ends_with_its_stdin() -> None:
    nonsense = 'garbage\n{"do":"dance"}\n{"do":"list"}\n'
    ended = subprocess.run(
        COMMAND, input=nonsense, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    reports = [report_of(each) for each in ended.stdout.splitlines()]
    assert ended.returncode == 0
    assert [each.what for each in reports] == ["ready", "refused", "refused", "people"]
    assert reports[1].text == "This is not a request of the demo."
    assert reports[2].text == "The demo centre does not know this request."
    assert reports[3].text.split() == [each.key for each in EVERYBODY]


def test_a_taken_port_is_said_in_a_sentence() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
        ended = subprocess.run(
            [*COMMAND, "--port", port],
            stdin=subprocess.PIPE,
            capture_output=True,
            text=True,
        )
    assert ended.returncode == 2
    assert f"The demo centre cannot listen on UDP port {port}" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_everybody_has_a_key_of_their_own() -> None:
    assert len({each.key for each in EVERYBODY}) == len(EVERYBODY)
    assert person("chen").number == "201"
    with pytest.raises(KeyError):
        person("nobody")
