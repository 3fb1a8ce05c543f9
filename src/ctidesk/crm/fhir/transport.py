"""One HTTP exchange with the CRM: TLS, time-outs, limits, no way to another host.

Runs in: desk process, the CRM's worker thread. Synchronous on one thread and not asyncio: the desk
has no event loop, the store's jobs block too, and one request at a time is what a desk owes a
server that hundreds of desks ask.
"""

from __future__ import annotations

import ipaddress
import logging
import ssl
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import httpx

from ctidesk.crm.fhir import problems

# httpx tells every URL to its log, and a URL may name a patient
logging.getLogger("httpx").disabled = True
logging.getLogger("httpcore").disabled = True

CONNECT_S = 5.0
READ_S = 30.0
WHOLE_S = 120.0
"""An answer that drips for longer is given up."""
MAX_ANSWER = 4 * 1024 * 1024
_MAX_REDIRECTS = 3
_USER_AGENT = "ctidesk"


@dataclass(frozen=True, slots=True)
class Reply:
    """Header names are lower case. `body` is decoded, not parsed."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes | None = field(default=None, repr=False)
    limit: int = MAX_ANSWER


class Http:
    """`ca_file`: the roots that IT trusts, "" for those of the system. `read_s`: the longest
    silence. `stopped()`: asked between the parts of an answer; True gives it up."""

    def __init__(
        self,
        ca_file: str = "",
        read_s: float = READ_S,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        self._stopped = stopped
        self._client = httpx.Client(
            verify=_context(ca_file),
            timeout=httpx.Timeout(read_s, connect=CONNECT_S),
            follow_redirects=False,
            # neither .netrc nor proxies of the environment: a stranger's variable must not get
            # what was meant for the CRM
            trust_env=False,
            headers={"User-Agent": _USER_AGENT, "Accept-Encoding": "gzip"},
        )

    def send(self, request: Request) -> Reply:
        """The whole answer. Raises `CrmProblem` when there is none that can be used; any HTTP
        status is an answer."""
        origin, url = origin_of(request.url), request.url
        for _ in range(_MAX_REDIRECTS + 1):
            reply = self._once(request, url)
            if reply.status not in (301, 302, 303, 307, 308):
                return reply
            there = httpx.URL(url).join(reply.headers.get("location", ""))
            if origin_of(str(there)) != origin or request.method != "GET":
                break
            url = str(there)
        raise problems.redirected(host_of(request.url))

    def close(self) -> None:
        self._client.close()

    # ----------------------------------------------------------------- private

    def _once(self, request: Request, url: str) -> Reply:
        host = host_of(url)
        try:
            with self._client.stream(
                request.method, url, headers=dict(request.headers), content=request.content
            ) as response:
                body = self._body(response, request.limit, host)
                return Reply(response.status_code, response.headers, body, url)
        except httpx.ConnectError as error:
            raise _not_connected(error, host) from None
        except httpx.ConnectTimeout:
            raise problems.unreachable(host) from None
        except httpx.TimeoutException:
            raise problems.silent(host) from None
        except (httpx.TransportError, zlib.error):
            raise problems.cut(host) from None
        except (httpx.InvalidURL, httpx.HTTPError, UnicodeError):
            raise problems.bad_address() from None

    def _body(self, response: httpx.Response, limit: int, host: str) -> bytes:
        """By hand: httpx would unpack a whole chunk, however much it holds."""
        packed = response.headers.get("content-encoding", "").lower()
        unpack = zlib.decompressobj(wbits=47) if packed in ("gzip", "deflate") else None
        ends = time.monotonic() + WHOLE_S
        parts: list[bytes] = []
        size = 0
        for raw in response.iter_raw():
            part = raw if unpack is None else unpack.decompress(raw, limit + 1 - size)
            size += len(part)
            if size > limit:
                raise problems.TooBig(limit)
            parts.append(part)
            if time.monotonic() > ends or self._stopped():
                raise problems.silent(host)
        if unpack is not None and not unpack.eof:
            raise problems.cut(host)
        return b"".join(parts)


def origin_of(url: str) -> tuple[str, str, int]:
    """(scheme, host, port), the port always named; ("", "", 0) of what is no URL."""
    try:
        read = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError):
        return "", "", 0
    port = read.port or {"https": 443, "http": 80}.get(read.scheme, 0)
    return read.scheme, read.host, port


def host_of(url: str) -> str:
    return origin_of(url)[1] or "the server"


def is_safe(url: str) -> bool:
    """https, or http to this very computer; no user name in it."""
    scheme, host, _ = origin_of(url)
    if not host or httpx.URL(url).userinfo:
        return False
    return scheme == "https" or (scheme == "http" and _is_loopback(host))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _context(ca_file: str) -> ssl.SSLContext:
    # not create_default_context: that one would write session keys to SSLKEYLOGFILE
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        if ca_file:
            context.load_verify_locations(cafile=ca_file)
        else:
            context.load_default_certs()
    except (OSError, ssl.SSLError):
        raise problems.CrmProblem(
            "crm_ca_file",
            "The file with the trusted roots of the CRM cannot be read.",
            "Check [crm] ca_file: it must be a PEM file that you may read.",
        ) from None
    return context


def _not_connected(error: BaseException, host: str) -> problems.CrmProblem:
    """A refused certificate comes as a failed connection: the reason is in the causes."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            # X509_V_ERR_… of OpenSSL's x509_vfy.h
            why = {9: "expired", 10: "expired", 62: "name", 64: "name"}
            return problems.certificate(host, why.get(cause.verify_code, "unknown"))
        if isinstance(cause, ssl.SSLError):
            return problems.certificate(host, "")
        cause = cause.__cause__ or cause.__context__
    return problems.unreachable(host)
