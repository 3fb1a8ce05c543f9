"""`ctidesk recording …`: verify, open and play recordings; make the compliance officer's key.

Runs in: command line, main thread.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from ctidesk.calls.errors import KnownError
from ctidesk.recording.identity import new_identity_file, others_may_read, read_identities
from ctidesk.recording.player import play
from ctidesk.recording.reader import look_at, stretches, wav_header

if TYPE_CHECKING:
    from collections.abc import Iterator

EXIT_FINE, EXIT_NOT_GENUINE, EXIT_FAILED = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit codes: 0 done, 1 the recording isn't genuine, 2 anything else that failed."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except KnownError as error:
        _say(f"{error.text} {error.remedy}")
        return EXIT_NOT_GENUINE if error.code.startswith("recording_") else EXIT_FAILED
    except BrokenPipeError:
        # Whoever read our output has gone; the interpreter must not complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return EXIT_FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ctidesk recording", description="Verify, open and play encrypted recordings."
    )
    verbs = parser.add_subparsers(required=True, metavar="COMMAND")
    verify = verbs.add_parser("verify", help="prove that a recording is what was sealed")
    verify.set_defaults(run=_verify)
    opened = verbs.add_parser("open", help="decrypt a recording with the compliance key")
    opened.set_defaults(run=_open)
    opened.add_argument("--identity", type=Path, required=True, metavar="KEYFILE")
    target = opened.add_mutually_exclusive_group(required=True)
    target.add_argument("--out", metavar="FILE.wav", help="write a WAV file; - is the output")
    target.add_argument("--play", action="store_true", help="play it; nothing is written to disk")
    opened.add_argument(
        "--salvage",
        action="store_true",
        help="open what is whole of a recording that isn't genuine",
    )
    for verb in (verify, opened):
        verb.add_argument("folder", type=Path, metavar="DIR", help="the folder of one call")
        verb.add_argument(
            "--device", default="", metavar="HEX", help="public key that must have signed it"
        )
    keygen = verbs.add_parser("keygen", help="make an identity file and its public key")
    keygen.add_argument("--out", metavar="FILE", help="write the identity to a new file (0600)")
    keygen.set_defaults(run=_keygen)
    return parser


def _verify(options: argparse.Namespace) -> int:
    recording = look_at(options.folder, options.device)
    verdict = recording.verdict
    for finding in verdict.findings:
        _out(f"BAD   {finding.sentence}")
    manifest = verdict.manifest
    if manifest is not None:
        for gap in manifest.gaps:
            length = "unknown length" if gap.duration_s is None else f"{gap.duration_s:.2f} s"
            _out(f"gap   at {gap.offset_s:.2f} s, {length}, {'+'.join(gap.legs)}: {gap.reason}")
        for marker in manifest.markers:
            _out(f"mark  at {marker.offset_s:.2f} s: {marker.kind}")
        if verdict.still_open:
            _out("open  The recording still runs, or its recorder died: the desk closes it then.")
        _out(f"      {len(manifest.segments)} segments, {manifest.duration_s:.2f} s")
        trust = "the expected device" if options.device else "not compared, give --device"
        _out(f"      device {manifest.device} ({trust})")
    _out("GENUINE" if verdict.genuine else "NOT GENUINE")
    return EXIT_FINE if verdict.genuine else EXIT_NOT_GENUINE


def _open(options: argparse.Namespace) -> int:
    identities = read_identities(options.identity)
    if others_may_read(options.identity):
        _say("Warning: other users can read the identity file. Run chmod 600 on it.")
    recording = look_at(options.folder, options.device)
    manifest = recording.verdict.manifest
    if options.salvage:
        for finding in recording.verdict.findings:
            _say(f"Warning: {finding.sentence}")
    if recording.verdict.still_open:
        _say("Warning: the recording still runs, or its recorder died; its end may be missing.")
    found = stretches(recording, identities, options.salvage)
    pieces = (each.samples for each in found)
    if manifest is None or not manifest.segments:
        next(pieces, None)  # says what is wrong with it, if anything is
        raise KnownError(
            "nothing_recorded", "Nothing was recorded in this call.", "There is nothing to open."
        )
    if options.play:
        play(wav_header(manifest), pieces, manifest.rate, len(manifest.channels))
        return EXIT_FINE
    with _output(options.out) as out:
        first = next(pieces, b"")  # fails before a byte is written
        out.write(wav_header(manifest) + first)
        for piece in pieces:
            out.write(piece)
        out.flush()
    return EXIT_FINE


@contextmanager
def _output(name: str) -> Iterator[IO[bytes]]:
    if name == "-":
        yield sys.stdout.buffer
        return
    path = Path(name)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    try:
        descriptor = os.open(path, flags, 0o600)
    except FileExistsError:
        raise KnownError(
            "file_exists", "The output file exists already.", "Name a new file, or remove it."
        ) from None
    except OSError:
        raise KnownError(
            "cannot_write", "The output file can't be made.", "Check the folder and its rights."
        ) from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
    except OSError:
        path.unlink(missing_ok=True)
        raise KnownError(
            "cannot_write", "The output file can't be written to the end.", "Make room on the disk."
        ) from None
    except BaseException:
        path.unlink(missing_ok=True)  # half a call in clear must not lie about
        raise
    _say(f"Warning: {path} holds the call unencrypted. Delete it when you are done.")


def _keygen(options: argparse.Namespace) -> int:
    text, public = new_identity_file()
    if options.out is None:
        _out(text.rstrip("\n"))
    else:
        path = Path(options.out)
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(text)
        except OSError:
            raise KnownError(
                "cannot_write",
                "The identity file can't be made, or exists already.",
                "Name a new file in a folder that you may write to.",
            ) from None
        _out(public)
    _say(f"Public key for the recording recipients: {public}")
    _say(
        "Keep the identity away from the workstations, with a backup: without it no one can "
        "open a recording."
    )
    return EXIT_FINE


def _out(line: str) -> None:
    sys.stdout.write(line + "\n")


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
