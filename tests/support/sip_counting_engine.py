"""The real engine that also counts its native calls: `<runtime>/alive` holds how many pjsua2 calls
and legs exist right now, rewritten every tenth of a second.

Runs in: engine process, loop thread.
"""

from __future__ import annotations

import sys
import weakref

from ctidesk.sip.engine import leg, main, native
from ctidesk.sip.engine.engine import Engine

_alive: weakref.WeakSet[object] = weakref.WeakSet()


def _count(kind: type) -> None:
    made = kind.__init__

    def counted(self: object, *args: object, **fields: object) -> None:
        _alive.add(self)
        made(self, *args, **fields)  # type: ignore[misc]

    kind.__init__ = counted  # type: ignore[misc]


def _tell(engine: Engine) -> None:
    fresh = engine._settings.runtime / "alive.new"
    fresh.write_text(str(len(_alive)))
    fresh.replace(engine._settings.runtime / "alive")
    engine._endpoint.call_later(0.1, lambda: _tell(engine))


def run() -> None:
    _count(native.NativeCall)
    _count(leg.Leg)
    start = Engine.start

    def started(engine: Engine) -> None:
        start(engine)
        _tell(engine)

    Engine.start = started  # type: ignore[method-assign]
    main.main(sys.argv[1:])


if __name__ == "__main__":
    run()
