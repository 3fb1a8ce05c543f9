"""Which devices there are and which are used, how loud, and the echo test in words.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ctidesk.calls import events as ev
from ctidesk.calls.actions import DeskActions
from ctidesk.calls.commands import ConfigureAudio
from ctidesk.calls.desk import CallDesk, Change
from ctidesk.calls.events import Sound
from ctidesk.calls.ports import SoundChoice
from ctidesk.ui.live import Live
from ctidesk.ui.theme.tokens import Role

SYSTEM = ""
OFF = "off"
TOP_PERCENT = 200
"""Of the sliders; more is for the settings, by those who know why."""


@dataclass(frozen=True, slots=True)
class DeviceOption:
    """`key` is the name that is ordered; `there` False: chosen, and not connected."""

    key: str
    label: str
    there: bool = True


@dataclass(frozen=True, slots=True)
class DeviceChoice:
    options: tuple[DeviceOption, ...]
    chosen: str


@dataclass(frozen=True, slots=True)
class SoundState:
    """`role` and `icon` go with `text`. `can_test`: the devices work and no call needs them.
    Levels are shown apart, in `Levels`."""

    icon: str
    role: Role
    text: str
    remedy: str
    microphone: DeviceChoice
    speaker: DeviceChoice
    ring: DeviceChoice
    mic_percent: int
    speaker_percent: int
    ring_percent: int
    echo_cancel: bool
    noise_suppression: bool
    can_ring: bool
    can_echo: bool
    echo_text: str


@dataclass(frozen=True, slots=True)
class Levels:
    microphone: float = 0.0
    speaker: float = 0.0


class SoundPresenter:
    """The choice is kept by `choice`, everything else follows from what the engine says."""

    def __init__(self, desk: CallDesk, actions: DeskActions, choice: SoundChoice) -> None:
        self._desk = desk
        self._actions = actions
        self._choice = choice
        self._shown = False
        self.live = Live(self._state)
        self.levels = Live(self._levels)
        desk.subscribe(self._changed)

    # ------------------------------------------------------------------ intents

    def show(self) -> None:
        """Somebody looks: the meters run where they can."""
        self._shown = True
        self.live.refresh()
        if self._ready:
            self._actions.try_sound("levels")

    def hide(self) -> None:
        """Nobody looks: the microphone is closed."""
        if self._shown:
            self._shown = False
            if self._step:
                self._actions.try_sound("")

    def choose_microphone(self, name: str) -> None:
        self._order(replace(self._choice.order, microphone=name), name)

    def choose_speaker(self, name: str) -> None:
        self._order(replace(self._choice.order, speaker=name), name)

    def choose_ring(self, name: str) -> None:
        self._order(replace(self._choice.order, ring=name))

    def set_volumes(self, mic: int, speaker: int, ring: int) -> None:
        """In percent."""
        self._order(
            replace(
                self._choice.order,
                mic_gain=mic / 100,
                speaker_gain=speaker / 100,
                ring_gain=ring / 100,
            )
        )

    def set_comfort(self, echo_cancel: bool, noise_suppression: bool) -> None:
        self._order(
            replace(
                self._choice.order, echo_cancel=echo_cancel, noise_suppression=noise_suppression
            )
        )

    def echo(self) -> None:
        """Begin the echo test, or end the one that runs."""
        self._actions.try_sound("levels" if self._step in ("speak", "listen") else "echo")

    def ring(self) -> None:
        self._actions.try_sound("ring")

    # ----------------------------------------------------------------- private

    def _order(self, order: ConfigureAudio, named: str | None = None) -> None:
        if named == SYSTEM:
            # asking for the system's own device means the one of now
            order = replace(order, again=order.again + 1)
        if order != self._choice.order:
            self._choice.choose(order)
        self.live.refresh()

    @property
    def _ready(self) -> bool:
        return self._desk.sound is not None and self._desk.sound.state is Sound.READY

    @property
    def _step(self) -> str:
        return self._desk.sound_levels.step if self._desk.sound_levels is not None else ""

    def _changed(self, change: Change) -> None:
        if isinstance(change, ev.SoundLevels):
            self.levels.refresh()
            if change.step == "" and self._shown and self._ready:
                self._actions.try_sound("levels")
        elif isinstance(change, ev.TELEMETRY):
            return
        elif isinstance(change, ev.SoundChanged | ev.EngineReady) and self._shown and self._ready:
            self._actions.try_sound("levels")
        if self._shown or not isinstance(change, ev.SoundLevels):
            self.live.refresh()

    def _levels(self) -> Levels:
        told = self._desk.sound_levels
        if told is None or not told.step:
            return Levels()
        return Levels(told.mic_level, told.speaker_level)

    def _state(self) -> SoundState:
        sound, order = self._desk.sound, self._choice.order
        devices = sound.devices if sound is not None else ()
        mics = [device.name for device in devices if device.microphone]
        speakers = [device.name for device in devices if device.speaker]
        icon, role, text, remedy = self._now(sound)
        return SoundState(
            icon=icon,
            role=role,
            text=text,
            remedy=remedy,
            microphone=_choice(mics, order.microphone, ((SYSTEM, "The system's own"),)),
            speaker=_choice(speakers, order.speaker, ((SYSTEM, "The system's own"),)),
            ring=_choice(
                speakers, order.ring, ((SYSTEM, "Where I hear callers"), (OFF, "Do not ring"))
            ),
            mic_percent=round(order.mic_gain * 100),
            speaker_percent=round(order.speaker_gain * 100),
            ring_percent=round(order.ring_gain * 100),
            echo_cancel=order.echo_cancel,
            noise_suppression=order.noise_suppression,
            can_ring=self._ready and order.ring != OFF,
            can_echo=self._ready and not self._desk.live,
            echo_text=_ECHO.get(self._step, "Record three seconds and hear them."),
        )

    def _now(self, sound: ev.SoundChanged | None) -> tuple[str, Role, str, str]:
        if sound is None:
            return "info", Role.MUTED, "The telephone is starting.", ""
        if sound.state is Sound.READY:
            used = sound.microphone
            if sound.speaker != sound.microphone:
                used = f"{sound.microphone} and {sound.speaker}"
            return "check", Role.READY, f"You talk with {used}.", ""
        role = Role.MUTED if sound.state is Sound.UNSUPPORTED else Role.DANGER
        return "warning", role, sound.text, sound.remedy


_ECHO = {"speak": "Talk now: it is recorded.", "listen": "Listen: this is how you sound."}


def _choice(names: Iterable[str], chosen: str, special: Iterable[tuple[str, str]]) -> DeviceChoice:
    options = [DeviceOption(key, label) for key, label in special]
    options += [DeviceOption(name, name) for name in names]
    if all(option.key != chosen for option in options):
        options.append(DeviceOption(chosen, f"{chosen} (not connected)", there=False))
    return DeviceChoice(tuple(options), chosen)
