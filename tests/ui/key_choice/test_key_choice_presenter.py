"""When the agent is asked about keys, what is refused in place, and that nothing typed is kept."""

from __future__ import annotations

import pytest
from tests.support.fake_profile_keys import FakeProfileKeys

from ctidesk.calls.errors import KnownError
from ctidesk.ui.key_choice.presenter import (
    KeyChoicePresenter,
    KeyPlace,
    KeyQuestion,
    strength_words,
    weakness_of,
)

GOOD = "five sheep under a bridge"


def _error(code: str) -> KnownError:
    return KnownError(code, f"It is {code}.", "Do something.")


def _asked(code: str, keys: FakeProfileKeys) -> KeyChoicePresenter:
    presenter = KeyChoicePresenter(keys)
    presenter.failed(_error(code))
    return presenter


@pytest.mark.parametrize(
    ("code", "chosen", "question", "try_again"),
    [
        ("no_key_store", False, KeyQuestion.CHOOSE, False),
        ("key_store_locked", False, KeyQuestion.CHOOSE, True),
        ("key_store_locked", True, KeyQuestion.TRY_AGAIN, True),
        ("no_key_store", True, KeyQuestion.TRY_AGAIN, True),
        ("passphrase_needed", True, KeyQuestion.UNLOCK, False),
        ("wrong_key", True, KeyQuestion.NOTHING, False),
        ("cache_locked", True, KeyQuestion.NOTHING, False),
    ],
)
def test_what_is_asked_depends_on_why_the_cache_is_closed(
    code: str, chosen: bool, question: KeyQuestion, try_again: bool
) -> None:
    state = _asked(code, FakeProfileKeys(chosen)).live.state
    assert (state.question, state.can_try_again) == (question, try_again)
    assert state.open is state.waits is (question is not KeyQuestion.NOTHING)
    assert state.problem is None


def test_a_damaged_record_of_the_choice_is_said_and_offers_no_new_keys() -> None:
    keys = FakeProfileKeys(_error("key_choice_damaged"))
    state = _asked("no_key_store", keys).live.state
    assert state.question is KeyQuestion.TRY_AGAIN
    assert state.problem is not None and "key_choice_damaged" in state.problem.text


def test_a_passphrase_is_taken_once_it_is_long_and_the_same_twice() -> None:
    keys = FakeProfileKeys()
    presenter = _asked("no_key_store", keys)
    presenter.confirm("short", "short")
    assert presenter.live.state.invalid == "passphrase"
    presenter.confirm(GOOD, GOOD + "s")
    assert presenter.live.state.invalid == "again"
    presenter.typing()
    assert presenter.live.state.problem is None
    assert keys.asked == []
    presenter.confirm(GOOD, GOOD)
    assert keys.asked == [("passphrase", GOOD)]
    assert presenter.live.state.busy
    presenter.confirm(GOOD, GOOD)  # a second Enter while the key is being made
    assert len(keys.asked) == 1
    keys.answer(None)
    assert presenter.live.state.open  # until the cache is really open
    presenter.opened()
    assert not presenter.live.state.open and not presenter.live.state.waits


def test_nothing_typed_stays_in_the_presenter() -> None:
    keys = FakeProfileKeys()
    presenter = _asked("no_key_store", keys)
    presenter.confirm(GOOD, GOOD)
    assert GOOD not in repr(vars(presenter)) + repr(presenter.live.state)


def test_fields_are_emptied_after_use_and_when_put_off() -> None:
    keys = FakeProfileKeys()
    presenter = KeyChoicePresenter(keys)
    cleared: list[str] = []
    presenter.on_clear(lambda: cleared.append("now"))
    presenter.failed(_error("passphrase_needed"))
    cleared.clear()
    presenter.unlock("wrong one")
    assert cleared == []
    keys.answer(_error("wrong_passphrase"))
    assert cleared == ["now"]
    presenter.put_off()
    assert cleared == ["now", "now"]


def test_a_wrong_passphrase_is_said_in_place_and_can_be_typed_again() -> None:
    keys = FakeProfileKeys(True)
    presenter = _asked("passphrase_needed", keys)
    presenter.unlock("")
    assert keys.asked == [] and presenter.live.state.invalid == "passphrase"
    presenter.unlock("wrong one")
    keys.answer(_error("wrong_passphrase"))
    state = presenter.live.state
    assert (state.busy, state.invalid, state.open) == (False, "passphrase", True)
    presenter.unlock(GOOD)
    keys.answer(None)
    presenter.opened()
    assert not presenter.live.state.waits


def test_the_folder_is_chosen_by_two_steps_never_by_one() -> None:
    keys = FakeProfileKeys()
    presenter = _asked("no_key_store", keys)
    presenter.pick(KeyPlace.FOLDER)
    assert keys.asked == []
    presenter.confirm()
    assert keys.asked == [("folder", "")]
    keys.answer(_error("profile_unwritable"))
    state = presenter.live.state
    assert state.problem is not None and state.invalid == "" and not state.busy


def test_working_without_puts_the_question_off_and_it_can_come_back() -> None:
    keys = FakeProfileKeys()
    presenter = _asked("no_key_store", keys)
    presenter.pick(KeyPlace.NOWHERE)
    presenter.confirm()
    assert keys.asked == []
    assert (presenter.live.state.open, presenter.live.state.waits) == (False, True)
    presenter.failed(_error("no_key_store"))  # told again, e.g. by another try: stays put off
    assert not presenter.live.state.open
    presenter.show()
    assert presenter.live.state.open


def test_show_without_a_question_shows_nothing() -> None:
    presenter = KeyChoicePresenter(FakeProfileKeys())
    presenter.show()
    assert not presenter.live.state.open


def test_trying_the_key_store_again_says_when_it_is_still_locked() -> None:
    keys = FakeProfileKeys(True)
    presenter = _asked("key_store_locked", keys)
    assert presenter.live.state.problem is None
    presenter.try_again()
    assert presenter.live.state.busy
    assert keys.asked == [("try_again", "")]
    presenter.failed(_error("key_store_locked"))
    state = presenter.live.state
    assert not state.busy and state.open
    assert state.problem is not None and "key_store_locked" in state.problem.text


def test_another_failure_after_the_unlocking_leaves_the_screen_to_its_notice() -> None:
    keys = FakeProfileKeys(True)
    presenter = _asked("passphrase_needed", keys)
    presenter.unlock(GOOD)
    keys.answer(None)
    presenter.failed(_error("cache_newer"))
    assert not presenter.live.state.waits


@pytest.mark.parametrize(
    ("text", "good"),
    [("", False), ("elevenchars", False), ("twelve chars", True), ("a" * 40, False), (GOOD, True)],
)
def test_strength_is_length_without_mere_repetition(text: str, good: bool) -> None:
    assert (weakness_of(text) is None) is good
    words, enough = strength_words(text)
    assert enough is good and words


def test_the_missing_characters_are_counted() -> None:
    assert strength_words("elevenchars")[0] == "1 more character."
    assert strength_words("ten chars.")[0] == "2 more characters."
