"""The desk's telephony with scripted far ends: what the contract needs from each adapter.

Runs in: test process, the test's own thread.
"""

from __future__ import annotations

import uuid
from typing import Protocol

from tests.support.telephony_desk import SpyDesk, SystemClock

from ctidesk.calls import commands as cmd, events as ev
from ctidesk.calls.call import Phase
from ctidesk.sip.simulator import ACCOUNT, SimulatedEngine

CALLER, COLLEAGUE = "caller", "colleague"


class Lab(Protocol):
    """Far ends are called by their role, `CALLER` and `COLLEAGUE`; each has one call at a time."""

    desk: SpyDesk
    account_id: str

    def offer(self) -> str:
        """The caller calls us. Returns the call_id."""
        ...

    def address(self, who: str) -> str:
        """What to dial to reach `who`."""
        ...

    def answers(self, who: str, call_id: str) -> None:
        """`who` takes the call that we dialled as `call_id` and that has reached it."""
        ...

    def rings(self, who: str, call_id: str) -> None: ...

    def refuses(self, who: str, call_id: str) -> None:
        """486 to the call that we dialled."""
        ...

    def hangs_up(self, who: str, call_id: str) -> None: ...

    def holds(self, who: str, call_id: str, held: bool) -> None: ...

    def refuses_holds(self, who: str) -> None:
        """From now on `who` refuses re-INVITEs with 488. Before the hold is asked for."""
        ...

    def refused_hold(self, call_id: str) -> None:
        """After a hold was asked for of somebody who refuses it."""
        ...

    def transfer_succeeds(self, call_id: str) -> None:
        """The target of the transfer under way answers."""
        ...

    def transfer_meets_busy(self, call_id: str) -> None: ...

    def transfer_stays_unanswered(self, call_id: str) -> None:
        """Nobody answers until the time of the command is over."""
        ...

    def measured_for(self, call_id: str, seconds: float) -> None:
        """The line was looked at for so long."""
        ...

    def falls_silent(self, who: str, call_id: str) -> None:
        """`who` sends no audio any more, without a word."""
        ...

    def speaks_again(self, who: str, call_id: str) -> None: ...

    def target_will(self, outcome: str) -> None:
        """What the colleague does with the next call: "answer", "busy" or "silent"."""
        ...


class ShiftedClock(SystemClock):
    """The machine's clock, and what a script skips."""

    ahead_s = 0.0

    def mono(self) -> float:
        return super().mono() + self.ahead_s


class SimulatedLab:
    def __init__(self) -> None:
        self.desk = SpyDesk()
        self.clock = ShiftedClock()
        self.engine = SimulatedEngine(self.clock, self.desk.deliver)
        self.account_id = ACCOUNT
        self.desk.listen_to(self.engine)
        self.engine.start()
        self.desk.until_event(ev.EngineReady)

    def offer(self) -> str:
        return self.engine.offer("5550100", "Caller")

    def address(self, who: str) -> str:
        return who

    def answers(self, who: str, call_id: str) -> None:
        self.engine.remote_answers(call_id)

    def rings(self, who: str, call_id: str) -> None:
        self.engine.remote_rings(call_id)

    def refuses(self, who: str, call_id: str) -> None:
        self.engine.remote_refuses(call_id)

    def hangs_up(self, who: str, call_id: str) -> None:
        self.engine.remote_hangs_up(call_id)

    def holds(self, who: str, call_id: str, held: bool) -> None:
        self.engine.remote_holds(call_id, held)

    def refuses_holds(self, who: str) -> None:
        self.engine.confirms_holds = False

    def refused_hold(self, call_id: str) -> None:
        self.engine.refuse(call_id)

    def transfer_succeeds(self, call_id: str) -> None:
        self.engine.transfer_answered(call_id)

    def transfer_meets_busy(self, call_id: str) -> None:
        self.engine.transfer_busy(call_id)

    def transfer_stays_unanswered(self, call_id: str) -> None:
        self.engine.transfer_unanswered(call_id)

    def measured_for(self, call_id: str, seconds: float) -> None:
        for _ in range(round(seconds)):
            self.engine.quality(call_id, 4.2)
            self.clock.ahead_s += 1.0

    def falls_silent(self, who: str, call_id: str) -> None:
        for second in range(10):
            self.engine.quality(call_id, 4.2, silent_s=float(second))
            self.clock.ahead_s += 1.0

    def speaks_again(self, who: str, call_id: str) -> None:
        self.measured_for(call_id, 10.0)

    def target_will(self, outcome: str) -> None:
        pass


def talking(lab: Lab) -> str:
    """An inbound call that is answered."""
    call_id = lab.offer()
    lab.desk.until_event(ev.CallOffered, call_id)
    lab.desk.do(cmd.Answer(call_id=call_id))
    lab.desk.until(lambda: lab.desk.phase(call_id) is Phase.TALKING)
    return call_id


def dialled(lab: Lab, who: str = CALLER) -> str:
    """An outbound call to `who` that has left."""
    call_id = uuid.uuid4().hex
    lab.desk.do(cmd.Dial(call_id=call_id, account_id=lab.account_id, target=lab.address(who)))
    lab.desk.until_event(ev.CallDialled, call_id)
    return call_id


def consulting(lab: Lab) -> tuple[str, str]:
    """A caller on hold and a colleague who talks: (call_id, consult_id)."""
    call_id = talking(lab)
    consult_id = started_consult(lab, call_id)
    lab.answers(COLLEAGUE, consult_id)
    lab.desk.until(lambda: lab.desk.phase(consult_id) is Phase.TALKING)
    return call_id, consult_id


def started_consult(lab: Lab, call_id: str) -> str:
    """The consultation leg that was dialled about `call_id`."""
    consult_id = uuid.uuid4().hex
    target = lab.address(COLLEAGUE)
    lab.desk.do(cmd.StartConsult(call_id=call_id, consult_id=consult_id, target=target))
    lab.desk.until_event(ev.CallDialled, consult_id)
    return consult_id
