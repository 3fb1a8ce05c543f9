"""The engine as the desk sees it: commands out, events in, and a mirror of its calls.

Runs in: desk process. `open` and `close` on the supervisor thread; everything that the listeners
see is handed through `deliver` and runs on the desk's own thread (Qt main), in order.
"""

from __future__ import annotations

import dataclasses
import logging
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from ctidesk.calls import phases
from ctidesk.calls.call import Call, Phase
from ctidesk.calls.codec import MalformedMessage
from ctidesk.calls.commands import AcknowledgeEvents, Command
from ctidesk.calls.errors import KnownError
from ctidesk.calls.events import (
    CallDialled,
    CallEnded,
    CallEvent,
    CallOffered,
    DeskEvent,
    EngineEvent,
    EngineReady,
)
from ctidesk.calls.ports import Clock, Done
from ctidesk.sip.attachment import MOST_LOGGED, Attachment, Timing
from ctidesk.sip.channel_errors import engine_lost
from ctidesk.sip.protocol import Envelope, Kind, Snapshot, event_of

log = logging.getLogger(__name__)

Deliver = Callable[[Callable[[], None]], None]
First = tuple[Command, Done[None]]
Numbered = tuple[int, EngineEvent]


def nobody(*_: object) -> None:
    """Listener of a client that has none yet."""


class EngineClient:
    """Implements `calls.ports.Telephony`. Set the listeners before `open`.

    - `on_event(event, seq)`: `seq` counts up over the life of this client, also across engines;
      0 for telemetry and for what the desk minted itself. Acknowledge what is stored.
    - `on_missed(events)`: what an engine did while no desk was there, for the log.
    - `on_snapshot(snapshot)`: the calls now; replaces whatever the listener believed.
    - `on_lost(reason)`: "closed" (the process ended or dropped us), "silent" or "gap".
    - `on_orphans(calls, same_engine)`: live calls of ours that the attached engine doesn't know.
    - `translate(event)`: may change or swallow (None) an engine's event before it counts.
    """

    def __init__(
        self, runtime: Path, deliver: Deliver, clock: Clock, timing: Timing | None = None
    ) -> None:
        self.on_event: Callable[[DeskEvent, int], None] = nobody
        self.on_missed: Callable[[Sequence[EngineEvent]], None] = nobody
        self.on_snapshot: Callable[[Snapshot], None] = nobody
        self.on_lost: Callable[[str], None] = nobody
        self.on_orphans: Callable[[Sequence[Call], bool], None] = nobody
        self.translate: Callable[[EngineEvent], EngineEvent | None] = lambda event: event
        self.gone = threading.Event()
        """Set while no engine is attached: what a supervisor's thread waits for."""
        self.gone.set()
        self.dropped: Counter[str] = Counter()
        """Messages that were malformed or impossible, by name."""
        self._runtime = runtime
        self._deliver = deliver
        self._clock = clock
        self._timing = timing or Timing()
        self._attachment: Attachment | None = None
        self._closed = False
        # the desk thread's own: what it has been told so far, which may trail the attachment
        self._current: Attachment | None = None
        self._calls: dict[str, Call] = {}
        self._ended_at: dict[str, int] = {}
        self._engine_id = ""
        self._seq = 0  # last event seen of this engine
        self._base = 0  # what the numbers of earlier engines add up to

    # --- supervisor thread ---

    def open(self, first: Sequence[First] = ()) -> Attachment:
        """Attach to the engine that listens in the runtime folder and send `first` before the
        desk's thread can send anything. Blocks. Raises `KnownError`."""
        self._release()
        attachment = Attachment.open(self._runtime, self._timing)
        self._attachment = attachment
        self._closed = False
        for command, done in first:
            self.send(command, done)
        self.gone.clear()
        self._deliver(lambda: self._attached(attachment))
        attachment.start(_Inbox(self, attachment))
        return attachment

    def last_word(self, command: Command, timeout_s: float) -> bool:
        """Send `command` and wait until the engine answered it or went away; False when no engine
        was there to hear it."""
        heard = threading.Event()
        attachment = self._attachment
        if attachment is not None:
            attachment.ask(command, lambda _: heard.set())
            heard.wait(timeout_s)
        return attachment is not None

    def close(self) -> None:
        """Detach without a word to the listeners; queued commands are still sent."""
        self._closed = True
        self._release()
        self.gone.set()

    def _release(self) -> None:
        attachment, self._attachment = self._attachment, None
        if attachment is not None:
            attachment.close()

    # --- any thread ---

    def send(self, command: Command, done: Done[None] | None = None) -> None:
        """See `Telephony.send`. Never blocks."""

        def answered(refusal: KnownError | None) -> None:
            if done is not None:
                self._deliver(lambda: done(refusal))

        attachment = self._attachment
        if attachment is None:
            answered(engine_lost())
        else:
            attachment.ask(command, answered)

    # --- desk thread ---

    def calls(self) -> Sequence[Call]:
        """Oldest first; an ended call stays until its end is acknowledged."""
        return sorted(self._calls.values(), key=lambda call: call.began_mono)

    def acknowledge(self, seq: int) -> None:
        """All events up to `seq` are stored; the engine may forget them."""
        for call_id in [each for each, ended in self._ended_at.items() if ended <= seq]:
            del self._ended_at[call_id]
            self._calls.pop(call_id, None)
        # to the engine that numbered them, never to one that has just taken its place
        if self._current is not None and self._base < seq <= self._base + self._seq:
            self._current.ask(AcknowledgeEvents(seq=seq - self._base), nobody)

    def mint(self, event: DeskEvent) -> None:
        """An event that the desk itself knows: applied and told like an engine's, with seq 0."""
        self._tell(event, 0)

    def _attached(self, attachment: Attachment) -> None:
        if self._closed:
            return
        self._current = attachment
        snapshot = attachment.snapshot
        unseen = self._decoded(snapshot)
        same_engine = snapshot.engine_id == self._engine_id
        if same_engine:
            for seq, event in unseen:
                if seq > self._seq:
                    self._arrived(event, seq)
        else:
            self._base += self._seq
            self._engine_id = snapshot.engine_id
            self.on_missed([event for _, event in unseen])
        self._seq = snapshot.seq
        self._calls.update((call.call_id, call) for call in snapshot.calls)
        for call in snapshot.calls:
            if call.ended:
                self._ended_at[call.call_id] = self._base + snapshot.seq
        self.on_snapshot(
            dataclasses.replace(snapshot, seq=self._base + snapshot.seq, calls=tuple(self.calls()))
        )
        self._tell(self._ready(attachment), 0)
        known = {call.call_id for call in snapshot.calls}
        orphans = [call for call in self.calls() if not call.ended and call.call_id not in known]
        self.on_orphans(orphans, same_engine)

    def _ready(self, attachment: Attachment) -> EngineReady:
        hello = attachment.hello
        return EngineReady(
            t_mono=self._clock.mono(),
            t_wall=self._clock.wall(),
            pid=hello.pid,
            build=hello.build,
            has_sound=hello.has_sound,
            resumed_calls=sum(not call.ended for call in attachment.snapshot.calls),
        )

    def _decoded(self, snapshot: Snapshot) -> list[Numbered]:
        good: list[Numbered] = []
        for each in snapshot.unacknowledged:
            try:
                good.append((each.seq, event_of(each.name, each.body)))
            except MalformedMessage:
                self._drop("malformed")
        return good

    def _arrived(self, event: EngineEvent, seq: int) -> None:
        if self._closed:
            return
        if seq:
            self._seq = seq
        translated = self.translate(event)
        if translated is not None:
            self._tell(translated, self._base + seq if seq else 0)

    def _lost(self, reason: str) -> None:
        if not self._closed:
            self.on_lost(reason)

    def _tell(self, event: DeskEvent, seq: int) -> None:
        if isinstance(event, CallEvent) and not self._apply(event, seq):
            self._drop(type(event).__name__)
            return
        self.on_event(event, seq)

    def _apply(self, event: CallEvent, seq: int) -> bool:
        call = self._calls.get(event.call_id)
        try:
            if isinstance(event, CallOffered | CallDialled):
                if call is not None:
                    return False
                self._calls[event.call_id] = phases.begin(event)
            elif call is None:
                # sealing a recording may outlive the acknowledged end of its call
                return Phase.ENDED in phases.TABLE.get(type(event), {})
            else:
                self._calls[event.call_id] = phases.apply(call, event)
        except phases.ImpossibleEvent:
            return False
        if isinstance(event, CallEnded):
            self._ended_at[event.call_id] = seq
        return True

    def _drop(self, name: str) -> None:
        self.dropped[name] += 1
        if self.dropped.total() <= MOST_LOGGED:
            log.warning("dropped an event that cannot be: %s", name)


class _Inbox:
    """Decodes on the reader thread, checks the numbering, hands over to the desk's thread."""

    def __init__(self, client: EngineClient, attachment: Attachment) -> None:
        self._client = client
        self._attachment = attachment
        self._seq = attachment.snapshot.seq
        self._gap = False

    def take(self, envelope: Envelope) -> None:
        seq = envelope.seq if envelope.kind is Kind.EVENT else 0
        if self._gap or (seq and seq <= self._seq):
            return
        if seq > self._seq + 1:
            # something is missing: only a new snapshot can tell what
            self._gap = True
            self._attachment.shut()
            return
        self._seq = max(self._seq, seq)
        event = event_of(envelope.name, envelope.body)
        client = self._client
        client._deliver(lambda: client._arrived(event, seq))

    def lost(self, reason: str) -> None:
        client, attachment = self._client, self._attachment
        why = "gap" if self._gap else reason
        client._deliver(lambda: client._lost(why))
        if client._attachment is attachment:
            client.gone.set()
