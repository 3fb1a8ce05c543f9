"""Packs the module as a wheel `pjsua2`, with what the doctor wants to know about it.

Runs in: the build.
"""

from __future__ import annotations

import base64
import compileall
import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

from installer.engine.places import HERE, Places, abi
from installer.engine.trouble import CannotBuild

EPOCH = (2026, 1, 1, 0, 0, 0)
"""The same sources make the same archive."""


def pack(places: Places, module: tuple[Path, Path], variant: str) -> Path:
    """Lay out `unpacked/`, try it, write the wheel beside it; all of it in the work folder.

    Raises `CannotBuild` when the module does not work."""
    staged = places.work / "result"
    package = staged / "unpacked" / "pjsua2"
    package.mkdir(parents=True)
    python_file, extension = module
    shutil.copy(python_file, package / "__init__.py")
    shutil.copy(extension, package / extension.name)
    facts = _try(staged / "unpacked", variant)
    facts |= {"variant": variant, "links": _links(package / extension.name)}
    (package / "build.json").write_text(json.dumps(facts, indent=1) + "\n", "utf-8")
    version = facts["version"]
    tag = f"{abi()}-{abi()}-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"
    wheel = staged / f"pjsua2-{version}-{tag}.whl"
    _write_wheel(wheel, staged / "unpacked", version, tag)
    return staged


def publish(places: Places, staged: Path) -> None:
    """The result appears in the cache at once and whole."""
    shutil.rmtree(places.result, ignore_errors=True)
    staged.rename(places.result)


def install(unpacked: Path, home: Path) -> None:
    """Make `home` a copy of `unpacked`; an engine that runs keeps the old one."""
    fresh, old = home.with_name(home.name + ".new"), home.with_name(home.name + ".old")
    for leftover in (fresh, old):
        shutil.rmtree(leftover, ignore_errors=True)
    shutil.copytree(unpacked, fresh)
    compileall.compile_dir(fresh, quiet=2, stripdir=fresh, prependdir=home)
    if home.exists():
        home.rename(old)
    fresh.rename(home)
    shutil.rmtree(old, ignore_errors=True)


def preload(variant: str) -> dict[str, str]:
    """The environment without which the module of the variant cannot be loaded."""
    if variant != "asan":
        return {}
    # the sanitizer passes C++ exceptions on only when it finds libstdc++ at its own start
    paths = [_runtime(name) for name in ("libasan.so", "libstdc++.so")]
    # Python itself leaks at its end, and RTLD_DEEPBIND is used by none of ours
    return {"LD_PRELOAD": " ".join(paths), "ASAN_OPTIONS": "detect_leaks=0"}


def _runtime(name: str) -> str:
    done = subprocess.run(
        ["gcc", f"-print-file-name={name}"], capture_output=True, text=True, check=True
    )
    return str(Path(done.stdout.strip()).resolve())


def _try(folder: Path, variant: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-I", str(HERE / "smoke.py"), str(folder)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **preload(variant)},
    )
    said = done.stdout.rpartition("FACTS ")[2]
    if done.returncode != 0 or not said:
        raise CannotBuild(
            "Our engine was built, but it does not work; nothing of it was kept.",
            "It said:\n" + (done.stderr or done.stdout)[-2000:],
            broken=True,
        )
    facts: dict[str, object] = json.loads(said)
    spared = {"aec3"} if variant == "asan" else set()
    lacks = [name for name, there in facts.items() if there is False and name not in spared]
    if lacks:
        raise CannotBuild(
            f"Our engine was built without what it must have: {', '.join(lacks)}.",
            "Nothing of it was kept. Check the versions of the -dev packages and the build's log.",
            broken=True,
        )
    return facts


def _links(extension: Path) -> list[str]:
    done = subprocess.run(
        ["objdump", "-p", str(extension)], capture_output=True, text=True, check=False
    )
    words = [line.split() for line in done.stdout.splitlines()]
    return sorted(word[1] for word in words if len(word) == 2 and word[0] == "NEEDED")


def _write_wheel(path: Path, folder: Path, version: object, tag: str) -> None:
    info = f"pjsua2-{version}.dist-info"
    files = {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file() and "__pycache__" not in file.parts
    }
    files[f"{info}/METADATA"] = (
        f"Metadata-Version: 2.1\nName: pjsua2\nVersion: {version}\n"
        "Summary: pjproject's pjsua2 as ctidesk builds it\nLicense: GPL-2.0-or-later\n"
    ).encode()
    files[f"{info}/WHEEL"] = (
        f"Wheel-Version: 1.0\nGenerator: ctidesk\nRoot-Is-Purelib: false\nTag: {tag}\n"
    ).encode()
    record = [f"{name},sha256={_digest(data)},{len(data)}" for name, data in files.items()]
    files[f"{info}/RECORD"] = "\n".join([*record, f"{info}/RECORD,,", ""]).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
