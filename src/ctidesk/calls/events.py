"""What happened to a call, an account or the engine: past tense, frozen, complete in itself.

Runs in: engine process (minted on the loop thread), desk process (applied on the Qt main thread).
The names of the classes are the names on the channel; the fields are the body.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ctidesk.calls.call import DialogId, RemoteParty, Routing
from ctidesk.calls.engine_events import (
    AccountWarning as AccountWarning,
    EngineLost as EngineLost,
    EngineReady as EngineReady,
    LampsChanged as LampsChanged,
    Registration as Registration,
    RegistrationChanged as RegistrationChanged,
    RequestsRefused as RequestsRefused,
    ServiceCodeAnswered as ServiceCodeAnswered,
)
from ctidesk.calls.line_quality import LineRecord, Side, Trouble, Verdict
from ctidesk.calls.sound_events import (
    Sound as Sound,
    SoundChanged as SoundChanged,
    SoundDevice as SoundDevice,
    SoundLevels as SoundLevels,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvent:
    """`t_mono`: seconds, monotonic clock of the machine; `t_wall`: seconds since the epoch, UTC."""

    call_id: str
    t_mono: float
    t_wall: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOffered(CallEvent):
    """An INVITE arrived and 180 was sent. `t_invite_mono` is when the engine first saw it."""

    account_id: str
    remote: RemoteParty
    routing: Routing = field(default_factory=Routing)
    t_invite_mono: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CallDialled(CallEvent):
    """An INVITE of ours left. `consult_of` names the call that it consults about."""

    account_id: str
    remote: RemoteParty
    consult_of: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRang(CallEvent):
    """180 or 183 from the far end; `early_media` when we hear it already."""

    code: int
    early_media: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAnswerSent(CallEvent):
    """Our 200 OK left; the call is connected when the ACK arrives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAnswered(CallEvent):
    """Connected (ACK seen or sent)."""

    dialog: DialogId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaChanged(CallEvent):
    """Media negotiated: codec as "G722/16000", `encrypted` True only with SRTP really in use."""

    codec: str
    encrypted: bool
    remote_hold: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRequested(CallEvent):
    """Our re-INVITE sendonly left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallHeld(CallEvent):
    """The peer's 2xx confirmed the hold; or it refused while another call of ours talks, and the
    call is kept apart by our own bridge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeRequested(CallEvent):
    """Our re-INVITE sendrecv left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallResumed(CallEvent):
    """The peer's 2xx confirmed that both hear each other again. `dialog`: the new one, where the
    call was got back from an engine that died."""

    dialog: DialogId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldFailed(CallEvent):
    """The peer refused hold (`wanted`="hold") or resume ("resume"); the call stays as it was."""

    wanted: str
    code: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MuteChanged(CallEvent):
    muted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DtmfSent(CallEvent):
    """How many digits left, never which ones (they may be card data)."""

    count: int
    method: str  # "rfc4733" or "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class DtmfReceived(CallEvent):
    digit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferStarted(CallEvent):
    """REFER sent. `attended`: with Replaces of the consultation leg."""

    target: str
    attended: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferProgressed(CallEvent):
    """A NOTIFY with a sipfrag (RFC 3515)."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferCompleted(CallEvent):
    """The target answered; our leg is about to end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferFailed(CallEvent):
    """Not answered, busy or refused: the call is still ours, on hold."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConferenceMerged(CallEvent):
    """Both legs and the agent hear one another. Emitted once for each leg."""

    other_call_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConferenceSplit(CallEvent):
    """The conference ended; the legs are separate again. Emitted once for each leg."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingStarted(CallEvent):
    """The first encrypted bytes of a call are on the disk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingGrew(CallEvent):
    """Telemetry: encrypted bytes so far. Proof that it really records."""

    recorded_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingSegmentSealed(CallEvent):
    """A segment was fsynced and renamed. `sha256` is of the encrypted file, hex."""

    index: int
    sha256: str
    recorded_bytes: int
    duration_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingStopped(CallEvent):
    """Last segment sealed and manifest signed. `manifest` is the file's path."""

    manifest: str
    recorded_bytes: int
    duration_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingFailed(CallEvent):
    """The recording stopped or never began; the call goes on. `problem` is one of
    "no_recipient", "disk_full", "recorder_died", "cannot_start"."""

    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingPaused(CallEvent):
    """From now on nothing of either side is kept. It goes on by itself after `limit_s`."""

    limit_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingResumed(CallEvent):
    """Kept again. `by`: "agent" or "limit"."""

    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityMeasured(CallEvent):
    """Telemetry: the figures of the last seconds, as `line_quality.LineFigures` explains them.
    `mos` 1.0–4.5 by the E-model (ITU-T G.107), loss in percent, times in ms."""

    mos: float
    loss_pct: float
    jitter_ms: float
    rtt_ms: float
    concealed_pct: float = 0.0
    far_mos: float | None = None
    far_loss_pct: float | None = None
    far_jitter_ms: float | None = None
    silent_s: float = 0.0
    mic_silent_s: float = 0.0
    mic_level: float = 0.0  # 0..1
    speaker_level: float = 0.0  # 0..1


@dataclass(frozen=True, slots=True, kw_only=True)
class LineQualityChanged(CallEvent):
    """The verdict on the line, or what is wrong with it, is another one for some seconds now."""

    verdict: Verdict
    trouble: Trouble
    side: Side


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnded(CallEvent):
    """`code`: SIP status (200 after a normal BYE), `by`: "local", "remote" or "failure".
    `mos`: last measured, None without media; `line`: the record of the whole call, None when it
    was too short to be judged."""

    code: int
    reason: str
    by: str
    mos: float | None = None
    line: LineRecord | None = None


AnyCallEvent = (
    CallOffered
    | CallDialled
    | CallRang
    | CallAnswerSent
    | CallAnswered
    | MediaChanged
    | HoldRequested
    | CallHeld
    | ResumeRequested
    | CallResumed
    | HoldFailed
    | MuteChanged
    | DtmfSent
    | DtmfReceived
    | TransferStarted
    | TransferProgressed
    | TransferCompleted
    | TransferFailed
    | ConferenceMerged
    | ConferenceSplit
    | RecordingStarted
    | RecordingGrew
    | RecordingSegmentSealed
    | RecordingStopped
    | RecordingFailed
    | RecordingPaused
    | RecordingResumed
    | QualityMeasured
    | LineQualityChanged
    | CallEnded
)

EngineEvent = (
    AnyCallEvent
    | RegistrationChanged
    | LampsChanged
    | ServiceCodeAnswered
    | RequestsRefused
    | SoundChanged
    | SoundLevels
)
"""What an engine sends; `EngineLost` and `EngineReady` are the desk's own."""

DeskEvent = EngineEvent | EngineLost | EngineReady

TELEMETRY = (RecordingGrew, QualityMeasured, LampsChanged, SoundLevels)
"""Only the latest counts: at most 5 Hz, may be dropped. Everything else is never dropped."""
