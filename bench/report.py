"""What a benchmark returns and how it is printed."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Line:
    """One line of the table. `limit` is what the figure must not exceed, None where there is no
    limit; `peer` names what the figure is compared with and `peer_value` its figure."""

    name: str
    value: float
    unit: str
    limit: float | None = None
    peer: str = ""
    peer_value: float | None = None


@dataclass(frozen=True)
class Report:
    """`metrics` is the flat object of `--json`; keys carry their unit (`invite_card_ms_p50`)."""

    title: str
    lines: Sequence[Line]
    metrics: dict[str, float]
    notes: Sequence[str] = field(default_factory=tuple)

    def table(self) -> str:
        rows = [("figure", "value", "limit", "of limit", "beside", "ratio")]
        rows += [_cells(line) for line in self.lines]
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        body = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ]
        body.insert(1, "  ".join("-" * width for width in widths))
        return "\n".join([self.title, "", *body, "", *self.notes]).rstrip()

    def as_json(self) -> str:
        return json.dumps({name: round(value, 3) for name, value in self.metrics.items()})


def _cells(line: Line) -> tuple[str, str, str, str, str, str]:
    return (
        line.name,
        f"{line.value:.2f} {line.unit}",
        "" if line.limit is None else f"{line.limit:g} {line.unit}",
        "" if not line.limit else f"{line.value / line.limit:.2f}",
        "" if line.peer_value is None else f"{line.peer} {line.peer_value:.2f} {line.unit}",
        "" if not line.peer_value else f"{line.value / line.peer_value:.2f}",
    )


def percentile(values: Sequence[float], percent: float) -> float:
    """The nearest-rank percentile: a value that was really measured. NaN of nothing."""
    if not values:
        return math.nan
    ranked = sorted(values)
    return ranked[max(0, math.ceil(len(ranked) * percent / 100) - 1)]
