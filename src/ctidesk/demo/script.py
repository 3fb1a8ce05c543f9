"""The self-driving demo: six callers, everything an agent does, each step checked.

Runs in: desk process, Qt main thread (no Qt in here). `play` is called once the desk is up; the
transcript says what happened, and the first step that fails ends the play.
"""

from __future__ import annotations

from ctidesk.calls.agent_events import AgentState
from ctidesk.calls.call import Phase
from ctidesk.calls.desk import EngineState
from ctidesk.care.member import MemberCard
from ctidesk.care.questions import QUESTIONS, QuestionKind
from ctidesk.demo import acts, stories
from ctidesk.demo.stage import Stage, StepFailed

START_S = 30.0
TALK_S = 3.0
MAX_QUESTIONS = 5


def play(stage: Stage) -> bool:
    """The whole demo; True when every step came true. Never raises `StepFailed`."""
    try:
        for scene in (
            *(begin, household, second_call, carer, withheld),
            *(missed, refill, emergency, figures),
        ):
            scene(stage)
    except StepFailed:
        stage.picture("failed")
        return False
    finally:
        stage.callers.hang_up()
    return True


def begin(stage: Stage) -> None:
    stage.scene("Start")
    with stage.step("The telephone is ready"):
        stage.until("the engine is ready", lambda: stage.desk.engine is EngineState.READY, START_S)
    with stage.step("The agent is ready"):
        stage.hands.choose("agent_state", "Ready")
        stage.until("ready", lambda: stage.desk.agent.current.state is AgentState.READY)
        stage.picture("ready")


def household(stage: Stage) -> None:
    """Two members share a number; consult, conference, attended transfer."""
    stage.scene("A number that two members share")
    acts.ring(stage, "jane")
    with stage.step("Two candidates, nobody picked, no health data on the screen"):
        lookup = stage.pop.lookups[stage.call_id]
        names = {candidate.name for candidate in lookup.candidates}
        stage.must("Jane and Tom Doe are offered", names == {"Jane Doe", "Tom Doe"})
        stage.must("nobody is picked", not stage.desk.context(stage.call_id).member_id)
        stage.must_show("Jane Doe", "Tom Doe")
        stage.picture("ringing", dark=True)
    acts.answer(stage, "jane")
    acts.talk(stage, TALK_S)
    open_and_verify(stage, "Jane Doe", "jane")
    acts.hold_and_resume(stage, "jane")
    acts.consult(stage, "chen")
    stage.picture("consulting")
    acts.swap(stage)
    acts.merge_and_split(stage, "jane", "chen")
    acts.complete_transfer(stage, "jane", "chen")
    acts.wrap_up(stage, "refill", "Two tablets left; nurse line takes over.")
    stage.callers.hang_up()


def second_call(stage: Stage) -> None:
    """A hospital; a second caller while talking; a transfer that comes back."""
    stage.scene("A hospital, and a second call while talking")
    acts.ring(stage, "hospital")
    with stage.step("The party is Provider by the number"):
        stage.until("the party", lambda: stage.desk.context(stage.call_id).party == "provider")
        stage.picture("provider")
    acts.answer(stage, "hospital")
    hospital = stage.call_id
    acts.ring(stage, "lena", in_view=False)
    stage.picture("second-call")
    acts.answer(stage, "lena")
    acts.talk(stage, TALK_S)
    with stage.step("The first caller was put on hold"):
        stage.must("held", stage.desk.calls[hospital].phase is Phase.HELD)
        stage.until("the hospital is on hold", lambda: stage.reported("held", "hospital"))
        stage.picture("first-held")
    acts.end(stage)
    lena, stage.call_id = stage.call_id, hospital
    with stage.step("Back to the first caller"):
        stage.hands.press("call_hold")
        stage.until("talking", lambda: stage.call.phase is Phase.TALKING)
    acts.failed_transfer(stage, "billing")
    acts.blind_transfer(stage, "pharmacy")
    with stage.step("Two calls wait for their code, the older one first"):
        stage.must("both are open", stage.desk.wrap_ups == [lena, hospital])
    stage.call_id = lena
    acts.wrap_up(stage, "appointment", "Moves her appointment.")
    stage.call_id = hospital
    acts.wrap_up(stage, "eligib", "Coverage check; pharmacy desk has it.")
    stage.callers.hang_up()


def carer(stage: Stage) -> None:
    """Somebody who speaks for a member; a colleague who never answers."""
    stage.scene("A carer, and a colleague who never answers")
    acts.ring(stage, "maria")
    with stage.step("The carer is offered, with whom she speaks for"):
        stage.must_show("Maria Nowak")
        stage.picture("carer")
    acts.answer(stage, "maria")
    open_and_verify(stage, "Maria Nowak", "carer", caller="Maria Nowak")
    stories.supplies_chain(stage)
    acts.consult(stage, "night")
    acts.cancel_consult(stage)
    acts.talk(stage, TALK_S)
    acts.end(stage)
    acts.wrap_up(stage, "", "Supplies for Mr Lindqvist: renewal started.")


def withheld(stage: Stage) -> None:
    stage.scene("A withheld number")
    acts.ring(stage, "withheld")
    with stage.step("No match, and the card says why"):
        stage.must("no candidate", not stage.pop.lookups[stage.call_id].candidates)
        stage.must_show("The number was withheld")
        stage.picture("withheld", dark=True)
    acts.answer(stage, "withheld")
    acts.talk(stage, TALK_S)
    with stage.step("The caller hangs up"):
        stage.callers.hang_up("withheld")
        stage.until("wrap-up has begun", lambda: stage.call_id in stage.desk.wrap_ups)
    acts.wrap_up(stage, "complaint", "Asks how data is kept.")


def missed(stage: Stage) -> None:
    stage.scene("A call that nobody took")
    acts.ring(stage, "tom")
    stories.give_up(stage, "tom")


def refill(stage: Stage) -> None:
    """The same caller again: what he wants cannot be, and the missed call is closed."""
    stage.scene("A refill whose prescription has expired")
    acts.ring(stage, "tom")
    acts.answer(stage, "tom")
    open_and_verify(stage, "Tom Doe", "tom")
    stories.refill_refused(stage)
    acts.end(stage)
    acts.wrap_up(stage, "refill", "Prescription expired; asks the doctor for a new one.")
    stories.nothing_missed(stage)


def emergency(stage: Stage) -> None:
    stage.scene("An emergency, and the first nurse's line is busy")
    acts.ring(stage, "lena")
    acts.answer(stage, "lena")
    stories.red_flag(stage)
    acts.split(stage)
    acts.complete_transfer(stage, "lena", "chen")
    acts.wrap_up(stage, "emergency", "Nurse took over.")
    stories.no_minute(stage)


def figures(stage: Stage) -> None:
    stage.scene("End")
    with stage.step("Ready again, nothing left open"):
        stage.until("ready", lambda: stage.desk.agent.current.state is AgentState.READY)
        stage.must("no call is open", not stage.desk.calls and not stage.desk.wrap_ups)
        stage.picture("end", dark=True)


def open_and_verify(stage: Stage, name: str, shot: str, caller: str = "") -> None:
    """Open the candidate's card; it is masked until the check is passed. `caller`: the name of
    somebody who speaks for the member."""
    call_id = stage.call_id
    with stage.step(f"Open the card behind {name}: masked"):
        stage.hands.choose("candidates", name)
        stage.until("the card", lambda: call_id in stage.pop.cards)
        card = stage.pop.cards[call_id]
        shown = stage.hands.shown()
        stage.must("health data is hidden", not any(one in shown for one in _secrets(card)))
        stage.must("not verified by itself", not stage.desk.context(call_id).verified)
        stage.picture(f"{shot}-masked")
    with stage.step("Identity check: asked and answered, the card opens"):
        answers = _what_they_know(card, caller)
        for _ in range(MAX_QUESTIONS):
            if stage.desk.context(call_id).verified:
                break
            stage.until("a question", lambda: stage.hands.sees("check_answer"))
            asked = stage.hands.hint("check_answer")
            stage.must(f"an answer to “{asked}” is known", asked in answers)
            stage.hands.enter("check_answer", answers[asked])
            stage.hands.submit("check_answer")
        stage.until("verified", lambda: stage.desk.context(call_id).verified)
        stage.must_show(card.policy_number)
        stage.picture(f"{shot}-verified", dark=True)


def _what_they_know(card: MemberCard, caller: str) -> dict[str, str]:
    """The right answers, by the label of the question; as somebody would say them."""
    kinds = {
        QuestionKind.CALLER_NAME: caller,
        QuestionKind.MEMBER_NAME: card.name,
        QuestionKind.BIRTH_DATE: f"{card.birth_date:%d.%m.%Y}" if card.birth_date else "",
        QuestionKind.POSTCODE: card.postcode,
        QuestionKind.POLICY_NUMBER: card.policy_number,
        QuestionKind.PHONE_LAST4: card.phone_last4,
    }
    return {QUESTIONS[kind].label: answer for kind, answer in kinds.items() if answer}


def _secrets(card: MemberCard) -> list[str]:
    drugs = [each.drug for each in card.prescriptions]
    return [each for each in (card.policy_number, card.address, *drugs) if each]
