"""Opening a card with 500 contacts beside one with none: cache → card, state, first paint.

The real window on made-up people and the real encrypted cache. The first paint is that of the whole
window after the card was opened and the identity checked: the presenter's state, the widgets, the
layout and painting. The store reads the card on a thread of its own; what that takes stands apart.
"""

from __future__ import annotations

import functools
import gc
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.desk_process import display
from bench.report import Line, Report, percentile

if TYPE_CHECKING:
    from ctidesk.care.member import MemberCard

LIMIT_MS = 50.0
ROWS = 500
ANSWERS = (("birth_date", "3.4.1984"), ("postcode", "10115"))


def run(quick: bool) -> Report:
    rounds = 10 if quick else 50
    with display() as screen:
        if screen == "offscreen":
            os.environ["QT_QPA_PLATFORM"] = "offscreen"
        empty, full, tab = _painted(rounds)
    read_empty, read_full = _read(rounds)
    metrics = {
        "paint_empty_ms_p50": percentile(empty, 50),
        "paint_full_ms_p50": percentile(full, 50),
        "paint_over_ms_p50": percentile(full, 50) - percentile(empty, 50),
        "paint_over_ms_worst": max(full) - percentile(empty, 50),
        "history_tab_ms_p50": percentile(tab, 50),
        "read_empty_ms_p50": percentile(read_empty, 50),
        "read_full_ms_p50": percentile(read_full, 50),
        "rows": float(ROWS),
    }
    m = metrics
    paint, read = m["paint_empty_ms_p50"], m["read_empty_ms_p50"]
    lines = [
        Line("first paint, median", m["paint_full_ms_p50"], "ms", None, "no history", paint),
        Line("over an empty card's, median", m["paint_over_ms_p50"], "ms", LIMIT_MS),
        Line("over an empty card's, worst", m["paint_over_ms_worst"], "ms", LIMIT_MS),
        Line("History tab opened, painted", m["history_tab_ms_p50"], "ms", LIMIT_MS),
        Line("read from the cache", m["read_full_ms_p50"], "ms", None, "no history", read),
    ]
    note = f"{ROWS} contacts of five channels, {rounds} cards of each kind, screen: {screen}."
    return Report("card: a long history", lines, metrics, [note])


def _painted(rounds: int) -> tuple[list[float], list[float], list[float]]:
    """(empty, full, opening the History tab) in ms; full and empty in turns."""
    from PySide6.QtWidgets import QApplication
    from tests.support.desk_scenes import RESOURCES, SHARED, Scene, jane

    from ctidesk.ui.desk_window import build
    from ctidesk.ui.theme.theme import Mode, Theme

    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    theme = Theme(RESOURCES, Mode.LIGHT)
    theme.apply(app)
    scene = Scene()
    shown = build(app, theme, scene.needs)
    shown.window.resize(1440, 900)
    shown.show()
    scene.start()
    presenter = shown.presenters.member_card
    facts = shown.panels.member_card.facts
    kinds = (_without(jane()), _with(jane()))
    found: tuple[list[float], list[float]] = ([], [])
    tab: list[float] = []
    history = facts.tabs.count() - 1
    for turn in range(2 * rounds + 4):
        scene.directory.cards["M-1001"] = kinds[turn % 2]
        call_id = scene.talk(SHARED, "Jane D.")
        _paint(app, shown.window)
        gc.collect()
        began = time.perf_counter()
        presenter.open_candidate("1")
        for kind, said in ANSWERS:
            presenter.answer(kind, said)
        _paint(app, shown.window)
        took = (time.perf_counter() - began) * 1000
        if turn >= 4:
            found[turn % 2].append(took)
        if turn % 2 and turn >= 4:
            began = time.perf_counter()
            facts.tabs.setCurrentIndex(history)
            _paint(app, shown.window)
            tab.append((time.perf_counter() - began) * 1000)
            assert len(facts.history.list.lines) == ROWS
        scene.engine.remote_hangs_up(call_id)
        shown.presenters.wrap_up.choose_code("refill")
        shown.presenters.wrap_up.save()
    shown.close()
    return (*found, tab)


def _paint(app: Any, window: Any) -> None:
    """What is due is painted now."""
    app.sendPostedEvents()
    window.repaint()
    app.processEvents()


def _without(card: MemberCard) -> MemberCard:
    from dataclasses import replace

    return replace(card, history=())


def _with(card: MemberCard) -> MemberCard:
    from dataclasses import replace
    from datetime import timedelta

    first = card.history[0]
    channels = ("call", "sms", "email", "chat", "web")
    history = tuple(
        replace(
            first,
            at=first.at - timedelta(hours=5 * at),
            channel=channels[at % 5],
            summary=f"{at}: asked about the delivery of supplies and how long the approval lasts",
        )
        for at in range(ROWS)
    )
    return replace(card, history=history)


def _read(rounds: int) -> tuple[list[float], list[float]]:
    """The card's statements on the real cache, in ms."""
    from ctidesk.crm import card_sql
    from ctidesk.crm.database import open_database
    from ctidesk.crm.records import FactKind, FactRecord, MemberRecord
    from ctidesk.crm.records_sql import Writer

    def write(connection: Any) -> None:
        writer = Writer(connection, source="bench", read_wall=1.7e9, import_ref=1)
        for member in ("empty", "full"):
            writer.put(MemberRecord(member_id=member, given="A", family="B"))
        for at in range(ROWS):
            values = {"at_wall": 1.7e9 - at * 9000, "channel": "sms", "summary": f"Contact {at}"}
            kind = FactKind.CONTACT
            writer.put(FactRecord(member_id="full", kind=kind, values=values))

    found: dict[str, list[float]] = {"empty": [], "full": []}
    with tempfile.TemporaryDirectory(prefix="ctidesk-bench-") as folder:
        opened = open_database(Path(folder) / "cache.db", bytes(range(32)))
        opened.write(write)
        for turn in range(2 * rounds):
            member = ("empty", "full")[turn % 2]
            began = time.perf_counter()
            opened.read(functools.partial(card_sql.card, member_id=member))
            found[member].append((time.perf_counter() - began) * 1000)
        opened.close()
    return found["empty"], found["full"]
