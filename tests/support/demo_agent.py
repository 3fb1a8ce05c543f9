"""An agent's telephone for tests of the demo centre: a real pjsua2 endpoint, driven over pipes.

Runs in: a process of its own (`python -m tests.support.demo_agent`); JSON lines both ways.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
from typing import Any

import pjsua2 as pj

from ctidesk.sip.engine.endpoint import EndpointSettings, SipEndpoint
from ctidesk.sip.engine.faults import guarded
from ctidesk.sip.engine.native import NativeCall, State


class _Account(pj.Account):
    def __init__(self, agent: Agent) -> None:
        super().__init__()
        self._agent = agent

    @guarded()
    def onIncomingCall(self, prm: Any) -> None:
        self._agent.incoming(int(prm.callId), str(prm.rdata.wholeMsg))


class Leg:
    def __init__(self, agent: Agent, name: str) -> None:
        self.agent, self.name = agent, name
        self.native: NativeCall | None = None

    def call_state(self, native: NativeCall, seen: Any) -> None:
        self.agent.say(what=str(seen.state), leg=self.name, code=seen.code)
        if seen.state is State.DISCONNECTED:
            self.agent.legs.pop(self.name, None)
            self.native = None

    def media_state(self, native: NativeCall, seen: Any) -> None:
        if seen.status == "active":
            # the bridge measures only what somebody listens to
            native.getAudioMedia(seen.index).startTransmit(self.agent.endpoint.speaker)
        self.agent.say(
            what="media",
            leg=self.name,
            status=str(seen.status),
            codec=seen.codec,
            encrypted=seen.encrypted,
        )

    def transfer_status(self, code: int, reason: str, final: bool) -> None:
        self.agent.say(what="transfer", leg=self.name, code=code, final=final)

    def transaction(self, native: NativeCall, seen: Any) -> None: ...
    def digit_received(self, digit: str) -> None: ...
    def stream_ended(self, figures: Any) -> None: ...
    def transfer_requested(self, target: str) -> tuple[int, None]:
        return 603, None

    def replacement_wanted(self, request: bytes) -> None: ...


class Agent:
    def __init__(self) -> None:
        self.out = os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)
        self.legs: dict[str, Leg] = {}
        self.endpoint = SipEndpoint(EndpointSettings(null_audio=True))

    def run(self) -> None:
        self.endpoint.start()
        listening = self.endpoint.listen("udp", "127.0.0.1", 0)
        config = pj.AccountConfig()
        config.idUri = f"sip:agent@127.0.0.1:{listening.port}"
        config.sipConfig.transportId = listening.transport_id
        config.mediaConfig.transportConfig.boundAddress = "127.0.0.1"
        config.mediaConfig.srtpUse = pj.PJMEDIA_SRTP_OPTIONAL
        config.mediaConfig.srtpSecureSignaling = 0
        self.account = _Account(self)
        self.account.create(config)
        self.say(what="listening", port=listening.port)
        threading.Thread(target=self._read, daemon=True).start()
        self.endpoint.call_later(0.1, self._sample)
        self.endpoint.loop.run()

    def say(self, **report: Any) -> None:
        self.out.write(json.dumps(report) + "\n")
        self.out.flush()

    def incoming(self, native_id: int, message: str) -> None:
        leg = self._leg(f"in{native_id}")
        leg.native = NativeCall(self.account, leg, native_id)
        self.endpoint.post(lambda: leg.native and leg.native.respond(180))
        self.say(what="offered", leg=leg.name, message=message)

    def _leg(self, name: str) -> Leg:
        self.legs[name] = Leg(self, name)
        return self.legs[name]

    def _read(self) -> None:
        for text in sys.stdin:
            self.endpoint.post(lambda text=text: self._do(**json.loads(text)))
        self.endpoint.post(lambda: self.endpoint.exit(0))

    def _do(self, do: str, leg: str, to: str = "") -> None:
        if do == "dial":
            new = self._leg(leg)
            new.native = NativeCall(self.account, new)
            new.native.invite(to)
            return
        native = self.legs[leg].native
        assert native is not None
        if do == "refer":
            native.refer(to)
        elif do == "refer_replacing":
            other = self.legs[to].native
            assert other is not None
            native.refer_replacing(other)
        elif do == "answer":
            native.respond(200)
        else:
            {"hold": native.hold, "unhold": native.unhold, "end": native.end}[do]()

    def _sample(self) -> None:
        for leg in list(self.legs.values()):
            with contextlib.suppress(pj.Error):
                if leg.native is not None and leg.native.hasMedia():
                    level = int(leg.native.getAudioMedia(-1).getTxLevel())
                    self.say(what="heard", leg=leg.name, level=level)
        self.endpoint.call_later(0.1, self._sample)


if __name__ == "__main__":
    Agent().run()
