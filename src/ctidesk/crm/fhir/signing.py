"""The signed word by which the desk proves who it is: a JWT by its private key (RFC 7523).

Runs in: desk process, the CRM's worker thread. SMART backend services (HL7 SMART App Launch 2.2,
"Client Authentication: Asymmetric") ask servers for RS384 and ES384.
"""

from __future__ import annotations

import base64
import json
import secrets
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ctidesk.crm.fhir import problems

LIFETIME_S = 240
"""SMART allows 300 s; the rest is for clocks that go wrong."""
MIN_RSA_BITS = 2048
_ES384_BYTES = 48


@dataclass(frozen=True, slots=True)
class Claim:
    """`audience`: the token address."""

    client_id: str
    key_id: str
    audience: str


class Signer:
    """Signs with the private key of a PEM text. Raises `CrmProblem` crm_bad_key."""

    def __init__(self, pem: str) -> None:
        try:
            key = load_pem_private_key(pem.encode(), None)
        except (ValueError, TypeError, UnsupportedAlgorithm, UnicodeError):
            raise problems.bad_key() from None
        fit = (isinstance(key, rsa.RSAPrivateKey) and key.key_size >= MIN_RSA_BITS) or (
            isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP384R1)
        )
        if not fit:
            raise problems.bad_key()
        self._key = key

    def assertion(self, claim: Claim, now_wall: float) -> str:
        """The JWT; `now_wall`: seconds since the epoch by the server's clock, as far as known."""
        header = {"alg": "ES384", "typ": "JWT"}
        if isinstance(self._key, rsa.RSAPrivateKey):
            header["alg"] = "RS384"
        if claim.key_id:
            header["kid"] = claim.key_id
        body = {
            "iss": claim.client_id,
            "sub": claim.client_id,
            "aud": claim.audience,
            "iat": int(now_wall),
            "exp": int(now_wall) + LIFETIME_S,
            "jti": secrets.token_urlsafe(24),
        }
        signed = f"{_encoded(json.dumps(header).encode())}.{_encoded(json.dumps(body).encode())}"
        return f"{signed}.{_encoded(self._signature(signed.encode()))}"

    def _signature(self, content: bytes) -> bytes:
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(content, padding.PKCS1v15(), SHA384())
        assert isinstance(self._key, ec.EllipticCurvePrivateKey)
        r, s = decode_dss_signature(self._key.sign(content, ec.ECDSA(SHA384())))
        return r.to_bytes(_ES384_BYTES, "big") + s.to_bytes(_ES384_BYTES, "big")


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
