"""What an agent does in one move, as steps with deadlines: answer, hold, ask, transfer, wrap up.

Runs in: desk process, Qt main thread (no Qt in here). Every act presses what is on the screen and
then waits for what SIP, the log or the far end says; names of controls are their object names.
"""

from __future__ import annotations

from ctidesk.calls import agent_events as ag, events as ev
from ctidesk.calls.call import Call, Phase, RecordingState
from ctidesk.demo.people import Behaviour, Person, person
from ctidesk.demo.stage import Stage, StepFailed

VOICE = 0.05
"""A voice is louder than this at the far end (0..1)."""
OFFERS = (Phase.OFFERED,)


def ring(stage: Stage, who: str, in_view: bool = True) -> None:
    """`who` phones; with `in_view` the card must be painted too (a second call only waits)."""
    known = set(stage.desk.calls)
    with stage.step(f"{person(who).name} phones; it rings") as step:
        stage.hands.watch_card()
        stage.callers.call(who)
        stage.until("a new call", lambda: bool(_new_offers(stage, known)))
        stage.call_id = _new_offers(stage, known)[0].call_id
        offered = stage.last(ev.CallOffered, stage.call_id)
        assert isinstance(offered, ev.CallOffered)
        step.figures["invite_to_180_ms"] = (offered.t_mono - offered.t_invite_mono) * 1000
        if in_view:
            stage.until("the card", lambda: stage.hands.card_painted_mono() is not None)
            painted = stage.hands.card_painted_mono() or 0.0
            step.figures["invite_to_card_ms"] = (painted - offered.t_invite_mono) * 1000
        one = person(who)
        stage.must("the queue of the PBX", stage.call.routing.queue == one.queue)
        stage.must("the withheld number", stage.call.remote.withheld == (not one.number))


def answer(stage: Stage, who: str) -> None:
    """Answer; connected, encrypted on the way, and bytes of the recording really grow."""
    with stage.step("Answer"):
        stage.hands.press("call_answer")
        stage.until("connected", lambda: stage.call.phase is Phase.TALKING)
        stage.until(f"{person(who).name} is connected", lambda: stage.reported("answered", who))
        stage.until("SRTP", lambda: stage.call.encrypted)
    with stage.step("The recording runs: encrypted bytes are on the disk") as step:
        stage.until(
            "a running recording",
            lambda: (
                stage.call.recording is RecordingState.RUNNING and stage.call.recorded_bytes > 0
            ),
        )
        step.figures["recorded_bytes"] = float(stage.call.recorded_bytes)


def talk(stage: Stage, seconds: float) -> None:
    """Let the caller speak, so that there is something to hear in the recording."""
    with stage.step(f"Listen for {seconds:.0f} s"):
        stage.hands.wait(lambda: not stage.call.connected, seconds)
        stage.must("still connected", stage.call.connected)


def hold_and_resume(stage: Stage, who: str) -> None:
    """Hold and resume, both confirmed by the far end."""
    with stage.step("Hold, confirmed by the other side") as step:
        since = len(stage.reports)
        stage.hands.press("call_hold")
        stage.until("held", lambda: stage.call.phase is Phase.HELD)
        stage.until("the caller is on hold", lambda: stage.reported("held", who, since))
        step.figures["hold_confirmed_ms"] = _between(stage, ev.HoldRequested, ev.CallHeld)
    with stage.step("Resume, confirmed by the other side") as step:
        since = len(stage.reports)
        stage.hands.press("call_hold")
        stage.until("talking again", lambda: stage.call.phase is Phase.TALKING)
        stage.until("the caller is back", lambda: stage.reported("resumed", who, since))
        step.figures["resume_confirmed_ms"] = _between(stage, ev.ResumeRequested, ev.CallResumed)


def consult(stage: Stage, colleague: str) -> None:
    """Ask a colleague while the caller is on hold."""
    one = person(colleague)
    with stage.step(f"Consult {one.number}, {one.name}"):
        _open_transfer(stage, one)
        stage.hands.press("consult_start")
        wanted = Phase.TALKING if one.behaviour is Behaviour.ANSWERS else Phase.RINGING
        stage.until(f"the colleague is {wanted}", lambda: _consult_is(stage, wanted))
        stage.must("the caller is on hold", stage.call.phase is Phase.HELD)


def cancel_consult(stage: Stage) -> None:
    with stage.step("Cancel: back to the caller"):
        stage.hands.press("consult_cancel")
        stage.until("talking to the caller", lambda: stage.call.phase is Phase.TALKING)
        stage.until(
            "the colleague's leg is gone", lambda: stage.desk.consult_of(stage.call_id) is None
        )


def swap(stage: Stage) -> None:
    with stage.step("Swap: talk to the caller, the colleague waits"):
        stage.hands.press("consult_swap")
        stage.until("the caller talks", lambda: stage.call.phase is Phase.TALKING)
        stage.until("the colleague is on hold", lambda: _consult_is(stage, Phase.HELD))


def merge_and_split(stage: Stage, who: str, colleague: str) -> None:
    """A three-party conference, proven by both far ends hearing a voice."""
    with stage.step("Merge: all three hear one another"):
        stage.hands.press("consult_merge")
        stage.until("the conference", lambda: bool(stage.call.conference_with))
        # muted, so that what they hear is one another and not us
        stage.hands.press("call_mute")
        stage.until("muted", lambda: any(call.muted for call in stage.desk.live))
        since = len(stage.reports)
        for one in (who, colleague):
            stage.until(
                f"{person(one).name} hears somebody",
                lambda one=one: stage.reported("level", one, since, louder=VOICE),  # type: ignore[misc]  # bound now
            )
        stage.picture("conference")
        stage.hands.press("call_mute")
        stage.until("not muted", lambda: not any(call.muted for call in stage.desk.live))
    split(stage)


def split(stage: Stage) -> None:
    """The conference ends; nobody is lost."""
    with stage.step("Split: the colleague talks, the caller waits"):
        stage.hands.press("consult_split")
        stage.until("no conference", lambda: not stage.call.conference_with)
        stage.until("the caller is on hold", lambda: stage.call.phase is Phase.HELD)
        stage.until("the colleague talks", lambda: _consult_is(stage, Phase.TALKING))


def complete_transfer(stage: Stage, who: str, colleague: str) -> None:
    """REFER with Replaces: the two talk to each other without us."""
    with stage.step("Complete the transfer") as step:
        since = len(stage.reports)
        stage.hands.press("consult_complete")
        stage.until("our leg has ended", lambda: stage.call_id in stage.desk.wrap_ups)
        step.figures["transfer_ms"] = _between(stage, ev.TransferStarted, ev.TransferCompleted)
        stage.until("the colleague took over", lambda: stage.reported("replaced", colleague, since))
        hears = len(stage.reports)
        for one in (who, colleague):
            stage.until(
                f"{person(one).name} hears the other",
                lambda one=one: stage.reported("level", one, hears, louder=VOICE),  # type: ignore[misc]  # bound now
            )


def blind_transfer(stage: Stage, colleague: str) -> None:
    """Send the caller on without asking; it must arrive."""
    one = person(colleague)
    with stage.step(f"Transfer to {one.number}, {one.name}, without asking"):
        since = len(stage.reports)
        _open_transfer(stage, one)
        stage.hands.press("consult_blind")
        stage.until("our leg has ended", lambda: stage.call_id in stage.desk.wrap_ups)
        stage.until(f"{one.name} has it", lambda: stage.reported("answered", colleague, since))


def failed_transfer(stage: Stage, colleague: str) -> None:
    """The target is busy: the call comes back, with a notice, and is resumed."""
    one = person(colleague)
    with stage.step(f"Transfer to {one.number}, {one.name}: busy, so it comes back"):
        _open_transfer(stage, one)
        stage.hands.press("consult_blind")
        stage.until(
            "the failed transfer", lambda: stage.last(ev.TransferFailed, stage.call_id) is not None
        )
        stage.must("the call is still ours", stage.call.connected)
        stage.must_show("came back")
        stage.picture("came-back")
    with stage.step("Resume: talk to the caller again"):
        stage.hands.press("consult_resume")
        stage.until("talking to the caller", lambda: stage.call.phase is Phase.TALKING)


def end(stage: Stage) -> None:
    with stage.step("End the call"):
        stage.hands.press("call_end")
        stage.until("wrap-up has begun", lambda: stage.call_id in stage.desk.wrap_ups)


def wrap_up(stage: Stage, code_search: str, note: str) -> None:
    """Code and note; saved with the message for the CRM in one go; the recording is proven.
    `code_search` "": the code that a guide has proposed stays."""
    call_id = stage.call_id
    code = f"search “{code_search}”" if code_search else "the guide's code"
    with stage.step(f"Wrap up: {code}, note, Save and ready") as step:
        if code_search:
            stage.hands.enter("wrap_up_search", code_search)
            stage.hands.submit("wrap_up_search")
        stage.hands.enter("wrap_up_note", note)
        stage.picture("wrap-up")
        stage.hands.press("wrap_up_save_ready")
        stage.until("saved", lambda: stage.last(ag.WrapUpSaved, call_id) is not None)
        saved = stage.last(ag.WrapUpSaved, call_id)
        assert isinstance(saved, ag.WrapUpSaved)
        stage.must("coded by the agent", saved.by == "agent" and bool(saved.code))
        messages = sum(isinstance(change, ag.WrapUpSaved) for change in stage.changes)
        stage.until(
            "its message waits for the CRM", lambda: (stage.outbox_waiting() or 0) >= messages
        )
        step.figures["outbox_waiting"] = float(stage.outbox_waiting() or 0)
    with stage.step(
        "The recording is sealed, opens with the compliance key, and is genuine"
    ) as step:
        stage.until(
            "the sealed recording", lambda: stage.last(ev.RecordingStopped, call_id) is not None
        )
        heard = stage.check_recording(call_id)
        if heard.problem:
            raise StepFailed(heard.problem)
        step.figures["recorded_s"] = heard.seconds
        step.figures["caller_peak"] = heard.caller_peak
        step.figures["agent_peak"] = heard.agent_peak


# ------------------------------------------------------------------------- private


def _new_offers(stage: Stage, known: set[str]) -> list[Call]:
    return [call for call in stage.desk.live if call.call_id not in known and call.phase in OFFERS]


def _consult_is(stage: Stage, phase: Phase) -> bool:
    leg = stage.desk.consult_of(stage.call_id)
    return leg is not None and leg.phase is phase


def _open_transfer(stage: Stage, one: Person) -> None:
    if not stage.hands.sees("consult_target"):
        stage.hands.press("call_transfer")
    stage.hands.enter("consult_target", one.number)


def _between(stage: Stage, first: type, then: type) -> float:
    """Milliseconds between the latest events of these kinds of the caller's call."""
    began, ended = stage.last(first, stage.call_id), stage.last(then, stage.call_id)
    if not isinstance(began, ev.CallEvent) or not isinstance(ended, ev.CallEvent):
        raise StepFailed(f"{then.__name__} is not in the log")
    return (ended.t_mono - began.t_mono) * 1000
