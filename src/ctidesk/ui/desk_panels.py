"""The widgets of the desk window, one of each panel.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtWidgets import QVBoxLayout, QWidget

from ctidesk.ui.agent_bar.view import AgentBar
from ctidesk.ui.aids.pane import AidsPane
from ctidesk.ui.call_bar.view import CallBar
from ctidesk.ui.consult.view import ConsultPanel
from ctidesk.ui.desk_aids import make_aids
from ctidesk.ui.desk_presenters import DeskPresenters
from ctidesk.ui.dialler.view import Dialler
from ctidesk.ui.interpreter.view import InterpreterPanel
from ctidesk.ui.keypad.view import Keypad
from ctidesk.ui.member_card.view import MemberCardView
from ctidesk.ui.quality.view import QualityView
from ctidesk.ui.red_flag.view import RedFlagPanel
from ctidesk.ui.status_strip.view import StatusStrip
from ctidesk.ui.support.view import SupportPanel
from ctidesk.ui.surroundings import Surroundings
from ctidesk.ui.theme.scale import Space
from ctidesk.ui.work_list.view import WorkList
from ctidesk.ui.work_list.work_view import MOST_ANSWERS, WorkPanel
from ctidesk.ui.wrap_up.view import WrapUpPanel


@dataclass(slots=True)
class Panels:
    """The widgets of the window by name."""

    agent_bar: AgentBar
    call_bar: CallBar
    quality: QualityView
    dialler: Dialler
    work_list: WorkList
    consult: ConsultPanel
    keypad: Keypad
    red_flag: RedFlagPanel
    interpreter: InterpreterPanel
    support: SupportPanel
    member_card: MemberCardView
    aids: AidsPane
    wrap_up: WrapUpPanel
    status_strip: StatusStrip

    def centre(self) -> QWidget:
        """The middle column: what was opened for the call stands above its card."""
        centre = QWidget()
        above = QVBoxLayout()
        above.setContentsMargins(Space.M, Space.S, Space.M, 0)
        above.setSpacing(Space.S)
        above.addWidget(self.support)
        above.addWidget(self.interpreter)
        above.addWidget(self.consult)
        above.addWidget(self.keypad)
        layout = QVBoxLayout(centre)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(above)
        layout.addWidget(self.red_flag, 1)
        layout.addWidget(self.member_card, 1)
        self.red_flag.covering.connect(self.member_card.setHidden)
        return centre


def make_panels(around: Surroundings, shown: DeskPresenters, reasons: Sequence[str]) -> Panels:
    """Each renders its presenter from now on. `reasons`: of not ready."""
    dialler = Dialler(around, shown.dialler)
    return Panels(
        agent_bar=AgentBar(around, shown.agent_bar),
        call_bar=CallBar(around, shown.call_bar),
        quality=QualityView(around.theme),
        dialler=dialler,
        work_list=WorkList(around, shown.work_list, dialler, WorkPanel(around, shown.work)),
        consult=ConsultPanel(around, shown.consult),
        keypad=Keypad(around, shown.keypad),
        red_flag=RedFlagPanel(around, shown.red_flag),
        interpreter=InterpreterPanel(around, shown.interpreter),
        support=SupportPanel(around, shown.support),
        member_card=MemberCardView(around, shown.member_card),
        aids=make_aids(around, shown),
        wrap_up=WrapUpPanel(around, shown.wrap_up, reasons),
        status_strip=StatusStrip(around, shown.status),
    )


def name_keys(panels: Panels, keys: Callable[[str], str]) -> None:
    """Write the keys of commands on their buttons."""
    bar, card = panels.call_bar, panels.member_card
    bar.answer.set_keys(keys("call.answer"))
    bar.mute.set_keys(keys("call.mute"))
    bar.hold.set_keys(keys("call.hold"))
    bar.transfer.set_keys(keys("call.transfer"))
    bar.keypad.set_keys(keys("call.keypad"))
    bar.end.set_keys(keys("call.end"))
    for party, chip in card.chips.items():
        chip.set_keys(keys(f"card.party_{party.value}"))
    card.page.set_keys(keys("card.page"))
    panels.work_list.work.prompt.set_keys(
        [keys(f"work.outcome_{place + 1}") for place in range(MOST_ANSWERS)]
    )
    panels.red_flag.still_here.set_keys(keys("red_flag.check_back"))
