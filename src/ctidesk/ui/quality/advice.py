"""What the agent is told about a bad line: one notice, gone when the line is well again.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from ctidesk.calls.call import Call
from ctidesk.calls.desk import CallDesk, Change
from ctidesk.calls.line_quality import LineState, Link, LinkKind, Side, Trouble, Verdict
from ctidesk.ui.live import but_telemetry
from ctidesk.ui.widgets.notice import Level, Notice, NoticeStack

KEY = "quality"

_WHAT = {
    (Trouble.LOSS, Side.HERE): "{way} loses packets: you hear the other side with gaps.",
    (Trouble.LOSS, Side.THERE): "The other side hears you badly: {way_} loses packets.",
    (Trouble.LOSS, Side.BOTH): "{way} loses packets: both of you hear gaps.",
    (Trouble.JITTER, Side.HERE): "{way} is uneven: what you hear breaks up.",
    (Trouble.JITTER, Side.THERE): "The other side hears you break up: {way_} is uneven.",
    (Trouble.JITTER, Side.BOTH): "{way} is uneven: both of you break up.",
}
_WAYS = {
    LinkKind.WIFI: "Your Wi-Fi",
    LinkKind.CABLE: "The network",
    LinkKind.UNKNOWN: "The network",
}
_REMEDIES = {
    LinkKind.WIFI: "Plug in a network cable, or move nearer to the access point.",
    LinkKind.CABLE: "Pause downloads and videos on this computer; tell IT if it stays.",
    LinkKind.UNKNOWN: "If this computer is on Wi-Fi, plug in a network cable.",
}
_DELAY = "Voices are late on this line: you may talk into each other."
_WAIT = "Leave a short pause before you answer."
_NO_AUDIO = "Nothing arrives from the other side."
_ASK = "Ask whether you are heard. If not, call back; tell IT if it happens again."
_SILENT = "Your microphone has been silent for half a minute."
_SWITCH = "Look for a mute switch on the headset or its cable, and whether it is plugged in."


def advice(state: LineState, link: LinkKind) -> tuple[str, str] | None:
    """(what happens, what to do) in the agent's words; None when nothing is to be told."""
    way = _WAYS[link]
    if state.trouble is Trouble.NONE:
        return None
    if state.trouble is Trouble.DELAY:
        return _DELAY, _WAIT
    if state.trouble is Trouble.NO_AUDIO:
        return _NO_AUDIO, _ASK
    if state.trouble is Trouble.SILENT_MIC:
        return _SILENT, _SWITCH
    what = _WHAT[(state.trouble, state.side)]
    way_ = way if link is LinkKind.WIFI else way[0].lower() + way[1:]
    return what.format(way=way, way_=way_.replace("Your", "your")), _REMEDIES[link]


class LineWarning:
    """At most one notice, about the call of the call bar. Once closed by the agent it comes back
    only when something else is wrong."""

    def __init__(self, desk: CallDesk, stack: NoticeStack, link: Link) -> None:
        self._desk = desk
        self._stack = stack
        self._link = link
        self._told: tuple[str, Trouble, Side] | None = None
        desk.subscribe(but_telemetry(self._changed))

    def _changed(self, change: Change) -> None:
        call = self._desk.current
        wrong = None if call is None or not call.connected else _wrong(call)
        if wrong == self._told:
            return
        self._told = wrong
        told = None
        if call is not None and wrong is not None:
            told = advice(call.line, self._link())
        if call is None or told is None:
            self._stack.clear(KEY)
            return
        heard = call.line.verdict in (Verdict.POOR, Verdict.BAD)
        level = Level.WARNING if heard else Level.INFO
        self._stack.show_notice(KEY, Notice(level=level, text=told[0], remedy=told[1]))


def _wrong(call: Call) -> tuple[str, Trouble, Side] | None:
    line = call.line
    return None if line.trouble is Trouble.NONE else (call.call_id, line.trouble, line.side)
