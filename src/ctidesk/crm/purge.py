"""One run of the erasure of members whom the centre no longer serves.

Runs in: desk process; called on Qt main, works on the store thread, answers by its `deliver`.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Done
from ctidesk.crm.jobs import Lane
from ctidesk.crm.store import StoreThread

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ctidesk.crm.purge_sql import Rule, Survey, Verdict

DAY_S = 86_400.0
STEP = 200
"""Rows that a step looks at."""
STEP_S = 0.01
"""The longest that a step goes on erasing; it ends at once when somebody waits."""


@dataclass(frozen=True, slots=True)
class PurgeReport:
    """`erased`, `stayed`: how many by reason. `parts`: how many files are taken for a part of
    their members. `dry`: nothing was erased."""

    erased: tuple[tuple[str, int], ...] = ()
    stayed: tuple[tuple[str, int], ...] = ()
    parts: int = 0
    dry: bool = False

    @property
    def count(self) -> int:
        return sum(count for _, count in self.erased)

    @property
    def sentence(self) -> str:
        """ "2 members are no longer served and were erased (2 cover ended); 1 stays: …"."""
        what = "would be erased" if self.dry else "erased"
        parts = [f"{self.count:,} {what}" + _listed(self.erased)]
        if self.stayed:
            parts.append(f"{sum(n for _, n in self.stayed):,} stay" + _listed(self.stayed))
        if self.parts:
            files = "1 file has" if self.parts == 1 else f"{self.parts} files have"
            parts.append(f"{files} less than half the rows of before and is taken for a part")
        return "Members no longer served: " + "; ".join(parts) + "."


def purge(
    store: StoreThread,
    keep_days: int,
    done: Done[PurgeReport],
    *,
    shown: Callable[[], frozenset[str]] = frozenset,
    wall: Callable[[], float] = time.time,
    dry: bool = False,
) -> None:
    """Erase whom `purge_sql` says, step by step behind all look-ups; one audit row for each, and
    one for a run that erased somebody. `keep_days` > 0. `shown`: ids of members whom a call or
    card is about now; asked on the composing thread."""
    _Purge(store, keep_days, done, shown, wall, dry).begin()


@dataclass(slots=True)
class _Purge:
    store: StoreThread
    keep_days: int
    done: Done[PurgeReport]
    shown: Callable[[], frozenset[str]]
    wall: Callable[[], float]
    dry: bool
    erased: Counter[str] = field(default_factory=Counter)
    stayed: Counter[str] = field(default_factory=Counter)

    def begin(self) -> None:
        self._look(0, None)

    @property
    def _lane(self) -> Lane:
        """Bulk work from the first look on, so that nobody takes it for a person who waits."""
        return Lane.READ if self.dry else Lane.BULK

    # ---- the survey: reads only, a step is a job

    def _look(self, after: int, into: Survey | None, *, texts: bool = False) -> None:
        shown = self.shown()

        def job(connection: Connection) -> tuple[Survey, int | None]:
            from ctidesk.crm.purge_sql import PurgeStep, Rule, Survey

            survey = into or Survey()
            step = PurgeStep(connection, Rule(self.wall(), self.keep_days, shown))
            look = step.survey_texts if texts else step.survey_members
            return survey, look(survey, after, STEP)

        self.store.submit(self._lane, job, partial(self._looked, texts))

    def _looked(self, texts: bool, answer: tuple[Survey, int | None] | KnownError) -> None:
        if isinstance(answer, KnownError):
            self.done(answer)
            return
        survey, after = answer
        if after is not None:
            self._look(after, survey, texts=texts)
        elif not texts:
            self._look(0, survey, texts=True)
        else:
            self._erase(survey, [*survey.members, *survey.patients], 0)

    # ---- the erasure: judged again in the transaction that erases

    def _erase(self, survey: Survey, ids: list[int | str], at: int) -> None:
        from ctidesk.crm.purge_sql import Rule

        rule = Rule(self.wall(), self.keep_days, self.shown())
        job = partial(self._some, rule, ids, at)
        self.store.submit(self._lane, job, partial(self._erased, survey, ids))

    def _some(
        self, rule: Rule, ids: list[int | str], at: int, connection: Connection
    ) -> tuple[int, list[Verdict]]:
        """(where to go on, what became of those before). May be repeated after a lock."""
        from ctidesk.crm.purge_sql import PurgeStep

        step = PurgeStep(connection, rule)
        ends = time.perf_counter() + STEP_S
        verdicts = []
        while at < len(ids):
            each = ids[at]
            judge: Any = step.judge_member if isinstance(each, int) else step.judge_patient
            if verdict := judge(each, dry=self.dry):
                verdicts.append(verdict)
            at += 1
            makes_way = not self.dry and self.store.is_wanted  # a dry run is a read itself
            if makes_way or time.perf_counter() >= ends:
                break
        return at, verdicts

    def _erased(
        self,
        survey: Survey,
        ids: list[int | str],
        answer: tuple[int, list[Verdict]] | KnownError,
    ) -> None:
        if isinstance(answer, KnownError):
            self.done(answer)
            return
        at, verdicts = answer
        for verdict in verdicts:
            (self.stayed if verdict.stays else self.erased)[verdict.stays or verdict.why] += 1
        if at < len(ids):
            self._erase(survey, ids, at)
        elif self.dry:
            self._end(survey)
        else:
            self._clean(survey, first=True)

    def _clean(self, survey: Survey, *, first: bool = False) -> None:
        def job(connection: Connection) -> bool:
            from ctidesk.crm.purge_sql import PurgeStep, Rule

            return PurgeStep(connection, Rule(0.0, self.keep_days)).clean_index(first=first)

        self.store.submit(Lane.BULK, job, partial(self._cleaned, survey))

    def _cleaned(self, survey: Survey, more: bool | KnownError) -> None:
        if isinstance(more, KnownError):
            self.done(more)
        elif more:
            self._clean(survey)
        else:
            self._end(survey)

    def _end(self, survey: Survey) -> None:
        report = PurgeReport(
            tuple(sorted(self.erased.items())),
            tuple(sorted(self.stayed.items())),
            survey.parts,
            self.dry,
        )
        if self.dry:
            self.done(report)
            return

        def job(connection: Connection) -> PurgeReport:
            from ctidesk.crm import audit, erased_texts, work_sql

            work_sql.erase_closed_before(connection, self.wall() - self.keep_days * DAY_S)
            erased_texts.read_whole(connection.connection.cursor(), survey.called_back)
            if report.count:  # a desk that looks each day and erases nobody says nothing
                audit.record(
                    connection,
                    t_wall=self.wall(),
                    who="desk",
                    action="members_purged",
                    purpose=f"keep_days {self.keep_days}. {report.sentence}",
                )
            return report

        self.store.submit(Lane.WRITE, job, self.done)


def _listed(counts: tuple[tuple[str, int], ...]) -> str:
    return f" ({', '.join(f'{count:,} {why}' for why, count in counts)})" if counts else ""
