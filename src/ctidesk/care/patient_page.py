"""The member's own page in the EMR or CRM that the agent has open anyway.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from ctidesk.calls import agent_events as ag
from ctidesk.calls.call import Call
from ctidesk.calls.desk import CallDesk, Change
from ctidesk.calls.errors import KnownError
from ctidesk.calls.ports import Clock
from ctidesk.care.member import MemberCard
from ctidesk.care.pop import ScreenPop

EVERY = "*"
"""Stands for every queue."""
_PLACE = re.compile(r"\{([^{}]*)\}")
_IDS = ("member_id", "crm_id")
_MAX_URL = 2000
"""Longer ones are cut by some browsers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientPage:
    """`name` stands on the button; `url` has {member_id} or {crm_id} in its path, query or
    fragment. `on_ring`, `on_answer`: queues in which it opens by itself."""

    name: str
    url: str
    on_ring: frozenset[str] = frozenset()
    on_answer: frozenset[str] = frozenset()

    def address(self, card: MemberCard) -> str:
        """The URL of this member's page, "" when the member has no such id. The ids are
        percent-encoded and nothing else of the card goes in."""
        ids = {"member_id": card.member_id, "crm_id": card.crm_id}
        if not all(ids[name] for name in _PLACE.findall(self.url)):
            return ""
        whole = _PLACE.sub(lambda found: quote(ids[found[1]], safe=""), self.url)
        return whole if len(whole) <= _MAX_URL else ""


def checked_page(
    name: str,
    url: str,
    hosts: Collection[str],
    on_ring: Sequence[str] = (),
    on_answer: Sequence[str] = (),
) -> PatientPage:
    """Raises `KnownError` patient_page unless `url` leads to one of `hosts`, by https (http for
    this computer only), with ids only behind the host."""
    bare = _PLACE.sub("x", url)
    try:
        parts, bare_parts = urlsplit(url), urlsplit(bare)
        host = (parts.hostname or "").lower()
        _ = parts.port
    except ValueError:
        raise _refused("cannot be read", "Write it as https://host/path/{member_id}.") from None
    if re.search(r"[\s\x00-\x1f\x7f\\]", url) or not host or parts.username is not None:
        raise _refused("cannot be read", "Write it as https://host/path/{member_id}.")
    if (parts.scheme, parts.netloc) != (bare_parts.scheme, bare_parts.netloc):
        raise _refused(
            "has an id in its host", "Put {member_id} or {crm_id} behind the host, in the path."
        )
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise _refused("is not encrypted", "Use https; plain http is only for this computer.")
    if host not in {each.lower() for each in hosts}:
        raise _refused(
            "leads to a host that is not allowed",
            "Name the host in [patient_page] hosts, or correct the address.",
        )
    places = _PLACE.findall(url)
    if not places or "{" in bare or "}" in bare or any(each not in _IDS for each in places):
        raise _refused(
            "has no known id in it", "Use {member_id} or {crm_id}; nothing else is filled in."
        )
    return PatientPage(
        name=name, url=url, on_ring=frozenset(on_ring), on_answer=frozenset(on_answer)
    )


class PatientPages:
    """Opens the page once the agent has opened the member's card: while it rings or from the
    answer on by itself, where the queue says so, else when asked. Once for each call and member;
    `browse(url)` opens the browser and is False when there is none."""

    def __init__(
        self,
        desk: CallDesk,
        pop: ScreenPop,
        clock: Clock,
        page: PatientPage | None,
        browse: Callable[[str], bool],
    ) -> None:
        self._desk = desk
        self._pop = pop
        self._clock = clock
        self._page = page
        self._browse = browse
        self._opened: set[tuple[str, str]] = set()
        if page is not None:
            desk.subscribe(self._changed)
            pop.subscribe(self._look)

    def name(self, call_id: str) -> str:
        """What the button says for the open card, "" when this member has no page."""
        card = self._pop.cards.get(call_id)
        if self._page is None or card is None or not self._page.address(card):
            return ""
        return self._page.name

    def open(self, call_id: str) -> None:
        """The agent asks for it."""
        card = self._pop.cards.get(call_id)
        if card is not None:
            self._go(call_id, card, "agent")

    def take_log(self, log: Sequence[ag.LogEvent]) -> None:
        """What an earlier desk opened already (from `recall`)."""
        for event in log:
            if isinstance(event, ag.PatientPageOpened):
                self._opened.add((event.call_id, event.member_id))

    # ----------------------------------------------------------------- private

    def _changed(self, change: Change) -> None:
        call_id = getattr(change, "call_id", "")
        if call_id in self._pop.cards:
            self._look(call_id)
        self._opened = {each for each in self._opened if each[0] in self._desk.calls}

    def _look(self, call_id: str) -> None:
        call, card = self._desk.calls.get(call_id), self._pop.cards.get(call_id)
        if call is None or card is None or call.ended or (call_id, card.member_id) in self._opened:
            return
        if self._is_due(call):
            self._go(call_id, card, "queue")

    def _is_due(self, call: Call) -> bool:
        page = self._page
        if page is None:
            return False
        here = {EVERY, call.routing.queue} - {""}
        return bool(here & page.on_ring) or (call.connected and bool(here & page.on_answer))

    def _go(self, call_id: str, card: MemberCard, by: str) -> None:
        address = "" if self._page is None else self._page.address(card)
        if not address:
            return
        self._opened.add((call_id, card.member_id))
        if not self._browse(address):
            self._desk.publish(
                KnownError(
                    "no_browser",
                    "The page could not be opened: this computer has no browser set.",
                    "Ask IT to set a standard browser.",
                )
            )
            return
        self._desk.note(
            ag.PatientPageOpened(
                call_id=call_id,
                t_mono=self._clock.mono(),
                t_wall=self._clock.wall(),
                member_id=card.member_id,
                by=by,
            )
        )


def _refused(what: str, remedy: str) -> KnownError:
    return KnownError("patient_page", f"The address in [patient_page] url {what}.", remedy)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
