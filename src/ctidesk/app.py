"""The command `ctidesk`: the desk, the demo, and the tools for recordings, keys and audit.

Runs in: desk process, main thread. Everything heavy is imported by the branch that needs it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from ctidesk import __version__
from ctidesk.calls.errors import KnownError
from ctidesk.calls.links import is_link
from ctidesk.config.paths import Profile, default_profile
from ctidesk.startup.terminal_keys import KEY_PLACES

TOOLS = (
    "recording",
    "audit",
    "import",
    "export",
    "purge",
    "crm",
    "doctor",
    "dial",
    "web-api",
    "knowledge",
    "guide",
)
"""Words that hand the rest of the command line to a tool of another room."""


def main(argv: Sequence[str] | None = None) -> int:
    """Exit codes: 0 fine, 1 a known failure (said on stderr), 2 wrong usage."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        if words and words[0] in TOOLS:
            return _tool(words[0], words[1:])
        parser = _parser()
        arguments = parser.parse_args(words)
        if arguments.what not in ("", "desk", "demo", "training") and not is_link(arguments.what):
            parser.error(f"neither a command nor a link: {arguments.what[:40]!r}")
        return _desk(arguments)
    except KnownError as error:
        sys.stderr.write(f"{error.text}\n{error.remedy}\n")
        return 1


def _tool(name: str, words: list[str]) -> int:
    if name == "recording":
        from ctidesk.recording import cli as recording_cli

        return recording_cli.main(words)
    if name == "import":
        from ctidesk.startup import member_import

        return member_import.main(words)
    if name == "export":
        from ctidesk.startup import member_export

        return member_export.main(words)
    if name == "purge":
        from ctidesk.startup import purge_command

        return purge_command.main(words)
    if name == "crm":
        from ctidesk.startup import crm_command

        return crm_command.main(words)
    if name == "doctor":
        from ctidesk.startup import doctor

        return doctor.main(words)
    if name == "dial":
        from ctidesk.startup import dial_command

        return dial_command.main(words)
    if name == "guide":
        from ctidesk.startup import guide_command

        return guide_command.main(words)
    if name == "knowledge":
        from ctidesk.startup import knowledge_command

        return knowledge_command.main(words)
    if name == "web-api":
        from ctidesk.startup import web_api_command

        return web_api_command.main(words)
    from ctidesk.startup import audit

    return audit.main(words)


def _desk(arguments: argparse.Namespace) -> int:
    profile = Profile(arguments.profile.resolve()) if arguments.profile else default_profile()
    if arguments.what == "demo":
        from ctidesk.startup import demo

        return demo.run(arguments.output, arguments.theme)
    if arguments.what == "training":
        from ctidesk.startup import training

        return training.run(arguments.config, arguments.theme)
    from ctidesk.startup import run

    return run.run(
        run.Wishes(
            profile=profile,
            config=arguments.config,
            key_place=arguments.key_store,
            theme=arguments.theme,
            link=arguments.what if arguments.what not in ("", "desk") else "",
        )
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ctidesk",
        description="The desktop telephone and desk of healthcare call centres.",
        epilog="Tools: ctidesk recording --help, ctidesk import --help, ctidesk export --help, "
        "ctidesk purge --help, ctidesk audit --help, ctidesk crm --help, ctidesk dial --help, "
        "ctidesk web-api --help, ctidesk knowledge --help, ctidesk guide --help, ctidesk doctor.",
    )
    parser.add_argument("--version", action="version", version=f"ctidesk {__version__}")
    parser.add_argument(
        "what",
        nargs="?",
        default="",
        metavar="demo|training|LINK",
        help="'demo': with an embedded demo centre; 'training': made-up callers and feedback, "
        "nothing is kept; a tel: or sip: link prefills the dialler",
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings (TOML)")
    parser.add_argument(
        "--profile", type=Path, metavar="DIR", help="keep everything of this run in one folder"
    )
    parser.add_argument(
        "--key-store",
        choices=KEY_PLACES,
        help="where the key of the local data is kept: the system's key store (default), a file in "
        "the profile's folder, or under a passphrase that is asked at start",
    )
    parser.add_argument("--theme", choices=("system", "light", "dark"), default=None)
    parser.add_argument(
        "--output",
        type=Path,
        default=Path("demo-output"),
        metavar="DIR",
        help="demo: its profile, pictures, transcript and recording (default: demo-output)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
