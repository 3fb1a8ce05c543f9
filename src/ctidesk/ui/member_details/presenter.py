"""A member's details as fields, and their correction on its way to the CRM.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ctidesk.calls.errors import KnownError
from ctidesk.care.outgoing import Correction, Entry, Outgoing
from ctidesk.ui.directory_search.presenter import Problem
from ctidesk.ui.live import Live


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailsState:
    """`title`: whose; `entries` empty while they are read; `saving`: nothing can be typed."""

    title: str = ""
    entries: tuple[Entry, ...] = ()
    problem: Problem | None = None
    saving: bool = False
    open: bool = False


class MemberDetailsPresenter:
    """`member()`: (id, name) of the verified member whose card is in view, ("", "") for none;
    `corrected(member_id)`: the cache has it."""

    def __init__(
        self,
        outgoing: Outgoing,
        who: str,
        member: Callable[[], tuple[str, str]],
        corrected: Callable[[str], None],
    ) -> None:
        self._outgoing = outgoing
        self._who = who
        self._member = member
        self._corrected = corrected
        self._shown = DetailsState()
        self._of = ""
        self.live = Live(lambda: self._shown)

    @property
    def possible(self) -> bool:
        return bool(self._member()[0])

    def open(self) -> None:
        member_id, name = self._member()
        if not member_id:
            return
        self._of = member_id
        self._show(DetailsState(title=name, open=True))
        self._outgoing.details(member_id, self._loaded(member_id))

    def close(self) -> None:
        """Nothing of the member stays on a screen that nobody sees."""
        self._of = ""
        self._show(DetailsState())

    def card_changed(self) -> None:
        """Another call or card is in view: what is typed must not go to the wrong member."""
        if self._of and self._member()[0] != self._of:
            self.close()

    def save(self, now: Mapping[str, str]) -> None:
        """Texts by field."""
        if not self._of or self._shown.saving:
            return
        shown = self._shown
        seen = {entry.name: entry.value for entry in shown.entries}
        self._show(DetailsState(title=shown.title, entries=shown.entries, saving=True, open=True))
        correction = Correction(member_id=self._of, seen=seen, now=dict(now))
        self._outgoing.correct(correction, self._who, self._saved(self._of))

    # ----------------------------------------------------------------- private

    def _loaded(self, member_id: str) -> Callable[[Sequence[Entry] | KnownError], None]:
        def done(outcome: Sequence[Entry] | KnownError) -> None:
            if self._of != member_id:
                return
            title = self._shown.title
            if isinstance(outcome, KnownError):
                problem = Problem(outcome.text, outcome.remedy)
                self._show(DetailsState(title=title, problem=problem, open=True))
            else:
                self._show(DetailsState(title=title, entries=tuple(outcome), open=True))

        return done

    def _saved(self, member_id: str) -> Callable[[bool | KnownError], None]:
        def done(outcome: bool | KnownError) -> None:
            if outcome is True:
                self._corrected(member_id)
            if self._of != member_id:
                return
            if isinstance(outcome, KnownError):
                shown = self._shown
                problem = Problem(outcome.text, outcome.remedy)
                self._show(
                    DetailsState(
                        title=shown.title, entries=shown.entries, problem=problem, open=True
                    )
                )
            else:
                self.close()

        return done

    def _show(self, state: DetailsState) -> None:
        self._shown = state
        self.live.refresh()
