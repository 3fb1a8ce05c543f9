"""The CRM of the settings: the thread that reads it, its secret, and its word in the status strip.

Runs in: desk process, Qt main thread; `_connect` and the secret on the CRM's worker thread, where
httpx is loaded first.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ctidesk.calls.errors import KnownError
from ctidesk.care.outgoing import OutgoingState
from ctidesk.config.os_keys import OsKeyStore
from ctidesk.config.sections import Crm
from ctidesk.config.settings import Settings
from ctidesk.crm.fhir.progress import PullPhase, PullState
from ctidesk.crm.fhir.refresher import Refresher, Source
from ctidesk.crm.fhir.sending import Sending, Way
from ctidesk.crm.fhir.worker import CrmWorker, Progress, Rounds
from ctidesk.crm.outgoing import SqlOutgoing
from ctidesk.crm.store import StoreThread
from ctidesk.ui import words
from ctidesk.ui.directory_search.presenter import Problem
from ctidesk.ui.status_strip.indicator import Indicator
from ctidesk.ui.theme.tokens import Role

if TYPE_CHECKING:
    from ctidesk.crm.fhir.call_resources import Sealed
    from ctidesk.crm.fhir.connect import CrmPlace

CHECKPOINT_S = 900.0
STOP_S = 2.0
"""The desk waits so long for a running request; the thread ends with the process."""
_THINGS = {
    "Organization": "clinics",
    "Location": "places",
    "Practitioner": "doctors",
    "PractitionerRole": "doctors' roles",
    "OrganizationAffiliation": "networks",
    "InsurancePlan": "plans",
    "Patient": "members",
    "RelatedPerson": "carers",
    "Consent": "consents",
    "Coverage": "covers",
    "CoverageEligibilityResponse": "eligibilities",
    "Appointment": "appointments",
    "MedicationDispense": "dispenses",
    "MedicationRequest": "prescriptions",
    "ClaimResponse": "authorisations",
    "SupplyRequest": "supply requests",
    "DeviceRequest": "device requests",
    "Communication": "contacts",
    "Task": "tasks",
    "DocumentReference": "documents",
    "Schedule": "schedules",
    "Slot": "free times",
}


@dataclass(frozen=True, slots=True)
class CrmTold:
    """`reading(state)`, `sending(state)`: how they stand; `fresh(member_id)`: the cache has what
    the CRM says of a member now."""

    reading: Callable[[PullState], None]
    sending: Callable[[OutgoingState], None]
    fresh: Callable[[str], None]


class CrmLink:
    """Reads the CRM and sends it what is saved, from `start` to `stop`; does nothing where the
    settings name none."""

    def __init__(
        self,
        settings: Settings,
        store: StoreThread,
        deliver: Callable[[Callable[[], None]], None],
        told: CrmTold,
    ) -> None:
        self._worker: CrmWorker | None = None
        self._sending: Sending | None = None
        self._refresher: Refresher | None = None
        self._told = told
        self._started = False
        if settings.crm.server:
            connect = partial(_connect, settings, store)
            self._worker = CrmWorker(connect, float(settings.crm.interval), deliver, self._read)
            anew = partial(_connect_refreshing, settings, store)
            self._refresher = Refresher(anew, deliver, told.fresh)
        if settings.crm.server and settings.crm.send:
            out = partial(_connect_sending, settings, store)
            self._sending = Sending(out, deliver, told.sending, checkpoint_s=CHECKPOINT_S)
        self.outgoing = SqlOutgoing(
            store, self.wake, self.try_now, settings.data.region, settings.crm.member_system
        )
        """What waits to be sent; also where nothing is sent."""

    def start(self) -> None:
        """Call it whenever the cache has opened; the first call counts."""
        if self._worker is not None and not self._started:
            self._started = True
            self._worker.start()
            if self._refresher is not None:
                self._refresher.start()
            if self._sending is not None:
                self._sending.start()

    @property
    def sends(self) -> bool:
        return self._sending is not None

    def refresh(self, member_ids: Iterable[str]) -> None:
        """Read these members anew, when the CRM answers in time."""
        if self._refresher is not None and self._started:
            self._refresher.ask(member_ids)

    def wake(self) -> None:
        """Something was saved."""
        if self._sending is not None:
            self._sending.wake()

    def try_now(self) -> None:
        """Read and send without waiting for the next time."""
        if self._sending is not None:
            self._sending.try_now()
        if self._worker is not None:
            self._worker.read_now()

    def stop(self) -> None:
        """Before the store closes."""
        if self._refresher is not None and self._started:
            self._refresher.stop(STOP_S)
        if self._sending is not None and self._started:
            self._sending.stop(STOP_S)
        if self._worker is not None and self._started:
            self._worker.stop(STOP_S)

    def _read(self, state: PullState) -> None:
        if state.phase is PullPhase.CURRENT and self._sending is not None:
            # it answers: what was put off for its sake need not wait
            self._sending.server_is_back()
        self._told.reading(state)


def place_of(settings: Settings) -> CrmPlace:
    """Loads httpx: on no thread that a window waits for."""
    from ctidesk.crm.fhir.connect import CrmPlace

    crm = settings.crm
    return CrmPlace(
        server=crm.server,
        source=crm.name,
        region=settings.data.region,
        auth=crm.auth,
        client_id=crm.client_id,
        key_id=crm.key_id,
        token_url=crm.token_url,
        scopes=crm.scopes,
        kinds=crm.types,
        ca_file=crm.ca_file,
        member_system=crm.member_system,
        page=crm.page,
        whole_days=float(crm.full_days),
    )


def secret_name(crm: Crm) -> str:
    """Under which the key store keeps the token or private key of this CRM."""
    return f"crm {crm.server}"


def stored_secret(crm: Crm) -> str:
    """ "" when there is none. Raises `CrmProblem` crm_no_key_store."""
    from ctidesk.crm.fhir import problems

    try:
        return OsKeyStore().read(secret_name(crm)) or ""
    except KnownError:
        raise problems.no_key_store() from None


def _connect(
    settings: Settings, store: StoreThread, progress: Progress, stopped: Callable[[], bool]
) -> Rounds:
    from ctidesk.crm.fhir.connect import connect

    secret = partial(stored_secret, settings.crm)
    return connect(place_of(settings), secret, store, progress, stopped)


def _connect_sending(settings: Settings, store: StoreThread, stopped: Callable[[], bool]) -> Way:
    from ctidesk.crm.fhir.connect import connect_sending

    secret = partial(stored_secret, settings.crm)
    return connect_sending(place_of(settings), secret, store, _sealed, stopped)


def _connect_refreshing(
    settings: Settings, store: StoreThread, stopped: Callable[[], bool]
) -> Source:
    from ctidesk.crm.fhir.connect import connect_refreshing

    secret = partial(stored_secret, settings.crm)
    return connect_refreshing(place_of(settings), secret, store, stopped)


def _sealed(manifest: str) -> Sealed | None:
    """What proves a recording; None when its manifest is gone from this computer. SHA-1 because
    R4's Attachment.hash is one; what a verifier trusts is the signature inside."""
    from ctidesk.crm.fhir.call_resources import Sealed

    try:
        content = Path(manifest).read_bytes()
    except (OSError, ValueError):
        return None
    sha1 = base64.b64encode(hashlib.sha1(content, usedforsecurity=False).digest()).decode("ascii")
    return Sealed(len(content), sha1, hashlib.sha256(content).hexdigest())


def crm_indicator(state: PullState, name: str, time_of_day: Callable[[float], str]) -> Indicator:
    """How the status strip shows the CRM."""
    problem = None
    if state.problem is not None:
        problem = Problem(state.problem.text, state.problem.remedy)
    if state.phase is PullPhase.READING:
        word = f"{name}: {_so_far(state)}…"
        # nothing is wrong: in a full strip its words give way
        return Indicator("crm", "sync", word, Role.MUTED, _pace(state))
    if state.phase is PullPhase.FAILED:
        since = "" if state.since_wall is None else f" since {time_of_day(state.since_wall)}"
        passing = getattr(state.problem, "passing", False)
        word = f"{name} unreachable{since}" if passing else f"{name} not read{since}"
        word = f"{word}, showing what we have"
        tip = "" if problem is None else problem.text
        return Indicator("crm", "no_network", word, Role.DANGER, tip, problem)
    if state.phase is PullPhase.CURRENT:
        at = (
            "" if state.current_wall is None else f"Last read at {time_of_day(state.current_wall)}."
        )
        if problem is not None:
            word = f"{name}: not all is read"
            return Indicator("crm", "warning", word, Role.HOLD, problem.text, problem)
        return Indicator("crm", "check", f"{name} up to date", Role.READY, f"{at}{_odd(state)}")
    return Indicator("crm", "sync", f"{name} starting…", Role.MUTED)


def _so_far(state: PullState) -> str:
    things = _THINGS.get(state.kind, state.kind)
    if state.total is None:
        return f"{state.loaded:,} {things}"
    return f"{min(state.loaded, state.total):,} of {state.total:,} {things}"


def _pace(state: PullState) -> str:
    said = "Read for the first time; the desk works meanwhile."
    if state.rate:
        said += f" {state.rate:,.0f} a second."
    if state.remaining_s is not None:
        said += f" About {words.short_duration(state.remaining_s)} left."
    return said


def _odd(state: PullState) -> str:
    if not state.unreadable:
        return ""
    return f" {state.unreadable:,} entries could not be understood; the log names them."
