"""How the status strip shows cache and recording.

Runs in: desk process, Qt main thread. Pure.
"""

from __future__ import annotations

from ctidesk.calls.errors import KnownError
from ctidesk.config.settings import Settings
from ctidesk.crm.store import StorePhase, StoreState
from ctidesk.ui.status_strip.indicator import Indicator
from ctidesk.ui.theme.tokens import Role


def cache_indicator(state: StoreState) -> Indicator:
    """How the status strip shows the cache."""
    word, role = {
        StorePhase.OPENING: ("Member data opening…", Role.MUTED),
        StorePhase.OPEN: ("Member data", Role.READY),
        StorePhase.FAILED: ("No member data", Role.DANGER),
        StorePhase.CLOSED: ("Member data closed", Role.MUTED),
    }[state.phase]
    tip = "" if state.problem is None else f"{state.problem.text} {state.problem.remedy}"
    return Indicator(key="cache", icon="database", word=word, role=role, tip=tip)


def recording_indicator(
    settings: Settings, problem: KnownError | None, can_sign: bool
) -> Indicator:
    """How the status strip shows whether calls can be recorded."""
    if settings.recording.policy == "forbidden":
        word, role, tip = "Recording off", Role.MUTED, "The settings forbid recording."
    elif not settings.recording.recipients:
        word, role = "No recording key", Role.MUTED
        tip = "Nobody is named who may open recordings: see [recording] recipients."
        if settings.recording.policy == "required":
            role = Role.DANGER
    elif problem is not None:
        word, role, tip = "No recording key", Role.DANGER, f"{problem.text} {problem.remedy}"
    elif not can_sign:
        word, role, tip = "Recording starting…", Role.HOLD, "The signing key is being fetched."
    else:
        word, role, tip = "Recording ready", Role.READY, "Calls are recorded, encrypted."
    return Indicator(key="recording", icon="lock", word=word, role=role, tip=tip)
