"""The centre's guides are read again by themselves; a mistake or a lost share empties nothing."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support.desk_scenes import RESOURCES

from ctidesk.calls.errors import KnownError
from ctidesk.care.guide_shelf import GuideShelf, read_folder
from ctidesk.startup.guides_link import GuidesLink, trouble_of

PATIENCE_S = 10.0
GOOD = (RESOURCES / "guides" / "payment.toml").read_text("utf-8")


def ours(title: str) -> str:
    return GOOD.replace('title = "', f'title = "{title}: ', 1)


class Rig:
    """What would be Qt's main thread is the test's: it runs what was delivered."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.shelf = GuideShelf(read_folder(RESOURCES / "guides"))
        self.said: list[KnownError | None] = []
        self.due: queue.Queue[Callable[[], None]] = queue.Queue()
        self.link = GuidesLink(
            self.shelf,
            str(folder),
            "en",
            self.due.put,
            lambda problems: self.said.append(trouble_of(problems)),
            every_s=0.02,
        )

    def title(self) -> str:
        guide = self.shelf.get("payment")
        assert guide is not None
        return guide.title

    def until(self, true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not true():
            assert time.monotonic() < deadline, (self.title(), self.said)
            try:
                self.due.get(timeout=0.05)()
            except queue.Empty:
                continue

    def put(self, text: str) -> None:
        """As an editor saves: a new file takes the name."""
        new = self.folder / "payment.toml.new"
        new.write_text(text, "utf-8")
        new.replace(self.folder / "payment.toml")


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    folder = tmp_path / "guides"
    folder.mkdir()
    rig = Rig(folder)
    rig.put(ours("First"))
    rig.link.start()
    yield rig
    rig.link.stop()


def test_a_changed_guide_is_taken_without_a_command(rig: Rig) -> None:
    rig.until(lambda: rig.title().startswith("First"))
    rig.put(ours("Second"))
    rig.until(lambda: rig.title().startswith("Second"))
    assert rig.said[-1] is None


def test_a_mistake_is_named_and_the_last_good_version_stays_until_it_is_mended(rig: Rig) -> None:
    rig.until(lambda: rig.title().startswith("First"))
    rig.put(ours("Broken").replace('kind = "', 'kind = "x', 1))
    rig.until(lambda: rig.said[-1] is not None)
    problem = rig.said[-1]
    assert problem is not None
    assert "payment.toml" in problem.text and "line" in problem.text and "kind" in problem.text
    assert rig.title().startswith("First")
    rig.put(ours("Mended"))
    rig.until(lambda: rig.title().startswith("Mended"))
    assert rig.said[-1] is None


def test_a_guide_that_is_deleted_gives_way_to_the_one_that_ships(rig: Rig) -> None:
    rig.until(lambda: rig.title().startswith("First"))
    (rig.folder / "payment.toml").unlink()
    rig.until(lambda: not rig.title().startswith("First"))


def test_a_folder_that_is_away_empties_nothing_and_is_said(rig: Rig) -> None:
    rig.until(lambda: rig.title().startswith("First"))
    aside = rig.folder.with_name("aside")
    rig.folder.rename(aside)
    rig.until(lambda: rig.said[-1] is not None)
    problem = rig.said[-1]
    assert problem is not None and "does not exist" in problem.text
    assert rig.title().startswith("First")
    aside.rename(rig.folder)
    rig.until(lambda: rig.said[-1] is None)


def test_the_command_reads_what_no_look_has_seen(rig: Rig) -> None:
    rig.until(lambda: len(rig.said) == 1)
    rig.link.command().run()
    rig.until(lambda: len(rig.said) == 2)


def test_nothing_is_taken_after_the_end(rig: Rig) -> None:
    rig.until(lambda: rig.title().startswith("First"))
    rig.put(ours("Late"))
    late = rig.due.get(timeout=PATIENCE_S)
    rig.link.stop()
    late()
    assert rig.title().startswith("First")
