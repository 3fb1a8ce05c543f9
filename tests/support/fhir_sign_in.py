"""A token endpoint of SMART backend services before the proxy: checks the signed word as a server
would, with the public key alone.

Runs in: the test process.
"""

from __future__ import annotations

import base64
import json
import time
from typing import Any
from urllib.parse import parse_qs

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA384
from tests.support.fhir_proxy import Answer, FaultProxy

CLIENT, KEY_ID = "ctidesk-1", "key-7"
SCOPES = "system/Patient.rs system/Coverage.rs"
FORM = "application/x-www-form-urlencoded"
JSON = {"Content-Type": "application/json"}

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def private_key(kind: str) -> PrivateKey:
    """ "RS384" or "ES384"."""
    if kind == "RS384":
        return rsa.generate_private_key(65537, 2048)
    return ec.generate_private_key(ec.SECP384R1())


def pem_of(key: PrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


class SignInDesk:
    """Adds `.well-known/smart-configuration` and a token endpoint to a proxy. Each token is a new
    one and replaces the one before. `ahead_s`: how far its clock is ahead of ours."""

    def __init__(self, proxy: FaultProxy, key: PrivateKey) -> None:
        self._proxy = proxy
        self._public = key.public_key()
        self.address = f"{proxy.origin}/auth/token"
        self.expires_in = 300
        self.granted = SCOPES
        self.ahead_s = 0.0
        self.issued = 0
        self.complaints: list[str] = []
        self._used: set[str] = set()
        proxy.routes["/auth/token"] = self._token
        proxy.routes["/fhir/R4/.well-known/smart-configuration"] = self._configuration
        proxy.token = "none issued yet"

    def _configuration(self, method: str, body: bytes, headers: dict[str, str]) -> Answer:
        return Answer(200, JSON, json.dumps({"token_endpoint": self.address}).encode())

    def _token(self, method: str, body: bytes, headers: dict[str, str]) -> Answer:
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        wrong = self._wrong(method, headers, form)
        date = {**JSON, "Date": _http_date(self._now())}
        if wrong:
            self.complaints.append(wrong)
            return Answer(400, date, json.dumps({"error": "invalid_client"}).encode())
        self.issued += 1
        self._proxy.token = f"token-{self.issued}"
        granted = {
            "access_token": self._proxy.token,
            "token_type": "bearer",
            "expires_in": self.expires_in,
            "scope": self.granted,
        }
        return Answer(200, date, json.dumps(granted).encode())

    def _now(self) -> float:
        return time.time() + self.ahead_s

    def _wrong(self, method: str, headers: dict[str, str], form: dict[str, str]) -> str:
        """The first thing that is not as SMART App Launch 2.2 wants it, "" if all is."""
        signed, _, signature = form.get("client_assertion", "").rpartition(".")
        head, body = (_decoded(part) for part in signed.split("."))
        kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        checks = {
            "method": method == "POST" and headers.get("content-type") == FORM,
            "grant": form.get("grant_type") == "client_credentials",
            "type": form.get("client_assertion_type") == kind,
            "scope": form.get("scope") == SCOPES,
            "alg": head.get("alg") == self._alg() and head.get("typ") == "JWT",
            "kid": head.get("kid") == KEY_ID,
            "issuer": body.get("iss") == body.get("sub") == CLIENT,
            "audience": body.get("aud") == self.address,
            "end": self._now() < body.get("exp", 0) <= self._now() + 300,
            "jti": bool(body.get("jti")) and body["jti"] not in self._used,
            "signature": self._genuine(signed.encode(), _bytes(signature)),
        }
        self._used.add(str(body.get("jti")))
        return next((name for name, right in checks.items() if not right), "")

    def _alg(self) -> str:
        return "RS384" if isinstance(self._public, rsa.RSAPublicKey) else "ES384"

    def _genuine(self, content: bytes, signature: bytes) -> bool:
        try:
            if isinstance(self._public, rsa.RSAPublicKey):
                self._public.verify(signature, content, padding.PKCS1v15(), SHA384())
            else:
                r, s = (int.from_bytes(part, "big") for part in (signature[:48], signature[48:]))
                self._public.verify(encode_dss_signature(r, s), content, ec.ECDSA(SHA384()))
        except InvalidSignature:
            return False
        return True


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _decoded(text: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(_bytes(text))
    return read


def _http_date(t_wall: float) -> str:
    from email.utils import formatdate

    return formatdate(t_wall, usegmt=True)
