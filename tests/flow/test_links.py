"""Links and `ctidesk dial` end to end: in the dial field of the running desk, never dialled."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest
from tests.support.flow_centre import Centre
from tests.support.flow_desk import DeskProcess

pytestmark = pytest.mark.slow


@pytest.fixture
def desk(centre: Centre) -> Iterator[DeskProcess]:
    desk = centre.desk()
    yield desk
    assert desk.state()["calls"] == []
    logs = centre.logs()
    assert "0301234567" not in logs


def ctidesk(centre: Centre, *words: str) -> subprocess.CompletedProcess[str]:
    usual = ("--config", str(centre.config), "--profile", str(centre.profile.root))
    return subprocess.run(
        [sys.executable, "-m", "ctidesk.app", *words, *usual],
        env=centre.environment,
        capture_output=True,
        text=True,
        timeout=50,
    )


def test_the_command_fills_the_dial_field_and_raises_the_window(
    centre: Centre, desk: DeskProcess
) -> None:
    desk.ask("perform", "desk.compact")
    assert not desk.state()["visible"]
    done = ctidesk(centre, "dial", "030", "1234567")
    assert (done.returncode, done.stderr) == (0, "")
    assert "It is not dialled yet." in done.stdout
    desk.shows("Dials +49 30 1234567")
    assert desk.state()["visible"]
    done = ctidesk(centre, "dial", "call me")
    assert done.returncode == 1
    assert "This is not a telephone number." in done.stderr
    desk.shows("Dials +49 30 1234567")  # as it was


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("tel:+49-30-1234567;ext=12;phone-context=+1", "Dials +49 30 1234567"),
        ("tel:1234567;phone-context=+49-30", "Dials +49 30 1234567"),
        ("callto:%2B49301234567", "Dials +49 30 1234567"),
        ("tel:%2A21%2A0301234567%23", "it may forward your calls"),
        ("sip:nurse@pbx.example?Replaces=x%0d%0a", "is left out"),
        ("tel:030%0d%0a1234567", "hidden characters"),
        ("tel:030\u202e1234567", "hidden characters"),
        ("tel:" + "7" * 10_000, "far too long"),
    ],
    ids=lambda text: text[:24],
)
def test_links_of_any_kind(centre: Centre, desk: DeskProcess, link: str, said: str) -> None:
    done = ctidesk(centre, link)
    assert done.returncode == 0
    assert "running already" in done.stderr
    desk.shows(said)


def test_without_a_desk_the_command_starts_one(centre: Centre) -> None:
    usual = ("--config", str(centre.config), "--profile", str(centre.profile.root))
    desk = DeskProcess(centre.folder, ("dial", *usual, "030 1234567"), centre.environment)
    centre.desks.append(desk)
    desk.started()
    desk.shows("Dials +49 30 1234567")
    assert desk.state()["calls"] == []
    assert desk.quit() == 0
