"""Asking a colleague, transferring and conferring: one panel for all of it.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ctidesk.calls import events as ev
from ctidesk.calls.actions import DeskActions
from ctidesk.calls.call import Call, Phase, TransferState
from ctidesk.calls.desk import CallDesk, Change
from ctidesk.calls.errors import KnownError
from ctidesk.calls.lamps import Colleague, LampState
from ctidesk.ui import words
from ctidesk.ui.call_names import CallNames
from ctidesk.ui.consult.state import (
    ColleagueLine,
    ConsultState,
    Leg,
    Stage,
    progress_words,
    status_of,
    why_not_complete,
)
from ctidesk.ui.directory_search.presenter import DirectorySearch, Problem
from ctidesk.ui.in_view import caller_call
from ctidesk.ui.live import Live, but_telemetry

RECENT = 5
_NOT_ANSWERED = (
    "Not answered yet. Completing now lets the caller ring there; some exchanges hang up on the "
    "caller when nobody answers."
)
_WAITS = "Your colleague is called as soon as the caller's hold is confirmed."


class ConsultPresenter:
    """The caller's call, the consultation about it, and the way of a transfer.

    `dialable` as in `calls.numbers`: raises `KnownError` for what is no target, which is shown in
    the panel itself.
    """

    def __init__(
        self,
        desk: CallDesk,
        actions: DeskActions,
        search: DirectorySearch,
        names: CallNames,
        dialable: Callable[[str], str],
        colleagues: Sequence[Colleague] = (),
    ) -> None:
        self._desk = desk
        self._actions = actions
        self.search = search
        self._names = names
        self._dialable = dialable
        self._colleagues = tuple(colleagues)
        self._open = False
        self._problem: Problem | None = None
        self._recent: list[str] = []
        self._dealt_with: set[str] = set()
        """call_ids whose failed transfer has been answered by talking to the caller again."""
        self._starting = ""
        """The caller's call whose hold a consultation waits for: there is no second leg yet."""
        self._ended_words: dict[str, str] = {}
        """By caller's call_id: how its last consultation ended, when not by the agent."""
        self.covered: Callable[[str], bool] = lambda _call_id: False
        """Whether another panel speaks for what is done with this call."""
        self.live = Live(self._state)
        desk.subscribe(but_telemetry(self._changed))
        desk.subscribe(self._lamps_changed)
        if self._colleagues:
            search.live.watch(self.live.refresh)

    # ----------------------------------------------------------------- intents

    def open(self) -> None:
        """Show the panel; the target field is what comes next."""
        self._open = True
        self.live.refresh()

    def close(self) -> None:
        """Hide the panel. While a consultation or a transfer runs it stays."""
        self._open = False
        self._problem = None
        self.search.clear()
        self.live.refresh()

    def toggle(self) -> None:
        if self._open:
            self.close()
        else:
            self.open()

    def consult(self, target: str) -> None:
        """Hold the caller and call `target`."""
        if (subject := self._subject()) is not None and self._usable(target):
            self.search.clear()
            self._starting = subject.call_id
            self._actions.start_consult(subject.call_id, target)
            self.live.refresh()

    def blind(self, target: str) -> None:
        """Send the caller to `target` without asking first."""
        if (subject := self._subject()) is not None and self._usable(target):
            self.search.clear()
            self._actions.transfer_blind(subject.call_id, target)

    def swap(self) -> None:
        self._for_subject(self._actions.swap)

    def merge(self) -> None:
        self._for_subject(self._actions.merge)

    def split(self) -> None:
        self._for_subject(self._actions.split)

    def complete(self) -> None:
        self._for_subject(self._actions.complete_transfer)

    def cancel(self) -> None:
        """End the consultation, in any phase; the caller is resumed."""
        self._for_subject(self._actions.cancel_consult)

    def resume(self) -> None:
        """After a transfer came back: talk to the caller again."""
        self._for_subject(self._actions.toggle_hold)

    # ----------------------------------------------------------------- private

    def _subject(self) -> Call | None:
        call = caller_call(self._desk, self._desk.current)
        return call if call is not None and call.connected else None

    def _for_subject(self, intent: Callable[[str], None]) -> None:
        if (subject := self._subject()) is not None:
            intent(subject.call_id)

    def _usable(self, target: str) -> bool:
        try:
            number = self._dialable(target)
        except KnownError as error:
            self._problem = Problem(error.text, error.remedy)
            self.live.refresh()
            return False
        self._problem = None
        self._recent = [number, *(one for one in self._recent if one != number)][:RECENT]
        self.live.refresh()
        return True

    def _changed(self, change: Change) -> None:
        self._follow_start(change)
        if isinstance(change, ev.TransferFailed):
            self._dealt_with.discard(change.call_id)
        elif isinstance(change, ev.CallResumed):
            self._dealt_with.add(change.call_id)
        elif isinstance(change, ev.CallDialled) and change.consult_of:
            self._ended_words.pop(change.consult_of, None)
        elif isinstance(change, ev.CallEnded):
            self._ended(change)
        self.live.refresh()

    def _lamps_changed(self, change: Change) -> None:
        if isinstance(change, ev.LampsChanged | ev.EngineLost):
            self.live.refresh()

    def _follow_start(self, change: Change) -> None:
        """The wait is over when the leg is dialled, the hold failed, or something refused it."""
        dialled = isinstance(change, ev.CallDialled) and change.consult_of == self._starting
        ended = (
            isinstance(change, ev.CallResumed | ev.HoldFailed | ev.CallEnded)
            and change.call_id == self._starting
        )
        if dialled or ended or isinstance(change, KnownError):
            self._starting = ""

    def _ended(self, event: ev.CallEnded) -> None:
        self._dealt_with.discard(event.call_id)
        self._ended_words.pop(event.call_id, None)
        subject = self._subject()
        if subject is None:
            self._open, self._problem = False, None
            self.search.clear()
            return
        if subject.call_id != event.call_id and event.by != "local":
            if event.code >= 300:
                word = words.failure_word(event.code)
                self._ended_words[subject.call_id] = f"Your consultation did not begin: {word}."
            elif subject.phase is not Phase.TALKING and not self._desk.consult_of(subject.call_id):
                self._ended_words[subject.call_id] = "Your colleague hung up."

    def _state(self) -> ConsultState:
        subject = self._subject()
        if subject is None:
            return ConsultState(visible=self._open, problem=self._problem)
        consult = self._desk.consult_of(subject.call_id)
        starting = subject.call_id == self._starting and consult is None
        stage = _stage(subject, consult, self._dealt_with)
        if starting and stage is not Stage.TRANSFERRING:
            stage = Stage.CONSULTING
        why = why_not_complete(subject, consult)
        # REFER goes out once: a second transfer of the same call would cross the first
        free = subject.transfer is not TransferState.PENDING
        return ConsultState(
            visible=(self._open or stage is not Stage.CHOOSE) and not self.covered(subject.call_id),
            stage=stage,
            legs=self._legs(subject, consult),
            can_start=stage is Stage.CHOOSE or stage is Stage.CAME_BACK,
            can_swap=free and _settled(subject, consult),
            can_merge=free and _settled(subject, consult),
            can_split=stage is Stage.MERGED,
            can_complete=free and consult is not None and not why,
            why_not_complete=why if consult is not None else _WAITS if starting else "",
            can_cancel=free and (consult is not None or starting),
            can_resume=stage is Stage.CAME_BACK and subject.phase is Phase.HELD,
            progress=progress_words(subject, self._names.number),
            notice=self._notice(subject, stage),
            recent=tuple((one, self._names.number(one)) for one in self._recent),
            colleagues=self._shown_colleagues(),
            problem=self._problem,
        )

    def _shown_colleagues(self) -> tuple[ColleagueLine, ...]:
        """Those whose name or number holds what is typed; all of them before that."""
        typed = self.search.text.strip().casefold()
        lamps = self._desk.lamps
        shown = []
        for one in self._colleagues:
            if typed in one.name.casefold() or typed in one.number:
                lamp = lamps.get(one.number, LampState.UNKNOWN)
                shown.append(
                    ColleagueLine(
                        number=one.number,
                        name=one.name,
                        word=words.LAMP_WORDS[lamp],
                        icon=words.LAMP_ICONS[lamp],
                        tone=words.LAMP_TONES[lamp],
                    )
                )
        return tuple(shown)

    def _notice(self, subject: Call, stage: Stage) -> str:
        if stage is Stage.CAME_BACK:
            word = words.failure_word(status_of(subject.transfer_note))
            where = self._names.number(subject.transfer_target) or "the target"
            return f"The transfer came back: {word} ({where}). The caller is on hold."
        consult = self._desk.consult_of(subject.call_id)
        if stage is Stage.CONSULTING and consult is not None and not consult.connected:
            return _NOT_ANSWERED if subject.phase is Phase.HELD else ""
        if stage is Stage.CHOOSE and subject.phase is not Phase.TALKING:
            return self._ended_words.get(subject.call_id, "")
        return ""

    def _legs(self, subject: Call, consult: Call | None) -> tuple[Leg, ...]:
        legs = [("Caller", subject)]
        if consult is not None:
            legs.append(("Colleague", consult))
        return tuple(
            Leg(
                call_id=call.call_id,
                role=role,
                title=self._names.name(call),
                word="In conference" if call.conference_with else words.PHASE_WORDS[call.phase],
                tone=words.PHASE_TONES[call.phase],
                since_mono=call.phase_since_mono,
                talking=call.phase is Phase.TALKING,
            )
            for role, call in legs
        )


def _stage(subject: Call, consult: Call | None, dealt_with: set[str]) -> Stage:
    if subject.transfer in (TransferState.PENDING, TransferState.DONE):
        return Stage.TRANSFERRING
    if consult is not None:
        return Stage.MERGED if subject.conference_with else Stage.CONSULTING
    failed = subject.transfer is TransferState.FAILED and subject.phase is not Phase.TALKING
    return Stage.CAME_BACK if failed and subject.call_id not in dealt_with else Stage.CHOOSE


def _settled(subject: Call, consult: Call | None) -> bool:
    """One leg talks, the other's hold is confirmed, nothing is merged."""
    if consult is None or subject.conference_with:
        return False
    return {subject.phase, consult.phase} == {Phase.TALKING, Phase.HELD}
