"""What the screens work on, taken from the parts and the settings of a running desk.

Runs in: desk process, Qt main thread.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from pathlib import Path

from ctidesk.calls import numbers
from ctidesk.calls.errors import KnownError
from ctidesk.calls.parking import Parking
from ctidesk.care.disclosure import DisclosurePolicy
from ctidesk.care.disclosure_file import load_policy
from ctidesk.care.guide_shelf import GuideShelf, read_folder
from ctidesk.care.line_joining import lines_of
from ctidesk.care.patient_page import PatientPages
from ctidesk.care.work_desk import WorkPort
from ctidesk.config.paths import resources
from ctidesk.config.sections import Care, WrapUp
from ctidesk.config.settings import Settings
from ctidesk.crm.knowledge import SqlKnowledge
from ctidesk.crm.networks import SqlNetworkDirectory
from ctidesk.metrics.shift import ShiftStatistics
from ctidesk.startup.engine_orders import colleagues, queue_codes
from ctidesk.startup.network_link import SystemLink
from ctidesk.startup.parts import Parts, work_policy
from ctidesk.startup.patient_page import browse, patient_page
from ctidesk.startup.red_flag import red_flag_protocol
from ctidesk.ui.desk_presenters import DeskNeeds
from ctidesk.wrapup.codes import CodeTree
from ctidesk.wrapup.codes_file import load_codes
from ctidesk.wrapup.session import WrapUpMode, WrapUpPolicy

_MODES = {
    "optional": WrapUpMode.OPTIONAL,
    "mandatory": WrapUpMode.MANDATORY,
    "mandatory_timed": WrapUpMode.TIMED,
    "timed": WrapUpMode.TIMED_FULL,
}


Troubles = list[tuple[str, KnownError]]
"""(key of the notice, what is wrong with a file of the centre's)."""


def desk_needs(
    parts: Parts, settings: Settings, shown: Callable[[str], str]
) -> tuple[DeskNeeds, Troubles]:
    """`shown(raw)`: a number as the screen shows it. A damaged file of the centre's never keeps an
    agent from the telephone: what ships with ctidesk is used, and the trouble is told."""
    troubles: Troubles = []
    codes, problem = wrap_up_codes(settings.wrapup)
    if problem is not None:
        troubles.append(("codes", problem))
    page, problem = patient_page(settings)
    if problem is not None:
        troubles.append(("patient_page", problem))
    agent = settings.agent.name or settings.account.user
    disclosure, problem = disclosure_policy(settings.care)
    if problem is not None:
        troubles.append(("disclosure", problem))
    # those of the centre's folder come behind the window (`guides_link`)
    guides = GuideShelf(read_folder(resources() / "guides", settings.agent.language))
    if guides.problems:
        troubles.append(("guides", guides.problems[0]))
    protocol, problem = red_flag_protocol(settings.red_flag, parts.profile.root)
    if problem is not None:
        troubles.append(("red_flag", problem))
    needs = DeskNeeds(
        desk=parts.desk,
        actions=parts.actions,
        pop=parts.pop,
        pages=PatientPages(parts.desk, parts.pop, parts.clock, page, browse),
        directory=parts.directory,
        networks=SqlNetworkDirectory(parts.store),
        journal=parts.journal,
        statistics=ShiftStatistics(),
        clock=parts.clock,
        codes=codes,
        wrap_up_policy=WrapUpPolicy(
            mode=_MODES[settings.wrapup.mode], limit_s=float(settings.wrapup.seconds)
        ),
        agent_name=agent,
        shown=shown,
        dialable=functools.partial(numbers.dialable, region=settings.data.region),
        time_of_day=time_of_day,
        link=SystemLink(settings.account.bind_address),
        reasons=settings.agent.reasons,
        colleagues=colleagues(settings),
        queue_codes=queue_codes(settings),
        parking=Parking(number=settings.parking.number, places=settings.parking.places),
        sound=parts.sound,
        work=WorkPort(parts.work_items, agent, work_policy(settings)),
        disclosure=disclosure,
        disclosure_again=functools.partial(load_policy, _disclosure_file(settings.care)),
        guides=guides,
        orders=parts.orders,
        knowledge=SqlKnowledge(parts.store),
        language=settings.agent.language,
        red_flag=protocol,
        interpreters=lines_of(settings.interpreter.lines),
    )
    return needs, troubles


def wrap_up_codes(wrapup: WrapUp) -> tuple[CodeTree, KnownError | None]:
    """The codes of the settings, or those that ship with ctidesk and what is wrong with the
    centre's own: a damaged file must not keep an agent from the telephone."""
    shipped = resources() / "codes" / "default.toml"
    try:
        return load_codes(Path(wrapup.codes) if wrapup.codes else shipped), None
    except KnownError as error:
        if not wrapup.codes:
            raise
        text = f"{error.text} The codes that ship with ctidesk are used."
        return load_codes(shipped), KnownError(error.code, text, error.remedy)


def disclosure_policy(care: Care) -> tuple[DisclosurePolicy, KnownError | None]:
    """The centre's policy, or the one that ships with ctidesk and what is wrong with theirs."""
    try:
        return load_policy(_disclosure_file(care)), None
    except KnownError as error:
        if not care.disclosure:
            raise
        text = f"{error.text} The policy that ships with ctidesk is used."
        return load_policy(_disclosure_file(Care())), KnownError(error.code, text, error.remedy)


def _disclosure_file(care: Care) -> Path:
    shipped = resources() / "disclosure" / "default.toml"
    return Path(care.disclosure) if care.disclosure else shipped


def time_of_day(t_wall: float) -> str:
    """Local, such as "06:41"."""
    return time.strftime("%H:%M", time.localtime(t_wall))
