"""The current call for the call bar: who, since when, heard or held, recorded or not.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from dataclasses import dataclass

from ctidesk.calls import events as ev
from ctidesk.calls.actions import DeskActions
from ctidesk.calls.call import Call, Phase, RecordingState
from ctidesk.calls.desk import CallDesk, Change
from ctidesk.calls.ports import Clock
from ctidesk.ui import words
from ctidesk.ui.call_bar.recording import RecordingShown, RecordingWatch
from ctidesk.ui.call_names import CallNames
from ctidesk.ui.live import Live
from ctidesk.ui.theme.tokens import Role


@dataclass(frozen=True, slots=True)
class WaitingCall:
    """An offered call beside the current one."""

    call_id: str
    title: str
    detail: str
    since_mono: float


@dataclass(frozen=True, slots=True)
class CallBarState:
    """`call_id` is "" when there is no call. `since_mono`: start of the call's big timer;
    `part_since_mono`: of the present hold, None otherwise. `notes`: short remarks, worst first."""

    call_id: str = ""
    title: str = "No call"
    detail: str = ""
    phase: str = ""
    tone: Role = Role.MUTED
    since_mono: float | None = None
    part_since_mono: float | None = None
    notes: tuple[str, ...] = ()
    encrypted: bool | None = None
    recording: RecordingShown | None = None
    waiting: tuple[WaitingCall, ...] = ()
    answer_id: str = ""
    muted: bool = False
    can_mute: bool = False
    hold_label: str = "Hold"
    held: bool = False
    can_hold: bool = False
    can_transfer: bool = False
    can_keypad: bool = False
    can_pause_recording: bool = False
    end_label: str = "End"
    can_end: bool = False


class CallBarPresenter:
    """What the bar shows comes from confirmed events only; its intents go to the actions."""

    def __init__(
        self, desk: CallDesk, actions: DeskActions, clock: Clock, names: CallNames
    ) -> None:
        self._desk = desk
        self._actions = actions
        self._names = names
        self._recordings = RecordingWatch(clock)
        self.live = Live(self._state)
        desk.subscribe(self._changed)

    # ----------------------------------------------------------------- intents

    def answer(self) -> None:
        """Answer the call that rings; one that talks is put on hold first."""
        self._actions.answer(self.live.state.answer_id)

    def answer_call(self, call_id: str) -> None:
        self._actions.answer(call_id)

    def decline_call(self, call_id: str) -> None:
        self._actions.decline(call_id)

    def mute(self) -> None:
        self._actions.toggle_mute()

    def hold(self) -> None:
        self._actions.toggle_hold()

    def end(self) -> None:
        self._actions.end()

    def tick(self) -> None:
        """Once a second while a call lives: the recording light goes out by time alone."""
        self.live.refresh()

    # ------------------------------------------------------------------- state

    def _changed(self, change: Change) -> None:
        if isinstance(change, ev.RecordingGrew | ev.RecordingSegmentSealed | ev.RecordingStarted):
            self._recordings.grew(change)
        elif isinstance(change, ev.CallEnded):
            self._recordings.forget(change.call_id)
        elif change is None:
            self._recordings.baseline(self._desk.live)
        self.live.refresh()

    def _state(self) -> CallBarState:
        call = self._desk.current
        if call is None:
            return CallBarState()
        waiting = tuple(
            WaitingCall(
                one.call_id,
                self._names.name(one),
                self._names.detail(one),
                one.began_mono,
            )
            for one in self._desk.live
            if one.phase is Phase.OFFERED and one is not call
        )
        offered = call.phase in (Phase.OFFERED, Phase.ANSWERING)
        ringing = call.phase is Phase.OFFERED
        held = call.phase in (Phase.HELD, Phase.RESUMING)
        recorded = call.connected
        return CallBarState(
            call_id=call.call_id,
            title=self._title(call),
            detail=self._names.detail(call),
            phase=self._phase(call),
            tone=words.PHASE_TONES[call.phase],
            since_mono=call.began_mono if call.answered_mono is None else call.answered_mono,
            part_since_mono=call.phase_since_mono if call.phase is Phase.HELD else None,
            notes=_notes(call),
            encrypted=call.encrypted if call.connected else None,
            recording=self._recordings.shown(call) if recorded else None,
            waiting=waiting,
            answer_id=call.call_id if ringing else waiting[0].call_id if waiting else "",
            muted=call.muted,
            can_mute=call.connected,
            hold_label=_hold_label(call),
            held=held,
            can_hold=call.phase in (Phase.TALKING, Phase.HELD) and not call.conference_with,
            can_transfer=call.connected,
            can_keypad=call.connected or call.phase is Phase.RINGING,
            can_pause_recording=call.connected and call.recording in _PAUSABLE,
            end_label="Decline" if offered else "End",
            can_end=True,
        )

    def _title(self, call: Call) -> str:
        name = self._names.name(call)
        other = self._desk.calls.get(call.conference_with)
        if other is None:
            return name
        return f"{name} + {self._names.name(other)}"

    def _phase(self, call: Call) -> str:
        if call.conference_with:
            return "Conference"
        if call.consult_of and call.phase is Phase.TALKING:
            return "Consulting"
        return words.PHASE_WORDS[call.phase]


_PAUSABLE = (RecordingState.STARTING, RecordingState.RUNNING, RecordingState.PAUSED)


def _hold_label(call: Call) -> str:
    return {
        Phase.HOLDING: "Holding…",
        Phase.RESUMING: "Resuming…",
        Phase.HELD: "Resume",
    }.get(call.phase, "Hold")


def _notes(call: Call) -> tuple[str, ...]:
    notes = []
    if call.muted:
        notes.append("You are muted")
    if call.remote_hold and call.connected:
        notes.append("The other side put you on hold")
    if call.early_media and call.phase is Phase.RINGING:
        notes.append("You hear the other side already")
    return tuple(notes)
