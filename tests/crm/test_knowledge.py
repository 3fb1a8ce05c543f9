"""The knowledge base on a real encrypted file: import, search in languages, what is offered."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from tests.support.crm_store import OpenStore
from tests.support.knowledge_files import many_articles, write_article

from ctidesk.calls.errors import KnownError
from ctidesk.care.knowledge import ArticlePage, Found, KnowledgeReport, Situation
from ctidesk.crm.knowledge import SqlKnowledge
from ctidesk.crm.knowledge_folder import SHIPPED, KnowledgeFolder

RESOURCES = Path(__file__).resolve().parents[2] / "resources"
ENGLISH = ("en",)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "knowledge"


def take(opened: OpenStore, folder: Path, source: str = "centre") -> KnowledgeReport:
    answer = opened.desk.answer(KnowledgeFolder(opened.store, folder, source).take)
    if isinstance(answer, KnownError):
        raise answer
    assert isinstance(answer, KnowledgeReport)
    return answer


def search(
    opened: OpenStore, words: str, languages: Sequence[str] = ENGLISH, limit: int = 20
) -> list[Found]:
    base = SqlKnowledge(opened.store)
    return list(opened.desk.answer(lambda done: base.search(words, languages, limit, done)))


def names(found: Sequence[Found]) -> list[str]:
    return [each.name for each in found]


def offered(
    opened: OpenStore, situation: Situation, languages: Sequence[str] = ENGLISH
) -> list[Found]:
    base = SqlKnowledge(opened.store)
    return list(opened.desk.answer(lambda done: base.offered(situation, languages, 20, done)))


def page(opened: OpenStore, name: str, languages: Sequence[str] = ENGLISH) -> ArticlePage:
    base = SqlKnowledge(opened.store)
    answer = opened.desk.answer(lambda done: base.article(name, languages, done))
    if isinstance(answer, KnownError):
        raise answer
    assert isinstance(answer, ArticlePage)
    return answer


def test_a_title_counts_more_than_the_text(opened: OpenStore, folder: Path) -> None:
    write_article(folder, "a-long", "Deliveries", body="The copay is paid. " * 3)
    write_article(folder, "z-copay", "Copay", body="What a member pays.")
    take(opened, folder)
    assert names(search(opened, "copay")) == ["z-copay", "a-long"]


def test_the_last_word_may_be_a_beginning_and_the_hit_is_marked(
    opened: OpenStore, folder: Path
) -> None:
    write_article(folder, "spacer", "Spacer", body="Hold the **inhaler** in the spacer.")
    take(opened, folder)
    (found,) = search(opened, "hold inha")
    assert [part.text for part in found.snippet if part.hit] == ["Hold", "inhaler"]
    assert "".join(part.text for part in found.snippet) == "Hold the inhaler in the spacer."
    assert not found.near


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("zazolc", "Zażółć gęślą"),
        ("ZAŻÓŁĆ", "Zażółć gęślą"),
        ("lozko", "Łóżko medyczne"),
        ("łóżko", "Łóżko medyczne"),
        ("lóżk", "Łóżko medyczne"),
        ("recepcio", "Recepció d'urgències"),
        ("urgencies", "Recepció d'urgències"),
        ("strasse", "Straße"),
    ],
)
def test_accents_do_not_matter(opened: OpenStore, folder: Path, typed: str, title: str) -> None:
    for name in ("Zażółć gęślą", "Łóżko medyczne", "Recepció d'urgències", "Straße"):
        write_article(folder, f"t{len(name)}", name, body="x")
    take(opened, folder)
    assert [each.title for each in search(opened, typed)] == [title]


def test_an_ending_more_still_finds_something_near(opened: OpenStore, folder: Path) -> None:
    write_article(folder, "spacer", "Spacer for an inhaler", body="How to hold it.")
    take(opened, folder)
    (found,) = search(opened, "inhalers broken")
    assert found.name == "spacer" and found.near


def test_the_preferred_languages_come_first_and_a_text_comes_once(
    opened: OpenStore, folder: Path
) -> None:
    write_article(folder, "asthma", "Asthma", body="asthma asthma asthma")
    write_article(folder, "asthma", "Asthma (PL)", body="asthma", language="pl")
    write_article(folder, "obat", "Obat", body="tentang asthma", language="id")
    write_article(folder, "only-de", "Nur deutsch", body="asthma", language="de")
    take(opened, folder)
    found = search(opened, "asthma", ("pl", "id", "en"))
    assert [(each.name, each.language) for each in found] == [
        ("asthma", "pl"),
        ("obat", "id"),
        ("only-de", "de"),
    ]
    assert search(opened, "asthma", ("en", "pl"))[0].language == "en"
    assert page(opened, "asthma", ("pl", "en")).article.title == "Asthma (PL)"
    assert page(opened, "asthma", ("ca", "en")).languages == ("en", "pl")
    assert page(opened, "asthma", ("ca", "fr")).article.language == "en"


@pytest.mark.parametrize(
    "typed",
    ['"', "NEAR(", "a* OR b", "title:x", "-", "^", "NOT", "(((", "x" * 5_000, "\x00\x02", "…", " "],
)
def test_nothing_that_is_typed_is_syntax(opened: OpenStore, folder: Path, typed: str) -> None:
    write_article(folder, "copay", "Copay", body="What a member pays.")
    take(opened, folder)
    assert isinstance(search(opened, typed), list)


def test_what_belongs_to_step_code_and_party_is_offered_in_that_order(
    opened: OpenStore, folder: Path
) -> None:
    write_article(folder, "p", "A party", parties="provider")
    write_article(folder, "c", "B code", codes="refill", parties="provider")
    write_article(folder, "s", "C step", steps="refill.early")
    write_article(folder, "n", "D none")
    take(opened, folder)
    found = offered(opened, Situation(party="provider", code="refill", step="refill.early"))
    assert [(each.name, each.why) for each in found] == [
        ("s", "step"),
        ("c", "code"),
        ("p", "party"),
    ]
    assert offered(opened, Situation()) == []


def test_links_lead_both_ways(opened: OpenStore, folder: Path) -> None:
    write_article(folder, "a", "First", body="see [[b]] and [[nowhere]]")
    write_article(folder, "b", "Second", body="x")
    write_article(folder, "b", "Drugi", body="x", language="pl")
    take(opened, folder)
    assert [(each.name, each.title) for each in page(opened, "a").related] == [("b", "Second")]
    assert [(each.name, each.title) for each in page(opened, "b").related] == [("a", "First")]
    with pytest.raises(KnownError) as told:
        page(opened, "nowhere")
    assert told.value.code == "no_article"


def test_only_what_changed_is_read_and_what_is_gone_is_removed(
    opened: OpenStore, folder: Path
) -> None:
    for name in ("a", "b", "c"):
        write_article(folder, name, f"Title {name}", body="asthma")
    assert (take(opened, folder).changed, take(opened, folder).changed) == (3, 0)
    write_article(folder, "b", "Copay", body="new words")
    (folder / "en" / "c.md").unlink()
    report = take(opened, folder)
    assert (report.files, report.articles, report.changed, report.removed) == (2, 2, 1, 1)
    assert names(search(opened, "asthma")) == ["a"]
    assert names(search(opened, "new words")) == ["b"]
    left = opened.run(lambda c: c.execute(text("SELECT count(*) FROM knowledge_for")).scalar_one())
    assert left == 0
    assert opened.run(_index_is_whole)


def test_of_a_file_that_got_a_mistake_the_last_good_version_stays(
    opened: OpenStore, folder: Path
) -> None:
    write_article(folder, "a", "Copay", body="good words")
    take(opened, folder)
    (folder / "en" / "a.md").write_text("---\ntitle: Copay\nvalid_until: soon\n---\nbad", "utf-8")
    report = take(opened, folder)
    assert "en/a.md, line 3, field “valid_until”" in report.problems[0].text
    assert names(search(opened, "good words")) == ["a"]
    assert len(take(opened, folder).problems) == 1  # told each time, until it is corrected
    write_article(folder, "a", "Copay", body="better words")
    assert take(opened, folder).problems == ()
    assert names(search(opened, "better")) == ["a"]


def test_two_files_with_one_name_are_told_and_the_first_stays(
    opened: OpenStore, folder: Path
) -> None:
    write_article(folder, "copay", "First", body="x")
    write_article(folder / "more", "copay", "Second", body="x")
    report = take(opened, folder)
    assert "en/copay.md" in report.problems[0].text
    assert page(opened, "copay").article.title == "First"


@pytest.mark.parametrize("away", ["gone", "empty", "no markdown"])
def test_a_folder_that_is_away_empties_nothing(opened: OpenStore, folder: Path, away: str) -> None:
    write_article(folder, "a", "Copay", body="x")
    take(opened, folder)
    elsewhere = folder.with_name(away)
    if away != "gone":
        elsewhere.mkdir()
    if away == "no markdown":
        (elsewhere / "a.txt").write_text("x")
    with pytest.raises(KnownError) as told:
        take(opened, elsewhere)
    assert told.value.code == "knowledge_folder"
    assert names(search(opened, "copay")) == ["a"]


def test_links_of_the_file_system_and_hidden_files_are_not_followed(
    opened: OpenStore, folder: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret.md"
    secret.write_text("---\ntitle: Secret\n---\nsecret", "utf-8")
    write_article(folder, "a", "Copay", body="x")
    (folder / "en" / "link.md").symlink_to(secret)
    (folder / "up").symlink_to(tmp_path)
    (folder / ".hidden.md").write_text("---\ntitle: Secret\n---\nsecret", "utf-8")
    assert take(opened, folder).files == 1
    assert search(opened, "secret") == []


def test_the_centres_own_replace_those_that_ship(opened: OpenStore, folder: Path) -> None:
    take(opened, RESOURCES / "knowledge", SHIPPED)
    assert search(opened, "copay")
    write_article(folder, "a", "Ours", body="our words")
    assert take(opened, folder).articles == 1
    assert search(opened, "copay") == []


def test_what_ships_is_read_without_a_mistake_in_four_languages(opened: OpenStore) -> None:
    report = take(opened, RESOURCES / "knowledge", SHIPPED)
    assert report.problems == ()
    assert report.articles > 30
    assert names(search(opened, "recepta wygasla", ("pl", "en")))[0] == "refill-expired"
    assert names(search(opened, "resep", ("id", "en")))[0] == "refill-expired"
    assert names(search(opened, "recepta caducada", ("ca", "en")))[0] == "refill-expired"
    assert names(search(opened, "J45"))[0] == "diagnosis-codes/asthma"
    lost = "SELECT target FROM knowledge_links WHERE target NOT IN (SELECT name FROM knowledge)"
    assert opened.run(lambda c: c.execute(text(lost)).scalars().all()) == []


def test_5000_articles_are_ranked(opened: OpenStore, folder: Path) -> None:
    many_articles(folder, 5_000)
    write_article(folder, "nebuliser-cleaning", "Cleaning a nebuliser", body="Rinse it daily.")
    report = take(opened, folder)
    assert report.articles == 5_001
    found = search(opened, "clean nebul")
    assert found[0].name == "nebuliser-cleaning"
    assert len(search(opened, "nebuliser", limit=12)) == 12
    assert take(opened, folder).changed == 0
    assert opened.run(_index_is_whole)


def test_nothing_of_it_is_readable_in_the_file(opened: OpenStore, folder: Path) -> None:
    write_article(folder, "a", "Xylophonist", body="Quetzalcoatlus")
    take(opened, folder)
    opened.close()
    for path in opened.path.parent.glob("cache.db*"):
        raw = path.read_bytes().lower()
        assert b"xylophonist" not in raw and b"quetzalcoatlus" not in raw


def _index_is_whole(connection: Any) -> bool:
    """FTS5 compares the index with the rows; it raises where they differ."""
    connection.execute(text("INSERT INTO knowledge_fts(knowledge_fts) VALUES('integrity-check')"))
    return True
