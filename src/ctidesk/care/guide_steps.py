"""One step of a guide's file read into its value.

Runs in: desk process, any thread. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping

from ctidesk.care.guide import AnswerType, Arm, Choice, Step, StepKind
from ctidesk.care.guide_expression import Kind
from ctidesk.care.guide_facts import FACTS, Listed
from ctidesk.care.guide_fields import ID, Fields

MAX_CHOICES = 9
_ALL = ("id", "kind", "when", "say", "hint", "goto")
_FIELDS: Mapping[StepKind, tuple[str, ...]] = {
    StepKind.SAY: _ALL,
    StepKind.ASK: (
        *(*_ALL, "field", "type", "choices", "from", "required", "least", "most"),
        "no_goto",
    ),
    StepKind.CHECK: (*_ALL, "field", "show", "required", "no_goto"),
    StepKind.DO: (*_ALL, "command", "required"),
    StepKind.BRANCH: ("id", "kind", "when", "arms"),
}
COMMANDS = (
    *("recording.pause", "recording.resume", "call.transfer", "call.hold", "desk.red_flag"),
    *("desk.card", "desk.work_list", "call.interpreter"),
)
"""The desk's orders that a guide may give."""


def read_step(fields: Fields, kinds: Mapping[str, Kind]) -> Step:
    """`kinds`: the names that are known before this step. Mistakes are noted in the source."""
    kind = fields.one_of("kind", StepKind, None) or StepKind.SAY
    fields.only(_FIELDS[kind])
    answer = fields.one_of("type", AnswerType, AnswerType.TEXT) or AnswerType.TEXT
    listed = fields.one_of("from", Listed, None) if fields.has("from") else None
    sentence = kind in (StepKind.SAY, StepKind.ASK, StepKind.CHECK)
    if kind is StepKind.DO and not (fields.has("say") or fields.has("hint")):
        fields.wrong("hint", "is missing: what is to be done")
    step = Step(
        id=fields.id(),
        kind=kind,
        when=fields.when(kinds),
        say=fields.text("say", kinds, needed=sentence),
        hint=fields.text("hint", kinds),
        field=fields.label("field", needed=kind is StepKind.ASK),
        type=answer,
        choices=_choices(fields, answer, listed),
        listed=listed,
        required=fields.get("required", bool, False),
        least=fields.number_of("least"),
        most=fields.number_of("most"),
        show=_shown(fields, kind),
        goto=_goto(fields, "goto"),
        no_goto=_goto(fields, "no_goto"),
        command=_command(fields),
        arms=_arms(fields, kind, kinds),
    )
    if step.no_goto and not step.yes_or_no:
        fields.wrong("no_goto", "only makes sense where the answer is yes or no")
    bounded = (AnswerType.NUMBER, AnswerType.DATE)
    if (step.least is not None or step.most is not None) and answer not in bounded:
        fields.wrong("least", "and “most” only make sense for a number or a date")
    if step.least is not None and step.most is not None and step.least > step.most:
        fields.wrong("least", "is more than “most”")
    return step


def _goto(fields: Fields, key: str) -> str:
    return fields.id(key) if fields.has(key) else ""


def _choices(fields: Fields, answer: AnswerType, listed: Listed | None) -> tuple[Choice, ...]:
    entries = fields.get("choices", list, [])
    if answer is not AnswerType.CHOICE:
        if entries or listed:
            fields.wrong("choices", "and “from” only make sense with type “choice”")
        return ()
    if bool(entries) == bool(listed):
        fields.wrong("choices", "or “from” is needed, one of the two")
        return ()
    if len(entries) > MAX_CHOICES:
        fields.wrong("choices", f"has more than {MAX_CHOICES} lines, and there is a digit for each")
    found: list[Choice] = []
    for entry in entries[:MAX_CHOICES]:
        plain = entry if isinstance(entry, dict) else {}
        values = [plain.get(name, "") for name in ("key", "label", "goto")]
        texts = all(isinstance(each, str) for each in values)
        if not plain or not texts or set(plain) - {"key", "label", "goto"}:
            fields.wrong("choices", "holds tables of key, label and perhaps goto")
            continue
        key, label, goto = (str(each) for each in values)
        if not ID.fullmatch(key) or not 1 <= len(label) <= 80 or not label.isprintable():
            fields.wrong("choices", f"has a line with a wrong key or label: “{key[:40]}”")
        if any(key == other.key for other in found):
            fields.wrong("choices", f"repeats the key “{key[:40]}”")
        found.append(Choice(key, label, goto))
    return tuple(found)


def _shown(fields: Fields, kind: StepKind) -> tuple[str, ...]:
    names = fields.texts("show", 8) if kind is StepKind.CHECK else ()
    for name in names:
        if name not in FACTS:
            fields.wrong("show", f"names “{name[:40]}”, which is no known fact")
    return tuple(name for name in names if name in FACTS)


def _command(fields: Fields) -> str:
    command: str = fields.get("command", str, "")
    if command and command not in COMMANDS:
        fields.wrong("command", f"has to be one of: {', '.join(COMMANDS)}")
    return command


def _arms(fields: Fields, kind: StepKind, kinds: Mapping[str, Kind]) -> tuple[Arm, ...]:
    if kind is not StepKind.BRANCH:
        return ()
    entries = fields.get("arms", list, [])
    if not 1 <= len(entries) <= MAX_CHOICES:
        fields.wrong("arms", f"has to be a list of 1–{MAX_CHOICES} tables of when and goto")
        return ()
    return tuple(_arm(fields, entry, kinds) for entry in entries)


def _arm(fields: Fields, entry: object, kinds: Mapping[str, Kind]) -> Arm:
    inner = fields.inside("arms", entry)
    inner.only(("when", "goto"))
    return Arm(goto=inner.id("goto"), when=inner.when(kinds))
