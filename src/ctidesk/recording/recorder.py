"""The recorder process: reads both legs of one call from FIFOs and leaves sealed age segments.

Runs in: recorder process, its only thread.

    python -m ctidesk.recording.recorder --agent-fd N --caller-fd M

The first line on stdin is the JSON configuration (secrets come only there); `{"cmd": "stop"}` on a
further line seals at once, "pause" and "resume" are marked. The end of stdin means only that the
engine died: recording goes on until both FIFOs end. News go out as JSON lines on stdout. Exit code
0: sealed and signed.
"""

from __future__ import annotations

import os
import resource
import select
import signal
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ctidesk.recording.legs import LegPair, Pulse
from ctidesk.recording.manifest import Subject
from ctidesk.recording.pipes import AudioPipe, NewsPipe, OrderPipe
from ctidesk.recording.sealer import NoRecipient, Sealer
from ctidesk.recording.spool import CannotWrite

FIRST_SEGMENT_S = 1
SEGMENT_S = 10
WAKE_MS = 400
"""The FIFOs hold 32 s; nothing is gained by waking more often, and each wake costs CPU."""
CONFIGURED_WITHIN_S = 10.0
CLOSE_TRIES = 5


class Settings(NamedTuple):
    """What the engine says on the first line. `device_key` is the Ed25519 seed."""

    subject: Subject
    device_key: bytes
    spool: Path
    reserve_bytes: int


def settings_of(plain: dict[str, Any]) -> Settings:
    """Checked settings from the first line. Raises ValueError, without quoting anything."""
    try:
        subject = Subject(
            call_id=str(plain["call_id"]),
            agent=str(plain.get("agent", "")),
            policy=str(plain.get("policy", "")),
            rate=int(plain["rate"]),
            recipients=tuple(str(each) for each in list(plain["recipients"])),
            began_wall=float(plain["began_wall"]),
        )
        settings = Settings(
            subject,
            bytes.fromhex(plain["device_key"]),
            Path(plain["spool_dir"]),
            int(plain.get("reserve_bytes", 0)),
        )
    except (KeyError, TypeError, OverflowError):
        raise ValueError("settings") from None
    finite = abs(subject.began_wall) < 1e12
    if not 8000 <= subject.rate <= 48000 or len(settings.device_key) != 32 or not finite:
        raise ValueError("settings")
    return settings


class Recorder:
    """One recording from its first sample to the signed manifest."""

    def __init__(
        self, sealer: Sealer, rate: int, pipes: tuple[AudioPipe, AudioPipe], news: NewsPipe
    ) -> None:
        self._sealer = sealer
        self._rate = rate
        self._pipes = pipes
        self._news = news
        self._pair = LegPair(rate, sealer.gaps)
        self._pulse = Pulse(rate)
        self._sealed_once = False
        self._in_trouble = False
        self._paused = False
        self._silence = "no_audio"
        """Why no audio came, if none comes now."""

    @property
    def ended(self) -> bool:
        return all(pipe.ended for pipe in self._pipes)

    def take_in(self, now: float) -> None:
        """Read what came (`now`: seconds, monotonic) and seal every segment that is full."""
        left, right = (pipe.read() for pipe in self._pipes)
        missing, reason = self._pulse.missed(now, max(len(left), len(right)) // 2)
        if reason == "no_audio":
            self._skip(missing, self._silence)
        if left or right:
            self._silence = "paused" if self._paused else "no_audio"
        self._pair.left.feed(left)
        self._pair.right.feed(right)
        self._pair.left.ended, self._pair.right.ended = (pipe.ended for pipe in self._pipes)
        self._pair.balance(self._sealer.position)
        while self._pair.ready >= self._segment_frames():
            self._seal(self._segment_frames())
        if reason == "recorder_stalled":
            self._skip(missing, reason)
        self._news.flush()

    def obey(self, word: str, now: float) -> None:
        """ "pause" and "resume" mark the place on the timeline: meanwhile no audio comes, as the
        engine sends none."""
        self.take_in(now)
        if word == "pause" and not self._paused:
            self._paused, self._silence = True, "paused"
        elif word == "resume" and self._paused:
            self._paused = False
        else:
            return
        self._sealer.mark(word, self._sealer.position + self._pair.ready)

    def finish(self, closed_by: str) -> bool:
        """Seal the rest, sign, tell. False when the disk did not take the final manifest: then it
        stays open on the disk, and the desk closes it at its next start."""
        self._pair.left.ended = self._pair.right.ended = True
        self._pair.balance(self._sealer.position)
        if self._pair.ready:
            self._seal(self._pair.ready)
        for _ in range(CLOSE_TRIES):
            try:
                self._sealer.close(closed_by)
            except CannotWrite as problem:
                self._complain(problem)
                time.sleep(1.0)
            else:
                manifest = str(self._sealer.manifest)
                duration_s = self._sealer.position / self._rate
                self._news.tell(
                    "stopped", manifest=manifest, bytes=self._sealer.bytes, duration_s=duration_s
                )
                return True
        return False

    def _segment_frames(self) -> int:
        # One second also while the disk refuses: so little more is lost once it takes again.
        short = not self._sealed_once or self._in_trouble
        return self._rate * (FIRST_SEGMENT_S if short else SEGMENT_S)

    def _skip(self, frames: int, reason: str) -> None:
        if self._pair.ready:
            self._seal(self._pair.ready)
        self._sealer.skip(frames, reason)

    def _seal(self, frames: int) -> None:
        stereo = self._pair.take(frames)
        try:
            if self._sealer.manifest is None:
                self._sealer.open()
            sealed = self._sealer.seal(stereo)
        except CannotWrite as problem:
            self._complain(problem)
            self._sealer.skip(frames, "disk_full" if problem.full else "disk_error")
            return
        if not self._sealed_once or self._in_trouble:
            self._news.tell("started")
        self._sealed_once, self._in_trouble = True, False
        self._news.tell(
            "sealed",
            index=sealed.number,
            sha256=sealed.sha256,
            bytes=sealed.bytes,
            duration_s=sealed.duration_s,
        )

    def _complain(self, problem: CannotWrite) -> None:
        if not self._in_trouble:
            self._news.tell("failed", problem="disk_full" if problem.full else "cannot_start")
        self._in_trouble = True


def _configured(orders: OrderPipe) -> tuple[Settings | None, list[dict[str, Any]]]:
    """The settings, and orders that came in the same breath; None when there are none in time."""
    deadline = time.monotonic() + CONFIGURED_WITHIN_S
    while not orders.ended:
        left_s = deadline - time.monotonic()
        if left_s <= 0 or not select.select([orders.descriptor], [], [], left_s)[0]:
            break
        lines = orders.read()
        if lines:
            try:
                return settings_of(lines[0]), lines[1:]
            except ValueError:
                break
    return None, []


def _obey(recorder: Recorder, orders: list[dict[str, Any]]) -> list[str]:
    """Carry them out; ["stopped"] when one of them says so."""
    words = [order.get("cmd") for order in orders]
    for word in words:
        if word in ("pause", "resume"):
            recorder.obey(word, time.monotonic())
    return ["stopped"] if "stop" in words else []


def _record(
    recorder: Recorder, pipes: tuple[AudioPipe, AudioPipe], orders: OrderPipe, stopped: list[str]
) -> str:
    """Until the end; returns why it ended."""
    poll = select.poll()
    watched: dict[int, AudioPipe | OrderPipe] = {pipe.descriptor: pipe for pipe in pipes}
    for descriptor in watched:
        poll.register(descriptor, 0)  # only the hang-up wakes us, not every 20 ms of audio
    if not orders.ended:
        watched[orders.descriptor] = orders
        poll.register(orders.descriptor, select.POLLIN)
    while not stopped and not recorder.ended:
        for descriptor, event in poll.poll(WAKE_MS):
            if descriptor == orders.descriptor and event:
                stopped += _obey(recorder, orders.read())
            if descriptor != orders.descriptor or orders.ended:
                poll.unregister(descriptor)
        recorder.take_in(time.monotonic())
    return stopped[0] if stopped else "end_of_audio"


def _descriptors(arguments: list[str]) -> tuple[int, int]:
    pairs = dict(zip(arguments[::2], arguments[1::2], strict=False))
    return int(pairs["--agent-fd"]), int(pairs["--caller-fd"])


def _sealer(settings: Settings, news: NewsPipe) -> Sealer | None:
    try:
        key = Ed25519PrivateKey.from_private_bytes(settings.device_key)
        return Sealer(settings.subject, key, settings.spool, settings.reserve_bytes)
    except NoRecipient:
        news.tell("failed", problem="no_recipient")
    return None


def main(arguments: list[str] | None = None) -> int:
    """Record one call. Exit codes: 0 sealed and signed, 1 not started, 3 left open on the disk."""
    # A core file would hold the call's audio and the device key.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    stopped: list[str] = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: stopped.append("terminated"))
    news, orders = NewsPipe(1), OrderPipe(0)
    try:
        agent, caller = _descriptors(sys.argv[1:] if arguments is None else arguments)
        pipes = (AudioPipe(agent), AudioPipe(caller))
    except (KeyError, ValueError, OSError):
        news.tell("failed", problem="cannot_start")
        return 1
    settings, more = _configured(orders)
    if settings is None:
        news.tell("failed", problem="cannot_start")
        return 1
    sealer = _sealer(settings, news)
    if sealer is None:
        return 1
    try:
        sealer.open()
    except ValueError:
        news.tell("failed", problem="cannot_start")
        return 1
    except CannotWrite as problem:
        if not problem.full:
            news.tell("failed", problem="cannot_start")
            return 1
    recorder = Recorder(sealer, settings.subject.rate, pipes, news)
    stopped += _obey(recorder, more)
    closed_by = _record(recorder, pipes, orders, stopped)
    recorder.take_in(time.monotonic())
    return 0 if recorder.finish(closed_by) else 3


if __name__ == "__main__":
    # Nothing of value is left to tear down, and the interpreter's own end costs milliseconds.
    os._exit(main())
