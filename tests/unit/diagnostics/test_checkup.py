"""The doctor's judgement: what work with patients needs, what is only worth knowing."""

from __future__ import annotations

from typing import Any

import pytest

from ctidesk.diagnostics.checkup import Finding, Verdict, engine_findings, fit

OWN: dict[str, Any] = {
    "own": True,
    "version": "2.17",
    "sound": True,
    "cards": 2,
    "codecs": ["PCMU/8000/1", "PCMA/8000/1", "G722/16000/1", "opus/48000/2"],
    "srtp": ["AEAD_AES_256_GCM", "AES_CM_128_HMAC_SHA1_80"],
    "tls_library": "OpenSSL 3.0.19 27 Jan 2026",
    "tls13": True,
    "max_calls": 32,
}


def lacks(findings: list[Finding]) -> list[str]:
    return [finding.name for finding in findings if finding.verdict is Verdict.LACKS]


def test_our_own_build_is_fit() -> None:
    findings = engine_findings(OWN)
    assert fit(findings)
    assert findings[0].value == "pjproject 2.17, our own build"
    assert all(finding.remedy == "" for finding in findings)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"own": False}, "Engine"),
        ({"sound": False}, "Sound"),
        ({"codecs": ["PCMU/8000/1", "PCMA/8000/1", "G722/16000/1"]}, "Codecs"),
        ({"tls13": False}, "TLS"),
        ({"srtp": ["AES_CM_128_HMAC_SHA1_80"]}, "SRTP with AES-GCM"),
        ({"max_calls": 4}, "Calls at once"),
    ],
)
def test_each_thing_that_is_missing_is_named_alone(change: dict[str, Any], name: str) -> None:
    findings = engine_findings({**OWN, **change})
    assert lacks(findings) == [name]
    assert not fit(findings)


def test_a_computer_without_a_headset_now_is_only_noted() -> None:
    findings = engine_findings({**OWN, "cards": 0})
    assert fit(findings)
    assert [finding.name for finding in findings if finding.verdict is Verdict.NOTE] == ["Sound"]


def test_what_codecs_are_missing_is_said() -> None:
    (codecs,) = (
        f for f in engine_findings({**OWN, "codecs": ["G722/16000/1"]}) if "G.722" in f.value
    )
    assert codecs.value == "G.722; not Opus, PCMA, PCMU"


def test_a_library_that_is_missing_is_named_with_its_package() -> None:
    error = "libopus.so.0: cannot open shared object file: No such file or directory"
    (finding,) = engine_findings({"error": error})
    assert finding.verdict is Verdict.LACKS
    assert "libopus.so.0 is missing" in finding.value
    assert finding.remedy.endswith("apt-get install libopus0")


def test_an_error_of_another_kind_says_nothing_of_this_computer() -> None:
    (finding,) = engine_findings({"error": "/home/someone/pjsua2.so: undefined symbol"})
    assert finding.value == "cannot be loaded"
    assert "someone" not in finding.remedy
