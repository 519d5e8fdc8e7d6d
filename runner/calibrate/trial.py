"""One parameter set that was tried, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from runner.calibrate.distance import Score
from runner.calibrate.space import Values
from runner.contract import Floats

Status = Literal["done", "failed", "no_value", "refused"]
Phase = Literal["search", "race", "local"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What the runs of a parameter set came to.

    `observed`: float64 (replicates, points), None unless every run reports every point; `error`
    then says why not. `refused` sets are those that the engine does not allow; `failed` ones had
    a run that failed, `no_value` ones a run without a number for some point.
    """

    status: Status
    observed: Floats | None = None
    error: str = ""
    run_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One row of the record: a parameter set, its replicates and its distance.

    A set that is tried again with more replicates has another row with the same `candidate`.
    """

    index: int
    candidate: int
    phase: Phase
    round: int
    replicates: int
    values: Values
    tried: Tried
    score: Score | None = field(default=None)

    @property
    def rank(self) -> tuple[float, int]:
        """Sort key: smaller objectives first, trials without one last, then as they came."""
        return (float("inf") if self.score is None else self.score.objective, self.index)
