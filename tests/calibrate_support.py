"""A small calibration with a known answer, for tests; what imports change is changed here."""

from __future__ import annotations

from typing import Any

import cmaes  # noqa: F401 - adds warnings filters when first imported
import matplotlib.backends.backend_agg
import matplotlib.figure  # noqa: F401 - the same
import optuna  # noqa: F401 - the same
import scipy.optimize  # noqa: F401 - the same

SOURCE = "made up"


def target(
    metric: str, value: float, se: float, unit: str = "outcome", **more: Any
) -> dict[str, Any]:
    return {"metric": metric, "value": value, "se": se, "unit": unit, "source": SOURCE, **more}


def flow(mapping: dict[str, Any]) -> str:
    """Write a mapping as a word of the command line takes it."""
    return "{" + ", ".join(f"{key}: {value}" for key, value in mapping.items()) + "}"


MEAN = f"targets.mean={flow(target('mean_outcome', 12.3, 0.2))}"
TREND = f"targets.trend={flow(target('trend_outcome', 0.25, 0.05, 'outcome_per_period'))}"
HELD = f"targets.above={flow(target('share_above', 0.55, 0.05, 'fraction', role='hold_out'))}"
SMALL = (
    "calibrate.trials=16", "calibrate.batch=4", "calibrate.replicates=3", "calibrate.finalists=3",
    "calibrate.confirm_replicates=6", "params.entities=40",
)  # fmt: skip
WORDS = (
    "engine=linear_null", MEAN, TREND, HELD, "params.baseline=interval(5,20)",
    "params.trend_per_period=interval(0,1)", "execution=sequential", *SMALL,
)  # fmt: skip
