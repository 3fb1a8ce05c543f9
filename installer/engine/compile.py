"""From the unpacked sources to the Python module: patches, configure, make, SWIG, link.

Runs in: the build. Everything the tools say goes to the log; an error names its last lines.
"""

from __future__ import annotations

import os
import platform
import shutil
import signal
import subprocess
import sysconfig
from pathlib import Path
from typing import NamedTuple

from installer.engine.places import HERE
from installer.engine.trouble import CannotBuild

CONFIGURE = (
    "--disable-video",
    "--disable-sdl",
    "--disable-ffmpeg",
    "--disable-v4l2",
    "--disable-openh264",
    "--disable-vpx",
    "--disable-libyuv",
    "--disable-upnp",
    # codecs: PCMU, PCMA, G.722 and Opus stay
    "--disable-bcg729",
    "--disable-opencore-amr",
    "--disable-silk",
    "--disable-lyra",
    "--disable-ilbc-codec",
    "--disable-g7221-codec",
    "--disable-gsm-codec",
    "--disable-speex-codec",
    "--disable-l16-codec",
    # echo is cancelled by WebRTC's AEC3; speexdsp resamples
    "--disable-libwebrtc",
    "--enable-libwebrtc-aec3",
    "--disable-speex-aec",
    "--enable-speex-resample",
    "--enable-epoll",
)
SWIG = ("-c++", "-python", "-threads", "-w312")
PACKAGES = ("pjlib", "pjlib-util", "pjnath", "pjmedia", "pjsip")


class Flags(NamedTuple):
    """For the C and C++ compilers, for the linker."""

    compiler: list[str]
    linker: list[str]


def flags(variant: str, tree: Path) -> Flags:
    """Of the variant. Paths of the building machine stay out of the result."""
    common = ["-fPIC", "-w", f"-ffile-prefix-map={tree}=pjproject"]
    if variant == "asan":
        sanitize = ["-fsanitize=address", "-fno-omit-frame-pointer"]
        return Flags([*common, "-O1", "-g", *sanitize, "-DCTIDESK_ASAN"], sanitize)
    hardening = ["-fstack-protector-strong", "-fstack-clash-protection", "-D_FORTIFY_SOURCE=2"]
    if platform.machine() in ("x86_64", "AMD64"):
        hardening.append("-fcf-protection")
    return Flags(
        [*common, "-O2", "-DNDEBUG", *hardening],
        ["-Wl,-z,relro", "-Wl,-z,now", "-Wl,-z,noexecstack"],
    )


class Compiler:
    """Turns the tree of pjproject into `pjsua2.py` and the extension. Raises `CannotBuild`."""

    def __init__(self, tree: Path, variant: str, log: Path, jobs: int) -> None:
        self._tree = tree
        self._variant = variant
        self._log = log
        self._jobs = jobs
        self._flags = flags(variant, tree)
        self._swig = tree / "pjsip-apps" / "src" / "swig" / "python"

    def libraries(self) -> None:
        """Patch, configure and compile pjproject's static libraries."""
        for patch in sorted((HERE / "patches").glob("*.patch")):
            self._run(["patch", "-p1", "--forward", "--batch", "-i", str(patch)])
        shutil.copy(HERE / "config_site.h", self._tree / "pjlib" / "include" / "pj")
        compiler = " ".join(self._flags.compiler)
        environment = {
            "CFLAGS": compiler,
            "CXXFLAGS": compiler,
            "LDFLAGS": " ".join(self._flags.linker),
            # the tests of configure are programs; they must not stop at a leak of their own
            "ASAN_OPTIONS": "detect_leaks=0",
        }
        options = [
            option
            for option in CONFIGURE
            # half of the build, and nothing of it is reached from the network
            if self._variant == "release" or option != "--enable-libwebrtc-aec3"
        ]
        self._run(["sh", "./configure", *options], environment=environment)
        for package in (*PACKAGES, "third_party"):
            (self._tree / package / "lib").mkdir(exist_ok=True)
        self._run(["make", f"-j{self._jobs}", "lib"])

    def module(self) -> tuple[Path, Path]:
        """SWIG, compile, link: the Python file and the extension."""
        self._with_extra()
        includes = [f"-I{self._tree / package / 'include'}" for package in PACKAGES]
        wrapper = self._swig / "pjsua2_wrap.cpp"
        self._run(["swig", *SWIG, *includes, "-o", str(wrapper), "../pjsua2.i"], self._swig)
        headers = f"-I{sysconfig.get_paths()['include']}"
        objects = []
        for source in (wrapper, *sorted(self._swig.glob("extra_*.c"))):
            cpp = source.suffix == ".cpp"
            made = [flag for flag in self._made("cflags") if cpp or not flag.startswith("-std=")]
            # SWIG's six megabytes take minutes to optimise fully, and nothing in them is hot
            made.append("-O1" if cpp else "-O2")
            words = ["g++" if cpp else "gcc", *self._flags.compiler, *made, headers, *includes]
            objects.append(str(source.with_suffix(".o")))
            self._run([*words, "-c", str(source), "-o", objects[-1]], self._swig)
        extension = self._swig / f"_pjsua2{sysconfig.get_config_var('EXT_SUFFIX')}"
        # configure knows speexdsp only together with the codec of the same house
        libraries = [*self._made("libs"), "speexdsp"]
        found = [*self._made("ldflags"), *(f"-l{name}" for name in libraries)]
        words = ["g++", "-shared", *self._flags.compiler, *self._flags.linker]
        # nothing of the static libraries is for anybody else in the process
        linker = ["-Wl,--as-needed", "-Wl,--exclude-libs,ALL"]
        self._run([*words, "-o", str(extension), *objects, *linker, *found], self._swig)
        if self._variant == "release":
            self._run(["strip", "--strip-unneeded", str(extension)])
        return self._swig / "pjsua2.py", extension

    def _with_extra(self) -> None:
        """C sources and SWIG declarations of our own, from `extra/`, become part of the module."""
        extra = HERE / "extra"
        for source in extra.glob("*.[ch]"):
            name = f"extra_{source.name}" if source.suffix == ".c" else source.name
            shutil.copy(source, self._swig / name)
        interface = self._swig.parent / "pjsua2.i"
        text = interface.read_text("utf-8")
        for declarations in sorted(extra.glob("*.i")):
            text += f"\n// {declarations.name}\n" + declarations.read_text("utf-8")
        interface.write_text(text, "utf-8")

    def _made(self, target: str) -> list[str]:
        words = ["make", "--no-print-directory", "-f", "helper.mak", target]
        done = subprocess.run(
            words, cwd=self._swig, capture_output=True, text=True, check=False, env=_environment()
        )
        if done.returncode != 0:
            raise self._failed(words)
        return done.stdout.split()

    def _run(
        self,
        words: list[str],
        folder: Path | None = None,
        environment: dict[str, str] | None = None,
    ) -> None:
        with self._log.open("ab") as log:
            log.write(f"$ {' '.join(words)}\n".encode())
            log.flush()
            tool = subprocess.Popen(
                words,
                cwd=folder or self._tree,
                env={**_environment(), **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                # a group of its own, so that make's compilers end with it
                start_new_session=True,
            )
            try:
                code = tool.wait()
            except BaseException:
                os.killpg(tool.pid, signal.SIGKILL)
                tool.wait()
                raise
        if code != 0:
            raise self._failed(words)

    def _failed(self, words: list[str]) -> CannotBuild:
        tail = self._log.read_text("utf-8", "replace").splitlines()[-12:]
        return CannotBuild(
            f"Our engine could not be built: `{' '.join(words[:3])}` failed.",
            f"The whole log is {self._log}. It ends with:\n" + "\n".join(tail),
            broken=True,
        )


def _environment() -> dict[str, str]:
    """Ours, without what would leak into make and the compilers."""
    leaks = (
        "CFLAGS",
        "CXXFLAGS",
        "CPPFLAGS",
        "LDFLAGS",
        "LIBS",
        "MAKEFLAGS",
        "MFLAGS",
        "CC",
        "CXX",
    )
    return {key: value for key, value in os.environ.items() if key not in leaks}
