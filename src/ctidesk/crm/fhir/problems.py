"""What can go wrong between desk and CRM, in words for the user.

Runs in: desk process, any thread. No text carries anything of a request or an answer but codes of
closed value sets, the server's host, and names of resource types.
"""

from __future__ import annotations

from ctidesk.calls.errors import KnownError

_BY_ITSELF = "It is tried again by itself; what the desk has is shown meanwhile."


class CrmProblem(KnownError):
    """`passing`: may go by itself, so it is tried again; not before `retry_after_s` when the
    server named a time. `http_status`: 0 when there was no answer."""

    def __init__(
        self,
        code: str,
        text: str,
        remedy: str,
        *,
        passing: bool = False,
        retry_after_s: float | None = None,
        http_status: int = 0,
    ) -> None:
        super().__init__(code, text, remedy)
        self.passing = passing
        self.retry_after_s = retry_after_s
        self.http_status = http_status


class Conflict(CrmProblem):
    """Somebody else changed the resource since it was read (HTTP 412, or 409)."""

    def __init__(self, http_status: int = 412) -> None:
        super().__init__(
            "crm_conflict",
            "The CRM has a newer version of this.",
            "Compare both versions and decide; nothing was overwritten.",
            http_status=http_status,
        )


class Gone(CrmProblem):
    """The resource is not, or no longer, on the server (HTTP 404 or 410)."""

    def __init__(self, http_status: int = 404) -> None:
        super().__init__(
            "crm_gone",
            "The CRM does not have this (any more).",
            "Look whether it was deleted or merged with another record in the CRM.",
            http_status=http_status,
        )


class TooBig(CrmProblem):
    """An answer went beyond the limit and was not read further."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(
            "crm_too_big",
            f"An answer of the CRM is longer than {limit_bytes // (1024 * 1024)} MB.",
            "Nothing of it was used. Ask the CRM's administrator for the server's page limit.",
        )


def unreachable(host: str) -> CrmProblem:
    return CrmProblem(
        "crm_unreachable", f"The CRM at {host} cannot be reached.", _BY_ITSELF, passing=True
    )


def silent(host: str) -> CrmProblem:
    return CrmProblem(
        "crm_silent", f"The CRM at {host} does not answer in time.", _BY_ITSELF, passing=True
    )


def cut(host: str) -> CrmProblem:
    return CrmProblem(
        "crm_cut", f"An answer of the CRM at {host} ended in the middle.", _BY_ITSELF, passing=True
    )


def certificate(host: str, why: str) -> CrmProblem:
    """`why`: "unknown", "expired", "name", or "" for any other fault of TLS."""
    text, remedy = {
        "unknown": (
            f"Nobody whom this computer trusts vouches for the certificate of {host}.",
            "Ask IT for the file with your organisation's roots and name it in [crm] ca_file.",
        ),
        "expired": (
            f"The certificate of {host} has expired, or this computer's clock is wrong.",
            "Look at the clock first; then tell the CRM's administrator.",
        ),
        "name": (
            f"The certificate of the CRM is not for {host}.",
            "Check [crm] server; if it is right, tell the CRM's administrator.",
        ),
    }.get(
        why,
        (
            f"No secure connection with {host} could be made.",
            "The server must offer TLS 1.2 or newer. Tell the CRM's administrator.",
        ),
    )
    return CrmProblem("crm_certificate", text, f"{remedy} Nothing was sent.")


def not_fhir(host: str) -> CrmProblem:
    return CrmProblem(
        "crm_not_fhir",
        f"What answers at {host} is not a FHIR server.",
        "Check the address in [crm] server: it is the FHIR base, often ending in /fhir or /R4.",
    )


def unreadable(host: str) -> CrmProblem:
    return CrmProblem(
        "crm_unreadable",
        f"An answer of the CRM at {host} is not valid FHIR JSON.",
        f"Nothing of it was used. {_BY_ITSELF}",
        passing=True,
    )


def wrong_version(version: str) -> CrmProblem:
    return CrmProblem(
        "crm_wrong_version",
        f"The CRM speaks FHIR {version}, ctidesk needs R4 (4.0).",
        "Ask the CRM's administrator for the address of its R4 interface and put it into "
        "[crm] server.",
    )


def redirected(host: str) -> CrmProblem:
    return CrmProblem(
        "crm_redirected",
        f"{host} sends the desk on to another server. ctidesk does not follow.",
        "Put the CRM's real address into [crm] server. The access token was not sent there.",
    )


def not_signed_in(host: str) -> CrmProblem:
    return CrmProblem(
        "crm_not_signed_in",
        f"The CRM at {host} does not accept this desk's access (401).",
        "Its token or key may be withdrawn. Ask the CRM's administrator for a new one and store it "
        "with: ctidesk crm secret.",
        http_status=401,
    )


def missing_scopes(names: tuple[str, ...] = ()) -> CrmProblem:
    """`names`: resource types that may not be read; empty when the server does not say."""
    what = f" {', '.join(names)}" if names else " this"
    return CrmProblem(
        "crm_scopes",
        f"This desk may not use{what} in the CRM.",
        "Ask the CRM's administrator to allow it, or leave it out of [crm] types.",
        http_status=403,
    )


def too_many(retry_after_s: float | None) -> CrmProblem:
    return CrmProblem(
        "crm_too_many",
        "The CRM asks the desk to wait.",
        _BY_ITSELF,
        passing=True,
        retry_after_s=retry_after_s,
        http_status=429,
    )


def server_fault(status: int, retry_after_s: float | None) -> CrmProblem:
    return CrmProblem(
        "crm_server_fault",
        f"The CRM has a fault of its own (HTTP {status}).",
        _BY_ITSELF,
        passing=True,
        retry_after_s=retry_after_s,
        http_status=status,
    )


def refused(status: int, issue: str) -> CrmProblem:
    """`issue`: the code of an OperationOutcome, of the closed value set issue-type."""
    why = f", {issue}" if issue else ""
    return CrmProblem(
        "crm_refused",
        f"The CRM refused this (HTTP {status}{why}).",
        "The CRM's administrator finds the reason in the server's log at this time of day.",
        http_status=status,
    )


def doubled(kind: str) -> CrmProblem:
    return CrmProblem(
        "crm_doubled",
        f"The CRM has this {kind} more than once already.",
        "Nothing was added. Ask the CRM's administrator to remove the double, then send again.",
        http_status=412,
    )


def busy(kind: str) -> CrmProblem:
    return CrmProblem(
        "crm_busy", f"Others change this {kind} in the CRM right now.", _BY_ITSELF, passing=True
    )


def cyclic(kind: str) -> CrmProblem:
    return CrmProblem(
        "crm_cyclic",
        f"The CRM's pages of {kind} lead in a circle.",
        "What was read is kept. Tell the CRM's administrator that `next` links don't end.",
    )


def suspicious(kind: str, there: int, known: int) -> CrmProblem:
    return CrmProblem(
        "crm_suspicious",
        f"The CRM suddenly shows {there} of {known} resources of the type {kind}.",
        "Nothing was removed here. Ask the CRM's administrator whether this desk may still read "
        "all of them.",
    )


def unknown_types(names: tuple[str, ...]) -> CrmProblem:
    return CrmProblem(
        "crm_types",
        f"The desk does not read the type {names[0][:40]} of the CRM.",
        "Correct [crm] types, or leave it out to read all that the desk knows.",
    )


def no_key_store() -> CrmProblem:
    return CrmProblem(
        "crm_no_key_store",
        "This computer has no open key store that could keep the key or token of the CRM.",
        "Sign in again or open your password program; the desk tries again by itself.",
        passing=True,
    )


def bad_address() -> CrmProblem:
    return CrmProblem(
        "crm_address",
        "The address of the CRM cannot be used.",
        "Write [crm] server as https://host/path. Plain http is only for this computer itself.",
    )


def no_secret() -> CrmProblem:
    return CrmProblem(
        "crm_no_secret",
        "This desk has no key or token for the CRM.",
        "Store the one that the CRM's administrator gave you with: ctidesk crm secret.",
    )


def bad_key() -> CrmProblem:
    return CrmProblem(
        "crm_bad_key",
        "The stored key for the CRM cannot be used.",
        "It must be a private key in PEM: RSA of 2048 bits or more, or EC on P-384. Store it again "
        "with: ctidesk crm secret.",
    )


def no_token_address(host: str) -> CrmProblem:
    return CrmProblem(
        "crm_no_token_address",
        f"{host} does not tell where the desk can sign in.",
        "Ask the CRM's administrator for the token address and put it into [crm] token_url.",
    )


def sign_in_refused(host: str, error: str) -> CrmProblem:
    """`error`: the OAuth 2 error code (RFC 6749, 5.2), "" if it is none of those."""
    why = f" ({error})" if error else ""
    return CrmProblem(
        "crm_sign_in_refused",
        f"{host} refused the desk's sign-in{why}.",
        "Check [crm] client_id and key_id, that the public key is registered there, and this "
        "computer's clock.",
    )
