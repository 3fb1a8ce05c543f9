"""The card by party and level: what is withheld is nowhere, what is told has its row."""

from __future__ import annotations

import dataclasses

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit
from tests.support.desk_scenes import HOSPITAL, MARIA, SHARED, START, Scene, jane, walter
from tests.support.widget_text import accessible_texts, widget_texts

from ctidesk.calls.disclosure_events import FactsRevealed, GlassBroken, GlassClosed
from ctidesk.care.disclosure import FIELD_WORDS, Field, Gate, Level, Standing, gate_for
from ctidesk.care.member import Party, Relation
from ctidesk.ui.desk_window import DeskWindow
from ctidesk.ui.member_card.state import CardStage, Proof

CANARIES = {
    Field.BIRTH_DATE: ("3 Apr 1984",),
    Field.POLICY_NUMBER: ("K-99120-77",),
    Field.ADDRESS: ("Lindenweg", "10115"),
    Field.CHANNEL: ("SMS",),
    Field.FLAGS: ("Hard of hearing",),
    Field.COVERAGE: ("Helvia",),
    Field.PRESCRIPTIONS: ("Salbutamol", "Prednisolone"),
    Field.SUPPLIES: ("Nebuliser",),
    Field.AUTHORISATIONS: ("MRI of the brain",),
    Field.APPOINTMENTS: ("Lung function",),
    Field.HISTORY: ("asthma",),
    Field.RELATIONS: ("Tom Doe · household",),
}
PARTIES = [each for each in Party if each is not Party.UNKNOWN]


def card_of_all() -> object:
    scan = dataclasses.replace(jane().authorisations[0], item="MRI of the brain")
    return dataclasses.replace(jane(), authorisations=(scan, *jane().authorisations))


def everything(desk_window: DeskWindow) -> str:
    """All texts of all widgets, hidden ones too, of the accessibility tree and the clipboard."""
    QApplication.processEvents()
    window = desk_window.window
    texts = accessible_texts(window) + widget_texts(window)
    texts += [window.windowTitle(), QApplication.clipboard().text()]
    texts += [each.text() for each in window.findChildren(QLabel)]
    texts += [each.text() for each in window.findChildren(QLineEdit)]
    return "\n".join(texts)


@pytest.mark.parametrize("level", list(Level))
@pytest.mark.parametrize("party", PARTIES)
def test_only_what_the_gate_allows_is_anywhere(
    scene: Scene,
    desk_window: DeskWindow,
    monkeypatch: pytest.MonkeyPatch,
    party: Party,
    level: Level,
):
    """The gate is set, not the answers: this is about what reaches the screen."""
    scene.directory.cards["M-1001"] = card_of_all()
    presenters = desk_window.presenters
    allowed = gate_for(
        presenters.disclosures.policy,
        jane(),
        Standing(party=party, level=level),
        START.date(),
    )
    monkeypatch.setattr(presenters.disclosures, "_gate_of", lambda *_: allowed)
    call_id = scene.talk(SHARED)
    scene.pop.open_member(call_id, "M-1001")
    told = everything(desk_window)
    for field, words in CANARIES.items():
        for word in words:
            assert (word in told) is allowed.may(field), (field, word)
    state = presenters.member_card.live.state
    assert (state.facts is None) is (not allowed.allowed)
    pixels = desk_window.panels.member_card.grab().toImage()
    assert not pixels.isNull()


def test_withheld_fields_look_the_same_whatever_is_behind_them(
    scene: Scene, desk_window: DeskWindow, monkeypatch: pytest.MonkeyPatch
):
    """A picture of the card tells nothing: it does not change with what is withheld."""
    presenters = desk_window.presenters
    shown = Gate(frozenset({Field.COVERAGE}), "This party is not told this.")
    monkeypatch.setattr(presenters.disclosures, "_gate_of", lambda *_: shown)
    view = desk_window.panels.member_card
    other = dataclasses.replace(
        jane(),
        address="Elsewhere 1",
        policy_number="",
        language="Polish",
        prescriptions=(),
        authorisations=(),
        appointments=(),
        history=(),
        flags=("Restricted hearing",),
        relations=(),
    )
    pictures = []
    call_id = scene.talk(SHARED)
    for held in (jane(), other):
        scene.directory.cards["M-1001"] = held
        scene.pop.open_member(call_id, "M-1001")
        QApplication.processEvents()
        for place in range(view.facts.tabs.count()):
            view.facts.tabs.setCurrentIndex(place)
            QApplication.processEvents()
            pictures.append(view.grab().toImage())
    half = len(pictures) // 2
    assert pictures[:half] == pictures[half:]


# --------------------------------------------------------------------------- by real answers


def revealed(scene: Scene) -> list[FactsRevealed]:
    return [one for one in scene.journal.log if isinstance(one, FactsRevealed)]


def test_a_reveal_is_noted_once_with_its_questions_and_the_place_in_the_recording(
    scene: Scene, desk_window: DeskWindow
):
    scene.talk(SHARED)
    scene.clock.advance(20)
    card = desk_window.presenters.member_card
    card.open_candidate("1")
    assert revealed(scene) == []
    card.answer("birth_date", "3.4.1984")
    (partly,) = revealed(scene)
    assert (partly.basis, partly.fields) == ("partly", ("language", "channel"))
    assert card.live.state.proof is Proof.PARTLY
    card.answer("postcode", "10115")
    _, whole = revealed(scene)
    assert whole.asked == ("birth_date", "postcode")
    assert whole.recording_s == 20.0
    assert (whole.party, whole.basis) == ("member", "verified")
    assert set(whole.fields) | set(partly.fields) == {each.value for each in Field}
    for _ in range(3):
        scene.clock.advance(60)
        desk_window.presenters.tick()
        scene.pop.reload("M-1001")
    assert len(revealed(scene)) == 2


def test_a_card_that_was_closed_by_mistake_is_not_asked_for_again(
    scene: Scene, desk_window: DeskWindow
):
    scene.talk(SHARED)
    card = desk_window.presenters.member_card
    card.open_candidate("1")
    card.answer("birth_date", "3.4.1984")
    card.answer("postcode", "10115")
    rows = len(revealed(scene))
    card.close_card()
    card.open_candidate("1")
    assert card.live.state.stage is CardStage.VERIFIED
    card.set_party(Party.CARER)
    assert card.live.state.stage is CardStage.MASKED
    card.set_party(Party.MEMBER)
    assert card.live.state.stage is CardStage.VERIFIED
    assert len(revealed(scene)) == rows, "the same call has its rows already"


def test_without_a_recording_the_row_says_so(scene: Scene, desk_window: DeskWindow):
    scene.actions.answer(scene.ring(SHARED))
    card = desk_window.presenters.member_card
    card.open_candidate("1")
    card.answer("birth_date", "3.4.1984")
    assert revealed(scene)[0].recording_s is None


def test_a_restarted_desk_reveals_nothing_twice(scene: Scene, desk_window: DeskWindow):
    scene.talk(SHARED)
    card = desk_window.presenters.member_card
    card.open_candidate("1")
    card.answer("birth_date", "3.4.1984")
    disclosures = desk_window.presenters.disclosures
    disclosures._reveals._known.clear()
    disclosures.take_log(list(scene.journal.log))
    assert len(revealed(scene)) == 1


def provider_at_jane(scene: Scene, desk_window: DeskWindow) -> str:
    call_id = scene.talk(HOSPITAL)
    card = desk_window.presenters.member_card
    card.open_candidate("4")
    card.search.type("jane")
    card.open_found("1")
    return call_id


def test_a_provider_proves_itself_too_and_sees_no_address(scene: Scene, desk_window: DeskWindow):
    provider_at_jane(scene, desk_window)
    card = desk_window.presenters.member_card
    kinds = [one[0] for one in card.live.state.check.questions]
    assert kinds[:2] == ["member_name", "facility_id"]
    assert "call_back" not in kinds, "they call from it: everybody sees it"
    card.answer("member_name", "Jane Doe")
    card.answer("birth_date", "3.4.1984")
    card.answer("policy_number", "K 99120 77")
    assert card.live.state.stage is CardStage.MASKED, "the hospital itself is not proven"
    assert card.live.state.facts is None
    card.answer("facility_id", "f1")
    assert card.live.state.stage is CardStage.VERIFIED
    told = everything(desk_window)
    assert "Helvia" in told
    assert "Lindenweg" not in told
    assert "asthma" not in told
    identity = desk_window.panels.member_card.identity
    assert identity.fields["Address"].is_masked
    assert not identity.fields["Policy number"].is_masked
    tabs = desk_window.panels.member_card.facts._pages
    assert tabs["History"].currentIndex() == 1
    assert tabs["Coverage"].currentIndex() == 0


def test_a_hospital_that_calls_from_elsewhere_may_say_its_number(
    scene: Scene, desk_window: DeskWindow
):
    scene.talk("+4930999999")
    card = desk_window.presenters.member_card
    for text, key in (("anna", "4"), ("jane", "1")):
        card.search.type(text)
        card.open_found(key)
    assert card.live.state.facility == "St. Anna Hospital"
    disclosures, call_id = desk_window.presenters.disclosures, card.live.state.call_id
    card.answer("call_back", "030 / 231 25-100")
    assert disclosures.check(call_id).organisation_proven


def test_a_provider_that_nobody_knows_is_told_little(scene: Scene, desk_window: DeskWindow):
    call_id = scene.talk("+4930999999")
    scene.actions.set_party(call_id, "provider", "agent")
    scene.pop.open_member(call_id, "M-1001")
    card = desk_window.presenters.member_card
    card.answer("member_name", "Jane Doe")
    card.answer("birth_date", "3.4.1984")
    card.answer("policy_number", "K9912077")
    assert card.live.state.proof is Proof.PARTLY
    assert "not proven" in card.live.state.check.notice
    assert "Helvia" not in everything(desk_window)


def carer(scene: Scene, desk_window: DeskWindow, **more: object) -> None:
    maria = Relation(name="Maria Nowak", kind="carer", may_speak=True, **more)
    held = dataclasses.replace(walter(), relations=(maria,), coverages=jane().coverages)
    scene.directory.cards["M-1003"] = dataclasses.replace(held, appointments=jane().appointments)
    scene.talk(MARIA)
    card = desk_window.presenters.member_card
    card.open_candidate("3")
    for kind, text in (
        ("caller_name", "Maria Nowak"),
        ("member_name", "Walter Lindqvist"),
        ("birth_date", "30.11.1941"),
        ("postcode", "10437"),
    ):
        card.answer(kind, text)


def test_a_carer_is_told_what_her_authority_covers(scene: Scene, desk_window: DeskWindow):
    carer(scene, desk_window, scope="appointments only")
    state = desk_window.presenters.member_card.live.state
    assert state.stage is CardStage.VERIFIED
    assert state.authority == "Carer, for appointments only"
    told = everything(desk_window)
    assert "Lung function" in told
    assert "Helvia" not in told
    assert "does not cover" in state.withheld.why
    assert FIELD_WORDS[Field.COVERAGE] in state.withheld.words


def test_no_name_of_an_authority_is_in_the_log(scene: Scene, desk_window: DeskWindow):
    carer(scene, desk_window)
    assert "Nowak" not in repr([one for one in scene.journal.log if hasattr(one, "question")])


def test_a_merged_record_opens_the_other_by_one_key(scene: Scene, desk_window: DeskWindow):
    merged = dataclasses.replace(jane(), merged_into="M-1003")
    scene.directory.cards["M-1001"] = merged
    scene.talk(SHARED)
    card = desk_window.presenters.member_card
    card.open_candidate("1")
    panel = desk_window.panels.member_card.notice
    assert panel.isVisible()
    assert "merged" in card.live.state.notice.text
    assert card.live.state.check.questions == ()
    assert desk_window.commands.perform("card.survivor")
    assert card.live.state.name == "Walter Lindqvist"
    assert not panel.isVisible()


# -------------------------------------------------------------------------------- break-glass


def restricted(scene: Scene, desk_window: DeskWindow) -> str:
    scene.directory.cards["M-1001"] = dataclasses.replace(jane(), restricted=True)
    call_id = scene.talk(SHARED)
    desk_window.presenters.member_card.open_candidate("1")
    return call_id


def test_the_glass_is_broken_with_a_reason_and_ends_by_itself(
    scene: Scene, desk_window: DeskWindow
):
    restricted(scene, desk_window)
    assert "Salbutamol" not in everything(desk_window)
    assert desk_window.commands.perform("card.break_glass")
    panel = desk_window.panels.member_card.glass
    assert panel.isVisible()
    assert panel.reason.hasFocus() or panel.reason.isVisible()
    QTest.keyClicks(panel.reason, "why")
    QTest.keyClick(panel.reason, Qt.Key.Key_Return)
    assert "reason is too short" in everything(desk_window)
    assert not any(isinstance(one, GlassBroken) for one in scene.journal.log)
    panel.reason.setText("Ambulance asks for his medicines")
    QTest.keyClick(panel.reason, Qt.Key.Key_Return)
    told = everything(desk_window)
    assert "Salbutamol" in told
    assert "Glass broken" in told
    assert revealed(scene)[-1].basis == "break_glass"
    assert panel.isVisible()
    scene.clock.advance(899)
    desk_window.presenters.tick()
    assert desk_window.presenters.member_card.live.state.glass.left == "0:01"
    scene.clock.advance(1)
    desk_window.presenters.tick()
    assert "Salbutamol" not in everything(desk_window)
    assert not panel.isVisible()
    (closed,) = [one for one in scene.journal.log if isinstance(one, GlassClosed)]
    assert closed.by == "time"


@pytest.mark.parametrize("by", ["agent", "call", "card"])
def test_the_glass_ends_with_the_call_the_card_or_by_hand(
    scene: Scene, desk_window: DeskWindow, by: str
):
    call_id = restricted(scene, desk_window)
    card = desk_window.presenters.member_card
    assert card.break_glass("Ambulance asks for medicines") is None
    if by == "agent":
        assert desk_window.commands.perform("card.close_glass")
    elif by == "call":
        scene.engine.remote_hangs_up(call_id)
    else:
        card.close_card()
    assert "Salbutamol" not in everything(desk_window)
    (closed,) = [one for one in scene.journal.log if isinstance(one, GlassClosed)]
    assert closed.by == by


def test_a_restarted_desk_keeps_the_glass_and_its_end(scene: Scene, desk_window: DeskWindow):
    call_id = restricted(scene, desk_window)
    desk_window.presenters.member_card.break_glass("Ambulance asks for medicines")
    disclosures = desk_window.presenters.disclosures
    disclosures._glasses._broken.clear()
    assert not disclosures.gate(call_id).allowed
    disclosures.take_log(list(scene.journal.log))
    assert disclosures.gate(call_id).glass
    disclosures._glasses._broken.clear()
    scene.clock.advance(901)
    disclosures.take_log(list(scene.journal.log))
    assert not disclosures.gate(call_id).allowed


def test_a_policy_can_forbid_to_break_the_glass(scene: Scene, desk_window: DeskWindow):
    call_id = restricted(scene, desk_window)
    disclosures = desk_window.presenters.disclosures
    disclosures.set_policy(dataclasses.replace(disclosures.policy, glass_s=0.0))
    assert not disclosures.can_break(call_id)
    desk_window.presenters.member_card.break_glass("Ambulance asks for medicines")
    assert not disclosures.gate(call_id).allowed
