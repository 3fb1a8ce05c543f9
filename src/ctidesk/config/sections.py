"""What the sections of the settings file hold, and what counts where the file says nothing.

Runs in: desk process, any thread (frozen values).
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Account:
    """`[account]`. `registrar` "host[:port]"; empty: no registration, calls arrive directly.
    `registrars`: those that stand in for it, in this order."""

    user: str = "agent"
    password: str = field(default="", repr=False)
    registrar: str = ""
    domain: str = ""
    transport: str = "udp"
    local_port: int = 0
    bind_address: str = ""
    srtp: str = "optional"
    ca_file: str = ""
    verify_tls: bool = True
    cert_file: str = ""
    key_file: str = ""
    registrars: tuple[str, ...] = ()
    nameserver: str = ""
    ice: bool = False
    stun: str = ""
    turn_server: str = ""
    turn_transport: str = "udp"
    turn_user: str = ""
    turn_password: str = field(default="", repr=False)
    display_name: str = ""
    trusted_peers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recording:
    """`[recording]`. `policy`: "required", "allowed" or "forbidden"; `recipients`: age keys;
    `pause_seconds`: after this a paused recording goes on by itself (10–600)."""

    policy: str = "allowed"
    recipients: tuple[str, ...] = ()
    pause_seconds: int = 120


@dataclass(frozen=True, slots=True)
class Data:
    """`[data]`. `region`: ISO country of numbers without +; `members_csv`: imported at start.
    `export`: "allowed" or "forbidden". `keep_days`: so long stays a member whom the centre no
    longer serves; 0: for ever."""

    region: str = "DE"
    members_csv: str = ""
    export: str = "forbidden"
    keep_days: int = 90


@dataclass(frozen=True, slots=True)
class WrapUp:
    """`[wrapup]`. `mode`: "optional", "mandatory", "mandatory_timed" or "timed"."""

    codes: str = ""
    mode: str = "mandatory_timed"
    seconds: int = 90


@dataclass(frozen=True, slots=True)
class Work:
    """`[work]`. `callback_minutes`: by when a missed caller is called back; `tries`: so many before
    a callback may be given up, `retry_minutes` apart."""

    tries: int = 3
    retry_minutes: int = 60
    callback_minutes: int = 30


@dataclass(frozen=True, slots=True)
class Agent:
    """`[agent]`. `name` stands in interactions, recordings and audit. `language`: of articles, as a
    code such as "pl"."""

    name: str = ""
    language: str = "en"
    reasons: tuple[str, ...] = ("Break", "Lunch", "Training", "Meeting", "Follow-up work")


@dataclass(frozen=True, slots=True)
class Queue:
    """`[queue]`. Codes of the exchange as they are dialled; `with_state`: pause and unpause by
    themselves with the agent's state."""

    login: str = ""
    logout: str = ""
    pause: str = ""
    unpause: str = ""
    with_state: bool = False


@dataclass(frozen=True, slots=True)
class Parking:
    """`[parking]`. `number` parks a caller; `places`: where callers wait then."""

    number: str = ""
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Colleagues:
    """`[colleagues]`. `list`: whom agents consult, each as "Name <number>"."""

    list: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Care:
    """`[care]`. `knowledge`: folder of the centre's own articles, "" for the examples.
    `disclosure`: the file that says who may be told what, after which checks. `guides`: folder of
    the centre's own guides, beside those that ship."""

    knowledge: str = ""
    guides: str = ""
    disclosure: str = ""


@dataclass(frozen=True, slots=True)
class Appearance:
    """`[appearance]`. `theme`: "system", "light" or "dark"."""

    theme: str = "system"


@dataclass(frozen=True, slots=True)
class Audio:
    """`[audio]`. Devices by name, "" for the system's own; `ring` "" rings in the speaker, "off"
    not at all. Volumes in percent; `codecs` in the order of the exchange, empty: our own."""

    microphone: str = ""
    speaker: str = ""
    ring: str = ""
    mic_volume: int = 100
    speaker_volume: int = 100
    ring_volume: int = 60
    echo_cancel: bool = True
    noise_suppression: bool = True
    codecs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Crm:
    """`[crm]`. `server`: the FHIR R4 base URL, "" for no CRM. `auth`: "none", "token" or "key"
    (SMART backend services); the secret itself is in the system's key store. `types`, `scopes`:
    empty for all that the desk reads. `interval`, in seconds; `full_days`: how often all is read
    again where the server does not tell what was deleted. `send`: what is saved goes there."""

    server: str = ""
    name: str = "CRM"
    auth: str = "none"
    client_id: str = ""
    key_id: str = ""
    token_url: str = ""
    scopes: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    ca_file: str = ""
    member_system: str = ""
    page: int = 200
    interval: int = 60
    full_days: int = 7
    send: bool = True


@dataclass(frozen=True, slots=True)
class PatientPage:
    """`[patient_page]`. `url` of the member's page in the EMR or CRM, with {member_id} or
    {crm_id}; only to `hosts`. `on_ring`, `on_answer`: queues in which it opens by itself, "*" for
    every one."""

    name: str = "EMR"
    url: str = ""
    hosts: tuple[str, ...] = ()
    on_ring: tuple[str, ...] = ()
    on_answer: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WebApi:
    """`[web_api]`. Web CRMs of exactly these `origins` may connect on this computer's own `port`;
    `local_programs`: programs that name no origin too. `may_dial`: a number is dialled without the
    agent, else it waits in the dial field. The token itself is in the system's key store."""

    enabled: bool = False
    port: int = 28461
    origins: tuple[str, ...] = ()
    local_programs: bool = False
    may_dial: bool = False


@dataclass(frozen=True, slots=True)
class RedFlag:
    """`[red_flag]`. `lines`: nurse lines in their order, each as "Name <number>", as are
    `emergency` and `lead`. `protocol`: a file with the centre's own texts."""

    lines: tuple[str, ...] = ()
    emergency: str = ""
    lead: str = ""
    protocol: str = ""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """`[interpreter]`. `lines`: each as "Language <number>"; several of one language are tried in
    their order."""

    lines: tuple[str, ...] = ()
