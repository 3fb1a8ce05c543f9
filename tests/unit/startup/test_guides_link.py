"""The centre's guides are read again by themselves; a mistake or a lost share empties nothing."""

from __future__ import annotations

import errno
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
            "id",
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
        self.replace("payment.toml", text)

    def replace(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        new = path.with_name(f"{path.name}.new")
        new.write_text(text, "utf-8")
        new.replace(path)

    def sees(self, word: str) -> None:
        """Until a mistake that says `word` is told."""
        self.until(lambda: any(one and word in one.text for one in self.said[-1:]))


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


def test_texts_in_the_agents_language_are_taken_too_and_their_last_good_version_stays(
    rig: Rig,
) -> None:
    rig.until(lambda: rig.title().startswith("First"))
    rig.replace("id/payment.toml", 'title = "Bayar"')
    rig.until(lambda: rig.title() == "Bayar")
    rig.replace("id/payment.toml", 'title = "Rusak"\n\n[step.nowhere]\nsay = "x"')
    rig.sees("id/payment.toml")
    problem = rig.said[-1]
    assert problem is not None and "line 3, step.nowhere" in problem.text
    assert rig.title() == "Bayar", "not back to English in the middle of a day"
    rig.replace("id/payment.toml", 'title = "Pembayaran"')
    rig.until(lambda: rig.title() == "Pembayaran")
    assert rig.said[-1] is None


def test_steps_that_changed_go_before_texts_that_were_good_for_others(rig: Rig) -> None:
    rig.replace("id/payment.toml", 'title = "Bayar"')
    rig.until(lambda: rig.title() == "Bayar")
    (rig.folder / "id" / "payment.toml").write_text("title = ", "utf-8")
    rig.sees("id/payment.toml")
    rig.put(ours("Second"))
    rig.until(lambda: rig.title().startswith("Second"))


def test_a_share_that_goes_away_between_two_files_does_not_end_the_watch(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.until(lambda: rig.title().startswith("First"))
    real = Path.is_file

    def stale(path: Path) -> bool:
        if path.parent.name == "id":
            raise OSError(errno.ESTALE, "Stale file handle")
        return real(path)

    with monkeypatch.context() as lost:
        lost.setattr(Path, "is_file", stale)
        rig.link.look()
        rig.sees("Stale file handle")
        assert rig.title().startswith("First")
    rig.put(ours("Second"))
    rig.until(lambda: rig.title().startswith("Second"))


def test_a_block_of_the_centres_own_may_lead_to_a_guide_that_ships(rig: Rig) -> None:
    rig.until(lambda: rig.title().startswith("First"))
    text = (RESOURCES / "guides" / "refill.toml").read_text("utf-8")
    rig.replace("refill.toml", text.replace('title = "', 'title = "Ours: ', 1))
    rig.until(lambda: "Ours" in str(rig.shelf.get("refill")))
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
