"""A real FHIR R4 server on loopback: Medplum's router on Node, its packages fetched once by npm
into a cache folder, pinned by version and hash.

Runs in: the test process.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import threading
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent / "fhir"
PINNED = ("package.json", "package-lock.json")
OLDEST_NODE = 20
_PATIENCE_S = 240
_START_S = 60.0


class NoFhirServer(Exception):
    """None can be had here; the text says why, for the reason of the skipped tests."""


def cache_folder() -> Path:
    base = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser()
    return base / "ctidesk/fhir"


def node_modules() -> Path:
    """The folder with the server's packages. Raises `NoFhirServer`."""
    for tool in ("node", "npm"):
        if shutil.which(tool) is None:
            raise NoFhirServer(f"no {tool}: tools/system-packages.sh test installs it")
    version = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout.strip()
    if int(version.lstrip("v").split(".")[0] or 0) < OLDEST_NODE:
        raise NoFhirServer(f"Node {version} is too old, {OLDEST_NODE} is needed")
    digest = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in PINNED)).hexdigest()
    folder = cache_folder() / digest[:16]
    with alone(cache_folder()):
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            for name in PINNED:
                shutil.copy(HERE / name, folder)
            npm(folder, "ci", "--ignore-scripts", "--omit=peer")
            (folder / "complete").touch()
    return folder / "node_modules"


def npm(folder: Path, *words: str) -> None:
    """Raises `NoFhirServer` when the packages can't be had."""
    quiet = ("--no-audit", "--no-fund", "--no-update-notifier", "--fetch-retries=1")
    try:
        ran = subprocess.run(
            ["npm", *words, *quiet], cwd=folder, capture_output=True, text=True, timeout=_PATIENCE_S
        )
    except subprocess.TimeoutExpired:
        raise NoFhirServer(f"npm {words[0]} did not end within {_PATIENCE_S} s") from None
    if ran.returncode:
        lines = [line for line in ran.stderr.splitlines() if "code E" in line] or ["no reason"]
        raise NoFhirServer(f"npm {words[0]} failed: {lines[0]}")


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One process at a time fills the cache."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class FhirServer:
    """A running server, empty. `base`: the FHIR base; `environment`: see server.js."""

    def __init__(self, **environment: str) -> None:
        modules = node_modules()
        self._process = subprocess.Popen(
            ["node", str(HERE / "server.js"), "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "NODE_PATH": str(modules), **environment},
        )
        self.port = self._ready_port()
        self.base = f"http://127.0.0.1:{self.port}/fhir/R4"

    def _ready_port(self) -> int:
        # a hung start is ended, and its closed pipe ends the reading
        watchdog = threading.Timer(_START_S, self._process.kill)
        watchdog.start()
        assert self._process.stdout is not None
        words = self._process.stdout.readline().split()
        watchdog.cancel()
        if words[:1] != ["ready"]:
            self.close()
            raise RuntimeError("the FHIR server did not start")
        return int(words[1])

    def load(self, resources: Iterable[dict[str, Any]]) -> None:
        """Put resources into the repository as they are, without FHIR's rules for clients."""
        body = "\n".join(json.dumps(each) for each in resources).encode()
        self._ask("POST", f"http://127.0.0.1:{self.port}/load", body)

    def clear(self) -> None:
        """Empty, as it started."""
        self._ask("POST", f"http://127.0.0.1:{self.port}/clear", b"")

    def put(self, resource: dict[str, Any]) -> dict[str, Any]:
        """Update as another client of the server would."""
        url = f"{self.base}/{resource['resourceType']}/{resource['id']}"
        answer: dict[str, Any] = json.loads(self._ask("PUT", url, json.dumps(resource).encode()))
        return answer

    def delete(self, kind: str, fhir_id: str) -> None:
        self._ask("DELETE", f"{self.base}/{kind}/{fhir_id}")

    def get(self, path: str) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self._ask("GET", f"{self.base}/{path}"))
        return answer

    def count(self, path: str) -> int:
        """How many resources a search such as "Communication?_total=accurate" finds."""
        mark = "&" if "?" in path else "?"
        return int(self.get(f"{path}{mark}_total=accurate&_count=1000")["total"])

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    @staticmethod
    def _ask(method: str, url: str, body: bytes | None = None) -> bytes:
        headers = {"Content-Type": "application/fhir+json"}
        request = urllib.request.Request(url, data=body, method=method, headers=headers)
        with urllib.request.urlopen(request, timeout=60) as response:
            content: bytes = response.read()
        return content
