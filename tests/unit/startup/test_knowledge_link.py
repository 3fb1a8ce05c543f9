"""What a desk reads of its knowledge base when its cache opens, and what it tells."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.crm_store import OpenStore
from tests.support.knowledge_files import write_article

from ctidesk.calls.errors import KnownError
from ctidesk.care.knowledge import KnowledgeReport
from ctidesk.crm.knowledge_folder import KnowledgeFolder
from ctidesk.crm.store import StorePhase, StoreState
from ctidesk.startup.knowledge_link import KnowledgeLink, Outcome, trouble_of

OPEN = StoreState(StorePhase.OPEN)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[OpenStore]:
    store = OpenStore(tmp_path / "cache.db")
    yield store
    store.close()


def taken(opened: OpenStore, folder: str, *states: StoreState) -> list[Outcome]:
    told: list[Outcome] = []
    link = KnowledgeLink(opened.store, folder, told.append)
    for state in states:
        link.cache_changed(state)
    opened.desk.wait(lambda: bool(told))
    return told


def test_the_examples_until_there_is_something_of_ones_own(
    opened: OpenStore, tmp_path: Path
) -> None:
    (report,) = taken(opened, "", OPEN, OPEN)
    assert isinstance(report, KnowledgeReport) and report.articles > 30
    write_article(tmp_path / "ours", "a", "Ours")
    opened.desk.answer(KnowledgeFolder(opened.store, tmp_path / "ours").take)
    told: list[Outcome] = []
    KnowledgeLink(opened.store, "", told.append).cache_changed(OPEN)
    opened.desk.answer(lambda done: opened.store.submit(1, lambda c: None, done))  # type: ignore[arg-type]
    assert told == []


def test_a_mistake_is_told_with_file_and_field(opened: OpenStore, tmp_path: Path) -> None:
    write_article(tmp_path / "ours", "a", "Ours", parties="aunt")
    write_article(tmp_path / "ours", "b", "Ours", colour="red")
    (report,) = taken(opened, str(tmp_path / "ours"), OPEN)
    trouble = trouble_of(report)
    assert trouble is not None
    assert trouble.text.startswith("Knowledge base: en/a.md, line 4, field “parties”")
    assert trouble.text.endswith(" And 1 more.")


def test_a_folder_that_is_away_is_told_and_a_closing_cache_is_not(
    opened: OpenStore, tmp_path: Path
) -> None:
    (problem,) = taken(opened, str(tmp_path / "away"), OPEN)
    assert trouble_of(problem) is problem
    assert trouble_of(KnownError("cache_closed", "Closed.", "")) is None
    assert trouble_of(KnowledgeReport(files=1)) is None


def test_a_new_cache_after_damage_is_filled_again(opened: OpenStore) -> None:
    told: list[Outcome] = []
    link = KnowledgeLink(opened.store, "", told.append)
    for state in (OPEN, StoreState(StorePhase.FAILED), OPEN):
        if state is OPEN:
            wanted = len(told) + 1
            link.cache_changed(state)
            opened.desk.wait(lambda wanted=wanted: len(told) == wanted)  # type: ignore[misc]
        else:
            link.cache_changed(state)
    assert len(told) == 2
