"""Qt tests run on the `offscreen` platform unless the caller chose another."""

from __future__ import annotations

import os
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# the offscreen platform falls back to one folder of fonts where it finds no fontconfig
_FONTS = Path("/usr/share/fonts/truetype/dejavu")
if os.environ["QT_QPA_PLATFORM"] == "offscreen" and _FONTS.is_dir():
    os.environ.setdefault("QT_QPA_FONTDIR", str(_FONTS))
