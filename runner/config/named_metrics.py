"""Check what rules and comparisons say of an engine's metrics."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from runner.contract import EngineError, EngineSpec, ParamGroup, Problem, nearest

Scale = Literal["difference", "relative"]

SCALES: tuple[Scale, ...] = ("difference", "relative")
NO_ARMS = "needs arms to compare with the control: add design.arms"


def is_metric(name: str, spec: EngineSpec, params: ParamGroup) -> bool:
    """Tell whether runs report a metric, with these parameters or with others of the study."""
    if name in spec.metric_names(params):
        return True
    try:
        return spec.metric(name).over is not None
    except EngineError:
        return False


def has_direction(metric: str, spec: EngineSpec) -> bool:
    """Tell whether the engine says which side of a metric is better."""
    return spec.metric(metric).better != "none"


def no_direction(where: str, metric: str, spec: EngineSpec) -> Problem:
    """Return the problem of a one-sided margin on a metric of which neither side is better."""
    allowed = f"{spec.name} does not say whether more or less of {metric} is better; use equivalent"
    return Problem(where, "", allowed)


def hint(name: str, known: Iterable[str]) -> str:
    """Return the closest of the known names, or all of them."""
    return nearest(name, known) or f"; known: {', '.join(known)}"
