"""The file of members that the settings name: taken when it changed, and only then."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.crm_store import PATIENCE_S, OpenStore

from ctidesk.crm.directory import SqlMemberDirectory
from ctidesk.startup.members_file import FileOutcome, MembersFile

LIST = "member_id,given,family,mobile\nM-1,Jane,Doe,+491713920031\nM-2,Tom,Doe,nonsense\n"


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[OpenStore]:
    store = OpenStore(tmp_path / "cache.db")
    store.wait_open()
    yield store
    store.close()
    for thread in threading.enumerate():
        if thread.name == "ctidesk-members-file":
            thread.join(PATIENCE_S)


def _start(opened: OpenStore, path: Path, region: str = "DE") -> FileOutcome:
    """One start of a desk with this file in its settings."""
    file = MembersFile(opened.store, path, region, opened.desk.deliver)
    outcomes: list[FileOutcome] = []
    file.start(outcomes.append)
    file.start(outcomes.append)  # the cache told twice that it is open: one import
    opened.desk.wait(lambda: bool(outcomes))
    opened.run(lambda _connection: None)  # what was queued before is done
    assert len(outcomes) == 1
    return outcomes[0]


def test_a_new_file_is_imported_and_the_same_one_not_again(
    opened: OpenStore, tmp_path: Path
) -> None:
    path = tmp_path / "members.csv"
    path.write_text(LIST)
    first = _start(opened, path)
    assert (
        first.sentence == "Members of members.csv: 1 new, 0 changed, 0 unchanged, 1 row rejected."
    )
    assert "Import members" in first.remedy
    directory = SqlMemberDirectory(opened.store, "DE")
    found = opened.desk.answer(lambda done: directory.find_by_number("+491713920031", done))
    assert [c.name for c in found.candidates] == ["Jane Doe"]
    again = _start(opened, path)
    assert (again, again.sentence, again.remedy) == (FileOutcome(), "", "")
    path.write_text(LIST + "M-3,Lena,Fischer,\n")
    changed = _start(opened, path)
    assert changed.result is not None
    assert (changed.result.added, changed.result.unchanged) == (1, 1)


def test_another_region_reads_the_numbers_anew(opened: OpenStore, tmp_path: Path) -> None:
    path = tmp_path / "members.csv"
    path.write_text(LIST)
    _start(opened, path, "DE")
    assert _start(opened, path, "AT").result is not None


def test_a_new_cache_takes_the_file_again(opened: OpenStore, tmp_path: Path) -> None:
    """After a damaged cache was put aside nothing outside of it may claim that the members are
    there."""
    path = tmp_path / "members.csv"
    path.write_text(LIST)
    _start(opened, path)
    other = OpenStore(tmp_path / "new.db")
    other.wait_open()
    try:
        outcome = _start(other, path)
        assert outcome.result is not None and outcome.result.added == 1
    finally:
        other.close()


@pytest.mark.parametrize(
    ("content", "code"),
    [(None, "csv_unreadable"), (b"", "csv_empty"), (b"a,b\n1,2\n", "csv_header")],
)
def test_a_file_that_cannot_be_used_is_said_with_a_remedy(
    opened: OpenStore, tmp_path: Path, content: bytes | None, code: str
) -> None:
    path = tmp_path / "members.csv"
    if content is not None:
        path.write_bytes(content)
    outcome = _start(opened, path)
    assert outcome.problem is not None and outcome.problem.code == code
    assert outcome.sentence and outcome.remedy


def test_a_guessed_encoding_is_mentioned(opened: OpenStore, tmp_path: Path) -> None:
    path = tmp_path / "members.csv"
    path.write_text("member_id,family\nM-1,Müller\n", encoding="cp1252")
    assert "encoding was guessed" in _start(opened, path).remedy


def test_a_stopped_import_is_taken_up_at_the_next_start(opened: OpenStore, tmp_path: Path) -> None:
    path = tmp_path / "members.csv"
    path.write_text(LIST)
    file = MembersFile(opened.store, path, "DE", opened.desk.deliver)
    file.stop()
    outcomes: list[FileOutcome] = []
    file.start(outcomes.append)
    opened.desk.wait(lambda: bool(outcomes))
    assert outcomes[0].result is not None and outcomes[0].result.cancelled
    assert _start(opened, path).result is not None
