"""The real engine with less patience, so that what it does about silence is seen in a second.

Runs in: engine process, loop thread.
"""

from __future__ import annotations

import sys

from ctidesk.calls import line_quality
from ctidesk.sip.engine import (
    account_line,
    engine,
    lifeline,
    liveness,
    main,
    native_account,
    switchboard,
    way_back,
)

account_line.SILENCE_S = 1.0
account_line.CHECK_S = 0.5
account_line.CALM_S = 0.2
account_line.SETTLED_S = 0.3
way_back.LOOK_S = 1.0
way_back.ANSWER_S = 1.0
liveness.SILENT_S = 1.0
switchboard.SILENT_DIAL_S = 1.5
engine.HEARTBEAT_S = 0.1
native_account.KEEP_ALIVE_S = 1
lifeline.QUIET_S = 6.0  # reports come every five seconds
line_quality.WORSE_S, line_quality.BETTER_S = 1.5, 2.5

if __name__ == "__main__":
    main.main(sys.argv[1:])
