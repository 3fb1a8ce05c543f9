"""Events survive the channel and the log unchanged; a wrong shape is refused, never half taken."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from hypothesis import given, strategies as st

from ctidesk.calls import commands as cmd, events as ev, phases
from ctidesk.calls.agent_events import LogEvent
from ctidesk.calls.call import Call, DialogId, RemoteParty
from ctidesk.calls.codec import MalformedMessage, from_plain, named, to_plain


@given(st.one_of(*(st.from_type(kind) for kind in get_args(LogEvent))))
def test_every_event_comes_back_as_it_went(event: LogEvent) -> None:
    plain = to_plain(event)
    try:
        wire = json.loads(json.dumps(plain, allow_nan=False))
    except ValueError:
        return  # NaN and infinities do not go on the wire
    assert named(LogEvent, type(event).__name__, wire) == event


@given(st.one_of(*(st.from_type(kind) for kind in get_args(cmd.Command))))
def test_every_command_comes_back_as_it_went(command: cmd.Command) -> None:
    try:
        wire = json.loads(json.dumps(to_plain(command), allow_nan=False))
    except ValueError:
        return
    assert named(cmd.Command, type(command).__name__, wire) == command


def test_a_call_with_a_dialog_comes_back() -> None:
    offered = ev.CallOffered(
        call_id="c", t_mono=1.0, t_wall=2.0, account_id="a", remote=RemoteParty(number="1")
    )
    dialog = DialogId(sip_call_id="x", local_tag="l", remote_tag="r", remote_contact="sip:u@h")
    answered = ev.CallAnswered(call_id="c", t_mono=2.0, t_wall=3.0, dialog=dialog)
    call = phases.apply(phases.begin(offered), answered)
    assert from_plain(Call, json.loads(json.dumps(to_plain(call)))) == call


GOOD: dict[str, Any] = {
    "call_id": "c",
    "t_mono": 1.0,
    "t_wall": 2.0,
    "code": 200,
    "reason": "",
    "by": "x",
}


@pytest.mark.parametrize(
    "change",
    [
        {"code": "200"},
        {"code": True},
        {"code": 200.5},
        {"t_mono": float("nan")},
        {"t_mono": None},
        {"call_id": 7},
        {"mos": "4"},
        {"reason": ["x"]},
    ],
)
def test_a_wrong_type_is_refused_without_quoting_it(change: dict[str, Any]) -> None:
    with pytest.raises(MalformedMessage) as refused:
        named(ev.AnyCallEvent, "CallEnded", GOOD | change)
    assert str(next(iter(change.values()))) not in str(refused.value).replace("CallEnded", "")


def test_missing_unknown_and_foreign() -> None:
    with pytest.raises(MalformedMessage, match="missing"):
        named(ev.AnyCallEvent, "CallEnded", {"call_id": "c"})
    with pytest.raises(MalformedMessage, match="unknown name"):
        named(ev.AnyCallEvent, "__class__", {})
    with pytest.raises(MalformedMessage, match="not an object"):
        named(ev.AnyCallEvent, "CallEnded", [1])
    newer = GOOD | {"a_field_of_tomorrow": 1}
    assert isinstance(named(ev.AnyCallEvent, "CallEnded", newer), ev.CallEnded)
