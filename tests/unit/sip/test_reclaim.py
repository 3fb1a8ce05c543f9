"""What a new engine is told of a call whose old one died."""

from __future__ import annotations

from dataclasses import replace

from tests.support.desk_doubles import Happenings, SpyTelephony
from tests.support.fake_clock import FakeClock

from ctidesk.calls import commands as cmd, events as ev, phases
from ctidesk.calls.call import Call, DialogId
from ctidesk.sip.reclaim import Reclaims

DIALOG = DialogId("sip-1", "ours", "theirs", "sip:caller@192.0.2.1")


def paused_call(clock: FakeClock, limit_s: float) -> Call:
    happened = Happenings(clock)
    call = phases.begin(happened.offered("c1"))
    for event in (
        happened.make(ev.CallAnswerSent, "c1"),
        happened.make(ev.CallAnswered, "c1"),
        happened.make(ev.RecordingStarted, "c1"),
        happened.make(ev.RecordingPaused, "c1", limit_s=limit_s),
    ):
        call = phases.apply(call, event)
    return replace(call, dialog=DIALOG)


def registered() -> ev.RegistrationChanged:
    return ev.RegistrationChanged(
        account_id="a", t_mono=0.0, t_wall=0.0, state=ev.Registration.REGISTERED
    )


def test_a_pause_goes_on_in_the_next_engine() -> None:
    clock, spy, minted = FakeClock(100.0, 0.0), SpyTelephony(), []
    call = paused_call(clock, 60.0)
    reclaims = Reclaims(spy, minted.append, clock)
    reclaims.new_snapshot([registered()])
    clock.advance(20)
    reclaims.begin([call], same_engine=False)
    (order,) = [one for one in spy.sent if isinstance(one, cmd.Reclaim)]
    assert order.recording_paused_s == 40.0
    assert [type(event) for event in minted] == [ev.RecordingFailed], "until it is back"


def test_a_pause_that_is_over_is_not_begun_again() -> None:
    clock, spy = FakeClock(100.0, 0.0), SpyTelephony()
    call = paused_call(clock, 10.0)
    reclaims = Reclaims(spy, lambda event: None, clock)
    reclaims.new_snapshot([registered()])
    clock.advance(20)
    reclaims.begin([call], same_engine=False)
    (order,) = [one for one in spy.sent if isinstance(one, cmd.Reclaim)]
    assert order.recording_paused_s == 0.0
