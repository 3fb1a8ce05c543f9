"""Calls as pjsua2 has them: each callback is copied into plain values and told to its sink.

Runs in: engine process, loop thread. Nothing of pjsua2 leaves through a sink, and no exception
goes back into native code.
"""

from __future__ import annotations

import re
import time
import weakref
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

import pjsua2 as pj

from ctidesk.sip.engine.addresses import host_of
from ctidesk.sip.engine.faults import guarded
from ctidesk.sip.engine.limits import RETRY_AFTER_S, RULES, Bucket, Kind
from ctidesk.sip.engine.stream_figures import StreamFigures, totals_of


class State(StrEnum):
    INCOMING = "incoming"
    CALLING = "calling"
    EARLY = "early"
    CONNECTING = "connecting"
    CONFIRMED = "confirmed"
    DISCONNECTED = "disconnected"
    NULL = "null"


class MediaStatus(StrEnum):
    NONE = "none"
    ACTIVE = "active"
    LOCAL_HOLD = "local_hold"
    REMOTE_HOLD = "remote_hold"
    ERROR = "error"


STATES = {
    pj.PJSIP_INV_STATE_INCOMING: State.INCOMING,
    pj.PJSIP_INV_STATE_CALLING: State.CALLING,
    pj.PJSIP_INV_STATE_EARLY: State.EARLY,
    pj.PJSIP_INV_STATE_CONNECTING: State.CONNECTING,
    pj.PJSIP_INV_STATE_CONFIRMED: State.CONFIRMED,
    pj.PJSIP_INV_STATE_DISCONNECTED: State.DISCONNECTED,
    pj.PJSIP_INV_STATE_NULL: State.NULL,
}
MEDIA = {
    pj.PJSUA_CALL_MEDIA_NONE: MediaStatus.NONE,
    pj.PJSUA_CALL_MEDIA_ACTIVE: MediaStatus.ACTIVE,
    pj.PJSUA_CALL_MEDIA_LOCAL_HOLD: MediaStatus.LOCAL_HOLD,
    pj.PJSUA_CALL_MEDIA_REMOTE_HOLD: MediaStatus.REMOTE_HOLD,
    pj.PJSUA_CALL_MEDIA_ERROR: MediaStatus.ERROR,
}


class CallSeen(NamedTuple):
    """A step of the INVITE session. `from_network`: a message of the peer made it, not a timer,
    a broken transport or ourselves; `message` is that message."""

    state: State
    code: int
    reason: str
    from_network: bool
    sip_call_id: str
    remote_contact: str
    local_uri: str
    message: bytes


@dataclass(frozen=True, slots=True)
class MediaSeen:
    """The audio stream. `codec` is "" while no stream runs: an inactive one on hold has none.
    `encrypted` is True only while SRTP is active in it."""

    status: MediaStatus
    index: int = -1
    codec: str = ""
    encrypted: bool = False


class TransactionSeen(NamedTuple):
    """A transaction of the call moved. `message` is what came or left, b"" for timers."""

    method: str
    ours: bool
    code: int
    final: bool
    message: bytes
    received: bool


class CallSink(Protocol):
    """Who is told what happened to a native call, within the callback: be quick, never block."""

    def call_state(self, native: NativeCall, seen: CallSeen) -> None: ...

    def media_state(self, native: NativeCall, seen: MediaSeen) -> None: ...

    def transaction(self, native: NativeCall, seen: TransactionSeen) -> None: ...

    def digit_received(self, digit: str) -> None: ...

    def transfer_status(self, code: int, reason: str, final: bool) -> None: ...

    def stream_ended(self, figures: StreamFigures) -> None: ...

    def transfer_requested(self, target: str) -> tuple[int, NativeCall | None]:
        """The peer asks us (REFER) to call `target`: the answer's code and, for a 2xx, the new
        call."""
        ...

    def replacement_wanted(self, request: bytes) -> NativeCall | None:
        """An INVITE with Replaces for this call: the native call that takes its place."""
        ...


class NativeCall(pj.Call):  # type: ignore[misc]  # pjsua2 has no types
    """One pjsua2 call. Its sink is held weakly, so that the owner decides its life alone."""

    def __init__(self, account: Any, sink: CallSink, native_id: int = -1) -> None:
        super().__init__(account, native_id)
        self._sink = weakref.ref(sink)
        self._redirected = False
        self.request_source = ""
        """IP address that the last INVITE with Replaces came from."""
        self._reinvites = Bucket(RULES[Kind.REINVITE].each, time.monotonic())

    # -- callbacks -----------------------------------------------------------------------------
    @guarded()
    def onCallState(self, prm: Any) -> None:
        sink = self._sink()
        if sink is not None:
            sink.call_state(self, self._seen(prm.e))

    @guarded()
    def onCallMediaState(self, prm: Any) -> None:
        sink = self._sink()
        if sink is not None:
            sink.media_state(self, self.media_seen())

    @guarded()
    def onCallTsxState(self, prm: Any) -> None:
        sink = self._sink()
        if sink is None or prm.e.type != pj.PJSIP_EVENT_TSX_STATE:
            return
        event = prm.e.body.tsxState
        received, sent = (
            event.type == pj.PJSIP_EVENT_RX_MSG,
            event.type == pj.PJSIP_EVENT_TX_MSG,
        )
        text = event.src.rdata.wholeMsg if received else event.src.tdata.wholeMsg if sent else ""
        tsx = event.tsx
        seen = TransactionSeen(
            method=str(tsx.method),
            ours=tsx.role == pj.PJSIP_ROLE_UAC,
            code=int(tsx.statusCode),
            final=tsx.state == pj.PJSIP_TSX_STATE_COMPLETED
            # half a minute after a refusal its transaction ends: no news, and it must not pass for
            # the answer to a later request
            or (
                tsx.state == pj.PJSIP_TSX_STATE_TERMINATED
                and event.prevState != pj.PJSIP_TSX_STATE_COMPLETED
            ),
            message=text.encode("utf-8", "surrogateescape"),
            received=received,
        )
        sink.transaction(self, seen)

    @guarded()
    def onCallRxReinvite(self, prm: Any) -> None:
        # our own build has turned a storm away long before
        if not self._reinvites.take(time.monotonic()):
            prm.statusCode = 500

    @guarded()
    def onDtmfDigit(self, prm: Any) -> None:
        sink = self._sink()
        if sink is not None:
            sink.digit_received(str(prm.digit)[:1])

    @guarded()
    def onCallTransferStatus(self, prm: Any) -> None:
        sink = self._sink()
        if sink is not None:
            sink.transfer_status(int(prm.statusCode), str(prm.reason), bool(prm.finalNotify))

    @guarded()
    def onStreamDestroyed(self, prm: Any) -> None:
        sink = self._sink()
        if sink is not None:
            sink.stream_ended(self.figures(int(prm.streamIdx)))

    @guarded()
    def onCallTransferRequest(self, prm: Any) -> None:
        sink = self._sink()
        code, call = sink.transfer_requested(str(prm.dstUri)) if sink is not None else (603, None)
        prm.statusCode = code
        if call is not None:
            prm.newCall = call

    @guarded()
    def onCallReplaceRequest(self, prm: Any) -> None:
        sink = self._sink()
        self.request_source = host_of(str(prm.rdata.srcAddress))
        request = str(prm.rdata.wholeMsg).encode("utf-8", "surrogateescape")
        call = sink.replacement_wanted(request) if sink is not None else None
        if call is None:
            prm.statusCode = 486
        else:
            prm.newCall = call

    @guarded(pj.PJSIP_REDIRECT_STOP)
    def onCallRedirected(self, prm: Any) -> int:
        # a 3xx would let a stranger send our agents anywhere; the call ends with it instead
        self._redirected = True
        return int(pj.PJSIP_REDIRECT_STOP)

    # -- questions -----------------------------------------------------------------------------
    def _seen(self, event: Any) -> CallSeen:
        info = self.getInfo()
        from_network = (
            event.type == pj.PJSIP_EVENT_TSX_STATE
            and event.body.tsxState.type == pj.PJSIP_EVENT_RX_MSG
        ) or event.type == pj.PJSIP_EVENT_RX_MSG
        # pjsip would call it a 487, as if the caller had given up
        moved = self._redirected and info.state == pj.PJSIP_INV_STATE_DISCONNECTED
        return CallSeen(
            state=STATES.get(info.state, State.NULL),
            code=302 if moved else int(info.lastStatusCode),
            reason="Moved" if moved else str(info.lastReason),
            from_network=from_network,
            sip_call_id=str(info.callIdString),
            remote_contact=str(info.remoteContact),
            local_uri=str(info.localUri),
            message=_message(event),
        )

    def media_seen(self) -> MediaSeen:
        """The audio stream as it is now."""
        info = self.getInfo()
        # `info` must outlive the iteration: pjsua2 frees the list with it
        for media in info.media:
            if media.type == pj.PJMEDIA_TYPE_AUDIO:
                status = MEDIA.get(media.status, MediaStatus.NONE)
                index = int(media.index)
                if status in (MediaStatus.NONE, MediaStatus.ERROR):
                    return MediaSeen(status, index)
                return MediaSeen(status, index, self._codec(index), self._encrypted())
        return MediaSeen(MediaStatus.NONE)

    def _codec(self, index: int) -> str:
        try:
            stream = self.getStreamInfo(index)
        except pj.Error:
            return ""
        return f"{stream.codecName}/{int(stream.codecClockRate)}"

    def _encrypted(self) -> bool:
        # pjsua2 has no other way to ask whether SRTP really runs; the SDP profile does not tell
        return re.search(r"SRTP status:\s*Active", self.dump(True, "")) is not None

    def figures(self, index: int) -> StreamFigures:
        """Totals of the stream `index`; zeros when it is gone."""
        return totals_of(self, index)

    # -- requests, each may raise pj.Error ------------------------------------------------------
    def invite(self, uri: str, headers: dict[str, str] | None = None) -> None:
        """Send an INVITE to `uri` with extra `headers`."""
        self.makeCall(uri, _with_headers(headers or {}))

    def respond(self, code: int) -> None:
        """Send the response `code` to the INVITE."""
        prm = pj.CallOpParam(True)
        prm.statusCode = code
        self.answer(prm)

    def end(self, code: int = 0) -> None:
        """BYE, CANCEL or the final response `code`, as the state demands."""
        prm = _with_headers({"Retry-After": str(RETRY_AFTER_S)} if code == 503 else {})
        prm.statusCode = code
        self.hangup(prm)

    def hold(self) -> None:
        """re-INVITE with inactive. With sendonly the stream would go on with silence, and an
        exchange that passes packets on unseen (Asterisk's native bridge) mixes up this silence
        and its own music at the caller's telephone."""
        self._redirect(pj.PJMEDIA_DIR_NONE)

    def unhold(self) -> None:
        """re-INVITE with sendrecv."""
        self._redirect(pj.PJMEDIA_DIR_ENCODING_DECODING)

    def _redirect(self, direction: int) -> None:
        """The direction counts for all later offers and answers too: a request of the peer in
        between does not end a hold."""
        prm = pj.CallOpParam(True)
        prm.opt.flag = pj.PJSUA_CALL_SET_MEDIA_DIR
        prm.opt.mediaDir.clear()
        for _ in range(max(self.media_seen().index, 0) + 1):
            prm.opt.mediaDir.append(direction)
        self.reinvite(prm)

    def refer(self, uri: str) -> None:
        """REFER to `uri`: blind transfer."""
        self.xfer(uri, pj.CallOpParam(True))

    def refer_replacing(self, other: NativeCall) -> None:
        """REFER to the peer of `other`, with Replaces: attended transfer."""
        self.xferReplaces(other, pj.CallOpParam(True))

    def ask_alive(self) -> None:
        """OPTIONS within the dialog: a peer that has forgotten the call says so (481)."""
        prm = pj.CallSendRequestParam()
        prm.method = "OPTIONS"
        self.sendRequest(prm)

    def send_digits(self, digits: str, info: bool) -> None:
        """DTMF as RFC 4733 events, or as SIP INFO."""
        prm = pj.CallSendDtmfParam()
        prm.digits = digits
        prm.method = pj.PJSUA_DTMF_METHOD_SIP_INFO if info else pj.PJSUA_DTMF_METHOD_RFC2833
        self.sendDtmf(prm)


def _message(event: Any) -> bytes:
    if event.type != pj.PJSIP_EVENT_TSX_STATE:
        return b""
    if event.body.tsxState.type != pj.PJSIP_EVENT_RX_MSG:
        return b""
    return str(event.body.tsxState.src.rdata.wholeMsg).encode("utf-8", "surrogateescape")


def _with_headers(headers: dict[str, str]) -> Any:
    prm = pj.CallOpParam(True)
    vector = pj.SipHeaderVector()
    for name, value in headers.items():
        header = pj.SipHeader()
        header.hName, header.hValue = name, value
        vector.push_back(header)
    prm.txOption.headers = vector
    return prm
