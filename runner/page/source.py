"""Gather what the page shows from a finished plan's folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from runner.compare.labels import level_text, plain, short_labels
from runner.contract import EngineError, EngineSpec, shown
from runner.registry import RegistryError, load_engine
from runner.store.finished import FinishedPlan

_MOST_HEADLINES = 3
ALL = "all runs"


@dataclass(frozen=True, kw_only=True)
class Source:
    """A finished plan as the page needs it; everything is read when first asked for.

    A group is a cell without its arm: the arms of a group are compared with each other. `groups`
    of a plan are numbered in plan order.
    """

    plan: FinishedPlan
    spec: EngineSpec | None

    @cached_property
    def title(self) -> str:
        """The study's name in words."""
        return self.plan.study.name.replace("_", " ")

    @cached_property
    def arms(self) -> list[str]:
        """Names of the arms in plan order, the control first; empty without arms."""
        names = [str(arm) for arm in self.plan.cells["arm"].dropna().unique()]
        control = self.plan.study.control
        return sorted(names, key=lambda name: name != control)

    @property
    def has_several_variants(self) -> bool:
        """Whether more than one arm is compared with the control."""
        return len(self.arms) > 2  # noqa: PLR2004

    @cached_property
    def cells(self) -> pd.DataFrame:
        """One row per cell with its `group` and the group's `label`, indexed by grid_index."""
        keys = self.plan.axes
        objects = dict.fromkeys((*keys, "arm"), object)  # no categories, which groups would keep
        cells = self.plan.cells.astype(objects)
        cells["arm"] = cells["arm"].where(cells["arm"].notna(), None)
        if keys:
            texts = cells[keys].map(lambda level: shown(plain(level)))
            cells["group"] = texts.groupby(keys, sort=False, dropna=False).ngroup()
        else:
            cells["group"] = 0
        cells["label"] = [self._label(row) for row in cells.to_dict("records")]
        cells["short"] = [self._short(row) for row in cells.to_dict("records")]
        return cells

    @cached_property
    def groups(self) -> pd.DataFrame:
        """One row per group, in plan order: its levels, `label` and `short` label."""
        return self.cells.drop_duplicates("group").set_index("group", drop=False)

    @cached_property
    def keys(self) -> dict[str, str]:
        """The axes with more than one level, each with its short name."""
        return short_labels(self.plan.varying)

    @property
    def legend(self) -> str:
        """What the short labels of groups stand for."""
        return " / ".join(self.keys.values())

    def _label(self, row: Mapping[Any, Any]) -> str:
        named = [f"{name} {level_text(row[key])}" for key, name in self.keys.items()]
        return ", ".join(named) or ALL

    def _short(self, row: Mapping[Any, Any]) -> str:
        return " / ".join(level_text(row[key]) for key in self.keys) or ALL

    def level_texts(self, grid_index: int) -> list[str]:
        """Return a cell's levels on the axes of `keys`."""
        row = self.cells.loc[grid_index]
        return [level_text(row[key]) for key in self.keys]

    @cached_property
    def metric_names(self) -> list[str]:
        """Names of all metrics, in plan order."""
        return [str(name) for name in self.plan.by_cell["metric"].unique()]

    @cached_property
    def headline(self) -> list[str]:
        """The metrics to show first: those of declared comparisons, then the engine's.

        Where none of these has a value in any cell, they are all that have one.
        """
        own = [] if self.spec is None else list(self.spec.headline)
        declared = [comparison.metric for comparison in self.plan.study.comparisons]
        wanted = dict.fromkeys([*declared, *own])
        found = [name for name in wanted if name in self.metric_names]
        rows = self.by_cell
        valued = set(rows.loc[rows["mean"].notna().to_numpy(bool), "metric"])
        if not valued & set(found):
            found = [name for name in self.metric_names if name in valued] or found
        return (found or self.metric_names)[: max(_MOST_HEADLINES, len(set(declared)))]

    def unit(self, metric: str) -> str:
        """The unit of a metric, empty when its engine is not installed."""
        try:
            return "" if self.spec is None else self.spec.metric(metric).unit
        except EngineError:
            return ""

    @cached_property
    def comparisons(self) -> pd.DataFrame:
        """The comparisons with the `group` and labels of their cells; empty without arms."""
        rows = self.plan.comparisons
        if rows.empty:
            return rows
        places = self.cells[["group", "label", "short"]]
        return rows.join(places, on="grid_index", how="inner")

    @cached_property
    def by_cell(self) -> pd.DataFrame:
        """Mean, sd and interval of each cell and metric, with group and labels."""
        rows = self.plan.by_cell[["grid_index", "metric", "n", "mean", "sd", "ci_low", "ci_high"]]
        return rows.join(self.cells[["arm", "group", "label", "short"]], on="grid_index")

    @property
    def confidence(self) -> float:
        """Confidence of the intervals of differences."""
        return self.plan.study.compare.confidence

    @property
    def replicates(self) -> int:
        """Planned replicates of each cell."""
        return self.plan.study.replicates

    @cached_property
    def is_resampled(self) -> bool:
        """Whether replicates resample data, replicate 0 being the estimate from the data."""
        return self.spec is not None and self.plan.resamples(self.spec)

    @property
    def horizon_unit(self) -> str:
        """What periods count, such as months."""
        return "periods" if self.spec is None else self.spec.horizon.unit


def read_source(place: Path) -> Source:
    """Return what the page of a plan folder shows; the engine may be missing by now."""
    plan = FinishedPlan(place=place)
    try:
        spec = load_engine(plan.study.engine)
    except RegistryError:
        spec = None
    return Source(plan=plan, spec=spec)


def spread(count: int, most: int) -> list[int]:
    """Return at most `most` of `count` places, evenly apart, first and last included."""
    if count <= most:
        return list(range(count))
    return [round(place) for place in np.linspace(0, count - 1, most)]
