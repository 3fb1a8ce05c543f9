"""What the desk may rely on, whichever telephony is behind the port: simulator or real engine."""

from __future__ import annotations

import uuid

import pytest
from tests.support.telephony_lab import (
    CALLER,
    COLLEAGUE,
    Lab,
    consulting,
    dialled,
    started_consult,
    talking,
)

from ctidesk.calls import commands as cmd, events as ev
from ctidesk.calls.call import Direction, Phase, TransferState
from ctidesk.calls.lamps import LampState
from ctidesk.calls.line_quality import LineState, Trouble, Verdict


def in_order(names: list[str], *wanted: str) -> bool:
    """`wanted` is a subsequence of `names`."""
    rest = iter(names)
    return all(name in rest for name in wanted)


def ended(lab: Lab, call_id: str) -> ev.CallEnded:
    return lab.desk.until_event(ev.CallEnded, call_id)


# --- inbound ---


def test_an_offered_call_is_answered(lab: Lab) -> None:
    call_id = talking(lab)
    lab.desk.until_event(ev.MediaChanged, call_id)
    assert in_order(lab.desk.names(call_id), "CallOffered", "CallAnswerSent", "CallAnswered")
    call = lab.desk.call(call_id)
    assert call is not None
    assert call.direction is Direction.INBOUND
    assert call.answered_mono is not None
    assert call.codec


@pytest.mark.parametrize("code", [486, 603, 480])
def test_an_offered_call_is_declined(lab: Lab, code: int) -> None:
    call_id = lab.offer()
    lab.desk.until_event(ev.CallOffered, call_id)
    lab.desk.do(cmd.Decline(call_id=call_id, code=code))
    end = ended(lab, call_id)
    assert (end.code, end.by) == (code, "local")


def test_the_caller_gives_up(lab: Lab) -> None:
    call_id = lab.offer()
    lab.desk.until_event(ev.CallOffered, call_id)
    lab.hangs_up(CALLER, call_id)
    end = ended(lab, call_id)
    assert end.by == "remote"
    assert lab.desk.names(call_id) == ["CallOffered", "CallEnded"]


def test_an_answered_call_is_not_answered_or_declined_again(lab: Lab) -> None:
    call_id = talking(lab)
    for command in (cmd.Answer(call_id=call_id), cmd.Decline(call_id=call_id)):
        assert lab.desk.ask(command) is not None
    assert lab.desk.phase(call_id) is Phase.TALKING


# --- the line ---


def test_the_line_of_a_call_is_measured_and_its_record_ends_with_it(lab: Lab) -> None:
    call_id = talking(lab)
    lab.measured_for(call_id, 5.0)
    seen = lab.desk.until_event(ev.QualityMeasured, call_id)
    assert 1.0 <= seen.mos <= 4.5
    assert 0.0 <= seen.loss_pct <= 100.0
    lab.desk.do(cmd.HangUp(call_id=call_id))
    end = ended(lab, call_id)
    assert end.mos is not None
    assert end.line is not None
    assert end.line.measured_s >= 1.0
    assert end.line.mos_min <= end.line.mos_mean <= 4.5
    call = lab.desk.call(call_id)
    assert call is not None
    assert (end.line.codec, end.line.encrypted) == (call.codec, call.encrypted)


def test_a_call_that_was_never_answered_has_no_line(lab: Lab) -> None:
    call_id = lab.offer()
    lab.desk.until_event(ev.CallOffered, call_id)
    lab.desk.do(cmd.Decline(call_id=call_id))
    assert ended(lab, call_id).line is None


@pytest.mark.slow
def test_a_line_that_falls_silent_is_told_and_so_is_its_return(lab: Lab) -> None:
    call_id = talking(lab)
    lab.measured_for(call_id, 2.0)
    lab.falls_silent(CALLER, call_id)
    told = lab.desk.until_event(ev.LineQualityChanged, call_id)
    assert (told.verdict, told.trouble) == (Verdict.BAD, Trouble.NO_AUDIO)
    call = lab.desk.call(call_id)
    assert call is not None
    assert call.line == LineState(Verdict.BAD, Trouble.NO_AUDIO, told.side)
    lab.speaks_again(CALLER, call_id)
    lab.desk.until(lambda: lab.desk.call(call_id).line.trouble is not Trouble.NO_AUDIO)


# --- outbound ---


def test_a_dialled_call_rings_and_is_answered(lab: Lab) -> None:
    call_id = dialled(lab)
    lab.rings(CALLER, call_id)
    lab.desk.until(lambda: lab.desk.phase(call_id) is Phase.RINGING)
    lab.answers(CALLER, call_id)
    lab.desk.until(lambda: lab.desk.phase(call_id) is Phase.TALKING)
    assert in_order(lab.desk.names(call_id), "CallDialled", "CallRang", "CallAnswered")
    call = lab.desk.call(call_id)
    assert call is not None
    assert call.direction is Direction.OUTBOUND


def test_a_busy_number_ends_the_call_and_can_be_redialled(lab: Lab) -> None:
    first = dialled(lab)
    lab.refuses(CALLER, first)
    assert (ended(lab, first).code, ended(lab, first).by) == (486, "remote")
    again = dialled(lab)
    lab.answers(CALLER, again)
    lab.desk.until(lambda: lab.desk.phase(again) is Phase.TALKING)


def test_dialling_is_cancelled(lab: Lab) -> None:
    call_id = dialled(lab)
    lab.rings(CALLER, call_id)
    lab.desk.until_event(ev.CallRang, call_id)
    lab.desk.do(cmd.HangUp(call_id=call_id))
    end = ended(lab, call_id)
    assert (end.code, end.by) == (487, "local")


def test_what_cannot_be_dialled_is_refused(lab: Lab) -> None:
    mine, new = lab.account_id, uuid.uuid4().hex
    used = talking(lab)
    for command in (
        cmd.Dial(call_id=new, account_id=mine, target=""),
        cmd.Dial(call_id=new, account_id=mine, target="!?"),
        cmd.Dial(call_id=new, account_id="nobody", target=lab.address(COLLEAGUE)),
        cmd.Dial(call_id=used, account_id=mine, target=lab.address(COLLEAGUE)),
    ):
        refusal = lab.desk.ask(command)
        assert refusal is not None
        assert refusal.text
        assert refusal.remedy
    assert lab.desk.of(ev.CallDialled) == []


# --- in a call ---


def test_both_sides_can_hang_up(lab: Lab) -> None:
    mine = talking(lab)
    lab.desk.do(cmd.HangUp(call_id=mine))
    assert (ended(lab, mine).code, ended(lab, mine).by) == (200, "local")
    theirs = talking(lab)
    lab.hangs_up(CALLER, theirs)
    assert (ended(lab, theirs).code, ended(lab, theirs).by) == (200, "remote")


def test_hold_and_resume_are_confirmed_in_order(lab: Lab) -> None:
    call_id = talking(lab)
    lab.desk.do(cmd.Hold(call_id=call_id))
    lab.desk.until(lambda: lab.desk.phase(call_id) is Phase.HELD)
    lab.desk.do(cmd.Resume(call_id=call_id))
    lab.desk.until_event(ev.CallResumed, call_id)
    assert lab.desk.phase(call_id) is Phase.TALKING
    wanted = ("CallAnswered", "HoldRequested", "CallHeld", "ResumeRequested", "CallResumed")
    assert in_order(lab.desk.names(call_id), *wanted)


def test_a_refused_hold_leaves_the_call_talking(lab: Lab) -> None:
    call_id = talking(lab)
    lab.refuses_holds(CALLER)
    lab.desk.do(cmd.Hold(call_id=call_id))
    lab.refused_hold(call_id)
    failed = lab.desk.until_event(ev.HoldFailed, call_id)
    assert (failed.wanted, failed.code) == ("hold", 488)
    assert lab.desk.phase(call_id) is Phase.TALKING


def test_the_other_end_holds(lab: Lab) -> None:
    call_id = talking(lab)
    lab.holds(CALLER, call_id, True)
    lab.desk.until(lambda: getattr(lab.desk.call(call_id), "remote_hold", None) is True)
    assert lab.desk.phase(call_id) is Phase.TALKING
    lab.holds(CALLER, call_id, False)
    lab.desk.until(lambda: getattr(lab.desk.call(call_id), "remote_hold", None) is False)


def test_mute_is_told(lab: Lab) -> None:
    call_id = talking(lab)
    for count, muted in enumerate((True, False), start=1):
        lab.desk.do(cmd.SetMute(call_id=call_id, muted=muted))
        lab.desk.until_event(ev.MuteChanged, call_id, count=count)
        assert getattr(lab.desk.call(call_id), "muted", None) is muted


@pytest.mark.parametrize("method", ["rfc4733", "info"])
def test_digits_are_counted_never_told(lab: Lab, method: str) -> None:
    call_id = talking(lab)
    lab.desk.until_event(ev.MediaChanged, call_id)
    lab.desk.do(cmd.SendDtmf(call_id=call_id, digits="12#", method=method))
    told = lab.desk.until_event(ev.DtmfSent, call_id)
    assert (told.count, told.method) == (3, method)
    assert "12#" not in repr(lab.desk.events)


def test_a_second_call_waits_and_answering_it_holds_the_first(lab: Lab) -> None:
    first = talking(lab)
    second = lab.offer()
    lab.desk.until_event(ev.CallOffered, second)
    assert lab.desk.phase(first) is Phase.TALKING
    lab.desk.do(cmd.Answer(call_id=second))
    lab.desk.until(
        lambda: (lab.desk.phase(first), lab.desk.phase(second)) == (Phase.HELD, Phase.TALKING)
    )
    lab.desk.do(cmd.Resume(call_id=first))
    lab.desk.until(
        lambda: (lab.desk.phase(first), lab.desk.phase(second)) == (Phase.TALKING, Phase.HELD)
    )


# --- one talks ---


def talking_at_once(lab: Lab) -> int:
    """The most calls that ever talked at the same time without being a conference."""
    phases: dict[str, Phase] = {}
    joined: dict[str, str] = {}
    worst = 0
    after = {
        ev.CallAnswered: Phase.TALKING,
        ev.CallResumed: Phase.TALKING,
        ev.HoldFailed: Phase.TALKING,
        ev.HoldRequested: Phase.HOLDING,
        ev.CallHeld: Phase.HELD,
        ev.CallEnded: Phase.ENDED,
    }
    for event in lab.desk.events:
        if isinstance(event, ev.ConferenceMerged):
            joined[event.call_id] = event.other_call_id
        elif type(event) in after:
            assert isinstance(event, ev.CallEvent)
            phases[event.call_id] = after[type(event)]
        talk = {call_id for call_id, phase in phases.items() if phase is Phase.TALKING}
        worst = max([worst, *(len(talk - {joined.get(call_id, "")}) for call_id in talk)])
    return worst


def test_of_two_dials_the_one_answered_last_talks(lab: Lab) -> None:
    first, second = dialled(lab), dialled(lab, COLLEAGUE)
    desk = lab.desk
    lab.answers(COLLEAGUE, second)
    desk.until(lambda: desk.phase(second) is Phase.TALKING)
    lab.answers(CALLER, first)
    desk.until(lambda: (desk.phase(first), desk.phase(second)) == (Phase.TALKING, Phase.HELD))
    desk.do(cmd.Resume(call_id=second))
    desk.until(lambda: (desk.phase(first), desk.phase(second)) == (Phase.HELD, Phase.TALKING))
    assert talking_at_once(lab) == 1


def test_a_colleague_who_answers_after_the_caller_was_resumed(lab: Lab) -> None:
    desk, call_id = lab.desk, talking(lab)
    consult_id = started_consult(lab, call_id)
    desk.do(cmd.Resume(call_id=call_id))
    desk.until(lambda: desk.phase(call_id) is Phase.TALKING)
    lab.answers(COLLEAGUE, consult_id)
    desk.until(lambda: desk.phase(consult_id) is Phase.TALKING)
    desk.until(lambda: desk.phase(call_id) is Phase.HELD)
    assert talking_at_once(lab) == 1
    desk.do(cmd.MergeConference(call_id=call_id))
    desk.until_event(ev.ConferenceMerged, consult_id)
    assert desk.phase(call_id) is desk.phase(consult_id) is Phase.TALKING


def test_a_caller_who_refuses_hold_is_parted_while_another_call_talks(lab: Lab) -> None:
    desk, call_id = lab.desk, talking(lab)
    consult_id = started_consult(lab, call_id)
    desk.do(cmd.Resume(call_id=call_id))
    desk.until(lambda: desk.phase(call_id) is Phase.TALKING)
    before = len(desk.of(ev.HoldRequested, call_id))
    lab.refuses_holds(CALLER)
    lab.answers(COLLEAGUE, consult_id)
    desk.until_event(ev.HoldRequested, call_id, count=before + 1)
    lab.refused_hold(call_id)
    desk.until(lambda: desk.phase(call_id) is Phase.HELD)
    assert desk.phase(consult_id) is Phase.TALKING
    assert talking_at_once(lab) == 1
    lab.hangs_up(COLLEAGUE, consult_id)
    ended(lab, consult_id)
    desk.do(cmd.Resume(call_id=call_id))
    desk.until(lambda: desk.phase(call_id) is Phase.TALKING)


# --- consultation ---


def test_consulting_holds_the_caller_first(lab: Lab) -> None:
    call_id, consult_id = consulting(lab)
    told = [
        (type(event).__name__, event.call_id)
        for event in lab.desk.events
        if isinstance(event, ev.CallHeld | ev.CallDialled)
    ]
    assert told == [("CallHeld", call_id), ("CallDialled", consult_id)]
    consult = lab.desk.call(consult_id)
    assert consult is not None
    assert consult.consult_of == call_id
    assert lab.desk.phase(call_id) is Phase.HELD


def test_swap_merge_split_and_complete(lab: Lab) -> None:
    call_id, consult_id = consulting(lab)
    desk = lab.desk

    def phases() -> tuple[Phase | None, Phase | None]:
        return desk.phase(call_id), desk.phase(consult_id)

    desk.do(cmd.SwapConsult(call_id=call_id))
    desk.until(lambda: phases() == (Phase.TALKING, Phase.HELD))
    desk.do(cmd.SwapConsult(call_id=call_id))
    desk.until(lambda: phases() == (Phase.HELD, Phase.TALKING))
    desk.do(cmd.MergeConference(call_id=call_id))
    desk.until_event(ev.ConferenceMerged, call_id)
    desk.until_event(ev.ConferenceMerged, consult_id)
    assert phases() == (Phase.TALKING, Phase.TALKING)
    assert getattr(desk.call(call_id), "conference_with", None) == consult_id
    desk.do(cmd.SplitConference(call_id=call_id))
    desk.until_event(ev.ConferenceSplit, consult_id)
    desk.until(lambda: phases() == (Phase.HELD, Phase.TALKING))
    desk.do(cmd.CompleteTransfer(call_id=call_id))
    started = desk.until_event(ev.TransferStarted, call_id)
    assert started.attended
    lab.transfer_succeeds(call_id)
    desk.until_event(ev.TransferCompleted, call_id)
    ended(lab, call_id)
    ended(lab, consult_id)
    wanted = ("CallHeld", "TransferStarted", "TransferCompleted", "CallEnded")
    assert in_order(desk.names(call_id), *wanted)


def test_completing_while_the_colleague_still_rings(lab: Lab) -> None:
    desk = lab.desk
    call_id = talking(lab)
    consult_id = started_consult(lab, call_id)
    lab.rings(COLLEAGUE, consult_id)
    desk.until_event(ev.CallRang, consult_id)
    lab.target_will("answer")
    desk.do(cmd.CompleteTransfer(call_id=call_id))
    assert desk.until_event(ev.CallEnded, consult_id).by == "local"
    started = desk.until_event(ev.TransferStarted, call_id)
    assert not started.attended
    lab.transfer_succeeds(call_id)
    desk.until_event(ev.TransferCompleted, call_id)
    ended(lab, call_id)


def test_the_end_of_one_leg_ends_the_conference(lab: Lab) -> None:
    call_id, consult_id = consulting(lab)
    lab.desk.do(cmd.MergeConference(call_id=call_id))
    lab.desk.until_event(ev.ConferenceMerged, consult_id)
    lab.hangs_up(COLLEAGUE, consult_id)
    ended(lab, consult_id)
    lab.desk.until_event(ev.ConferenceSplit, call_id)
    assert lab.desk.phase(call_id) is Phase.TALKING
    assert getattr(lab.desk.call(call_id), "conference_with", None) == ""


@pytest.mark.parametrize("phase", ["dialling", "ringing", "talking", "held"])
def test_a_consultation_is_cancelled_in_each_of_its_phases(lab: Lab, phase: str) -> None:
    desk = lab.desk
    call_id = talking(lab)
    consult_id = started_consult(lab, call_id)
    if phase == "ringing":
        lab.rings(COLLEAGUE, consult_id)
        desk.until_event(ev.CallRang, consult_id)
    if phase in ("talking", "held"):
        lab.answers(COLLEAGUE, consult_id)
        desk.until(lambda: desk.phase(consult_id) is Phase.TALKING)
    if phase == "held":
        desk.do(cmd.SwapConsult(call_id=call_id))
        desk.until(lambda: desk.phase(call_id) is Phase.TALKING)
        desk.until(lambda: desk.phase(consult_id) is Phase.HELD)
    desk.do(cmd.CancelConsult(call_id=call_id))
    assert ended(lab, consult_id).by == "local"
    desk.until(lambda: desk.phase(call_id) is Phase.TALKING)


def test_a_busy_colleague_leaves_the_caller_on_hold(lab: Lab) -> None:
    call_id = talking(lab)
    consult_id = started_consult(lab, call_id)
    lab.refuses(COLLEAGUE, consult_id)
    assert ended(lab, consult_id).code == 486
    assert lab.desk.phase(call_id) is Phase.HELD


def test_without_a_consultation_there_is_nothing_to_complete(lab: Lab) -> None:
    call_id = talking(lab)
    for command in (
        cmd.SwapConsult(call_id=call_id),
        cmd.CompleteTransfer(call_id=call_id),
        cmd.MergeConference(call_id=call_id),
        cmd.SplitConference(call_id=call_id),
    ):
        assert lab.desk.ask(command) is not None
    assert lab.desk.phase(call_id) is Phase.TALKING


# --- blind transfer ---


def transferred(lab: Lab, outcome: str, timeout_s: float = 30.0) -> str:
    call_id = talking(lab)
    lab.target_will(outcome)
    target = lab.address(COLLEAGUE)
    lab.desk.do(cmd.TransferBlind(call_id=call_id, target=target, timeout_s=timeout_s))
    started = lab.desk.until_event(ev.TransferStarted, call_id)
    assert not started.attended
    return call_id


def test_a_blind_transfer_succeeds(lab: Lab) -> None:
    call_id = transferred(lab, "answer")
    lab.transfer_succeeds(call_id)
    lab.desk.until_event(ev.TransferCompleted, call_id)
    ended(lab, call_id)
    assert in_order(
        lab.desk.names(call_id), "CallHeld", "TransferStarted", "TransferCompleted", "CallEnded"
    )


def test_a_blind_transfer_to_a_busy_target_comes_back(lab: Lab) -> None:
    call_id = transferred(lab, "busy")
    lab.transfer_meets_busy(call_id)
    came_back(lab, call_id, codes=(486,))


def test_an_unanswered_blind_transfer_comes_back(lab: Lab) -> None:
    call_id = transferred(lab, "silent", timeout_s=2.0)
    lab.transfer_stays_unanswered(call_id)
    came_back(lab, call_id, codes=(408, 480, 487))


def came_back(lab: Lab, call_id: str, codes: tuple[int, ...]) -> None:
    """The call is still ours, on hold, can be talked on and transferred again."""
    failed = lab.desk.until_event(ev.TransferFailed, call_id)
    assert failed.code in codes
    call = lab.desk.call(call_id)
    assert call is not None
    assert (call.phase, call.transfer) == (Phase.HELD, TransferState.FAILED)
    lab.desk.do(cmd.Resume(call_id=call_id))
    lab.desk.until(lambda: lab.desk.phase(call_id) is Phase.TALKING)


# --- lamps ---


def test_lamps_are_told_at_once_and_all_together(lab: Lab) -> None:
    desk = lab.desk
    first, second = lab.address(COLLEAGUE), lab.address(CALLER)
    desk.do(cmd.WatchLamps(account_id=lab.account_id, targets=(first, second, first)))

    def told() -> tuple[str, ...]:
        events = desk.of(ev.LampsChanged)
        return tuple(lamp.target for lamp in events[-1].lamps) if events else ()

    desk.until(lambda: told() == (first, second))
    assert {lamp.state for lamp in desk.of(ev.LampsChanged)[-1].lamps} == {LampState.UNKNOWN}
    desk.do(cmd.WatchLamps(account_id=lab.account_id, targets=(second,)))
    desk.until(lambda: told() == (second,))
    desk.do(cmd.WatchLamps(account_id=lab.account_id, targets=()))
    desk.until(lambda: desk.of(ev.LampsChanged)[-1].lamps == ())


@pytest.mark.parametrize(
    ("account", "targets", "code"),
    [
        ("nobody's", ("sip:203@127.0.0.1",), "unknown_account"),
        ("", ("no number at all?",), "bad_number"),
        ("", tuple(f"sip:{number}@127.0.0.1" for number in range(65)), "too_many_lamps"),
    ],
)
def test_lamps_that_cannot_be_watched(
    lab: Lab, account: str, targets: tuple[str, ...], code: str
) -> None:
    wish = cmd.WatchLamps(account_id=account or lab.account_id, targets=targets)
    refusal = lab.desk.ask(wish)
    assert refusal is not None
    assert refusal.code == code


# --- codes of the exchange ---


def test_a_code_that_nobody_takes_is_told_and_is_no_call(lab: Lab) -> None:
    desk = lab.desk
    before = list(desk.order)
    desk.do(cmd.DialCode(account_id=lab.account_id, code="*45"))
    desk.until(lambda: desk.of(ev.ServiceCodeAnswered))
    (told,) = desk.of(ev.ServiceCodeAnswered)
    assert (told.code, told.answered) == ("*45", False)
    assert told.status >= 400
    assert not {"CallDialled", "CallEnded"} & set(desk.order[len(before) :])


@pytest.mark.parametrize(
    ("account", "code", "refusal"),
    [("nobody's", "*45", "unknown_account"), ("", "4 5", "bad_code"), ("", "", "bad_code")],
)
def test_codes_that_cannot_be_dialled(lab: Lab, account: str, code: str, refusal: str) -> None:
    order = cmd.DialCode(account_id=account or lab.account_id, code=code)
    refused = lab.desk.ask(order)
    assert refused is not None
    assert refused.code == refusal


# --- refusals ---


def test_an_unknown_call_is_refused_for_every_command(lab: Lab) -> None:
    nobody = "no-such-call"
    target = lab.address(COLLEAGUE)
    commands: list[cmd.Command] = [
        cmd.Answer(call_id=nobody),
        cmd.Decline(call_id=nobody),
        cmd.HangUp(call_id=nobody),
        cmd.Hold(call_id=nobody),
        cmd.Resume(call_id=nobody),
        cmd.SetMute(call_id=nobody, muted=True),
        cmd.SendDtmf(call_id=nobody, digits="1"),
        cmd.TransferBlind(call_id=nobody, target=target),
        cmd.StartConsult(call_id=nobody, consult_id="x", target=target),
        cmd.SwapConsult(call_id=nobody),
        cmd.CompleteTransfer(call_id=nobody),
        cmd.CancelConsult(call_id=nobody),
        cmd.MergeConference(call_id=nobody),
        cmd.SplitConference(call_id=nobody),
    ]
    for command in commands:
        refusal = lab.desk.ask(command)
        assert refusal is not None, type(command).__name__
        assert refusal.text, type(command).__name__
        assert refusal.remedy, type(command).__name__


def test_an_ended_call_takes_no_commands(lab: Lab) -> None:
    call_id = talking(lab)
    lab.desk.do(cmd.HangUp(call_id=call_id))
    ended(lab, call_id)
    for command in (cmd.HangUp(call_id=call_id), cmd.Hold(call_id=call_id)):
        assert lab.desk.ask(command) is not None
    assert lab.desk.names(call_id)[-1] == "CallEnded"
