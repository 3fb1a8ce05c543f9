"""The loop's timers: in their order, cancelled ones leave nothing behind."""

from __future__ import annotations

from ctidesk.sip.engine.loop import FEW_TIMERS, TurnLoop


def test_timers_run_when_due_and_in_order_whatever_was_swept() -> None:
    loop = TurnLoop(lambda _ms: None, lambda: None)
    done: list[int] = []
    for number in range(5):
        loop.call_later(0.001 * (5 - number), lambda number=number: done.append(number))  # type: ignore[misc]
    for _ in range(10 * FEW_TIMERS):
        loop.call_later(300.0, lambda: done.append(-1)).cancel()
    loop.run(until=lambda: len(done) >= 5)
    assert done == [4, 3, 2, 1, 0]


def test_cancelled_timers_do_not_pile_up() -> None:
    loop = TurnLoop(lambda _ms: None, lambda: None)
    keep = [loop.call_later(300.0, lambda: None) for _ in range(3)]
    for _ in range(1000):
        loop.call_later(300.0, lambda: None).cancel()
    assert len(loop._timers) <= 2 * FEW_TIMERS
    assert all(timer.waits for timer in keep)
    assert {timer for _due, _order, timer in loop._timers} >= set(keep)
