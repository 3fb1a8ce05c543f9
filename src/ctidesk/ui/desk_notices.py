"""What the agent is told in a notice bar: failures with a remedy, each gone when it is over.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

from collections.abc import Callable

from ctidesk.calls import events as ev
from ctidesk.calls.desk import CallDesk, Change
from ctidesk.calls.errors import KnownError
from ctidesk.ui import words
from ctidesk.ui.live import but_telemetry
from ctidesk.ui.widgets.notice import Level, Notice, NoticeStack, notice_of


class DeskNotices:
    """Watches the desk. Keys: "engine", "registration", "sound", "recording", "transfer", "call",
    and the code of a `KnownError`."""

    def __init__(
        self,
        desk: CallDesk,
        stack: NoticeStack,
        resume: Callable[[], None],
        dial: Callable[[str], object],
        sound: Callable[[], None],
    ) -> None:
        self._desk = desk
        self._stack = stack
        self._resume = resume
        self._dial = dial
        self._open_sound = sound
        self._dialled: dict[str, str] = {}
        """Numbers of the calls that we dialled and that are not connected yet."""
        desk.subscribe(but_telemetry(self._changed))

    def _changed(self, change: Change) -> None:
        show = self._stack.show_notice
        if isinstance(change, KnownError):
            show(change.code, notice_of(change))
        elif isinstance(change, ev.EngineLost):
            show("engine", _NO_ENGINE if change.reason == _CANNOT_START else _ENGINE)
        elif isinstance(change, ev.EngineReady):
            self._engine_back(change)
        elif isinstance(change, ev.RegistrationChanged):
            self._registration(change)
        elif isinstance(change, ev.SoundChanged):
            self._sound(change)
        elif isinstance(change, ev.RecordingFailed):
            why = words.RECORDING_PROBLEMS.get(change.problem, "The recording stopped")
            show("recording", Notice(level=Level.ERROR, text=f"{why}.", remedy=_RECORDING))
        elif isinstance(change, ev.RecordingStarted):
            self._stack.clear("recording")
        elif isinstance(change, ev.HoldFailed):
            what = "hold" if change.wanted == "hold" else "resume"
            text = f"The other side refused to {what} the call."
            show("call", Notice(level=Level.WARNING, text=text, remedy="Try again in a moment."))
        else:
            self._transfers_and_ends(change)

    def _transfers_and_ends(self, change: Change) -> None:
        if isinstance(change, ev.TransferFailed):
            why = words.failure_word(change.code)
            self._stack.show_notice(
                "transfer",
                Notice(
                    level=Level.WARNING,
                    text=f"The transfer came back: {why}.",
                    remedy="The caller is on hold with you.",
                    action_text="Resume caller",
                    action=self._resume,
                ),
            )
        elif isinstance(change, ev.TransferStarted | ev.CallResumed):
            self._stack.clear("transfer")
            if isinstance(change, ev.CallResumed) and change.dialog is not None:
                self._stack.show_notice("engine back", _GOT_BACK)
        elif isinstance(change, ev.CallDialled | ev.CallAnswered):
            self._stack.clear("call")
            if isinstance(change, ev.CallDialled) and not change.consult_of:
                self._dialled[change.call_id] = change.remote.number
        elif isinstance(change, ev.CallEnded):
            self._stack.clear("transfer")
            self._ended(change)

    def _ended(self, event: ev.CallEnded) -> None:
        """A connection that broke, or a dialled call that did not come about."""
        call = self._desk.calls.get(event.call_id)
        dialled = self._dialled.pop(event.call_id, "")
        if event.by == "failure" and call is not None and call.answered_mono is not None:
            text = "The connection broke off. The wrap-up is open."
            self._stack.show_notice("call", self._again(Level.WARNING, text, call.remote.number))
        elif call is None and dialled and event.by != "local":
            text = f"Not connected: {words.failure_word(event.code)}."
            self._stack.show_notice("call", self._again(Level.INFO, text, dialled))

    def _again(self, level: Level, text: str, number: str) -> Notice:
        """A notice with one key to call that very number; a withheld one cannot be called."""
        if not number:
            return Notice(level=level, text=text, remedy="The number was withheld.")
        return Notice(
            level=level,
            text=text,
            remedy="Call the number again.",
            action_text="Call again",
            action=lambda: self._call(number),
        )

    def _call(self, number: str) -> None:
        self._stack.clear("call")
        self._dial(number)

    def _engine_back(self, event: ev.EngineReady) -> None:
        standing = self._stack.keys()
        self._stack.clear("engine")
        if "engine" in standing:
            calls = event.resumed_calls
            text = "The telephone is back."
            remedy = f"{calls} call{'s' if calls != 1 else ''} got back." if calls else ""
            self._stack.show_notice(
                "engine back", Notice(level=Level.INFO, text=text, remedy=remedy)
            )

    def _sound(self, event: ev.SoundChanged) -> None:
        if event.state in (ev.Sound.READY, ev.Sound.UNSUPPORTED):
            self._stack.clear("sound")
            return
        # not closable: while it stands the agent is muted
        self._stack.show_notice(
            "sound",
            Notice(
                level=Level.ERROR,
                text=event.text,
                remedy=event.remedy,
                action_text="Sound…",
                action=self._open_sound,
                closable=False,
            ),
        )

    def _registration(self, event: ev.RegistrationChanged) -> None:
        bad = {ev.Registration.FAILED, ev.Registration.REFUSED}
        if event.state in bad:
            text = event.text or "The exchange cannot be reached."
            remedy = event.remedy or "It is tried again by itself; tell IT if it lasts."
            self._stack.show_notice(
                "registration", Notice(level=Level.ERROR, text=text, remedy=remedy)
            )
        elif event.state is not ev.Registration.TRYING:
            self._stack.clear("registration")


_ENGINE = Notice(
    level=Level.ERROR,
    text="The telephone stopped. It is being started again…",
    remedy="A call on the line is got back where the exchange allows it; otherwise call back.",
    closable=False,
)
_CANNOT_START = "engine_start"
_NO_ENGINE = Notice(
    level=Level.ERROR,
    text="The telephone engine does not start.",
    remedy="ctidesk keeps trying; cards and wrap-ups work meanwhile. Tell IT if it stays.",
    closable=False,
)
_GOT_BACK = Notice(
    level=Level.INFO,
    text="The telephone is back.",
    remedy="The call on the line was got back.",
)
_RECORDING = "The call goes on. Tell the caller that it is not recorded, and tell IT."
