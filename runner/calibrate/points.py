"""What was observed: numbers with their uncertainty, each found in every run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

TWO_SIDED_95 = 1.959963984540054
Role = Literal["fit", "hold_out"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One observed number and where a run reports its like.

    It is a metric, or the value of `column` in the row of `table` whose `period_column` is
    `period`. `se` is in the number's own unit; with a `tolerance` (half the width of a 95 % band)
    it is `tolerance / 1.96`. Variables that are not at or below the path `moved_by` are declared
    not to move it; an empty path declares nothing.
    """

    name: str
    target: str
    value: float
    se: float
    unit: str
    source: str
    role: Role = "fit"
    tolerance: float | None = None
    metric: str = ""
    table: str = ""
    column: str = ""
    period_column: str = ""
    period: int = 0
    moved_by: str = ""

    def is_moved_by(self, path: str) -> bool:
        """Tell whether a variable may move the number, as far as the target declares."""
        return not self.moved_by or f"{path}.".startswith(f"{self.moved_by}.")


def tables_of(points: tuple[Point, ...]) -> tuple[str, ...]:
    """Return the tables that the points need, each once."""
    return tuple(dict.fromkeys(point.table for point in points if point.table))
