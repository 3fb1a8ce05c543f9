"""The transcript of a self-driven demo: for people as text, for programs as JSON.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from ctidesk.calls.codec import to_plain
from ctidesk.demo.stage import Step

TEXT_NAME = "transcript.txt"
JSON_NAME = "transcript.json"


def as_text(steps: Sequence[Step]) -> str:
    """One line per step: when it began (s), how long it took (ms), what it was, the figures."""
    lines: list[str] = []
    scene = None
    for step in steps:
        if step.scene != scene:
            scene = step.scene
            lines += ["", scene, "-" * len(scene)]
        mark = "FAILED" if step.failed else "ok"
        lines.append(f"{step.began_s:7.2f} s {step.took_ms:8.0f} ms  {mark:6}  {step.text}")
        lines += [f"{'':31}{name} = {value:.5g}" for name, value in step.figures.items()]
    failed = next((step.failed for step in steps if step.failed), "")
    lines += ["", f"FAILED. {failed}" if failed else f"All {len(steps)} steps came true."]
    return "\n".join(lines).lstrip() + "\n"


def write(folder: Path, steps: Sequence[Step]) -> None:
    """Write both files into `folder`. Raises OSError."""
    (folder / TEXT_NAME).write_text(as_text(steps), encoding="utf-8")
    failed = next((step.failed for step in steps if step.failed), "")
    report = {"failed": failed, "steps": [to_plain(step) for step in steps]}
    (folder / JSON_NAME).write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
