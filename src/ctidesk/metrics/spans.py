"""A set of time spans whose overlaps count once.

Runs in: desk process, Qt main thread. Pure.
"""

from __future__ import annotations

from bisect import bisect_left


class Spans:
    """Disjoint spans in order, each (start, end) in seconds."""

    __slots__ = ("_spans", "total_s")

    def __init__(self) -> None:
        self._spans: list[tuple[float, float]] = []
        self.total_s = 0.0
        """Seconds that at least one span covers."""

    def add(self, start: float, end: float) -> None:
        """Cover `start`–`end`; constant time where it is the newest."""
        if end <= start:
            return
        first = self._first_reaching(start)
        last = first
        covered_s = 0.0
        while last < len(self._spans) and self._spans[last][0] <= end:
            span_start, span_end = self._spans[last]
            covered_s += span_end - span_start
            start, end = min(start, span_start), max(end, span_end)
            last += 1
        self._spans[first:last] = [(start, end)]
        self.total_s += (end - start) - covered_s

    def total_with(self, start: float, end: float) -> float:
        """`total_s` as it would be with `start`–`end` added."""
        if end <= start:
            return self.total_s
        covered_s = 0.0
        for span_start, span_end in self._spans[self._first_reaching(start) :]:
            covered_s += max(0.0, min(end, span_end) - max(start, span_start))
        return self.total_s + (end - start) - covered_s

    def _first_reaching(self, start: float) -> int:
        """Index of the first span that ends at or behind `start`."""
        place = bisect_left(self._spans, (start, start))
        if place and self._spans[place - 1][1] >= start:
            place -= 1
        return place
