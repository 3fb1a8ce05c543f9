"""What happened to an account, the sound, the lamps or the engine itself, and belongs to no call.

Runs in: engine process (minted on the loop thread), desk process (applied on the Qt main thread).
Everybody imports them from `events`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ctidesk.calls.lamps import Lamp


class Registration(StrEnum):
    OFFLINE = "offline"  # not asked for
    TRYING = "trying"
    REGISTERED = "registered"
    FAILED = "failed"  # retried by itself
    REFUSED = "refused"  # wrong user or password: not retried with the same secret


@dataclass(frozen=True, slots=True)
class AccountWarning:
    """What somebody should do something about although the account works. `kind` is one of
    "second_registrar", "certificate_expires", "own_certificate_expires", "clock_wrong",
    "also_elsewhere"."""

    kind: str
    text: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationChanged:
    """State of an account. `text` is a clear sentence, `remedy` what to do, both "" when fine.
    `problem`: "", "wrong_password", "unknown_user", "no_route", "dns", "tls",
    "certificate_expired", "certificate_not_yet", "timeout", "forbidden", "server_error"; before
    anything leaves this computer "port_taken", "port_forbidden", "no_address",
    "certificate_file", "own_certificate_file", "key_readable", "no_ipv6", "cannot_listen".
    `registrar` is the one in use, of several. `media`: "off", "optional" or "mandatory" SRTP, ""
    when not known."""

    account_id: str
    t_mono: float
    t_wall: float
    state: Registration
    code: int = 0
    problem: str = ""
    text: str = ""
    remedy: str = ""
    transport: str = ""  # "udp", "tcp", "tls"
    registrar: str = ""
    media: str = ""
    retry_in_s: float = 0.0
    warnings: tuple[AccountWarning, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LampsChanged:
    """Telemetry. All colleagues' lamps, so that the latest event alone is enough."""

    t_mono: float
    t_wall: float
    lamps: tuple[Lamp, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceCodeAnswered:
    """A code of the exchange was taken (`answered`), or not: `status` is SIP's."""

    account_id: str
    t_mono: float
    t_wall: float
    code: str
    answered: bool
    status: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestsRefused:
    """Somebody floods or scans the telephone. `count`: requests that were turned away in the last
    minute, 0 when it is over. Told at most once a minute, and never from where they came."""

    t_mono: float
    t_wall: float
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineLost:
    """Minted by the desk's supervisor: the engine process died or does not answer."""

    t_mono: float
    t_wall: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineReady:
    """Minted by the desk's client after the hello and the snapshot: commands are accepted."""

    t_mono: float
    t_wall: float
    pid: int
    build: str  # e.g. "pjproject 2.15.1 (development wheel)"
    has_sound: bool
    resumed_calls: int
