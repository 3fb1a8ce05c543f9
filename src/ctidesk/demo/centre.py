"""A house of the demo centre: a process with one pjsua2 endpoint in which made-up people live.

Runs in: demo centre process. `python -m ctidesk.demo.centre --agent sip:agent@127.0.0.1:PORT`;
the loop thread owns all calls, a second thread reads stdin. The process ends with its stdin.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from ctidesk.calls.codec import MalformedMessage
from ctidesk.calls.errors import KnownError
from ctidesk.calls.numbers import normalise, warm_up
from ctidesk.config.paths import resources
from ctidesk.demo.lines import Report, Request, line, request_of
from ctidesk.demo.people import EVERYBODY, REGION, Person, person, voice_file
from ctidesk.sip.engine.endpoint import EndpointSettings, SipEndpoint
from ctidesk.sip.engine.manners import Manner, ScriptedParty
from ctidesk.sip.engine.scripted_party import ScriptedHouse

FAREWELL_S = 0.3
"""How long the BYEs get to leave."""


class Centre:
    """Carries out requests and reports what happens. Owner thread: the one that calls `run`."""

    def __init__(self, agent: str, voices: Path, out: TextIO) -> None:
        self._agent = agent
        self._voices = voices
        self._out = out
        endpoint = SipEndpoint(
            EndpointSettings(
                user_agent="ctidesk demo centre",
                null_audio=True,
                codecs=("G722/16000/1", "PCMA/8000/1", "PCMU/8000/1"),
            )
        )
        self._endpoint = endpoint
        self._house = ScriptedHouse(endpoint, self, self._who_lives_at)

    def run(self, port: int, requests: TextIO) -> None:
        """Listen on UDP `port` (0: any) and serve until `requests` ends. Raises `KnownError`."""
        warm_up(REGION)
        bound = self._house.start(port)
        reader = threading.Thread(target=self._read, args=(requests,), name="stdin", daemon=True)
        self._report(Report(what="ready", t_mono=time.monotonic(), code=bound))
        reader.start()
        self._endpoint.loop.run()

    def told(
        self, what: str, who: str, leg: int, code: int = 0, text: str = "", level: float = 0.0
    ) -> None:
        self._report(
            Report(
                what=what,
                t_mono=time.monotonic(),
                who=who,
                leg=leg,
                code=code,
                text=text,
                level=level,
            )
        )

    def _read(self, requests: TextIO) -> None:
        for text in requests:
            self._endpoint.post(lambda text=text: self._take(text))  # type: ignore[misc]  # bound now
        self._endpoint.post(self._leave)

    def _take(self, text: str) -> None:
        try:
            request = request_of(text)
        except MalformedMessage:
            self._refuse("", "This is not a request of the demo.")
            return
        if request.do == "call":
            self._call(request)
        elif request.do == "hang_up":
            self._house.hang_up(request.who)
        elif request.do == "list":
            keys = " ".join(each.key for each in EVERYBODY)
            self._report(Report(what="people", t_mono=time.monotonic(), text=keys))
        elif request.do == "quit":
            self._leave()
        else:
            self._refuse(request.who, "The demo centre does not know this request.")

    def _call(self, request: Request) -> None:
        try:
            party = self._party(person(request.who))
        except KeyError:
            self._refuse("", "Nobody of this name lives in the demo centre.")
            return

        def place() -> None:
            try:
                self._house.place(party, self._agent, request.patience_s, request.talk_s)
            except KnownError as error:
                self._refuse(request.who, error.text)

        self._endpoint.call_later(max(0.0, request.after_s), place)

    def _leave(self) -> None:
        self._house.hang_up("")
        self._endpoint.call_later(FAREWELL_S, lambda: self._endpoint.exit(0))

    def _refuse(self, who: str, sentence: str) -> None:
        self._report(Report(what="refused", t_mono=time.monotonic(), who=who, text=sentence))

    def _report(self, report: Report) -> None:
        # a desk that is gone closes stdin too, which ends this process
        with contextlib.suppress(OSError):
            self._out.write(line(report))
            self._out.flush()

    def _who_lives_at(self, user: str) -> ScriptedParty | None:
        for each in EVERYBODY:
            if each.number and _same_number(each.number, user):
                return self._party(each)
        return None

    def _party(self, one: Person) -> ScriptedParty:
        headers = {"X-PBX-Queue": one.queue, "X-IVR-Path": one.ivr_path}
        return ScriptedParty(
            key=one.key,
            number=one.number,
            announced=one.announced,
            voice=voice_file(self._voices, one.voice),
            headers={name: value for name, value in headers.items() if value},
            manner=Manner(one.behaviour.value),
            answers_after_s=one.answers_after_s,
        )


def _same_number(lives: str, dialled: str) -> bool:
    ours, theirs = normalise(lives, REGION), normalise(dialled, REGION)
    return bool(ours.digits) and ours.kind is theirs.kind and ours.digits == theirs.digits


def _private_stdout() -> TextIO:
    """The pipe to the desk for us alone: the SIP library writes to file descriptor 1 itself."""
    own = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    return own


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve requests from stdin until it ends; 2 when the port cannot be had."""
    parser = argparse.ArgumentParser(prog="python -m ctidesk.demo.centre", description=__doc__)
    parser.add_argument("--agent", required=True, help="SIP URI that the callers phone")
    parser.add_argument("--port", type=int, default=0, help="UDP port to listen on, 0: any")
    options = parser.parse_args(arguments)
    out = _private_stdout()
    centre = Centre(options.agent, resources() / "demo" / "voices", out)
    try:
        centre.run(options.port, sys.stdin)
    except KnownError as error:
        sys.stderr.write(f"{error.text} {error.remedy}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
