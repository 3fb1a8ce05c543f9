"""Measured and judged through a network that loses and delays: a relay between real telephones."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from tests.support.sip_desk import until
from tests.support.sip_office import Office
from tests.support.sip_relay import Relay

from ctidesk.calls import commands as cmd, events as ev
from ctidesk.calls.line_quality import Side, Trouble, Verdict

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
PATIENCE_S = 90.0


@pytest.fixture
def bad_line(brisk_office: Callable[..., Office]) -> Iterator[tuple[Office, Relay]]:
    office = brisk_office()
    relay = Relay(("127.0.0.1", office.port))
    yield office, relay
    relay.close()


def called(office: Office, relay: Relay) -> tuple[str, int]:
    """An answered call from alice through the relay: (call_id, her leg)."""
    alice = office.phone("alice")
    alice("call", to=f"sip:agent@127.0.0.1:{relay.port}")
    leg = int(alice.wait("calling")["leg"])
    call_id = office.desk.wait(ev.CallOffered).call_id
    office.desk.do(cmd.Answer(call_id=call_id))
    office.desk.wait(ev.CallAnswered, call_id)
    alice.wait("state", leg=leg, state="confirmed")
    return call_id, leg


def measured(
    office: Office, call_id: str, true: Callable[[ev.QualityMeasured], bool], what: str
) -> ev.QualityMeasured:
    """The first latest measurement for which it is true."""

    def look() -> ev.QualityMeasured | None:
        last = office.desk.last(ev.QualityMeasured, call_id)
        return last if last is not None and true(last) else None

    found = until(look, what, PATIENCE_S)
    assert found is not None
    return found


def ended(office: Office, call_id: str) -> ev.CallEnded:
    office.desk.do(cmd.HangUp(call_id=call_id))
    return office.desk.wait(ev.CallEnded, call_id)


def mean_loss(office: Office, call_id: str, seconds: float) -> float:
    """Mean of the loss over measurements that span at least `seconds`, from now on."""
    seen: list[ev.QualityMeasured] = []

    def enough() -> bool:
        last = office.desk.last(ev.QualityMeasured, call_id)
        if last is not None and (not seen or last.t_mono > seen[-1].t_mono):
            seen.append(last)
        return bool(seen) and seen[-1].t_mono - seen[0].t_mono >= seconds

    until(enough, f"{seconds} s of measurements", PATIENCE_S)
    return sum(each.loss_pct for each in seen) / len(seen)


def test_a_clean_line_is_good_and_its_delay_is_measured(bad_line: tuple[Office, Relay]) -> None:
    office, relay = bad_line
    relay.to_callee.delay_s = relay.to_caller.delay_s = 0.15
    call_id, _ = called(office, relay)
    early = measured(office, call_id, lambda each: each.concealed_pct < 2.0, "a quiet moment")
    last = measured(office, call_id, lambda each: each.rtt_ms > 0, "a round trip")
    assert 300.0 <= last.rtt_ms < 400.0
    assert last.loss_pct <= 1.0
    # 150 ms on the way, a packet and the jitter buffer; how late a busy machine itself is adds up
    until(
        lambda: (
            (now := office.desk.last(ev.QualityMeasured, call_id)) is not None
            and 3.0 < now.mos < min(4.34, early.mos)
        ),
        "a score that knows the delay",
        PATIENCE_S,
    )
    record = ended(office, call_id).line
    assert record is not None
    assert not {"loss here", "loss there", "no_audio here"} & set(record.warnings)
    assert record.rtt_max_ms is not None and record.rtt_max_ms >= 300.0
    assert record.codec.startswith("G722")
    assert not record.encrypted


@pytest.mark.parametrize(("loss", "verdict"), [(0.05, Verdict.FAIR), (0.2, Verdict.BAD)])
def test_lost_packets_are_measured_warned_of_and_forgotten(
    bad_line: tuple[Office, Relay], loss: float, verdict: Verdict
) -> None:
    office, relay = bad_line
    relay.to_callee.loss = loss
    call_id, _ = called(office, relay)
    warned = office.desk.wait(
        ev.LineQualityChanged, call_id, PATIENCE_S, trouble=Trouble.LOSS, side=Side.HERE
    )
    assert warned.verdict in (verdict, Verdict.POOR)
    assert mean_loss(office, call_id, 8.0) == pytest.approx(100 * loss, abs=4.0)
    injected = relay.to_callee.lost / (relay.to_callee.lost + relay.to_callee.passed)
    assert injected == pytest.approx(loss, abs=0.04)
    relay.to_callee.loss = 0.0
    over = office.desk.wait(ev.LineQualityChanged, call_id, PATIENCE_S, trouble=Trouble.NONE)
    assert over.t_mono > warned.t_mono
    measured(office, call_id, lambda each: each.loss_pct == 0.0, "no loss any more")
    record = ended(office, call_id).line
    assert record is not None
    assert "loss here" in record.warnings
    assert record.loss_max_pct >= 100 * loss - 3.0
    assert record.mos_min < record.mos_mean
    assert record.concealed_pct > 0.0


def test_the_agent_is_told_when_the_other_side_hears_badly(
    bad_line: tuple[Office, Relay],
) -> None:
    office, relay = bad_line
    relay.to_caller.loss = 0.2
    call_id, _ = called(office, relay)
    last = measured(
        office, call_id, lambda each: (each.far_loss_pct or 0.0) > 10.0, "the other end's report"
    )
    assert last.far_loss_pct == pytest.approx(20.0, abs=8.0)
    assert last.far_mos is not None and last.far_mos < 3.6
    assert last.loss_pct <= 1.0

    def told() -> bool:
        line = office.call(call_id).line
        heard = line.verdict in (Verdict.POOR, Verdict.BAD)
        return heard and (line.trouble, line.side) == (Trouble.LOSS, Side.THERE)

    until(told, "a warning that the other side hears gaps", PATIENCE_S)
    relay.to_caller.loss = 0.0
    office.desk.wait(ev.LineQualityChanged, call_id, PATIENCE_S, trouble=Trouble.NONE)
    record = ended(office, call_id).line
    assert record is not None
    assert record.warnings == ("loss there",)
    assert record.far_loss_pct is not None and record.far_loss_pct > 3.0


def test_packets_that_come_too_late_are_filled_in_and_called_jitter(
    bad_line: tuple[Office, Relay],
) -> None:
    office, relay = bad_line
    relay.to_callee.delay_s, relay.to_callee.jitter_s = 0.02, 0.12
    call_id, _ = called(office, relay)
    last = measured(
        office, call_id, lambda each: each.concealed_pct > 5.0 and each.jitter_ms > 8.0, "jitter"
    )
    assert last.loss_pct < last.concealed_pct
    office.desk.wait(ev.LineQualityChanged, call_id, PATIENCE_S, trouble=Trouble.JITTER)
    relay.to_callee.jitter_s = 0.0
    office.desk.wait(ev.LineQualityChanged, call_id, PATIENCE_S, trouble=Trouble.NONE)


def test_a_line_that_falls_silent_one_way_is_told_and_so_is_its_return(
    bad_line: tuple[Office, Relay],
) -> None:
    office, relay = bad_line
    call_id, _ = called(office, relay)
    measured(office, call_id, lambda each: each.loss_pct == 0.0, "a line that works")
    relay.to_callee.loss = 1.0
    gone = office.desk.wait(ev.LineQualityChanged, call_id, PATIENCE_S, trouble=Trouble.NO_AUDIO)
    assert (gone.verdict, gone.side) == (Verdict.BAD, Side.HERE)
    relay.to_callee.loss = 0.0
    # what was lost meanwhile may still be told for the few seconds that the figures look back
    until(
        lambda: office.call(call_id).line.trouble is not Trouble.NO_AUDIO,
        "the return of the voice",
        PATIENCE_S,
    )
    measured(office, call_id, lambda each: each.silent_s == each.loss_pct == 0.0, "a whole line")
    record = ended(office, call_id).line
    assert record is not None
    assert "no_audio here" in record.warnings


def test_on_hold_nothing_is_missed(bad_line: tuple[Office, Relay]) -> None:
    office, relay = bad_line
    call_id, _ = called(office, relay)
    relay.to_callee.loss = 1.0
    office.desk.wait(ev.LineQualityChanged, call_id, PATIENCE_S, trouble=Trouble.NO_AUDIO)
    office.desk.do(cmd.Hold(call_id=call_id))
    office.desk.wait(ev.CallHeld, call_id)
    office.desk.wait(ev.LineQualityChanged, call_id, PATIENCE_S, trouble=Trouble.NONE)
    held = measured(office, call_id, lambda each: each.silent_s == 0.0, "no silence on hold")
    assert held.loss_pct == 0.0
