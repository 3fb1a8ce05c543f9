"""An interpreter by one key: the right language, the next line, and time that is excused."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support.desk_scenes import Scene

from ctidesk.calls import flag_events as fl
from ctidesk.care.interpreter import InterpreterDesk, plain_language
from ctidesk.care.line_joining import JoinLine, LineJoiner

LINES = (JoinLine("Polish", "230"), JoinLine("Swedish", "240"), JoinLine("Polish", "231"))


class Desk:
    def __init__(self) -> None:
        self.scene = Scene()
        self.scene.start()
        self.call_id = self.scene.talk()
        self.language = ""
        scene = self.scene
        self.joiner = LineJoiner(scene.desk, scene.actions, scene.clock)
        self.interpreters = InterpreterDesk(
            scene.desk, scene.clock, self.joiner, LINES, lambda call_id: self.language
        )

    def leg(self) -> Any:
        return self.scene.desk.consult_of(self.call_id)

    def excuses(self) -> list[bool]:
        return [e.running for e in self.scene.journal.log if isinstance(e, fl.TimeExcused)]


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.mark.parametrize("said", ["Polish", " polish", "pl", "pl-PL", "PL_pl"])
def test_a_language_is_known_by_name_or_code(desk: Desk, said: str) -> None:
    desk.language = said
    assert desk.interpreters.known_language(desk.call_id) == "Polish"
    assert plain_language(said) == "polish"


def test_a_language_without_a_line_is_asked_for(desk: Desk) -> None:
    desk.language = "Basque"
    assert desk.interpreters.known_language(desk.call_id) == ""
    assert desk.interpreters.languages == ("Polish", "Swedish")


def test_the_second_line_of_the_language_is_tried_by_itself_and_merged(desk: Desk) -> None:
    assert desk.interpreters.call(desk.call_id, "Polish")
    assert desk.leg().remote.number == "230"
    desk.scene.engine.remote_refuses(desk.leg().call_id, 486)
    assert desk.leg().remote.number == "231"
    desk.scene.engine.remote_answers(desk.leg().call_id)
    current = desk.interpreters.current
    assert current is not None
    assert (current.joined, current.language) == (True, "Polish")
    assert desk.excuses() == [True]
    desk.interpreters.let_go()
    assert desk.interpreters.current is None
    assert desk.leg() is None
    assert desk.excuses() == [True, False]


def test_when_none_of_the_language_answers_it_is_said_and_no_longer_excused(desk: Desk) -> None:
    desk.interpreters.call(desk.call_id, "Swedish")
    desk.scene.engine.remote_refuses(desk.leg().call_id, 486)
    current = desk.interpreters.current
    assert current is not None
    assert current.failed
    assert desk.leg() is None
    assert desk.excuses() == [True, False]


def test_a_caller_who_hangs_up_ends_the_excused_time(desk: Desk) -> None:
    desk.interpreters.call(desk.call_id, "Polish")
    desk.scene.engine.remote_answers(desk.leg().call_id)
    desk.scene.engine.remote_hangs_up(desk.call_id)
    assert desk.interpreters.current is None
    assert desk.excuses() == [True, False]


def test_nobody_is_called_while_a_colleague_is_consulted(desk: Desk) -> None:
    desk.scene.actions.start_consult(desk.call_id, "205")
    assert not desk.interpreters.call(desk.call_id, "Polish")
    assert desk.excuses() == []
