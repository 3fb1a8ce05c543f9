"""One call as the journal keeps it: its log and the interaction that is made of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ctidesk.calls import agent_events, events
from ctidesk.calls.call import RemoteParty
from ctidesk.calls.line_quality import LineRecord
from ctidesk.calls.ports import Interaction

T0 = 1_800_000_000.0

LINE = LineRecord(
    measured_s=58.0,
    mos_mean=4.1,
    mos_min=3.4,
    loss_pct=0.8,
    loss_max_pct=7.5,
    concealed_pct=1.1,
    jitter_max_ms=9.5,
    rtt_mean_ms=41.0,
    rtt_max_ms=60.0,
    codec="G722/16000",
    encrypted=True,
    warnings=("loss here",),
)

INTERACTION = Interaction(
    call_id="c1",
    direction="inbound",
    number="+491713920031",
    queue="members",
    account_id="desk",
    agent="agent7",
    member_id="M-1003",
    party="member",
    verified=True,
    code="refill",
    note="asked for the next refill ✓",
    follow_up="",
    began_wall=T0,
    answered_wall=T0 + 5,
    ended_wall=T0 + 65,
    saved_wall=T0 + 80,
    dial_s=0.0,
    talk_s=60.0,
    hold_s=0.0,
    wrap_up_s=15.0,
    end_code=200,
    coded_by="agent",
    line=LINE,
    consult_lines=(replace(LINE, mos_min=4.2, warnings=()),),
)


def offered(t: float, number: str = "0171", name: str = "Łena “F”") -> events.CallOffered:
    """The call rings `t` seconds after `T0`."""
    return events.CallOffered(
        call_id="c1",
        t_mono=t,
        t_wall=T0 + t,
        account_id="desk",
        remote=RemoteParty(number=number, display_name=name),
    )


def log_of_the_call() -> list[agent_events.LogEvent]:
    """From the ring to the begin of the wrap-up: 5 s ringing, 60 s talking."""

    def at(t: float) -> dict[str, Any]:
        return {"call_id": "c1", "t_mono": t, "t_wall": T0 + t}

    return [
        offered(0, name=""),
        events.CallAnswered(**at(5)),
        events.CallEnded(**at(65), code=200, reason="OK", by="remote"),
        agent_events.WrapUpStarted(**at(65)),
    ]
