"""The peers that answer the same INVITEs: a bare pjsua2 program, and Debian's baresip."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from ctidesk.demo.free_port import free_port

BARE = Path(__file__).with_name("bare_pjsua2.py")


@contextlib.contextmanager
def bare_pjsua2(code: int = 180) -> Iterator[int]:
    """The shortest pjsua2 program that answers an INVITE with `code`. Yields its UDP port."""
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, str(BARE), str(port), str(code)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for_sip(port)
        yield port
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def baresip(answers: bool = False) -> Iterator[int | None]:
    """Debian's baresip, null audio, no window. Yields its UDP port, None where it is missing."""
    if shutil.which("baresip") is None:
        yield None
        return
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        modules = next(iter(Path("/usr/lib").rglob("baresip/modules/g711.so"))).parent
        (home / "config").write_text(
            f"sip_listen 127.0.0.1:{port}\nmodule_path {modules}\nmodule g711.so\n"
            "module_app account.so\nmodule_app menu.so\nring_aufile none\n"
            "audio_player aubridge,nil\naudio_source aubridge,nil\nmodule aubridge.so\n"
        )
        mode = "auto" if answers else "manual"
        (home / "accounts").write_text(f"<sip:agent@127.0.0.1:{port}>;regint=0;answermode={mode}\n")
        (home / "contacts").write_text("")
        process = subprocess.Popen(
            ["baresip", "-f", folder],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_for_sip(port)
            yield port
        finally:
            process.kill()
            process.wait()


def wait_for_sip(port: int, timeout_s: float = 10.0) -> None:
    """Until OPTIONS is answered at `port`."""
    deadline = time.monotonic() + timeout_s
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        probe.settimeout(0.1)
        own = probe.getsockname()[1]
        options = (
            f"OPTIONS sip:agent@127.0.0.1:{port} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP 127.0.0.1:{own};branch=z9hG4bK{time.monotonic_ns()};rport\r\n"
            f"Max-Forwards: 70\r\nFrom: <sip:b@127.0.0.1:{own}>;tag=1\r\n"
            f"To: <sip:agent@127.0.0.1:{port}>\r\nCall-ID: {time.monotonic_ns()}\r\n"
            "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
        ).encode()
        while time.monotonic() < deadline:
            probe.sendto(options, ("127.0.0.1", port))
            with contextlib.suppress(OSError):
                probe.recv(65536)
                return
    raise TimeoutError(f"nothing answers SIP at port {port}")
