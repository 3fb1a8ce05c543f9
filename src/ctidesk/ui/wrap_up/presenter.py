"""Code, note and follow-up of each answered call, from the answer until they are stored.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ctidesk.calls import agent_events as ag, events as ev
from ctidesk.calls.actions import DeskActions
from ctidesk.calls.call import Call
from ctidesk.calls.desk import CallDesk, Change
from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import CallJournal, Interaction, WrapUpDraft
from ctidesk.ui.call_names import CallNames
from ctidesk.ui.directory_search.presenter import Problem
from ctidesk.ui.in_view import CallInView
from ctidesk.ui.live import Live, but_telemetry
from ctidesk.ui.wrap_up.open_sessions import OpenSessions
from ctidesk.ui.wrap_up.state import CodeLine, OpenWrapUp, WrapUpState
from ctidesk.wrapup.codes import CodeTree, RecentCodes
from ctidesk.wrapup.session import WrapUpResult, WrapUpSession

FOUND = 60


class WrapUpPresenter:
    """Nothing typed is lost: not by the limit, a failed save, another call or a restart.

    `interaction_of(result)` makes what goes to the CRM. Drafts go to the journal on `keep`.
    """

    def __init__(
        self,
        desk: CallDesk,
        actions: DeskActions,
        journal: CallJournal,
        in_view: CallInView,
        sessions: OpenSessions,
        interaction_of: Callable[[WrapUpResult], Interaction],
        names: CallNames,
    ) -> None:
        self._desk = desk
        self._actions = actions
        self._journal = journal
        self._in_view = in_view
        self._sessions = sessions
        self._interaction_of = interaction_of
        self._names = names
        self._recent = RecentCodes()
        self._chosen = ""
        self._search = ""
        self._unkept: set[str] = set()
        self._saving: set[str] = set()
        self._failed: set[str] = set()
        self._problems: dict[str, Problem] = {}
        self._found: tuple[tuple[str, str, tuple[str, ...]], tuple[CodeLine, ...]] | None = None
        self.live = Live(self._state)
        desk.subscribe(but_telemetry(self._changed))
        in_view.subscribe(self._moved)

    # ----------------------------------------------------------------- intents

    def show(self, call_id: str) -> None:
        """Another one of the open wrap-ups."""
        self.keep()
        self._chosen, self._search = call_id, ""
        self.live.refresh()

    def search(self, text: str) -> None:
        self._search = text
        self.live.refresh()

    def choose_code(self, code: str) -> None:
        """`code` "" takes it back."""
        self._search = ""
        self._edit(lambda session: session.choose(code))
        self.keep()

    def write(self, note: str) -> None:
        self._edit(lambda session: session.write(note))

    def plan(self, follow_up: str) -> None:
        self._edit(lambda session: session.plan(follow_up))

    def prefill(self, call_id: str, code: str, lines: Sequence[str]) -> None:
        """What a guide found out: below what is typed already, and a code where there is none."""
        session = self._sessions.get(call_id)
        if session is None or session.result is not None:
            return
        note = session.draft.note
        new = [line for line in lines if line and line not in note]
        if new:
            session.write("\n".join([*([note.rstrip()] if note.strip() else []), *new]))
        if code and not session.draft.code and self._sessions.codes.find(code) is not None:
            session.choose(code)
        self._unkept.add(call_id)
        self.keep()
        self.live.refresh()

    def extend(self) -> None:
        """Thirty seconds more, as often as the policy allows."""
        self._edit(lambda session: session.extend())

    def keep(self) -> None:
        """Store what was typed and not stored yet: after a pause, at each loss of focus."""
        for call_id in list(self._unkept):
            self._unkept.discard(call_id)
            session = self._sessions.get(call_id)
            if session is not None and session.result is None:
                self._journal.save_draft(session.draft, self._kept(call_id))

    def save(self, then: str = "") -> None:
        """Save the shown wrap-up; `then`: "ready" or "not_ready:<reason>"."""
        session = self._current()
        if session is None or session.call_id in self._saving:
            return
        try:
            result = session.save()
        except KnownError as error:
            self._problems[session.call_id] = Problem(error.text, error.remedy)
            self.live.refresh()
            return
        kind, _, reason = then.partition(":")
        if kind == "ready":
            self._actions.ready()
        elif kind == "not_ready":
            self._actions.not_ready(reason)
        if result is not None:
            self._store(result)
        self.live.refresh()

    def tick(self, now_mono: float) -> None:
        """Once a second while a wrap-up is open: the limit may end."""
        for session in self._sessions.all():
            if session.call_id in self._failed or session.call_id in self._saving:
                continue
            result = session.tick(now_mono)
            if result is not None:
                self._store(result)
        self.live.refresh()

    # ----------------------------------------------------------- after a restart

    def take_drafts(self, drafts: Iterable[WrapUpDraft]) -> None:
        """What an earlier desk kept."""
        self._sessions.take_drafts(drafts)
        self._open_missing()
        self.live.refresh()

    def take_log(self, log: Sequence[ag.LogEvent]) -> None:
        """The whole log, from `recall`: when after-call work began, which codes were used."""
        self._recent = RecentCodes()
        for event in log:
            self._recent.add(event)
            if isinstance(event, ag.WrapUpStarted):
                self._sessions.begin(event)
        self._open_missing()
        self.live.refresh()

    # ----------------------------------------------------------------- private

    def _changed(self, change: Change) -> None:
        if isinstance(change, ag.WrapUpStarted):
            self._open_missing()
            self._sessions.begin(change)
        elif isinstance(change, ag.WrapUpSaved):
            self._recent.add(change)
            self._close(change.call_id)
        elif isinstance(change, ag.PartySet | ag.MemberChosen):
            self._follow_card(change)
        elif isinstance(change, ev.CallAnswered) or change is None:
            self._open_missing()
        self.live.refresh()

    def _moved(self, call_id: str) -> None:
        self.keep()
        self._chosen, self._search = "", ""
        self.live.refresh()

    def _open_missing(self) -> None:
        """A session for each answered call of the desk; of consultations there is none."""
        for call in self._desk.calls.values():
            if call.answered_mono is None or call.consult_of:
                continue
            session = self._sessions.open(call.call_id)
            context = self._desk.context(call.call_id)
            if session.result is None:
                session.set_party(context.party or session.draft.party)
                session.set_member(context.member_id or session.draft.member_id)
            if call.call_id in self._desk.wrap_ups:
                self._sessions.begin_if_lost(call)

    def _follow_card(self, change: ag.PartySet | ag.MemberChosen) -> None:
        session = self._sessions.get(change.call_id)
        if session is None or session.result is not None:
            return
        if isinstance(change, ag.PartySet):
            session.set_party(change.party)
        else:
            session.set_member(change.member_id)
        self._unkept.add(change.call_id)

    def _edit(self, edit: Callable[[WrapUpSession], None]) -> None:
        session = self._current()
        if session is None or session.result is not None:
            return
        try:
            edit(session)
        except KnownError as error:
            self._problems[session.call_id] = Problem(error.text, error.remedy)
        else:
            self._problems.pop(session.call_id, None)
            self._unkept.add(session.call_id)
        self.live.refresh()

    def _kept(self, call_id: str) -> Callable[[KnownError | None], None]:
        def done(outcome: KnownError | None) -> None:
            if isinstance(outcome, KnownError):
                self._unkept.add(call_id)
                self._problems[call_id] = Problem(outcome.text, outcome.remedy)
                self.live.refresh()

        return done

    def _store(self, result: WrapUpResult) -> None:
        call_id = result.draft.call_id
        self._saving.add(call_id)
        self._unkept.discard(call_id)
        if self._chosen == call_id:
            self._chosen = ""  # saving may take long; the next one can be worked on meanwhile

        def done(outcome: KnownError | None) -> None:
            self._saving.discard(call_id)
            if isinstance(outcome, KnownError):
                # nothing is lost: the same texts, open again; the agent decides when to retry
                self._failed.add(call_id)
                self._problems[call_id] = Problem(outcome.text, outcome.remedy)
                self._sessions.reopen(call_id, result.draft)
                self.live.refresh()
                return
            self._actions.wrap_up_saved(result.event)

        self._journal.save_interaction(self._interaction_of(result), done, result.event)

    def _close(self, call_id: str) -> None:
        self._sessions.close(call_id)
        self._problems.pop(call_id, None)
        for marks in (self._unkept, self._saving, self._failed):
            marks.discard(call_id)
        if self._chosen == call_id:
            self._chosen, self._search = "", ""

    def _current(self) -> WrapUpSession | None:
        """Chosen by the agent, else of the call in view, else the one that waits longest."""
        for call_id in (self._chosen, self._in_view.call_id, *self._desk.wrap_ups):
            session = self._sessions.get(call_id)
            if session is not None and (call_id == self._chosen or call_id not in self._saving):
                return session
        every = self._sessions.all()
        return min(every, key=lambda session: session.call_id in self._saving, default=None)

    # ------------------------------------------------------------------- state

    def _state(self) -> WrapUpState:
        session = self._current()
        if session is None:
            return WrapUpState()
        call_id, draft = session.call_id, session.draft
        party = draft.party
        codes = self._sessions.codes
        recent = self._recent.codes(codes, party)
        why_not = session.problem()
        begun = self._sessions.started(call_id)
        path = codes.path(draft.code) if draft.code else ()
        saving = call_id in self._saving
        return WrapUpState(
            call_id=call_id,
            title=self._title(call_id),
            queue=self._queue(call_id),
            code=draft.code,
            code_label=path[-1] if path else "",
            code_path=" › ".join(path[:-1]),
            search=self._search,
            found=self._lines(party, recent),
            recent=tuple(_line(codes, code) for code in recent),
            note=draft.note,
            follow_up=draft.follow_up,
            acw_since_mono=begun.t_mono if begun else None,
            until_mono=self._sessions.until_mono(call_id),
            extensions_left=session.extensions_left if session.in_acw else 0,
            can_save=begun is not None and why_not is None and not saving,
            saving=saving,
            closing=session.closing,
            hint=_hint(begun is not None, why_not),
            problem=self._problems.get(call_id),
        )

    def _lines(self, party: str, recent: tuple[str, ...]) -> tuple[CodeLine, ...]:
        """Searched again only when something of it changed: the state is computed at every
        event."""
        asked = (self._search, party, recent)
        if self._found is None or self._found[0] != asked:
            codes = self._sessions.codes
            found = codes.search(self._search, party, recent, FOUND)
            self._found = (asked, tuple(_line(codes, code.code) for code in found))
        return self._found[1]

    def _queue(self, shown: str) -> tuple[OpenWrapUp, ...]:
        return tuple(
            OpenWrapUp(
                one.call_id,
                self._title(one.call_id),
                one.call_id in self._desk.wrap_ups,
                one.call_id == shown,
            )
            for one in self._sessions.all()
        )

    def _title(self, call_id: str) -> str:
        call: Call | None = self._desk.calls.get(call_id)
        return self._names.name(call) if call is not None else ""


def _line(codes: CodeTree, code: str) -> CodeLine:
    path = codes.path(code)
    return CodeLine(code, path[-1], " › ".join(path[:-1]))


def _hint(begun: bool, why_not: KnownError | None) -> str:
    if not begun:
        return "Can be saved after the call. What you type is kept."
    return f"{why_not.text} {why_not.remedy}" if why_not is not None else ""
