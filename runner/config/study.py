"""The validated study: what the stages after configuration work from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from runner.config.comparisons import Comparison
from runner.config.exceptions import PolicyException
from runner.config.rules import Rule
from runner.config.tree import Tree

Treatment = Literal["fixed", "low_to_high", "random"]
Report = Literal["html", "none"]
Choices = tuple[tuple[str, str], ...]
Scale = Literal["linear", "log"]
Collect = Literal["auto", "metrics", "all"] | tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A parameter with a treatment, as declared; `path` is relative to `params`.

    Fields that the treatment does not use may be present: one declaration serves as fixed value,
    grid axis, random draw or dimension of a calibration, which alone reads `scale`. A variable
    from a sheet has the row's id as its `label` and the place of the row (`file:line`) as its
    `origin`.
    """

    path: str
    treatment: Treatment
    distribution: str | None = None
    default: Any = None
    mean: float | None = None
    sd: float | None = None
    low: float | None = None
    high: float | None = None
    step: float | None = None
    values: tuple[Any, ...] = ()
    scale: Scale = "linear"
    label: str | None = None
    origin: str | None = None

    @property
    def scope(self) -> str:
        """First segment of the path."""
        return self.path.partition(".")[0]

    @property
    def variable_id(self) -> str:
        """The sheet's id, or the path below its scope with `_` for dots; unique within a scope."""
        return self.label or (self.path.partition(".")[2] or self.path).replace(".", "_")

    def where(self, field: str = "") -> str:
        """Return the place where the variable, or a field of it, is declared."""
        if self.origin is None:
            return f"design.variables.params.{self.path}{'.' if field else ''}{field}"
        return f"{self.origin}: {'default' if field == 'mean' else field or self.path}"

    @property
    def reads_own_value(self) -> bool:
        """Tell whether draws depend on the parameter's own configured value."""
        named = self.distribution in ("normal", "lognormal")
        return self.treatment == "random" and named and self.mean is None and self.default is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One dimension of the grid: a configuration path, or a group whose options are the levels.

    Axes with the same `zipped` name stand side by side, have equally many levels and move together.
    `origin` says where the axis is declared.
    """

    key: str
    levels: tuple[Any, ...]
    group: str | None = None
    zipped: str | None = None
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An explicit cell: the levels it names, and the group options and values they stand for."""

    levels: Mapping[str, Any]
    choices: Mapping[str, str]
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """A named variant: group options and values (by dotted path) that set it apart."""

    name: str
    choices: Mapping[str, str]
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """Where and how runs are executed; nothing here can change a number."""

    backend: str
    n_jobs: int
    part_runs: int | None
    retries: int
    timeout_s: float | None
    fail_fast: bool
    max_failures: int | None
    address: str | None = None
    wait_s: float = 60.0

    @property
    def most_failures(self) -> int | None:
        """The number of failed runs at which to stop, if any."""
        return 1 if self.fail_fast else self.max_failures


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracking:
    """Where a finished study is recorded with MLflow; nothing here can change a number."""

    mode: str = "local"
    uri: str | None = None
    timeout_s: float | None = 300.0
    trials: str = "best"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """How `calibrate` searches; nothing here changes what a run gives.

    `targets` are as written, checked by the calibration; `folders` is where their files may lie.
    """

    name: str = ""
    search: str = "tpe"
    trials: int = 96
    batch: int = 8
    replicates: int = 8
    finalists: int = 8
    confirm_replicates: int = 32
    polish: int = 3
    targets: Mapping[str, Any] = field(default_factory=dict)
    folders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareSettings:
    """How arms are compared: confidence of intervals, bootstrap resamples (0 = none)."""

    confidence: float = 0.95
    resamples: int = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """One question, complete and checked.

    `bases` holds, for each combination of group options used by axes and arms, the composed tree
    of everything that may differ between cells. `cases` are cells besides the grid; `options` has,
    for the group keys of cases, the option in force elsewhere. `document` is the configuration that
    can change numbers, resolved; `words` the overrides as given; `launch_dir` is where relative
    paths start; `notes` are remarks on what was read; `mc` is how often chance is drawn anew for
    the variables of each replicate. `comparisons` are those declared, `compare` how all are made;
    with a `budget`, replicates are added up to that many until every declared width is reached.
    `calibration` is read by `calibrate` alone; `report` is the kind of page made of the results.
    """

    name: str
    question: str
    engine: str
    bases: Mapping[Choices, Tree]
    axes: tuple[Axis, ...]
    arms: tuple[Arm, ...]
    control: str | None
    excluded: tuple[Mapping[str, Any], ...]
    variables: tuple[Variable, ...]
    rules: tuple[Rule, ...]
    exceptions: tuple[PolicyException, ...]
    replicates: int
    max_cells: int
    collect: Collect
    execution: Execution
    tracking: Tracking
    outputs: Path
    document: Mapping[str, Any]
    words: tuple[str, ...]
    launch_dir: Path
    cases: tuple[Case, ...] = ()
    options: Mapping[str, str | None] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    mc: int = 1
    calibration: Calibration = field(default_factory=Calibration)
    report: Report = "html"
    budget: int | None = None
    comparisons: tuple[Comparison, ...] = ()
    compare: CompareSettings = field(default_factory=CompareSettings)
