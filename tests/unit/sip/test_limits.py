"""The rules of the request guard, with a clock that stands still until it is told to go on."""

from __future__ import annotations

import re
from enum import IntEnum
from pathlib import Path

import pytest
from tests.support.fake_clock import FakeClock

from ctidesk.sip.engine.limits import (
    ANSWERS,
    MAX_SOURCES,
    RULES,
    AttackWatch,
    Bucket,
    Kind,
    Limits,
    Outcome,
    Rate,
)

OUTSIDE = (Kind.INVITE, Kind.OPTIONS, Kind.SUBSCRIBE, Kind.OTHER)


def accepted(limits: Limits, kind: Kind, source: str, times: int) -> int:
    return sum(limits.judge(kind, source) is Outcome.ACCEPTED for _ in range(times))


def test_bucket_gives_its_burst_and_then_its_rate() -> None:
    bucket = Bucket(Rate(per_s=4, burst=3), now=10.0)
    assert [bucket.take(10.0) for _ in range(4)] == [True, True, True, False]
    assert not bucket.take(10.24)
    assert bucket.take(10.26)
    assert [bucket.take(1000.0) for _ in range(4)] == [True, True, True, False]


def test_bucket_does_not_mind_a_clock_that_goes_back() -> None:
    bucket = Bucket(Rate(per_s=1, burst=1), now=10.0)
    assert bucket.take(10.0)
    assert not bucket.take(5.0)
    assert bucket.take(6.0)


@pytest.mark.parametrize("kind", OUTSIDE)
def test_each_source_has_its_own_share(kind: Kind) -> None:
    limits = Limits(FakeClock().mono)
    burst = int(RULES[kind].each.burst)
    assert accepted(limits, kind, "192.0.2.1", 500) == burst
    assert accepted(limits, kind, "192.0.2.2", 500) == burst


@pytest.mark.parametrize("kind", OUTSIDE)
def test_all_sources_together_have_a_limit(kind: Kind) -> None:
    limits = Limits(FakeClock().mono)
    taken = sum(accepted(limits, kind, f"192.0.2.{n}", 50) for n in range(50))
    assert taken == int(RULES[kind].overall.burst)


def test_kinds_do_not_use_up_one_another() -> None:
    limits = Limits(FakeClock().mono)
    accepted(limits, Kind.OPTIONS, "192.0.2.1", 5000)
    assert limits.judge(Kind.INVITE, "192.0.2.1") is Outcome.ACCEPTED


def test_answers_run_out_too_and_come_back() -> None:
    clock = FakeClock()
    limits = Limits(clock.mono)
    accepted(limits, Kind.INVITE, "192.0.2.1", int(RULES[Kind.INVITE].each.burst))
    over = [limits.judge(Kind.INVITE, "192.0.2.1") for _ in range(100)]
    assert over.count(Outcome.REFUSED) == int(ANSWERS.burst)
    assert over.count(Outcome.DROPPED) == 100 - int(ANSWERS.burst)
    clock.advance(60)
    assert limits.judge(Kind.INVITE, "192.0.2.1") is Outcome.ACCEPTED


def test_who_is_not_allowed_takes_nothing_from_who_is() -> None:
    limits = Limits(FakeClock().mono)
    for _ in range(1000):
        assert limits.judge(Kind.INVITE, "192.0.2.66", allowed=False) is not Outcome.ACCEPTED
    assert limits.judge(Kind.INVITE, "192.0.2.1") is Outcome.ACCEPTED
    assert limits.counted[Outcome.REFUSED] + limits.counted[Outcome.DROPPED] == 1000


def test_senders_without_number_need_no_memory_without_bound() -> None:
    limits = Limits(FakeClock().mono)
    for n in range(10 * MAX_SOURCES):
        limits.judge(Kind.INVITE, f"2001:db8::{n:x}")
    assert len(limits._each) == MAX_SOURCES


def test_each_rule_lets_all_together_do_at_least_what_one_may() -> None:
    assert set(RULES) == set(Kind)
    for rule in RULES.values():
        assert rule.overall.per_s >= rule.each.per_s > 0
        assert rule.overall.burst >= rule.each.burst >= 1


def test_a_few_refusals_are_no_attack() -> None:
    watch = AttackWatch()
    told = [watch.look(total // 3, float(total)) for total in range(600)]
    assert told == [None] * 600


def test_attack_is_told_when_it_begins_every_minute_and_when_it_is_over() -> None:
    watch = AttackWatch()
    told = {}
    total = 0
    for second in range(400):
        total += 100 if 10 <= second < 140 else 0
        count = watch.look(total, float(second))
        if count is not None:
            told[second] = count
    assert told == {10: 100, 70: 6000, 130: 6000, 190: 900, 199: 0}


def test_attacks_are_told_anew() -> None:
    watch = AttackWatch()
    assert watch.look(0, 0.0) is None
    assert watch.look(50, 1.0) == 50
    assert watch.look(50, 70.0) == 0
    assert watch.look(50, 71.0) is None
    assert watch.look(90, 72.0) == 40


@pytest.mark.parametrize(("numbers", "end"), [(Kind, "KINDS"), (Outcome, "OUTCOMES")])
def test_guard_in_c_numbers_kinds_and_outcomes_alike(numbers: type[IntEnum], end: str) -> None:
    header = Path(__file__).parents[3] / "installer" / "engine" / "extra" / "guard.h"
    (names,) = re.findall(rf"enum \{{([^}}]*)GUARD_{end}\s*\}}", header.read_text("utf-8"))
    in_c = re.findall(r"GUARD_(\w+)", names)
    assert in_c == [each.name for each in sorted(numbers)]
