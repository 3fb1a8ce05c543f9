"""From what the settings say to a reader of the CRM: client, sign-in, rounds.

Runs in: desk process, the CRM's worker thread.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from ctidesk.crm.fhir import scopes
from ctidesk.crm.fhir.call_resources import Sealed
from ctidesk.crm.fhir.client import FhirClient, Kept
from ctidesk.crm.fhir.directory_rows import From
from ctidesk.crm.fhir.kinds import KINDS, READERS
from ctidesk.crm.fhir.page_writer import StoreLine
from ctidesk.crm.fhir.pages import Page
from ctidesk.crm.fhir.problems import CrmProblem, unknown_types
from ctidesk.crm.fhir.pull import ENDING, Pull
from ctidesk.crm.fhir.reading import Surroundings, read
from ctidesk.crm.fhir.refresher import Source
from ctidesk.crm.fhir.resource_rows import Item, ResourceRows
from ctidesk.crm.fhir.round import Progress, Round, Wanted
from ctidesk.crm.fhir.sender import Sender, Wiring
from ctidesk.crm.fhir.sending import Way
from ctidesk.crm.fhir.tokens import BackendService, FixedToken, NoToken, Secret, SignIn, Tokens
from ctidesk.crm.fhir.transport import READ_S, Http
from ctidesk.crm.store import StoreThread

REFRESH_SILENCE_S = 5.0
"""A card is refreshed soon or not at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmPlace:
    """`auth`: "none", "token" or "key"; `kinds` and `scopes` empty: all that the desk reads.
    `silence_s`: the longest that the server may be silent. The rest as in `round.Wanted` and
    `tokens.SignIn`."""

    server: str
    source: str
    region: str
    auth: str = "none"
    client_id: str = ""
    key_id: str = ""
    token_url: str = ""
    scopes: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    ca_file: str = ""
    member_system: str = ""
    page: int = 200
    whole_days: float = 7.0
    silence_s: float = READ_S


def tokens_of(place: CrmPlace, http: Http, secret: Secret, *, writes: bool = False) -> Tokens:
    """How the desk signs in there; what the settings name as scopes counts for both ways."""
    if place.auth == "token":
        return FixedToken(secret)
    if place.auth == "key":
        named = scopes.wanted_to_write() if writes else scopes.wanted(place.kinds or KINDS)
        asked = place.scopes or named
        sign_in = SignIn(place.client_id, asked, place.key_id, place.token_url)
        return BackendService(http, place.server, sign_in, secret)
    return NoToken()


def connect(
    place: CrmPlace,
    secret: Secret,
    store: StoreThread,
    progress: Progress,
    stopped: Callable[[], bool],
) -> Pull:
    """Nothing is sent yet. Raises `CrmProblem` for an address or a file that can't be used."""
    if strange := [kind for kind in place.kinds if kind not in KINDS]:
        raise unknown_types(tuple(strange))
    client, tokens, close = _client(place, secret, stopped)
    wanted = Wanted(
        server=place.server,
        source=place.source,
        around=Surroundings(place.region, place.member_system),
        # in our order, whatever the settings' is: whose names others show come first
        kinds=tuple(kind for kind in KINDS if kind in place.kinds) or KINDS,
        page=place.page,
        whole_days=place.whole_days,
    )
    this = Round(client, StoreLine(store, stopped), wanted, progress)
    return Pull(this, tokens, close)


def connect_refreshing(
    place: CrmPlace, secret: Secret, store: StoreThread, stopped: Callable[[], bool]
) -> Source:
    """For single members. Nothing is sent yet. Raises `CrmProblem` as `connect` does."""
    soon = replace(place, silence_s=min(place.silence_s, REFRESH_SILENCE_S))
    client, _, close = _client(soon, secret, stopped)
    around = Surroundings(place.region, place.member_system)

    def one(kept: Kept) -> Item | None:
        reading = read(kept.resource, around, READERS)
        return None if reading is None or not kept.raw else Item(reading, kept.raw)

    def items(page: Page, key: str) -> list[Item]:
        # a server that does not know the parameter answers with everybody's
        readings = [(read(e.resource, around, READERS), e.raw) for e in page.entries]
        return [Item(found, raw) for found, raw in readings if found and found.about == key]

    return Source(
        client=client,
        line=StoreLine(store, stopped),
        kinds=frozenset(place.kinds or KINDS),
        rows=lambda connection: ResourceRows(connection, From(place.source, time.time()), around),
        items=items,
        one=one,
        close=close,
    )


def connect_sending(
    place: CrmPlace,
    secret: Secret,
    store: StoreThread,
    sealed: Callable[[str], Sealed | None],
    stopped: Callable[[], bool],
) -> Way:
    """The way out of the outbox. Nothing is sent yet. Raises `CrmProblem` as `connect` does."""
    client, _, close = _client(place, secret, stopped, writes=True)
    around = Surroundings(place.region, place.member_system)
    line = StoreLine(store, stopped)

    def kept(connection: Any, there: Kept, now: float) -> None:
        reading = read(there.resource, around, READERS) if there.kind in READERS else None
        if reading is not None and there.raw:
            rows = ResourceRows(connection, From(place.source, now), around)
            rows.put(Item(reading, there.raw))

    wiring = Wiring(client, line, place.member_system, sealed)
    return Way(Sender(wiring), line, kept, ENDING, close)


def _client(
    place: CrmPlace, secret: Secret, stopped: Callable[[], bool], *, writes: bool = False
) -> tuple[FhirClient, Tokens, Callable[[], None]]:
    """With what closes it. Raises `CrmProblem` with nothing left open."""
    http = Http(place.ca_file, place.silence_s, stopped)
    tokens = tokens_of(place, http, secret, writes=writes)
    try:
        return FhirClient(http, place.server, tokens), tokens, http.close
    except CrmProblem:
        http.close()
        raise
