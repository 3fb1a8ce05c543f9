"""Guides as data: those that ship are whole, and a mistake names file, line and field."""

from __future__ import annotations

import dataclasses
from datetime import date
from pathlib import Path

import pytest
from tests.support.desk_scenes import RESOURCES, START, jane

from ctidesk.care.guide import Guide, Step, StepKind
from ctidesk.care.guide_facts import FactSource, Listed
from ctidesk.care.guide_orders import outcome
from ctidesk.care.guide_run import walk
from ctidesk.care.guide_shelf import GuideShelf, read_folder
from ctidesk.care.member import MemberCard
from ctidesk.care.orders import RefillOrder, TaskOrder
from ctidesk.wrapup.codes_file import load_codes

SHIPPED = read_folder(RESOURCES / "guides")
SHELF = GuideShelf(SHIPPED)
INHALER, EXPIRED = "Salbutamol 100 µg inhaler", "Prednisolone 5 mg"
DELIVER = "2026-03-17"


def guide(name: str) -> Guide:
    found = SHELF.get(name)
    assert found is not None
    return found


def plain_question(step: Step) -> bool:
    return step.kind is StepKind.ASK and step.yes_or_no and step.required


def source(card: MemberCard | None = None, may: bool = True) -> FactSource:
    return FactSource(
        party="member",
        verified=True,
        now_wall=START.timestamp(),
        today=date(2026, 3, 16),
        may=lambda group: may,
        card=card or jane(),
        agent="agent",
    )


def test_all_that_ship_are_read_without_a_mistake() -> None:
    assert SHIPPED.problems == {}
    wanted = {
        *("benefits_provider", "why_pay", "refill", "supplies", "policy_update", "complaint"),
        *("appointment_book", "appointment_move", "appointment_cancel", "results", "referral"),
        *("payment", "after_hours", "emergency", "interpreter"),
    }
    assert wanted <= {one.id for one in SHELF.all()}


def test_the_codes_that_they_propose_exist() -> None:
    codes = load_codes(RESOURCES / "codes" / "default.toml")
    missing = {(one.id, code) for one in SHELF.all() for code in one.codes if not codes.find(code)}
    assert missing == set()


def test_an_expired_prescription_stops_a_refill_with_sentence_and_next_step() -> None:
    walked = walk(guide("refill"), {"medicine": EXPIRED}, source())
    assert not walked.complete and walked.current is None
    assert walked.obstacle is not None
    assert "expired on" in walked.obstacle.reason and "Prednisolone" in walked.obstacle.reason
    assert "run out" in walked.obstacle.say
    assert walked.obstacle.guide == "prescription_renewal"
    # whatever else was answered: it is not complete, so nothing can be ordered
    answers = {"medicine": EXPIRED, "address": "yes", "day": DELIVER}
    assert not walk(guide("refill"), answers, source()).complete


def test_a_refill_that_is_too_early_says_from_when_on() -> None:
    walked = walk(guide("refill"), {"medicine": INHALER}, source())
    assert walked.obstacle is not None
    assert "too early" in walked.obstacle.reason and "28 March" in walked.obstacle.reason


def test_what_may_not_be_told_is_no_fact() -> None:
    walked = walk(guide("refill"), {"medicine": INHALER}, source(may=False))
    told = " ".join(str(value) for value in walked.facts.values())
    assert "Salbutamol" not in told and "Lindenweg" not in told
    assert source(may=False).options(Listed.PRESCRIPTIONS) == ()
    # withheld is not "none on record"
    assert "rx.count" not in walked.facts and walked.obstacle is None


@pytest.mark.parametrize("status", ["not eligible", "draft", "cancelled"])
def test_a_cover_that_does_not_hold_on_the_card_does_not_hold_in_a_guide(status: str) -> None:
    (cover,) = jane().coverages
    card = dataclasses.replace(jane(), coverages=(dataclasses.replace(cover, status=status),))
    assert source().facts({})["cover.active"] is True
    assert source(card).facts({})["cover.active"] is False


def test_a_withdrawn_prescription_is_not_offered() -> None:
    inhaler, *others = jane().prescriptions
    stopped = dataclasses.replace(inhaler, status="stopped")
    card = dataclasses.replace(jane(), prescriptions=(stopped, *others))
    assert source(card).options(Listed.PRESCRIPTIONS) == (EXPIRED,)
    assert INHALER in source().options(Listed.PRESCRIPTIONS)


def test_an_expired_authorisation_starts_a_chain_with_dates() -> None:
    found = guide("supplies")
    answers: dict[str, str] = {}
    facts = source()
    for _ in range(30):
        walked = walk(found, answers, facts)
        if walked.current is None:
            break
        step = walked.current
        options = facts.options(step.listed) if step.listed else ()
        usual = step.choices[0].key if step.choices else "yes" if step.yes_or_no else "two"
        typed = {"date": "2026-03-20", "number": "2"}.get(step.type.value, usual)
        answers[step.id] = options[0] if options else typed
    walked = walk(found, answers, facts)
    assert walked.complete, (walked.current, walked.obstacle)
    made = outcome(found, walked, facts)
    chain = [one for one in made.orders if isinstance(one, TaskOrder) and one.chain]
    assert len(chain) >= 3, "doctor, insurer, supplier"
    assert all(one.due is not None for one in chain)
    assert [one.due for one in chain] == sorted(one.due for one in chain if one.due)
    (call,) = [one for one in made.orders if isinstance(one, TaskOrder) and one.callback]
    assert call.due is not None and call.due.date() == date(2026, 3, 20), "the promised day"


@pytest.mark.parametrize(
    ("name", "question"),
    [(one.id, step.id) for one in SHELF.all() for step in one.steps if plain_question(step)],
)
def test_no_is_an_answer_to_a_question(name: str, question: str) -> None:
    """Nobody was harmed: the complaint can be taken down all the same."""
    answers = {question: "no"}
    walked = walk(guide(name), answers, source())
    while walked.current is not None and walked.current.id not in answers:
        step = walked.current
        usual = step.choices[0].key if step.choices else "yes" if step.yes_or_no else "2"
        typed = {"date": "2026-03-17", "time": "9:30"}.get(step.type.value, usual)
        options = source().options(step.listed) if step.listed else ()
        answers[step.id] = options[0] if options else typed
        walked = walk(guide(name), answers, source())
    assert question in {step.id for step in walked.done}, "the way went past the question"
    assert walked.complete, (walked.current, walked.obstacle)


def test_a_check_that_is_not_confirmed_stops() -> None:
    answers = {"what": "x", "doctor": "y", "network": "no"}
    walked = walk(guide("appointment_book"), answers, source())
    assert walked.obstacle is not None and "Not confirmed" in walked.obstacle.reason


def test_a_complete_refill_orders_what_was_promised() -> None:
    from dataclasses import replace

    card = jane()
    due = replace(card.prescriptions[0], next_refill=date(2026, 3, 10), key="MedicationRequest/7")
    card = replace(card, prescriptions=(due,))
    answers = {"medicine": INHALER, "address": "yes", "day": DELIVER}
    walked = walk(guide("refill"), answers, source(card))
    assert walked.complete
    made = outcome(guide("refill"), walked, source(card))
    (order,) = made.orders
    assert order == RefillOrder(
        drug=INHALER,
        prescription="MedicationRequest/7",
        promised=date(2026, 3, 17),
        address_confirmed=True,
    )
    assert made.code == "refill" and any("17 March" in line for line in made.note)
    assert made.confirmed_address == card.address != ""
    elsewhere = {**answers, "address": "no", "new_address": "Uferweg 3, Berlin"}
    walked = walk(guide("refill"), elsewhere, source(card))
    assert walked.complete
    made = outcome(guide("refill"), walked, source(card))
    assert made.confirmed_address == "", "the one on record was wrong"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('kind = "ask"', 'kind = "aks"', "kind"),
        ('type = "date"', 'type = "day"', "type"),
        ('goto = "day"', 'goto = "dya"', "goto"),
        ('when = "rx.stale"', 'when = "rx.staile"', "when"),
        ("{rx.drug}, prescribed", "{rx.drugs}, prescribed", "say"),
        ("least = 1", 'least = "1"', "least"),
        ("priority = 90", "priorty = 90", "priorty"),
    ],
)
def test_a_mistake_names_file_line_and_field(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = (RESOURCES / "guides" / "refill.toml").read_text("utf-8")
    assert old in text
    broken = text.replace(old, new, 1)
    line = next(n for n, one in enumerate(broken.splitlines(), 1) if new.split("\n")[0] in one)
    (tmp_path / "refill.toml").write_text(broken, "utf-8")
    reading = read_folder(tmp_path)
    (problem, *_) = reading.problems["refill.toml"]
    assert "refill.toml" in problem.text and said in problem.text
    assert f"line {line}" in problem.text, problem.text


def test_the_last_good_version_stays(tmp_path: Path) -> None:
    good = (RESOURCES / "guides" / "payment.toml").read_text("utf-8")
    path = tmp_path / "payment.toml"
    path.write_text(good.replace('title = "', 'title = "Ours: ', 1), "utf-8")
    shelf = GuideShelf(SHIPPED)
    shelf.take(read_folder(tmp_path))
    ours = shelf.get("payment")
    assert ours is not None and ours.title.startswith("Ours: ")
    path.write_text("version = ", "utf-8")
    shelf.take(read_folder(tmp_path))
    assert shelf.get("payment") is ours and shelf.problems
    path.unlink()
    shelf.take(read_folder(tmp_path))
    shipped = shelf.get("payment")
    assert shipped is not None and not shipped.title.startswith("Ours")
