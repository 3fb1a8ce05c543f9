"""All guides that are in use, by id; a file with a mistake keeps the last good version of its own.

Runs in: desk process, any thread for `read_folder`, Qt main for the shelf.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ctidesk.calls.errors import KnownError
from ctidesk.calls.folding import words
from ctidesk.care.guide import Guide
from ctidesk.care.guide_expression import Value
from ctidesk.care.guide_fields import bad_guide
from ctidesk.care.guide_file import read_file, try_guide
from ctidesk.care.guide_translation import translated

MAX_GUIDES = 200


@dataclass(frozen=True, slots=True)
class Reading:
    """What a folder holds: guides by the name of their file, and what is wrong, by file. `away`:
    the folder cannot be read now. `untranslated`: files whose texts in the agent's language have
    a mistake, so that they are as written."""

    guides: Mapping[str, Guide]
    problems: Mapping[str, tuple[KnownError, ...]]
    away: bool = False
    untranslated: frozenset[str] = frozenset()


def read_folder(folder: Path, language: str = "en", beside: Collection[str] = ()) -> Reading:
    """Every `*.toml` directly in `folder`, with the texts of `folder/<language>/<same name>` laid
    over it. `beside`: ids of guides from elsewhere that a block may lead to. Never raises."""
    guides: dict[str, Guide] = {}
    untranslated: set[str] = set()
    problems: dict[str, tuple[KnownError, ...]] = {}
    try:
        found_files = [path for path in folder.iterdir() if path.suffix == ".toml"]
        paths = sorted(path for path in found_files if path.is_file())
    except OSError as error:
        gone = isinstance(error, FileNotFoundError)
        why = "the folder does not exist" if gone else f"it cannot be read ({error.strerror})"
        return Reading({}, {folder.name: (bad_guide(folder.name, why),)}, away=True)
    for path in paths[:MAX_GUIDES]:
        guide, found = read_guide(path, language)
        if guide is not None and found:
            untranslated.add(path.name)
        other = next((name for name, each in guides.items() if guide and each.id == guide.id), "")
        if guide is not None and other:
            found = [*found, bad_guide(path.name, f"its id “{guide.id}” is that of “{other}” too")]
        elif guide is not None:
            guides[path.name] = guide
        if found:
            problems[path.name] = tuple(found)
    whole = _with_lost_guides(guides, problems, beside)
    return Reading(guides, whole, untranslated=frozenset(untranslated))


def read_guide(path: Path, language: str = "en") -> tuple[Guide | None, list[KnownError]]:
    """The guide in `path`, in `language` where there are texts for it, and what is wrong. With a
    mistake in those texts, the guide as it is written. Never raises."""
    texts = path.parent / language / path.name
    try:
        guide, problems = try_guide(read_file(path), path.name)
        if guide is None or not texts.is_file():
            return guide, problems
        return translated(guide, read_file(texts), f"{language}/{texts.name}", language)
    except KnownError as problem:
        return None, [problem]
    except OSError as error:  # a share may go away between two files
        return None, [bad_guide(path.name, f"it cannot be read ({error.strerror})")]


def _with_lost_guides(
    guides: Mapping[str, Guide],
    problems: dict[str, tuple[KnownError, ...]],
    beside: Collection[str],
) -> dict[str, tuple[KnownError, ...]]:
    """A guide that a block leads to has to be there, unless its own file is the broken one."""
    ids = {guide.id for guide in guides.values()} | {Path(name).stem for name in problems}
    ids |= set(beside)
    for name, guide in guides.items():
        wanted = dict.fromkeys(each.guide for each in guide.blocks if each.guide)
        for one in (each for each in wanted if each not in ids):
            what = f"a block leads to the guide “{one}”, which is not there"
            problems[name] = (*problems.get(name, ()), bad_guide(name, what))
    return problems


class GuideShelf:
    """The guides in use. The shipped ones first; those of the centre's folder stand before them."""

    def __init__(self, shipped: Reading) -> None:
        self._shipped = dict(shipped.guides)
        self._own: dict[str, Guide] = {}
        self._listeners: list[Callable[[], None]] = []
        self.problems: tuple[KnownError, ...] = tuple(
            each for found in shipped.problems.values() for each in found
        )

    def take(self, reading: Reading) -> None:
        """What the centre's folder holds now. A file with a mistake keeps its last good version,
        one that is only mistaken in a translation its last good texts; one that is gone is gone.
        A folder that is away empties nothing."""
        if not reading.away:
            kept = {name: self._own[name] for name in reading.problems if name in self._own}
            fresh = {
                name: guide
                for name, guide in reading.guides.items()
                if not (
                    name in kept
                    and name in reading.untranslated
                    and kept[name].digest == guide.digest
                )
            }
            self._own = {**kept, **fresh}
        self.problems = tuple(each for found in reading.problems.values() for each in found)
        for listener in self._listeners:
            listener()

    @property
    def shipped_ids(self) -> frozenset[str]:
        """Any thread."""
        return frozenset(guide.id for guide in self._shipped.values())

    def subscribe(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)

    def all(self) -> tuple[Guide, ...]:
        by_id = {guide.id: guide for guide in self._shipped.values()}
        by_id |= {guide.id: guide for guide in self._own.values()}
        return tuple(by_id.values())

    def get(self, guide_id: str) -> Guide | None:
        return next((guide for guide in self.all() if guide.id == guide_id), None)

    def offered(self, party: str, facts: Mapping[str, Value], text: str = "") -> tuple[Guide, ...]:
        """For this caller, best first: those that a fact of the card calls for, then by priority.
        With `text`: those that match every word of it, whoever calls."""
        sought = words(text[:100])
        if sought:
            found = [each for each in self.all() if _matches(each, sought)]
        else:
            found = [each for each in self.all() if each.is_for(party)]
        return tuple(
            sorted(
                found,
                key=lambda one: (
                    bool(sought) and not one.is_for(party),
                    not called_for(one, facts),
                    -one.priority,
                    one.title,
                ),
            )
        )


def called_for(guide: Guide, facts: Mapping[str, Value]) -> bool:
    """Whether a fact of the card says that this guide is needed."""
    return guide.offer is not None and guide.offer.holds(facts)


def _matches(guide: Guide, sought: Sequence[str]) -> bool:
    texts = (guide.title, guide.summary, guide.id, *guide.words)
    held = [word for text in texts for word in words(text)]
    return all(any(word.startswith(part) for word in held) for part in sought)
