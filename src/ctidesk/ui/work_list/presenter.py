"""The calls in hand and the wrap-ups that wait.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from ctidesk.calls.actions import DeskActions
from ctidesk.calls.call import Call, Phase
from ctidesk.calls.desk import CallDesk, Change
from ctidesk.ui import words
from ctidesk.ui.call_names import CallNames
from ctidesk.ui.in_view import CallInView
from ctidesk.ui.live import Live, but_telemetry
from ctidesk.ui.work_list.state import CallLine, WorkListState


class WorkListPresenter:
    """What is to be done after the calls is the `WorkPresenter`'s."""

    def __init__(
        self, desk: CallDesk, actions: DeskActions, in_view: CallInView, names: CallNames
    ) -> None:
        self._desk = desk
        self._actions = actions
        self._in_view = in_view
        self._names = names
        self.live = Live(self._state)
        desk.subscribe(but_telemetry(self._changed))
        in_view.subscribe(self.live.refresh)

    # ----------------------------------------------------------------- intents

    def look_at(self, call_id: str) -> None:
        """Show this call's card and wrap-up."""
        call = self._desk.calls.get(call_id)
        if call is not None:
            self._in_view.choose(call.consult_of or call_id)

    def act(self, call_id: str) -> None:
        """Do the `action` of the line."""
        call = self._desk.calls.get(call_id)
        if call is None:
            return
        if call.phase is Phase.OFFERED:
            self._actions.answer(call_id)
        elif call.phase is Phase.HELD:
            partner = call.consult_of or call_id
            if self._desk.consult_of(partner) is not None:
                self._actions.swap(partner)
            else:
                self._actions.toggle_hold(call_id)
        else:
            self.look_at(call_id)

    # ----------------------------------------------------------------- private

    def _changed(self, change: Change) -> None:
        self.live.refresh()

    def _state(self) -> WorkListState:
        in_view = self._in_view.call_id
        return WorkListState(
            calls=tuple(self._line(call, in_view) for call in self._desk.calls.values())
        )

    def _line(self, call: Call, in_view: str) -> CallLine:
        subject = self._desk.calls.get(call.consult_of)
        about = f"about {self._names.name(subject)}" if subject else ""
        talking = call.phase is Phase.TALKING
        merged = bool(call.conference_with)
        return CallLine(
            call_id=call.call_id,
            title=self._names.name(call),
            detail=about or self._names.detail(call),
            word=_word(call),
            tone=words.PHASE_TONES[call.phase],
            icon=_icon(call),
            since_mono=_since(call),
            action="" if talking or merged else self._action(call),
            in_view=call.call_id == in_view,
        )

    def _action(self, call: Call) -> str:
        if call.phase is Phase.OFFERED:
            return "Answer"
        if call.phase is not Phase.HELD:
            return ""
        return "Swap" if self._desk.consult_of(call.consult_of or call.call_id) else "Resume"


def _word(call: Call) -> str:
    if call.ended:
        return "Wrap-up"
    return "Conference" if call.conference_with else words.PHASE_WORDS[call.phase]


def _since(call: Call) -> float:
    if call.phase is Phase.TALKING and call.answered_mono is not None:
        return call.answered_mono
    return call.phase_since_mono


def _icon(call: Call) -> str:
    if call.ended:
        return "wrap_up"
    if call.conference_with:
        return "conference"
    if call.consult_of:
        return "consult"
    if call.phase in (Phase.HOLDING, Phase.HELD, Phase.RESUMING):
        return "hold"
    if call.phase is Phase.OFFERED:
        return "incoming"
    if call.phase in (Phase.DIALLING, Phase.RINGING):
        return "dial_out"
    return "phone"
