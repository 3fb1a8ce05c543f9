"""Which calls are recorded, and what becomes of their recorders.

Runs in: engine process, loop thread.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pjsua2 as pj

from ctidesk.calls import events as ev
from ctidesk.calls.commands import ConfigureRecording
from ctidesk.calls.errors import KnownError
from ctidesk.sip.engine.bridge import Bridge, agent_tap, caller_tap
from ctidesk.sip.engine.endpoint import SipEndpoint
from ctidesk.sip.engine.recording_pause import RecordingPauses
from ctidesk.sip.engine.tap import RecorderTap

if TYPE_CHECKING:
    from ctidesk.sip.engine.leg import Leg

log = logging.getLogger("ctidesk.engine")

RECORDER = "ctidesk.recording.recorder"
SEAL_S = 5.0
"""After the end of the audio a recorder has so long, then it is told, then it is killed."""
KILL_S = 20.0
_PROBLEMS = ("no_recipient", "disk_full", "recorder_died", "cannot_start")

Emit = Callable[..., None]


class Recording:
    """Begins a recording when a call's audio first runs, ends it with the call; a recorder that
    fails never costs the call. `emit` is the switchboard's."""

    def __init__(
        self, endpoint: SipEndpoint, bridge: Bridge, runtime: Path, module: str = RECORDER
    ) -> None:
        self.emit: Emit = _nobody
        self._endpoint = endpoint
        self._bridge = bridge
        self._runtime = runtime
        self._module = module
        self._config: ConfigureRecording | None = None
        self._running: dict[str, RecorderTap] = {}
        self._failed: set[str] = set()
        self.pauses = RecordingPauses(endpoint, bridge, self._emit)

    @property
    def count(self) -> int:
        """Recorders that have not finished."""
        return len(self._running)

    def configure(self, config: ConfigureRecording) -> None:
        """For calls that connect from now on. Raises `KnownError` for an unknown policy."""
        if config.policy not in ("required", "allowed", "forbidden"):
            raise KnownError(
                "bad_policy",
                "The recording policy must be required, allowed or forbidden.",
                "Correct the recording policy in the settings.",
            )
        self._config = config

    def check(self) -> None:
        """Raises `KnownError` when a call must be recorded and can't be."""
        config = self._config
        if config is not None and config.policy == "required" and not config.recipients:
            raise KnownError(
                "no_recording_key",
                "This call must be recorded, but no key for recordings is set up.",
                "Ask IT for the public recording key (age1…) and enter it in the settings.",
            )

    def begin(self, leg: Leg) -> None:
        """Tap the call, if the policy wants it."""
        config = self._config
        leg.recorded = False  # decided once, and a failure is told once, not at each hold
        if config is None or config.policy == "forbidden" or not config.recipients:
            return
        name = _free_name(Path(config.spool_dir), leg.call_id)
        tap = RecorderTap(
            self._runtime, leg.call_id, self._endpoint.post, lambda said: self._said(leg, tap, said)
        )
        order = {
            "call_id": name,
            "rate": self._endpoint.settings.clock_rate,
            "spool_dir": config.spool_dir,
            "recipients": list(config.recipients),
            "device_key": config.device_key,
            "agent": config.agent,
            "policy": config.policy,
            "reserve_bytes": config.reserve_bytes,
            "began_wall": time.time(),
        }
        try:
            tap.start([sys.executable, "-m", self._module], order)
        except (OSError, pj.Error) as fault:
            log.error("recording can't start: %s", type(fault).__name__)
            self.emit(ev.RecordingFailed, leg, problem="cannot_start")
            return
        leg.tap = tap
        self._running[leg.call_id] = tap
        self._bridge.attach(agent_tap(leg.call_id), tap.agent)
        self._bridge.attach(caller_tap(leg.call_id), tap.caller)
        if leg.recording_paused_s > 0:  # it was paused when an engine died
            paused_s, leg.recording_paused_s = leg.recording_paused_s, 0.0
            self.pauses.begin(leg, max(1.0, paused_s))

    def end(self, leg: Leg) -> None:
        """No more audio: let the recorder seal."""
        tap = leg.tap
        if tap is None:
            return
        leg.tap = None
        self.pauses.forget(leg.call_id)
        self._bridge.detach(agent_tap(leg.call_id))
        self._bridge.detach(caller_tap(leg.call_id))
        tap.close()
        self._endpoint.call_later(SEAL_S, tap.order_stop)
        self._endpoint.call_later(KILL_S, tap.kill)

    def _said(self, leg: Leg, tap: RecorderTap, said: Mapping[str, Any]) -> None:
        name, size = said.get("event"), _whole(said.get("bytes"))
        if self._running.get(leg.call_id) is not tap:
            return  # its end was told; a part of the call that follows has a recorder of its own
        if name == "started":
            self._failed.discard(leg.call_id)
            self.emit(ev.RecordingStarted, leg)
            self.pauses.started(leg)
        elif name == "grew":
            self.emit(ev.RecordingGrew, leg, recorded_bytes=size)
        elif name == "sealed":
            self.emit(
                ev.RecordingSegmentSealed,
                leg,
                index=_whole(said.get("index")),
                sha256=str(said.get("sha256", ""))[:64],
                recorded_bytes=size,
                duration_s=_seconds(said.get("duration_s")),
            )
        elif name == "stopped":
            self.emit(
                ev.RecordingStopped,
                leg,
                manifest=str(said.get("manifest", "")),
                recorded_bytes=size,
                duration_s=_seconds(said.get("duration_s")),
            )
            self._over(leg)
        elif name == "failed":
            # not the end: a recorder without space reads on, and says "started" again
            self._fail(leg, str(said.get("problem", "")))
        elif name == "exited":
            if leg.call_id not in self._failed:
                self._fail(leg, "recorder_died")
            self._over(leg)

    def _emit(self, *what: Any, **fields: Any) -> None:
        """`emit` as it is then: the switchboard comes later than the pauses."""
        self.emit(*what, **fields)

    def _fail(self, leg: Leg, problem: str) -> None:
        self._failed.add(leg.call_id)
        known = problem if problem in _PROBLEMS else "recorder_died"
        self.emit(ev.RecordingFailed, leg, problem=known)

    def _over(self, leg: Leg) -> None:
        self._running.pop(leg.call_id, None)
        self._failed.discard(leg.call_id)
        self.end(leg)


def _nobody(*_args: object, **_fields: object) -> None:
    """Until the switchboard is there."""


def _free_name(spool: Path, call_id: str) -> str:
    """`call_id`, or with a number when an earlier engine already recorded a part of the call."""
    name, count = call_id, 1
    while (spool / name).exists():
        count += 1
        name = f"{call_id}-{count}"
    return name


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _seconds(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
