"""The doctor's judgement: what work with patients needs, what is only worth knowing."""

from __future__ import annotations

from typing import Any

import pytest

from ctidesk.diagnostics.checkup import Finding, Verdict, engine_findings, fit
from ctidesk.sip.engine.report import has_tls13, sound_cards

OWN: dict[str, Any] = {
    "own": True,
    "version": "2.17",
    "system": "linux",
    "sound": "ALSA",
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
        ({"sound": ""}, "Sound"),
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


@pytest.mark.parametrize(
    ("system", "sound", "library"),
    [
        ("linux", "ALSA", "OpenSSL 3.0.19 27 Jan 2026"),
        ("win32", "WMME", "OpenSSL 3.0.20 7 Apr 2026"),
        ("win32", "WMME", "Schannel"),
        ("darwin", "CoreAudio", "OpenSSL 3.6.0 1 Oct 2026"),
        ("darwin", "CoreAudio", "Network framework"),
    ],
)
def test_each_system_has_a_sound_and_a_tls_of_its_own(
    system: str, sound: str, library: str
) -> None:
    facts = {**OWN, "system": system, "sound": sound, "tls_library": library}
    findings = engine_findings(facts)
    assert fit(findings)
    said = {finding.name: finding.value for finding in findings}
    assert said["Sound"] == f"{sound}, 2 sound cards"
    assert said["TLS"] == f"{library}, up to 1.3"
    others = {"ALSA", "WMME", "CoreAudio"} - {sound}
    for cards in (0, 2):
        told = str(engine_findings({**facts, "cards": cards}))
        assert not [other for other in others if other in told]


def test_the_sound_of_another_system_is_no_sound() -> None:
    findings = engine_findings({**OWN, "system": "win32"})
    assert lacks(findings) == ["Sound"]
    assert "ALSA in place of WMME" in str(findings)


@pytest.mark.parametrize(
    ("library", "remedy"),
    [
        ("Schannel", "update Windows"),
        ("Network framework", "update macOS"),
        ("OpenSSL 1.0.2u", "our own build"),
        ("", "our own build"),
    ],
)
def test_what_helps_against_an_old_tls_depends_on_whose_it_is(library: str, remedy: str) -> None:
    findings = engine_findings({**OWN, "tls_library": library, "tls13": False})
    assert lacks(findings) == ["TLS"]
    (tls,) = (finding for finding in findings if finding.name == "TLS")
    assert tls.value.endswith("no TLS 1.3")
    assert remedy in tls.remedy


@pytest.mark.parametrize(
    ("sound", "names", "cards"),
    [
        ("ALSA", ["default", "pulse", "hw:CARD=H,DEV=0", "plughw:CARD=H,DEV=0", "hw:CARD=I"], 2),
        ("ALSA", ["default", "pulse"], 0),
        ("WMME", ["Wave mapper", "Headset", "Headset", "Speakers"], 2),
        ("WMME", ["Wave mapper"], 0),
        ("CoreAudio", ["Headset", "Built-in Output"], 2),
    ],
)
def test_what_is_listed_twice_is_one_sound_card(sound: str, names: list[str], cards: int) -> None:
    assert sound_cards(sound, names) == cards


@pytest.mark.parametrize(
    ("suites", "library", "version", "there"),
    [
        ([0xC02F, 0x1302], "OpenSSL 3.0.19", "#1 SMP Debian", True),
        ([0x3001302], "OpenSSL 3.0.19", "#1 SMP Debian", True),
        ([0xC02F], "OpenSSL 1.0.2u", "#1 SMP Debian", False),
        ([0x8000001], "Schannel", "10.0.22631", True),
        ([0x8000001], "Schannel", "10.0.19045", False),
        ([0x1301], "Network framework", "Darwin Kernel Version 24.1.0", True),
    ],
)
def test_whether_tls_1_3_is_there(
    suites: list[int], library: str, version: str, there: bool
) -> None:
    assert has_tls13(suites, library, version) is there
