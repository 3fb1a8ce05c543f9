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
from ctidesk.config.sections import (
    Account,
    Agent,
    Appearance,
    Audio,
    Care,
    Colleagues,
    Crm,
    Data,
    Interpreter,
    Parking,
    PatientPage,
    Queue,
    Recording,
    RedFlag,
    WebApi,
    Work,
    WrapUp,
)

MAX_BYTES = 256 * 1024


class SettingsProblem(KnownError):
    """A settings file that cannot be used; the text says where and what."""

    def __init__(self, text: str, remedy: str) -> None:
        super().__init__("settings", text, remedy)


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
    care: Care = field(default_factory=Care)
    crm: Crm = field(default_factory=Crm)
    patient_page: PatientPage = field(default_factory=PatientPage)
    web_api: WebApi = field(default_factory=WebApi)
    work: Work = field(default_factory=Work)
    red_flag: RedFlag = field(default_factory=RedFlag)
    interpreter: Interpreter = field(default_factory=Interpreter)


CHOICES = {
    "account.transport": ("udp", "tcp", "tls"),
    "account.turn_transport": ("udp", "tcp", "tls"),
    "account.srtp": ("off", "optional", "mandatory"),
    "recording.policy": ("required", "allowed", "forbidden"),
    "data.export": ("allowed", "forbidden"),
    "wrapup.mode": ("optional", "mandatory", "mandatory_timed", "timed"),
    "appearance.theme": ("system", "light", "dark"),
    "crm.auth": ("none", "token", "key"),
}
_RANGES = {
    "account.local_port": (0, 65535),
    "data.keep_days": (0, 3650),
    "wrapup.seconds": (5, 3600),
    "recording.pause_seconds": (10, 600),
    "audio.mic_volume": (0, 400),
    "audio.speaker_volume": (0, 400),
    "audio.ring_volume": (0, 100),
    "crm.page": (10, 1000),
    "crm.interval": (10, 3600),
    "crm.full_days": (1, 365),
    "web_api.port": (1024, 65535),
    "work.tries": (1, 20),
    "work.retry_minutes": (5, 7 * 1440),
    "work.callback_minutes": (1, 7 * 1440),
}
_CODE = (r"[0-9*#]{1,32}", 'digits, * and #, such as "*45"')
_URL = (r"https?://[^\s@/]+(/[^\s@]*)?", '"https://host/path", without a user name')
_SOMEBODY = r"[^<>]{1,64}<[0-9+*#][0-9*#]{0,31}>"
_SHAPES = {
    "agent.language": (r"[a-z]{2,3}", 'the code of a language, such as "pl"'),
    "crm.server": _URL,
    "crm.token_url": _URL,
    "patient_page.name": (r"[^\x00-\x1f]{1,24}", "a short name"),
    "crm.types": (r"[A-Z][A-Za-z]{1,63}", 'types of FHIR, such as "Patient"'),
    "colleagues.list": (_SOMEBODY, '"Nurse Kim <203>"'),
    **dict.fromkeys(
        ("red_flag.lines", "red_flag.lead", "red_flag.emergency"),
        (_SOMEBODY, '"Nurse line <201>"'),
    ),
    "interpreter.lines": (_SOMEBODY, '"Polish <230>"'),
    "parking.number": _CODE,
    "parking.places": _CODE,
    **{f"queue.{name}": _CODE for name in ("login", "logout", "pause", "unpause")},
}
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
    "care": Care,
    "crm": Crm,
    "patient_page": PatientPage,
    "web_api": WebApi,
    "work": Work,
    "red_flag": RedFlag,
    "interpreter": Interpreter,
}
_FILES = (
    "account.ca_file",
    "account.cert_file",
    "account.key_file",
    "care.guides",
    "care.knowledge",
    "crm.ca_file",
    "data.members_csv",
    "wrapup.codes",
    "care.disclosure",
    "red_flag.protocol",
)


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
    if place in _RANGES:
        low, high = _RANGES[place]
        if not (isinstance(value, int) and low <= value <= high):
            raise SettingsProblem(f"{place} must be {low} to {high}.", "Correct the number.")
    if place in _FILES and value:
        return str((folder / str(value)).resolve())
    return value


def _check_shape(place: str, text: str) -> None:
    shape, example = _SHAPES.get(place, ("", ""))
    if shape and not re.fullmatch(shape, text):
        raise SettingsProblem(
            f"{place} has an entry that cannot be read.", f"Write it as {example}."
        )
