"""A whole desk for panel tests: the simulated engine, people in memory, a clock that stands still.

Nobody here is real; the numbers are those of the demo.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from tests.support.crm_fakes import FakeCallJournal, FakeMemberDirectory
from tests.support.fake_care_orders import FakeCareOrders
from tests.support.fake_clock import FakeClock
from tests.support.work_fakes import FakeWorkItems

from ctidesk.calls import numbers
from ctidesk.calls.actions import DeskActions
from ctidesk.calls.commands import WatchLamps
from ctidesk.calls.desk import CallDesk
from ctidesk.calls.events import DeskEvent
from ctidesk.calls.lamps import Colleague, LampState
from ctidesk.calls.parking import Parking
from ctidesk.calls.queue_codes import QueueCodes
from ctidesk.care.disclosure_file import load_policy
from ctidesk.care.guide_shelf import GuideShelf, read_folder
from ctidesk.care.knowledge import Knowledge, NoKnowledge
from ctidesk.care.line_joining import JoinLine
from ctidesk.care.member import (
    Appointment,
    Authorisation,
    Candidate,
    Contact,
    Coverage,
    MemberCard,
    Party,
    Prescription,
    Provenance,
    Relation,
)
from ctidesk.care.patient_page import PatientPage, PatientPages
from ctidesk.care.pop import ScreenPop
from ctidesk.care.red_flag import FlagProtocol
from ctidesk.care.red_flag_file import load_protocol
from ctidesk.care.work_desk import WorkPort
from ctidesk.metrics.shift import ShiftStatistics
from ctidesk.sip.simulator import ACCOUNT, SimulatedEngine
from ctidesk.ui.desk_presenters import DeskNeeds
from ctidesk.wrapup.codes_file import load_codes
from ctidesk.wrapup.session import WrapUpMode, WrapUpPolicy

RESOURCES = Path(__file__).resolve().parents[2] / "resources"
SHARED = "+493023125010"
HOSPITAL = "+493023125100"
MARIA = "+491713920015"
LENA = "+491713920031"
START = datetime(2026, 3, 16, 9, 0, tzinfo=UTC)


def _read(hours: float) -> Provenance:
    return Provenance(source="local import", read_wall=START.timestamp() - hours * 3600)


def jane() -> MemberCard:
    """Rich, with every kind of blocker and of staleness."""
    today = START.date()
    return MemberCard(
        member_id="M-1001",
        given="Jane",
        family="Doe",
        birth_date=date(1984, 4, 3),
        postcode="10115",
        address="Lindenweg 4, Berlin",
        policy_number="K-99120-77",
        phone_last4="5010",
        language="English",
        channel_preference="SMS",
        flags=("Hard of hearing",),
        coverages=(
            Coverage(
                plan="Helvia Plus",
                payer="Helvia Insurance",
                status="active",
                begins=today - timedelta(days=400),
                ends=today + timedelta(days=300),
                copay="10 €",
                provenance=_read(3),
            ),
        ),
        prescriptions=(
            Prescription(
                drug="Salbutamol 100 µg inhaler",
                prescriber="Dr. Novak",
                expires=today + timedelta(days=60),
                refills_left=2,
                last_dispensed=today - timedelta(days=10),
                next_refill=today + timedelta(days=12),
                provenance=_read(3),
            ),
            Prescription(
                drug="Prednisolone 5 mg",
                prescriber="Dr. Novak",
                expires=today - timedelta(days=9),
                refills_left=1,
                last_dispensed=None,
                next_refill=None,
                provenance=_read(24 * 9),
            ),
        ),
        authorisations=(
            Authorisation(
                item="Nebuliser, monthly rent",
                status="active",
                expires=today - timedelta(days=2),
                units_left=0,
                provenance=_read(30),
            ),
        ),
        appointments=(
            Appointment(
                starts=START + timedelta(days=3, hours=1),
                what="Lung function test",
                doctor="Dr. Novak",
                place="St. Anna Hospital, ward 3",
                status="booked",
                bring="inhaler, referral letter",
                provenance=_read(3),
            ),
        ),
        history=tuple(
            Contact(
                at=START - timedelta(days=days),
                channel="call",
                direction="in",
                summary=f"Asked about asthma supplies, day {days}",
                code="refill",
                provenance=_read(3),
            )
            for days in range(1, 13)
        ),
        relations=(
            Relation(name="Tom Doe", kind="household", member_id="M-1002", may_speak=False),
        ),
        provenance=_read(3),
    )


def walter() -> MemberCard:
    return MemberCard(
        member_id="M-1003",
        given="Walter",
        family="Lindqvist",
        birth_date=date(1941, 11, 30),
        postcode="10437",
        address="Kastanienallee 11, Berlin",
        policy_number="K-20011-03",
        phone_last4="0044",
        language="Swedish",
        channel_preference="call",
        relations=(Relation(name="Maria Nowak", kind="carer", may_speak=True),),
        provenance=_read(3),
    )


COLLEAGUES = tuple(
    Colleague(name, number)
    for name, number in (
        ("Dr. Chen, nurse line", "201"),
        ("Billing", "205"),
        ("Nurse Kim", "203"),
        ("Interpreter Polish", "230"),
        ("Night desk", "240"),
    )
)


def sample_protocol(*lines: JoinLine) -> FlagProtocol:
    """The protocol that ships with ctidesk, with two nurse lines and a lead of the demo."""
    return load_protocol(
        RESOURCES / "red_flag" / "default.toml",
        lines or (JoinLine("Night desk", "204"), JoinLine("Dr. Chen, nurse line", "201")),
        JoinLine("Emergency service", "112"),
        JoinLine("Team lead Ruiz", "203"),
    )


def people() -> FakeMemberDirectory:
    def one(key: str, party: Party, name: str, **more: object) -> Candidate:
        return Candidate(key=key, party=party, name=name, **more)  # type: ignore[arg-type]

    shared = "shared household number"
    listed = [
        (
            one(
                "1",
                Party.MEMBER,
                "Jane Doe",
                member_id="M-1001",
                birth_year=1984,
                reason=shared,
            ),
            (SHARED,),
        ),
        (
            one("2", Party.MEMBER, "Tom Doe", member_id="M-1002", birth_year=1982, reason=shared),
            (SHARED,),
        ),
        (
            one(
                "3",
                Party.CARER,
                "Maria Nowak",
                member_id="M-1003",
                reason="carer of Walter Lindqvist",
            ),
            (MARIA,),
        ),
        (
            one(
                "4",
                Party.PROVIDER,
                "St. Anna Hospital",
                facility_id="F-1",
                reason="switchboard",
            ),
            (HOSPITAL, "+493023125101"),
        ),
        (one("5", Party.UNKNOWN, "Dr. Chen, nurse line", facility_id="C-1"), ("201",)),
        (one("6", Party.UNKNOWN, "Billing", facility_id="C-2"), ("205",)),
        (
            one(
                "7",
                Party.MEMBER,
                "Lena Fischer",
                member_id="M-1004",
                birth_year=1990,
                reason="mobile number",
            ),
            (LENA,),
        ),
    ]
    cards = {card.member_id: card for card in (jane(), walter())}
    return FakeMemberDirectory(people=listed, cards=cards)


def watch_colleagues(scene: Scene) -> None:
    """Every lamp shows something else; the last is not known."""
    targets = tuple(one.number for one in COLLEAGUES)
    scene.engine.send(WatchLamps(account_id=ACCOUNT, targets=targets))
    states = (LampState.IDLE, LampState.BUSY, LampState.RINGING, LampState.AWAY)
    for target, state in zip(targets, states, strict=False):
        scene.engine.lamp(target, state)


@dataclass
class Scene:
    """The desk's parts, connected; `engine` plays the network."""

    clock: FakeClock = field(default_factory=lambda: FakeClock(5_000.0, 0.0))
    policy: WrapUpPolicy = field(default_factory=lambda: WrapUpPolicy(mode=WrapUpMode.MANDATORY))
    journal: FakeCallJournal = field(default_factory=FakeCallJournal)
    directory: FakeMemberDirectory = field(default_factory=people)
    colleagues: tuple[Colleague, ...] = ()
    queue_codes: QueueCodes = field(default_factory=QueueCodes)
    parking: Parking = field(default_factory=Parking)
    page: PatientPage | None = None
    knowledge: Knowledge = field(default_factory=NoKnowledge)
    orders: FakeCareOrders = field(default_factory=FakeCareOrders)
    red_flag: FlagProtocol = field(default_factory=sample_protocol)
    interpreters: tuple[JoinLine, ...] = ()

    def __post_init__(self) -> None:
        self.clock.wall_offset = START.timestamp() - self.clock.now
        self.engine = SimulatedEngine(self.clock)
        self.desk = CallDesk(self.clock, self.journal)
        self.engine.on_event = self._event
        dialable = functools.partial(numbers.dialable, region="DE")
        self.actions = DeskActions(self.desk, self.engine, self.clock, ACCOUNT, dialable)
        self.pop = ScreenPop(self.desk, self.actions, self.directory)
        self.browsed: list[str] = []
        self.has_browser = True
        self.pages = PatientPages(self.desk, self.pop, self.clock, self.page, self._browse)
        self.statistics = ShiftStatistics()
        self.work_items = FakeWorkItems(self.clock)
        self.needs = DeskNeeds(
            desk=self.desk,
            actions=self.actions,
            pop=self.pop,
            pages=self.pages,
            directory=self.directory,
            journal=self.journal,
            statistics=self.statistics,
            clock=self.clock,
            codes=load_codes(RESOURCES / "codes" / "default.toml"),
            wrap_up_policy=self.policy,
            agent_name="agent",
            shown=lambda raw: numbers.normalise(raw, "DE").shown,
            dialable=dialable,
            colleagues=self.colleagues,
            queue_codes=self.queue_codes,
            parking=self.parking,
            work=WorkPort(self.work_items, "agent"),
            disclosure=load_policy(RESOURCES / "disclosure" / "default.toml"),
            knowledge=self.knowledge,
            guides=GuideShelf(read_folder(RESOURCES / "guides")),
            orders=self.orders,
            red_flag=self.red_flag,
            interpreters=self.interpreters,
            time_of_day=lambda wall: f"{datetime.fromtimestamp(wall, UTC):%H:%M}",
        )

    def _event(self, event: DeskEvent, seq: int) -> None:
        self.desk.handle(event)

    def _browse(self, url: str) -> bool:
        self.browsed.append(url)
        return self.has_browser

    def start(self) -> None:
        """Engine up, agent ready."""
        self.engine.start()
        self.actions.ready()

    def ring(self, number: str = SHARED, name: str = "", queue: str = "Member line") -> str:
        return self.engine.offer(number, name, queue)

    def talk(self, number: str = SHARED, name: str = "", queue: str = "Member line") -> str:
        """A call that was offered and answered, recorded, over SRTP if the simulator does."""
        call_id = self.ring(number, name, queue)
        self.actions.answer(call_id)
        self.engine.recording_starts(call_id)
        self.engine.recording_grows(call_id, 4096)
        return call_id

    def line(
        self,
        call_id: str,
        mos: float,
        loss_pct: float = 0.0,
        seconds: int = 12,
        **more: float | None,
    ) -> None:
        """The line is like this for some seconds, so that the verdict follows."""
        for _ in range(seconds):
            self.engine.quality(call_id, mos, loss_pct, **more)
            self.clock.advance(1)

    def verify_jane(self, call_id: str) -> None:
        """Open Jane's card; the answers are given by the test's presenter."""
        lookup = self.pop.lookups[call_id]
        self.pop.open(call_id, lookup.candidates[0])
