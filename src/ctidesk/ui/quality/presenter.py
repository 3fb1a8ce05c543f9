"""What a measured line means in bars and words, and the figures behind them.

Runs in: desk process, Qt main thread (no Qt in here).
"""

from __future__ import annotations

from dataclasses import dataclass

from ctidesk.calls.call import Call, Phase
from ctidesk.calls.events import QualityMeasured
from ctidesk.calls.line_quality import Side, Trouble, Verdict, verdict_of
from ctidesk.ui.theme.tokens import Role

NOT_REPORTED = "not reported yet"


@dataclass(frozen=True, slots=True)
class Quality:
    """`bars` 0..4; `detail` names the figures in one line, `rows` one by one: (what, how much)."""

    bars: int
    role: Role
    word: str
    detail: str = ""
    rows: tuple[tuple[str, str], ...] = ()


NO_CALL = Quality(0, Role.AWAY, "No call")
NOT_MEASURED = Quality(0, Role.AWAY, "–", "Not measured yet")
ON_HOLD = Quality(0, Role.AWAY, "–", "Not measured on hold")

_BARS = {
    Verdict.GOOD: (4, Role.READY, "Good"),
    Verdict.FAIR: (3, Role.READY, "Fair"),
    Verdict.POOR: (2, Role.HOLD, "Poor"),
    Verdict.BAD: (1, Role.DANGER, "Bad"),
}
VERDICT_WORDS = {verdict: word for verdict, (_bars, _role, word) in _BARS.items()}
_TROUBLES = {
    Trouble.LOSS: "packets get lost",
    Trouble.JITTER: "packets come too late",
    Trouble.DELAY: "voices are late",
    Trouble.NO_AUDIO: "nothing arrives",
    Trouble.SILENT_MIC: "the microphone is silent",
}
_SIDES = {
    Side.HERE: "you hear it",
    Side.THERE: "the other side hears it",
    Side.BOTH: "both sides hear it",
}
CODEC_WORDS = {
    "PCMU": "G.711 µ-law",
    "PCMA": "G.711 A-law",
    "G722": "G.722 wideband",
    "OPUS": "Opus wideband",
}


def quality_of(measured: QualityMeasured | None, call: Call | None = None) -> Quality:
    """The bars for a measurement, `NO_CALL` for none. With `call`: its standing verdict, which
    does not jump with each measurement."""
    if measured is None:
        return NO_CALL if call is None else NOT_MEASURED
    if call is not None and call.phase in (Phase.HELD, Phase.RESUMING):
        return ON_HOLD
    verdict = verdict_of(measured.mos) if call is None else call.line.verdict
    bars, role, word = _BARS[verdict]
    detail = (
        f"MOS {measured.mos:.1f} · loss {measured.loss_pct:.1f} % · "
        f"jitter {measured.jitter_ms:.0f} ms · round trip {_round_trip(measured)}"
    )
    return Quality(bars, role, word, detail, _rows(word, measured, call))


def _rows(word: str, measured: QualityMeasured, call: Call | None) -> tuple[tuple[str, str], ...]:
    far = measured.far_loss_pct
    rows = [
        ("Line", word),
        ("Score (MOS)", f"{measured.mos:.1f} of 4.5"),
        ("Lost on the way here", f"{measured.loss_pct:.1f} %"),
        ("Filled in", f"{measured.concealed_pct:.1f} %"),
        ("Jitter", f"{measured.jitter_ms:.0f} ms"),
        ("Round trip", _round_trip(measured)),
        ("Lost on the way there", NOT_REPORTED if far is None else f"{far:.1f} %"),
    ]
    if call is not None:
        if call.line.trouble is not Trouble.NONE:
            rows.insert(1, ("What is wrong", trouble_words(call.line.trouble, call.line.side)))
        rows += [
            ("Codec", codec_word(call.codec)),
            ("Encrypted", "Yes" if call.encrypted else "No"),
        ]
    return tuple(rows)


def trouble_words(trouble: Trouble, side: Side) -> str:
    """Such as "packets get lost, you hear it"."""
    what = _TROUBLES.get(trouble, "")
    plain = trouble in (Trouble.NO_AUDIO, Trouble.SILENT_MIC)
    return what if plain else f"{what}, {_SIDES[side]}"


def codec_word(codec: str) -> str:
    """ "G722/16000" → "G.722 wideband"."""
    name = codec.partition("/")[0].upper()
    return CODEC_WORDS.get(name, name or "–")


def _round_trip(measured: QualityMeasured) -> str:
    return f"{measured.rtt_ms:.0f} ms" if measured.rtt_ms else NOT_REPORTED
