"""The contract's lab on the real engine process, with real pjsua2 telephones as far ends.

Runs in: test process, the test's own thread; engine and telephones in processes of their own.
"""

from __future__ import annotations

from pathlib import Path

from tests.support.sip_phone import Phone
from tests.support.telephony_desk import SpyDesk, SystemClock
from tests.support.telephony_lab import CALLER, COLLEAGUE

from ctidesk.calls import events as ev
from ctidesk.calls.commands import ConfigureAccount, HangUp
from ctidesk.demo.free_port import free_port
from ctidesk.sip.attachment import Timing
from ctidesk.sip.engine_process import ENGINE_COMMAND
from ctidesk.sip.supervisor import EngineSupervisor

OUTCOMES = {"answer": "180,200", "busy": "486", "silent": "180"}


class RealTelephony:
    """One engine under a supervisor, and two telephones; shared by the tests of a module."""

    def __init__(self, runtime: Path) -> None:
        self.desk = SpyDesk()
        self.runtime = runtime
        self.port = free_port()
        # patient: the machine may be busy, and a loss would be another test's subject
        timing = Timing(hello_s=20.0, reply_s=20.0, silence_s=20.0, stall_s=20.0)
        command = [*ENGINE_COMMAND, "--null-audio"]
        self.supervisor = EngineSupervisor(
            runtime,
            self.desk.deliver,
            SystemClock(),
            command=command,
            log_file=runtime / "engine.log",
            timing=timing,
        )
        self.desk.listen_to(self.supervisor)
        self.account = ConfigureAccount(
            account_id="a",
            user="agent",
            password="",
            local_port=self.port,
            bind_address="127.0.0.1",
        )
        self.supervisor.configure([self.account])
        self.supervisor.start()
        self.phones = {who: Phone(who) for who in (CALLER, COLLEAGUE)}
        self.desk.until_event(ev.RegistrationChanged)

    def close(self) -> None:
        self.supervisor.stop(leave_engine=False)
        for phone in self.phones.values():
            phone.close()


class RealLab:
    """One test's use of it: begins with no call anywhere."""

    account_id = "a"

    def __init__(self, real: RealTelephony) -> None:
        self.real = real
        self.desk = real.desk
        self._legs: dict[str, int] = {}
        for who in real.phones:
            self._policy(who, answer="silent", refer="follow", refuse_reinvite=0)

    def end(self) -> None:
        """Hang up everything and forget what was seen."""
        desk = self.desk
        for phone in self.real.phones.values():
            phone.thaw()
        for call in self.real.supervisor.calls():
            if not call.ended:
                desk.telephony.send(HangUp(call_id=call.call_id))
        desk.until(lambda: all(call.ended for call in self.real.supervisor.calls()))
        self.real.supervisor.acknowledge(max(desk.numbers, default=0))
        for phone in self.real.phones.values():
            self._wait_idle(phone)
        for seen in (desk.events, desk.numbers, desk.order):
            seen.clear()

    def _wait_idle(self, phone: Phone) -> None:
        begun = [s["leg"] for s in phone.said if s["event"] in ("incoming", "calling")]
        begun += [s["by"] for s in phone.said if s["event"] == "replaced"]
        for leg in begun:
            if not self._over(phone, leg):
                phone("hangup", leg=leg)
                self.desk.until(lambda leg=leg: self._over(phone, leg))
        phone.said.clear()
        phone._taken.clear()

    def _over(self, phone: Phone, leg: int) -> bool:
        return any(
            s["event"] == "state" and s["leg"] == leg and s["state"] == "disconnected"
            for s in phone.said
        )

    # --- the lab ---

    def offer(self) -> str:
        before = len(self.desk.of(ev.CallOffered))
        caller = self.real.phones[CALLER]
        caller("call", to=f"sip:agent@127.0.0.1:{self.real.port}")
        self._legs[CALLER] = int(caller.wait("calling")["leg"])
        return self.desk.until_event(ev.CallOffered, count=before + 1).call_id

    def address(self, who: str) -> str:
        return self.real.phones[who].uri

    def rings(self, who: str, call_id: str) -> None:
        self._respond(who, 180)

    def answers(self, who: str, call_id: str) -> None:
        self._respond(who, 200)

    def refuses(self, who: str, call_id: str) -> None:
        phone = self.real.phones[who]
        phone("hangup", leg=self._incoming(who), code=486)

    def hangs_up(self, who: str, call_id: str) -> None:
        self.real.phones[who]("hangup", leg=self._legs[who])

    def holds(self, who: str, call_id: str, held: bool) -> None:
        phone, leg = self.real.phones[who], self._legs[who]
        phone("hold" if held else "unhold", leg=leg)
        # a telephone refuses the next wish before it has the answer to this one
        phone.wait("media", leg=leg, status="local_hold" if held else "active")

    def refuses_holds(self, who: str) -> None:
        self._policy(who, refuse_reinvite=488)

    def refused_hold(self, call_id: str) -> None:
        """The telephone does it by itself."""

    def transfer_succeeds(self, call_id: str) -> None:
        """The telephones do it by themselves."""

    transfer_meets_busy = transfer_stays_unanswered = transfer_succeeds

    def measured_for(self, call_id: str, seconds: float) -> None:
        def long_enough() -> bool:
            seen = self.desk.of(ev.QualityMeasured, call_id)
            return bool(seen) and seen[-1].t_mono - seen[0].t_mono >= seconds

        self.desk.until(long_enough)

    def falls_silent(self, who: str, call_id: str) -> None:
        self.real.phones[who].freeze()

    def speaks_again(self, who: str, call_id: str) -> None:
        self.real.phones[who].thaw()

    def target_will(self, outcome: str) -> None:
        self._policy(COLLEAGUE, answer=OUTCOMES[outcome])

    def _policy(self, who: str, **policy: object) -> None:
        self.real.phones[who]("policy", **policy)

    def _incoming(self, who: str) -> int:
        """The leg of the call that reaches `who`; the same until it is over."""
        if who not in self._legs or self._over(self.real.phones[who], self._legs[who]):
            self._legs[who] = int(self.real.phones[who].wait("incoming")["leg"])
        return self._legs[who]

    def _respond(self, who: str, code: int) -> None:
        self.real.phones[who]("respond", leg=self._incoming(who), code=code)
