"""What web CRMs are told of the desk: calls and the agent's state, by ids and numbers only.

Runs in: desk process, Qt main thread (no Qt in here). Never names, notes or anything of the card
but its ids, and those only once the agent has opened it.
"""

from __future__ import annotations

from collections.abc import Callable

from ctidesk import __version__
from ctidesk.calls import events as ev
from ctidesk.calls.call import Call, Phase
from ctidesk.calls.desk import CallDesk, Change
from ctidesk.care.pop import ScreenPop
from ctidesk.web_api.messages import VERSION, Message

STATES = {
    Phase.OFFERED: "ringing",
    Phase.ANSWERING: "ringing",
    Phase.DIALLING: "dialling",
    Phase.RINGING: "dialling",
    Phase.TALKING: "connected",
    Phase.HOLDING: "connected",
    Phase.HELD: "held",
    Phase.RESUMING: "held",
    Phase.ENDED: "ended",
}
"""Holding and resuming count when the other side has confirmed them."""


class DeskEvents:
    """Tells `tell` each change once. `welcome` is the whole as it is now."""

    def __init__(
        self, desk: CallDesk, pop: ScreenPop, tell: Callable[[Message], None], may_dial: bool
    ) -> None:
        self._desk = desk
        self._pop = pop
        self._tell = tell
        self._may_dial = may_dial
        self._told: dict[str, Message] = {}
        self._agent: Message = self._agent_now()
        self.look()
        desk.subscribe(self._changed)
        pop.subscribe(lambda _call_id: self.look())

    def welcome(self) -> Message:
        return {
            "type": "welcome",
            "version": VERSION,
            "desk": f"ctidesk {__version__}",
            "may_dial": self._may_dial,
            "agent": self._agent["state"],
            "calls": list(self._told.values()),
        }

    def look(self) -> None:
        """Compare with what was told, and tell what is new."""
        now = {call.call_id: self._call(call) for call in self._desk.calls.values()}
        for call_id, before in list(self._told.items()):
            if call_id not in now:
                del self._told[call_id]
                if before["state"] != "ended":
                    self._tell({**before, "state": "ended"})
        for call_id, message in now.items():
            if self._told.get(call_id) != message:
                self._told[call_id] = message
                self._tell(message)
        agent = self._agent_now()
        if agent != self._agent:
            self._agent = agent
            self._tell(agent)

    # ----------------------------------------------------------------- private

    def _changed(self, change: Change) -> None:
        if not isinstance(change, ev.TELEMETRY):
            self.look()

    def _call(self, call: Call) -> Message:
        context = self._desk.context(call.call_id)
        card = self._pop.cards.get(call.call_id)
        return {
            "type": "call",
            "call_id": call.call_id,
            "state": STATES[call.phase],
            "direction": call.direction.value,
            "number": call.remote.number,
            "queue": call.routing.queue,
            "party": str(context.party),
            "consult_of": call.consult_of,
            "member_id": "" if card is None else card.member_id,
            "crm_id": "" if card is None else card.crm_id,
        }

    def _agent_now(self) -> Message:
        return {"type": "agent", "state": self._desk.agent.current.state.value}
