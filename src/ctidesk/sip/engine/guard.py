"""Who may send requests to the engine: the C guard of our own build, or what Python can do alone.

Runs in: engine process, loop thread.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

import pjsua2 as pj

from ctidesk.sip.engine.limits import ANSWERS, RETRY_AFTER_S, RULES, Kind, Limits, Outcome


class RequestGuard:
    """Knows from where each account takes requests. On the development wheel only INVITEs reach
    it, each already with a call of the library's; our own build refuses all kinds long before."""

    def __init__(self) -> None:
        self.native = hasattr(pj, "guard_install")
        """Whether the guard is in C: then what reaches Python has passed it."""
        self._allowed: dict[str, frozenset[str] | None] = {}
        self._limits = Limits(time.monotonic)

    def install(self) -> None:
        """After the library is up, before anything but ourselves can reach it."""
        if not self.native:
            return
        pj.guard_install()
        for kind, rule in RULES.items():
            pj.guard_limits(int(kind), *rule.each, *rule.overall)
        pj.guard_answers(*ANSWERS, RETRY_AFTER_S)
        self._tell()

    def allow(self, account_id: str, sources: Iterable[str] | None) -> None:
        """The IP addresses that may send requests to this account; None: it has no registrar, so
        that everybody may."""
        wanted = None if sources is None else frozenset(sources)
        if account_id not in self._allowed or self._allowed[account_id] != wanted:
            self._allowed[account_id] = wanted
            self._tell()

    def forget(self, account_id: str) -> None:
        """The account is gone."""
        if account_id in self._allowed:
            del self._allowed[account_id]
            self._tell()

    def judge_invite(self, source: str, allowed: bool) -> Outcome:
        """For an INVITE that reached Python."""
        if self.native and allowed:
            return Outcome.ACCEPTED
        return self._limits.judge(Kind.INVITE, source, allowed)

    def turned_away(self) -> int:
        """Requests that were refused or dropped since the start."""
        counted = self._limits.counted
        total = counted[Outcome.REFUSED] + counted[Outcome.DROPPED]
        if self.native:
            for kind in Kind:
                total += pj.guard_counted(int(kind), int(Outcome.REFUSED))
                total += pj.guard_counted(int(kind), int(Outcome.DROPPED))
        return int(total)

    def _tell(self) -> None:
        if not self.native:
            return
        known = list(self._allowed.values())
        if any(sources is None for sources in known):
            pj.guard_allow("*")
        else:
            pj.guard_allow(" ".join(sorted(set().union(*(s for s in known if s is not None)))))
