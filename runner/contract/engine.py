"""The manifest of an engine: everything the runner knows about a simulator."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from runner.contract.errors import EngineError
from runner.contract.fields import ParamGroup
from runner.contract.frozen import FrozenMapping
from runner.contract.randomness import Draws
from runner.contract.tables import TableSchema, TableSink

ReplicateKind = Literal["simulation", "bootstrap"]
Better = Literal["higher", "lower", "none"]
HorizonUnit = Literal["months", "weeks", "days", "periods"]

NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class Null:
    """A metric without a value, and why: `not_applicable`, or what is missing."""

    reason: str


MetricValue = float | int | Null


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One named number that every run reports.

    A name may hold one `<...>`, such as `year1_churn.<motif>`; `over(params)` then lists what
    stands for it.
    """

    name: str
    unit: str
    better: Better = "none"
    doc: str = ""
    over: Callable[[Any], Sequence[str]] | None = None

    def names(self, params: ParamGroup) -> list[str]:
        """Return the names this metric takes for a parameter set."""
        if self.over is None:
            return [self.name]
        head, _, rest = self.name.partition("<")
        tail = rest.partition(">")[2]
        return [f"{head}{value}{tail}" for value in self.over(params)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """An invariant the engine verifies in each run; it cannot be switched off."""

    name: str
    doc: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a simulation returns beside its tables.

    `metrics`: every declared metric, finite or `Null`. `checks`: name to None (holds) or to a
    text saying where it is broken; a check that could not be evaluated is left out.
    """

    metrics: Mapping[str, MetricValue]
    checks: Mapping[str, str | None] = field(default_factory=lambda: FrozenMapping({}))
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """Unit, default and bounds (inclusive whole numbers) of an engine's horizon."""

    unit: HorizonUnit
    default: int
    low: int
    high: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trajectory:
    """A table with one row per period, whose columns are worth drawing over time."""

    table: str
    period: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A small run for the conformance suite.

    `params`: overrides by path below `params`; `horizons`: a short and a long one;
    `population`: path of the integer parameter that says how many entities there are, if any;
    `binding`: values by path at which a numeric parameter that otherwise only guards (a floor, a
    cap) makes a difference, with any other overrides it needs.
    """

    params: Mapping[str, Any]
    horizons: tuple[int, int]
    population: str | None = None
    binding: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: FrozenMapping({}))


ExportTables = Mapping[str, Iterable[Mapping[str, Sequence[Any]]]]
"""A run's tables by name, each in batches of rows: columns by name, ids and categories as text."""

Exporter = Callable[[Any, ExportTables, Path], None]
"""`(params, tables, folder)`: writes a run's tables into a folder, in a format of its own."""

Simulate = Callable[[Any, Any, Draws, int, TableSink], Outcome]
Prepare = Callable[[Any, Mapping[str, Path], int], Any]


def prepare_nothing(params: Any, files: Mapping[str, Path], horizon: int) -> None:
    """Prepare nothing: the default of engines that need no shared work before their runs."""


def no_files(params: Any) -> Mapping[str, str]:
    """Name no input files: the default of engines that read none."""
    return {}


def nothing(params: Any) -> tuple[str, ...]:
    """Name nothing: the default of the optional hooks `inert_paths` and `plan_notes`."""
    return ()


def simulation(params: Any) -> ReplicateKind:
    """Call replicates fresh simulations: the default."""
    return "simulation"


def one_millisecond(params: Any, horizon: int) -> float:
    """Estimate a millisecond of CPU time per run, in seconds: the default cost hint."""
    return 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSpec:
    """A simulator plug-in: params + draws + horizon -> tables + metrics.

    Attributes:
        name: lower-case name; also its folder and its file in conf/engine/.
        version: goes up whenever numbers move; part of every run id.
        horizon: unit, default and bounds.
        params: the parameter class, a frozen `ParamGroup`.
        simulate: `(params, prepared, draws, horizon, out) -> Outcome`, pure.
        metrics, tables, checks: what a run reports; `tables` may depend on params.
        streams: names of random streams; `<...>` stands for any name.
        scopes: first path segments that are business scopes of their own.
        prepare: `(params, files, horizon) -> prepared`, pure, cached; raises `PlanError`.
        files: `params -> {path of a text parameter: file it names}`; contents enter run ids.
        trajectories: tables that show the run over time.
        headline: metrics shown first.
        cost: `(params, horizon) -> CPU seconds` of one run, a rough estimate.
        inert_paths: `params -> paths` that change nothing under these params.
        plan_notes: `params -> remarks` that the planner should read before running.
        exports: named export formats beside parquet and csv.
        replicates: `params -> "simulation"`, or `"bootstrap"` where replicate 0 is the estimate
            from the data as they are and later ones are from resamples of them.
        example: what the conformance suite runs.
        config_dir: folder with the engine's own configuration groups, for installed packages.
    """

    name: str
    version: str
    horizon: Horizon
    params: type[ParamGroup]
    simulate: Simulate
    metrics: tuple[Metric, ...]
    tables: tuple[TableSchema, ...] | Callable[[Any], tuple[TableSchema, ...]]
    example: Example
    checks: tuple[Check, ...] = ()
    streams: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    prepare: Prepare = prepare_nothing
    files: Callable[[Any], Mapping[str, str]] = no_files
    trajectories: tuple[Trajectory, ...] = ()
    headline: tuple[str, ...] = ()
    cost: Callable[[Any, int], float] = one_millisecond
    inert_paths: Callable[[Any], Sequence[str]] = nothing
    plan_notes: Callable[[Any], Sequence[str]] = nothing
    exports: Mapping[str, Exporter] = field(default_factory=lambda: FrozenMapping({}))
    replicates: Callable[[Any], ReplicateKind] = simulation
    config_dir: Path | None = None

    def table_schemas(self, params: ParamGroup) -> dict[str, TableSchema]:
        """Return the tables a run with these params can build, by name."""
        tables = self.tables(params) if callable(self.tables) else self.tables
        return {table.name: table for table in tables}

    def metric_names(self, params: ParamGroup) -> list[str]:
        """Return the metrics a run with these params reports, in declared order."""
        return [name for metric in self.metrics for name in metric.names(params)]

    def metric(self, name: str) -> Metric:
        """Return the declaration behind a reported metric name.

        Raises:
            EngineError: no declared metric has this name or pattern.
        """
        for metric in self.metrics:
            head, mark, rest = metric.name.partition("<")
            tail = rest.partition(">")[2]
            if name == metric.name or (mark and name.startswith(head) and name.endswith(tail)):
                return metric
        raise EngineError(f"engine {self.name} declares no metric {name}")
