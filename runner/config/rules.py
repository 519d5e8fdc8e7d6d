"""Say what an acceptance rule is: a band or target on a metric or on a table's column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from runner.config.named_metrics import Scale
from runner.contract import EngineSpec

Kind = Literal[
    "between",
    "at_least",
    "at_most",
    "equals",
    "non_decreasing",
    "min_growth",
    "noninferior",
    "equivalent",
]

GENERAL = "general"
STEPS: tuple[Kind, ...] = ("non_decreasing", "min_growth")
CONTROL = "control"
MARGIN = 0.10


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One acceptance rule on a metric, or on a column of a table period by period.

    `bounds` are the band's ends (equal for `equals`, infinite where open) or the smallest growth.
    `period` is the column that numbers the table's rows, None where no whole number does; `series`
    are the key columns before it: each of their combinations is a series of its own. `scope` is
    the engine's scope of the table.

    With `versus` (`control`) the rule is on the arm's mean less the control's, in the unit of the
    metric, or as a fraction of the control's mean with `scale` relative; `bounds` are those of
    the difference, and of `noninferior` and `equivalent` the margin turned into them.
    """

    rule_id: str
    kind: Kind
    bounds: tuple[float, float]
    metric: str | None = None
    table: str | None = None
    column: str | None = None
    previous: str | None = None
    period: str | None = None
    series: tuple[str, ...] = ()
    scope: str | None = None
    tolerance: float = 0.0
    pass_share: float = 1.0
    margin: float = MARGIN
    source: str = ""
    versus: str | None = None
    scale: Scale = "difference"


def scope_of(spec: EngineSpec, table: str) -> str | None:
    """Return the engine's scope that a table belongs to by its name, `general` for none of them.

    None for engines without scopes.
    """
    if not spec.scopes:
        return None
    return next((s for s in spec.scopes if table == s or table.startswith(f"{s}_")), GENERAL)
