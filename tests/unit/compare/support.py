"""Small studies whose runs report what a test says they report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from runner.compare import Comparisons, compare_arms
from runner.config import Study, compose_study, request_from_mapping
from runner.contract import EngineSpec
from runner.plan import Plan, make_plan
from runner.registry import load_engine

Values = Mapping[tuple[int, str], ArrayLike]
ARMS = {"short": {"params.effect": 0.5}, "long": {"params.effect": 0.7}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A study of linear_null with its plan and manifest."""

    study: Study
    plan: Plan
    spec: EngineSpec

    def compare(self, values: Values) -> Comparisons:
        """Compare made-up values, (replicates,) or (replicates, runs), by cell and metric."""
        return compare_arms(self.study, self.plan, frame(values), self.spec)


def planned(*, bootstrap: bool = False, **sections: Any) -> Planned:
    """Plan a study with two arms besides the control, or with the arms given."""
    design = {"arms": ARMS, **sections.pop("design", {})}
    study = compose_study(
        request_from_mapping({"engine": "linear_null", "design": design, **sections})
    )
    spec = load_engine("linear_null")
    if bootstrap:
        spec = replace(spec, replicates=lambda params: "bootstrap")
    return Planned(study=study, plan=make_plan(study), spec=spec)


def frame(values: Values) -> pd.DataFrame:
    """Return a metrics frame; NaN is a value that is missing for the reason `no_sale`."""
    parts = []
    for (grid_index, metric), given in values.items():
        numbers = np.asarray(given, dtype=np.float64)
        table = numbers.reshape(len(numbers), -1)
        part = pd.DataFrame({"value": table.reshape(-1)})
        part["grid_index"], part["metric"] = grid_index, metric
        part["replicate_index"] = np.repeat(np.arange(len(table)), table.shape[1])
        if table.shape[1] > 1:
            part["mc_index"] = np.tile(np.arange(table.shape[1]), len(table))
        part["reason"] = np.where(np.isnan(part["value"]), "no_sale", None)
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def row(found: Comparisons, arm: str = "short", metric: str = "mean_outcome") -> dict[str, Any]:
    """Return the one row of an arm and a metric."""
    rows = found.rows
    own = rows[(rows["arm"] == arm) & (rows["metric"] == metric)]
    assert len(own) == 1
    return {str(key): value for key, value in own.iloc[0].items()}
