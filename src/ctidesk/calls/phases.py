"""The one transition table of a call: `apply(call, event)` is the only way a call changes.

Runs in: engine process (loop thread, for the snapshot) and desk process (Qt main thread).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ctidesk.calls import events as ev
from ctidesk.calls.call import (
    CONNECTED,
    Call,
    Direction,
    Phase,
    RecordingState,
    TransferState,
)
from ctidesk.calls.errors import BugError
from ctidesk.calls.line_quality import LineState


class ImpossibleEvent(BugError):
    """The event cannot happen in the call's phase. The call stays as it was."""


LIVE = frozenset(Phase) - {Phase.ENDED}
_BEFORE_ANSWER_IN = frozenset({Phase.OFFERED, Phase.ANSWERING})
_BEFORE_ANSWER_OUT = frozenset({Phase.DIALLING, Phase.RINGING})

# event → {phase it may arrive in: phase after it}; None keeps the phase.
TABLE: dict[type[ev.CallEvent], dict[Phase, Phase | None]] = {
    ev.CallRang: {Phase.DIALLING: Phase.RINGING, Phase.RINGING: None},
    ev.CallAnswerSent: {Phase.OFFERED: Phase.ANSWERING},
    ev.CallAnswered: dict.fromkeys(_BEFORE_ANSWER_IN | _BEFORE_ANSWER_OUT, Phase.TALKING),
    ev.MediaChanged: dict.fromkeys(LIVE, None),
    ev.HoldRequested: {Phase.TALKING: Phase.HOLDING, Phase.RESUMING: Phase.HOLDING},
    ev.CallHeld: {Phase.HOLDING: Phase.HELD, Phase.TALKING: Phase.HELD, Phase.HELD: None},
    ev.ResumeRequested: {Phase.HELD: Phase.RESUMING, Phase.HOLDING: Phase.RESUMING},
    ev.CallResumed: {Phase.RESUMING: Phase.TALKING, Phase.HELD: Phase.TALKING, Phase.TALKING: None},
    ev.HoldFailed: {Phase.HOLDING: Phase.TALKING, Phase.RESUMING: Phase.HELD},
    ev.MuteChanged: dict.fromkeys(CONNECTED, None),
    ev.DtmfSent: dict.fromkeys(CONNECTED | {Phase.RINGING}, None),
    ev.DtmfReceived: dict.fromkeys(LIVE, None),
    ev.TransferStarted: dict.fromkeys(CONNECTED, None),
    ev.TransferProgressed: dict.fromkeys(CONNECTED, None),
    ev.TransferCompleted: dict.fromkeys(CONNECTED, None),
    ev.TransferFailed: dict.fromkeys(CONNECTED, None),
    ev.ConferenceMerged: dict.fromkeys(CONNECTED, None),
    ev.ConferenceSplit: dict.fromkeys(CONNECTED, None),
    # a recording outlives its call by the time that sealing takes
    ev.RecordingStarted: dict.fromkeys(Phase, None),
    ev.RecordingGrew: dict.fromkeys(Phase, None),
    ev.RecordingSegmentSealed: dict.fromkeys(Phase, None),
    ev.RecordingStopped: dict.fromkeys(Phase, None),
    ev.RecordingFailed: dict.fromkeys(Phase, None),
    ev.RecordingPaused: dict.fromkeys(Phase, None),
    ev.RecordingResumed: dict.fromkeys(Phase, None),
    ev.QualityMeasured: dict.fromkeys(LIVE, None),
    ev.LineQualityChanged: dict.fromkeys(CONNECTED, None),
    ev.CallEnded: dict.fromkeys(LIVE, Phase.ENDED),
}


def begin(event: ev.CallOffered | ev.CallDialled) -> Call:
    """The new call that an offer or a dial makes."""
    inbound = isinstance(event, ev.CallOffered)
    return Call(
        call_id=event.call_id,
        direction=Direction.INBOUND if inbound else Direction.OUTBOUND,
        phase=Phase.OFFERED if inbound else Phase.DIALLING,
        remote=event.remote,
        began_mono=event.t_mono,
        began_wall=event.t_wall,
        phase_since_mono=event.t_mono,
        account_id=event.account_id,
        **(
            {"routing": event.routing}
            if isinstance(event, ev.CallOffered)
            else {"consult_of": event.consult_of}
        ),
    )


def apply(call: Call, event: ev.CallEvent) -> Call:
    """The call after `event`. Raises `ImpossibleEvent` where the table has no entry."""
    if event.call_id != call.call_id:
        raise ImpossibleEvent(f"{type(event).__name__} belongs to another call")
    allowed = TABLE.get(type(event), {})
    if call.phase not in allowed:
        raise ImpossibleEvent(f"{type(event).__name__} in phase {call.phase}")
    after = allowed[call.phase]
    changes: dict[str, Any] = dict(_DETAILS.get(type(event), _nothing)(call, event))
    if after is not None and after is not call.phase:
        changes.update(phase=after, phase_since_mono=event.t_mono)
    return replace(call, **changes) if changes else call


def _nothing(call: Call, event: Any) -> dict[str, Any]:
    return {}


def _answered(call: Call, event: ev.CallAnswered) -> dict[str, Any]:
    return {"answered_mono": event.t_mono, "dialog": event.dialog, "early_media": False}


def _media(call: Call, event: ev.MediaChanged) -> dict[str, Any]:
    return {
        "codec": event.codec,
        "encrypted": event.encrypted,
        "remote_hold": event.remote_hold,
    }


def _transfer_started(call: Call, event: ev.TransferStarted) -> dict[str, Any]:
    return {
        "transfer": TransferState.PENDING,
        "transfer_target": event.target,
        "transfer_note": "",
    }


def _transfer_note(call: Call, event: ev.TransferProgressed) -> dict[str, Any]:
    return {"transfer_note": f"{event.code} {event.reason}".strip()}


def _transfer_failed(call: Call, event: ev.TransferFailed) -> dict[str, Any]:
    note = f"{event.code} {event.reason}".strip()
    return {"transfer": TransferState.FAILED, "transfer_note": note}


def _ended(call: Call, event: ev.CallEnded) -> dict[str, Any]:
    return {
        "ended_mono": event.t_mono,
        "end_code": event.code,
        "end_reason": event.reason,
        "ended_by": event.by,
        "conference_with": "",
    }


_DETAILS: dict[type[ev.CallEvent], Callable[[Call, Any], dict[str, Any]]] = {
    ev.CallRang: lambda call, event: {"early_media": event.early_media or call.early_media},
    ev.CallAnswered: _answered,
    ev.CallResumed: lambda call, event: {"dialog": event.dialog or call.dialog},
    ev.MediaChanged: _media,
    ev.MuteChanged: lambda call, event: {"muted": event.muted},
    ev.TransferStarted: _transfer_started,
    ev.TransferProgressed: _transfer_note,
    ev.TransferCompleted: lambda call, event: {"transfer": TransferState.DONE},
    ev.TransferFailed: _transfer_failed,
    ev.ConferenceMerged: lambda call, event: {"conference_with": event.other_call_id},
    ev.ConferenceSplit: lambda call, event: {"conference_with": ""},
    ev.RecordingStarted: lambda call, event: {
        "recording": RecordingState.RUNNING,
        "recording_problem": "",
    },
    ev.RecordingGrew: lambda call, event: {"recorded_bytes": event.recorded_bytes},
    ev.RecordingSegmentSealed: lambda call, event: {"recorded_bytes": event.recorded_bytes},
    ev.RecordingStopped: lambda call, event: {
        "recording": RecordingState.STOPPED,
        "recorded_bytes": event.recorded_bytes,
    },
    ev.RecordingFailed: lambda call, event: {
        "recording": RecordingState.FAILED,
        "recording_problem": event.problem,
    },
    ev.RecordingPaused: lambda call, event: {
        "recording": RecordingState.PAUSED,
        "recording_resumes_mono": event.t_mono + event.limit_s,
    },
    ev.RecordingResumed: lambda call, event: {
        "recording": RecordingState.RUNNING,
        "recording_resumes_mono": None,
    },
    ev.LineQualityChanged: lambda call, event: {
        "line": LineState(event.verdict, event.trouble, event.side)
    },
    ev.CallEnded: _ended,
}
