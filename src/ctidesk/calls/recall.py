"""A new desk takes up what an earlier one left: calls, cards, wrap-ups, the agent's state.

Runs in: desk process, Qt main thread, once after start. Works on the log alone; the engine's
snapshot says which calls are still live.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ctidesk.calls import agent_events as ag, events as ev, phases
from ctidesk.calls.agent import RESTING
from ctidesk.calls.call import Call
from ctidesk.calls.desk import CallDesk, MissedCall
from ctidesk.calls.ports import Clock


def merged(*logs: Iterable[ag.LogEvent]) -> list[ag.LogEvent]:
    """The logs as one, without duplicates, in the order of time."""
    unique = dict.fromkeys(event for one in logs for event in one)
    return sorted(unique, key=lambda event: event.t_wall)


def calls_of(log: Iterable[ag.LogEvent]) -> dict[str, Call]:
    """Every call of the log in its last phase, oldest first."""
    calls: dict[str, Call] = {}
    for event in log:
        if isinstance(event, ev.CallOffered | ev.CallDialled):
            calls.setdefault(event.call_id, phases.begin(event))
        elif isinstance(event, ev.CallEvent) and event.call_id in calls:
            try:
                calls[event.call_id] = phases.apply(calls[event.call_id], event)
            except phases.ImpossibleEvent:
                continue  # a duplicate that an engine sent again after a re-attach
    return calls


def recall(desk: CallDesk, stored: Sequence[ag.LogEvent], clock: Clock) -> list[ag.LogEvent]:
    """Bring `desk` up to the log and return the whole log, oldest first.

    To be called once, after the snapshot of the engine, or after it is sure that no engine holds
    calls: a call that the log leaves open and no engine knows has ended with its engine.
    """
    session = desk.session_log or []
    log = merged(stored, session)
    saved = {event.call_id for event in log if isinstance(event, ag.WrapUpSaved)}
    live = {call.call_id for call in desk.live}
    begun = {event.call_id for event in log if isinstance(event, ag.WrapUpStarted)}
    known_before = set(desk.wrap_ups)
    _agent(desk, log, session)
    _contexts(desk, log, saved)
    for call in calls_of(log).values():
        if call.call_id in live or call.call_id in saved or call.call_id in known_before:
            continue
        if not call.ended:
            _ended_with_its_engine(desk, call, clock)
        elif call.answered_mono is not None and not call.consult_of:
            desk.open_wrap_up(call, begun=call.call_id in begun)
        elif call.direction == "inbound" and not call.consult_of and call.ended_by != "local":
            desk.missed.append(MissedCall(call))
    for event in log:
        if isinstance(event, ev.CallDialled):
            desk.missed = [one.after(event) for one in desk.missed]
    desk.follow()
    whole = merged(log, desk.session_log or [])
    desk.session_log = None
    desk.publish(None)
    return whole


def _agent(desk: CallDesk, log: Iterable[ag.LogEvent], session: Iterable[ag.LogEvent]) -> None:
    """The state that the agent had, unless she has already chosen one at this desk."""
    own = {event for event in session if isinstance(event, ag.AgentStateChanged)}
    if any(event.state in RESTING for event in own):
        return
    for event in log:
        if isinstance(event, ag.AgentStateChanged) and event not in own:
            desk.agent.restore(event)


def _contexts(desk: CallDesk, log: Iterable[ag.LogEvent], saved: set[str]) -> None:
    for event in log:
        if not isinstance(event, ag.PartySet | ag.MemberChosen | ag.IdentityChecked):
            continue
        if event.call_id not in saved:
            desk.take_note(event)


def _ended_with_its_engine(desk: CallDesk, call: Call, clock: Clock) -> None:
    """Nobody saw its end: it ended at the latest now."""
    desk.calls[call.call_id] = call
    desk.handle(
        ev.CallEnded(
            call_id=call.call_id,
            t_mono=clock.mono(),
            t_wall=clock.wall(),
            code=0,
            reason="the telephone stopped",
            by="failure",
        )
    )
