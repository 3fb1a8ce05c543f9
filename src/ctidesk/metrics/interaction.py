"""The finished call as it goes to the CRM, from its log and the draft.

Runs in: desk process, Qt main thread. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ctidesk.calls import agent_events as agent, events as ev
from ctidesk.calls.agent_events import LogEvent
from ctidesk.calls.call import Direction
from ctidesk.calls.errors import BugError
from ctidesk.calls.line_quality import LineRecord
from ctidesk.calls.ports import Interaction, WrapUpDraft
from ctidesk.metrics.handle_time import CallTimeline


class UnfinishedCall(BugError):
    """The log does not tell of the call's beginning, its end, or a saved code."""


@dataclass(slots=True)
class _Facts:
    """The events that the interaction is made of: the earliest of each kind, the latest saving."""

    began: ev.CallOffered | ev.CallDialled | None = None
    answered: ev.CallAnswered | None = None
    ended: ev.CallEnded | None = None
    wrap_up: agent.WrapUpStarted | None = None
    saved: agent.WrapUpSaved | None = None
    chosen: agent.MemberChosen | None = None
    checks: list[agent.IdentityChecked] = field(default_factory=list)
    parties: list[agent.PartySet] = field(default_factory=list)
    manifest: str = ""

    def add(self, event: LogEvent) -> None:
        match event:
            case ev.CallOffered() | ev.CallDialled():
                self.began = self.began or event
            case ev.CallAnswered() if self.answered is None or event.t_mono < self.answered.t_mono:
                self.answered = event
            case ev.CallEnded() if self.ended is None or event.t_mono < self.ended.t_mono:
                self.ended = event
            case agent.WrapUpStarted():
                self.wrap_up = self.wrap_up or event
            case agent.WrapUpSaved() if self.saved is None or event.t_mono >= self.saved.t_mono:
                self.saved = event
            case agent.MemberChosen() if self.chosen is None or event.t_mono >= self.chosen.t_mono:
                self.chosen = event
            case agent.IdentityChecked():
                self.checks.append(event)
            case agent.PartySet():
                self.parties.append(event)
            case ev.RecordingStopped():
                self.manifest = event.manifest

    def verified(self, member_id: str) -> bool:
        """The last word of the check of this member. It does not outlive the party that it was
        made for: once corrected, the caller has to be checked again."""
        own = [each for each in self.checks if each.member_id == member_id]
        if not member_id or not own:
            return False
        last = max(own, key=lambda each: each.t_mono)
        parties = sorted(self.parties, key=lambda each: each.t_mono)
        then = [each.party for each in parties if each.t_mono <= last.t_mono]
        return last.verified and (not then or then[-1] == parties[-1].party)

    def ended_wall(self) -> float:
        ends = [each for each in (self.ended, self.wrap_up) if each is not None]
        if not ends:
            raise UnfinishedCall("the log tells of no end of the call")
        return min(ends, key=lambda each: each.t_mono).t_wall


def build_interaction(
    call_id: str, log: Iterable[LogEvent], draft: WrapUpDraft, agent_name: str
) -> Interaction:
    """The interaction of `call_id`; `log` may hold other calls' events too. `draft` is the text
    as it was saved, code and party come from the log. Raises `UnfinishedCall`.

    A withheld number stays withheld, whatever a trusted peer asserted about it.
    """
    facts, timeline = _Facts(), CallTimeline(call_id)
    consults: dict[str, LineRecord | None] = {}
    for event in log:
        if event.call_id == call_id:
            facts.add(event)
            timeline.add(event)
        elif isinstance(event, ev.CallDialled) and event.consult_of == call_id:
            consults.setdefault(event.call_id, None)
        elif isinstance(event, ev.CallEnded) and event.call_id in consults:
            consults[event.call_id] = event.line
    began, saved = facts.began, facts.saved
    if began is None or saved is None:
        raise UnfinishedCall("the log tells of no beginning or no saved code")
    times = timeline.at(saved.t_mono)
    inbound = isinstance(began, ev.CallOffered)
    member_id = draft.member_id or (facts.chosen.member_id if facts.chosen else "")
    return Interaction(
        call_id=call_id,
        direction=(Direction.INBOUND if inbound else Direction.OUTBOUND).value,
        number="" if began.remote.withheld else began.remote.number,
        queue=began.routing.queue if isinstance(began, ev.CallOffered) else "",
        account_id=began.account_id,
        agent=agent_name,
        member_id=member_id,
        party=saved.party,
        verified=facts.verified(member_id),
        code=saved.code,
        note=draft.note,
        follow_up=draft.follow_up,
        began_wall=began.t_wall,
        answered_wall=facts.answered.t_wall if facts.answered else None,
        ended_wall=facts.ended_wall(),
        saved_wall=saved.t_wall,
        dial_s=times.dial_s,
        talk_s=times.talk_s,
        hold_s=times.hold_s,
        wrap_up_s=times.wrap_up_s,
        end_code=facts.ended.code if facts.ended else 0,
        coded_by=saved.by,
        recording_manifest=facts.manifest,
        line=facts.ended.line if facts.ended else None,
        consult_lines=tuple(line for line in consults.values() if line is not None),
    )
