"""The real engine with all the patience in the world, so that only what it notices moves it.

Runs in: engine process, loop thread. `CTIDESK_TEST_SLEPT` names a file with the seconds that the
computer has "slept".
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from ctidesk.sip.engine import account_line, engine, liveness, main, network_watch, registration

registration.FIRST_RETRY_S = registration.LAST_RETRY_S = 600.0
account_line.CHECK_S = 600.0
account_line.CALM_S = 0.0
liveness.SILENT_S = 1.0
engine.HEARTBEAT_S = 0.1


def _always() -> float:
    slept = Path(os.environ.get("CTIDESK_TEST_SLEPT", os.devnull))
    return time.monotonic() + float((slept.read_text() if slept.exists() else "") or 0.0)


network_watch._always = _always

if __name__ == "__main__":
    main.main(sys.argv[1:])
