"""The peer of `pop` and `engine`: the shortest pjsua2 program that rings, or answers.

`python bench/bare_pjsua2.py PORT [200]`
"""

from __future__ import annotations

import contextlib
import sys

import pjsua2 as pj

CALLS: dict[int, pj.Call] = {}
CODE = int(sys.argv[2]) if len(sys.argv) > 2 else 180


class Call(pj.Call):  # type: ignore[misc]  # pjsua2 has no types
    def onCallMediaState(self, prm: pj.OnCallMediaStateParam) -> None:
        devices = pj.Endpoint.instance().audDevManager()
        with contextlib.suppress(pj.Error):
            audio = self.getAudioMedia(-1)
            devices.getCaptureDevMedia().startTransmit(audio)
            audio.startTransmit(devices.getPlaybackDevMedia())


class Account(pj.Account):  # type: ignore[misc]  # pjsua2 has no types
    def onIncomingCall(self, prm: pj.OnIncomingCallParam) -> None:
        call = Call(self, prm.callId)
        CALLS[prm.callId] = call
        ringing = pj.CallOpParam()
        ringing.statusCode = CODE
        call.answer(ringing)


def main(port: int) -> None:
    endpoint = pj.Endpoint()
    endpoint.libCreate()
    config = pj.EpConfig()
    config.uaConfig.threadCnt = 0
    config.uaConfig.mainThreadOnly = True
    config.medConfig.noVad = True
    config.medConfig.sndAutoCloseTime = -1
    config.logConfig.level = config.logConfig.consoleLevel = 0
    endpoint.libInit(config)
    transport = pj.TransportConfig()
    transport.port = port
    transport.boundAddress = "127.0.0.1"
    endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, transport)
    endpoint.libStart()
    endpoint.audDevManager().setNullDev()
    account = Account()
    settings = pj.AccountConfig()
    settings.idUri = f"sip:agent@127.0.0.1:{port}"
    account.create(settings)
    while True:
        endpoint.libHandleEvents(100)
        for key in [key for key, call in CALLS.items() if not call.isActive()]:
            del CALLS[key]


if __name__ == "__main__":
    main(int(sys.argv[1]))
