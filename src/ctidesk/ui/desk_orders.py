"""Every order that the keyboard can give, for shortcuts and palette.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain

from ctidesk.ui.desk_commands import DeskCommand, DeskCommands
from ctidesk.ui.desk_presenters import DeskPresenters
from ctidesk.ui.guide.commands import SHORTCUTS as GUIDE_SHORTCUTS, guide_commands
from ctidesk.ui.interpreter import commands as interpreter
from ctidesk.ui.knowledge.commands import SHORTCUTS as KNOWLEDGE_SHORTCUTS, knowledge_commands
from ctidesk.ui.member_card import commands as card
from ctidesk.ui.red_flag import commands as red_flag
from ctidesk.ui.shortcuts.table import DEFAULTS, Shortcut
from ctidesk.ui.support import commands as support
from ctidesk.ui.work_list.commands import SHORTCUTS as WORK_SHORTCUTS, work_commands

SHORTCUTS = (
    *DEFAULTS,
    Shortcut("call.park", "Park the caller", "Call", "Ctrl+Shift+P"),
    Shortcut("desk.dial", "Dial", "Desk", "Ctrl+D"),
    Shortcut("desk.card", "Go to the card", "Desk", "Ctrl+Shift+C"),
    Shortcut("desk.work_list", "Go to the work list", "Desk", "Ctrl+Shift+L"),
    Shortcut("desk.figures", "My handle time", "Desk", "F9"),
    Shortcut("desk.sound", "Sound…", "Desk", "F8"),
    *KNOWLEDGE_SHORTCUTS,
    *GUIDE_SHORTCUTS,
    *card.SHORTCUTS,
    Shortcut("consult.swap", "Swap caller and colleague", "Consult", "Ctrl+Shift+S"),
    Shortcut("consult.merge", "Merge or split", "Consult", "Ctrl+Shift+G"),
    Shortcut("consult.complete", "Complete the transfer", "Consult", "Ctrl+Shift+F"),
    Shortcut("consult.cancel", "Cancel the consultation", "Consult", "Ctrl+Shift+X"),
    Shortcut("wrap_up.save_ready", "Save and be ready", "Wrap-up", "Ctrl+Return"),
    Shortcut("wrap_up.more_time", "30 seconds more", "Wrap-up", "Ctrl+Shift+Y"),
    *WORK_SHORTCUTS,
    *red_flag.SHORTCUTS,
    *interpreter.SHORTCUTS,
    *support.SHORTCUTS,
)
"""The keys of the desk: those of the design, and the ones that make a whole call possible without
a mouse."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where the keyboard can be sent, and what opens."""

    transfer: Callable[[], None]
    keypad: Callable[[], None]
    dial: Callable[[], None]
    card: Callable[[], None]
    work_list: Callable[[], None]
    wrap_up: Callable[[], None]
    palette: Callable[[], None]
    shortcuts: Callable[[], None]
    figures: Callable[[], None]
    sound: Callable[[], None]
    work: Callable[[], None]
    add_work: Callable[[], None]
    red_flag: Callable[[], None]
    interpreter: Callable[[], None]
    help: Callable[[], None]
    aid: Callable[[str], None]
    """By its key: in front, with the keyboard."""
    break_glass: Callable[[], None]
    """Where its reason is typed."""
    next_pane: Callable[[], None]
    previous_pane: Callable[[], None]
    compact: Callable[[], None]
    dark: Callable[[], None]


def register(commands: DeskCommands, shown: DeskPresenters, places: Places) -> None:
    """Put all of them into `commands`."""
    groups = (
        *(_call(shown, places), _consult(shown), _desk(places), _work(shown), _queue(shown)),
        card.card_commands(shown.member_card, places.break_glass, shown.read_disclosure_again),
        work_commands(shown.work, places.work, places.add_work),
        knowledge_commands(places.aid),
        guide_commands(shown.guide, places.aid),
    )
    for command in chain.from_iterable(groups):
        commands.register(command)
    red_flag.register_red_flag(commands, shown.red_flag, places.red_flag)
    interpreter.register_interpreter(commands, shown.interpreter, places.interpreter)
    support.register_support(commands, shown.support, places.help)
    for number, choice in enumerate(shown.agent_bar.live.state.choices[:4], 1):
        commands.register(
            DeskCommand(
                name=f"agent.status_{number}",
                title=choice.label,
                group="Status",
                run=functools.partial(shown.agent_bar.choose, choice.key),
                icon=choice.icon,
                words="state not ready",
            )
        )
    for choice in shown.agent_bar.live.state.choices[4:]:
        commands.register(
            DeskCommand(
                name=f"agent.{choice.key}",
                title=choice.label,
                group="Status",
                run=functools.partial(shown.agent_bar.choose, choice.key),
                icon=choice.icon,
                words="state not ready",
            )
        )


def _call(shown: DeskPresenters, places: Places) -> tuple[DeskCommand, ...]:
    bar = shown.call_bar
    make = DeskCommand
    return (
        make(
            name="call.answer",
            title="Answer",
            group="Call",
            run=bar.answer,
            possible=lambda: bool(bar.live.state.answer_id),
            icon="answer",
            words="take pick up",
        ),
        make(
            name="call.end",
            title="Decline or end",
            group="Call",
            run=bar.end,
            possible=lambda: bar.live.state.can_end,
            icon="end",
            words="hang up",
        ),
        make(
            name="call.hold",
            title="Hold or resume",
            group="Call",
            run=bar.hold,
            possible=lambda: bar.live.state.can_hold,
            icon="hold",
        ),
        make(
            name="call.mute",
            title="Mute or unmute",
            group="Call",
            run=bar.mute,
            possible=lambda: bar.live.state.can_mute,
            icon="mute",
            words="microphone",
        ),
        make(
            name="call.transfer",
            title="Transfer or consult",
            group="Call",
            run=places.transfer,
            possible=lambda: bar.live.state.can_transfer,
            icon="transfer",
        ),
        make(
            name="call.keypad",
            title="Keypad",
            group="Call",
            run=places.keypad,
            possible=lambda: bar.live.state.can_keypad,
            icon="keypad",
            words="dtmf digits",
        ),
        make(
            name="call.pause_recording",
            title="Pause or resume the recording",
            group="Call",
            run=shown.toggle_recording_pause,
            possible=lambda: bar.live.state.can_pause_recording,
            icon="record",
            words="card payment credit number privacy",
        ),
        # one way each, for guides: what is paused already must not go on by being paused again
        make(
            name="recording.pause",
            title="Pause the recording",
            group="Call",
            run=shown.pause_recording,
            possible=lambda: bar.live.state.can_mute,
            icon="record",
        ),
        make(
            name="recording.resume",
            title="Resume the recording",
            group="Call",
            run=shown.resume_recording,
            possible=lambda: bar.live.state.can_mute,
            icon="record",
        ),
        make(
            name="call.park",
            title="Park the caller",
            group="Call",
            run=shown.parked.park,
            possible=lambda: shown.parked.can_park,
            icon="pause",
            words="place exchange",
        ),
        make(
            name="call.redial",
            title="Redial",
            group="Call",
            run=shown.dialler.redial,
            possible=lambda: bool(shown.dialler.live.state.redial),
            icon="dial_out",
        ),
    )


def _consult(shown: DeskPresenters) -> tuple[DeskCommand, ...]:
    consult = shown.consult

    def merge_or_split() -> None:
        if consult.live.state.can_split:
            consult.split()
        else:
            consult.merge()

    def make(
        name: str, title: str, icon: str, run: Callable[[], None], possible: Callable[[], bool]
    ) -> DeskCommand:
        return DeskCommand(
            name=f"consult.{name}",
            title=title,
            group="Consult",
            run=run,
            possible=possible,
            icon=icon,
        )

    return (
        make(
            "swap",
            "Swap caller and colleague",
            "swap",
            consult.swap,
            lambda: consult.live.state.can_swap,
        ),
        make(
            "merge",
            "Merge or split",
            "conference",
            merge_or_split,
            lambda: consult.live.state.can_merge or consult.live.state.can_split,
        ),
        make(
            "complete",
            "Complete the transfer",
            "transfer",
            consult.complete,
            lambda: consult.live.state.can_complete,
        ),
        make(
            "cancel",
            "Cancel the consultation",
            "cross",
            consult.cancel,
            lambda: consult.live.state.can_cancel,
        ),
    )


def _desk(places: Places) -> tuple[DeskCommand, ...]:
    lines = (
        ("desk.dial", "Dial", places.dial, "dial_out", "call number"),
        ("desk.card", "Go to the card", places.card, "user", "member verify identity search"),
        ("desk.work_list", "Go to the work list", places.work_list, "queue", "calls missed"),
        ("desk.wrap_up", "Go to wrap-up", places.wrap_up, "wrap_up", "code note"),
        ("desk.palette", "Find a command", places.palette, "command", ""),
        ("desk.shortcuts", "Show the shortcuts", places.shortcuts, "keyboard", "keys help"),
        ("desk.figures", "My handle time", places.figures, "history", "AHT talk hold shift party"),
        ("desk.sound", "Sound…", places.sound, "headset", "audio headset microphone volume ring"),
        ("desk.next_pane", "Next pane", places.next_pane, "chevron_right", ""),
        ("desk.previous_pane", "Previous pane", places.previous_pane, "chevron_left", ""),
        ("desk.compact", "Compact bar", places.compact, "compact", "small window"),
        ("desk.dark", "Light or dark", places.dark, "eye", "theme colours"),
    )
    return tuple(
        DeskCommand(name=name, title=title, group="Desk", run=run, icon=icon, words=words)
        for name, title, run, icon, words in lines
    )


def _queue(shown: DeskPresenters) -> tuple[DeskCommand, ...]:
    """Those codes of the exchange that the settings name."""
    return tuple(
        DeskCommand(
            name=f"queue.{code}",
            title=title,
            group="Queue",
            run=functools.partial(shown.dial_code, code),
            possible=shown.registered,
            icon="queue",
            words="exchange member pause",
        )
        for code, title in shown.queue_codes.items()
    )


def _work(shown: DeskPresenters) -> tuple[DeskCommand, ...]:
    wrap_up = shown.wrap_up
    return (
        DeskCommand(
            name="wrap_up.save_ready",
            title="Save and be ready",
            group="Wrap-up",
            run=lambda: wrap_up.save("ready"),
            possible=lambda: bool(wrap_up.live.state.call_id),
            icon="save",
        ),
        DeskCommand(
            name="wrap_up.more_time",
            title="30 seconds more",
            group="Wrap-up",
            run=wrap_up.extend,
            possible=lambda: wrap_up.live.state.extensions_left > 0,
            icon="plus",
        ),
    )
