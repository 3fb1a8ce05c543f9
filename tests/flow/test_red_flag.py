"""Emergency and interpreter through the real desk, with real calls to lines that fail."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.crm_people import SHARED
from tests.support.flow_centre import Centre
from tests.support.flow_desk import DeskProcess
from tests.support.flow_looks import rows, stored_events, wrap_up

from ctidesk.config.paths import resources
from ctidesk.crm import flag_sql
from ctidesk.crm.database import open_database

pytestmark = pytest.mark.slow

BUSY, SILENT, NURSE = "Billing <205>", "Night desk <204>", "Nurse line <201>"
LEAD = "Lead Ruiz <203>"
NUMBER = SHARED.replace(" ", "")
STREET = "Lindenweg 4"


def emergency(centre: Centre, port: int, *lines: str) -> DeskProcess:
    """A desk whose nurse lines are these, with a caller on it and the flag raised."""
    protocol = centre.folder / "emergency.toml"
    shipped = (resources() / "red_flag" / "default.toml").read_text("utf-8")
    protocol.write_text(shipped.replace("ring = 20", "ring = 5"), "utf-8")
    centre.settle(
        account={"domain": f"127.0.0.1:{port}"},
        red_flag={"lines": list(lines), "lead": LEAD, "protocol": str(protocol)},
    )
    desk = centre.desk()
    desk.ask("ready")
    centre.talking(desk, NUMBER)
    desk.ask("perform", "desk.red_flag")
    desk.shows("Where exactly are you now?")
    return desk


def kept(folder: Path) -> str:
    """All that the processes wrote in clear."""
    return "\n".join(path.read_text(errors="replace") for path in folder.rglob("*.log"))


def test_the_nurse_is_busy_or_silent_and_nothing_is_forgotten(
    centre: Centre, colleagues: int
) -> None:
    desk = emergency(centre, colleagues, BUSY, SILENT)
    call_id = desk.call()["call_id"]
    desk.enter("red_flag_location", STREET)
    desk.submit("red_flag_location")
    desk.press("red_flag_confirm")
    desk.shows("Billing: busy", "Night desk is being called")
    desk.until(lambda state: state["calls"][0]["phase"] == "talking", "not left on hold")
    desk.shows("Night desk: no answer")
    desk.ask("later", 46.0)
    desk.shows("Ask now")
    desk.ask("perform", "red_flag.check_back")
    desk.hides("Ask now")
    desk.ask("later", 180.0)
    desk.shows("No nurse could be reached", "Your lead was not told by the desk")
    desk.press("red_flag_call_lead")
    desk.shows("Lead Ruiz is in the call")
    desk.press("red_flag_end_emergency_called")
    desk.hides("Where help is needed")
    desk.press("call_end")
    desk.until(lambda state: call_id in state["wrap_ups"], "wrap-up")
    wrap_up(desk)
    assert desk.quit() == 0

    found = [(row.action, row.result, row.purpose) for row in rows(centre)["audit"]]
    for wanted in (
        ("red_flag_raised", "done", ""),
        ("recording_pinned", "done", "red_flag"),
        ("lead_alerted", "no_team_bus", "red_flag"),
        ("location_noted", "done", ""),
        ("location_repeated_back", "done", ""),
        ("line_failed", "busy", "nurse Billing"),
        ("line_failed", "no_answer", "nurse Night desk"),
        ("check_back_prompted", "done", ""),
        ("checked_back", "answered", ""),
        ("fallback_reached", "done", "time"),
        ("lead_alerted", "no_team_bus", "fallback"),
        ("line_joined", "done", "lead Lead Ruiz"),
        ("red_flag_ended", "emergency_called", ""),
        ("time_excused", "began", "emergency"),
        ("time_excused", "ended", "emergency"),
    ):
        assert wanted in found, found
    assert STREET not in str(found)
    assert STREET not in kept(centre.folder)
    events = stored_events(centre, call_id)
    assert events.index("RedFlagRaised") < events.index("LineTried")
    database = open_database(centre.profile.database, centre.key())
    try:
        assert database.read(lambda connection: flag_sql.is_pinned(connection, call_id))
    finally:
        database.close()


def test_the_next_line_answers_and_a_killed_desk_still_has_the_emergency(
    centre: Centre, colleagues: int
) -> None:
    desk = emergency(centre, colleagues, BUSY, NURSE)
    desk.enter("red_flag_location", STREET)
    desk.submit("red_flag_location")
    desk.press("red_flag_confirm")
    desk.shows("Nurse line is in the call")
    desk.kill()
    desk = centre.desk()
    desk.shows("Nurse line is in the call", STREET, "Repeated back and confirmed")
    desk.press("red_flag_end_nurse_took_over")
    desk.hides("Where help is needed")
    desk.until(lambda state: len(state["calls"]) == 2, "nurse and caller are still there")


def test_an_interpreter_is_in_the_call_by_one_key_and_the_time_is_excused(
    centre: Centre, colleagues: int
) -> None:
    centre.settle(
        account={"domain": f"127.0.0.1:{colleagues}"},
        interpreter={"lines": ["Polish <205>", "Polish <201>"]},
    )
    desk = centre.desk()
    desk.ask("ready")
    leg = centre.talking(desk, NUMBER)
    desk.ask("perform", "call.interpreter")
    desk.shows("In the call: you, the caller, interpreter (Polish)")
    centre.phones[NUMBER].hears(leg)
    desk.press("interpreter_end")
    desk.until_call("the caller alone", phase="talking")
    desk.press("call_end")
    desk.until(lambda state: state["wrap_ups"], "wrap-up")
    wrap_up(desk)
    assert desk.ask("figures")["excused_s"] > 0
    assert desk.quit() == 0
    found = [(row.action, row.result, row.purpose) for row in rows(centre)["audit"]]
    assert ("line_joined", "done", "interpreter Polish") in found
    assert ("time_excused", "ended", "interpreter") in found
