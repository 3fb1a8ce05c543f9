"""What a desk window needs, and the presenters of all its panels made from it.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ctidesk.calls import agent_events as ag, events as ev
from ctidesk.calls.actions import DeskActions
from ctidesk.calls.call import RecordingState
from ctidesk.calls.desk import CallDesk, Change
from ctidesk.calls.errors import KnownError
from ctidesk.calls.lamps import Colleague
from ctidesk.calls.line_quality import Link, unknown_link
from ctidesk.calls.parking import ParkedCallers, Parking
from ctidesk.calls.ports import CallJournal, Clock, ForgetfulSound, SoundChoice, WrapUpDraft
from ctidesk.calls.queue_codes import QueueCodes
from ctidesk.care.disclosure import TELLS_NOTHING, DisclosurePolicy
from ctidesk.care.disclosures import Disclosures
from ctidesk.care.guide_shelf import GuideShelf, Reading
from ctidesk.care.knowledge import Knowledge, NoKnowledge
from ctidesk.care.lead_alert import LeadAlert, NoTeamBus
from ctidesk.care.line_joining import JoinLine
from ctidesk.care.network import NetworkDirectory, NoNetworks
from ctidesk.care.orders import CareOrders, NoOrders
from ctidesk.care.patient_page import PatientPages
from ctidesk.care.pop import ScreenPop
from ctidesk.care.ports import MemberDirectory
from ctidesk.care.red_flag import NO_PROTOCOL, FlagProtocol
from ctidesk.care.work_desk import WorkDesk, WorkPort
from ctidesk.metrics.shift import ShiftStatistics
from ctidesk.ui.agent_bar.presenter import DEFAULT_REASONS, AgentBarPresenter
from ctidesk.ui.call_bar.presenter import CallBarPresenter
from ctidesk.ui.call_names import CallNames
from ctidesk.ui.consult.presenter import ConsultPresenter
from ctidesk.ui.desk_urgent import Urgent
from ctidesk.ui.dialler.presenter import DiallerPresenter
from ctidesk.ui.directory_search.presenter import DirectorySearch
from ctidesk.ui.figures.lines import LinesPresenter
from ctidesk.ui.figures.presenter import FiguresPresenter
from ctidesk.ui.guide.needs import GuideNeeds
from ctidesk.ui.guide.presenter import GuidePresenter
from ctidesk.ui.guide.telling import GuideTelling
from ctidesk.ui.in_view import CallInView
from ctidesk.ui.keypad.presenter import KeypadPresenter
from ctidesk.ui.knowledge.about import CallTopic
from ctidesk.ui.knowledge.presenter import KnowledgePresenter
from ctidesk.ui.live import but_telemetry
from ctidesk.ui.member_card.network_check import NetworkCheck
from ctidesk.ui.member_card.presenter import MemberCardPresenter
from ctidesk.ui.sound.presenter import SoundPresenter
from ctidesk.ui.status_strip.presenter import StatusPresenter
from ctidesk.ui.work_list.presenter import WorkListPresenter
from ctidesk.ui.work_list.work_presenter import WorkPresenter, WorkWords
from ctidesk.ui.wrap_up.call_log import OpenCallLog
from ctidesk.ui.wrap_up.open_sessions import OpenSessions
from ctidesk.ui.wrap_up.presenter import WrapUpPresenter
from ctidesk.wrapup.codes import CodeTree
from ctidesk.wrapup.session import WrapUpPolicy

MINUTE = 60
NUMBERS_KEPT = 256


@dataclass(frozen=True, kw_only=True)
class DeskNeeds:
    """All that the screens work on. `shown(raw)`: a number for the screen, "" for what is none;
    `dialable(text)`: raises `KnownError`; `time_of_day(t_wall)`: local, such as "06:41"; `link`:
    how the computer is connected; `language`: the agent's, such as "pl". `disclosure_again()`: the
    policy as its file has it now; raises `KnownError`."""

    desk: CallDesk
    actions: DeskActions
    pop: ScreenPop
    pages: PatientPages
    directory: MemberDirectory
    journal: CallJournal
    statistics: ShiftStatistics
    clock: Clock
    codes: CodeTree
    wrap_up_policy: WrapUpPolicy
    agent_name: str
    shown: Callable[[str], str]
    dialable: Callable[[str], str]
    time_of_day: Callable[[float], str]
    link: Link = unknown_link
    reasons: Sequence[str] = DEFAULT_REASONS
    colleagues: Sequence[Colleague] = ()
    queue_codes: QueueCodes = field(default_factory=QueueCodes)
    parking: Parking = field(default_factory=Parking)
    networks: NetworkDirectory = field(default_factory=NoNetworks)
    disclosure: DisclosurePolicy = TELLS_NOTHING
    disclosure_again: Callable[[], DisclosurePolicy] | None = None
    sound: SoundChoice = field(default_factory=ForgetfulSound)
    work: WorkPort = field(default_factory=WorkPort)
    guides: GuideShelf = field(default_factory=lambda: GuideShelf(Reading({}, {})))
    orders: CareOrders = field(default_factory=NoOrders)
    knowledge: Knowledge = field(default_factory=NoKnowledge)
    language: str = "en"
    red_flag: FlagProtocol = NO_PROTOCOL
    lead: LeadAlert = field(default_factory=NoTeamBus)
    interpreters: Sequence[JoinLine] = ()


class DeskPresenters:
    """One of each. The order matters: the log and the figures know an event before a panel asks
    them about it."""

    def __init__(self, needs: DeskNeeds) -> None:
        desk, actions, clock = needs.desk, needs.actions, needs.clock
        # every panel asks at every event, and placing a number takes 0.2 ms
        shown = self.shown = functools.lru_cache(maxsize=NUMBERS_KEPT)(needs.shown)
        self._needs = needs
        self.queue_codes = needs.queue_codes.titles()
        self.parked = ParkedCallers(desk, needs.parking, actions.transfer_blind)
        self.dial_code = actions.dial_code
        self.toggle_recording_pause = actions.toggle_recording_pause
        self.pause_recording = functools.partial(_of_current, desk, actions.pause_recording)
        self.resume_recording = functools.partial(_of_current, desk, actions.resume_recording)
        self.registered = functools.partial(_registered, desk)
        self._seconds = 0
        self.log = OpenCallLog(desk, needs.agent_name)
        desk.subscribe(self._count)
        self.in_view = CallInView(desk)
        names = self.names = CallNames(desk, needs.directory, shown)
        self.agent_bar = AgentBarPresenter(desk, actions, needs.reasons)
        self.call_bar = CallBarPresenter(desk, actions, clock, names)
        self.keypad = KeypadPresenter(desk, actions)
        self.consult = ConsultPresenter(
            desk, actions, self._search(), names, needs.dialable, needs.colleagues
        )
        self.dialler = DiallerPresenter(desk, actions, self._search(), shown, needs.dialable)
        self.work_list = WorkListPresenter(desk, actions, self.in_view, names)
        self.work_desk = WorkDesk(desk, actions, needs.pop, clock, needs.work)
        how = WorkWords(shown, needs.time_of_day, needs.dialable)
        self.work = WorkPresenter(self.work_desk, clock, how)
        self.disclosures = Disclosures(desk, needs.pop, needs.directory, clock, needs.disclosure)
        self.member_card = MemberCardPresenter(
            desk,
            actions,
            needs.pop,
            self.disclosures,
            self.in_view,
            self._search(),
            names,
            clock,
            needs.pages,
        )
        self.member_card.code_label = self._code_label
        self.member_card.network_check = NetworkCheck(needs.networks, clock)
        self.wrap_up = WrapUpPresenter(
            desk,
            actions,
            needs.journal,
            self.in_view,
            OpenSessions(needs.codes, needs.wrap_up_policy, clock),
            self.log.interaction_of,
            names,
        )
        telling = GuideTelling(self.disclosures, needs.pop)
        self.guide = GuidePresenter(
            desk,
            self.in_view,
            clock,
            GuideNeeds(
                shelf=needs.guides,
                orders=needs.orders,
                pop=needs.pop,
                may=telling.may,
                card=telling.card,
                prefill=self.wrap_up.prefill,
                agent=needs.agent_name,
            ),
        )
        self.guide.code_label = self._code_label
        self.guide.placed = self._ordered
        self.topic = CallTopic(desk, needs.pop, self.in_view, lambda: self.wrap_up.live.state.code)
        self.topic.step = self.guide.place
        self.knowledge = KnowledgePresenter(needs.knowledge, clock, self.topic, needs.language)
        desk.subscribe(but_telemetry(self.knowledge.changed))
        self.in_view.subscribe(self.knowledge.changed)
        self.wrap_up.live.watch(self.knowledge.changed)
        self.figures = FiguresPresenter(desk, needs.statistics, clock, self._code_label, names.name)
        self.lines = LinesPresenter(desk, needs.time_of_day)
        self.figures.lines = self.lines.lines
        self.sound = SoundPresenter(desk, actions, needs.sound)
        urgent = self.urgent = Urgent(needs)
        self.flags, self.red_flag = urgent.flags, urgent.red_flag
        self.interpreter, self.support = urgent.interpreter, urgent.support
        self.consult.covered = urgent.covers
        self.red_flag.live.watch(self.consult.live.refresh)
        self.interpreter.live.watch(self.consult.live.refresh)
        self.status = StatusPresenter(desk, needs.journal, needs.statistics, clock, self._reason)
        self.work.live.watch(lambda state: self.status.set_work(state.due, state.overdue))

    def restore(self) -> None:
        """Ask for what an earlier desk kept; once, as soon as the journal takes questions."""

        def loaded(outcome: Sequence[WrapUpDraft] | KnownError) -> None:
            if isinstance(outcome, KnownError):
                self._needs.desk.publish(outcome)
            else:
                self.wrap_up.take_drafts(outcome)

        self._needs.journal.load_drafts(loaded)
        self.work_desk.restore()
        self.status.ask_outbox()

    def _ordered(self, member_id: str) -> None:
        """What a guide ordered or confirmed is on the work list and on the card at once."""
        self.work_desk.restore()
        self._needs.pop.reload(member_id)

    def read_disclosure_again(self) -> None:
        """The last good policy stays where the file has a mistake, which is told."""
        again = self._needs.disclosure_again
        try:
            if again is not None:
                self.disclosures.set_policy(again())
        except KnownError as error:
            self._needs.desk.publish(error)

    def take_log(self, log: Sequence[ag.LogEvent]) -> None:
        """The whole log, from `recall`."""
        whole = list(log)
        self.log.take_log(whole)
        self.work_desk.take_log(whole)
        self.lines.take_log(whole)
        self.disclosures.take_log(whole)
        self.member_card.take_log(whole)
        self.wrap_up.take_log(whole)
        self.status.take_log(whole)
        self.urgent.take_log(whole)
        self.guide.take_log(whole)

    def tick(self) -> None:
        """Once a second while something runs."""
        self._seconds += 1
        self.call_bar.tick()
        self.wrap_up.tick(self._needs.clock.mono())
        self.urgent.tick()
        self.figures.tick()
        self.disclosures.tick()
        full_minute = self._seconds % MINUTE == 0
        if full_minute or self.member_card.live.state.glass is not None:
            self.member_card.tick()
        if full_minute:
            self.work.tick()

    @property
    def running(self) -> bool:
        """Whether `tick` is needed: a call lives, a wrap-up is open, something urgent runs."""
        desk = self._needs.desk
        return bool(desk.live or desk.wrap_ups or self.urgent.running)

    def _search(self) -> DirectorySearch:
        return DirectorySearch(self._needs.directory)

    def _code_label(self, code: str) -> str:
        found = self._needs.codes.find(code)
        return found.label if found is not None else code

    def _count(self, change: Change) -> None:
        if isinstance(change, ev.CallEvent | ag.AgentEvent):
            self._needs.statistics.add(change)

    def _reason(self) -> tuple[str, str]:
        state = self.wrap_up.live.state
        return state.code, state.code_label


def _registered(desk: CallDesk) -> bool:
    states = [each.state for each in desk.registrations.values()]
    return ev.Registration.REGISTERED in states


def _of_current(desk: CallDesk, order: Callable[[str], None]) -> None:
    """`order(call_id)` for the call on the line, if it is recorded: else there is nothing to do."""
    call = desk.current
    if call is not None and call.recording in (RecordingState.RUNNING, RecordingState.PAUSED):
        order(call.call_id)
