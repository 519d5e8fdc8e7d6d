"""Arrange what runs reported so that arms and their controls stand side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from runner.contract import shown
from runner.plan import Cell, Plan
from runner.store.folder import MC_INDEX

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What every run of a plan reported.

    `values`: float64 (cells, metrics, replicates, runs per replicate), cells and metrics in plan
    order, NaN where there is no value; `has`: bool (cells, metrics), the cell reports the metric;
    `reasons`: why a metric of a cell has no value in the first run that lacks one, by
    (place of the cell, place of the metric).
    """

    values: Floats
    has: NDArray[np.bool_]
    reasons: Mapping[tuple[int, int], str]

    @property
    def by_replicate(self) -> Floats:
        """Mean of the runs of each replicate: float64 (cells, metrics, replicates)."""
        if self.values.shape[-1] == 1:
            return self.values[..., 0]
        has_value = ~np.isnan(self.values)
        count = has_value.sum(axis=-1)
        total = np.where(has_value, self.values, 0.0).sum(axis=-1)
        return np.asarray(total / np.where(count > 0, count, np.nan))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """Each cell of an arm and its control, in plan order: int64 (pairs,), places among the cells.

    `control` is -1 where the plan has no control for the arm's levels.
    """

    arm: Codes
    control: Codes


def reported_values(plan: Plan, metrics: pd.DataFrame) -> Reported:
    """Return the metrics frame as arrays.

    `metrics` has grid_index, replicate_index, mc_index where replicates have several runs, metric,
    value, reason.
    """
    cells = pd.Index([cell.grid_index for cell in plan.cells])
    cell = cells.get_indexer(pd.Index(metrics["grid_index"])).astype(np.int64)
    names, found = pd.factorize(metrics["metric"])
    metric = pd.Index(list(plan.metrics)).get_indexer(pd.Index(found)).astype(np.int64)[names]
    replicate = metrics["replicate_index"].to_numpy(np.int64)
    run = metrics[MC_INDEX].to_numpy(np.int64) if MC_INDEX in metrics else np.zeros_like(replicate)
    value = metrics["value"].to_numpy(np.float64, na_value=np.nan)
    values = np.full((len(cells), len(plan.metrics), plan.replicates, plan.mc), np.nan)
    values[cell, metric, replicate, run] = value
    has = np.zeros(values.shape[:2], dtype=np.bool_)
    has[cell, metric] = True
    null = np.flatnonzero(np.isnan(value))[::-1]  # the first one is written last
    texts = metrics["reason"].to_numpy(object)[null]
    keys = zip(cell[null].tolist(), metric[null].tolist(), strict=True)
    return Reported(values=values, has=has, reasons=dict(zip(keys, map(str, texts), strict=True)))


def match_arms(plan: Plan) -> Pairs:
    """Return the cells of all arms but the control, each with the control's cell."""
    controls = {
        _levels(cell): place for place, cell in enumerate(plan.cells) if cell.arm == plan.control
    }
    arms = [place for place, cell in enumerate(plan.cells) if cell.arm not in (None, plan.control)]
    found = [controls.get(_levels(plan.cells[place]), -1) for place in arms]
    return Pairs(arm=np.array(arms, dtype=np.int64), control=np.array(found, dtype=np.int64))


def _levels(cell: Cell) -> tuple[str, ...]:
    return tuple(f"{key}={shown(level)}" for key, level in cell.levels.items())
