"""What can be ordered of the card: who calls, the member's page, break-glass.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

import functools
from collections.abc import Callable

from ctidesk.care.member import CALLING_PARTIES
from ctidesk.ui.desk_commands import DeskCommand
from ctidesk.ui.member_card.presenter import MemberCardPresenter
from ctidesk.ui.shortcuts.table import Shortcut
from ctidesk.ui.words import PARTY_ICONS, PARTY_WORDS

SHORTCUTS = (
    *(
        Shortcut(
            f"card.party_{party.value}",
            f"Caller is: {PARTY_WORDS[party].lower()}",
            "Card",
            f"Alt+{key}",
        )
        for key, party in enumerate(CALLING_PARTIES, 1)
    ),
    Shortcut("card.page", "Open the member's page in the browser", "Card", "Ctrl+Shift+O"),
    Shortcut("card.break_glass", "Break glass…", "Card", "Ctrl+Shift+B"),
    Shortcut("card.survivor", "Open the record that took this one's place", "Card", "Alt+M"),
)


def card_commands(
    card: MemberCardPresenter, ask_reason: Callable[[], None], read_again: Callable[[], None]
) -> tuple[DeskCommand, ...]:
    """`ask_reason()`: where the reason to break the glass is typed; `read_again()`: the policy."""
    make = functools.partial(DeskCommand, group="Card")
    return (
        make(
            name="card.page",
            title="Open the member's page in the browser",
            run=card.open_page,
            possible=lambda: bool(card.live.state.page),
            icon="expand",
            words="EMR CRM patient record",
        ),
        make(
            name="card.break_glass",
            title="Break glass…",
            run=ask_reason,
            possible=lambda: card.live.state.can_break,
            icon="warning",
            words="show withheld hidden emergency reveal",
        ),
        make(
            name="card.close_glass",
            title="Hide again what break-glass shows",
            run=card.close_glass,
            possible=lambda: card.live.state.glass is not None,
            icon="lock",
            words="break glass end",
        ),
        make(
            name="card.survivor",
            title="Open the record that took this one's place",
            run=card.open_survivor,
            possible=lambda: card.live.state.notice is not None and card.live.state.notice.can_go,
            icon="chevron_right",
            words="merged duplicate",
        ),
        make(
            name="card.read_disclosure",
            title="Read the disclosure rules again",
            run=read_again,
            icon="sync",
            words="policy gate file reload",
        ),
        *(
            make(
                name=f"card.party_{party.value}",
                title=f"Caller is: {PARTY_WORDS[party].lower()}",
                run=functools.partial(card.set_party, party),
                possible=lambda: bool(card.live.state.call_id),
                icon=PARTY_ICONS[party],
                words="party who calls",
            )
            for party in CALLING_PARTIES
        ),
    )
