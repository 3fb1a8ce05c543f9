"""A network between two telephones that loses, delays and jitters what they say to each other.

Runs in: the test process, one thread per relay. SIP over UDP passes as it is, but for the ports in
its SDP: those become the relay's own, so that RTP and RTCP of both directions go through it.
"""

from __future__ import annotations

import heapq
import itertools
import random
import re
import select
import socket
import threading
import time
from dataclasses import dataclass

HOST = "127.0.0.1"
Address = tuple[str, int]
_AUDIO = re.compile(rb"^m=audio (\d+)", re.MULTILINE)
_RTCP = re.compile(rb"^a=rtcp:\d+", re.MULTILINE)
_LENGTH = re.compile(rb"^(Content-Length|l)\s*:\s*\d+", re.MULTILINE | re.IGNORECASE)


@dataclass
class Way:
    """What one direction does to a packet; may be changed at any time. `loss` 0..1 is of RTP alone,
    so that the reports about it arrive; delays in seconds, `jitter_s` the most that is added."""

    loss: float = 0.0
    delay_s: float = 0.0
    jitter_s: float = 0.0
    passed: int = 0
    lost: int = 0


@dataclass
class _Stream:
    """`receiver`: where what arrives on `inlet` is sent to, from `outlet`."""

    way: Way
    inlet: socket.socket
    outlet: socket.socket
    receiver: Address | None = None
    rtcp: bool = False


class Relay:
    """`port` is what the caller dials instead of the port of `callee`. One call at a time."""

    def __init__(self, callee: Address, seed: int = 1) -> None:
        self.to_callee, self.to_caller = Way(), Way()
        self._chance = random.Random(seed)
        self._callee = callee
        self._caller: Address | None = None
        self._caller_side, self._callee_side = _bound(), _bound()
        self.port = int(self._caller_side.getsockname()[1])
        # what is sent to the first pair comes from the callee, to the second from the caller
        (near_rtp, near_rtcp), (far_rtp, far_rtcp) = _pair(), _pair()
        self._from_callee = (
            _Stream(self.to_caller, near_rtp, far_rtp),
            _Stream(self.to_caller, near_rtcp, far_rtcp, rtcp=True),
        )
        self._from_caller = (
            _Stream(self.to_callee, far_rtp, near_rtp),
            _Stream(self.to_callee, far_rtcp, near_rtcp, rtcp=True),
        )
        self._due: list[tuple[float, int, _Stream, bytes]] = []
        self._order = itertools.count()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._thread.join(10)
        streams = (*self._from_callee, *self._from_caller)
        for each in (self._caller_side, self._callee_side, *(s.inlet for s in streams)):
            each.close()

    # ----------------------------------------------------------------- private

    def _run(self) -> None:
        streams = {s.inlet: s for s in (*self._from_callee, *self._from_caller)}
        sockets = [self._caller_side, self._callee_side, *streams]
        while not self._over.is_set():
            wait_s = 0.05
            if self._due:
                wait_s = min(wait_s, max(0.0, self._due[0][0] - time.monotonic()))
            for ready in select.select(sockets, [], [], wait_s)[0]:
                try:
                    packet, source = ready.recvfrom(65_536)
                except OSError:
                    continue  # an ICMP error of an end that has closed its port
                if ready in streams:
                    self._take(streams[ready], packet)
                else:
                    self._signal(ready, packet, source)
            while self._due and self._due[0][0] <= time.monotonic():
                _at, _order, stream, packet = heapq.heappop(self._due)
                if stream.receiver is not None:
                    stream.outlet.sendto(packet, stream.receiver)

    def _take(self, stream: _Stream, packet: bytes) -> None:
        way = stream.way
        if not stream.rtcp and self._chance.random() < way.loss:
            way.lost += 1
            return
        way.passed += not stream.rtcp
        at = time.monotonic() + way.delay_s + self._chance.uniform(0.0, way.jitter_s)
        heapq.heappush(self._due, (at, next(self._order), stream, packet))

    def _signal(self, side: socket.socket, message: bytes, source: Address) -> None:
        if side is self._caller_side:
            self._caller = source
            # the callee is to send to our first pair what the caller shall hear
            message = self._redirect(message, self._from_callee)
            self._callee_side.sendto(message, self._callee)
        elif self._caller is not None:
            message = self._redirect(message, self._from_caller)
            self._caller_side.sendto(message, self._caller)

    def _redirect(self, message: bytes, streams: tuple[_Stream, _Stream]) -> bytes:
        """Put the relay's ports in the place of those where the sender wants to hear."""
        head, gap, body = message.partition(b"\r\n\r\n")
        audio = _AUDIO.search(body)
        if audio is None:
            return message
        rtp, rtcp = streams
        port = int(audio[1])
        rtp.receiver, rtcp.receiver = (HOST, port), (HOST, port + 1)
        here = [each.inlet.getsockname()[1] for each in streams]
        body = _AUDIO.sub(b"m=audio %d" % here[0], body)
        body = _RTCP.sub(b"a=rtcp:%d" % here[1], body)
        head = _LENGTH.sub(rb"\1: %d" % len(body), head)
        return head + gap + body


def _bound(port: int = 0) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        made.bind((HOST, port))
    except OSError:
        made.close()
        raise
    return made


def _pair() -> tuple[socket.socket, socket.socket]:
    """RTP on an even port and RTCP on the next."""
    for _ in range(100):
        rtp = _bound()
        port = rtp.getsockname()[1]
        if port % 2 == 0:
            try:
                return rtp, _bound(port + 1)
            except OSError:
                pass
        rtp.close()
    raise OSError("no two ports in a row are free")
