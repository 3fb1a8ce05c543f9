"""A desk without a window for the demo's script: real engine, recorder and callers, fake screen.

Runs in: tests.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from tests.support.crm_fakes import FakeCallJournal, FakeMemberDirectory

from ctidesk.calls import agent_events as ag
from ctidesk.calls.actions import DeskActions
from ctidesk.calls.call import Call, TransferState
from ctidesk.calls.commands import ConfigureAccount, ConfigureRecording
from ctidesk.calls.desk import CallDesk
from ctidesk.calls.errors import CtideskError
from ctidesk.calls.numbers import dialable
from ctidesk.calls.ports import Interaction
from ctidesk.care.member import Candidate, MemberCard, Party
from ctidesk.care.pop import ScreenPop
from ctidesk.config.paths import resources
from ctidesk.demo.houses import DemoCentre
from ctidesk.demo.people import AGENT_VOICE, REGION
from ctidesk.demo.recording_check import RecordingHeard, check
from ctidesk.demo.stage import Stage
from ctidesk.recording.identity import new_identity_file
from ctidesk.sip.engine_process import ENGINE_COMMAND
from ctidesk.sip.supervisor import EngineSupervisor
from ctidesk.startup.clock import SystemClock
from ctidesk.ui.member_card.state import match_words

ACCOUNT = "demo"
POLL_S = 0.01
AGENT = resources() / "demo" / "voices" / f"{AGENT_VOICE}.wav"


class NotOnScreen(CtideskError):
    pass


class Rig:
    """Everything of the self-driving demo but the window."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self._jobs: queue.Queue[Callable[[], None]] = queue.Queue()
        self.clock = SystemClock()
        self.journal = FakeCallJournal()
        self.desk = CallDesk(self.clock, self.journal)
        runtime = folder / "run"
        runtime.mkdir(mode=0o700)
        self.supervisor = EngineSupervisor(
            runtime,
            self._jobs.put,
            self.clock,
            command=[*ENGINE_COMMAND, "--null-audio", "--mic-file", str(AGENT)],
            log_file=folder / "engine.log",
        )
        self.supervisor.on_event = lambda event, seq: self.desk.handle(event)
        self.actions = DeskActions(
            self.desk, self.supervisor, self.clock, ACCOUNT, lambda text: dialable(text, REGION)
        )
        self.pop = ScreenPop(self.desk, self.actions, _directory())
        self.hands = FakeHands(self)
        self.centre = DemoCentre(
            f"sip:agent@127.0.0.1:{port}",
            self._jobs.put,
            lambda report: self.stage.report(report),  # noqa: PLW0108 - made later
        )
        self.stage = Stage(
            self.hands,
            self.centre,
            self.desk,
            self.pop,
            self._check,
            lambda: len(self.journal.interactions),
        )
        self._port = port

    def start(self) -> None:
        identity, recipient = new_identity_file()
        (self.folder / "compliance.key").write_text(identity)
        ready: list[int] = []
        self.centre.start(ready.append)
        assert self.pump(lambda: bool(ready), 20)
        account = ConfigureAccount(
            account_id=ACCOUNT,
            user="agent",
            password="",
            domain=f"127.0.0.1:{ready[0]}",
            local_port=self._port,
            bind_address="127.0.0.1",
            trusted_peers=("127.0.0.1",),
        )
        recording = ConfigureRecording(
            policy="required",
            recipients=(recipient,),
            spool_dir=str(self.folder / "recordings"),
            device_key="11" * 32,
        )
        (self.folder / "recordings").mkdir(mode=0o700)
        self.supervisor.configure([account], recording)
        self.supervisor.start()

    def close(self) -> None:
        self.centre.close()
        self.supervisor.stop(leave_engine=False)

    def pump(self, until: Callable[[], bool], seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while not until():
            if time.monotonic() > deadline:
                return False
            try:
                self._jobs.get(timeout=POLL_S)()
            except queue.Empty:
                continue
        return True

    def _check(self, call_id: str) -> RecordingHeard:
        return check(self.folder / "recordings" / call_id, self.folder / "compliance.key")


class FakeHands:
    """Presses intents instead of buttons, and shows what the presenters would say."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self.fields: dict[str, str] = {}
        self.pictures: list[str] = []
        self._answers = 0
        self._watching_since = 0.0

    # each name is an object name of the real window
    def press(self, control: str) -> None:
        actions, target = self._rig.actions, self.fields.get("consult_target", "")
        caller = self._caller()
        intents: dict[str, Callable[[], object]] = {
            "call_answer": actions.answer,
            "call_hold": actions.toggle_hold,
            "call_mute": actions.toggle_mute,
            "call_end": actions.end,
            "call_transfer": lambda: None,
            "consult_consult": lambda: actions.start_consult(caller, target),
            "consult_blind": lambda: actions.transfer_blind(caller, target),
            "consult_swap": lambda: actions.swap(caller),
            "consult_merge": lambda: self._merge_or_split(caller),
            "consult_complete": lambda: actions.complete_transfer(caller),
            "consult_cancel": lambda: actions.cancel_consult(caller),
            "consult_resume": actions.toggle_hold,
            "save_ready": self._save,
        }
        if control not in intents:
            raise NotOnScreen(f"there is no {control}")
        intents[control]()

    def enter(self, control: str, text: str) -> None:
        self.fields[control] = text

    def submit(self, control: str) -> None:
        if control == "check_answer":
            self._confirm()

    def hint(self, control: str) -> str:
        return "Postcode" if self._answers % 2 else "Date of birth"

    def choose(self, control: str, text: str) -> None:
        if control == "agent_state":
            self._rig.actions.ready()
        elif control == "candidates":
            lookup = self._rig.pop.lookups[self._caller()]
            chosen = next(each for each in lookup.candidates if text in each.name)
            self._rig.pop.open(self._caller(), chosen)

    def sees(self, control: str) -> bool:
        return True

    def shown(self) -> str:
        lines: list[str] = []
        for call_id, lookup in self._rig.pop.lookups.items():
            lines += [match_words(lookup), *(each.name for each in lookup.candidates)]
            card = self._rig.pop.cards.get(call_id)
            if card is not None and self._rig.desk.context(call_id).verified:
                lines.append(card.policy_number)
        failed = (call.transfer is TransferState.FAILED for call in self._rig.desk.live)
        return "\n".join([*lines, "The transfer came back" if any(failed) else ""])

    def grab(self, name: str, theme: str = "light") -> None:
        self.pictures.append(name)

    def wait(self, until: Callable[[], bool], seconds: float) -> bool:
        return self._rig.pump(until, seconds)

    def watch_card(self) -> None:
        self._watching_since = time.monotonic()

    def card_painted_mono(self) -> float | None:
        return time.monotonic() if self._rig.pop.lookups else None

    def _caller(self) -> str:
        call = self._rig.desk.current
        if call is None:
            return ""
        return call.consult_of or call.call_id

    def _merge_or_split(self, caller: str) -> None:
        merged = self._rig.desk.calls[caller].conference_with
        (self._rig.actions.split if merged else self._rig.actions.merge)(caller)

    def _confirm(self) -> None:
        self._answers += 1
        call_id = self._caller()
        member_id = self._rig.desk.context(call_id).member_id
        self._rig.desk.note(
            ag.IdentityChecked(
                call_id=call_id,
                t_mono=self._rig.clock.mono(),
                t_wall=self._rig.clock.wall(),
                member_id=member_id,
                question="birth_date",
                passed=True,
                verified=self._answers % 2 == 0,
            )
        )

    def _save(self) -> None:
        call = self._rig.desk.calls[self._rig.desk.wrap_ups[0]]
        self._rig.journal.save_interaction(
            _interaction(call, self.fields["note"]),
            lambda outcome: self._rig.actions.wrap_up_saved(call.call_id, "code", "agent"),
        )


def _interaction(call: Call, note: str) -> Interaction:
    values: dict[str, object] = dict.fromkeys(Interaction.__dataclass_fields__, "")
    values |= {name: 0.0 for name in values if name.endswith(("_wall", "_s"))}
    values |= {"call_id": call.call_id, "note": note, "verified": False, "end_code": 200}
    return Interaction(**values)  # type: ignore[arg-type]


def _directory() -> FakeMemberDirectory:
    def one(name: str, number: str, party: Party = Party.MEMBER) -> tuple[Candidate, tuple[str]]:
        return Candidate(key=name, party=party, name=name, member_id=f"M {name}"), (number,)

    people = [
        one("Jane Doe", "+493023125010"),
        one("Tom Doe", "+493023125010"),
        one("Lena Fischer", "+491713920031"),
        one("Maria Nowak", "+491713920015", Party.CARER),
        one("St. Anna Hospital", "+493023125100", Party.PROVIDER),
    ]
    return FakeMemberDirectory(
        people=[*people], cards={"M Jane Doe": _JANE, "M Maria Nowak": _JANE}
    )


_JANE = MemberCard(
    member_id="M Jane Doe",
    given="Jane",
    family="Doe",
    birth_date=date(1961, 4, 12),
    postcode="10115",
    address="Lindenweg 4",
    policy_number="HV-4711",
    phone_last4="5010",
    language="en",
    channel_preference="phone",
)
