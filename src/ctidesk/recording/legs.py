"""Two mono legs made one stereo timeline: waiting for the late one, filling what is lost.

Runs in: recorder process. Pure: no clock, no files; times come in as arguments.
"""

from __future__ import annotations

from typing import NamedTuple

WAV_HEADER_BYTES = 44
WAIT_S = 1.0
"""How far one leg may run ahead before the other is filled with silence."""
STEP_S = 0.25
"""pjsua2's writer hands over 125 ms at a time, so legs that keep step may differ by that much."""
SILENT_S = 1.0
MISSED_S = 0.5
MAX_GAPS = 500

SAMPLE_BYTES = 2


class Gap(NamedTuple):
    """A stretch of the timeline without true audio, in frames. `padded`: silence stands in the
    segments for it; else nothing was recorded at all."""

    begin: int
    frames: int
    legs: tuple[str, ...]
    reason: str
    padded: bool


class Gaps:
    """The gaps of a recording in order; neighbours of one kind are one gap, and never more than
    `MAX_GAPS` are kept (the last one then grows over what follows)."""

    def __init__(self) -> None:
        self.found: list[Gap] = []

    def add(self, gap: Gap) -> None:
        last = self.found[-1] if self.found else None
        if last is not None and last[2:] == gap[2:] and last.begin + last.frames == gap.begin:
            self.found[-1] = last._replace(frames=last.frames + gap.frames)
        elif last is not None and len(self.found) >= MAX_GAPS:
            end = max(last.begin + last.frames, gap.begin + gap.frames)
            self.found[-1] = Gap(last.begin, end - last.begin, last.legs, "several", False)
        else:
            self.found.append(gap)


class Leg:
    """The samples of one leg that wait for their partner."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.ended = False
        self.received = 0
        self._waiting = bytearray()
        self._header_left = WAV_HEADER_BYTES
        self._owed = 0
        self._since_pad = 0

    @property
    def frames(self) -> int:
        return len(self._waiting) // SAMPLE_BYTES

    def feed(self, chunk: bytes) -> None:
        """Bytes as they come from the FIFO: the WAV header first, then 16-bit samples, which may
        be torn anywhere."""
        if self._header_left:
            skipped = min(self._header_left, len(chunk))
            self._header_left -= skipped
            chunk = chunk[skipped:]
        before = self.frames
        self._waiting += chunk
        self.received += self.frames - before
        self._since_pad += self.frames - before

    def pad(self, frames: int) -> None:
        """Silence instead of samples that did not come in time."""
        torn = self._waiting[self.frames * SAMPLE_BYTES :]
        del self._waiting[self.frames * SAMPLE_BYTES :]
        self._waiting += bytes(frames * SAMPLE_BYTES) + torn
        self._owed += frames
        self._since_pad = 0

    def drop_late(self, ahead: int, step: int, proof: int) -> None:
        """Samples that came after all, once silence had taken their place, would push the leg out
        of step: as many are dropped. Keeping in step over `proof` frames settles the debt: then
        the samples were lost and not late."""
        if ahead > step and self._owed:
            late = min(self._owed, ahead)
            del self._waiting[: late * SAMPLE_BYTES]
            self._owed -= late
        elif abs(ahead) <= step and self._since_pad >= proof:
            self._owed = 0

    def take(self, frames: int) -> memoryview:
        taken = memoryview(bytes(self._waiting[: frames * SAMPLE_BYTES])).cast("h")
        del self._waiting[: frames * SAMPLE_BYTES]
        return taken


class LegPair:
    """Left (agent) and right (caller). The owner feeds both, then calls `balance`, then takes."""

    def __init__(self, rate: int, gaps: Gaps, names: tuple[str, str] = ("agent", "caller")) -> None:
        self.rate = rate
        self.left, self.right = Leg(names[0]), Leg(names[1])
        self._gaps = gaps

    @property
    def ready(self) -> int:
        """Frames for which both legs have samples."""
        return min(self.left.frames, self.right.frames)

    @property
    def received(self) -> int:
        """Frames that have come on the leg that is further."""
        return max(self.left.received, self.right.received)

    def balance(self, position: int) -> None:
        """Fill a leg that has ended or lags too far. `position`: timeline frame of the first
        waiting sample. Two legs that end within one step of the writer are no gap."""
        for lagging, leading in ((self.left, self.right), (self.right, self.left)):
            ahead = leading.frames - lagging.frames
            if not lagging.ended:
                leading.drop_late(ahead, int(STEP_S * self.rate), self.rate)
                ahead = leading.frames - lagging.frames
            if ahead <= 0 or (not lagging.ended and ahead <= WAIT_S * self.rate):
                continue
            reason = "leg_ended" if lagging.ended else "leg_lagged"
            if not (leading.ended and ahead <= STEP_S * self.rate):
                begin = position + lagging.frames
                self._gaps.add(Gap(begin, ahead, (lagging.name,), reason, True))
            lagging.pad(ahead)

    def take(self, frames: int) -> bytes:
        """Interleaved stereo, 16 bit."""
        stereo = bytearray(frames * 2 * SAMPLE_BYTES)
        view = memoryview(stereo).cast("h")
        view[0::2] = self.left.take(frames)
        view[1::2] = self.right.take(frames)
        return bytes(stereo)


class Pulse:
    """Says when audio of both legs is missing on the clock: neither came, or the pipes ran over
    while the recorder itself was held up."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._woke: float | None = None
        self._gained: float | None = None

    def missed(self, now: float, frames: int) -> tuple[int, str]:
        """`frames` came in by now (seconds, monotonic). Returns (frames missing, reason), reason
        "no_audio" (missing before these frames) or "recorder_stalled" (missing after them)."""
        woke, self._woke = self._woke, now
        if frames <= 0:
            return 0, ""
        gained, self._gained = self._gained, now
        if gained is None or woke is None or now - gained <= SILENT_S:
            return 0, ""
        missing = now - gained - frames / self._rate
        if missing <= MISSED_S:
            return 0, ""
        return int(missing * self._rate), "recorder_stalled" if now - woke > 2.0 else "no_audio"
