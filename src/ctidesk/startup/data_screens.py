"""The screens of keys and members, put over a desk's window and connected with its parts.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtWidgets import QWidget

from ctidesk.calls.desk import Change
from ctidesk.calls.errors import KnownError
from ctidesk.calls.events import CallOffered
from ctidesk.config.settings import Settings
from ctidesk.crm.census import is_empty
from ctidesk.crm.store import StorePhase, StoreState
from ctidesk.startup.csv_member_import import CsvMemberImport, Deliver
from ctidesk.startup.key_choice import KeyStoreKeys
from ctidesk.startup.members_file import FileOutcome, MembersFile
from ctidesk.startup.parts import Parts
from ctidesk.ui.desk_commands import DeskCommands
from ctidesk.ui.directory_search.presenter import Problem
from ctidesk.ui.key_choice.presenter import KeyChoicePresenter, KeyChoiceState, KeyQuestion
from ctidesk.ui.key_choice.view import KeyChoiceOverlay, unlock_command
from ctidesk.ui.member_details.presenter import MemberDetailsPresenter
from ctidesk.ui.member_details.view import MemberDetailsOverlay, correct_command
from ctidesk.ui.member_import.presenter import MemberImportPresenter
from ctidesk.ui.member_import.view import MemberImportOverlay, import_command
from ctidesk.ui.surroundings import Surroundings
from ctidesk.ui.sync_centre.presenter import SyncCentrePresenter
from ctidesk.ui.sync_centre.view import SyncCentreOverlay, sync_command
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.widgets.notice import Level, Notice
from ctidesk.ui.window.main_window import MainWindow

KEY_CODES = frozenset({"no_key_store", "key_store_locked", "passphrase_needed"})
KEYS_NOTICE, MEMBERS_NOTICE = "keys", "members"


@dataclass(frozen=True, slots=True)
class Places:
    """Where the screens go. `centre`: the column of the caller's card; `member()`: (id, name) of
    the verified member in view whom the CRM keeps, ("", "") for none."""

    theme: Theme
    window: MainWindow
    centre: QWidget
    commands: DeskCommands
    around: Surroundings
    member: Callable[[], tuple[str, str]]


class DataScreens:
    """Tell it each state of the cache by `cache_changed`; it asks for keys, imports the settings'
    file of members, and says what came of it in a notice. Registers its commands."""

    def __init__(self, places: Places, parts: Parts, deliver: Deliver) -> None:
        self._parts = parts
        self._notices = places.window.notices
        self._key_problem: KnownError | None = None
        settings = parts.settings.data
        self.keys = KeyChoicePresenter(KeyStoreKeys(parts.keys, deliver, self._open_again))
        self.key_overlay = KeyChoiceOverlay(places.theme, places.centre, self.keys)
        self.members = MemberImportPresenter(
            CsvMemberImport(parts.store, settings.region, deliver), parts.clock, self._imported
        )
        self.import_overlay = MemberImportOverlay(places.theme, places.window.below, self.members)
        self.sync = SyncCentrePresenter(
            parts.crm.outgoing, agent_of(parts.settings), moment, sends=parts.crm.sends
        )
        self.sync_overlay = SyncCentreOverlay(places.around, places.window.below, self.sync)
        self.details = MemberDetailsPresenter(
            parts.crm.outgoing, agent_of(parts.settings), places.member, parts.pop.reload
        )
        self.details_overlay = MemberDetailsOverlay(places.theme, places.window.below, self.details)
        self._file = (
            MembersFile(parts.store, Path(settings.members_csv), settings.region, deliver)
            if settings.members_csv
            else None
        )
        self._opened_before = False
        self.file_taken: FileOutcome | None = None
        """What came of the settings' file of members, None until then."""
        places.commands.register(import_command(self.import_overlay))
        places.commands.register(unlock_command(self.keys))
        places.commands.register(sync_command(self.sync_overlay))
        places.commands.register(correct_command(self.details_overlay, self.details))
        self.keys.live.watch(self._keys_changed)
        parts.desk.subscribe(self._desk_changed)

    @staticmethod
    def asks_about(problem: KnownError | None) -> bool:
        """Whether `problem` is answered by these screens, so that no other notice is needed."""
        return problem is not None and problem.code in KEY_CODES

    def cache_changed(self, state: StoreState) -> None:
        if state.phase is StorePhase.OPEN:
            self._key_problem = None
            self.keys.opened()
            if not self._opened_before:
                self._opened_before = True
                self._fill()
        elif state.phase is StorePhase.FAILED and state.problem is not None:
            self._key_problem = state.problem
            self.keys.failed(state.problem)

    def hide_members(self) -> None:
        """The desk is locked: nothing with members' data stays on the screen."""
        self.import_overlay.dismiss()
        self.sync_overlay.dismiss()
        self.details_overlay.dismiss()

    def stop(self) -> None:
        """Before the store closes: running imports end after their batch."""
        self.members.cancel()
        if self._file is not None:
            self._file.stop()

    # ----------------------------------------------------------------- private

    def _open_again(self) -> None:
        self._parts.open_cache_again()
        # at the start it could not be read; a log that was read is not asked for again
        self._parts.plumbing.load_log()

    def _fill(self) -> None:
        if self._file is not None:
            self._file.start(self._file_taken)
        elif not self._parts.settings.crm.server:
            is_empty(self._parts.store, self._counted)

    def _keys_changed(self, state: KeyChoiceState) -> None:
        """A question that was put off stays in a notice, one press away."""
        problem = self._key_problem
        if state.open or not state.waits or problem is None:
            self._notices.clear(KEYS_NOTICE)
            return
        words = {KeyQuestion.UNLOCK: "Unlock…", KeyQuestion.CHOOSE: "Choose…"}
        self._notices.show_notice(
            KEYS_NOTICE,
            Notice(
                level=Level.WARNING,
                text=problem.text,
                remedy="Calls work without member data meanwhile.",
                action_text=words.get(state.question, "Try again…"),
                action=self.keys.show,
                closable=False,
            ),
        )

    def _imported(self, sentence: str, problem: Problem | None) -> None:
        """Said only where nobody looks at the panel."""
        if not self.import_overlay.isVisible():
            self._tell(sentence, problem.remedy if problem else "", problem is not None, "Show…")

    def _file_taken(self, outcome: FileOutcome) -> None:
        self.file_taken = outcome
        if outcome.sentence:
            self._tell(outcome.sentence, outcome.remedy, outcome.problem is not None)

    def _counted(self, empty: bool | KnownError) -> None:
        if empty is True:
            self._tell("There are no members in the directory yet.", "Import them from a CSV file.")

    def _tell(
        self, text: str, remedy: str, bad: bool = False, action_text: str = "Import members…"
    ) -> None:
        action = self._show_import if remedy or action_text == "Show…" else None
        notice = Notice(
            level=Level.WARNING if bad else Level.INFO,
            text=text,
            remedy=remedy,
            action_text=action_text,
            action=action,
            passing=not bad and action is None,
        )
        self._notices.show_notice(MEMBERS_NOTICE, notice)

    def _show_import(self) -> None:
        self._notices.clear(MEMBERS_NOTICE)
        self.import_overlay.open()

    def _desk_changed(self, change: Change) -> None:
        """Who calls is what the agent needs to see; an import goes on, a preview stays. A form
        about the caller on the line stays too."""
        self.details.card_changed()
        if isinstance(change, CallOffered):
            self.import_overlay.dismiss()
            self.sync_overlay.dismiss()


def agent_of(settings: Settings) -> str:
    """The agent by the name that saved calls and the audit trail have."""
    return settings.agent.name or settings.account.user


def moment(t_wall: float) -> str:
    """A time of day; with its date where it is not today."""
    then, now = time.localtime(t_wall), time.localtime()
    same_day = (then.tm_year, then.tm_yday) == (now.tm_year, now.tm_yday)
    return time.strftime("%H:%M" if same_day else "%d %b, %H:%M", then)
