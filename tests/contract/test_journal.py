"""What every `CallJournal` promises: on the fake, and on SQLCipher in a real file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support.crm_fakes import FakeCallJournal
from tests.support.crm_store import Desk, OpenStore
from tests.support.fake_clock import FakeClock
from tests.support.one_call import INTERACTION, T0, offered

from ctidesk.calls.agent_events import AgentState, AgentStateChanged, WrapUpSaved, WrapUpStarted
from ctidesk.calls.errors import KnownError
from ctidesk.calls.events import (
    CallAnswered,
    CallEnded,
    DtmfReceived,
    QualityMeasured,
)
from ctidesk.calls.ports import WrapUpDraft
from ctidesk.crm.journal import SqlCallJournal


@pytest.fixture(params=["fake", "sqlcipher"])
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Any, Any]]:
    if request.param == "fake":
        desk = Desk()
        yield FakeCallJournal(desk.deliver), desk.answer
        return
    opened = OpenStore(tmp_path / "cache.db")
    clock = FakeClock(4.0, wall_offset=T0)  # whose clocks the events below were read from
    yield SqlCallJournal(opened.store, clock), opened.desk.answer
    opened.close()


def test_the_log_comes_back_as_it_was_and_in_order(journal: Any) -> None:
    port, ask = journal
    log = [
        AgentStateChanged(t_mono=0.5, t_wall=T0 + 0.5, state=AgentState.READY),
        offered(1.0),
        CallAnswered(call_id="c1", t_mono=2.0, t_wall=T0 + 2),
        CallEnded(call_id="c1", t_mono=3.0, t_wall=T0 + 3, code=200, reason="OK", by="remote"),
        WrapUpStarted(call_id="c1", t_mono=3.0, t_wall=T0 + 3),
    ]
    for event in log:
        assert ask(lambda done, event=event: port.append(event, done)) is None
    assert list(ask(lambda done: port.load_since(0.0, done))) == log
    assert list(ask(lambda done: port.load_since(T0 + 2, done))) == log[2:]


def test_telemetry_and_pressed_keys_are_not_kept(journal: Any) -> None:
    port, ask = journal
    quality = QualityMeasured(
        call_id="c1", t_mono=1, t_wall=T0, mos=4.1, loss_pct=0, jitter_ms=1, rtt_ms=9
    )
    assert ask(lambda done: port.append(quality, done)) is None
    key = DtmfReceived(call_id="c1", t_mono=1, t_wall=T0, digit="7")
    ask(lambda done: port.append(key, done))
    assert list(ask(lambda done: port.load_since(0.0, done))) == [replace(key, digit="")]


def test_a_draft_is_kept_in_its_newest_state_until_the_save(journal: Any) -> None:
    port, ask = journal
    ask(lambda done: port.save_draft(WrapUpDraft(call_id="c1", note="a"), done))
    newest = WrapUpDraft(call_id="c1", note="ab", code="refill")
    ask(lambda done: port.save_draft(newest, done))
    assert list(ask(port.load_drafts)) == [newest]
    assert ask(lambda done: port.save_interaction(INTERACTION, done)) is None
    assert list(ask(port.load_drafts)) == []
    # an autosave that was late does not bring the draft back
    ask(lambda done: port.save_draft(newest, done))
    assert list(ask(port.load_drafts)) == []


def test_a_saved_interaction_waits_for_the_crm_once(journal: Any) -> None:
    port, ask = journal
    assert ask(port.outbox_waiting) == 0
    for _ in range(2):
        assert ask(lambda done: port.save_interaction(INTERACTION, done)) is None
    assert ask(port.outbox_waiting) == 1


def test_the_stamp_of_a_save_is_in_the_log_with_it_and_not_without_it(journal: Any) -> None:
    port, ask = journal
    stamp = WrapUpSaved(
        call_id=INTERACTION.call_id, t_mono=5, t_wall=T0, code="refill", party="member", by="agent"
    )
    ask(lambda done: port.save_interaction(INTERACTION, done, stamp))
    other = replace(INTERACTION, code="complaint")
    refused = replace(stamp, code="complaint")
    assert isinstance(ask(lambda d: port.save_interaction(other, d, refused)), KnownError)
    assert list(ask(lambda done: port.load_since(0.0, done))) == [stamp]


def test_another_save_of_the_same_call_is_refused(journal: Any) -> None:
    port, ask = journal
    ask(lambda done: port.save_interaction(INTERACTION, done))
    other = replace(INTERACTION, code="complaint")
    answer = ask(lambda done: port.save_interaction(other, done))
    assert isinstance(answer, KnownError)
    assert answer.code == "already_saved"
    assert ask(port.outbox_waiting) == 1
