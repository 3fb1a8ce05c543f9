"""What is done with one message of the outbox: the resource that it becomes, and how it gets to the
CRM exactly once however often it is tried.

Runs in: desk process, the CRM's sending thread. A create is conditional (`If-None-Exist`), and a
repeated one looks first, since not every server heeds the condition. An update is written over the
version that was just read (`If-Match`), and a repeated one finds that it is there already.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ctidesk.crm import outbox, queueing
from ctidesk.crm.checkpoint_message import CHECKPOINT
from ctidesk.crm.corrections_sql import CHANGE
from ctidesk.crm.fhir import call_resources as made, changes, exact, problems
from ctidesk.crm.fhir.call_resources import Resource, Sealed, Whom
from ctidesk.crm.fhir.client import FhirClient, Kept
from ctidesk.crm.fhir.page_writer import StoreLine
from ctidesk.crm.fhir.pages import NotJson
from ctidesk.crm.fhir.schedule import CALL_SYSTEM
from ctidesk.crm.fhir.whom import key_now
from ctidesk.crm.outbox import Message
from ctidesk.crm.requests_sql import REQUEST

log = logging.getLogger(__name__)


_TRIES = 4
"""Of one update whose resource somebody else changes all the time."""
_IDENTIFIED_BY = {
    queueing.CALL: ("Communication", CALL_SYSTEM),
    queueing.FOLLOW_UP: ("Task", made.TASK_SYSTEM),
    queueing.RECORDING: ("DocumentReference", made.RECORDING_SYSTEM),
}


class Contradicted(problems.Conflict):
    """Both sides changed the same field. `theirs`: what the CRM has, by field."""

    def __init__(self, theirs: Mapping[str, str]) -> None:
        super().__init__()
        self.theirs = dict(theirs)


@dataclass(frozen=True, slots=True)
class Wiring:
    """`member_system`: of members' numbers; `sealed(path)`: what proves the recording of this
    manifest, None when it is gone."""

    client: FhirClient
    line: StoreLine
    member_system: str = ""
    sealed: Callable[[str], Sealed | None] = field(default=lambda _: None)


class Sender:
    """`send` blocks, and raises `CrmProblem` (`Contradicted` among them) when it did not work."""

    def __init__(self, wiring: Wiring) -> None:
        self._client = wiring.client
        self._line = wiring.line
        self._wiring = wiring
        self._is_r4 = False

    def send(self, message: Message) -> Kept:
        """What the CRM has now because of `message`."""
        if not self._is_r4:
            # what is written for R4 must not land in a server of another version
            self._client.server()
            self._is_r4 = True
        if message.kind == CHANGE:
            return self._change(message)
        resource, search = self._resource(message)
        if message.attempts > 1:
            kept = self._client.find(resource["resourceType"], dict([search.split("=", 1)]))
            if kept is not None:
                return kept
        try:
            return self._client.create(resource, search)
        except problems.Conflict:
            raise problems.doubled(resource["resourceType"]) from None

    # ----------------------------------------------------------------- private

    def _resource(self, message: Message) -> tuple[Resource, str]:
        """(what is created, the search that finds it)."""
        body = message.body
        if message.kind == CHECKPOINT:
            tag = f"_tag={made.MESSAGE_SYSTEM}|{message.key}"
            return made.checkpoint(body, message.key), tag
        whom = self._whom(body)
        if message.kind == REQUEST:
            kind = str(body["resource"]["resourceType"])
            search = f"identifier={made.MESSAGE_SYSTEM}|{message.subject_id}"
            return _about(body["resource"], kind, whom, message.subject_id), search
        kind, system = _IDENTIFIED_BY[message.kind]
        search = f"identifier={system}|{message.subject_id}"
        if message.kind == queueing.CALL:
            return made.communication(body, whom), search
        call = self._line.ask(lambda c: outbox.remote_of(c, queueing.CALL, str(body["call_id"])))
        if message.kind == queueing.FOLLOW_UP:
            return made.follow_up(body, whom, call), search
        sealed = self._wiring.sealed(str(body["manifest"]))
        return made.document(body, whom, call, sealed), search

    def _whom(self, body: Mapping[str, Any]) -> Whom:
        member_id, kept = str(body.get("member_id", "")), str(body.get("patient", ""))
        key = self._line.ask(lambda c: key_now(c, member_id, kept))
        return Whom(key, member_id, self._wiring.member_system)

    def _change(self, message: Message) -> Kept:
        kind, _, fhir_id = str(message.body["resource"]).partition("/")
        wanted = changes.changes_of(message.body)
        for _ in range(_TRIES):
            now = self._client.read(kind, fhir_id)
            verdict = changes.judge(now.resource, wanted)
            if verdict.clashes:
                raise Contradicted(verdict.clashes)
            if not verdict.due:
                return now
            try:
                whole = exact.parse(now.raw)
            except NotJson:
                raise problems.unreadable("the server") from None
            changes.apply(whole, verdict.due)
            try:
                return self._client.update(whole, now.version)
            except problems.Conflict:
                log.info("a resource was changed while it was being changed: it is read again")
        raise problems.busy(kind)


_WHO = {"MedicationRequest": "subject", "SupplyRequest": "deliverTo", "DeviceRequest": "subject"}


def _about(resource: Mapping[str, Any], kind: str, whom: Whom, subject_id: str) -> Resource:
    """A request that the desk made, with its identifier and the member as the CRM knows them."""
    own = {"system": made.MESSAGE_SYSTEM, "value": subject_id}
    found = {**resource, "identifier": [own]}
    if kind in _WHO and whom.reference:
        found[_WHO[kind]] = whom.reference
    return found
