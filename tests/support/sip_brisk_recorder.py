"""The real recorder with segments of one second, so that what a full disk does is seen in seconds.

Runs in: recorder process, its only thread.
"""

from __future__ import annotations

import os

from ctidesk.recording import recorder

recorder.SEGMENT_S = 1

if __name__ == "__main__":
    os._exit(recorder.main())
