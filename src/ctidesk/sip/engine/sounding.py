"""The parts of the agent's sound put together: watch, devices, ring and test.

Runs in: engine process, loop thread.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ctidesk.sip.engine.alsa_config import AlsaConfig
from ctidesk.sip.engine.endpoint import SipEndpoint
from ctidesk.sip.engine.journal import Journal
from ctidesk.sip.engine.ringer import Ringer
from ctidesk.sip.engine.sound import SoundDesk
from ctidesk.sip.engine.sound_devices import NOTHING, SoundSystem
from ctidesk.sip.engine.sound_gate import SoundGate
from ctidesk.sip.engine.sound_test import SoundTest
from ctidesk.sip.engine.sound_watch import SoundWatch


class Sounding:
    """`calls()`: whether any call is there, and whether one rings."""

    def __init__(
        self, endpoint: SipEndpoint, config: AlsaConfig, folder: Path, journal: Journal
    ) -> None:
        self.calls: Callable[[], tuple[bool, bool]] = lambda: (False, False)
        self._endpoint = endpoint
        self._posted = False
        system = SoundSystem()
        gate = SoundGate(system.hangs, endpoint.post)
        self.desk = SoundDesk(endpoint, config, Ringer(folder, system), gate, journal.record)
        self.desk.in_use = lambda: self.calls()[0]
        self.desk.rings = lambda: self.calls()[1]
        self.test = SoundTest(endpoint, self.desk, folder, journal.record)
        self.test.busy = lambda: self.calls()[0]
        desk = self.desk
        self._watch = SoundWatch(
            system, lambda devices: endpoint.post(lambda: desk.devices_are(devices))
        )
        self.desk.look_again = self._watch.look_again

    def start(self) -> None:
        """Begin to watch, where the build can use what is seen."""
        if self._endpoint.has_device:
            self._watch.start()
        else:
            self.desk.devices_are(NOTHING)

    def follow_soon(self) -> None:
        """Calls changed. Opening a device is nothing for a native callback: in the next turn."""
        if not self._posted:
            self._posted = True
            self._endpoint.post(self._follow)

    def stop(self) -> None:
        """The engine ends: nothing rings on, and no child is left."""
        self.test.end()
        self.desk.silence()
        self._watch.stop()

    def _follow(self) -> None:
        self._posted = False
        self.test.calls_changed()
        self.desk.follow()
