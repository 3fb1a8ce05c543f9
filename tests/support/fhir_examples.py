"""HL7's own example resources, from the packages that it publishes, checked by their hashes.

Runs in: the test process.
"""

from __future__ import annotations

import base64
import hashlib
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.fhir_server import NoFhirServer, alone, cache_folder, npm


@dataclass(frozen=True)
class Package:
    name: str
    version: str
    sha512: str

    @property
    def file(self) -> str:
        return f"{self.name}-{self.version}.tgz"


R4 = Package(
    "hl7.fhir.r4.examples",
    "4.0.1",
    "DXBdIZOeQaSKIgCU7w6HOC7sw/6BzylmipLkBW4f//pT+Bc94x+8LImwTdvaNThPJoOzpBzvxAzNqjeu3X/zLw==",
)
PLAN_NET = Package(
    "hl7.fhir.us.davinci-pdex-plan-net",
    "1.2.0",
    "ggD9NKQ3BrrX5jEY6XA2y9pQeJrJAhLvlYs87Yd9CMBHngvd5uEPJgsPgfEFhlbLH4Vbu5FpWBw3JPkY57grMw==",
)


def fetched(package: Package) -> Path:
    """The package's archive. Raises `NoFhirServer` when it can't be had."""
    folder = cache_folder() / "examples"
    path = folder / package.file
    with alone(folder):
        if not path.exists():
            npm(folder, "pack", f"{package.name}@{package.version}")
        digest = hashlib.sha512(path.read_bytes()).digest()
        if base64.b64encode(digest).decode() != package.sha512:
            path.unlink()
            raise NoFhirServer(f"{package.file} is not what was published")
    return path


def texts(package: Package) -> Iterator[tuple[str, str]]:
    """(name, text) of each JSON file of a package."""
    with tarfile.open(fetched(package)) as archive:
        for member in archive:
            if member.name.endswith(".json") and member.isfile():
                file = archive.extractfile(member)
                assert file is not None
                yield member.name, file.read().decode("utf-8-sig")
