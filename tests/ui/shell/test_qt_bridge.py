"""The hop between threads: order, slices, errors, the end."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QThread, QTimer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ctidesk.ui.qt_bridge import BUDGET_S, QtBridge


class Stopwatch:
    """Stands still until a delivered function takes its time."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def errors() -> list[Exception]:
    return []


@pytest.fixture
def watch() -> Stopwatch:
    return Stopwatch()


@pytest.fixture
def bridge(qapp: QApplication, errors: list[Exception], watch: Stopwatch) -> Iterator[QtBridge]:
    bridge = QtBridge(errors.append, watch)
    yield bridge
    bridge.close()


def test_deliveries_of_many_threads_run_on_the_main_thread_each_in_its_order(
    bridge: QtBridge, qtbot: QtBot
) -> None:
    ran: list[tuple[int, int]] = []
    main: set[bool] = set()

    def one(thread: int, index: int) -> None:
        main.add(QThread.currentThread().isMainThread())
        ran.append((thread, index))

    def flood(thread: int) -> None:
        for index in range(500):
            bridge.deliver(lambda index=index: one(thread, index))

    threads = [threading.Thread(target=flood, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ran == []  # nothing runs before the main thread turns to it
    qtbot.waitUntil(lambda: len(ran) == 2000, timeout=30_000)
    assert main == {True}
    for number in range(4):
        assert [i for thread, i in ran if thread == number] == list(range(500))


def test_a_flood_is_worked_off_in_slices_with_the_loop_between(
    bridge: QtBridge, watch: Stopwatch, qtbot: QtBot
) -> None:
    ran: list[int] = []
    seen_by_timer: list[int] = []

    def slow(index: int) -> None:
        watch.now += BUDGET_S * 0.4
        ran.append(index)

    for index in range(30):
        bridge.deliver(lambda index=index: slow(index))
    timer = QTimer()
    timer.setInterval(0)
    timer.timeout.connect(lambda: seen_by_timer.append(len(ran)))
    timer.start()
    qtbot.waitUntil(lambda: len(ran) == 30)
    timer.stop()
    assert ran == list(range(30))
    # three of 0.4 budgets fill a slice, and the timer of somebody else came in between
    assert any(0 < seen < 30 for seen in seen_by_timer)
    assert all(seen % 3 == 0 for seen in seen_by_timer)


def test_one_that_delivers_again_does_not_keep_the_loop(
    bridge: QtBridge, watch: Stopwatch, qtbot: QtBot
) -> None:
    turns: list[None] = []

    def again() -> None:
        watch.now += BUDGET_S
        turns.append(None)
        if len(turns) < 50:
            bridge.deliver(again)

    fired: list[int] = []
    bridge.deliver(again)
    QTimer.singleShot(0, lambda: fired.append(len(turns)))
    qtbot.waitUntil(lambda: len(turns) == 50)
    assert fired[0] < 50


def test_an_error_is_reported_and_the_next_one_runs(
    bridge: QtBridge, errors: list[Exception], qtbot: QtBot
) -> None:
    ran: list[str] = []
    bridge.deliver(lambda: ran.append("first"))
    bridge.deliver(lambda: {}["missing"])
    bridge.deliver(lambda: ran.append("last"))
    qtbot.waitUntil(lambda: ran == ["first", "last"])
    assert [type(error) for error in errors] == [KeyError]


def test_after_the_end_nothing_runs_and_nothing_breaks(
    bridge: QtBridge, qtbot: QtBot, qapp: QApplication
) -> None:
    ran: list[str] = []
    bridge.deliver(lambda: ran.append("waiting"))
    bridge.close()
    thread = threading.Thread(target=lambda: bridge.deliver(lambda: ran.append("late")))
    thread.start()
    thread.join()
    qapp.processEvents()
    qapp.processEvents()
    assert (ran, bridge.waiting) == ([], 0)


def test_it_wakes_again_after_a_pause(bridge: QtBridge, qtbot: QtBot) -> None:
    ran: list[int] = []
    for index in range(3):
        bridge.deliver(lambda index=index: ran.append(index))
        qtbot.waitUntil(lambda index=index: len(ran) == index + 1)
    assert ran == [0, 1, 2]


def test_a_few_that_wait_are_done_before_the_next_painting(
    bridge: QtBridge, watch: Stopwatch, qtbot: QtBot
) -> None:
    """A call and the directory's answer to it: one painting, not two."""
    ran: list[str] = []
    seen_by_timer: list[list[str]] = []

    def call() -> None:
        watch.now += BUDGET_S * 1.2
        ran.append("call")
        bridge.deliver(lambda: ran.append("answer"))

    bridge.deliver(call)
    QTimer.singleShot(0, lambda: seen_by_timer.append(list(ran)))
    qtbot.waitUntil(lambda: bool(seen_by_timer))
    assert seen_by_timer == [["call", "answer"]]
