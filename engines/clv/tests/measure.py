"""Measure what needs many replicates: `python -m engines.clv.tests.measure errors bg_nbd 300`.

`errors`: do standard errors agree with the spread of estimates? Fits only, no samples; a further
number is the customers of each.
`lists`: does the precision that lists expect agree with what they had? Further numbers are the
customers and the samples of each.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable

import numpy as np

from engines.clv.fit import fit_purchases
from engines.clv.models import MODELS
from engines.clv.rfm import stage_data
from engines.clv.sources import customers_of
from engines.clv.tests.support import draws, params, run

LISTS = ("churn_radar", "potential_whales", "vip_at_risk")


def synthetic(process: str, n: int):
    return {
        "data": {"source": "synthetic", "synthetic": {"process": process, "n_customers": n}},
        "model": {"name": process},
        "drift": {"enabled": False},
        "forecast": {"enabled": False},
        "validation": {"enabled": False},
    }


def estimates(process: str, replicates: Iterable[int], n: int = 4000):
    """Return estimates and standard errors of the logs, each (n_replicates, k)."""
    given = params(synthetic(process, n), {"window": {"observation_units": 39}})
    found = []
    for replicate in replicates:
        source = customers_of(given, None, draws(replicate=replicate), 0)
        end = source.windows.calibration_end
        data = stage_data("calibration", source.observed, source.windows, end, include_first=False)
        fit = fit_purchases("calibration", MODELS[process], data.rows, given)
        if fit.covariance is not None:
            found.append((np.log(fit.theta), fit.se_log()))
    return np.array([e for e, _ in found]), np.array([s for _, s in found])


def precision(process: str, replicates: Iterable[int], n: int = 2000, n_samples: int = 200):
    """Return expected and realised precision by list, (2, n_replicates); empty lists left out."""
    quick = {"uncertainty": {"n_samples": n_samples}}
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in LISTS}
    for replicate in replicates:
        made = run(
            synthetic(process, n), quick,
            replicate=replicate, horizon=9, collect=("list_summary",),
        )  # fmt: skip
        table = made.tables["list_summary"]
        for row in range(len(table["list"])):
            expected, realised = (
                float(table[f"{kind}_precision"][row]) for kind in ("expected", "realised")
            )
            if np.isfinite(expected):
                found[table["list"][row]].append((expected, realised))
    return {name: np.array(pairs).reshape(-1, 2).T for name, pairs in found.items()}


def spread_ratio(logs, errors):
    """Return sd of the logs over their root mean square standard error, and its own error.

    The sd of n normal numbers is uncertain by 1/sqrt(2 n) of itself, of others with kurtosis k by
    sqrt((k - 1)/(4 n)). k is 12 for log r of MBG/NBD: few fits say little.
    """
    spread = logs.std(axis=0, ddof=1)
    kurtosis = ((logs - logs.mean(axis=0)) ** 4).mean(axis=0) / spread**4
    ratio = spread / np.sqrt((errors**2).mean(axis=0))
    return ratio, ratio * np.sqrt((kurtosis - 1) / (4 * len(logs)))


def coverage(logs, errors, true):
    """Return the share of 90 % intervals that hold the true logs (k,)."""
    return (np.abs(logs - true) <= 1.6449 * errors).mean(axis=0)


def truth(process: str):
    """Return the logs of the parameters that `estimates` estimates."""
    known = params(synthetic(process, 4000)).data.synthetic
    own = known.pareto if process == "pareto_nbd" else known.bg
    return np.log([getattr(own, name) for name in MODELS[process].parameters])


def tell_errors(process: str, n_replicates: int, n: int = 4000) -> None:
    logs, errors = estimates(process, range(n_replicates), n)
    ratio, doubt = spread_ratio(logs, errors)
    shares = coverage(logs, errors, truth(process))
    print(f"{process}, {len(logs)} fits of {n} customers: spread / root mean square standard error")
    for name, *row in zip(MODELS[process].parameters, ratio, doubt, shares, strict=True):
        print("  {}: {:.3f}, uncertain by {:.3f}; 90 % intervals cover {:.3f}".format(name, *row))


def tell_lists(process: str, n_replicates: int, n: int = 2000, n_samples: int = 200) -> None:
    found = precision(process, range(n_replicates), n, n_samples)
    for name, (expected, realised) in found.items():
        gap = realised - expected
        error = gap.std(ddof=1) / np.sqrt(gap.size)
        means = f"expected {expected.mean():.4f}, realised {realised.mean():.4f}"
        said = f"difference {gap.mean() / error:.2f} standard errors"
        print(f"{process}, {name}, {gap.size} lists: {means}, {said}")


if __name__ == "__main__":
    began = time.process_time()
    tell = {"errors": tell_errors, "lists": tell_lists}[sys.argv[1]]
    tell(sys.argv[2], *(int(word) for word in sys.argv[3:]))
    print(f"{time.process_time() - began:.1f} CPU s")
