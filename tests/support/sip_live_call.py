"""A call that must go on while the engine is under fire, with the engine's memory and log.

Runs in: the test process.
"""

from __future__ import annotations

import os

import psutil
from tests.support.sip_desk import until
from tests.support.sip_hostile import CANARY, HandCall
from tests.support.sip_office import Office

from ctidesk.calls import commands as cmd, events as ev

MB = 1024 * 1024


class LiveCall:
    """A call whose audio must go on, and the engine's memory and log around it."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.call = HandCall(office.port)
        self.call_id = office.desk.wait(ev.CallOffered).call_id
        office.desk.do(cmd.Answer(call_id=self.call_id))
        office.desk.wait(ev.CallAnswered, self.call_id)
        until(lambda: self.call.heard.packets > 50, "audio")
        self.call.heard.largest_hole_ms = 0.0
        self._process = psutil.Process(office.engine.process.pid)
        self._before = self._process.memory_info().rss

    def went_on(self) -> None:
        heard = self.call.heard
        seen = heard.packets
        until(lambda: heard.packets > seen + 50, "more audio")
        assert heard.largest_hole_ms < 60
        assert heard.restarts == 0
        assert not self.office.call(self.call_id).ended
        assert self.office.engine.process.poll() is None

    def another(self) -> HandCall:
        """A second call, answered, for somebody to be unkind to."""
        self.decline_others()
        before = set(self.office.desk.calls)
        call = HandCall(self.office.port)
        call_id = until(lambda: set(self.office.desk.calls) - before, "another call").pop()
        self.office.desk.do(cmd.Answer(call_id=call_id))
        until(lambda: call.to_tag, "its answer")
        self.office.desk.do(cmd.Resume(call_id=self.call_id))
        return call

    def decline_others(self) -> None:
        for call in self.office.live():
            if call.call_id != self.call_id:
                self.office.desk.send(cmd.HangUp(call_id=call.call_id))

    def nothing_stays(self) -> None:
        self.decline_others()
        if "ASAN_OPTIONS" not in os.environ:  # the sanitizer keeps what was freed
            until(
                lambda: self._process.memory_info().rss < self._before + 10 * MB,
                "memory back to less than 10 MB more",
                patience_s=50,  # transactions are remembered for half a minute
            )
        log = self.office.engine.log.read_text()
        assert CANARY not in log
        assert "sip:" not in log
        assert "Traceback" not in log
