"""The plan: an ordered list of runs with their identities, and the cells they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runner.contract import ParamGroup
from runner.draws import DrawSource


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnVariable:
    """A random variable of a cell and its values, one per replicate, in replicate order."""

    scope: str
    variable_id: str
    path: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One combination of levels: its content, its place and its runs.

    `run_ids` and `prepare_keys` have one entry per replicate; `files` maps parameter paths to
    input files, `digests` the same paths to their content hashes.
    """

    grid_index: int
    cell_id: str
    arm: str | None
    levels: Mapping[str, Any]
    params: ParamGroup
    horizon: int
    source: DrawSource
    drawn: tuple[DrawnVariable, ...]
    files: Mapping[str, str]
    digests: Mapping[str, str]
    run_ids: tuple[str, ...]
    prepare_keys: tuple[str, ...]

    def drawn_values(self, replicate: int) -> dict[str, Any]:
        """Return the drawn value of each random variable in one replicate, by path."""
        return {variable.path: variable.values[replicate] for variable in self.drawn}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The ordered runs of one study: all replicates of the first cell, then of the second, ...

    Each replicate has `mc` runs: one draw of the variables that meets as many draws of chance.
    `tables` are the tables to store, `metrics` the names that any of the runs reports, `notes`
    remarks worth reading before running, `cost_s` the estimated CPU seconds of all runs.
    """

    plan_id: str
    engine: str
    engine_version: str
    cells: tuple[Cell, ...]
    replicates: int
    axes: Mapping[str, tuple[Any, ...]]
    arms: tuple[str, ...]
    control: str | None
    tables: tuple[str, ...]
    metrics: tuple[str, ...]
    notes: tuple[str, ...]
    cost_s: float
    mc: int = 1

    @property
    def n_runs(self) -> int:
        """Number of planned runs; cells with equal content share theirs."""
        return len(self.cells) * self.replicates * self.mc

    @property
    def repeats(self) -> list[tuple[int, int]]:
        """(replicate_index, mc_index) of a cell's runs, in order."""
        return [(r, m) for r in range(self.replicates) for m in range(self.mc)]

    @property
    def run_ids(self) -> list[str]:
        """Run ids in plan order; cells with equal content share theirs."""
        return [run_id for cell in self.cells for run_id in cell.run_ids]
