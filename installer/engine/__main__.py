"""`python -m installer.engine`: builds our pjsua2, or takes it from the cache, and installs it.

Runs in: the build; on the Python that the engine will run on.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from installer.engine import needs, sources, wheel
from installer.engine.compile import Compiler
from installer.engine.places import VARIANTS, Places, home_of_engine, places
from installer.engine.trouble import CannotBuild


def main(words: list[str] | None = None) -> int:
    """Exit codes: 0 built or in the cache, 1 it cannot be built here, 2 the recipe is broken; what
    is wrong is said on stderr."""
    options = _parser().parse_args(words)
    # so that an end from outside also takes the compiler and the half result with it
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        here = places(options.variant)
        if options.only_sources:
            return _fetch(here)
        with _alone(here.cache):
            if not here.unpacked.is_dir():
                _build(here, options.variant, options.jobs)
        home = None if options.no_install else home_of_engine(options.variant)
        if home is not None:
            wheel.install(here.unpacked, home)
    except CannotBuild as trouble:
        sys.stderr.write(f"{trouble.text}\n{trouble.remedy}\n")
        return 2 if trouble.broken else 1
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted. Nothing of the build was kept; run it again.\n")
        return 130
    except OSError as error:
        where = error.filename or places(options.variant).cache
        sys.stderr.write(
            f"Our engine could not be built: {error.strerror} ({where}).\n"
            "Free some space (1 GB) or choose another folder with XDG_CACHE_HOME.\n"
        )
        return 1
    (file,) = here.result.glob("pjsua2-*.whl")
    sys.stdout.write(f"engine: {file}\n")
    if home is not None:
        sys.stdout.write(f"installed: {home}\n")
    for name, value in wheel.preload(options.variant).items():
        sys.stdout.write(f"its processes need: {name}='{value}'\n")
    return 0


def _fetch(here: Places) -> int:
    try:
        for path in sources.archives(here.sources, here.work).values():
            sys.stdout.write(f"{path}\n")
    finally:
        shutil.rmtree(here.work, ignore_errors=True)
    return 0


def _build(here: Places, variant: str, jobs: int) -> None:
    needs.check()
    # what an interrupted build left, of whatever recipe; nobody else builds now
    for left in here.cache.glob("*.building"):
        shutil.rmtree(left, ignore_errors=True)
    here.work.mkdir(parents=True)
    here.log.write_bytes(b"")
    started = time.monotonic()
    try:
        _say("sources")
        found = sources.archives(here.sources, here.work)
        tree = here.work / "pjproject"
        sources.unpack(found, tree)
        compiler = Compiler(tree, variant, here.log, jobs)
        _say("pjproject's libraries (some minutes)")
        compiler.libraries()
        _say("the Python module")
        module = compiler.module()
        wheel.publish(here, wheel.pack(here, module, variant))
        _say(f"done in {time.monotonic() - started:.0f} s")
    finally:
        shutil.rmtree(here.work, ignore_errors=True)


@contextlib.contextmanager
def _alone(cache: Path) -> Iterator[None]:
    """One build at a time for a cache; the second finds the result of the first."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _say(step: str) -> None:
    sys.stderr.write(f"engine: {step}\n")
    sys.stderr.flush()


class _Parser(argparse.ArgumentParser):
    """Ends with 1 as everything does that whoever calls can mend; 2 is the recipe's."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(1, f"{self.prog}: {message}\n")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="installer.engine", description=__doc__)
    parser.add_argument("--variant", choices=VARIANTS, default="release")
    parser.add_argument("--only-sources", action="store_true", help="only fetch and check them")
    parser.add_argument("--no-install", action="store_true", help="only into the cache")
    at_most = range(1, 129)
    parser.add_argument(
        "--jobs", type=int, choices=at_most, metavar="N", default=os.cpu_count() or 1
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
