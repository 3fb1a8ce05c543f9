"""How many an import adds, changes and leaves as they are, kept while its batches go by.

Runs in: desk process; counted on the store thread, read on any. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field

Entity = int
"""Row id * 4 + `Owner`."""


@dataclass(slots=True)
class BatchTally:
    """Of one batch, which may be repeated. `before`: what was known of those that this batch met
    first; `touched`: all known ones that it wrote to."""

    added: int = 0
    before: dict[Entity, int] = field(default_factory=dict)
    touched: set[Entity] = field(default_factory=set)
    differs: dict[Entity, bool] = field(default_factory=dict)


class Tally:
    """Of the batches that are in. An entity's content is a digest; one that facts were taken from
    in one batch and given back to in a later one is unchanged at the end."""

    def __init__(self) -> None:
        self._added = 0
        self._before: dict[Entity, int] = {}
        self._changed: set[Entity] = set()

    def before(self, batch: BatchTally, entity: Entity) -> int | None:
        """What was known of it before the import, None of one that is new."""
        known = self._before.get(entity)
        return batch.before.get(entity) if known is None else known

    def counts(self, batch: BatchTally) -> tuple[int, int, int]:
        """(added, changed, unchanged) with `batch`."""
        changed = len(self._changed)
        for entity, differs in batch.differs.items():
            changed += differs - (entity in self._changed)
        known = len(self._before) + sum(entity not in self._before for entity in batch.before)
        return self._added + batch.added, changed, known - changed

    def take(self, batch: BatchTally) -> None:
        """`batch` is in."""
        self._added += batch.added
        for entity, content in batch.before.items():
            self._before.setdefault(entity, content)
        for entity, differs in batch.differs.items():
            (self._changed.add if differs else self._changed.discard)(entity)
