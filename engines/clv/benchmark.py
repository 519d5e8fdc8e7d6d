"""Measure speed, and agreement with other packages: `python -m engines.clv.benchmark`.

`--lifetimes PYTHON` and `--clvkit PYTHON` name interpreters of environments that have lifetimes
0.11.3 and clvkit 0.2.1; `--customers N` adds a simulated table of N customers. All times are
process CPU seconds, one process, one thread (set OMP_NUM_THREADS=1), the median of five after one
to warm up; large tables are measured once. Time inside draws is left out.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from engines.clv.drift_null import NullTable
from engines.clv.fit import Fit, fit_purchases, fit_spend, spending_of
from engines.clv.generate import generate
from engines.clv.models import MODELS
from engines.clv.models import gamma_gamma as gg
from engines.clv.models.histories import Histories, histories
from engines.clv.parameter_samples import sample_parameters
from engines.clv.params import ClvParams
from engines.clv.params_data import DATASETS
from engines.clv.predict import forecast
from engines.clv.rfm import StageData, stage_data
from engines.clv.simulate import Sampling, Totals, sample_blocks
from engines.clv.timing import REPEATS, TimedDraws, say, timed
from engines.clv.transactions import read_file
from engines.clv.windows import month_units, synthetic_windows
from runner.contract import Draws, build_params

_TARGETS = {"bg_nbd": 0.015, "mbg_nbd": 0.015, "pareto_nbd": 0.10, "gamma_gamma": 0.01}


def params_of(tree: Mapping[str, Any]) -> ClvParams:
    """Return parameters, defaults but for `tree`."""
    params, problems = build_params(ClvParams, tree)
    if params is None:
        raise SystemExit("\n".join(map(str, problems)))
    return params


def fit_all(data: StageData, params: ClvParams) -> dict[str, tuple[Fit, float]]:
    """Fit every model, with its CPU seconds."""
    found: dict[str, tuple[Fit, float]] = {}
    for name, model in MODELS.items():
        found[name] = timed(partial(fit_purchases, "calibration", model, data.rows, params))
    spend, seconds = timed(lambda: fit_spend(data, params))
    if spend is None:
        raise SystemExit("the data set has too few buyers")
    found[gg.NAME] = (spend, seconds)
    return found


def likelihood(name: str, theta: Mapping[str, float], data: StageData) -> float:
    """Return the log-likelihood of parameters, whoever found them, by this engine's formulas."""
    if name == gg.NAME:
        values = np.array([theta[p] for p in gg.PARAMETERS])
        spending = spending_of(data)
        return float(spending.weight @ gg.log_likelihood(values, spending.x, spending.m))
    model, rows = MODELS[name], data.rows
    values = np.array([theta[p] for p in model.parameters])
    return float(rows.weight @ model.log_likelihood(values, rows.x, rows.t_x, rows.age))


def measure_cdnow(peers: Mapping[str, str]) -> None:
    """Print fits, peers, samples and the drift null on the packaged data set."""
    params = params_of({})
    file = read_file(params, DATASETS["cdnow"])
    windows = file.windows
    data = stage_data(
        "calibration", file.purchases, windows, windows.calibration_end, include_first=False
    )
    fits = fit_all(data, params)
    for name, (_, seconds) in fits.items():
        say(f"CDNOW, fit and Hessian of {name}", seconds, _TARGETS.get(name))
    for peer, interpreter in peers.items():
        compare(peer, peer_fits(peer, interpreter, data), fits, data)
    measure_scaling(data, params)
    for name in MODELS:
        measure_samples(
            f"CDNOW, 200 samples by {name}", data, fits[name][0], fits[gg.NAME][0], params, 3.0
        )
    draws = TimedDraws()
    counts = np.full(10, 500)
    _, seconds = timed(
        lambda: NullTable(draws=draws, samples=10_000, smoothing=0.5).of("c", 200, counts), draws
    )
    say("drift null, 10,000 samples, 10 bins", seconds, 0.5)


def compare(
    peer: str, theirs: Mapping[str, Any], fits: Mapping[str, tuple[Fit, float]], data: StageData
) -> None:
    """Print a peer's CPU seconds as a ratio, and its log-likelihood against ours."""
    for name, found in theirs.items():
        ours, seconds = fits[name]
        gap = likelihood(name, found["theta"], data) - ours.log_likelihood
        ratio = found["seconds"] / seconds
        sys.stdout.write(
            f"{peer + ', ' + name:58} {found['seconds']:9.4f} s  {ratio:6.1f} times ours; "
            f"LL {gap:+.2e} from ours; {found['missing']} NaN forecasts\n"
        )


def peer_fits(peer: str, interpreter: str, data: StageData) -> dict[str, Any]:
    """Return what a peer finds on the same customers, in its own interpreter."""
    script = Path(__file__).parent / "tests" / "peer_fits.py"
    columns = (data.customers.ids, data.x, data.t_x, data.age, data.m)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "summary.csv"
        lines = ["customer_id,frequency,recency,T,monetary_value"]
        lines += [",".join(map(str, row)) for row in zip(*columns, strict=True)]
        file.write_text("\n".join(lines), encoding="utf-8")
        done = subprocess.run(
            [interpreter, str(script), peer, str(file)], capture_output=True, text=True, check=True
        )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def measure_scaling(data: StageData, params: ClvParams) -> None:
    """Print how the cost of a fit grows with ten times the distinct rows."""
    rows = data.rows
    shift = np.tile(np.arange(10) / 1000.0, (rows.x.size, 1))
    ten = histories(
        np.repeat(rows.x, 10), np.repeat(rows.t_x, 10),
        np.repeat(rows.age, 10) + shift.reshape(-1), np.repeat(rows.weight, 10),
    )  # fmt: skip

    def fit(name: str, table: Histories) -> float:
        return timed(lambda: fit_purchases("calibration", MODELS[name], table, params))[1]

    for name in ("bg_nbd", "pareto_nbd"):
        ratio = fit(name, ten) / fit(name, rows)
        sys.stdout.write(
            f"{name}: 10 times the distinct rows cost {ratio:.1f} times (at most 12)\n"
        )


def measure_samples(  # noqa: PLR0913, PLR0917 - one line of the report
    what: str, data: StageData, fit: Fit, spend: Fit, params: ClvParams, target: float,
    repeats: int = REPEATS,
) -> None:  # fmt: skip
    """Print the cost of sampling 12 months, parameters included."""
    draws = TimedDraws()

    def sample() -> None:
        made = sampling_of(data, fit, spend, params, draws)
        for _ in sample_blocks(made, draws, Totals.zero(made)):
            pass

    say(what, timed(sample, draws, repeats)[1], target)


def sampling_of(data: StageData, fit: Fit, spend: Fit, params: ClvParams, draws: Draws) -> Sampling:
    """Return 200 samples of 12 months."""
    month = month_units(params)
    return Sampling(
        data=data, fit=fit, theta=sample_parameters(fit, params, draws).theta,
        spend_theta=sample_parameters(spend, params, draws).theta, window=12 * month, month=month,
        months=12, margin=1.0, rate=0.01,
    )  # fmt: skip


def measure_large(n: int) -> None:
    """Print fit, closed forms, samples and memory for n simulated customers, days resolved."""
    synthetic = {"n_customers": n, "resolution": "day"}
    params = params_of({"data": {"source": "synthetic", "synthetic": synthetic}})
    windows = synthetic_windows(params)
    made = generate(params, windows, windows.observation_end, TimedDraws())
    data = stage_data(
        "forecast", made.purchases, windows, windows.observation_end, include_first=False
    )
    sys.stdout.write(f"{n:,} customers: {data.rows.x.size:,} distinct rows\n")
    spend = fit_spend(data, params)
    if spend is None:
        raise SystemExit("too few buyers")
    for name in ("bg_nbd", "pareto_nbd"):
        fit, seconds = timed(
            partial(fit_purchases, "forecast", MODELS[name], data.rows, params), repeats=1
        )
        say(f"{n:,} customers, fit of {name}", seconds)
        _, seconds = timed(partial(forecast, data, fit, spend, params, 12), repeats=1)
        say(f"{n:,} customers, closed forms by {name}", seconds, 10)
        measure_samples(f"{n:,} customers, 200 samples by {name}", data, fit, spend, params, 900, 1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(f"peak memory {peak:,.0f} MiB (at most 2048)\n")


def main() -> None:
    """Read the arguments and print the measurements."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--lifetimes", help="interpreter that has lifetimes 0.11.3")
    parser.add_argument("--clvkit", help="interpreter that has clvkit 0.2.1")
    parser.add_argument("--customers", type=int, help="size of a large simulated table")
    given = parser.parse_args()
    peers = {"lifetimes": given.lifetimes, "clvkit": given.clvkit}
    measure_cdnow({name: path for name, path in peers.items() if path})
    if given.customers:
        measure_large(given.customers)


if __name__ == "__main__":
    main()
