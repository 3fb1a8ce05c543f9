"""From what the settings say to a reader of the CRM: client, sign-in, rounds.

Runs in: desk process, the CRM's worker thread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ctidesk.crm.fhir import scopes
from ctidesk.crm.fhir.client import FhirClient
from ctidesk.crm.fhir.kinds import KINDS
from ctidesk.crm.fhir.page_writer import StoreLine
from ctidesk.crm.fhir.problems import CrmProblem, unknown_types
from ctidesk.crm.fhir.pull import Pull
from ctidesk.crm.fhir.reading import Surroundings
from ctidesk.crm.fhir.round import Progress, Round, Wanted
from ctidesk.crm.fhir.tokens import BackendService, FixedToken, NoToken, Secret, SignIn, Tokens
from ctidesk.crm.fhir.transport import Http
from ctidesk.crm.store import StoreThread


@dataclass(frozen=True, slots=True, kw_only=True)
class CrmPlace:
    """`auth`: "none", "token" or "key"; `kinds` and `scopes` empty: all that the desk reads.
    The rest as in `round.Wanted` and `tokens.SignIn`."""

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


def tokens_of(place: CrmPlace, http: Http, secret: Secret) -> Tokens:
    """How the desk signs in there."""
    if place.auth == "token":
        return FixedToken(secret)
    if place.auth == "key":
        asked = place.scopes or scopes.wanted(place.kinds or KINDS)
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
    http = Http(place.ca_file, stopped=stopped)
    tokens = tokens_of(place, http, secret)
    wanted = Wanted(
        server=place.server,
        source=place.source,
        around=Surroundings(place.region, place.member_system),
        # in our order, whatever the settings' is: whose names others show come first
        kinds=tuple(kind for kind in KINDS if kind in place.kinds) or KINDS,
        page=place.page,
        whole_days=place.whole_days,
    )
    try:
        client = FhirClient(http, place.server, tokens)
    except CrmProblem:
        http.close()
        raise
    this = Round(client, StoreLine(store, stopped), wanted, progress)
    return Pull(this, tokens, http.close)
