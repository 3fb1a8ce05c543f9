"""Signing in with a private key, as a server of SMART backend services checks it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support import fhir_proxy as faults
from tests.support.fake_clock import FakeClock
from tests.support.fhir_proxy import FaultProxy
from tests.support.fhir_server import FhirServer
from tests.support.fhir_sign_in import (
    CLIENT,
    KEY_ID,
    SCOPES,
    PrivateKey,
    SignInDesk,
    pem_of,
    private_key,
)

from ctidesk.crm.fhir import problems
from ctidesk.crm.fhir.client import FhirClient
from ctidesk.crm.fhir.tokens import BackendService, FixedToken, SignIn
from ctidesk.crm.fhir.transport import Http

SIGN_IN = SignIn(client_id=CLIENT, scopes=tuple(SCOPES.split()), key_id=KEY_ID)


class Bench:
    """A desk of the CRM and a client of it. `clock` only counts: the server's time is real."""

    def __init__(self, server: FhirServer, key: PrivateKey, sign_in: SignIn = SIGN_IN) -> None:
        self.proxy = FaultProxy(f"http://127.0.0.1:{server.port}")
        self.desk = SignInDesk(self.proxy, key)
        self.clock = FakeClock()
        self.http = Http()
        self.pem = pem_of(key)
        self.tokens = BackendService(
            self.http, self.proxy.base, sign_in, lambda: self.pem, mono=self.clock.mono
        )
        self.client = FhirClient(self.http, self.proxy.base, self.tokens)

    def close(self) -> None:
        self.http.close()
        self.proxy.close()


@pytest.fixture
def bench(server: FhirServer) -> Iterator[Bench]:
    standing = Bench(server, private_key("ES384"))
    yield standing
    standing.close()


@pytest.mark.parametrize("kind", ["RS384", "ES384"])
def test_the_desk_signs_in_where_the_server_says(server: FhirServer, kind: str) -> None:
    bench = Bench(server, private_key(kind))
    assert bench.client.server().version == "4.0.1"
    assert bench.client.search("Patient", {}).total is None
    assert (bench.desk.issued, bench.desk.complaints) == (1, [])
    assert bench.tokens.scopes == frozenset(SCOPES.split())
    bench.close()


def test_a_token_is_renewed_before_its_end(bench: Bench) -> None:
    bench.client.server()
    bench.clock.advance(200)
    bench.client.server()
    assert bench.desk.issued == 1
    bench.clock.advance(45)  # 245 of 300 s
    bench.client.server()
    assert bench.desk.issued == 2


def test_a_withdrawn_token_is_replaced_once(bench: Bench) -> None:
    bench.client.server()
    bench.proxy.token = "another desk's"
    bench.client.server()
    assert bench.desk.issued == 2
    bench.proxy.always = [("metadata", faults.status(401))]
    with pytest.raises(problems.CrmProblem) as caught:
        bench.client.server()
    assert caught.value.code == "crm_not_signed_in"
    assert bench.desk.issued == 3


@pytest.mark.parametrize("ahead_s", [3600.0, -3600.0])
def test_a_wrong_clock_is_got_over(bench: Bench, ahead_s: float) -> None:
    bench.desk.ahead_s = ahead_s
    bench.client.server()
    assert (bench.desk.issued, bench.desk.complaints) == (1, ["end"])
    bench.tokens.refused()
    bench.client.server()  # it has learnt
    assert (bench.desk.issued, bench.desk.complaints) == (2, ["end"])


def test_another_key_is_refused_with_a_remedy(bench: Bench) -> None:
    bench.pem = pem_of(private_key("ES384"))
    with pytest.raises(problems.CrmProblem) as caught:
        bench.client.server()
    assert caught.value.code == "crm_sign_in_refused"
    assert "invalid_client" in caught.value.text
    assert bench.desk.complaints == ["signature"]


def test_a_token_address_of_the_settings_where_the_server_says_none(server: FhirServer) -> None:
    bench = Bench(server, private_key("ES384"))
    del bench.proxy.routes["/fhir/R4/.well-known/smart-configuration"]
    bench.proxy.always = [(".well-known", faults.status(404))]
    bench.proxy.token = ""
    with pytest.raises(problems.CrmProblem) as caught:
        bench.client.server()
    assert caught.value.code == "crm_no_token_address"
    told = SignIn(CLIENT, tuple(SCOPES.split()), KEY_ID, token_url=bench.desk.address)
    tokens = BackendService(bench.http, bench.proxy.base, told, lambda: bench.pem)
    assert FhirClient(bench.http, bench.proxy.base, tokens).server().version == "4.0.1"
    assert bench.desk.issued == 1
    bench.close()


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ("http://auth.example/token", "crm_address"),
        ("https://user:word@auth.example/token", "crm_address"),
        ("javascript:alert(1)", "crm_address"),
    ],
)
def test_the_signed_word_goes_to_no_unsafe_address(bench: Bench, told: str, code: str) -> None:
    bench.desk.address = told
    with pytest.raises(problems.CrmProblem) as caught:
        bench.client.server()
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("pem", "code"),
    [
        ("", "crm_no_secret"),
        ("not a key", "crm_bad_key"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "crm_bad_key"),
    ],
)
def test_a_missing_and_a_bad_key_are_told_and_not_quoted(bench: Bench, pem: str, code: str) -> None:
    bench.pem = pem
    with pytest.raises(problems.CrmProblem) as caught:
        bench.client.server()
    assert caught.value.code == code
    assert "AAAA" not in str(caught.value)


def test_a_fixed_token_is_checked_before_it_goes_out() -> None:
    assert FixedToken(lambda: " abc \n").header() == "Bearer abc"
    for wrong, code in (("", "crm_no_secret"), ("a b", "crm_bad_key"), ("a\nb", "crm_bad_key")):
        with pytest.raises(problems.CrmProblem) as caught:
            FixedToken(lambda wrong=wrong: wrong).header()  # type: ignore[misc]
        assert caught.value.code == code
