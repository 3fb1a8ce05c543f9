"""The call desk: the one place of state of the running desk, changed by events only.

Runs in: desk process, Qt main thread (no Qt in here). `DeskActions` are the agent's intents,
`recall` brings back what an earlier desk left behind.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from ctidesk.calls import agent_events as ag, events as ev, phases
from ctidesk.calls.agent import DEVICE_LOST, NETWORK_LOST, AgentMachine
from ctidesk.calls.call import Call, Phase
from ctidesk.calls.errors import KnownError
from ctidesk.calls.lamps import LampState
from ctidesk.calls.numbers import same_line
from ctidesk.calls.ports import CallJournal, Clock, Done

log = logging.getLogger(__name__)

SOUND_LOST = (ev.Sound.GONE, ev.Sound.FAILED, ev.Sound.HANGS, ev.Sound.NO_DEVICE)
RANG_OUT_S = 15.0
"""An offer that rang this long unanswered makes the agent not ready (NO_ANSWER)."""


class EngineState(StrEnum):
    STARTING = "starting"
    READY = "ready"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class CallContext:
    """What the desk knows about a call that no engine knows."""

    party: str = ""
    party_by: str = ""
    member_id: str = ""
    verified: bool = False


@dataclass(frozen=True, slots=True)
class MissedCall:
    """An offer that ended unanswered. `called_back`: its number was dialled since, from the list
    or by hand."""

    call: Call
    called_back: bool = False

    def after(self, event: ev.AnyCallEvent) -> MissedCall:
        """What it is once `event` has happened, in the log of any desk."""
        if self.called_back or not isinstance(event, ev.CallDialled) or event.consult_of:
            return self
        later = event.t_wall >= self.call.began_wall
        return replace(
            self, called_back=later and same_line(event.remote.number, self.call.remote.number)
        )


Change = ev.DeskEvent | ag.AgentEvent | KnownError | None
"""What a listener is told: the event that changed something, a problem to show, or None for
"look again"."""
Listener = Callable[[Change], None]


class CallDesk:
    """All calls, the agent's state, registrations and the engine's state.

    Owner thread: the one that composed it. Listeners are called after the state has changed.
    """

    def __init__(self, clock: Clock, journal: CallJournal) -> None:
        self._clock = clock
        self._journal = journal
        self._listeners: list[Listener] = []
        self.calls: dict[str, Call] = {}
        """Live calls and those whose wrap-up is open, oldest first."""
        self.contexts: dict[str, CallContext] = {}
        self.wrap_ups: list[str] = []
        """call_ids whose code is not saved yet and whose conversation is over, oldest first."""
        self.missed: list[MissedCall] = []
        self.registrations: dict[str, ev.RegistrationChanged] = {}
        self.quality: dict[str, ev.QualityMeasured] = {}
        self.lamps: dict[str, LampState] = {}
        """By number as it is dialled."""
        self.sound: ev.SoundChanged | None = None
        """Of the engine that is there; None until it has said."""
        self.sound_levels: ev.SoundLevels | None = None
        self.engine = EngineState.STARTING
        self.engine_ready: ev.EngineReady | None = None
        self.agent = AgentMachine(clock)
        self.session_log: list[ag.LogEvent] | None = []
        """Every lifecycle event until `recall` has joined them with the stored log, then None."""

    # ---------------------------------------------------------------- reading

    @property
    def live(self) -> list[Call]:
        return [call for call in self.calls.values() if not call.ended]

    @property
    def current(self) -> Call | None:
        """The call of the call bar: the one that is talking, else connected, dialled, offered."""
        for wanted in (
            (Phase.TALKING, Phase.HOLDING, Phase.RESUMING),
            (Phase.DIALLING, Phase.RINGING),
            (Phase.HELD,),
            (Phase.ANSWERING, Phase.OFFERED),
        ):
            for call in self.live:
                if call.phase in wanted:
                    return call
        return None

    def consult_of(self, call_id: str) -> Call | None:
        """The live consultation leg about `call_id`."""
        return next((call for call in self.live if call.consult_of == call_id), None)

    def context(self, call_id: str) -> CallContext:
        return self.contexts.get(call_id, CallContext())

    # --------------------------------------------------------------- listening

    def subscribe(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def publish(self, change: Change) -> None:
        for listener in list(self._listeners):
            listener(change)

    # ------------------------------------------------------------------ events

    def handle(self, event: ev.DeskEvent, stored: Done[None] | None = None) -> None:
        """Take in one event of the engine or the supervisor. `stored` is called once the log has
        it (the engine may then forget it)."""
        if isinstance(event, ev.EngineLost):
            self.engine, self.engine_ready = EngineState.LOST, None
            self.lamps = dict.fromkeys(self.lamps, LampState.UNKNOWN)
            self.sound = self.sound_levels = None
        elif isinstance(event, ev.EngineReady):
            self.engine, self.engine_ready = EngineState.READY, event
        elif isinstance(event, ev.RegistrationChanged):
            self._registration(event)
        elif isinstance(event, ev.SoundChanged):
            self._sound(event)
        elif isinstance(event, ev.SoundLevels):
            self.sound_levels = event
        elif isinstance(event, ev.LampsChanged):
            self.lamps = {lamp.target: lamp.state for lamp in event.lamps}
        elif isinstance(event, ev.CallEvent):
            self._call_event(event, stored)
            # the event first: the look-up of a caller must not wait for the agent's state
            self.publish(event)
            if not isinstance(event, ev.TELEMETRY):
                self.follow()
            return
        if stored is not None:
            stored(None)
        self.publish(event)

    def attach(
        self,
        calls: Sequence[Call],
        registrations: Sequence[ev.RegistrationChanged],
        sound: ev.SoundChanged | None = None,
    ) -> None:
        """The engine's snapshot: its calls replace what was believed to be live."""
        finished = {key: call for key, call in self.calls.items() if call.ended}
        self.calls = finished | {call.call_id: call for call in calls if not call.ended}
        for registration in registrations:
            self._registration(registration)
        if sound is not None:
            self._sound(sound)
        self.follow()
        self.publish(None)

    def note(self, event: ag.AgentEvent) -> None:
        """Log and publish an event of the agent or the desk itself."""
        self.take_note(event)
        self._append(event, None)
        self.publish(event)

    def note_stored(self, event: ag.AgentEvent) -> None:
        """Publish an event that the journal has stored already."""
        if self.session_log is not None:
            self.session_log.append(event)
        self.publish(event)

    def follow(self) -> None:
        """Let the agent's state follow calls and wrap-ups."""
        change = self.agent.follow(self.calls.values(), self.wrap_ups)
        if change is not None:
            self.note(change)

    def forget(self, call_id: str) -> None:
        """The wrap-up of a call is saved: nothing of it is kept in memory."""
        if call_id in self.wrap_ups:
            self.wrap_ups.remove(call_id)
        self.calls.pop(call_id, None)
        self.contexts.pop(call_id, None)
        self.quality.pop(call_id, None)
        self.follow()

    # ----------------------------------------------------------------- private

    def _registration(self, event: ev.RegistrationChanged) -> None:
        self.registrations[event.account_id] = event
        lost = {ev.Registration.FAILED, ev.Registration.REFUSED}
        change = (
            self.agent.outage(NETWORK_LOST)
            if event.state in lost
            else self.agent.recovered(NETWORK_LOST)
            if event.state is ev.Registration.REGISTERED
            else None
        )
        if change is not None:
            self.note(change)

    def _sound(self, event: ev.SoundChanged) -> None:
        self.sound = event
        away = event.state in SOUND_LOST
        change = self.agent.outage(DEVICE_LOST) if away else self.agent.recovered(DEVICE_LOST)
        if change is not None:
            self.note(change)

    def _call_event(self, event: ev.AnyCallEvent, stored: Done[None] | None) -> None:
        if isinstance(event, ev.TELEMETRY):
            if isinstance(event, ev.QualityMeasured):
                self.quality[event.call_id] = event
            self._apply(event)
            return
        self._append(event, stored)
        if isinstance(event, ev.CallOffered | ev.CallDialled):
            if event.call_id not in self.calls:
                self.calls[event.call_id] = phases.begin(event)
            self.missed = [one.after(event) for one in self.missed]
        else:
            self._apply(event)
        if isinstance(event, ev.CallEnded):
            self._ended(event)

    def _apply(self, event: ev.AnyCallEvent) -> None:
        call = self.calls.get(event.call_id)
        if call is None:
            return
        try:
            self.calls[event.call_id] = phases.apply(call, event)
        except phases.ImpossibleEvent as error:
            # a duplicate after a re-attach, or a race on the wire: the state stays as it is
            log.info("ignored: %s", error)

    def _ended(self, event: ev.CallEnded) -> None:
        call = self.calls.get(event.call_id)
        if call is None or call.consult_of:
            self.calls.pop(event.call_id, None)
            return
        if call.answered_mono is not None:
            self.open_wrap_up(call)
            return
        self.calls.pop(call.call_id)
        self.contexts.pop(call.call_id, None)
        if call.direction == "inbound" and event.by != "local":
            self.missed.append(MissedCall(call))
            if event.t_mono - call.began_mono >= RANG_OUT_S:
                change = self.agent.missed_a_call()
                if change is not None:
                    self.note(change)

    def open_wrap_up(self, call: Call, begun: bool = False) -> None:
        """The conversation is over: after-call work begins at its very end (`begun`: the log
        says so already)."""
        self.calls[call.call_id] = call
        if call.call_id in self.wrap_ups:
            return
        self.wrap_ups.append(call.call_id)
        if begun:
            return
        ended = call.ended_mono if call.ended_mono is not None else self._clock.mono()
        self.note(
            ag.WrapUpStarted(
                call_id=call.call_id,
                t_mono=ended,
                t_wall=self._clock.wall() - (self._clock.mono() - ended),
            )
        )

    def take_note(self, event: ag.AgentEvent) -> None:
        """Keep what `event` says about its call, without logging it again."""
        if not isinstance(event, ag.PartySet | ag.MemberChosen | ag.IdentityChecked):
            return
        context = self.context(event.call_id)
        if isinstance(event, ag.PartySet):
            # who was verified as one party is not verified as another (R7)
            same = context.party == event.party
            context = replace(
                context,
                party=event.party,
                party_by=event.by,
                verified=context.verified and same,
            )
        elif isinstance(event, ag.MemberChosen):
            context = replace(context, member_id=event.member_id, verified=False)
        else:
            same = context.member_id == event.member_id
            context = replace(context, verified=event.verified and same)
        self.contexts[event.call_id] = context

    def _append(self, event: ag.LogEvent, stored: Done[None] | None) -> None:
        if self.session_log is not None:
            self.session_log.append(event)
        self._journal.append(event, stored)
