"""Split the variance of each metric: arms, axes, random variables, chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from runner.compare.matched import Reported
from runner.config import Study
from runner.contract import EngineSpec, shown
from runner.plan import Plan
from runner.stats import main_effects, nan_mean, residual_variance, within_cells

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Parts = list[tuple[str, float, int]]

ARM, INTERACTIONS, BOTH = "arm", "interactions", "variables+chance"
VARIABLES, CHANCE = "variables", "chance"
_COLUMNS = ("metric", "component", "variance", "share", "n")


def variance_budget(study: Study, plan: Plan, spec: EngineSpec, reported: Reported) -> pd.DataFrame:
    """Return one row per metric and component: variance, its share of all, and n.

    Components: `arm`; `axis:<key>` for each axis, axes that move together as one; `interactions`
    between them; `variables` and `chance`, or `variables+chance` where the two cannot be told
    apart. `n` counts levels, cells, replicates or runs. What noise adds to the means of cells is
    taken out; shares are null where nothing varies.
    """
    factors = _factors(study, plan)
    is_resampled = all(spec.replicates(cell.params) == "bootstrap" for cell in plan.cells)
    values = reported.values[:, :, 1:] if is_resampled else reported.values
    rows = []
    for index, name in enumerate(plan.metrics):
        own = np.flatnonzero(~np.isnan(values[:, index]).all(axis=(1, 2)))
        if not own.size:
            continue
        codes = {key: np.unique(c[own], return_inverse=True)[1] for key, c in factors.items()}
        parts = _metric_parts(plan, spec, values[own, index], codes)
        total = sum(variance for _, variance, _ in parts)
        rows += [
            (name, component, variance, variance / total if total > 0 else np.nan, n)
            for component, variance, n in parts
        ]
    frame = pd.DataFrame(rows, columns=list(_COLUMNS))
    return frame.astype(
        {"metric": "string", "component": "string", "variance": float, "share": float, "n": int}
    )


def _factors(study: Study, plan: Plan) -> dict[str, Codes]:
    """Return the number of each cell's level in everything that differs between cells."""
    found = {}
    if len(plan.arms) > 1:
        found[ARM] = _codes([str(cell.arm) for cell in plan.cells])
    zipped = {axis.key: axis.zipped for axis in study.axes if axis.zipped}
    groups: dict[str, list[str]] = {}
    for key in plan.axes:
        groups.setdefault(zipped.get(key) or f"axis {key}", []).append(key)
    for keys in groups.values():
        levels = ["|".join(shown(cell.levels[key]) for key in keys) for cell in plan.cells]
        if len(set(levels)) > 1:
            found[f"axis:{'+'.join(keys)}"] = _codes(levels)
    return found


def _codes(levels: list[str]) -> Codes:
    return np.unique(np.array(levels, dtype=np.object_), return_inverse=True)[1].astype(np.int64)


def _metric_parts(plan: Plan, spec: EngineSpec, values: Floats, factors: dict[str, Codes]) -> Parts:
    """Return the components of one metric: `values` float64 (cells, replicates, runs)."""
    cells, replicates, _ = values.shape
    by_replicate = nan_mean(values, axis=-1)
    within = within_cells(values)
    noise = np.nan_to_num(residual_variance(by_replicate))
    levels = {name: len(np.unique(codes)) for name, codes in factors.items()}
    effects, left = main_effects(nan_mean(by_replicate, axis=-1), list(factors.values()))
    per_freedom = noise / (replicates * cells)
    freedom = [count - 1 for count in levels.values()]
    parts: Parts = [
        (name, max(0.0, effect - df * per_freedom), levels[name])
        for name, effect, df in zip(factors, effects, freedom, strict=True)
    ]
    rest = cells - 1 - sum(freedom)
    if len(factors) > 1 and rest > 0:
        parts.append((INTERACTIONS, max(0.0, left - rest * per_freedom), cells))
    return parts + _luck(plan, spec, within.between_replicates, within.within_replicate, values)


def _luck(plan: Plan, spec: EngineSpec, between: float, within: float, values: Floats) -> Parts:
    """Return what varies inside cells, told apart as far as the design can."""
    if np.isnan(between):
        return []
    replicates, runs = values.shape[1], int(np.sum(~np.isnan(values)))
    is_drawn = any(cell.drawn for cell in plan.cells)
    if not is_drawn:
        return [(CHANCE, between + np.nan_to_num(within), runs)]
    if not spec.streams:
        return [(VARIABLES, between, replicates)]
    if np.isnan(within):
        return [(BOTH, between, replicates)]
    return [(VARIABLES, between, replicates), (CHANCE, within, runs)]
