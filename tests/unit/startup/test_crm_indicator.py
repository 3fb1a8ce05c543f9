"""What the status strip says of the CRM."""

from __future__ import annotations

import pytest

from ctidesk.crm.fhir import problems
from ctidesk.crm.fhir.kinds import KINDS
from ctidesk.crm.fhir.progress import PullPhase, PullState
from ctidesk.startup.crm_link import _THINGS, crm_indicator
from ctidesk.ui.theme.tokens import Role

READING = PullState(
    phase=PullPhase.READING,
    kind="Patient",
    loaded=12_300,
    total=100_000,
    first=True,
    rate=350.0,
    remaining_s=250.0,
)


@pytest.mark.parametrize(
    ("state", "word", "role"),
    [
        (PullState(phase=PullPhase.STARTING), "CRM starting…", Role.MUTED),
        (READING, "CRM: 12,300 of 100,000 members…", Role.MUTED),
        (
            PullState(phase=PullPhase.READING, kind="Slot", loaded=7, first=True),
            "CRM: 7 free times…",
            Role.MUTED,
        ),
        (PullState(phase=PullPhase.CURRENT, current_wall=632.0), "CRM up to date", Role.READY),
        (
            PullState(
                phase=PullPhase.CURRENT, problem=problems.missing_scopes(("Task",)), current_wall=1
            ),
            "CRM: not all is read",
            Role.HOLD,
        ),
        (
            PullState(
                phase=PullPhase.FAILED, problem=problems.unreachable("crm.example"), since_wall=632
            ),
            "CRM unreachable since 10:32, showing what we have",
            Role.DANGER,
        ),
        (
            PullState(phase=PullPhase.FAILED, problem=problems.no_secret(), since_wall=632),
            "CRM not read since 10:32, showing what we have",
            Role.DANGER,
        ),
    ],
)
def test_each_state_has_its_words(state: PullState, word: str, role: Role) -> None:
    shown = crm_indicator(state, "CRM", lambda wall: "10:32")
    assert (shown.word, shown.role) == (word, role)
    assert (shown.problem is None) is (state.problem is None)


def test_the_pace_is_in_the_tip() -> None:
    tip = crm_indicator(READING, "CRM", lambda wall: "").tip
    assert "350 a second" in tip
    assert "left" in tip


def test_each_type_has_a_word_of_its_own() -> None:
    assert set(_THINGS) == set(KINDS)
    assert len(set(_THINGS.values())) == len(KINDS)
