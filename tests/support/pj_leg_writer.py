"""The real C writer: pjsua2 records two tones into two FIFOs, as the engine does.

Runs in: its own process (one pjsua2 endpoint per process), started by the recorder's tests.

    python -m tests.support.pj_leg_writer AGENT_FIFO CALLER_FIFO SECONDS
"""

from __future__ import annotations

import os
import sys
import time

import pjsua2 as pj

HZ = (440, 620)


def steady(hz: int) -> pj.ToneGenerator:
    tone = pj.ToneDesc()
    tone.freq1, tone.freq2, tone.on_msec, tone.off_msec = hz, 0, 1000, 0
    tones = pj.ToneDescVector()
    tones.append(tone)
    generator = pj.ToneGenerator()
    generator.createToneGenerator(16_000, 1)
    generator.play(tones, True)
    return generator


def main() -> None:
    paths, seconds = sys.argv[1:3], float(sys.argv[3])
    endpoint = pj.Endpoint()
    endpoint.libCreate()
    config = pj.EpConfig()
    config.uaConfig.threadCnt = 0
    config.uaConfig.mainThreadOnly = True
    config.logConfig.level = config.logConfig.consoleLevel = 0
    config.medConfig.clockRate = config.medConfig.sndClockRate = 16_000
    config.medConfig.sndAutoCloseTime = -1
    endpoint.libInit(config)
    endpoint.audDevManager().setNullDev()
    endpoint.libStart()
    kept = []
    for path, hz in zip(paths, HZ, strict=True):
        generator, recorder = steady(hz), pj.AudioMediaRecorder()
        recorder.createRecorder(path)
        kept += [generator, recorder]
    for generator, recorder in zip(kept[::2], kept[1::2], strict=True):
        generator.startTransmit(recorder)
    sys.stdout.write("open\n")
    sys.stdout.flush()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        endpoint.libHandleEvents(50)
    os._exit(0)


if __name__ == "__main__":
    main()
