"""Help from the lead, the protected minute, and words that help: one panel above the card.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ctidesk.calls.desk import CallDesk, Change
from ctidesk.care.help_call import REASONS, HelpCall
from ctidesk.care.recovery import RecoveryMinute
from ctidesk.care.red_flag import Phrase
from ctidesk.ui import words
from ctidesk.ui.in_view import caller_call
from ctidesk.ui.live import Live, but_telemetry
from ctidesk.ui.theme.tokens import Role

HELP_WORDS = {
    "policy": "A question of policy",
    "clinical": "A clinical question",
    "system": "Something does not work",
    "distress": "This call is hard for me",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One button. `key` for `SupportPresenter.press`."""

    key: str
    label: str
    icon: str = ""
    main: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """A line with what can be done about it. `until_mono`: a countdown to it, 0 for none."""

    title: str
    detail: str
    icon: str
    tone: Role
    choices: tuple[Choice, ...]
    until_mono: float = 0.0


@dataclass(frozen=True, slots=True)
class SupportState:
    """`phrases`: (title, words) to say."""

    help: Notice | None = None
    recovery: Notice | None = None
    phrases: tuple[tuple[str, str], ...] = ()

    @property
    def visible(self) -> bool:
        return self.help is not None or self.recovery is not None or bool(self.phrases)


class SupportPresenter:
    """Renders `HelpCall` and `RecoveryMinute`."""

    def __init__(
        self,
        desk: CallDesk,
        help_call: HelpCall,
        recovery: RecoveryMinute,
        phrases: Sequence[Phrase] = (),
    ) -> None:
        self._desk = desk
        self.help = help_call
        self.recovery = recovery
        self._phrases = tuple(phrases)
        self._asking = False
        self._reading = False
        self.live = Live(self._state)
        desk.subscribe(but_telemetry(self._changed))

    # ----------------------------------------------------------------- intents

    def toggle_help(self) -> None:
        """Ask for which reason; again: close the question."""
        self._asking = not self._asking and self.help.open is None
        self.live.refresh()

    def toggle_phrases(self) -> None:
        self._reading = not self._reading and bool(self._phrases)
        self.live.refresh()

    def ask_recovery(self) -> None:
        """A protected minute, at once or after the present work; again: the same as its button."""
        if self.recovery.running or self.recovery.asked:
            self.recovery.decline()
        else:
            self.recovery.ask(self._call_id())
        self.live.refresh()

    def press(self, key: str) -> None:
        """A `Choice` by its key."""
        kind, _, reason = key.partition(":")
        actions = {
            "help": lambda: self.help.ask(reason, self._call_id()),
            "answered": lambda: self.help.end("answered"),
            "withdraw": lambda: self.help.end("withdrawn"),
            "close_help": self.toggle_help,
            "recover": lambda: self.recovery.ask(self._call_id()),
            "decline": self.recovery.decline,
            "extend": self.recovery.extend,
            "phrases": self.toggle_phrases,
        }
        if kind == "help":
            self._asking = False
        actions[kind]()
        self.live.refresh()

    def tick(self) -> None:
        """Once a second."""
        self.recovery.tick()

    @property
    def running(self) -> bool:
        return self.recovery.running

    # ----------------------------------------------------------------- private

    def _call_id(self) -> str:
        call = caller_call(self._desk, self._desk.current)
        if call is not None:
            return call.call_id
        return self._desk.wrap_ups[0] if self._desk.wrap_ups else ""

    def _changed(self, change: Change) -> None:
        self.live.refresh()

    def _state(self) -> SupportState:
        return SupportState(
            help=self._help(),
            recovery=self._recovery(),
            phrases=tuple((one.title, f"“{one.text}”") for one in self._phrases)
            if self._reading
            else (),
        )

    def _help(self) -> Notice | None:
        asked = self.help.open
        if asked is not None:
            told = bool(self.help.told)
            return Notice(
                title=f"You asked for help: {HELP_WORDS.get(asked.reason, asked.reason).lower()}",
                detail="Your lead knows." if told else words.LEAD_NOT_TOLD,
                icon="check" if told else "warning",
                tone=Role.ON_CALL if told else Role.HOLD,
                choices=(Choice("answered", "Somebody helps"), Choice("withdraw", "Withdraw")),
            )
        if not self._asking:
            return None
        return Notice(
            title="What do you need help with?",
            detail="Your lead gets the reason, nothing about the caller.",
            icon="users",
            tone=Role.TEXT,
            choices=(
                *(Choice(f"help:{reason}", HELP_WORDS[reason]) for reason in REASONS),
                Choice("close_help", "Close", "cross"),
            ),
        )

    def _recovery(self) -> Notice | None:
        recovery = self.recovery
        words = (Choice("phrases", "Words that help"),) if self._phrases else ()
        if recovery.running:
            more = () if recovery.extended else (Choice("extend", "One more minute", "plus"),)
            queued = self._desk.agent.queued
            then = "ready" if queued is None or queued.state == "ready" else "your next state"
            return Notice(
                title="Your minute. No call comes in.",
                detail=f"Breathe. Afterwards you are {then} by yourself; this is not counted.",
                icon="coffee",
                tone=Role.READY,
                choices=(*more, Choice("decline", "I am fine, go on")),
                until_mono=recovery.until_mono,
            )
        if recovery.asked:
            return Notice(
                title="Your minute comes after this work",
                detail="",
                icon="clock",
                tone=Role.MUTED,
                choices=(*words, Choice("decline", "Not needed")),
            )
        if recovery.offered:
            return Notice(
                title="That was a hard call. Take a minute afterwards?",
                detail="Protected: no call comes in, and it is not counted.",
                icon="coffee",
                tone=Role.TEXT,
                choices=(
                    Choice("recover", "Take a minute", main=True),
                    *words,
                    Choice("decline", "No, thanks"),
                ),
            )
        return None
