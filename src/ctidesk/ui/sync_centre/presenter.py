"""What waits for the CRM in words, and the agent's decisions on their way to the outbox.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ctidesk.calls.errors import KnownError
from ctidesk.care.outgoing import Outgoing, OutgoingItem, OutgoingState, Standing
from ctidesk.ui.directory_search.presenter import Problem
from ctidesk.ui.live import Live
from ctidesk.ui.sync_centre.state import SyncDetail, SyncLine, SyncState
from ctidesk.ui.theme.tokens import Role

MOST = 200
"""Messages that are listed; those to decide about come first."""
_TITLES = {
    "interaction": ("Call", "phone"),
    "follow_up": ("Follow-up", "callback"),
    "recording": ("Recording", "record"),
    "change": ("Correction", "user"),
    "request": ("Request", "pill"),
    "checkpoint": ("Audit checkpoint", "shield"),
}
_STANDINGS = {
    Standing.FAILED: ("Refused", Role.DANGER),
    Standing.CONFLICT: ("Decide", Role.HOLD),
    Standing.WAITING: ("Waits", Role.MUTED),
    Standing.SENDING: ("Going", Role.READY),
}


class SyncCentrePresenter:
    """`who`: the agent, for the audit; `moment(wall)`: a time of day, with its date where it is not
    today; `sends`: whether this desk sends anything."""

    def __init__(
        self,
        outgoing: Outgoing,
        who: str,
        moment: Callable[[float], str],
        *,
        sends: bool,
    ) -> None:
        self._outgoing = outgoing
        self._who = who
        self._moment = moment
        self._sends = sends
        self._shown = False
        self._items: tuple[OutgoingItem, ...] = ()
        self._loaded = False
        self._chosen = 0
        self._told = OutgoingState()
        self._problem: Problem | None = None
        self._said = ""
        self._reading = ""
        self._troubles: tuple[str, ...] = ()
        self.live = Live(self._state)

    # ----------------------------------------------------------- what app tells

    def told(self, state: OutgoingState) -> None:
        """How the sending stands."""
        self._told = state
        if self._shown:
            self._load()
        self.live.refresh()

    def read(self, said: str, problems: Sequence[KnownError]) -> None:
        """How the reading stands, in words, and what is wrong with it."""
        self._reading = said
        texts = [f"{one.text} {one.remedy}" for one in problems]
        self._troubles = tuple(dict.fromkeys(texts))
        self.live.refresh()

    # ----------------------------------------------------------------- intents

    def show(self) -> None:
        self._shown = True
        self._said, self._problem = "", None
        self._load()

    def hide(self) -> None:
        """Nothing of a patient is kept for a screen that nobody sees."""
        self._shown, self._loaded = False, False
        self._items = ()
        self.live.refresh()

    def choose(self, key: str) -> None:
        self._chosen = int(key) if key.isdecimal() else 0
        self._said = ""
        self.live.refresh()

    def try_now(self) -> None:
        self._said = "Trying now…"
        self._outgoing.try_now()
        self.live.refresh()

    def retry(self) -> None:
        if item := self._item():
            self._outgoing.retry(item.id, self._who, self._decided("It is sent again."))

    def save(self, values: Mapping[str, str]) -> None:
        """Entries by name, put right."""
        if item := self._item():
            said = "Saved, and on its way."
            self._outgoing.edit(item.id, values, self._who, self._decided(said))

    def decide(self, values: Mapping[str, str]) -> None:
        """The texts that shall stand, by name of the entries in conflict."""
        if item := self._item():
            self._outgoing.decide(item.id, values, self._who, self._decided("Decided."))

    def discard(self, reason: str) -> None:
        if (item := self._item()) and reason.strip():
            said = "It will not be sent. What is saved on this computer stays."
            self._outgoing.discard(item.id, reason.strip(), self._who, self._decided(said))

    # ----------------------------------------------------------------- private

    def _item(self) -> OutgoingItem | None:
        return next((item for item in self._items if item.id == self._chosen), None)

    def _decided(self, said: str) -> Callable[[KnownError | None], None]:
        def done(outcome: KnownError | None) -> None:
            if isinstance(outcome, KnownError):
                self._problem, self._said = Problem(outcome.text, outcome.remedy), ""
            else:
                self._problem, self._said = None, said
            self._load()

        return done

    def _load(self) -> None:
        def loaded(outcome: Sequence[OutgoingItem] | KnownError) -> None:
            if not self._shown:
                return
            if isinstance(outcome, KnownError):
                self._problem = Problem(outcome.text, outcome.remedy)
            else:
                self._items, self._loaded = tuple(outcome), True
                if self._item() is None:
                    self._chosen = self._items[0].id if self._items else 0
            self.live.refresh()

        self._outgoing.items(MOST, loaded)

    def _state(self) -> SyncState:
        item = self._item()
        problem = self._problem
        if problem is None and self._told.problem is not None:
            problem = Problem(self._told.problem.text, self._told.problem.remedy)
        title, text = self._empty()
        said = "" if problem is None else f"{problem.text} {problem.remedy}"
        return SyncState(
            summary=self._summary(),
            reading=self._reading,
            troubles=tuple(each for each in self._troubles if each != said),
            problem=problem,
            lines=tuple(self._line(each) for each in self._items),
            detail=None if item is None else self._detail(item),
            can_try=self._sends and bool(self._items),
            empty_title=title,
            empty_text=text,
            said=self._said,
        )

    def _empty(self) -> tuple[str, str]:
        if not self._loaded:
            return "Looking…", ""
        return (
            "Everything is in the CRM",
            "What you save appears here until the CRM has it.",
        )

    def _summary(self) -> str:
        told = self._told
        if not self._sends:
            return "This desk sends nothing: no CRM is set up for it. All of it is kept."
        parts = []
        if told.failed:
            parts.append(f"{told.failed} refused")
        if told.conflicts:
            parts.append(f"{told.conflicts} to decide")
        if told.waiting:
            parts.append(f"{told.waiting} waiting")
        said = ", ".join(parts) or "Nothing waits"
        if told.ready_wall is not None:
            said = f"{said}. Tried again at {self._moment(told.ready_wall)}"
        return f"{said}."

    def _line(self, item: OutgoingItem) -> SyncLine:
        title, icon = _TITLES.get(item.kind, ("Message", "sync"))
        word, role = _STANDINGS[item.standing]
        whose = item.member or item.member_id
        return SyncLine(
            key=str(item.id),
            title=f"{title}, {whose}" if whose else title,
            detail=self._moment(item.created_wall),
            icon=icon,
            right=word,
            role=role,
        )

    def _detail(self, item: OutgoingItem) -> SyncDetail:
        line = self._line(item)
        tries = "not tried yet"
        if item.attempts and item.tried_wall is not None:
            count = "once" if item.attempts == 1 else f"{item.attempts} times"
            tries = f"tried {count}, last at {self._moment(item.tried_wall)}"
        about = f"Saved at {line.detail}, {tries}."
        if item.behind:
            about = f"{about} It waits for an earlier one that must be decided first."
        return SyncDetail(
            key=line.key,
            title=line.title,
            about=about,
            standing=item.standing,
            why=item.why,
            remedy=item.remedy,
            entries=item.entries,
            can_decide=item.standing is not Standing.SENDING,
        )
