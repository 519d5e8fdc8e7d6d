"""Measure calibration: recovery and coverage with a known truth, and cost against other searches.

    python -m tests.benchmarks.calibration coverage --count 100
    python -m tests.benchmarks.calibration cost --seeds 10

prints the tables of docs/calibrating.md.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from engines.linear_null import ENGINE, theory
from engines.linear_null.params import Params
from runner.calibrate import calibrate_study
from runner.calibrate.bench import Bench
from runner.calibrate.brief import Brief, make_brief
from runner.calibrate.distance import score
from runner.calibrate.findings import parameter_table
from runner.calibrate.journey import Journey
from runner.calibrate.search import Proposer
from runner.calibrate.stage import find_best
from runner.config import compose_study
from runner.config.request import StudyRequest
from runner.contract import build_params
from runner.draws import DrawSource
from runner.store import open_study

HORIZON = 6
TRUTH = {"baseline": 12.0, "trend_per_period": 0.3, "archetypes.heavy.share": 0.35}
RANGES = {
    "baseline": (5.0, 20.0),
    "trend_per_period": (0.0, 1.0),
    "archetypes.heavy.share": (0.05, 0.95),
}
SPREADS = {"mean_outcome": 0.15, "trend_outcome": 0.03, "mean_outcome.light": 0.1}
UNITS = {
    "mean_outcome": "outcome",
    "trend_outcome": "outcome_per_period",
    "mean_outcome.light": "outcome",
}


def expectations(values: Mapping[str, float]) -> dict[str, float]:
    """Return the expected metrics of a parameter set, in closed form."""
    tree: dict[str, Any] = {
        "baseline": values["baseline"],
        "trend_per_period": values["trend_per_period"],
        "archetypes": {
            "light": {"share": "auto"},
            "heavy": {"share": values["archetypes.heavy.share"], "shift": 2.0},
        },
    }
    params, problems = build_params(Params, tree)
    if not isinstance(params, Params):
        raise ValueError(problems)
    return {
        "mean_outcome": theory.mean(params, HORIZON),
        "trend_outcome": params.trend_per_period,
        "mean_outcome.light": theory.centre(params, HORIZON),
    }


def study(observed: Mapping[str, float], outputs: Path, seed: int, **more: Any) -> dict[str, Any]:
    """Return a calibration of three parameters to three observed numbers."""
    targets = {
        name.replace(".", "_"): {
            "metric": name, "value": value, "se": SPREADS[name], "unit": UNITS[name],
            "source": "simulated with a known truth",
        }
        for name, value in observed.items()
    }  # fmt: skip
    return {
        "engine": ENGINE.name, "seed": seed, "horizon": HORIZON, "targets": targets,
        "paths.outputs": str(outputs), "tracking": "none", "execution": "sequential",
        "params.entities": 200,
        "design.variables": {
            f"params.{path}": {"treatment": "random", "min": low, "max": high}
            for path, (low, high) in RANGES.items()
        },
        **more,
    }  # fmt: skip


def observation(seed: int) -> dict[str, float]:
    """Return what somebody would have observed: the truth with one standard error of luck."""
    source, found = DrawSource(seed=1_000_003 * (seed + 1)), {}
    for name, value in expectations(TRUTH).items():
        normal = source.for_run(0, tuple(SPREADS)).normal(name)
        found[name] = value + SPREADS[name] * float(np.asarray(normal))
    return found


def estimated(seed: int, **more: Any) -> pd.DataFrame:
    """Return the parameters of one calibration, found as `calibrate` does; nothing is drawn."""
    with tempfile.TemporaryDirectory() as folder:
        mapping = study(observation(seed), Path(folder), seed, **more)
        brief = make_brief(compose_study(StudyRequest(data=mapping)))
        home = open_study(brief.study.outputs, brief.study.name)
        bench = Bench(study=brief.base, folder=home, points=brief.points)
        local = find_best(brief, Journey(bench=bench, listener=lambda trials: None))
    return parameter_table(brief.space, local)


@dataclass(slots=True)
class Recovery:
    """Errors and covered truths of one parameter over many calibrations."""

    errors: list[float]
    ses: list[float]
    covered: int = 0


def coverage(count: int) -> dict[str, Any]:
    """Calibrate to `count` draws of the targets; return how often the intervals hold the truth."""
    started = time.process_time()
    found = {path: Recovery([], []) for path in TRUTH}
    for seed in range(count):
        rows = estimated(seed, **SMALL, execution=FEW_FILES).set_index("path")
        for path, truth in TRUTH.items():
            row, own = rows.loc[path], found[path]
            own.errors.append(float(row["value"]) - truth)
            own.ses.append(float(row["se_share"]) * (RANGES[path][1] - RANGES[path][0]))
            own.covered += bool(row["low"] <= truth <= row["high"])
    return {
        "calibrations": count,
        "cpu_seconds": round(time.process_time() - started, 1),
        "parameters": {
            path: {
                "truth": TRUTH[path],
                "mean_error": float(np.mean(own.errors)),
                "sd_of_errors": float(np.std(own.errors, ddof=1)) if count > 1 else math.nan,
                "mean_standard_error": float(np.mean(own.ses)),
                "coverage": own.covered / count,
            }
            for path, own in found.items()
        },
    }


SMALL = {
    "calibrate.trials": 24, "calibrate.replicates": 4, "calibrate.finalists": 4,
    "calibrate.confirm_replicates": 16, "calibrate.polish": 3,
}  # fmt: skip


FEW_FILES = {"backend": "sequential", "part_runs": 1_000}
REPLICATE_SD = 0.1  # 16 replicates then suffice for the fit


@dataclass(frozen=True, slots=True)
class Spent:
    """What a search had spent when it first reached the fit, or at its end."""

    reached: bool
    runs: int
    cpu_seconds: float


def cost_settings(replicate_sd: float, *, common: bool) -> dict[str, Any]:
    """Return the settings of a calibration of the cost benchmark."""
    luck = {} if common else {"seeding": "per_cell"}
    return {**SMALL, "params.replicate_sd": replicate_sd, **luck}


def true_misfit(values: Mapping[str, Any], observed: Mapping[str, float]) -> float:
    """Return the exact objective of a parameter set, without any luck."""
    expected = expectations(values)
    return sum(((expected[m] - observed[m]) / SPREADS[m]) ** 2 for m in observed)


def ours(seed: int, goal: float, replicate_sd: float, *, common: bool = True) -> Spent:
    """Calibrate as the command does, until a set's true misfit is within the goal."""
    observed, more = observation(seed), cost_settings(replicate_sd, common=common)
    with tempfile.TemporaryDirectory() as folder:
        started = time.process_time()
        found = calibrate_study(StudyRequest(data=study(observed, Path(folder), seed, **more)))
        seconds = time.process_time() - started
    lowest, runs = math.inf, 0
    seen: set[str] = set()
    for trial in found.trials:
        new = set(trial.tried.run_ids) - seen
        seen |= new
        runs += len(new)
        if trial.score is not None and trial.score.objective < lowest:
            lowest = trial.score.objective
            if true_misfit(trial.values, observed) <= goal:
                return Spent(True, runs, seconds * runs / found.runs["planned"])
    return Spent(False, runs, seconds)


def plain(
    seed: int, goal: float, replicate_sd: float, *, kind: str, common: bool, most_runs: int
) -> Spent:
    """Search with a sampler alone, every set with fresh luck unless `common`."""
    observed = observation(seed)
    with tempfile.TemporaryDirectory() as folder:
        more = cost_settings(replicate_sd, common=common)
        brief: Brief = make_brief(
            compose_study(StudyRequest(data=study(observed, Path(folder), seed, **more)))
        )
        home = open_study(brief.study.outputs, brief.study.name)
        bench = Bench(study=brief.base, folder=home, points=brief.points)
        how = brief.study.calibration
        proposer = Proposer(kind=kind, size=len(brief.space), batch=how.batch, seed=seed)
        lowest, runs, started = math.inf, 0, time.process_time()
        while runs < most_runs:
            sets = [brief.space.values(u) for u in proposer.ask(how.batch)]
            objectives = []
            for values, tried in zip(sets, bench.try_sets(sets, how.replicates), strict=True):
                runs += how.replicates
                if tried.observed is None:
                    raise ValueError(tried.error)
                objectives.append(score(brief.points, tried.observed).objective)
                if objectives[-1] < lowest:
                    lowest = objectives[-1]
                    if true_misfit(values, observed) <= goal:
                        return Spent(True, runs, time.process_time() - started)
            proposer.tell(objectives)
        return Spent(False, runs, time.process_time() - started)


def cost(seeds: int, goal: float, most_runs: int, replicate_sd: float) -> dict[str, Any]:
    """Return runs and CPU seconds until the set that looks best truly fits, by kind of search."""
    kinds: dict[str, Callable[[int], Spent]] = {
        "calibrate (tpe, common random numbers, descent)": lambda s: ours(s, goal, replicate_sd),
        "the same with fresh luck for every set": lambda s: ours(
            s, goal, replicate_sd, common=False
        ),
        "optuna tpe, common random numbers, no descent": lambda s: plain(
            s, goal, replicate_sd, kind="tpe", common=True, most_runs=most_runs
        ),
        "optuna tpe, fresh luck for every set": lambda s: plain(
            s, goal, replicate_sd, kind="tpe", common=False, most_runs=most_runs
        ),
        "random search, common random numbers": lambda s: plain(
            s, goal, replicate_sd, kind="random", common=True, most_runs=most_runs
        ),
        "random search, fresh luck for every set": lambda s: plain(
            s, goal, replicate_sd, kind="random", common=False, most_runs=most_runs
        ),
    }
    ours(999, goal, replicate_sd)  # imports are not part of the cost
    found = {}
    for name, search in kinds.items():
        spent = [search(seed) for seed in range(seeds)]
        found[name] = {
            "reached": f"{sum(s.reached for s in spent)} of {seeds}",
            "median_runs": float(np.median([s.runs for s in spent])),
            "median_cpu_seconds": round(float(np.median([s.cpu_seconds for s in spent])), 2),
        }
        print(name, found[name], flush=True)
    return {"goal": goal, "most_runs": most_runs, "searches": found}


def main() -> None:
    """Measure what is asked for and print it as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("coverage", "cost"))
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--goal", type=float, default=1.0)
    parser.add_argument("--most-runs", type=int, default=3000)
    parser.add_argument("--replicate-sd", type=float, default=REPLICATE_SD)
    given = parser.parse_args()
    if given.what == "coverage":
        found = coverage(given.count)
    else:
        found = cost(given.seeds, given.goal, given.most_runs, given.replicate_sd)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
