"""`python -m bench` lists the benchmarks, `python -m bench NAME [--quick] [--json]` runs one."""

from __future__ import annotations

import argparse
import importlib
import sys
from types import ModuleType

NAMES = (
    "pop",
    "start",
    "footprint",
    "recording",
    "lookup",
    "recover",
    "engine",
    "audio",
    "pull",
    "outbox",
    "card",
)


def load(name: str) -> ModuleType:
    return importlib.import_module(f"bench.{name}")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("name", nargs="?", choices=NAMES)
    parser.add_argument("--quick", action="store_true", help="fewer calls, a smaller directory")
    parser.add_argument("--json", action="store_true", help="one JSON object on the last line")
    arguments = parser.parse_args()
    if arguments.name is None:
        for name in NAMES:
            print(f"{name:10} {(load(name).__doc__ or '').splitlines()[0]}")
        return 0
    report = load(arguments.name).run(quick=arguments.quick)
    print(report.table())
    if arguments.json:
        print(report.as_json())
    return 0


if __name__ == "__main__":
    sys.exit(main())
