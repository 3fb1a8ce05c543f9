"""Event logs of calls, written as short stories: `Story("c1").dialled(0).answered(5).ended(60)`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ctidesk.calls import agent_events as agent, events as ev
from ctidesk.calls.agent_events import AgentState, AgentStateChanged, LogEvent
from ctidesk.calls.call import RemoteParty, Routing
from ctidesk.calls.line_quality import LineRecord

WALL = 1_750_000_000.0
"""Wall time of monotonic zero."""

REMOTE = RemoteParty(number="+493023125010")


def state(t: float, which: AgentState, *, wall_offset: float = WALL) -> AgentStateChanged:
    return AgentStateChanged(t_mono=t, t_wall=t + wall_offset, state=which)


@dataclass
class Story:
    """The log of one call; times in monotonic seconds. Each method adds one event."""

    call_id: str
    log: list[LogEvent] = field(default_factory=list)

    def offered(self, t: float, remote: RemoteParty = REMOTE, queue: str = "") -> Story:
        return self._add(
            ev.CallOffered(
                **self._at(t), account_id="main", remote=remote, routing=Routing(queue=queue)
            )
        )

    def dialled(self, t: float, consult_of: str = "") -> Story:
        return self._add(
            ev.CallDialled(**self._at(t), account_id="main", remote=REMOTE, consult_of=consult_of)
        )

    def answered(self, t: float) -> Story:
        return self._add(ev.CallAnswered(**self._at(t)))

    def hold_requested(self, t: float) -> Story:
        return self._add(ev.HoldRequested(**self._at(t)))

    def held(self, t: float) -> Story:
        return self._add(ev.CallHeld(**self._at(t)))

    def resume_requested(self, t: float) -> Story:
        return self._add(ev.ResumeRequested(**self._at(t)))

    def resumed(self, t: float) -> Story:
        return self._add(ev.CallResumed(**self._at(t)))

    def hold_failed(self, t: float, wanted: str = "hold") -> Story:
        return self._add(ev.HoldFailed(**self._at(t), wanted=wanted, code=488, reason="no"))

    def merged(self, t: float, other: str) -> Story:
        return self._add(ev.ConferenceMerged(**self._at(t), other_call_id=other))

    def split(self, t: float) -> Story:
        return self._add(ev.ConferenceSplit(**self._at(t)))

    def transfer_started(self, t: float) -> Story:
        return self._add(ev.TransferStarted(**self._at(t), target="204", attended=False))

    def transfer_failed(self, t: float) -> Story:
        return self._add(ev.TransferFailed(**self._at(t), code=486, reason="Busy Here"))

    def transfer_completed(self, t: float) -> Story:
        return self._add(ev.TransferCompleted(**self._at(t)))

    def remote_hold(self, t: float, on: bool) -> Story:
        return self._add(
            ev.MediaChanged(**self._at(t), codec="G722/16000", encrypted=True, remote_hold=on)
        )

    def ended(self, t: float, code: int = 200, line: LineRecord | None = None) -> Story:
        return self._add(ev.CallEnded(**self._at(t), code=code, reason="", by="remote", line=line))

    def recording_stopped(self, t: float, manifest: str) -> Story:
        return self._add(
            ev.RecordingStopped(
                **self._at(t), manifest=manifest, recorded_bytes=1000, duration_s=10.0
            )
        )

    def party(self, t: float, which: str, by: str = "agent") -> Story:
        return self._add(agent.PartySet(**self._at(t), party=which, by=by))

    def member(self, t: float, member_id: str) -> Story:
        return self._add(agent.MemberChosen(**self._at(t), member_id=member_id))

    def checked(self, t: float, member_id: str, verified: bool) -> Story:
        return self._add(
            agent.IdentityChecked(
                **self._at(t),
                member_id=member_id,
                question="birth_date",
                passed=True,
                verified=verified,
            )
        )

    def wrap_up(self, t: float) -> Story:
        return self._add(agent.WrapUpStarted(**self._at(t)))

    def saved(
        self, t: float, code: str = "refill", party: str = "member", by: str = "agent"
    ) -> Story:
        return self._add(agent.WrapUpSaved(**self._at(t), code=code, party=party, by=by))

    def _at(self, t: float) -> dict[str, Any]:
        return {"call_id": self.call_id, "t_mono": float(t), "t_wall": t + WALL}

    def _add(self, event: LogEvent) -> Story:
        self.log.append(event)
        return self


def inbound(call_id: str = "c1") -> Story:
    """Rings at 0, answered at 10."""
    return Story(call_id).offered(0).answered(10)
