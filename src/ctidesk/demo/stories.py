"""What a healthcare desk does in a call, as steps with deadlines: guides, missed calls, red flag.

Runs in: desk process, Qt main thread (no Qt in here). As in `acts`: all is pressed on the screen.
"""

from __future__ import annotations

from ctidesk.calls import flag_events as fl
from ctidesk.demo.stage import Stage

GUIDE, WORK, EMERGENCY, BACK = "Ctrl+G", "F4", "Ctrl+Shift+E", "Esc"
WAYS = ("guide_go", "guide_answer", "guide_choice_1")
"""Controls of which one is there at every step of a guide."""
MAX_STEPS = 20
DOCTOR = "Dr. Adeyemi"
STREET = "Boxhagener Str. 9, second floor"


def supplies_chain(stage: Stage) -> None:
    """An authorisation that ran out starts a chain with dates (story 4)."""
    with stage.step("Guide “Medical supplies”: the authorisation has run out"):
        _open_guide(stage, "Medical supplies")
        stage.picture("supplies")
    with stage.step("Answered step by step: the chain of tasks is on the work list") as step:
        for steps in range(MAX_STEPS):
            stage.until("a next step", lambda: any(stage.hands.sees(way) for way in WAYS))
            if stage.hands.sees("guide_go"):
                break
            step.figures["steps"] = steps + 1.0
            if stage.hands.sees("guide_answer"):
                by_name = "doctor" in stage.hands.hint("guide_answer").lower()
                stage.hands.enter("guide_answer", DOCTOR if by_name else "2")
                stage.hands.submit("guide_answer")
            else:
                stage.hands.press("guide_choice_1")
        stage.must("the guide is complete", stage.hands.sees("guide_go"))
        stage.picture("supplies-done", dark=True)
        _look_at_work(stage, "chain", "Walter Lindqvist")


def refill_refused(stage: Stage) -> None:
    """An expired prescription cannot be completed; sentence and next step are shown (story 3)."""
    with stage.step("Guide “Refill”: not possible, what to say, and the next step"):
        _open_guide(stage, "Refill of a prescription")
        stage.must_show("expired on", "run out", "Ask the doctor for a new prescription.")
        stage.must("nothing can be completed", not stage.hands.sees("guide_answer"))
        stage.picture("refill-refused", dark=True)
    with stage.step("One key goes on to what can be done now"):
        stage.hands.press("guide_go")
        stage.must_show("Refill not possible: what now")
        stage.picture("refill-what-now")


def give_up(stage: Stage, who: str) -> None:
    """The caller hangs up while it rings; the call stands on the work list (story 8)."""
    with stage.step("The caller gives up"):
        stage.callers.hang_up(who)
        stage.until(
            "the call is over",
            lambda: all(call.call_id != stage.call_id for call in stage.desk.live),
        )
    with stage.step("The missed call is on the work list"):
        _look_at_work(stage, "missed", "Missed call")


def nothing_missed(stage: Stage) -> None:
    with stage.step("The missed call is closed: the caller was spoken to"):
        stage.until("no missed call", lambda: "Missed call" not in stage.hands.shown())


def red_flag(stage: Stage) -> None:
    """One key, where help is needed, the next line when the first is busy (story 9)."""
    with stage.step("Red flag: one key, and the protocol is there"):
        stage.hands.key(EMERGENCY)
        stage.until("the field", lambda: stage.hands.sees("red_flag_location"))
        stage.until("it is in the log", lambda: stage.last(fl.RedFlagRaised) is not None)
        stage.picture("red-flag", dark=True)
    with stage.step("Where help is needed, repeated back; the first line is busy") as step:
        stage.hands.enter("red_flag_location", STREET)
        stage.hands.submit("red_flag_location")
        stage.hands.press("red_flag_confirm")
        stage.must_show("Billing: busy", "Dr. Chen, nurse line is in the call")
        step.figures["raised_to_joined_ms"] = _since_raised(stage)
        stage.picture("red-flag-nurse", dark=True)
    with stage.step("The emergency ends with its outcome"):
        stage.hands.press("red_flag_end_nurse_took_over")
        stage.until("it is over", lambda: stage.last(fl.RedFlagEnded) is not None)


def no_minute(stage: Stage) -> None:
    """After a hard call a protected minute is offered; it can be declined (R9)."""
    with stage.step("A protected minute is offered, and declined"):
        stage.until("the offer", lambda: stage.hands.sees("recovery_decline"))
        stage.picture("protected-minute")
        stage.hands.press("recovery_decline")
        stage.until("the offer is gone", lambda: not stage.hands.sees("recovery_decline"))


# ------------------------------------------------------------------------- private


def _open_guide(stage: Stage, title: str) -> None:
    stage.hands.key(GUIDE)
    stage.until("the guides", lambda: stage.hands.sees("guides"))
    stage.hands.choose("guides", title)
    stage.until("the guide is open", lambda: any(stage.hands.sees(way) for way in WAYS))


def _look_at_work(stage: Stage, shot: str, text: str) -> None:
    stage.hands.key(WORK)
    stage.until("the work list", lambda: stage.hands.sees("work_all_items"))
    stage.must_show(text)
    stage.picture(f"work-{shot}", dark=True)
    stage.hands.key(BACK)
    stage.until("the work list is closed", lambda: not stage.hands.sees("work_all_items"))


def _since_raised(stage: Stage) -> float:
    raised, joined = stage.last(fl.RedFlagRaised), stage.last(fl.LineJoined)
    if not isinstance(raised, fl.RedFlagRaised) or not isinstance(joined, fl.LineJoined):
        return 0.0
    return (joined.t_mono - raised.t_mono) * 1000
