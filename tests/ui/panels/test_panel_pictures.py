"""Pictures of the window in every state, light and dark, for people to look at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget
from tests.support.desk_scenes import (
    COLLEAGUES,
    HOSPITAL,
    LENA,
    MARIA,
    SHARED,
    Scene,
    watch_colleagues,
)
from tests.support.screens import SIZES, grab

from ctidesk.calls.events import AccountWarning, Registration
from ctidesk.startup.web_api import web_api_indicator
from ctidesk.ui.desk_window import DeskWindow
from ctidesk.ui.directory_search.presenter import Problem
from ctidesk.ui.status_strip.indicator import Indicator
from ctidesk.ui.theme.theme import Theme
from ctidesk.ui.theme.tokens import Role
from ctidesk.ui.widgets.labels import ElidedLabel
from ctidesk.web_api.status import Status
from ctidesk.wrapup.session import WrapUpMode, WrapUpPolicy

Show = Callable[[Scene, DeskWindow], None]


def idle(scene: Scene, shown: DeskWindow) -> None:
    """Nothing to be done."""


def ringing(scene: Scene, shown: DeskWindow) -> None:
    scene.ring(SHARED, "Jane D.")
    scene.clock.advance(4)


def withheld(scene: Scene, shown: DeskWindow) -> None:
    scene.ring("")


def masked(scene: Scene, shown: DeskWindow) -> None:
    scene.talk(SHARED, "Jane D.")
    shown.presenters.member_card.open_candidate("1")


def locked(scene: Scene, shown: DeskWindow) -> None:
    masked(scene, shown)
    shown.presenters.member_card.answer("birth_date", "1.1.1970")
    shown.presenters.member_card.answer("postcode", "99999")


def verified(scene: Scene, shown: DeskWindow) -> None:
    masked(scene, shown)
    shown.presenters.member_card.answer("birth_date", "3.4.1984")
    shown.presenters.member_card.answer("postcode", "10115")


def carer(scene: Scene, shown: DeskWindow) -> None:
    scene.talk(MARIA)
    shown.presenters.member_card.open_candidate("3")


def facility(scene: Scene, shown: DeskWindow) -> None:
    scene.talk(HOSPITAL, "St. Anna <b>Hospital</b>", "Provider line")
    shown.presenters.member_card.open_candidate("4")
    shown.presenters.member_card.search.type("doe")


def choosing(scene: Scene, shown: DeskWindow) -> None:
    scene.talk(SHARED, "Jane D.")
    shown.presenters.consult.open()
    shown.presenters.consult.search.type("chen")


def colleagues(scene: Scene, shown: DeskWindow) -> None:
    watch_colleagues(scene)
    choosing(scene, shown)
    shown.presenters.consult.search.type("")


def consulting(scene: Scene, shown: DeskWindow) -> None:
    call_id = scene.talk(SHARED, "Jane D.")
    shown.presenters.consult.consult("201")
    scene.engine.remote_answers(scene.desk.consult_of(call_id).call_id)
    scene.clock.advance(9)


def asking(scene: Scene, shown: DeskWindow) -> None:
    """The colleague has not answered yet."""
    call_id = scene.talk(SHARED, "Jane D.")
    shown.presenters.consult.consult("201")
    scene.engine.remote_rings(scene.desk.consult_of(call_id).call_id)


def conference(scene: Scene, shown: DeskWindow) -> None:
    consulting(scene, shown)
    shown.presenters.consult.merge()


def came_back(scene: Scene, shown: DeskWindow) -> None:
    call_id = scene.talk(SHARED, "Jane D.")
    shown.presenters.consult.blind("205")
    scene.engine.transfer_busy(call_id)


def second_call(scene: Scene, shown: DeskWindow) -> None:
    scene.talk(SHARED, "Jane D.")
    scene.clock.advance(70)
    scene.ring(LENA, "Lena Fischer")


def keypad(scene: Scene, shown: DeskWindow) -> None:
    scene.talk(SHARED, "Jane D.")
    shown.commands.perform("call.keypad")
    for digit in "123":
        shown.presenters.keypad.press(digit)


def wrap_up(scene: Scene, shown: DeskWindow) -> None:
    for number, name in ((SHARED, "Jane D."), (HOSPITAL, "St. Anna")):
        scene.engine.remote_hangs_up(scene.talk(number, name))
    scene.clock.advance(21)
    shown.presenters.wrap_up.choose_code("refill")
    shown.presenters.wrap_up.write("Two tablets left. Wants delivery on Friday.")


def broken(scene: Scene, shown: DeskWindow) -> None:
    scene.engine.remote_hangs_up(scene.ring(LENA, "Lena"))
    scene.engine.registration(
        Registration.REFUSED,
        problem="wrong_password",
        text="The exchange refuses the password of this account.",
        remedy="Type it again in the settings, or ask IT.",
    )
    scene.talk(SHARED, "Jane D.")
    scene.engine.engine_lost()


def line_good(scene: Scene, shown: DeskWindow) -> None:
    scene.line(scene.talk(SHARED, "Jane D."), 4.3, far_mos=4.3, far_loss_pct=0.0)


def line_fair(scene: Scene, shown: DeskWindow) -> None:
    scene.line(scene.talk(SHARED, "Jane D."), 3.9, 4.0, concealed_pct=4.2)


def line_poor(scene: Scene, shown: DeskWindow) -> None:
    scene.line(scene.talk(SHARED, "Jane D."), 4.2, far_mos=3.3, far_loss_pct=11.0)


def line_bad(scene: Scene, shown: DeskWindow) -> None:
    scene.line(
        scene.talk(SHARED, "Jane D."),
        *(1.9, 21.4),
        concealed_pct=22.0,
        jitter_ms=38.0,
        rtt_ms=186.0,
        far_mos=4.2,
        far_loss_pct=0.4,
    )
    shown.panels.quality.click()


def lines_of_calls(scene: Scene, shown: DeskWindow) -> None:
    for number, mos, loss in ((SHARED, 4.3, 0.0), (HOSPITAL, 2.2, 18.0), (LENA, 3.9, 4.0)):
        call_id = scene.talk(number, "Somebody", "Provider line for hospitals and clinics")
        scene.line(call_id, mos, loss, concealed_pct=loss)
        scene.engine.remote_hangs_up(call_id)
        scene.clock.advance(600)
    shown.commands.perform("desk.figures")


def needs_care(scene: Scene, shown: DeskWindow) -> None:
    """Everything works, but not as it should."""
    scene.engine.registration(
        Registration.REGISTERED,
        transport="udp",
        warnings=(
            AccountWarning(
                "certificate_expires",
                "The certificate of the telephone exchange expires in 9 days, on 2026-03-25.",
                "Tell IT now: from that day on the telephone will not connect any more.",
            ),
            AccountWarning(
                "second_registrar",
                "The first telephone exchange does not answer: this telephone uses another one.",
                "Calls go on; it goes back by itself. Tell IT if it lasts.",
            ),
        ),
    )
    shown.set_cache(Indicator("cache", "database", "Member data", Role.READY))
    shown.set_crm(Indicator("crm", "sync", "CRM: 12,300 of 100,000 members…", Role.MUTED, "tip"))
    shown.set_recording_key(Indicator("key", "record", "No recording key", Role.MUTED))
    scene.engine.engine_ready(has_sound=False)
    scene.engine.remote_hangs_up(scene.talk(SHARED, "Jane D."))
    scene.clock.advance(200)
    shown.presenters.wrap_up.choose_code("refill")
    shown.presenters.wrap_up.save()


def without_crm(scene: Scene, shown: DeskWindow) -> None:
    """The desk works with what it has."""
    word = "CRM unreachable since 10:32, showing what we have"
    problem = Problem("The CRM at crm.example cannot be reached.", "It is tried again by itself.")
    shown.set_cache(Indicator("cache", "database", "Member data", Role.READY))
    shown.set_crm(Indicator("crm", "no_network", word, Role.DANGER, problem.text, problem))
    scene.engine.registration(Registration.REGISTERED, transport="tls")
    scene.engine.engine_ready(has_sound=True)
    scene.talk(SHARED, "Jane D.")


def web_crm(scene: Scene, shown: DeskWindow) -> None:
    """A full strip, and a page that knows no token."""
    shown.set_crm(Indicator("crm", "check", "CRM up to date", Role.READY))
    shown.set_recording_key(Indicator("recording", "lock", "Recording ready", Role.READY))
    shown.presenters.status.set_web_api(web_api_indicator(Status(listening=True, wrong_tokens=3)))
    scene.engine.registration(Registration.REGISTERED, transport="udp")
    scene.engine.engine_ready(has_sound=True)
    scene.talk(SHARED, "Jane D.")


def web_crm_connected(scene: Scene, shown: DeskWindow) -> None:
    web_crm(scene, shown)
    shown.presenters.status.set_web_api(
        web_api_indicator(Status(listening=True, origins=("https://crm.city-hospital.example",)))
    )


SCENES: tuple[Show, ...] = (
    *(idle, ringing, withheld, masked, locked, verified, carer, facility),
    *(
        choosing,
        colleagues,
        asking,
        consulting,
        conference,
        came_back,
        second_call,
        keypad,
        wrap_up,
        broken,
    ),
    *(line_good, line_fair, line_poor, line_bad, lines_of_calls),
    *(needs_care, without_crm, web_crm, web_crm_connected),
)


@pytest.mark.parametrize("show", SCENES, ids=lambda show: show.__name__)
def test_pictures(
    show: Show,
    open_desk: Callable[[Scene], DeskWindow],
    theme: Theme,
    tmp_path: Path,
):
    scene = Scene(
        policy=WrapUpPolicy(mode=WrapUpMode.TIMED, limit_s=90),
        colleagues=COLLEAGUES if show is colleagues else (),
    )
    shown = open_desk(scene)
    show(scene, shown)
    shown.tick.ticked.emit()
    QApplication.processEvents()
    files = grab(theme, shown.window, f"desk-{show.__name__}", tmp_path)
    assert len(files) == 2 * len(SIZES)
    for file in files:
        picture = QImage(str(file))
        wanted = tuple(int(part) for part in file.stem.rsplit("-", 1)[1].split("x"))
        # wider than asked for means that something does not fit into the smallest window
        assert (picture.width(), picture.height()) == wanted
    buttons = shown.panels.call_bar
    shown.window.resize(960, 600)
    QApplication.processEvents()
    assert buttons.end.geometry().right() <= buttons.width(), "the bar fits into 960 px"
    cut = [word.text() for word in words_of(shown.window, "status_strip") if word.is_cut()]
    assert not cut, "the status line leaves words out, it does not cut them"


def words_of(window: QWidget, part: str) -> list[ElidedLabel]:
    strip = window.findChild(QWidget, part)
    assert strip is not None
    return [word for word in strip.findChildren(ElidedLabel) if word.isVisible()]
