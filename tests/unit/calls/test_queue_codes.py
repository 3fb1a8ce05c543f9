"""The exchange's queue follows the agent's state, where the settings say so."""

from __future__ import annotations

import pytest
from tests.support.desk_scenes import Scene

from ctidesk.calls.events import Registration
from ctidesk.calls.queue_codes import QueueCodes, QueueFollower

CODES = QueueCodes(login="*45", logout="*44", pause="*46", unpause="*47", with_state=True)


@pytest.fixture
def dialled() -> list[str]:
    return []


@pytest.fixture
def scene(dialled: list[str]) -> Scene:
    scene = Scene()
    QueueFollower(scene.desk, CODES, dialled.append)
    scene.engine.start()
    scene.engine.registration(Registration.REGISTERED)
    return scene


def test_ready_and_not_ready(scene: Scene, dialled: list[str]) -> None:
    scene.actions.ready()
    scene.actions.not_ready("Break")
    scene.actions.not_ready("Lunch")
    scene.actions.ready()
    assert dialled == ["*47", "*46", "*47"]


def test_a_call_says_nothing_its_wrap_up_pauses(scene: Scene, dialled: list[str]) -> None:
    scene.actions.ready()
    call_id = scene.ring()
    scene.actions.answer(call_id)
    assert dialled == ["*47"]
    scene.engine.remote_hangs_up(call_id)
    assert dialled == ["*47", "*46"]
    scene.desk.forget(call_id)
    assert dialled == ["*47", "*46", "*47"]


def test_told_again_to_an_exchange_that_was_gone(scene: Scene, dialled: list[str]) -> None:
    scene.actions.not_ready("Break")
    scene.engine.registration(Registration.FAILED)
    scene.actions.not_ready("Lunch")
    assert dialled == ["*46"]
    scene.engine.registration(Registration.REGISTERED)
    assert dialled == ["*46", "*46"]


def test_nothing_by_itself_unless_wanted() -> None:
    said: list[str] = []
    scene = Scene()
    QueueFollower(scene.desk, QueueCodes(pause="*46", unpause="*47"), said.append)
    scene.engine.start()
    scene.engine.registration(Registration.REGISTERED)
    scene.actions.ready()
    assert said == []


def test_a_toggle_has_one_title() -> None:
    assert QueueCodes(login="*45", logout="*45").titles() == {"*45": "Queue: log in or out"}
    assert list(CODES.titles()) == ["*45", "*44", "*46", "*47"]
