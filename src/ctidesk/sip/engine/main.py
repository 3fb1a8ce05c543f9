"""Entry point of the engine process: `ctidesk-engine --runtime DIR`.

Runs in: engine process, main thread, which is the loop thread.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from pathlib import Path

from ctidesk.calls.errors import KnownError
from ctidesk.sip.engine.endpoint import EndpointSettings, SipEndpoint
from ctidesk.sip.engine.engine import Engine, EngineSettings

EXIT_KNOWN = 3


def main(arguments: list[str] | None = None) -> None:
    """Run the engine until its work is done. Ends the process: 0 after a normal end, 3 when the
    engine could not start and said why."""
    options = _parser().parse_args(arguments)
    os.umask(0o077)
    _log_to(options.log)
    settings = EngineSettings(
        runtime=options.runtime,
        grace_s=None if options.no_desk_timeout else options.grace,
        mic_file=options.mic_file,
        recorder=options.recorder,
    )
    endpoint = SipEndpoint(EndpointSettings(null_audio=options.null_audio))
    engine = Engine(settings, endpoint)
    try:
        engine.claim()
        _quiet_stdout()
        engine.start()
    except KnownError as known:
        sys.stderr.write(f"ctidesk-engine: {known.text} {known.remedy}\n")
        sys.stderr.flush()
        os._exit(EXIT_KNOWN)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: engine.end())
    engine.run()
    logging.shutdown()
    endpoint.exit(0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ctidesk-engine", description=__doc__)
    parser.add_argument("--runtime", type=Path, required=True, help="private folder of the socket")
    parser.add_argument("--log", type=Path, help="log file (default: standard error)")
    parser.add_argument(
        "--grace", type=float, default=15.0, help="seconds to live on without desk and calls"
    )
    parser.add_argument(
        "--no-desk-timeout", action="store_true", help="live on without a desk for ever"
    )
    parser.add_argument(
        "--null-audio", action="store_true", help="no sound devices, even if there are some"
    )
    parser.add_argument(
        "--mic-file", default="", help="WAV file that stands in for the microphone, repeated"
    )
    parser.add_argument(
        "--recorder", default="ctidesk.recording.recorder", help="module of the recorder process"
    )
    return parser


def _log_to(path: Path | None) -> None:
    logging.basicConfig(
        filename=path,
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
        encoding="utf-8" if path is not None else None,
    )


def _quiet_stdout() -> None:
    # the library prints to stdout before its own log can be turned off
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


if __name__ == "__main__":
    main()
