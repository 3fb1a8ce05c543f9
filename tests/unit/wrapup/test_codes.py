"""The codes tree: subsets, search, recent codes."""

from __future__ import annotations

import pytest

from ctidesk.calls.agent_events import WrapUpSaved
from ctidesk.care.member import Party
from ctidesk.config.paths import resources
from ctidesk.wrapup.codes import PARTIES, CodeTree, RecentCodes
from ctidesk.wrapup.codes_file import load_codes, parse_codes

TREE = parse_codes(
    """
version = 1
time_out = "none"
[[group]]
id = "dates"
label = "Termine"
[[group]]
id = "night"
label = "At night"
parent = "dates"
[[group]]
id = "empty"
label = "Nothing here"
[[code]]
code = "book"
label = "Appointment booked"
group = "dates"
parties = ["member", "carer"]
synonyms = ["Überweisung", "schedule"]
[[code]]
code = "move"
label = "Appointment moved"
group = "dates"
parties = ["member"]
[[code]]
code = "app"
label = "Portal help"
group = "night"
[[code]]
code = "batch"
label = "Batch"
group = "night"
parties = ["provider"]
[[code]]
code = "old"
label = "Appointment by letter"
group = "dates"
active = false
[[code]]
code = "none"
label = "Not coded"
group = "night"
""",
    "test.toml",
)


def found(text: str, party: str = "member", recent: tuple[str, ...] = ()) -> list[str]:
    return [each.code for each in TREE.search(text, party, recent)]


@pytest.mark.parametrize(
    ("party", "codes"),
    [
        ("member", ["book", "move", "app", "none"]),
        ("carer", ["book", "app", "none"]),
        ("provider", ["app", "batch", "none"]),
        ("unknown", ["book", "move", "app", "batch", "none"]),
        ("", ["book", "move", "app", "batch", "none"]),
    ],
)
def test_each_party_has_its_codes_and_nobody_the_retired(party: str, codes: list[str]) -> None:
    assert [each.code for each in TREE.for_party(party)] == codes


def test_the_tree_of_a_party_leaves_empty_branches_out() -> None:
    (dates,) = TREE.branches("provider")
    assert (dates.group.id, dates.codes) == ("dates", ())
    assert [code.code for code in dates.branches[0].codes] == ["app", "batch", "none"]


def test_paths() -> None:
    assert TREE.path("app") == ("Termine", "At night", "Portal help")
    assert TREE.path("old") == ("Termine", "Appointment by letter")  # old calls keep their label
    assert TREE.path("gone") == ("gone",)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("book", ["book"]),
        ("app", ["app", "book", "move"]),  # the code itself before the label's beginning
        ("APPOINT", ["book", "move"]),
        ("app mov", ["move"]),
        ("moved appointment", ["move"]),
        ("uberw", ["book"]),
        ("termine", ["book", "move", "app", "none"]),
        ("termine bo", ["book"]),
        ("ointm", ["book", "move"]),
        ("letter", []),
        ("zzz", []),
        ("?!", []),
        ("batch", []),
        ("x" * 10_000, []),
    ],
)
def test_search(text: str, codes: list[str]) -> None:
    assert found(text) == codes


def test_recent_codes_come_first_among_equals() -> None:
    assert found("appointment", recent=("move",)) == ["move", "book"]
    assert found("", recent=("none", "app")) == ["none", "app", "book", "move"]
    assert [each.code for each in TREE.search("", "member", limit=2)] == ["book", "move"]


def saved(code: str, party: str = "member", by: str = "agent") -> WrapUpSaved:
    return WrapUpSaved(call_id="c", t_mono=1.0, t_wall=1.0, code=code, party=party, by=by)


def test_recent_codes_from_the_log() -> None:
    recent = RecentCodes(limit=3)
    for event in [
        saved("move"),
        saved("app", "carer"),
        saved("none", by="timeout"),
        saved("book", "carer"),
        saved("app"),
        saved("gone"),
        saved("old"),
    ]:
        recent.add(event)
    assert recent.codes(TREE, "member") == ("app", "move", "book")
    assert recent.codes(TREE, "carer") == ("book", "app")
    assert recent.codes(TREE, "provider") == ("app",)


def test_the_shipped_tree_serves_every_party() -> None:
    tree: CodeTree = load_codes(resources() / "codes" / "default.toml")
    for party in PARTIES:
        assert len(tree.for_party(party)) >= 20
        assert tree.branches(party)
    wanted = {
        "eligibility benefits refill supplies_order appointment_book appointment_move",
        "appointment_cancel claim_why_pay policy_update complaint results referral",
        "provider_batch after_hours_message wrong_number dropped unreachable",
    }
    assert all(tree.find(code) for line in wanted for code in line.split())
    assert tree.time_out == "not_coded"
    for word, code in [
        ("why", "claim_why_pay"),
        ("oxygen", "supplies_order"),
        ("reschedule", "appointment_move"),
        ("wrong", "wrong_number"),
    ]:
        assert tree.search(word, "member")[0].code == code


def test_the_parties_are_those_of_the_card() -> None:
    assert set(PARTIES) == {party.value for party in Party} - {"unknown"}
