"""What the values of the settings may be: choices, ranges, shapes, and which of them name files.

Runs in: desk process, Qt main thread, once at start. Pure.
"""

from __future__ import annotations

CHOICES = {
    "account.transport": ("udp", "tcp", "tls"),
    "account.turn_transport": ("udp", "tcp", "tls"),
    "account.srtp": ("off", "optional", "mandatory"),
    "recording.policy": ("required", "allowed", "forbidden"),
    "wrapup.mode": ("optional", "mandatory", "mandatory_timed", "timed"),
    "appearance.theme": ("system", "light", "dark"),
    "crm.auth": ("none", "token", "key"),
}
RANGES = {
    "account.local_port": (0, 65535),
    "wrapup.seconds": (5, 3600),
    "audio.mic_volume": (0, 400),
    "audio.speaker_volume": (0, 400),
    "audio.ring_volume": (0, 100),
    "crm.page": (10, 1000),
    "crm.interval": (10, 3600),
    "crm.full_days": (1, 365),
    "web_api.port": (1024, 65535),
}
_CODE = (r"[0-9*#]{1,32}", 'digits, * and #, such as "*45"')
_URL = (r"https?://[^\s@/]+(/[^\s@]*)?", '"https://host/path", without a user name')
SHAPES = {
    "crm.server": _URL,
    "crm.token_url": _URL,
    "patient_page.name": (r"[^\x00-\x1f]{1,24}", "a short name"),
    "crm.types": (r"[A-Z][A-Za-z]{1,63}", 'types of FHIR, such as "Patient"'),
    "colleagues.list": (r"[^<>]{1,64}<[0-9+*#][0-9*#]{0,31}>", '"Nurse Kim <203>"'),
    "parking.number": _CODE,
    "parking.places": _CODE,
    **{f"queue.{name}": _CODE for name in ("login", "logout", "pause", "unpause")},
}

FILES = (
    "account.ca_file",
    "account.cert_file",
    "account.key_file",
    "crm.ca_file",
    "data.members_csv",
    "wrapup.codes",
)
