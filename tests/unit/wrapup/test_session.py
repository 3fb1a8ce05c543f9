"""After-call work: four modes, the countdown, and nothing typed is ever lost."""

from __future__ import annotations

import pytest
from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.support.fake_clock import FakeClock

from ctidesk.calls.agent_events import WrapUpStarted
from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import WrapUpDraft
from ctidesk.wrapup.codes_file import parse_codes
from ctidesk.wrapup.session import WrapUpMode, WrapUpPolicy, WrapUpSession

TREE = parse_codes(
    """
version = 1
time_out = "late"
[[group]]
id = "g"
label = "G"
[[code]]
code = "refill"
label = "Refill"
group = "g"
parties = ["member"]
[[code]]
code = "complaint"
label = "Complaint"
group = "g"
needs_note = true
[[code]]
code = "late"
label = "Not coded"
group = "g"
[[code]]
code = "late2"
label = "Not coded either"
group = "g"
""",
    "test.toml",
)
M = WrapUpMode


def session(mode: WrapUpMode = M.MANDATORY, **policy: object) -> tuple[WrapUpSession, FakeClock]:
    clock = FakeClock()
    made = WrapUpPolicy(mode=mode, **policy)  # type: ignore[arg-type]
    return WrapUpSession("c1", TREE, made, clock), clock


def start(one: WrapUpSession, clock: FakeClock) -> None:
    one.begin(WrapUpStarted(call_id="c1", t_mono=clock.mono(), t_wall=clock.wall()))


def code_of(error: pytest.ExceptionInfo[KnownError]) -> str:
    return error.value.code


def test_the_fields_are_open_during_the_call_but_saving_waits_for_its_end() -> None:
    one, clock = session()
    one.set_party("member")
    one.set_member("M1")
    one.choose("refill")
    one.write("two weeks")
    one.plan("call back on Friday")
    assert not one.in_acw
    with pytest.raises(KnownError) as early:
        one.save()
    assert code_of(early) == "not_ended"
    clock.advance(100)
    start(one, clock)
    assert one.in_acw
    clock.advance(12)
    assert one.elapsed_s(clock.mono()) == 12
    result = one.save()
    assert result is not None
    assert (result.event.code, result.event.party, result.event.by) == ("refill", "member", "agent")
    assert result.event.t_mono == clock.mono()
    assert result.draft == WrapUpDraft(
        call_id="c1",
        member_id="M1",
        party="member",
        code="refill",
        note="two weeks",
        follow_up="call back on Friday",
    )
    assert one.save() is result
    assert not one.in_acw


@pytest.mark.parametrize("mode", [M.MANDATORY, M.TIMED, M.TIMED_FULL])
def test_a_code_is_mandatory(mode: WrapUpMode) -> None:
    one, clock = session(mode)
    start(one, clock)
    with pytest.raises(KnownError) as missing:
        one.save()
    assert code_of(missing) == "code_missing"
    assert one.in_acw


def test_optional_may_be_left_without_a_code_but_not_with_a_wrong_one() -> None:
    one, clock = session(M.OPTIONAL)
    start(one, clock)
    result = one.save()
    assert result is not None
    assert result.event.code == ""
    other, clock = session(M.OPTIONAL)
    start(other, clock)
    other.set_party("provider")
    other.choose("refill")
    with pytest.raises(KnownError) as wrong:
        other.save()
    assert code_of(wrong) == "code_not_for_party"


def test_a_changed_party_keeps_what_was_typed() -> None:
    one, clock = session()
    one.set_party("member")
    one.choose("refill")
    one.write("note")
    one.set_party("provider")
    start(one, clock)
    with pytest.raises(KnownError) as wrong:
        one.save()
    assert code_of(wrong) == "code_not_for_party"
    assert (one.draft.code, one.draft.note) == ("refill", "note")
    one.set_party("member")
    assert one.save() is not None


def test_a_code_that_needs_a_note() -> None:
    one, clock = session()
    start(one, clock)
    one.choose("complaint")
    one.write("  ")
    with pytest.raises(KnownError) as missing:
        one.save()
    assert code_of(missing) == "note_missing"
    one.write("waited for an hour")
    assert one.save() is not None


def test_an_unknown_code_is_refused_and_the_old_choice_stays() -> None:
    one, _ = session()
    one.choose("late")
    with pytest.raises(KnownError) as unknown:
        one.choose("nothing")
    assert code_of(unknown) == "code_unknown"
    assert one.draft.code == "late"
    one.choose("")
    assert one.draft.code == ""


@pytest.mark.parametrize("mode", [M.OPTIONAL, M.MANDATORY])
def test_without_a_limit_nothing_runs_out(mode: WrapUpMode) -> None:
    one, clock = session(mode)
    start(one, clock)
    clock.advance(100_000)
    assert one.remaining_s(clock.mono()) is None
    assert one.tick(clock.mono()) is None
    assert one.extensions_left == 0
    with pytest.raises(KnownError) as no:
        one.extend()
    assert code_of(no) == "no_extension"


@pytest.mark.parametrize("mode", [M.TIMED, M.TIMED_FULL])
def test_the_limit_sets_the_configured_code_and_keeps_the_text(mode: WrapUpMode) -> None:
    one, clock = session(mode, limit_s=60)
    one.set_party("provider")
    assert one.remaining_s(clock.mono()) is None
    clock.advance(500)  # talking does not count
    start(one, clock)
    one.write("half a sen")
    clock.advance(59)
    assert one.remaining_s(clock.mono()) == 1
    assert one.tick(clock.mono()) is None
    clock.advance(1)
    result = one.tick(clock.mono())
    assert result is not None
    assert (result.event.code, result.event.by) == ("late", "timeout")
    assert (result.draft.note, result.draft.party) == ("half a sen", "provider")
    assert one.tick(clock.mono()) is None


def test_the_limit_takes_a_code_that_was_chosen_already() -> None:
    one, clock = session(M.TIMED)
    one.choose("refill")
    start(one, clock)
    clock.advance(60)
    result = one.tick(clock.mono())
    assert result is not None
    assert (result.event.code, result.event.by) == ("refill", "timeout")


def test_the_limit_does_not_take_a_code_that_lacks_its_note() -> None:
    one, clock = session(M.TIMED, time_out_code="late2")
    one.choose("complaint")
    start(one, clock)
    clock.advance(60)
    result = one.tick(clock.mono())
    assert result is not None
    assert result.event.code == "late2"


def test_timed_can_be_left_early() -> None:
    one, clock = session(M.TIMED)
    start(one, clock)
    one.choose("late")
    clock.advance(5)
    result = one.save()
    assert result is not None
    assert (result.event.by, result.event.t_mono) == ("agent", clock.mono())


def test_without_early_exit_the_save_waits_for_the_limit_and_may_still_be_changed() -> None:
    one, clock = session(M.TIMED_FULL, limit_s=30)
    start(one, clock)
    one.choose("refill")
    clock.advance(5)
    assert one.save() is None
    assert one.closing
    one.write("one more thing")
    clock.advance(24)
    assert one.tick(clock.mono()) is None
    clock.advance(1)
    result = one.tick(clock.mono())
    assert result is not None
    assert (result.event.code, result.event.by) == ("refill", "agent")
    assert result.draft.note == "one more thing"
    assert not one.closing


def test_thirty_more_seconds_as_often_as_allowed() -> None:
    one, clock = session(M.TIMED, limit_s=60, extension_s=30, max_extensions=2)
    with pytest.raises(KnownError):
        one.extend()  # before after-call work there is nothing to extend
    start(one, clock)
    one.extend()
    assert (one.remaining_s(clock.mono()), one.extensions_left) == (90, 1)
    one.extend()
    with pytest.raises(KnownError):
        one.extend()
    clock.advance(119)
    assert one.tick(clock.mono()) is None
    clock.advance(1)
    assert one.tick(clock.mono()) is not None


def test_a_new_desk_goes_on_with_the_draft_and_the_clock() -> None:
    old, clock = session(M.TIMED, limit_s=60)
    old.choose("refill")
    old.write("typed before the crash")
    started = WrapUpStarted(call_id="c1", t_mono=clock.mono(), t_wall=clock.wall())
    old.begin(started)
    clock.advance(40)
    new = WrapUpSession("c1", TREE, WrapUpPolicy(mode=M.TIMED), clock, old.draft)
    new.begin(started)
    new.begin(WrapUpStarted(call_id="c1", t_mono=clock.mono(), t_wall=clock.wall()))
    new.begin(WrapUpStarted(call_id="c2", t_mono=0.0, t_wall=0.0))
    assert new.remaining_s(clock.mono()) == 20
    assert new.draft == old.draft


def test_a_draft_with_a_code_that_no_longer_exists_is_kept_but_not_saved() -> None:
    clock = FakeClock()
    draft = WrapUpDraft(call_id="c1", code="removed", note="text")
    one = WrapUpSession("c1", TREE, WrapUpPolicy(mode=M.OPTIONAL), clock, draft)
    start(one, clock)
    with pytest.raises(KnownError) as missing:
        one.save()
    assert code_of(missing) == "code_missing"
    assert one.draft.note == "text"


def test_after_saving_a_change_is_refused_and_not_swallowed() -> None:
    one, clock = session(M.OPTIONAL)
    start(one, clock)
    one.save()
    with pytest.raises(KnownError) as late:
        one.write("too late")
    assert code_of(late) == "wrap_up_saved"


@pytest.mark.parametrize("code", ["refill", "complaint", "nothing"])
def test_a_time_out_code_that_could_fail_is_refused_at_once(code: str) -> None:
    with pytest.raises(KnownError) as bad:
        session(M.TIMED, time_out_code=code)
    assert code_of(bad) == "bad_time_out_code"


class TypingAgent(RuleBasedStateMachine):
    """Whatever happens in whatever order, the text that was accepted is the text that is saved."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = FakeClock()
        policy = WrapUpPolicy(mode=M.TIMED, limit_s=20, extension_s=10, max_extensions=1)
        self.one = WrapUpSession("c1", TREE, policy, self.clock)
        self.note = ""

    @precondition(lambda self: self.one.result is None)
    @rule(text=st.text(max_size=20))
    def type(self, text: str) -> None:
        self.one.write(text)
        self.note = text

    @precondition(lambda self: self.one.result is None)
    @rule(code=st.sampled_from(["refill", "complaint", "late", "nothing", ""]))
    def choose(self, code: str) -> None:
        if code == "nothing":
            with pytest.raises(KnownError):
                self.one.choose(code)
        else:
            self.one.choose(code)

    @precondition(lambda self: self.one.result is None)
    @rule(party=st.sampled_from(["member", "provider", ""]))
    def party(self, party: str) -> None:
        self.one.set_party(party)

    @rule()
    def end_of_call(self) -> None:
        start(self.one, self.clock)

    @rule(seconds=st.integers(0, 15))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(seconds)
        self.one.tick(self.clock.mono())

    @rule()
    def extend(self) -> None:
        if self.one.in_acw and self.one.extensions_left:
            self.one.extend()

    @rule()
    def save(self) -> None:
        try:
            self.one.save()
        except KnownError:
            assert self.one.result is None

    @invariant()
    def nothing_is_lost(self) -> None:
        assert self.one.draft.note == self.note
        result = self.one.result
        if result is not None:
            assert result.draft.note == self.note
            assert result.event.code == result.draft.code
            code = TREE.find(result.event.code)
            assert code is not None
            assert code.is_for(result.draft.party)


TypingAgent.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
test_typing_agent = TypingAgent.TestCase
