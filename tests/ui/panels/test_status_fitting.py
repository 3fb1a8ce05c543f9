"""What the status strip leaves out where there is no room."""

from __future__ import annotations

from ctidesk.ui.status_strip.fitting import Block, Keep, left_out

BLOCKS = [
    Block(100, Keep.FIGURES_IN_PARTS),
    Block(40, Keep.TREND),
    Block(80, Keep.WORKS),
    Block(80, Keep.ALWAYS),
    Block(80, Keep.WORKS),
]


def test_with_room_nothing_is_left_out() -> None:
    assert left_out(380, BLOCKS) == set()


def test_the_least_needed_goes_first_and_no_more_than_must() -> None:
    assert left_out(379, BLOCKS) == {0}
    assert left_out(280, BLOCKS) == {0}
    assert left_out(279, BLOCKS) == {0, 1}


def test_of_equals_the_last_goes_first() -> None:
    assert left_out(200, BLOCKS) == {0, 1, 4}


def test_what_says_that_something_is_wrong_stays() -> None:
    assert left_out(0, BLOCKS) == {0, 1, 2, 4}
