"""`make engine` where it cannot work: what is missing is said, and no half result stays."""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest
from installer.engine import needs
from installer.engine.places import places
from installer.engine.sources import pinned
from installer.engine.trouble import CannotBuild
from tests.support.sip_desk import until

ROOT = Path(__file__).resolve().parents[2]
NOBODY = "http://127.0.0.1:9/debian"


class Outcome(NamedTuple):
    code: int
    said: str


class Build:
    """The build command with a cache of its own."""

    def __init__(self, folder: Path) -> None:
        self.cache = folder / "cache"
        self.engine = self.cache / "ctidesk" / "engine"
        self.sources = self.engine / "sources"
        self.sources.mkdir(parents=True)
        self.before: tuple[str, ...] = ()
        self.environment = {**os.environ, "XDG_CACHE_HOME": str(self.cache)}

    def start(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*self.before, sys.executable, "-m", "installer.engine", "--no-install", *words],
            cwd=ROOT,
            env={**self.environment, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *words: str, **environment: str) -> Outcome:
        process = self.start(*words, **environment)
        said, _ = process.communicate(timeout=150)
        return Outcome(process.returncode, said)

    def left(self) -> list[str]:
        """What a build left in the cache, beside sources, lock and log."""
        return sorted(
            path.name
            for path in self.engine.iterdir()
            if path.name not in ("sources", "lock", "build.log")
        )

    def apt(self, mirror: str) -> str:
        """A configuration of apt that knows only `mirror`: the value for APT_CONFIG."""
        folder = self.cache / "apt"
        (folder / "lists" / "partial").mkdir(parents=True)
        (folder / "sources.list").write_text(f"deb {mirror} stable main\n")
        config = folder / "apt.conf"
        config.write_text(
            f'Dir::Etc::sourcelist "{folder / "sources.list"}";\n'
            'Dir::Etc::sourceparts "/dev/null";\n'
            f'Dir::State::Lists "{folder / "lists"}";\n'
        )
        return str(config)


def text_of(file: Path) -> str:
    return file.read_text() if file.exists() else ""


def is_running(pid: int) -> bool:
    """A zombie that nobody has waited for yet is not."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@pytest.fixture
def build(tmp_path: Path) -> Build:
    return Build(tmp_path)


@pytest.fixture
def tools() -> None:
    """Skips by name where a build is not possible at all."""
    try:
        needs.check()
    except CannotBuild as trouble:
        pytest.skip(trouble.text)


@pytest.fixture
def archives(build: Build, tools: None) -> None:
    """The pinned archives in the build's cache, from the one of this computer."""
    for source in pinned():
        kept = places("release").sources / source.file
        if not kept.is_file():
            pytest.skip(f"{source.file} is not here: make engine")
        shutil.copy(kept, build.sources)


@pytest.fixture
def apt(tools: None) -> None:
    if shutil.which("apt-get") is None:
        pytest.skip("no apt here")


@pytest.fixture
def serve() -> Iterator[Callable[[Path], str]]:
    """Serves a folder on loopback; returns its address."""
    servers: list[http.server.ThreadingHTTPServer] = []

    def start(folder: Path) -> str:
        class Quiet(http.server.SimpleHTTPRequestHandler):
            def log_message(self, *args: object) -> None:
                pass

        handler = partial(Quiet, directory=str(folder))
        servers.append(http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler))
        threading.Thread(target=servers[-1].serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{servers[-1].server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def test_without_a_tool_chain_the_packages_are_named(build: Build, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    code, said = build.run(PATH=str(empty))
    assert code == 1
    assert "gcc" in said
    assert "swig" in said
    assert "apt-get install --no-install-recommends build-essential swig patch" in said
    assert build.left() == []


def test_a_missing_library_is_named_with_its_package(
    build: Build, tools: None, tmp_path: Path
) -> None:
    broken = tmp_path / "include" / "opus" / "opus.h"
    broken.parent.mkdir(parents=True)
    broken.write_text("#error this header is as good as missing\n")
    code, said = build.run(CPATH=str(tmp_path / "include"))
    assert code == 1
    assert "libraries are missing: opus/opus.h" in said
    assert "apt-get install --no-install-recommends libopus-dev\n" in said
    assert build.left() == []


def test_without_a_network_it_says_so_and_what_else_helps(build: Build, apt: None) -> None:
    code, said = build.run(APT_CONFIG=build.apt(NOBODY))
    assert code == 1
    assert "the Debian mirror cannot be reached" in said
    assert f"copy the archives of installer/engine/sources.toml into {build.sources}" in said
    assert build.left() == []
    assert list(build.sources.iterdir()) == []


def test_without_a_debian_mirror_it_says_so(build: Build, apt: None) -> None:
    code, said = build.run(APT_CONFIG=build.apt("http://127.0.0.1:9/other"))
    assert (code, build.left()) == (1, [])
    assert "knows no Debian mirror" in said


def test_an_index_that_debian_did_not_sign_is_refused(
    build: Build, apt: None, serve: Callable[[Path], str], tmp_path: Path
) -> None:
    suite = tmp_path / "mirror" / "debian" / "dists" / pinned()[0].suites[0]
    (suite / "main" / "source").mkdir(parents=True)
    (suite / "main" / "source" / "Sources").write_text("")
    (suite / "Release").write_text(
        "Origin: Debian\nSuite: unstable\nCodename: sid\nDate: Mon, 02 Nov 2026 00:00:00 UTC\n"
        "Architectures: amd64\nComponents: main\nSHA256:\n"
        " e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 0 main/source/Sources\n"
    )
    code, said = build.run(APT_CONFIG=build.apt(f"{serve(tmp_path / 'mirror')}/debian"))
    assert code == 1
    assert "is not signed by Debian" in said
    assert build.left() == []


def test_a_tampered_archive_is_set_aside_and_not_used(build: Build, archives: None) -> None:
    victim = build.sources / pinned()[0].file
    content = bytearray(victim.read_bytes())
    content[len(content) // 2] ^= 1
    victim.write_bytes(content)
    code, said = build.run()
    assert code == 1
    assert f"{victim.name} is not the archive that was pinned" in said
    assert "Run `make engine` again to fetch it anew" in said
    assert build.left() == []
    assert not victim.exists()
    assert victim.with_name(victim.name + ".bad").exists()


@pytest.mark.slow
@pytest.mark.timeout(180)  # five thousand files are unpacked
def test_a_step_that_fails_leaves_a_log_and_no_result(
    build: Build, archives: None, tmp_path: Path
) -> None:
    fake = tmp_path / "bin" / "patch"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\necho this hunk does not apply\nexit 1\n")
    fake.chmod(0o755)
    code, said = build.run(PATH=f"{fake.parent}:{os.environ['PATH']}")
    assert code == 2
    assert "`patch -p1 --forward` failed" in said
    assert str(build.engine / "build.log") in said
    assert "this hunk does not apply" in said
    assert build.left() == []


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize(("how", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_build_leaves_nothing_behind(
    build: Build, archives: None, tmp_path: Path, how: signal.Signals, code: int
) -> None:
    fake = tmp_path / "bin" / "patch"
    fake.parent.mkdir()
    # like make, it works through a child
    fake.write_text(
        f"#!/bin/sh\nsleep 600 &\necho $! > {tmp_path}/new\n"
        f"mv {tmp_path}/new {tmp_path}/child\nwait\n"
    )
    fake.chmod(0o755)
    lost = build.engine / "0123456789abcdef.building"  # of a build that was killed
    lost.mkdir()
    process = build.start(PATH=f"{fake.parent}:{os.environ['PATH']}")
    child = int(until(lambda: text_of(tmp_path / "child"), "a step of the build", 120))
    process.send_signal(how)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == code
    assert "Traceback" not in said
    assert build.left() == []
    until(lambda: not is_running(child), "the end of what the step began")


def test_a_variant_that_does_not_exist_is_named_with_those_that_do(build: Build) -> None:
    code, said = build.run("--variant", "debug")
    assert code == 1
    assert "invalid choice: 'debug' (choose from 'release', 'asan')" in said
    assert build.left() == []


def test_no_compiler_at_all_is_no_number_of_jobs(build: Build) -> None:
    code, said = build.run("--jobs", "0")
    assert (code, build.left()) == (1, [])
    assert "--jobs" in said


def test_a_cache_that_cannot_be_written_is_named(build: Build, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    code, said = build.run(XDG_CACHE_HOME=str(file))
    assert code == 1
    assert f"Not a directory ({file}/ctidesk/engine)" in said
    assert "choose another folder with XDG_CACHE_HOME" in said


@pytest.mark.timeout(180)
def test_a_full_disk_is_named_and_nothing_stays(build: Build, archives: None) -> None:
    prlimit = shutil.which("prlimit")
    if prlimit is None:
        pytest.skip("no prlimit here")
    build.before = (prlimit, "--fsize=60000", "--")  # as on a full disk, a file can't grow
    code, said = build.run()
    assert code == 1
    assert "Our engine could not be built: File too large" in said
    assert "Free some space" in said
    assert build.left() == []


def test_what_was_built_is_taken_from_the_cache_without_any_tool(
    build: Build, tmp_path: Path
) -> None:
    result = build.engine / places("release").result.name
    (result / "unpacked" / "pjsua2").mkdir(parents=True)
    wheel = result / "pjsua2-0-test.whl"
    wheel.write_bytes(b"")
    code, said = build.run(PATH=str(tmp_path))
    assert (code, said.strip()) == (0, f"engine: {wheel}")


def test_the_module_is_hardened_and_says_nothing_of_the_building_computer() -> None:
    unpacked = places("release").unpacked
    if not unpacked.is_dir() or shutil.which("readelf") is None:
        pytest.skip("our engine was not built here: make engine")
    (module,) = (unpacked / "pjsua2").glob("_pjsua2*.so")
    words = ["readelf", "-dlW", "--dyn-syms", str(module)]
    read = subprocess.run(words, capture_output=True, text=True, check=True, timeout=50).stdout
    assert "GNU_RELRO" in read
    assert "BIND_NOW" in read
    assert re.search(r"GNU_STACK\s+(\S+\s+){5}RW ", read), "the stack can be executed"
    assert not re.search(r"LOAD .* RWE ", read), "something can be written and executed"
    assert "TEXTREL" not in read
    assert not re.search(r"RPATH|RUNPATH", read), "libraries of a strange folder would be loaded"
    assert "__stack_chk_fail" in read
    assert "__memcpy_chk" in read or "__snprintf_chk" in read
    content = module.read_bytes()
    assert b".building" not in content
    assert b"Assertion" not in content
    facts = json.loads((unpacked / "pjsua2" / "build.json").read_text())
    assert facts["max_calls"] >= 16
    assert facts["handles"] >= 1024
    assert (facts["sound"], facts["tls"]) == ("ALSA", "OpenSSL")
