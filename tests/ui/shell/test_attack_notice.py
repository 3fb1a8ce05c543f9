"""A flood is told once, calmly, and the notice goes when it is over."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot
from tests.support.desk_doubles import SpyJournal
from tests.support.fake_clock import FakeClock

from ctidesk.calls.desk import CallDesk
from ctidesk.calls.queue_codes import QueueCodes
from ctidesk.sip.simulator import SimulatedEngine
from ctidesk.ui.desk_notices import DeskNotices
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.widgets.notice import Level, NoticeBar, NoticeStack


class Rig:
    def __init__(self, theme: Theme, qtbot: QtBot) -> None:
        self.engine = SimulatedEngine(FakeClock())
        self.desk = CallDesk(FakeClock(), SpyJournal())
        self.engine.on_event = lambda event, _seq: self.desk.handle(event)
        self.stack = NoticeStack(theme)
        qtbot.addWidget(self.stack)
        self.notices = DeskNotices(
            self.desk, self.stack, _nothing, lambda _number: None, QueueCodes(), _nothing
        )
        self.engine.start()

    @property
    def bars(self) -> list[NoticeBar]:
        """The notices of the attack that stand; a cleared one is only hidden at first."""
        standing = [bar for bar in self.stack.findChildren(NoticeBar) if "unwanted" in _text(bar)]
        return standing[-1:] if self.stack.keys().count("attack") else []


def _nothing() -> None:
    """Nobody presses the notice's button here."""


def _text(bar: NoticeBar) -> str:
    return bar.notice.text


@pytest.fixture
def rig(theme: Theme, qtbot: QtBot) -> Rig:
    return Rig(theme, qtbot)


def test_attack_is_told_with_its_number_and_what_to_do(rig: Rig) -> None:
    rig.engine.attack(1234)
    (bar,) = rig.bars
    assert bar.notice.level is Level.WARNING
    assert bar.notice.text == "Many unwanted calls are being refused: 1,234 within a minute."
    assert "Your calls go on" in bar.notice.remedy
    assert "Tell IT" in bar.notice.remedy


def test_attack_is_told_once_and_who_closed_it_is_left_alone(rig: Rig) -> None:
    rig.engine.attack(40)
    (bar,) = rig.bars
    rig.engine.attack(90)
    assert rig.bars == [bar]
    bar.closed.emit()
    rig.engine.attack(100)
    assert rig.bars == []


def test_notice_goes_when_the_attack_is_over_and_comes_with_the_next(rig: Rig) -> None:
    rig.engine.attack(40)
    rig.engine.attack(0)
    assert rig.bars == []
    rig.engine.attack(50)
    assert len(rig.bars) == 1


def test_lost_engine_knows_of_no_attack(rig: Rig) -> None:
    rig.engine.attack(40)
    rig.engine.engine_lost()
    assert rig.bars == []
    rig.engine.engine_ready()
    rig.engine.attack(50)
    assert len(rig.bars) == 1
