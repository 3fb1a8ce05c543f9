"""A scriptable telephone on real pjsua2, in a process of its own: JSON lines in, JSON lines out.

Runs in: its own process, loop thread; one thread reads stdin.
Commands are documented by the methods `do_…` of `Phone`; events by `say`.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from tests.support.sip_sound import RATE, loudness

from ctidesk.calls.commands import Srtp
from ctidesk.sip.engine import endpoint
from ctidesk.sip.engine.addresses import bracketed
from ctidesk.sip.engine.endpoint import EndpointSettings, SipEndpoint, TlsFiles
from ctidesk.sip.engine.faults import guarded
from ctidesk.sip.engine.native import CallSeen, MediaSeen, NativeCall, State
from ctidesk.sip.engine.native_account import (
    AccountSettings,
    InviteSeen,
    NativeAccount,
    RegisterSeen,
)
from ctidesk.sip.engine.stream_figures import StreamFigures

# after ctidesk, which chooses the build: this telephone runs on the same as the engine
pj: Any = endpoint.pj

_out = os.fdopen(os.dup(1), "w", buffering=1)
_WAV_HEADER = 44


def say(event: str, **fields: Any) -> None:
    _out.write(json.dumps({"event": event, **fields}) + "\n")


class PeerCall(NativeCall):
    """Refuses re-INVITEs when told to."""

    refuse_reinvite = 0

    @guarded()
    def onCallRxReinvite(self, prm: Any) -> None:
        if PeerCall.refuse_reinvite:
            prm.statusCode = PeerCall.refuse_reinvite


class Leg:
    def __init__(self, phone: Phone, number: int) -> None:
        self.phone, self.number = phone, number
        self.native: NativeCall | None = None
        self.media: Any = None
        self.tone: Any = None
        self.referring = False

    def call_state(self, native: NativeCall, seen: CallSeen) -> None:
        if self.native is not None and native is not self.native:
            return
        say("state", leg=self.number, state=seen.state, code=seen.code, reason=seen.reason)
        if seen.state is State.DISCONNECTED:
            self.phone.drop(self.number)

    def media_state(self, native: NativeCall, seen: MediaSeen) -> None:
        if self.native is not None and native is not self.native:
            return
        self.media = native.getAudioMedia(seen.index) if seen.codec else None
        if self.media is not None:
            # the bridge reads, and so measures, only what somebody listens to
            self.media.startTransmit(self.phone.endpoint.speaker)
            if self.tone is not None:
                self.tone.startTransmit(self.media)
        say("media", leg=self.number, status=seen.status, codec=seen.codec, srtp=seen.encrypted)

    def transaction(self, native: NativeCall, seen: Any) -> None:
        if seen.method == "INFO" and seen.received and not seen.ours:
            say("info", leg=self.number)

    def digit_received(self, digit: str) -> None:
        say("digit", leg=self.number, digit=digit)

    def transfer_status(self, code: int, reason: str, final: bool) -> None:
        say("transfer_status", leg=self.number, code=code, final=final)

    def stream_ended(self, figures: StreamFigures) -> None:
        say("stream_ended", leg=self.number, packets=figures.packets, lost=figures.lost)

    def transfer_requested(self, target: str) -> tuple[int, NativeCall | None]:
        say("refer", leg=self.number, target=target)
        if self.phone.refer == "follow":
            leg = self.phone.new_leg()
            leg.native = PeerCall(self.phone.account, leg)
            return 202, leg.native
        return int(self.phone.refer), None

    def replacement_wanted(self, request: bytes) -> NativeCall | None:
        leg = self.phone.new_leg()
        leg.native = PeerCall(self.phone.account, leg)
        leg.tone = self.tone
        say("replaced", leg=self.number, by=leg.number)
        return leg.native


class Phone:
    def __init__(self) -> None:
        self.endpoint = SipEndpoint(EndpointSettings(null_audio=True, user_agent="peer"))
        self.endpoint.start()
        self.account: Any = None
        self.legs: dict[int, Leg] = {}
        self.count = 0
        self.answer = "200"
        self.refer = "follow"
        self.keep: list[Any] = []

    def new_leg(self) -> Leg:
        self.count += 1
        self.legs[self.count] = leg = Leg(self, self.count)
        return leg

    def drop(self, number: int) -> None:
        leg = self.legs.pop(number, None)
        if leg is not None:
            leg.native = None

    # -- account sink ---------------------------------------------------------------------------
    def invited(self, native: NativeAccount, seen: InviteSeen) -> None:
        leg = self.new_leg()
        leg.native = PeerCall(native, leg, seen.native_id)
        say("incoming", leg=leg.number, message=seen.message.decode("utf-8", "replace"))
        self.endpoint.post(lambda: self._respond(leg))

    def _respond(self, leg: Leg) -> None:
        if leg.native is None or self.answer == "silent":
            return
        for code in self.answer.split(","):
            if int(code) >= 300:
                leg.native.end(int(code))
            else:
                leg.native.respond(int(code))

    def registered(self, native: NativeAccount, seen: RegisterSeen) -> None:
        say("registered", code=seen.code)

    # -- commands -------------------------------------------------------------------------------
    def do_listen(self, **o: Any) -> None:
        """transport, address, port, user, srtp, cert, key, ca, registrar, password: open the
        account."""
        kind, address = o.get("transport", "udp"), o.get("address", "127.0.0.1")
        tls = None
        if kind == "tls":
            tls = TlsFiles(
                ca_file=o.get("ca", ""),
                cert_file=o.get("cert", ""),
                key_file=o.get("key", ""),
                verify=bool(o.get("ca")),
            )
        at = self.endpoint.listen(kind, address, int(o.get("port", 0)), tls)
        user, registrar = o.get("user", "peer"), o.get("registrar", "")
        host = registrar or f"{bracketed(address)}:{at.port}"
        suffix = "" if kind == "udp" else f";transport={kind}"
        self.account = NativeAccount(self)
        settings = AccountSettings(
            id_uri=f'"{o.get("display", user)}" <sip:{user}@{host}>',
            transport_id=at.transport_id,
            registrar_uri=f"sip:{registrar}{suffix}" if registrar else "",
            route=f"<sip:{registrar};lr;hide{suffix}>" if registrar else "",
            user=user,
            password=o.get("password", ""),
            srtp=Srtp(o.get("srtp", "off")),
            tls=kind == "tls" and o.get("srtp", "off") != "off",
            media_address=address,
        )
        self.account.open(settings)
        if registrar:
            self.account.register()
        say("listening", port=at.port)

    def do_policy(self, answer: str = "", refer: str = "", refuse_reinvite: int = -1) -> None:
        """answer: codes to send on an INVITE, as "180,200", or "silent"; refer: "follow" or a
        code; refuse_reinvite: a code, 0 for none."""
        self.answer = answer or self.answer
        self.refer = refer or self.refer
        if refuse_reinvite >= 0:
            PeerCall.refuse_reinvite = refuse_reinvite

    def do_call(self, to: str, headers: dict[str, str] | None = None) -> None:
        leg = self.new_leg()
        leg.native = PeerCall(self.account, leg)
        say("calling", leg=leg.number)
        leg.native.invite(to, headers)

    def do_respond(self, leg: int, code: int) -> None:
        self._native(leg).respond(code)

    def do_hangup(self, leg: int, code: int = 0) -> None:
        self._native(leg).end(code)

    def do_hangup_all(self) -> None:
        """End every call; "quiet" is said once none is left."""
        for leg in list(self.legs.values()):
            if leg.native is not None:
                leg.native.end()
        self._say_quiet(0)

    def _say_quiet(self, looks: int) -> None:
        if self.legs and looks < 200:
            self.endpoint.call_later(0.02, lambda: self._say_quiet(looks + 1))
        else:
            say("quiet", left=len(self.legs))

    def do_hold(self, leg: int) -> None:
        self._native(leg).hold()

    def do_unhold(self, leg: int) -> None:
        self._native(leg).unhold()

    def do_refer(self, leg: int, to: str) -> None:
        self._native(leg).refer(to)

    def do_replace(self, leg: int, other: int) -> None:
        self._native(leg).refer_replacing(self._native(other))

    def do_digits(self, leg: int, digits: str, info: bool = False) -> None:
        self._native(leg).send_digits(digits, info)

    def do_tone(self, leg: int, hz: int) -> None:
        """Send a tone (0 = silence) into the call."""
        it = self.legs[leg]
        if it.tone is not None and it.media is not None:
            it.tone.stopTransmit(it.media)
        it.tone = None
        if hz:
            it.tone = pj.ToneGenerator()
            it.tone.createToneGenerator(16000)
            desc = pj.ToneDesc()
            desc.freq1, desc.freq2, desc.on_msec, desc.off_msec = hz, 0, 1000, 0
            tones = pj.ToneDescVector()
            tones.push_back(desc)
            it.tone.play(tones, True)
            self.keep.append(it.tone)
            if it.media is not None:
                it.tone.startTransmit(it.media)

    def do_reflect(self, leg: int) -> None:
        """Send back whatever arrives."""
        media = self.legs[leg].media
        media.startTransmit(media)

    def do_level(self, leg: int) -> None:
        """Level that arrives from the network, 0..255, and packets so far."""
        it = self.legs.get(leg)
        level = int(it.media.getTxLevel()) if it is not None and it.media is not None else -1
        packets = self._native(leg).figures(0).packets if level >= 0 else 0
        say("level", leg=leg, level=level, packets=packets)

    def do_sample(self, leg: int, hz: list[int], seconds: float = 0.4) -> None:
        """Listen to what arrives; "sample" tells how loud each frequency is in it (amplitude)."""
        media = self.legs[leg].media
        if media is None:
            say("sample", leg=leg, levels=[0.0] * len(hz))
            return
        path = Path(tempfile.mkdtemp(prefix="ctipeer")) / "heard.wav"
        recorder = pj.AudioMediaRecorder()
        recorder.createRecorder(str(path))
        media.startTransmit(recorder)
        held = [recorder]
        del recorder

        def whole() -> None:
            with path.open("rb") as file:
                pcm = file.read()[_WAV_HEADER:]
            shutil.rmtree(path.parent)
            say("sample", leg=leg, levels=[loudness(pcm, each, RATE) for each in hz])

        def enough() -> None:
            # the library takes ports off its bridge a little later than asked
            held.clear()
            self.endpoint.call_later(0.15, whole)

        self.endpoint.call_later(seconds, enough)

    def do_quit(self) -> None:
        self.endpoint.exit(0)

    def _native(self, leg: int) -> NativeCall:
        native = self.legs[leg].native
        assert native is not None
        return native

    def obey(self, line: str) -> None:
        order = json.loads(line)
        try:
            getattr(self, "do_" + order.pop("cmd"))(**order)
        except (pj.Error, KeyError, AssertionError) as fault:
            text = fault.reason if isinstance(fault, pj.Error) else repr(fault)
            say("fault", text=text)


def main() -> None:
    os.dup2(2, 1)  # the library prints to stdout
    phone = Phone()

    def read() -> None:
        for line in sys.stdin:
            phone.endpoint.post(lambda line=line: phone.obey(line))
        phone.endpoint.post(phone.do_quit)

    threading.Thread(target=read, name="stdin", daemon=True).start()
    say("ready")
    phone.endpoint.loop.run()


if __name__ == "__main__":
    main()
