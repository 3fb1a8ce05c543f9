"""`ctidesk dial`: what is no number is said here, a good one reaches the desk that runs."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from pathlib import Path

import pytest

from ctidesk import app
from ctidesk.calls.links import read_link
from ctidesk.config.paths import Profile
from ctidesk.startup import instance, run


@pytest.fixture
def asked(tmp_path: Path) -> Iterator[queue.Queue[str]]:
    """What reaches the desk of this profile."""
    found: queue.Queue[str] = queue.Queue()
    desk = instance.claim(Profile(tmp_path / "profile").make().runtime)
    assert desk is not None
    desk.listen(found.put)
    yield found
    desk.close()


def dial(tmp_path: Path, *words: str) -> int:
    return app.main(["dial", *words, "--profile", str(tmp_path / "profile")])


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["+49 30 23125100"], "+49 30 23125100"),
        (["030", "23125", "100"], "030 23125 100"),
        (["201"], "201"),
        (["*97"], "*97"),
        (["030 23125 ext. 7"], "030 23125 ext. 7"),
        (["tel:+49-30-23125;ext=100"], "+49-30-23125 ext. 100"),
        (["sip:nurse@pbx.example?Subject=x"], "sip:nurse@pbx.example"),
    ],
)
def test_a_number_reaches_the_running_desk(
    tmp_path: Path,
    asked: queue.Queue[str],
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    shown: str,
) -> None:
    assert dial(tmp_path, *words) == 0
    assert read_link(asked.get(timeout=5)).text == shown
    assert "not dialled yet" in capsys.readouterr().out


@pytest.mark.parametrize(
    "number",
    ["call me", "+49\n30231", "+49\u202e123", "1" * 300, "9" * 10_000, "javascript:1", "sip:x", ""],
    ids=lambda number: repr(number[:12]),
)
def test_what_is_no_number_is_said_and_reaches_nobody(
    tmp_path: Path,
    asked: queue.Queue[str],
    capsys: pytest.CaptureFixture[str],
    number: str,
) -> None:
    assert dial(tmp_path, number) == 1
    text, remedy = capsys.readouterr().err.splitlines()
    assert text.endswith(".")
    assert remedy.endswith(".")
    assert asked.empty()


def test_without_a_desk_one_is_started_with_the_number(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[run.Wishes] = []

    def begin(wishes: run.Wishes) -> int:
        started.append(wishes)
        return 0

    monkeypatch.setattr(run, "run", begin)
    config = tmp_path / "desk.toml"
    config.write_text('[data]\nregion = "PL"\n')
    assert dial(tmp_path, "22 2312510", "--config", str(config)) == 0
    (wishes,) = started
    assert (read_link(wishes.link).text, wishes.config) == ("22 2312510", config)


def test_usage_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["dial"], ["dail", "201"], ["0301234567"], ["web-api"], ["web-api", "show"]):
        with pytest.raises(SystemExit) as ended:
            app.main(words)
        assert ended.value.code == 2
    assert "neither a command nor a link" in capsys.readouterr().err
