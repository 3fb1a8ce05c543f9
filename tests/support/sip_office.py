"""An engine with a desk and telephones around it, for the tests of what an agent does in calls.

Runs in: the test process.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.sip_desk import DeskProbe, EngineUnderTest, until
from tests.support.sip_phone import Phone

from ctidesk.calls import commands as cmd, events as ev
from ctidesk.calls.call import Call
from ctidesk.demo.free_port import free_port

ACCOUNT = "line"


class Office:
    """`agent` is the engine's address; telephones are made once and kept."""

    def __init__(
        self, *options: str, environment: Mapping[str, str] | None = None, **account: Any
    ) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="ctieng"))
        self.runtime = self.folder / "run"
        self.spool = self.folder / "spool"
        self.phones: dict[str, Phone] = {}
        self.port = free_port()
        self.agent = f"sip:agent@127.0.0.1:{self.port}"
        self.engine = EngineUnderTest(self.runtime, *options, environment=environment)
        self.desk = DeskProbe(self.runtime)
        self.config = cmd.ConfigureAccount(
            **{
                "account_id": ACCOUNT,
                "user": "agent",
                "password": "",
                "local_port": self.port,
                "bind_address": "127.0.0.1",
                "srtp": cmd.Srtp.OFF,
                **account,
            }
        )
        self.desk.do(self.config)

    def phone(self, name: str, **listen: Any) -> Phone:
        if name not in self.phones:
            self.phones[name] = Phone(name, **listen)
        return self.phones[name]

    def offered(self, name: str = "alice", **call: Any) -> tuple[str, int]:
        """`name` calls the agent: (call_id, the phone's leg)."""
        phone = self.phone(name)
        phone("call", to=self.agent, **call)
        leg = int(phone.wait("calling")["leg"])
        return self.desk.wait(ev.CallOffered).call_id, leg

    def incoming(self, name: str = "alice", **call: Any) -> tuple[str, int]:
        """An answered call from `name`."""
        call_id, leg = self.offered(name, **call)
        self.desk.do(cmd.Answer(call_id=call_id))
        self.desk.wait(ev.CallAnswered, call_id)
        self.phone(name).wait("state", leg=leg, state="confirmed")
        return call_id, leg

    def dialled(self, name: str) -> str:
        """A call to `name`, not answered yet."""
        call_id = uuid.uuid4().hex
        target = self.phone(name).uri
        self.desk.do(cmd.Dial(call_id=call_id, account_id=ACCOUNT, target=target))
        self.desk.wait(ev.CallDialled, call_id)
        return call_id

    def consulted(self, call_id: str, name: str) -> tuple[str, int]:
        """An answered consultation of `name` about `call_id`: (consult_id, the phone's leg)."""
        consult_id = uuid.uuid4().hex
        phone = self.phone(name)
        self.desk.do(cmd.StartConsult(call_id=call_id, consult_id=consult_id, target=phone.uri))
        self.desk.wait(ev.CallAnswered, consult_id)
        return consult_id, int(phone.wait("incoming")["leg"])

    def call(self, call_id: str) -> Call:
        return self.desk.calls[call_id]

    def hears(self, call_id: str) -> bool:
        """Whether sound comes from the call, by the newest measurement."""
        measured = self.desk.last(ev.QualityMeasured, call_id)
        return measured is not None and measured.speaker_level > 0.05

    def live(self) -> list[Call]:
        return [call for call in list(self.desk.calls.values()) if not call.ended]

    def tidy(self) -> None:
        """End all calls and put the telephones back to answering."""
        for phone in self.phones.values():
            phone("policy", answer="200", refer="follow", refuse_reinvite=0)
            phone("hangup_all")
        if self.engine.process.poll() is None and not self.desk.lost.is_set():
            for call in self.live():
                self.desk.send(cmd.HangUp(call_id=call.call_id))
            until(lambda: not self.live(), "the end of all calls")
        for phone in self.phones.values():
            phone.quiet()
        self.desk.forget()

    def close(self) -> list[str]:
        """End everything; the engine's complaints about itself, which must be none."""
        with contextlib.suppress(OSError):
            self.desk.close()
        self.engine.end()
        for phone in self.phones.values():
            phone.close()
        faults = self.engine.faults()
        shutil.rmtree(self.folder, ignore_errors=True)
        return faults
