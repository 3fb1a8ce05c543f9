"""A real Asterisk on loopback, from the laboratory folder that CTIDESK_PBX_LAB names: it holds
`start-pbx.sh`, `stop-pbx.sh` and, to be quick, a packed tree `asterisk-*.tar.zst`."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.sip_office import Office
from tests.support.sip_phone import Phone

LAB = os.environ.get("CTIDESK_PBX_LAB", "")


@dataclass(frozen=True)
class Pbx:
    """Ports and the certificate authority of the running exchange."""

    udp: int
    tls: int
    tls_rogue: int
    ca: str


@pytest.fixture(scope="session")
def pbx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pbx]:
    if not LAB:
        pytest.skip("CTIDESK_PBX_LAB names no folder with start-pbx.sh: no real Asterisk")
    folder = tmp_path_factory.mktemp("pbx")
    environment = {**os.environ, "PBX_PORTS": "auto", "PBX_MOH": "tone"}
    for packed in Path(LAB).glob("asterisk-*.tar.zst"):
        tree = folder / "tree"
        tree.mkdir()
        subprocess.run(["tar", "--zstd", "-xf", str(packed), "-C", str(tree)], check=True)
        environment["PBX_TREE"] = str(tree)
    run = folder / "run"
    started = subprocess.run(
        [f"{LAB}/start-pbx.sh", str(run)],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    told = dict(line.split("=", 1) for line in started.stdout.splitlines() if "=" in line)
    yield Pbx(
        int(told["PBX_UDP"]), int(told["PBX_TLS"]), int(told["PBX_TLS_ROGUE"]), told["PBX_CA"]
    )
    subprocess.run([f"{LAB}/stop-pbx.sh", str(run)], capture_output=True)


@pytest.fixture
def agent(pbx: Pbx) -> Iterator[Callable[..., Office]]:
    """Makes an office whose account is extension `user` of the exchange."""
    offices: list[Office] = []

    def make(user: str = "1001", transport: str = "udp", **more: object) -> Office:
        port = pbx.tls if transport == "tls" else pbx.udp
        account = {
            "user": user,
            "password": f"pw-{user}",
            "registrar": f"127.0.0.1:{port}",
            "transport": transport,
            **more,
        }
        offices.append(Office(**account))
        return offices[-1]

    yield make
    faults = [fault for office in offices for fault in office.close()]
    assert faults == []


@pytest.fixture
def extension(pbx: Pbx) -> Iterator[Callable[[str], Phone]]:
    """Makes a registered telephone at another extension."""
    phones: list[Phone] = []

    def make(user: str) -> Phone:
        phone = Phone(user, registrar=f"127.0.0.1:{pbx.udp}", password=f"pw-{user}")
        phones.append(phone)
        assert phone.wait("registered")["code"] == 200
        return phone

    yield make
    for phone in phones:
        phone.close()
