"""Declare the runner's own configuration keys, checked like an engine's parameters."""

from __future__ import annotations

import re
from dataclasses import dataclass

from runner.config.written import NAME_RULE, is_name
from runner.contract import ParamGroup, Problem, group, param
from runner.draws import GENERATORS

FEWEST_RESAMPLES = 200
MOST_CELLS = 1_000_000
DESIGN_PARTS = ("arms", "grid", "zip", "cases", "exclude", "variables", "variables_csv")
"""What stands below `design` and is no setting: each is read by a module of its own."""
_ADDRESS = re.compile(r"(tcp|tls|ws|wss)://([^\s/:@\[\]]+|\[[0-9a-fA-F:.%]+\]):[0-9]{1,5}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class StudySection(ParamGroup):
    """What the study is called and asks."""

    name: str | None = param(None, doc="folder below paths.outputs; null = the engine's name")
    question: str = param("", doc="the question in one sentence, shown with the answer")

    def problems(self) -> list[Problem]:
        """Refuse names that could not be a folder."""
        if self.name is None or is_name(self.name):
            return []
        return [Problem("name", repr(self.name), NAME_RULE)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedingSection(ParamGroup):
    """Whether arms and cells share their random numbers."""

    mode: str = param("common", choices=("common", "per_cell"))


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawsSection(ParamGroup):
    """Which generator serves the addresses."""

    generator: str = param("mixer", choices=GENERATORS)


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignSection(ParamGroup):
    """Size of the design; arms, grid, exclude and variables have readers of their own."""

    replicates: int = param(1, low=1, high=1_000_000)
    budget: int | None = param(
        None, low=2, high=1_000_000, doc="most replicates with replicates: auto; null = 1024"
    )
    mc: int = param(
        1, low=1, high=10_000, doc="runs per replicate: fresh chance under the same drawn variables"
    )
    control: str = param("control", doc="the arm that others are compared with")
    max_cells: int = param(
        100_000, low=1, high=MOST_CELLS, doc="a larger grid is refused, never thinned"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareSection(ParamGroup):
    """How arms are compared with the control; changes no run."""

    confidence: float = param(
        0.95, low=0.5, low_open=True, high=0.9999, unit="fraction", doc="of every interval"
    )
    resamples: int = param(
        2000, low=0, high=1_000_000, doc="bootstrap resamples; 0 = no bootstrap intervals"
    )

    def problems(self) -> list[Problem]:
        """Refuse so few resamples that an interval would have no ends."""
        if not 0 < self.resamples < FEWEST_RESAMPLES:
            return []
        allowed = f"must be 0 (no bootstrap) or >= {FEWEST_RESAMPLES}"
        return [Problem("resamples", str(self.resamples), allowed)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionSection(ParamGroup):
    """Where runs are executed; changes no number."""

    backend: str = param("loky", choices=("loky", "threading", "sequential", "dask"))
    n_jobs: int = param(
        -1,
        low=-1,
        high=100_000,
        doc="workers; -1 = all processors, or all of the cluster (sequential: this process alone)",
    )
    address: str | None = param(
        None, doc="where the scheduler of a dask cluster listens, as in tcp://HOST:8786"
    )
    wait_s: float = param(60.0, low=0, unit="s", doc="longest wait for a worker of a dask cluster")
    part_runs: int | None = param(
        None, low=1, high=100_000, doc="runs per part; null = from the engine's cost"
    )
    retries: int = param(2, low=0, high=100, doc="new tries of a part whose worker died")
    timeout_s: float | None = param(
        None, low=0, low_open=True, unit="s", doc="longest time for one run; null = no limit"
    )
    fail_fast: bool = param(False, doc="stop at the first failed run")
    max_failures: int | None = param(None, low=1, doc="stop at this many failed runs; null = never")

    def problems(self) -> list[Problem]:
        """Refuse zero workers, several without a pool, timeouts in threads, wrong addresses."""
        found = self._of_the_address()
        if self.n_jobs == 0:
            found.append(Problem("n_jobs", "0", "must be -1 (all processors) or >= 1"))
        if self.backend == "sequential" and self.n_jobs > 1:
            allowed = "must be 1 with backend sequential; use loky or threading for more"
            found.append(Problem("n_jobs", str(self.n_jobs), allowed))
        if self.backend in ("threading", "dask") and self.timeout_s is not None:
            allowed = "needs backend loky or sequential: a thread cannot be stopped"
            if self.backend == "dask":
                allowed += ", and dask's workers run parts in threads"
            found.append(Problem("timeout_s", f"{self.timeout_s:g}", allowed))
        return found

    def _of_the_address(self) -> list[Problem]:
        if self.address is None:
            allowed = "must be given, as in execution.address=tcp://HOST:8786"
            return [Problem("address", "null", allowed)] if self.backend == "dask" else []
        if self.backend != "dask":
            allowed = f"has no use with backend {self.backend}; add execution=dask"
            return [Problem("address", self.address, allowed)]
        if not _ADDRESS.match(self.address):
            allowed = (
                "must be tcp://HOST:PORT, tls://HOST:PORT or ws://HOST:PORT, as `dask scheduler` "
                "shows it"
            )
            return [Problem("address", self.address, allowed)]
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrateSection(ParamGroup):
    """How `calibrate` looks for parameters that meet the targets; other commands ignore it."""

    name: str | None = param(
        None,
        doc="name of the configuration it writes; null = the chosen targets', else the study's",
    )
    search: str = param("tpe", choices=("tpe", "cmaes", "random"))
    trials: int = param(96, low=1, high=100_000, doc="parameter sets that the search tries")
    batch: int = param(8, low=1, high=1000, doc="sets tried together, before the next are chosen")
    replicates: int = param(8, low=1, high=100_000, doc="replicates of each set in the search")
    finalists: int = param(8, low=1, high=1000, doc="sets that go on with more replicates")
    confirm_replicates: int = param(
        32, low=1, high=1_000_000, doc="replicates of the last sets and of the result"
    )
    polish: int = param(3, low=0, high=100, doc="most steps of the local improvement")

    def problems(self) -> list[Problem]:
        """Refuse names that could not be a file, and a confirmation with fewer replicates."""
        found = []
        if self.name is not None and not is_name(self.name):
            found.append(Problem("name", repr(self.name), NAME_RULE))
        if self.confirm_replicates < self.replicates:
            allowed = f"must be at least calibrate.replicates = {self.replicates}"
            found.append(Problem("confirm_replicates", str(self.confirm_replicates), allowed))
        return found


_ADDRESSES = ("http://", "https://", "sqlite:///")  # others load drivers and plug-ins by name


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingSection(ParamGroup):
    """Where finished studies are recorded with MLflow; changes no number."""

    mode: str = param("local", choices=("local", "server", "none"))
    uri: str | None = param(
        None, doc="address of the server, or sqlite:///FILE; null = mlflow.db below paths.outputs"
    )
    timeout_s: float | None = param(
        300.0, low=0, low_open=True, unit="s", doc="longest time for recording; null = no limit"
    )
    trials: str = param(
        "best", choices=("best", "all"), doc="trials of a calibration that become MLflow runs"
    )

    def problems(self) -> list[Problem]:
        """Refuse servers without an address, local addresses, and addresses with a password."""
        if self.uri is None:
            allowed = "must be given, as in tracking.uri=http://HOST:PORT"
            return [Problem("uri", "null", allowed)] if self.mode == "server" else []
        if "@" in self.uri.partition("://")[2].partition("/")[0]:
            allowed = (
                "must hold no password, since it is written down with the results; set "
                "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
            )
            return [Problem("uri", "", allowed)]
        if self.mode == "local" and not self.uri.startswith("sqlite:///"):
            allowed = "must be sqlite:///FILE with tracking=local; use tracking=server"
            return [Problem("uri", self.uri, allowed)]
        if not self.uri.startswith(_ADDRESSES):
            return [Problem("uri", self.uri, f"must begin with {', '.join(_ADDRESSES)}")]
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class PathsSection(ParamGroup):
    """Where results go."""

    outputs: str = param("outputs", doc="folder of all studies, relative to the working directory")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(ParamGroup):
    """Every top-level key but `engine`, `horizon`, `params`, `collect` and the open mappings."""

    study: StudySection = group(StudySection)
    seed: int = param(1, low=0, doc="master seed: any whole number >= 0, of any size")
    seeding: SeedingSection = group(SeedingSection)
    draws: DrawsSection = group(DrawsSection)
    design: DesignSection = group(DesignSection)
    calibrate: CalibrateSection = group(CalibrateSection)
    compare: CompareSection = group(CompareSection)
    execution: ExecutionSection = group(ExecutionSection)
    tracking: TrackingSection = group(TrackingSection)
    report: str = param("html", choices=("html", "none"), doc="the page made of the results")
    paths: PathsSection = group(PathsSection)
