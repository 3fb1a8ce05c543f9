"""The words of the desk: phases, states, reasons, durations and ages as an agent reads them.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ctidesk.calls.agent import DEVICE_LOST, NETWORK_LOST, NO_ANSWER
from ctidesk.calls.agent_events import AgentState
from ctidesk.calls.call import Direction, Phase, RemoteParty, Routing
from ctidesk.calls.lamps import LampState
from ctidesk.calls.text import plain
from ctidesk.care.member import Party
from ctidesk.ui.theme.tokens import Role

Shown = Callable[[str], str]
"""A raw number as it is shown, such as "+49 30 23125 010"; "" for what is no number."""

WITHHELD = "Number withheld"
LEAD_NOT_TOLD = "Your lead was not told by the desk: no team bus. Call your lead."

AGENT_WORDS: Mapping[AgentState, str] = {
    AgentState.LOGGED_OUT: "Logged out",
    AgentState.NOT_READY: "Not ready",
    AgentState.READY: "Ready",
    AgentState.OFFERED: "Ringing",
    AgentState.DIALLING: "Dialling",
    AgentState.TALKING: "On call",
    AgentState.HELD: "On hold",
    AgentState.CONSULTING: "Consulting",
    AgentState.ACW: "Wrap-up",
}
AGENT_TONES: Mapping[AgentState, Role] = {
    AgentState.LOGGED_OUT: Role.AWAY,
    AgentState.NOT_READY: Role.AWAY,
    AgentState.READY: Role.READY,
    AgentState.OFFERED: Role.RINGING,
    AgentState.DIALLING: Role.RINGING,
    AgentState.TALKING: Role.ON_CALL,
    AgentState.HELD: Role.HOLD,
    AgentState.CONSULTING: Role.ON_CALL,
    AgentState.ACW: Role.WRAP_UP,
}
REASON_WORDS: Mapping[str, str] = {
    NO_ANSWER: "a call rang out",
    NETWORK_LOST: "no connection to the exchange",
    DEVICE_LOST: "headset lost",
}
PHASE_WORDS: Mapping[Phase, str] = {
    Phase.OFFERED: "Ringing",
    Phase.ANSWERING: "Answering…",
    Phase.DIALLING: "Dialling…",
    Phase.RINGING: "Ringing there",
    Phase.TALKING: "On call",
    Phase.HOLDING: "Holding…",
    Phase.HELD: "On hold",
    Phase.RESUMING: "Resuming…",
    Phase.ENDED: "Ended",
}
PHASE_TONES: Mapping[Phase, Role] = {
    Phase.OFFERED: Role.RINGING,
    Phase.ANSWERING: Role.RINGING,
    Phase.DIALLING: Role.RINGING,
    Phase.RINGING: Role.RINGING,
    Phase.TALKING: Role.ON_CALL,
    Phase.HOLDING: Role.HOLD,
    Phase.HELD: Role.HOLD,
    Phase.RESUMING: Role.HOLD,
    Phase.ENDED: Role.WRAP_UP,
}
LAMP_WORDS: Mapping[LampState, str] = {
    LampState.IDLE: "Free",
    LampState.RINGING: "Ringing",
    LampState.BUSY: "On a call",
    LampState.AWAY: "Not there",
    LampState.UNKNOWN: "Not known",
}
LAMP_TONES: Mapping[LampState, Role] = {
    LampState.IDLE: Role.READY,
    LampState.RINGING: Role.RINGING,
    LampState.BUSY: Role.ON_CALL,
    LampState.AWAY: Role.AWAY,
    LampState.UNKNOWN: Role.MUTED,
}
LAMP_ICONS: Mapping[LampState, str] = {
    LampState.IDLE: "ready",
    LampState.RINGING: "incoming",
    LampState.BUSY: "phone",
    LampState.AWAY: "not_ready",
    LampState.UNKNOWN: "headset",
}
PARTY_WORDS: Mapping[Party, str] = {
    Party.UNKNOWN: "Unknown",
    Party.MEMBER: "Member",
    Party.CARER: "Carer",
    Party.PROVIDER: "Provider",
    Party.SUPPLIER: "Supplier",
    Party.INSURER: "Insurer",
}
PARTY_ICONS: Mapping[Party, str] = {
    Party.UNKNOWN: "headset",
    Party.MEMBER: "user",
    Party.CARER: "carer",
    Party.PROVIDER: "hospital",
    Party.SUPPLIER: "truck",
    Party.INSURER: "shield",
}
CHANNEL_WORDS: Mapping[str, str] = {
    "call": "Call",
    "chat": "Chat",
    "email": "E-mail",
    "letter": "Letter",
    "sms": "SMS",
    "web": "Web form",
}
RECORDING_PROBLEMS: Mapping[str, str] = {
    "no_recipient": "No key to encrypt for: nothing is recorded",
    "disk_full": "The disk is full: recording stopped",
    "recorder_died": "The recorder stopped: what was recorded is safe",
    "cannot_start": "The recorder could not start",
}
_FAILURES: Mapping[int, str] = {
    404: "this number does not exist",
    408: "nobody answered",
    480: "nobody answered",
    484: "the number is incomplete",
    486: "the line is busy",
    487: "nobody answered",
    503: "the exchange cannot do it now",
    600: "the line is busy",
    603: "the call was declined",
    604: "this number does not exist",
}


def failure_word(code: int) -> str:
    """Why a call or transfer did not come about, by its SIP status (RFC 3261 §21)."""
    return _FAILURES.get(code, f"refused with code {code}" if code else "no answer from there")


def channel(name: str) -> str:
    """A contact channel as an agent writes it: "SMS", "E-mail"; another one as it came."""
    return CHANNEL_WORDS.get(name.lower(), name)


def reason_word(reason: str) -> str:
    return REASON_WORDS.get(reason, reason)


def party_of(value: str) -> Party:
    """The party of a log's word; UNKNOWN for "" and for what a newer desk may have written."""
    try:
        return Party(value)
    except ValueError:
        return Party.UNKNOWN


def caller_name(remote: RemoteParty, shown: Shown) -> str:
    """What to call the far end: its announced name as plain text, else its number."""
    name = plain(remote.display_name)
    if name:
        return name
    return caller_number(remote, shown) or WITHHELD


def caller_number(remote: RemoteParty, shown: Shown) -> str:
    """Its number for the screen, "" when withheld."""
    if remote.withheld or not remote.number:
        return ""
    return shown(remote.number) or plain(remote.number, 32)


def caller_detail(remote: RemoteParty, routing: Routing, way: Direction, shown: Shown) -> str:
    """Second line under the name: number, queue, way through the menu."""
    number = caller_number(remote, shown)
    name = plain(remote.display_name)
    first = number if name and number != name else ""
    if name and not number:
        first = WITHHELD if remote.withheld else ""
    outgoing = "outgoing" if way is Direction.OUTBOUND else ""
    parts = (first, outgoing, plain(routing.queue, 40), plain(routing.ivr_path, 40))
    return " · ".join(part for part in parts if part)


def duration(seconds: float) -> str:
    """Whole seconds as "03:41", from an hour on "1:02:03"."""
    whole = max(0, int(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes:02d}:{rest:02d}"


def short_duration(seconds: float) -> str:
    """A mean or a figure as "5:12"."""
    whole = max(0, round(seconds))
    return f"{whole // 60}:{whole % 60:02d}"


def age(seconds: float) -> str:
    """How long ago, in one unit: "just now", "5 min ago", "3 h ago", "2 days ago"."""
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{int(seconds // 60)} min ago"
    if seconds < 2 * 86400:
        return f"{int(seconds // 3600)} h ago"
    return f"{int(seconds // 86400)} days ago"
