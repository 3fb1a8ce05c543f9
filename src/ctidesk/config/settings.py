"""The settings file: TOML, checked key by key, with a sentence and a remedy for each mistake.

Runs in: desk process, Qt main thread, once at start (a small local file).
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from ctidesk.calls.errors import KnownError
from ctidesk.config.value_rules import CHOICES, FILES, RANGES, SHAPES

MAX_BYTES = 256 * 1024


class SettingsProblem(KnownError):
    """A settings file that cannot be used; the text says where and what."""

    def __init__(self, text: str, remedy: str) -> None:
        super().__init__("settings", text, remedy)


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
    """`[recording]`. `policy`: "required", "allowed" or "forbidden"; `recipients`: age keys."""

    policy: str = "allowed"
    recipients: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Data:
    """`[data]`. `region`: ISO country of numbers without +; `members_csv`: imported at start."""

    region: str = "DE"
    members_csv: str = ""


@dataclass(frozen=True, slots=True)
class WrapUp:
    """`[wrapup]`. `mode`: "optional", "mandatory", "mandatory_timed" or "timed"."""

    codes: str = ""
    mode: str = "mandatory_timed"
    seconds: int = 90


@dataclass(frozen=True, slots=True)
class Agent:
    """`[agent]`. `name` stands in interactions, recordings and audit."""

    name: str = ""
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
    again where the server does not tell what was deleted."""

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
class Settings:
    account: Account = field(default_factory=Account)
    recording: Recording = field(default_factory=Recording)
    data: Data = field(default_factory=Data)
    wrapup: WrapUp = field(default_factory=WrapUp)
    agent: Agent = field(default_factory=Agent)
    queue: Queue = field(default_factory=Queue)
    parking: Parking = field(default_factory=Parking)
    colleagues: Colleagues = field(default_factory=Colleagues)
    appearance: Appearance = field(default_factory=Appearance)
    audio: Audio = field(default_factory=Audio)
    crm: Crm = field(default_factory=Crm)
    patient_page: PatientPage = field(default_factory=PatientPage)
    web_api: WebApi = field(default_factory=WebApi)


_SECTIONS: dict[str, type] = {
    "account": Account,
    "recording": Recording,
    "data": Data,
    "wrapup": WrapUp,
    "agent": Agent,
    "queue": Queue,
    "parking": Parking,
    "colleagues": Colleagues,
    "appearance": Appearance,
    "audio": Audio,
    "crm": Crm,
    "patient_page": PatientPage,
    "web_api": WebApi,
}


def read(path: Path) -> bytes:
    """The file's bytes; raises `SettingsProblem` when it is missing, unreadable or far too long."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise SettingsProblem(
            f"The settings file {path.name} does not exist.",
            "Check the path after --config, or start without --config.",
        ) from None
    except OSError as error:
        raise SettingsProblem(
            f"The settings file {path.name} cannot be read ({error.strerror}).",
            "Check that the file belongs to you and is readable.",
        ) from None
    if len(raw) > MAX_BYTES:
        raise SettingsProblem(
            f"The settings file {path.name} is longer than {MAX_BYTES // 1024} kB.",
            "This is not a ctidesk settings file: choose another one.",
        )
    return raw


def parse(raw: bytes, folder: Path) -> Settings:
    """Settings from the bytes of a TOML file; relative paths count from `folder`.

    Raises `SettingsProblem` naming the line, section or key. Values are never quoted (secrets).
    """
    try:
        table = tomllib.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise SettingsProblem(
            f"The settings file is not UTF-8 text (line {line}).", "Save the file as UTF-8."
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsProblem(
            f"The settings file is damaged: {_place(error)}.",
            "Correct that line; the README shows a complete example.",
        ) from None
    sections: dict[str, Any] = {}
    for name, content in table.items():
        kind = _SECTIONS.get(name)
        if kind is None:
            raise SettingsProblem(
                f"The settings file has an unknown section [{name[:40]}].",
                f"Known sections: {', '.join(_SECTIONS)}.",
            )
        sections[name] = _section(name, kind, content, folder)
    return Settings(**sections)


def _place(error: tomllib.TOMLDecodeError) -> str:
    """Only the place of the mistake: the parser's text may quote a password."""
    text = str(error)
    start = text.rfind("(at ")
    return f"mistake {text[start + 1 : -1]}" if start >= 0 else "it is not valid TOML"


def _section(name: str, kind: type, content: Any, folder: Path) -> Any:
    if not isinstance(content, dict):
        raise SettingsProblem(f"[{name}] is not a section.", f"Write it as [{name}].")
    known = {f.name: f for f in fields(kind)}
    values: dict[str, Any] = {}
    for key, value in content.items():
        place = f"{name}.{key}"
        if key not in known:
            raise SettingsProblem(
                f"The settings file has an unknown key {place[:60]}.",
                f"Known keys of [{name}]: {', '.join(known)}.",
            )
        values[key] = _checked(place, str(known[key].type), value, folder)
    return kind(**values)


def _checked(place: str, kind: str, value: Any, folder: Path) -> Any:
    if kind.startswith("tuple"):
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise SettingsProblem(f"{place} must be a list of texts.", 'Write it as ["a", "b"].')
        for each in value:
            _check_shape(place, each)
        return tuple(value)
    expected = {"str": str, "int": int, "bool": bool}[kind]
    if not isinstance(value, expected) or (expected is int and isinstance(value, bool)):
        word = {"str": "a text in quotes", "int": "a whole number", "bool": "true or false"}[kind]
        raise SettingsProblem(f"{place} must be {word}.", "Correct the value.")
    if isinstance(value, str) and value:
        _check_shape(place, value)
    if place in CHOICES and value not in CHOICES[place]:
        raise SettingsProblem(
            f"{place} has a value that ctidesk does not know.",
            f"Use one of: {', '.join(CHOICES[place])}.",
        )
    if place in RANGES:
        low, high = RANGES[place]
        if not (isinstance(value, int) and low <= value <= high):
            raise SettingsProblem(f"{place} must be {low} to {high}.", "Correct the number.")
    if place in FILES and value:
        return str((folder / str(value)).resolve())
    return value


def _check_shape(place: str, text: str) -> None:
    shape, example = SHAPES.get(place, ("", ""))
    if shape and not re.fullmatch(shape, text):
        raise SettingsProblem(
            f"{place} has an entry that cannot be read.", f"Write it as {example}."
        )
