"""Loads a freshly built pjsua2 and says what it can do; False means that something must be there.

Runs in: a process of the build, with nothing else in it.
"""

from __future__ import annotations

import json
import os
import sys

sys.path.insert(0, sys.argv[1])

import pjsua2 as pj

SOUND = {"linux": "ALSA", "win32": "WMME", "darwin": "CoreAudio"}


def raises(endpoint: pj.Endpoint) -> bool:
    """Whether an error of the library arrives as what it is and does not end the process."""
    try:
        endpoint.codecSetPriority("none", 1)
    except pj.Error:
        return True
    return False


endpoint = pj.Endpoint()
endpoint.libCreate()
config = pj.EpConfig()
config.logConfig.level = 0
config.logConfig.consoleLevel = 0
config.uaConfig.threadCnt = 0
config.uaConfig.mainThreadOnly = True
config.uaConfig.maxCalls = pj.CTIDESK_MAX_CALLS
endpoint.libInit(config)
endpoint.audDevManager().setNullDev()
endpoint.transportCreate(pj.PJSIP_TRANSPORT_UDP, pj.TransportConfig())
endpoint.libStart()
codecs = {codec.codecId.lower() for codec in endpoint.codecEnum2()}
srtp = set(endpoint.srtpCryptoEnum())
sound = pj.CTIDESK_SOUND
facts = {
    "version": endpoint.libVersion().full,
    "raises": raises(endpoint),
    "opus": "opus/48000/2" in codecs,
    "g722": "g722/16000/1" in codecs,
    "pcmu": "pcmu/8000/1" in codecs,
    "pcma": "pcma/8000/1" in codecs,
    "aes_gcm": "AEAD_AES_256_GCM" in srtp,
    "sound": sound == SOUND.get(sys.platform) and sound,
    "aec3": bool(pj.CTIDESK_HAS_AEC3),
    "epoll": pj.CTIDESK_IOQUEUE.startswith("epoll") or sys.platform != "linux",
    "tls": pj.CTIDESK_TLS or False,
    "max_calls": pj.CTIDESK_MAX_CALLS,
    "max_packet": pj.CTIDESK_MAX_PACKET,
    "handles": pj.CTIDESK_HANDLES,
}
sys.stdout.write("FACTS " + json.dumps(facts) + "\n")
sys.stdout.flush()
os._exit(0)
