"""The CRM's FHIR R4 interface: search by pages, read, create once, update if unchanged.

Runs in: desk process, the CRM's worker thread; every call blocks and raises `CrmProblem` or a
`KnownError` of the key store. REST: https://hl7.org/fhir/R4/http.html.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any, Protocol
from urllib.parse import quote, urlencode, urljoin

from ctidesk.crm.fhir import exact, pages, problems
from ctidesk.crm.fhir.pages import Page
from ctidesk.crm.fhir.tokens import Tokens
from ctidesk.crm.fhir.transport import MAX_ANSWER, Reply, Request, host_of, is_safe, origin_of

FHIR_JSON = "application/fhir+json"
_TYPE = re.compile(r"[A-Z][A-Za-z]{1,63}")
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_VERSION = re.compile(r'[^"\s]{1,128}')
_MAX_WAIT_S = 3600.0
_ISSUE_CODES = (
    "invalid structure required value invariant security login unknown expired forbidden "
    "suppressed processing not-supported duplicate multiple-matches not-found deleted too-long "
    "code-invalid extension too-costly business-rule conflict transient lock-error no-store "
    "exception timeout incomplete throttled informational"
)
_ISSUES = frozenset(_ISSUE_CODES.split())
"""https://hl7.org/fhir/R4/valueset-issue-type.html: what of an OperationOutcome may be shown."""


class Exchange(Protocol):
    def send(self, request: Request) -> Reply: ...


@dataclass(frozen=True, slots=True)
class Server:
    """What /metadata says. `version`: of FHIR; `tells_deletions`: it has a type history."""

    version: str
    tells_deletions: bool


@dataclass(frozen=True, slots=True)
class Kept:
    """A resource as the server keeps it now. `raw`: its text; `created`: it was not there
    before this call (None when the server's answer does not tell)."""

    kind: str
    fhir_id: str
    version: str
    raw: str = field(repr=False)
    resource: Mapping[str, Any] = field(repr=False)
    created: bool | None = None


class FhirClient:
    """`base`: the FHIR base URL, https (http for this computer only). Raises crm_address."""

    def __init__(self, http: Exchange, base: str, tokens: Tokens) -> None:
        if not is_safe(base):
            raise problems.bad_address()
        self._http = http
        self._base = base.rstrip("/") + "/"
        self._host = host_of(base)
        self._tokens = tokens

    def server(self) -> Server:
        """Whether this is FHIR R4 at all. Raises crm_not_fhir, crm_wrong_version."""
        reply = self._send(Request("GET", self._base + "metadata"), allowed=(200, 404, 410))
        try:
            about = pages.parse(_text(reply))
        except pages.NotJson:
            raise problems.not_fhir(self._host) from None
        if about.get("resourceType") != "CapabilityStatement":
            raise problems.not_fhir(self._host)
        version = about.get("fhirVersion")
        version = version if isinstance(version, str) else ""
        if not version.startswith("4.0"):
            shown = version if re.fullmatch(r"[0-9.]{1,12}", version) else "of another version"
            raise problems.wrong_version({"5": "R5", "3": "STU3"}.get(shown[:1], shown))
        return Server(version, _tells_deletions(about))

    def search(self, kind: str, wanted: Mapping[str, str], limit: int = MAX_ANSWER) -> Page:
        """The first page of a search; `wanted`: its parameters."""
        return self.page(f"{self._base}{_type(kind)}?{urlencode(wanted)}", limit)

    def history(self, kind: str, since: str, limit: int = MAX_ANSWER) -> Page:
        """What happened to resources of a type since an instant (deletions too)."""
        query = urlencode({"_since": since, "_count": "100"})
        return self.page(f"{self._base}{_type(kind)}/_history?{query}", limit)

    def page(self, url: str, limit: int = MAX_ANSWER) -> Page:
        """A page by its URL, as `next` gives it. Raises crm_redirected for another host's."""
        whole = urljoin(self._base, url)
        if origin_of(whole) != origin_of(self._base):
            raise problems.redirected(self._host)
        reply = self._send(Request("GET", whole, limit=limit), allowed=(200,))
        try:
            page = pages.page_of(_text(reply))
        except pages.NotJson:
            raise self._no_json(reply) from None
        if page is None:
            raise problems.unreadable(self._host)
        return replace(page, sent=_sent(reply))

    def read(self, kind: str, fhir_id: str) -> Kept:
        """One resource as it is now. Raises `Gone`."""
        return self._kept(self._send(Request("GET", self._url(kind, fhir_id)), allowed=(200,)))

    def find(self, kind: str, wanted: Mapping[str, str]) -> Kept | None:
        """The one resource that a search finds, None for none. Raises `Conflict` for several."""
        found = [
            each
            for each in self.search(kind, {**wanted, "_count": "2"}).entries
            if each.resource.get("resourceType") == kind and each.mode in ("match", "")
        ]
        if len(found) > 1:
            raise problems.Conflict
        fhir_id = found[0].resource.get("id") if found else None
        if not isinstance(fhir_id, str):
            return None
        about = found[0].resource.get("meta")
        version = about.get("versionId") if isinstance(about, dict) else None
        version = version if isinstance(version, str) else ""
        return Kept(kind, fhir_id, version, found[0].raw, found[0].resource, created=False)

    def create(self, resource: Mapping[str, Any], only_if_none: str) -> Kept:
        """Create, or get what an earlier try created: `only_if_none` is the search that would find
        it, such as "identifier=urn:ctidesk:call|1" (R4 http.html#ccreate). A lost answer can thus
        be repeated."""
        kind = _type(str(resource.get("resourceType", "")))
        headers = {"If-None-Exist": only_if_none, "Prefer": "return=representation"}
        request = self._writing("POST", self._base + kind, resource, headers)
        reply = self._send(request, allowed=(200, 201))
        return replace(self._kept(reply, resource), created=reply.status == 201)

    def update(self, resource: Mapping[str, Any], version: str) -> Kept:
        """Replace the version that was read. Raises `Conflict` when there is a newer one, `Gone`
        when there is none."""
        if not _VERSION.fullmatch(version):
            raise problems.Conflict  # without a version nothing could be guarded
        kind, fhir_id = str(resource.get("resourceType", "")), str(resource.get("id", ""))
        headers = {"If-Match": f'W/"{version}"', "Prefer": "return=representation"}
        request = self._writing("PUT", self._url(kind, fhir_id), resource, headers)
        return self._kept(self._send(request, allowed=(200, 201)), resource)

    # ----------------------------------------------------------------- private

    def _url(self, kind: str, fhir_id: str) -> str:
        if not _ID.fullmatch(fhir_id):
            raise problems.Gone
        return f"{self._base}{_type(kind)}/{quote(fhir_id, safe='')}"

    def _writing(
        self, method: str, url: str, resource: Mapping[str, Any], headers: dict[str, str]
    ) -> Request:
        content = exact.dumped(resource).encode()
        return Request(method, url, {**headers, "Content-Type": FHIR_JSON}, content)

    def _send(self, request: Request, allowed: tuple[int, ...]) -> Reply:
        reply = self._http.send(self._authorised(request))
        if reply.status == 401 and self._tokens.refused():
            reply = self._http.send(self._authorised(request))
        if reply.status in allowed:
            return reply
        raise self._refusal(reply)

    def _authorised(self, request: Request) -> Request:
        own = {"Accept": FHIR_JSON, **request.headers}
        if header := self._tokens.header():
            own["Authorization"] = header
        return replace(request, headers=own)

    def _refusal(self, reply: Reply) -> problems.CrmProblem:
        status = reply.status
        wait_s = _retry_after(reply)
        if status == 401:
            return problems.not_signed_in(self._host)
        if status == 403:
            return problems.missing_scopes()
        if status in (404, 410):
            return problems.Gone(status)
        if status in (409, 412):
            return problems.Conflict(status)
        if status == 429:
            return problems.too_many(wait_s)
        if status >= 500 or status == 408:
            return problems.server_fault(status, wait_s)
        if status < 300:
            return problems.unreadable(self._host)
        return problems.refused(status, _issue_of(reply))

    def _kept(self, reply: Reply, sent: Mapping[str, Any] | None = None) -> Kept:
        """From the body, or from the headers where a server answers a write without a body."""
        text = _text(reply)
        if not text.strip() and sent is not None:
            return self._kept_by_headers(reply, sent)
        try:
            resource = pages.parse(text)
        except pages.NotJson:
            raise self._no_json(reply) from None
        if resource.get("resourceType") == "OperationOutcome" and sent is not None:
            return self._kept_by_headers(reply, sent)
        about = resource.get("meta")
        version = about.get("versionId") if isinstance(about, dict) else None
        kind, fhir_id = resource.get("resourceType"), resource.get("id")
        if not isinstance(kind, str) or not isinstance(fhir_id, str):
            raise problems.unreadable(self._host)
        return Kept(
            kind=kind,
            fhir_id=fhir_id,
            version=version if isinstance(version, str) else _version_by_headers(reply),
            raw=text.strip(),
            resource=resource,
        )

    def _kept_by_headers(self, reply: Reply, sent: Mapping[str, Any]) -> Kept:
        kind, fhir_id = str(sent.get("resourceType", "")), str(sent.get("id", ""))
        found = re.search(rf"{kind}/([A-Za-z0-9\-.]{{1,64}})", reply.headers.get("location", ""))
        if found is not None:
            fhir_id = found[1]
        if not fhir_id:
            raise problems.unreadable(self._host)
        return Kept(kind, fhir_id, _version_by_headers(reply), "", {})

    def _no_json(self, reply: Reply) -> problems.CrmProblem:
        """HTML means another kind of server, or a login page that stands before it."""
        if "html" in reply.headers.get("content-type", ""):
            return problems.not_fhir(self._host)
        return problems.unreadable(self._host)


def _type(kind: str) -> str:
    if not _TYPE.fullmatch(kind):
        raise problems.refused(400, "invalid")
    return kind


def _text(reply: Reply) -> str:
    """FHIR JSON is UTF-8; what is none can't be JSON either, which the caller tells."""
    try:
        return reply.body.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "not UTF-8"


def _version_by_headers(reply: Reply) -> str:
    found = re.fullmatch(r'(?:W/)?"([^"]{1,128})"', reply.headers.get("etag", "").strip())
    return found[1] if found else ""


def _issue_of(reply: Reply) -> str:
    """The first issue's code. Its texts may quote what was sent."""
    try:
        issues = pages.parse(_text(reply)).get("issue")
    except pages.NotJson:
        return ""
    first = issues[0] if isinstance(issues, list) and issues else None
    code = first.get("code") if isinstance(first, dict) else None
    return code if isinstance(code, str) and code in _ISSUES else ""


def _retry_after(reply: Reply) -> float | None:
    """Seconds, from a number or a date (RFC 9110, 10.2.3); at most an hour."""
    told = reply.headers.get("retry-after", "").strip()
    if told.isascii() and told.isdecimal() and len(told) < 10:
        return min(float(told), _MAX_WAIT_S)
    try:
        wait_s = parsedate_to_datetime(told).timestamp() - time.time()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(wait_s, 0.0), _MAX_WAIT_S)


def _sent(reply: Reply) -> str:
    """The Date header as an instant of FHIR."""
    try:
        at = parsedate_to_datetime(reply.headers.get("date", ""))
        return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, TypeError, OverflowError):
        return ""


def _tells_deletions(about: Mapping[str, Any]) -> bool:
    """Whether any part of the statement promises the history of types."""
    rests = about.get("rest")
    for rest in rests if isinstance(rests, list) else ():
        resources = rest.get("resource") if isinstance(rest, dict) else None
        parts = [rest, *(resources if isinstance(resources, list) else ())]
        for part in parts:
            codes = part.get("interaction") if isinstance(part, dict) else None
            for each in codes if isinstance(codes, list) else ():
                if isinstance(each, dict) and each.get("code") in (
                    "history-type",
                    "history-system",
                ):
                    return True
    return False
