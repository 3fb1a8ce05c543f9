"""The identity check: two of three, per party, locked by two failures, nothing kept."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, strategies as st
from tests.support.fake_clock import FakeClock

from ctidesk.calls.codec import to_plain
from ctidesk.care.identity import IdentityCheck, QuestionKind
from ctidesk.care.member import MemberCard, Party, Relation

K = QuestionKind
CARD = MemberCard(
    member_id="M1",
    given="Walter",
    family="Lindqvist",
    birth_date=date(1941, 9, 12),
    postcode="10115",
    address="Example Street 1",
    policy_number="POL-100234",
    phone_last4="5010",
    language="de",
    channel_preference="phone",
    relations=(
        Relation(name="Maria Nowak", kind="carer", may_speak=True),
        Relation(name="Peter Lindqvist", kind="household"),
        Relation(
            name="Olga Old", kind="guardian", may_speak=True, authority_until=date(2020, 1, 1)
        ),
    ),
)
RIGHT = {
    K.MEMBER_NAME: "Walter Lindqvist",
    K.CALLER_NAME: "Maria Nowak",
    K.BIRTH_DATE: "12.9.1941",
    K.POSTCODE: "10115",
    K.POLICY_NUMBER: "pol 100234",
    K.PHONE_LAST4: "5010",
}
WRONG = {
    K.MEMBER_NAME: "Tom Doe",
    K.CALLER_NAME: "Peter Lindqvist",
    K.BIRTH_DATE: "13.9.1941",
    K.POSTCODE: "10119",
    K.POLICY_NUMBER: "POL-999",
    K.PHONE_LAST4: "1234",
}


def check(party: Party = Party.MEMBER, card: MemberCard = CARD, **more: object) -> IdentityCheck:
    return IdentityCheck("c1", card, party, FakeClock(), **more)  # type: ignore[arg-type]


def kinds(one: IdentityCheck) -> list[QuestionKind]:
    return [question.kind for question in one.questions()]


def test_a_member_is_verified_by_two_facts() -> None:
    one = check()
    assert kinds(one) == [K.BIRTH_DATE, K.POSTCODE, K.POLICY_NUMBER, K.PHONE_LAST4]
    first = one.answer(K.BIRTH_DATE, "12 September 1941")
    assert (first.correct, first.counted, first.verified) == (True, True, False)
    assert one.progress == (1, 2)
    second = one.answer(K.POSTCODE, "D-10115")
    assert (second.correct, second.verified, second.text) == (True, True, "Identity verified.")
    assert one.verified
    assert one.questions() == ()
    assert [(e.question, e.passed, e.verified) for e in one.asked] == [
        ("birth_date", True, False),
        ("postcode", True, True),
    ]


def test_one_failure_narrows_and_two_right_answers_still_verify() -> None:
    one = check()
    failed = one.answer(K.POSTCODE, "10119")
    assert (failed.correct, failed.counted, failed.locked) == (False, True, False)
    assert failed.text == "This does not match the record."
    assert kinds(one) == [K.BIRTH_DATE, K.POLICY_NUMBER]  # neither again, nor the weak one
    one.answer(K.BIRTH_DATE, RIGHT[K.BIRTH_DATE])
    assert one.answer(K.POLICY_NUMBER, RIGHT[K.POLICY_NUMBER]).verified
    assert len(one.asked) == 3


def test_two_failures_lock_with_a_sentence() -> None:
    one = check()
    one.answer(K.BIRTH_DATE, WRONG[K.BIRTH_DATE])
    result = one.answer(K.POLICY_NUMBER, WRONG[K.POLICY_NUMBER])
    assert result.locked
    assert "nothing may be disclosed" in result.text
    assert one.questions() == ()
    after = one.answer(K.POSTCODE, RIGHT[K.POSTCODE])
    assert (after.correct, after.counted, after.verified) == (False, False, False)
    assert len(one.asked) == 2


def test_a_slip_of_the_keyboard_is_not_an_answer() -> None:
    one = check()
    for kind, text in [
        (K.BIRTH_DATE, "walter"),
        (K.BIRTH_DATE, ""),
        (K.POSTCODE, " "),
        (K.PHONE_LAST4, "50"),
    ]:
        result = one.answer(kind, text)
        assert (result.counted, result.correct) == (False, False)
        assert result.text.endswith(".")
    assert one.asked == ()


def test_a_carer_names_the_member_and_herself_and_knows_two_facts() -> None:
    one = check(Party.CARER)
    assert kinds(one)[:2] == [K.CALLER_NAME, K.MEMBER_NAME]
    one.answer(K.BIRTH_DATE, RIGHT[K.BIRTH_DATE])
    one.answer(K.POSTCODE, RIGHT[K.POSTCODE])
    assert not one.verified
    assert not one.locked
    one.answer(K.MEMBER_NAME, "Lindqvist, Walter")
    assert not one.verified
    assert one.answer(K.CALLER_NAME, "Maria Nowak").verified


def test_no_more_facts_are_asked_than_it_takes() -> None:
    one = check(Party.CARER)
    one.answer(K.BIRTH_DATE, RIGHT[K.BIRTH_DATE])
    one.answer(K.POSTCODE, RIGHT[K.POSTCODE])
    assert kinds(one) == [K.CALLER_NAME, K.MEMBER_NAME]
    assert not one.answer(K.POLICY_NUMBER, RIGHT[K.POLICY_NUMBER]).counted


@pytest.mark.parametrize("name", ["Peter Lindqvist", "Olga Old", "Walter Lindqvist"])
def test_only_a_carer_with_current_authority_passes(name: str) -> None:
    one = check(Party.CARER)
    assert not one.answer(K.CALLER_NAME, name).correct


def test_without_recorded_authority_nobody_speaks_for_the_member() -> None:
    one = check(Party.CARER, dataclasses.replace(CARD, relations=CARD.relations[1:]))
    assert one.questions() == ()
    assert "authority" in one.notice
    assert not one.answer(K.BIRTH_DATE, RIGHT[K.BIRTH_DATE]).counted


def test_authority_ends_with_its_last_day() -> None:
    clock = FakeClock(now=0.0, wall_offset=datetime(2030, 1, 1, 12, tzinfo=UTC).timestamp())
    until = Relation(
        name="Maria Nowak", kind="carer", may_speak=True, authority_until=date(2030, 1, 1)
    )
    card = dataclasses.replace(CARD, relations=(until,))
    assert IdentityCheck("c1", card, Party.CARER, clock).questions()
    clock.advance(86_400)
    assert not IdentityCheck("c1", card, Party.CARER, clock).questions()


@pytest.fixture
def sydney(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Ten hours before UTC and more: its day begins while there it is still yesterday."""
    monkeypatch.setenv("TZ", "Australia/Sydney")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system's time zone cannot be set")
@pytest.mark.usefixtures("sydney")
def test_the_last_day_of_an_authority_is_a_day_of_the_centre() -> None:
    until = Relation(
        name="Maria Nowak", kind="carer", may_speak=True, authority_until=date(2030, 1, 1)
    )
    card = dataclasses.replace(CARD, relations=(until,))
    # 2 January, 06:00 at the centre, as the card shows it too
    clock = FakeClock(now=0.0, wall_offset=datetime(2030, 1, 1, 19, tzinfo=UTC).timestamp())
    assert not IdentityCheck("c1", card, Party.CARER, clock).questions()


@pytest.mark.parametrize("party", [Party.PROVIDER, Party.SUPPLIER, Party.INSURER])
def test_professionals_name_the_patient_and_are_never_asked_for_the_phone(party: Party) -> None:
    one = check(party)
    assert kinds(one)[0] is K.MEMBER_NAME
    assert K.PHONE_LAST4 not in kinds(one)
    one.answer(K.POLICY_NUMBER, RIGHT[K.POLICY_NUMBER])
    one.answer(K.BIRTH_DATE, RIGHT[K.BIRTH_DATE])
    assert not one.verified
    assert one.answer(K.MEMBER_NAME, RIGHT[K.MEMBER_NAME]).verified


def test_a_misheard_name_may_be_said_once_more() -> None:
    one = check(Party.PROVIDER)
    one.answer(K.MEMBER_NAME, WRONG[K.MEMBER_NAME])
    assert K.MEMBER_NAME in kinds(one)
    assert one.answer(K.MEMBER_NAME, WRONG[K.MEMBER_NAME]).locked


def test_an_unknown_party_cannot_be_checked() -> None:
    one = check(Party.UNKNOWN)
    assert one.questions() == ()
    assert one.notice == "Choose first who is calling."
    assert not one.verified
    assert not one.locked


def test_a_record_with_too_little_cannot_be_checked() -> None:
    card = dataclasses.replace(CARD, birth_date=None, postcode="", policy_number="x")
    one = check(card=card)
    assert one.questions() == ()
    assert "too little" in one.notice


def test_a_failure_that_leaves_too_few_facts_locks() -> None:
    one = check(card=dataclasses.replace(CARD, postcode="", phone_last4=""))
    result = one.answer(K.BIRTH_DATE, WRONG[K.BIRTH_DATE])
    assert result.locked
    assert "nothing left to ask" in result.text


def test_the_number_that_everybody_sees_proves_nothing() -> None:
    assert K.PHONE_LAST4 not in kinds(check(caller_digits="493023125010"))
    assert K.PHONE_LAST4 in kinds(check(caller_digits="491713920015"))


def test_a_new_desk_goes_on_where_the_old_one_stopped() -> None:
    old = check()
    old.answer(K.BIRTH_DATE, WRONG[K.BIRTH_DATE])
    new = check(history=old.asked)
    assert new.failures == 1
    assert K.BIRTH_DATE not in kinds(new)
    assert new.answer(K.POSTCODE, WRONG[K.POSTCODE]).locked
    assert check(history=new.asked).locked


def test_correcting_the_party_keeps_failures_and_asks_for_what_is_missing() -> None:
    as_member = check()
    as_member.answer(K.POSTCODE, WRONG[K.POSTCODE])
    as_member.answer(K.BIRTH_DATE, RIGHT[K.BIRTH_DATE])
    assert as_member.answer(K.POLICY_NUMBER, RIGHT[K.POLICY_NUMBER]).verified
    as_carer = check(Party.CARER, history=as_member.asked)
    assert not as_carer.verified
    assert kinds(as_carer) == [K.CALLER_NAME, K.MEMBER_NAME]
    assert as_carer.answer(K.CALLER_NAME, "Peter Lindqvist").locked


def test_two_failures_stay_two_failures_however_many_answers_were_right() -> None:
    right = check()
    right.answer(K.BIRTH_DATE, RIGHT[K.BIRTH_DATE])
    right.answer(K.POSTCODE, RIGHT[K.POSTCODE])
    wrong = check(Party.CARER)
    wrong.answer(K.MEMBER_NAME, WRONG[K.MEMBER_NAME])
    wrong.answer(K.CALLER_NAME, WRONG[K.CALLER_NAME])
    both = check(history=[*right.asked, *wrong.asked])
    assert (both.verified, both.locked, both.questions()) == (False, True, ())


def test_another_call_or_member_does_not_count() -> None:
    done = check()
    done.answer(K.BIRTH_DATE, RIGHT[K.BIRTH_DATE])
    done.answer(K.POSTCODE, RIGHT[K.POSTCODE])
    other_call = IdentityCheck("c2", CARD, Party.MEMBER, FakeClock(), history=done.asked)
    other_member = check(card=dataclasses.replace(CARD, member_id="M2"), history=done.asked)
    assert not other_call.verified
    assert not other_member.verified


def test_neither_answers_nor_the_record_are_kept_or_told() -> None:
    one = check()
    secret = "11.11.1911"
    one.answer(K.BIRTH_DATE, secret)
    told = repr(one) + one.notice + str([to_plain(event) for event in one.asked])
    for value in (secret, "1941", "100234", "10115", "Lindqvist"):
        assert value not in told


@given(
    st.sampled_from([p for p in Party if p is not Party.UNKNOWN]),
    st.lists(st.tuples(st.sampled_from(list(RIGHT)), st.booleans()), max_size=12),
)
def test_verified_always_needs_two_right_and_never_two_wrong(
    party: Party, said: list[tuple[QuestionKind, bool]]
) -> None:
    one = check(party)
    for kind, right in said:
        one.answer(kind, (RIGHT if right else WRONG)[kind])
        facts = [e for e in one.asked if e.question not in ("member_name", "caller_name")]
        wrong = [e for e in one.asked if not e.passed]
        assert len(facts) <= 3
        assert len(wrong) <= 2
        assert not (one.verified and one.locked)
        if one.verified:
            assert sum(e.passed for e in facts) == 2
            assert len(wrong) <= 1
        assert one.locked or len(wrong) < 2
        again = check(party, history=one.asked)
        assert (again.verified, again.locked) == (one.verified, one.locked)
