"""The call as the desk and the engine both know it: one frozen value per call.

Runs in: engine process (loop thread) and desk process (Qt main thread).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from ctidesk.calls.line_quality import LineState


class Direction(StrEnum):
    INBOUND = "inbound"
    OUTBOUND = "outbound"


class Phase(StrEnum):
    """Where a call stands. HOLDING and RESUMING last until the peer's answer confirms them."""

    OFFERED = "offered"  # inbound, ringing here
    ANSWERING = "answering"  # inbound, 200 sent, no ACK yet
    DIALLING = "dialling"  # outbound, no 18x yet
    RINGING = "ringing"  # outbound, 180 or 183 received
    TALKING = "talking"
    HOLDING = "holding"
    HELD = "held"
    RESUMING = "resuming"
    ENDED = "ended"


CONNECTED = frozenset({Phase.TALKING, Phase.HOLDING, Phase.HELD, Phase.RESUMING})
"""Phases after the answer and before the end: the time that is talk or hold."""


class TransferState(StrEnum):
    NONE = "none"
    PENDING = "pending"  # REFER sent, no final NOTIFY yet
    FAILED = "failed"  # came back; the call is still ours, on hold
    DONE = "done"


class RecordingState(StrEnum):
    OFF = "off"  # policy says no recording, or not started
    STARTING = "starting"
    RUNNING = "running"  # bytes really grow
    PAUSED = "paused"
    STOPPED = "stopped"  # sealed and complete
    FAILED = "failed"  # `recording_problem` says why


@dataclass(frozen=True, slots=True)
class RemoteParty:
    """The other end as the network announced it. All text is untrusted, already made plain and cut.

    `number` is the raw user part, "" when withheld. `asserted` comes from P-Asserted-Identity
    (RFC 3325) of a trusted peer only.
    """

    number: str
    display_name: str = ""
    host: str = ""
    withheld: bool = False
    asserted: str = ""


@dataclass(frozen=True, slots=True)
class Routing:
    """What the PBX said about the way that the call took (queue, IVR path, diversion, CRM id)."""

    queue: str = ""
    ivr_path: str = ""
    diverted_from: str = ""
    member_id: str = ""
    user_to_user: str = ""


@dataclass(frozen=True, slots=True)
class DialogId:
    """Enough of a SIP dialog to get the call back with INVITE + Replaces (RFC 3891)."""

    sip_call_id: str
    local_tag: str
    remote_tag: str
    remote_contact: str
    local_uri: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """One call. Changed only by `phases.apply`.

    Times: `*_mono` are seconds of the machine's monotonic clock (shared by all processes of one
    boot), `*_wall` seconds since the epoch, UTC.
    """

    call_id: str
    direction: Direction
    phase: Phase
    remote: RemoteParty
    began_mono: float
    began_wall: float
    phase_since_mono: float
    account_id: str = ""
    routing: Routing = field(default_factory=Routing)
    early_media: bool = False
    answered_mono: float | None = None
    ended_mono: float | None = None
    muted: bool = False
    remote_hold: bool = False
    consult_of: str = ""
    """call_id of the caller's call that this call consults about, else ""."""
    conference_with: str = ""
    """call_id of the other leg while both are merged into a three-party conference, else ""."""
    transfer: TransferState = TransferState.NONE
    transfer_target: str = ""
    transfer_note: str = ""
    codec: str = ""
    encrypted: bool = False
    """True only while media really runs over SRTP."""
    recording: RecordingState = RecordingState.OFF
    recording_problem: str = ""
    recorded_bytes: int = 0
    recording_resumes_mono: float | None = None
    """While paused: when the recording goes on by itself."""
    dialog: DialogId | None = None
    line: LineState = field(default_factory=LineState)
    end_code: int = 0
    end_reason: str = ""
    ended_by: str = ""
    """"local", "remote" or "failure" once ended."""

    @property
    def connected(self) -> bool:
        return self.phase in CONNECTED

    @property
    def ended(self) -> bool:
        return self.phase is Phase.ENDED
