"""The real engine without limits on its requests, so that hostile messages get as deep as they can.

Runs in: engine process, loop thread.
"""

from __future__ import annotations

import sys

from ctidesk.sip.engine import limits, main

for _kind in limits.RULES:
    limits.RULES[_kind] = limits.Rule(limits.Rate(1e6, 1e6), limits.Rate(1e6, 1e6))

if __name__ == "__main__":
    main.main(sys.argv[1:])
