"""What the desk asks of the engine: imperative, frozen. Each gets a reply by its token.

Runs in: desk process (sent), engine process (executed on the loop thread).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from ctidesk.calls.call import DialogId


class Srtp(StrEnum):
    OFF = "off"
    OPTIONAL = "optional"
    MANDATORY = "mandatory"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigureAccount:
    """Add or change an account and register it. `registrar` is "host[:port]"; "" registers nowhere
    (direct calls to `local_port`). A name without a port is looked up as a service (SRV, RFC 3263)
    first. `registrars`: further ones, in the order in which they stand in for it. `trusted_peers`:
    IP addresses whose P-Asserted-Identity and X- headers are believed; the registrar's own is
    always among them. `nameserver` "host[:port]" is asked for SRV records instead of the system's.
    `bind_address` "::" or another IPv6 address: signalling and audio by IPv6. Nothing is sent to
    `stun` (asked by ICE) or `turn_server`, both "host[:port]", while they are ""."""

    account_id: str
    user: str
    password: str = field(repr=False)
    registrar: str = ""
    domain: str = ""
    transport: str = "udp"  # "udp", "tcp", "tls"
    local_port: int = 0
    bind_address: str = ""
    srtp: Srtp = Srtp.OPTIONAL
    tls_ca_file: str = ""
    tls_verify: bool = True
    tls_cert_file: str = ""
    tls_key_file: str = ""
    registrars: tuple[str, ...] = ()
    nameserver: str = ""
    ice: bool = False
    stun: str = ""
    turn_server: str = ""
    turn_transport: str = "udp"  # "udp", "tcp", "tls"
    turn_user: str = ""
    turn_password: str = field(default="", repr=False)
    display_name: str = ""
    expires_s: int = 300
    trusted_peers: tuple[str, ...] = ()
    queue_header: str = "X-PBX-Queue"
    ivr_header: str = "X-IVR-Path"
    member_header: str = "X-CRM-Id"


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveAccount:
    account_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigureRecording:
    """What to do with calls that connect from now on. `policy`: "required", "allowed", "forbidden".
    `recipients`: age X25519 public keys. `device_key`: Ed25519 private key, 32 bytes hex, kept in
    memory only."""

    policy: str
    recipients: tuple[str, ...]
    spool_dir: str
    device_key: str = field(repr=False)
    agent: str = ""
    reserve_bytes: int = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchLamps:
    """Watch exactly these telephones over `account_id`; `LampsChanged` tells how they are, at once
    and at each change. `targets`: numbers as they are dialled."""

    account_id: str
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DialCode:
    """Dial a code of the exchange ("*45") in the background; `ServiceCodeAnswered` tells the
    outcome. No call of the agent's: not shown, recorded, wrapped up or counted."""

    account_id: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigureAudio:
    """Sound devices by name, "" for the one that the system prefers. `ring`: where a call rings,
    "" for the speaker, "off" for nowhere. Gains: 1.0 leaves the level as it is, 0.0 silences;
    `ring_gain` at most 1.0. `codecs`: names in the order of the exchange ("PCMA", "G722"), those
    not named are off; empty leaves the engine's own order. `again`: a number that is not 0 and
    not the former one looks the preferred devices up again; else they stay what they were."""

    microphone: str = ""
    speaker: str = ""
    ring: str = ""
    mic_gain: float = 1.0
    speaker_gain: float = 1.0
    ring_gain: float = 0.6
    echo_cancel: bool = True
    noise_suppression: bool = True
    codecs: tuple[str, ...] = ()
    again: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrySound:
    """`what`: "levels" (meters run until told otherwise), "echo" (talk, then hear yourself),
    "ring" (one ring), "" ends whatever runs. Not during a call, but for "levels" and ""."""

    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dial:
    """`call_id` is minted by the desk, `target` a number or sip: URI."""

    call_id: str
    account_id: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Answer; other connected calls are put on hold first (call waiting)."""

    call_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decline:
    """Refuse an offered call: 486 Busy Here (default), 603 Decline or 480."""

    call_id: str
    code: int = 486


@dataclass(frozen=True, slots=True, kw_only=True)
class HangUp:
    call_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    call_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """Resume; another talking call is put on hold first."""

    call_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMute:
    call_id: str
    muted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SendDtmf:
    call_id: str
    digits: str = field(repr=False)
    method: str = "rfc4733"  # or "info"


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferBlind:
    """`baton`: a token of `calls.baton` that the target gets, "" for none."""

    call_id: str
    target: str
    timeout_s: float = 30.0
    baton: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StartConsult:
    """Hold `call_id`, then dial `target` as `consult_id` once the hold is confirmed. `baton`: a
    token of `calls.baton` that the colleague's desk gets, "" for none."""

    call_id: str
    consult_id: str
    target: str
    baton: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SwapConsult:
    """Put the talking one of the pair on hold and resume the other."""

    call_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteTransfer:
    """Attended transfer: REFER with Replaces, only once the hold of `call_id` is confirmed. While
    the colleague has not answered: our ringing there ends and the caller rings there instead."""

    call_id: str
    timeout_s: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelConsult:
    """End the consultation leg, in any of its phases, and resume the caller."""

    call_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeConference:
    """Caller, consulted party and agent hear one another."""

    call_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitConference:
    """Undo the merge: the consulted party talks, the caller is on hold."""

    call_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseRecording:
    """Nothing of the call is kept, of neither side, while card data is spoken (R12). The engine
    itself goes on recording after `limit_s` (1–600); given again, the time begins anew."""

    call_id: str
    limit_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeRecording:
    call_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reclaim:
    """After an engine died: INVITE with Replaces (RFC 3891) to get `call_id` back.
    `recording_paused_s`: so much longer nothing of it may be kept."""

    call_id: str
    account_id: str
    dialog: DialogId
    recording_paused_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgeEvents:
    """The desk has stored all events up to `seq`; the engine may forget them."""

    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShutDown:
    """End the engine. With `when_idle` it first lets the last call end."""

    when_idle: bool = True


Command = (
    ConfigureAccount
    | RemoveAccount
    | ConfigureRecording
    | WatchLamps
    | DialCode
    | ConfigureAudio
    | TrySound
    | Dial
    | Answer
    | Decline
    | HangUp
    | Hold
    | Resume
    | SetMute
    | SendDtmf
    | TransferBlind
    | StartConsult
    | SwapConsult
    | CompleteTransfer
    | CancelConsult
    | MergeConference
    | SplitConference
    | PauseRecording
    | ResumeRecording
    | Reclaim
    | AcknowledgeEvents
    | ShutDown
)
