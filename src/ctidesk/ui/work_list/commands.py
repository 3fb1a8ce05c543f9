"""What the keyboard can do with work.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

import functools
from collections.abc import Callable

from ctidesk.ui.desk_commands import DeskCommand
from ctidesk.ui.shortcuts.table import Shortcut
from ctidesk.ui.work_list.work_presenter import WorkPresenter

SHORTCUTS = (
    Shortcut("work.open", "Work list: callbacks and tasks…", "Work", "F4"),
    Shortcut("work.outcome_1", "The call's outcome: first answer", "Work", "Ctrl+F2"),
    Shortcut("work.outcome_2", "The call's outcome: second answer", "Work", "Ctrl+F3"),
    Shortcut("work.outcome_3", "The call's outcome: third answer", "Work", "Ctrl+F4"),
    Shortcut("work.outcome_4", "The call's outcome: fourth answer", "Work", "Ctrl+F5"),
)
_ORDINALS = ("first", "second", "third", "fourth")


def work_commands(
    work: WorkPresenter, open_list: Callable[[], None], open_to_add: Callable[[], None]
) -> tuple[DeskCommand, ...]:
    """`open_list`, `open_to_add`: what lies over the desk."""

    def asked(place: int) -> bool:
        prompt = work.live.state.prompt
        return prompt is not None and place < len(prompt.choices)

    def make(name: str, title: str, icon: str, run: Callable[[], None], find: str) -> DeskCommand:
        return DeskCommand(
            name=f"work.{name}", title=title, group="Work", run=run, icon=icon, words=find
        )

    return (
        make("open", "Work list: callbacks and tasks…", "queue", open_list, "to do missed due"),
        make("add", "Add a callback or task…", "plus", open_to_add, "new remember"),
        make("filter", "Work list: mine, all, closed", "more", work.next_filter, "show filter"),
        *(
            DeskCommand(
                name=f"work.outcome_{place + 1}",
                title=f"The call's outcome: {ordinal} answer",
                group="Work",
                run=functools.partial(work.say_outcome, place),
                possible=functools.partial(asked, place),
                icon="callback",
                words="reached message left wrong number again",
            )
            for place, ordinal in enumerate(_ORDINALS)
        ),
    )
