"""The guides of the call in view: which are offered, the step that is next, what comes of it.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ctidesk.calls import guide_events as gd
from ctidesk.calls.agent_events import LogEvent, WrapUpSaved
from ctidesk.calls.desk import CallDesk, Change
from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Clock
from ctidesk.care import guide_answers
from ctidesk.care.day_words import local_day
from ctidesk.care.guide import Guide, Step
from ctidesk.care.guide_facts import FactSource
from ctidesk.care.guide_orders import Outcome, outcome
from ctidesk.care.guide_progress import GuideProgress, GuideRun
from ctidesk.care.guide_run import Walk, walk
from ctidesk.care.guide_shelf import called_for
from ctidesk.care.orders import Placing
from ctidesk.ui.directory_search.presenter import Problem
from ctidesk.ui.guide.making import NOT_POSSIBLE, Making, mark, obstacle_state
from ctidesk.ui.guide.needs import GuideNeeds
from ctidesk.ui.guide.state import NO_GUIDE, GuideLine, GuideStage, GuideState
from ctidesk.ui.guide.wording import step_state
from ctidesk.ui.in_view import CallInView
from ctidesk.ui.live import Live, but_telemetry

OFFERED = 20


class GuidePresenter:
    """A guide's place is in the log: it can be left at any step, by a killed desk too.

    `perform(command)` gives an order of the desk and tells whether it was possible; `code_label`
    words a code. `placed(member_id)` is called when orders became work or messages.
    They are set by whoever knows them.
    """

    def __init__(
        self, desk: CallDesk, in_view: CallInView, clock: Clock, needs: GuideNeeds
    ) -> None:
        self._desk = desk
        self._in_view = in_view
        self._clock = clock
        self._needs = needs
        self._progress = GuideProgress()
        self._events: list[gd.GuideEvent] = []
        self._versions: dict[tuple[str, str], Guide] = {}
        """By call and id: a guide that is in use goes on as it began."""
        self._ordering: set[str] = set()
        self._problems: dict[str, Problem] = {}
        self._closings: dict[str, str] = {}
        self._search = ""
        self.perform: Callable[[str], bool] = lambda _command: False
        self.code_label: Callable[[str], str] = str
        self.placed: Callable[[str], None] = lambda _member_id: None
        self.live = Live(self._state)
        desk.subscribe(but_telemetry(self._changed))
        needs.pop.subscribe(self.live.refresh)
        needs.shelf.subscribe(self.live.refresh)
        in_view.subscribe(self._moved)

    # ----------------------------------------------------------------- intents

    def search(self, text: str) -> None:
        self._search = text
        self.live.refresh()

    def open(self, guide_id: str) -> None:
        """Begin it, or come back to it where it was left; the guide before stays where it is."""
        call_id = self._in_view.call_id
        guide = self._needs.shelf.get(guide_id)
        if guide is None or call_id not in self._desk.calls:
            return
        self._search = ""
        run = self._progress.run(call_id, guide_id)
        if run is None or run.completed:
            self._versions[call_id, guide_id] = guide
        self._note(gd.GuideOpened, guide_id, digest=guide.digest)

    def leave(self) -> None:
        """To the list; the guide can be opened again at the same step."""
        run = self._progress.current(self._in_view.call_id)
        if run is not None:
            self._note(gd.GuideLeft, run.guide)

    def answer(self, text: str = "") -> None:
        """What the caller said, or "" where there is nothing to say; the next step follows."""
        call_id = self._in_view.call_id
        run, guide = self._open_run(call_id)
        if run is None or guide is None or run.completed:
            return
        source = self._source(call_id)
        walked = walk(guide, run.answers, source)
        step = self._shown_step(guide, run, walked)
        if step is None or self._hidden(guide, call_id):
            return
        options = source.options(step.listed) if step.listed is not None else ()
        try:
            kept = guide_answers.stored(step, text, source.today, options)
        except guide_answers.WrongAnswer as wrong:
            self._tell(call_id, Problem(str(wrong), ""))
            return
        if step.command and not self.perform(step.command) and step.required:
            self._tell(call_id, NOT_POSSIBLE)
            return
        self._note(gd.GuideStepAnswered, guide.id, step=step.id, answer=kept)
        self.finish()

    def back(self) -> None:
        """To the step before, with its answer."""
        call_id = self._in_view.call_id
        run, guide = self._open_run(call_id)
        if run is None or guide is None or run.completed or self._hidden(guide, call_id):
            return
        walked = walk(guide, run.answers, self._source(call_id))
        ids = [step.id for step in walked.done]
        place = ids.index(run.returned) if run.returned in ids else len(ids)
        if place > 0:
            self._note(gd.GuideStepReturned, guide.id, step=ids[place - 1])

    def go_on(self) -> None:
        """The one thing that Enter does where there is no step: open the guide that goes on from an
        obstacle, try the orders again, or return to the list."""
        state = self._state()
        if state.stage is GuideStage.BLOCKED:
            run, guide = self._open_run(state.call_id)
            if run is not None and guide is not None:
                walked = walk(guide, run.answers, self._source(state.call_id))
                if walked.obstacle is not None and walked.obstacle.guide:
                    self._follow(state.call_id, run, walked, walked.obstacle.guide)
        elif state.stage is GuideStage.FINISH:
            self.finish()
        elif state.stage is GuideStage.DONE:
            self.leave()

    def finish(self) -> None:
        """Place the orders and complete, if every step is done; nothing otherwise."""
        call_id = self._in_view.call_id
        run, guide = self._open_run(call_id)
        if run is None or guide is None or run.completed or run.returned:
            return
        source = self._source(call_id)
        walked = walk(guide, run.answers, source)
        if not walked.complete or self._hidden(guide, call_id):
            return
        made = outcome(guide, walked, source)
        key = f"{call_id}/{guide.id}/{run.number}"
        if key in self._ordering:
            return
        if not made.orders and not made.confirmed_address:
            self._completed(call_id, guide.id, made)
            return
        self._ordering.add(key)
        member_id = self._desk.context(call_id).member_id
        placing = Placing(
            key=key,
            call_id=call_id,
            member_id=member_id,
            orders=made.orders,
            confirmed_address=made.confirmed_address,
        )

        def placed(result: object) -> None:
            self._ordering.discard(key)
            if isinstance(result, KnownError):
                self._tell(call_id, Problem(result.text, result.remedy))
            else:
                self._completed(call_id, guide.id, made)
                self.placed(member_id)

        self._needs.orders.place(placing, self._needs.agent, placed)
        self.live.refresh()

    def take_log(self, log: Sequence[LogEvent]) -> None:
        """Where an earlier desk was (from `recall`)."""
        earlier = [each for each in log if isinstance(each, gd.GuideEvent)]
        self._events = list(dict.fromkeys([*earlier, *self._events]))
        self._progress = GuideProgress()
        for event in self._events:
            self._progress.add(event)
        self._forget_gone()
        self.live.refresh()

    # ----------------------------------------------------------------- private

    def _follow(self, call_id: str, run: GuideRun, walked: Walk, guide_id: str) -> None:
        """The guide that goes on knows already which line of the card it is about."""
        following = self._needs.shelf.get(guide_id)
        self.open(guide_id)
        begun = self._progress.run(call_id, guide_id)
        if following is None or begun is None or begun.answers:
            return
        first = following.steps[0]
        if first.listed is not None and first.listed in walked.picked:
            picked = walked.picked[first.listed]
            self._note(gd.GuideStepAnswered, guide_id, step=first.id, answer=picked)

    def _completed(self, call_id: str, guide_id: str, made: Outcome) -> None:
        if call_id not in self._desk.calls:
            return  # saved meanwhile: the orders stand, there is no note to write into any more
        self._problems.pop(call_id, None)
        self._closings[call_id] = made.closing
        # first the note: a desk that dies in between asks once more and writes nothing twice
        self._needs.prefill(call_id, made.code, made.note)
        now = {"t_mono": self._clock.mono(), "t_wall": self._clock.wall()}
        self._desk.note(gd.GuideCompleted(call_id=call_id, guide=guide_id, code=made.code, **now))

    def _note(self, kind: Callable[..., gd.GuideEvent], guide: str, **more: str) -> None:
        call_id = self._in_view.call_id
        self._problems.pop(call_id, None)
        event = kind(
            call_id=call_id,
            t_mono=self._clock.mono(),
            t_wall=self._clock.wall(),
            guide=guide,
            **more,
        )
        self._desk.note(event)

    def _tell(self, call_id: str, problem: Problem) -> None:
        self._problems[call_id] = problem
        self.live.refresh()

    def _changed(self, change: Change) -> None:
        if isinstance(change, gd.GuideEvent):
            self._events.append(change)
            self._progress.add(change)
        elif isinstance(change, WrapUpSaved):
            self._forget_gone()
        self.live.refresh()

    def _moved(self, _call_id: str) -> None:
        self._search = ""
        self.live.refresh()

    def _forget_gone(self) -> None:
        live = self._desk.calls
        self._progress.keep_only(live)
        self._events = [each for each in self._events if each.call_id in live]
        self._versions = {key: each for key, each in self._versions.items() if key[0] in live}
        for held in (self._problems, self._closings):
            for call_id in [key for key in held if key not in live]:
                del held[call_id]

    def _open_run(self, call_id: str) -> tuple[GuideRun | None, Guide | None]:
        run = self._progress.current(call_id)
        if run is None:
            return None, None
        guide = self._versions.get((call_id, run.guide)) or self._needs.shelf.get(run.guide)
        return (None, None) if guide is None else (run, guide)

    def _hidden(self, guide: Guide, call_id: str) -> bool:
        return guide.verified and not self._desk.context(call_id).verified

    def _source(self, call_id: str) -> FactSource:
        context = self._desk.context(call_id)
        wall = self._clock.wall()
        return FactSource(
            party=context.party,
            verified=context.verified,
            now_wall=wall,
            today=local_day(wall),
            may=lambda group: self._needs.may(call_id, group),
            card=self._needs.card(call_id),
            agent=self._needs.agent,
        )

    # ------------------------------------------------------------------- state

    def place(self) -> str:
        """Guide and step, such as "refill.address", "" without one: knowledge is offered by it."""
        state = self._state()
        return f"{state.guide}.{state.step.step}" if state.step is not None else state.guide

    def _state(self) -> GuideState:
        call_id = self._in_view.call_id
        if call_id not in self._desk.calls:
            return NO_GUIDE
        run, guide = self._open_run(call_id)
        source = self._source(call_id)
        if run is None or guide is None:
            return self._list(call_id, source)
        return self._guide_state(call_id, run, guide, source)

    def _list(self, call_id: str, source: FactSource) -> GuideState:
        facts = source.facts({})
        found = self._needs.shelf.offered(source.party, facts, self._search)[:OFFERED]
        return GuideState(
            stage=GuideStage.LIST,
            call_id=call_id,
            search=self._search,
            lines=tuple(
                GuideLine(
                    key=guide.id,
                    title=guide.title,
                    summary=guide.summary,
                    why=guide.offer_why if called_for(guide, facts) else "",
                    mark=mark(self._progress.run(call_id, guide.id)),
                )
                for guide in found
            ),
        )

    def _guide_state(
        self, call_id: str, run: GuideRun, guide: Guide, source: FactSource
    ) -> GuideState:
        made = Making(call_id, guide, self._problems.get(call_id))
        if run.completed:
            closing, code = self._closings.get(call_id, ""), run.code
            return made.state(
                GuideStage.DONE, closing=closing, code=self.code_label(code) if code else ""
            )
        if self._hidden(guide, call_id):
            return made.state(GuideStage.VERIFY)
        walked = walk(guide, run.answers, source)
        step = self._shown_step(guide, run, walked)
        can_back = bool(walked.done) and run.returned != walked.done[0].id
        if step is not None:
            shown = step_state(step, walked, source, run.answers.get(step.id, ""))
            return made.state(GuideStage.STEP, step=shown, can_back=can_back)
        if walked.obstacle is not None:
            return made.state(
                GuideStage.BLOCKED,
                obstacle=obstacle_state(walked, self._needs.shelf),
                can_back=can_back,
            )
        ordering = f"{call_id}/{guide.id}/{run.number}" in self._ordering
        return made.state(GuideStage.FINISH, ordering=ordering, can_back=can_back)

    def _shown_step(self, guide: Guide, run: GuideRun, walked: Walk) -> Step | None:
        if run.returned and any(step.id == run.returned for step in walked.done):
            return guide.step(run.returned)
        return walked.current
