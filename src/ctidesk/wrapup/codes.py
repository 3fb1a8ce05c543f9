"""The tree of wrap-up codes: its values, subsets per party, and search as one types.

Runs in: desk process, any thread (frozen values). `codes_file` reads the tree from a file.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ctidesk.calls.agent_events import LogEvent, WrapUpSaved
from ctidesk.calls.folding import folded, words

PARTIES = ("member", "carer", "provider", "supplier", "insurer")
"""The parties that codes can be limited to; the values of `care.member.Party` but "unknown"."""


@dataclass(frozen=True, slots=True)
class Group:
    """A branch of the tree; `parent` "" at the root."""

    id: str
    label: str
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Code:
    """One reason for a call. `parties` empty: for everybody. An inactive code keeps its label for
    old calls but can't be chosen any more."""

    code: str
    label: str
    group: str
    parties: frozenset[str] = frozenset()
    synonyms: tuple[str, ...] = ()
    needs_note: bool = False
    active: bool = True

    def is_for(self, party: str) -> bool:
        """`party` "" or "unknown" (not decided yet) may have every active code."""
        return self.active and (
            not self.parties or party in self.parties or party in ("", "unknown")
        )


@dataclass(frozen=True, slots=True)
class Branch:
    """A group with what is below it, for showing as a tree."""

    group: Group
    branches: tuple[Branch, ...]
    codes: tuple[Code, ...]


@dataclass(frozen=True, slots=True)
class CodeTree:
    """All codes and groups in the order of the file. `time_out` is the code that is set when the
    time limit of wrap-up ends without one."""

    groups: tuple[Group, ...]
    codes: tuple[Code, ...]
    time_out: str
    _by_code: dict[str, Code] = field(init=False, repr=False, compare=False)
    _by_group: dict[str, Group] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_code", {each.code: each for each in self.codes})
        object.__setattr__(self, "_by_group", {each.id: each for each in self.groups})

    def find(self, code: str) -> Code | None:
        return self._by_code.get(code)

    def for_party(self, party: str) -> tuple[Code, ...]:
        """The codes that can be chosen for `party`, in order."""
        return tuple(each for each in self.codes if each.is_for(party))

    def path(self, code: str) -> tuple[str, ...]:
        """Labels from the root to the code, e.g. ("Appointments", "Book an appointment"); an
        unknown code is shown as itself."""
        found = self.find(code)
        return (*self._group_path(found.group), found.label) if found else (code,)

    def branches(self, party: str, parent: str = "") -> tuple[Branch, ...]:
        """The tree of the codes that can be chosen for `party`; empty branches are left out."""
        made = (
            Branch(
                group,
                self.branches(party, group.id),
                tuple(each for each in self.for_party(party) if each.group == group.id),
            )
            for group in self.groups
            if group.parent == parent
        )
        return tuple(branch for branch in made if branch.branches or branch.codes)

    def search(
        self, text: str, party: str, recent: Sequence[str] = (), limit: int = 20
    ) -> tuple[Code, ...]:
        """Codes for `party` that match every word of `text`, best first; recent ones first among
        equals, and first of all where `text` is empty. Accents and case don't count.

        Best is the code itself, then its beginning, the label's beginning, words of the label,
        synonyms, groups, and last a part of a word.
        """
        query = folded(text[:100]).strip()
        sought = words(query)
        rank = {code: place for place, code in enumerate(recent)}
        found: list[tuple[int, int, int, Code]] = []
        for place, code in enumerate(self.for_party(party)):
            score = self._score(code, query, sought)
            if score is not None:
                found.append((score, rank.get(code.code, len(rank)), place, code))
        found.sort(key=lambda each: each[:3])
        return tuple(each[3] for each in found[:limit])

    def _score(self, code: Code, query: str, sought: tuple[str, ...]) -> int | None:
        if not sought:
            return None if query else 0
        name, label = folded(code.code), folded(code.label)
        if query == name:
            return 0
        if name.startswith(query):
            return 1
        if label.startswith(query):
            return 2
        in_label = [*words(label), *words(name)]
        in_synonyms = [each for synonym in code.synonyms for each in words(synonym)]
        in_groups = [each for group in self._group_path(code.group) for each in words(group)]
        if _all_begin(sought, in_label):
            return 3
        if _all_begin(sought, [*in_label, *in_synonyms]):
            return 4
        everything = [*in_label, *in_synonyms, *in_groups]
        if _all_begin(sought, everything):
            return 5
        inside = all(any(part in word for word in everything) for part in sought)
        return 6 if inside else None

    def _group_path(self, group_id: str) -> tuple[str, ...]:
        labels: list[str] = []
        group = self._by_group.get(group_id)
        while group is not None and len(labels) <= len(self.groups):
            labels.append(group.label)
            group = self._by_group.get(group.parent)
        return tuple(reversed(labels))


def _all_begin(sought: Iterable[str], among: Sequence[str]) -> bool:
    return all(any(word.startswith(part) for word in among) for part in sought)


class RecentCodes:
    """The codes that the agent chose last, newest first, from the event log alone. Codes that a
    time-out set don't count. Owned by the desk, Qt main thread."""

    def __init__(self, limit: int = 5) -> None:
        self._limit = limit
        self._chosen: deque[tuple[str, str]] = deque(maxlen=50)

    def add(self, event: LogEvent) -> None:
        if isinstance(event, WrapUpSaved) and event.by == "agent" and event.code:
            self._chosen.append((event.code, event.party))

    def codes(self, tree: CodeTree, party: str) -> tuple[str, ...]:
        """At most `limit` codes that can be chosen for `party`: those used for it first."""
        newest = list(dict.fromkeys(reversed(self._chosen)))
        ordered = [c for c, used_for in newest if used_for == party] + [c for c, _ in newest]
        found = (tree.find(code) for code in dict.fromkeys(ordered))
        usable = [each.code for each in found if each is not None and each.is_for(party)]
        return tuple(usable[: self._limit])
