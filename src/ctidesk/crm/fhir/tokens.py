"""How the desk shows that it may use the CRM: no token, a fixed one, or one fetched with its key.

Runs in: desk process, the CRM's worker thread. Tokens are kept in memory alone; secrets come from
where `Secret` gets them (the system's key store) at each need.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, Protocol
from urllib.parse import urlencode

from ctidesk.crm.fhir import pages, problems
from ctidesk.crm.fhir.signing import Claim, Signer
from ctidesk.crm.fhir.transport import Http, Reply, Request, host_of, is_safe

Secret = Callable[[], str]
"""Gives the stored token or private key; "" when there is none. May block, raises `KnownError`."""

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
WELL_KNOWN = "/.well-known/smart-configuration"
SHORTEST_S = 30.0
SOONER_S = 60.0
"""A token is renewed so long before its end, or at four fifths of its life if that is later."""
UNSAID_S = 300.0
"""Life of a token that does not tell its end."""
SKEW_S = 30.0
_LIMIT = 256 * 1024
_ERROR_CODES = (
    "invalid_request invalid_client invalid_grant unauthorized_client "
    "unsupported_grant_type invalid_scope"
)
_OAUTH_ERRORS = frozenset(_ERROR_CODES.split())


class Tokens(Protocol):
    def header(self) -> str:
        """The Authorization header, "" for none. May fetch a token; raises `KnownError`."""
        ...

    def refused(self) -> bool:
        """The server answered 401. True when another token can be had, so that a second try is
        worth it."""
        ...

    @property
    def scopes(self) -> frozenset[str] | None:
        """What was granted, None when nobody said."""
        ...


class NoToken:
    """A server that asks for none, such as one on this computer."""

    scopes: frozenset[str] | None = None

    def header(self) -> str:
        return ""

    def refused(self) -> bool:
        return False


class FixedToken:
    """A bearer token (RFC 6750) that the centre was given."""

    scopes: frozenset[str] | None = None

    def __init__(self, secret: Secret) -> None:
        self._secret = secret

    def header(self) -> str:
        token = self._secret().strip()
        if not token:
            raise problems.no_secret()
        if not token.isascii() or not token.isprintable() or " " in token:
            raise problems.bad_key()
        return f"Bearer {token}"

    def refused(self) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class SignIn:
    """What a backend service is registered as. `token_url` "": the server's own word counts
    (SMART configuration); else it stands in where the server says nothing."""

    client_id: str
    scopes: tuple[str, ...]
    key_id: str = ""
    token_url: str = ""


@dataclass(slots=True)
class _Token:
    value: str = field(repr=False)
    ends_mono: float
    scopes: frozenset[str] | None


class BackendService:
    """Client credentials with private_key_jwt (RFC 6749 4.4, RFC 7523, SMART backend services).
    `base`: the FHIR base, where the token address is looked up."""

    def __init__(
        self,
        http: Http,
        base: str,
        sign_in: SignIn,
        private_key: Secret,
        mono: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._http = http
        self._base = base
        self._sign_in = sign_in
        self._private_key = private_key
        self._mono = mono
        self._wall = wall
        self._token: _Token | None = None
        self._address = ""
        self._ahead_s = 0.0  # of the server's clock before ours

    @property
    def scopes(self) -> frozenset[str] | None:
        return self._token.scopes if self._token else None

    def header(self) -> str:
        if self._token is None or self._mono() >= self._token.ends_mono:
            self._token = self._fetch()
        return f"Bearer {self._token.value}"

    def refused(self) -> bool:
        self._token = None
        return True

    # ----------------------------------------------------------------- private

    def _fetch(self) -> _Token:
        address = self._address or self._token_address()
        pem = self._private_key()
        if not pem.strip():
            raise problems.no_secret()
        signer = Signer(pem)
        reply = self._ask(address, signer)
        if reply.status in (400, 401) and self._clock_was_wrong(reply):
            reply = self._ask(address, signer)
        answer = _object(reply, host_of(address))
        if reply.status != 200:
            raise _refusal(reply, answer, host_of(address))
        self._address = address
        return self._taken(answer, host_of(address))

    def _ask(self, address: str, signer: Signer) -> Reply:
        claim = Claim(self._sign_in.client_id, self._sign_in.key_id, address)
        form = {
            "grant_type": "client_credentials",
            "scope": " ".join(self._sign_in.scopes),
            "client_assertion_type": ASSERTION,
            "client_assertion": signer.assertion(claim, self._wall() + self._ahead_s),
        }
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        content = urlencode(form).encode()
        return self._http.send(Request("POST", address, headers, content, _LIMIT))

    def _clock_was_wrong(self, reply: Reply) -> bool:
        """A word signed "in the future" is refused: the server's own time is taken, once."""
        try:
            there = parsedate_to_datetime(reply.headers.get("date", "")).timestamp()
        except (ValueError, TypeError, OverflowError):
            return False
        ahead = there - self._wall()
        wrong = abs(ahead - self._ahead_s) > SKEW_S
        self._ahead_s = ahead if wrong else self._ahead_s
        return wrong

    def _taken(self, answer: dict[str, Any], host: str) -> _Token:
        value, life = answer.get("access_token"), answer.get("expires_in")
        kind = answer.get("token_type")
        fit = isinstance(value, str) and value.isascii() and value.isprintable()
        if not fit or " " in str(value) or str(kind).lower() != "bearer":
            raise problems.sign_in_refused(host, "")
        life_s = float(life) if isinstance(life, int | float) and life > 0 else UNSAID_S
        keep_s = max(life_s - SOONER_S, life_s * 0.8) if life_s > SHORTEST_S else life_s / 2
        scope = answer.get("scope")
        scopes = frozenset(scope.split()) if isinstance(scope, str) and scope.strip() else None
        return _Token(str(value), self._mono() + min(keep_s, life_s - 1), scopes)

    def _token_address(self) -> str:
        url = self._base.rstrip("/") + WELL_KNOWN
        headers = {"Accept": "application/json"}
        reply = self._http.send(Request("GET", url, headers, limit=_LIMIT))
        told: Any = None
        if reply.status == 200:
            try:
                told = pages.parse(reply.body.decode("utf-8")).get("token_endpoint")
            except (pages.NotJson, UnicodeDecodeError):
                told = None
        address = told if isinstance(told, str) and told else self._sign_in.token_url
        if not address:
            raise problems.no_token_address(host_of(self._base))
        if not is_safe(address):
            raise problems.bad_address()
        return address


def _object(reply: Reply, host: str) -> dict[str, Any]:
    try:
        return pages.parse(reply.body.decode("utf-8"))
    except (pages.NotJson, UnicodeDecodeError):
        if reply.status == 200:
            raise problems.sign_in_refused(host, "") from None
        return {}


def _refusal(reply: Reply, answer: dict[str, Any], host: str) -> problems.CrmProblem:
    if reply.status >= 500:
        return problems.server_fault(reply.status, None)
    if reply.status == 429:
        return problems.too_many(None)
    error = answer.get("error")
    return problems.sign_in_refused(host, error if error in _OAUTH_ERRORS else "")
