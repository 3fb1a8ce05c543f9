"""A stub of the engine as a real process, without telephony: for tests of the supervisor.

Runs in: its own process, `python -m tests.support.telephony_engine_stub --runtime DIR …`.
Each life appends the names of the commands that it received to `DIR/lives/<n>`.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

from tests.support.telephony_fake_engine import FakeEngine

from ctidesk.calls import events as ev, phases
from ctidesk.calls.call import Call, DialogId, RemoteParty
from ctidesk.calls.codec import from_plain
from ctidesk.calls.commands import Reclaim
from ctidesk.sip.protocol import Refusal, decode

DIALOG = DialogId(sip_call_id="sip-1", local_tag="l", remote_tag="r", remote_contact="sip:x@y")


def call_of_first_life(state: str) -> list[Call]:
    """The calls that the first engine of a test has: "" none, else one in the phase `state`."""
    if not state:
        return []
    now = {"t_mono": time.monotonic(), "t_wall": time.time()}
    call = phases.begin(
        ev.CallOffered(call_id="c1", account_id="a", remote=RemoteParty(number="100"), **now)
    )
    if state == "offered":
        return [call]
    call = phases.apply(call, ev.CallAnswered(call_id="c1", dialog=DIALOG, **now))
    if state == "held":
        call = phases.apply(call, ev.CallHeld(call_id="c1", **now))
        call = phases.apply(call, ev.MuteChanged(call_id="c1", muted=True, **now))
    if state == "holding":
        call = phases.apply(call, ev.HoldRequested(call_id="c1", **now))
    if state == "recording":
        call = phases.apply(call, ev.RecordingStarted(call_id="c1", **now))
    if state == "without_dialog":
        call = replace(call, dialog=None)
    return [call]


class Stub:
    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.runtime = Path(options.runtime)
        lives = self.runtime / "lives"
        lives.mkdir(exist_ok=True)
        self.life = len(list(lives.iterdir()))
        self.diary = (lives / str(self.life)).open("a", buffering=1)
        self.fake: FakeEngine
        self.lock = threading.Lock()

    def run(self) -> None:
        if self.life in self.options.stillborn:
            sys.exit(3)
        calls = call_of_first_life(self.options.call) if self.life == 0 else []
        self.fake = FakeEngine(self.runtime, engine_id=f"stub-{self.life}")
        self.fake.introduce(calls=calls)
        if self.life in self.options.mute:
            time.sleep(600)
        threading.Thread(target=self._beat, daemon=True).start()
        while True:
            assert self.fake.desk is not None
            try:
                envelope = decode(self.fake.desk.recv_bytes())
            except (EOFError, OSError):
                sys.exit(0)
            self.diary.write(envelope.name + "\n")
            if envelope.name == "ShutDown":
                sys.exit(0)
            with self.lock, contextlib.suppress(OSError):
                if envelope.name == "Reclaim":
                    self._reclaim(envelope)
                else:
                    self.fake.reply(envelope, Refusal())
                if envelope.name == "ConfigureAccount":
                    self._register(envelope.body["account_id"])

    def _beat(self) -> None:
        while True:
            with self.lock, contextlib.suppress(OSError):
                self.fake.beat()
            time.sleep(0.2)

    def _register(self, account_id: str) -> None:
        for state in (ev.Registration.TRYING, ev.Registration.REGISTERED):
            now = {"t_mono": time.monotonic(), "t_wall": time.time()}
            self.fake.event(ev.RegistrationChanged(account_id=account_id, state=state, **now))

    def _reclaim(self, envelope: object) -> None:
        body = from_plain(Reclaim, envelope.body)  # type: ignore[attr-defined]
        how = self.options.reclaim
        refusal = Refusal(code="no", text="No.", remedy="No.") if how == "refuse" else Refusal()
        self.fake.reply(envelope, refusal)  # type: ignore[arg-type]
        if how == "refuse":
            return
        i, now = body.call_id, {"t_mono": time.monotonic(), "t_wall": time.time()}
        remote = RemoteParty(number="100")
        self.fake.event(ev.CallDialled(call_id=i, account_id="a", remote=remote, **now))
        if how == "fail":
            end = {"code": 481, "reason": "Call/Transaction Does Not Exist", "by": "remote"}
            self.fake.event(ev.CallEnded(call_id=i, **end, **now))
        if how == "accept":
            self.fake.event(ev.CallRang(call_id=i, code=180, **now))
            fresh = replace(DIALOG, sip_call_id="sip-2")
            self.fake.event(ev.CallAnswered(call_id=i, dialog=fresh, **now))
            media = {"codec": "PCMA/8000", "encrypted": False}
            self.fake.event(ev.MediaChanged(call_id=i, **media, **now))


def main() -> None:
    def numbers(text: str) -> set[int]:
        return {int(each) for each in text.split(",") if each}

    parser = argparse.ArgumentParser()
    parser.add_argument("--call", default="")
    parser.add_argument("--reclaim", default="accept")
    parser.add_argument("--stillborn", type=numbers, default=set())
    parser.add_argument("--mute", type=numbers, default=set())
    parser.add_argument("--runtime", required=True)
    parser.add_argument("--log")
    Stub(parser.parse_args()).run()


if __name__ == "__main__":
    main()
