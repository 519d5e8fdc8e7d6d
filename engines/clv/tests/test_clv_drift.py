"""The drift test: calibrated alarm, power, bins, cohorts."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtri

from engines.clv.drift_null import (
    NullTable,
    bin_counts,
    divergence,
    holm,
    inner_edges,
    judge_cohort,
    shift_of,
)
from engines.clv.tests.support import QUICK, draws, run, shop_rows, write_csv


def log_normal(n: int, trial: int, scale: float = 1.0) -> np.ndarray:
    u = draws(seed=100 + trial).uniform("sim.rate", step=trial, entities=slice(0, n))
    return scale * np.exp(4.0 + ndtri(np.maximum(u, 1e-12)))


def alarms(n: int, pool_n: int, trials: int, scale: float = 1.0) -> float:
    null = NullTable(draws=draws(), samples=10_000, smoothing=0.5)
    hits = 0
    for trial in range(trials):
        values = log_normal(n + pool_n, trial)
        verdict = judge_cohort("c", scale * values[:n], values[n:], bins=10, rate=0.01, null=null)
        hits += verdict.p_kl <= 0.01
    return hits / trials


@pytest.mark.parametrize("pool_n", [500, 5000])
@pytest.mark.parametrize("n", [20, 50, 200, 500])
def test_false_alarms_come_at_the_stated_rate(n, pool_n):
    assert 0.005 <= alarms(n, pool_n, 3000) <= 0.018


@pytest.mark.parametrize(
    ("n", "scale", "least"),
    [(200, 1.25, 0.22), (200, 1.5, 0.90), (200, 2, 0.99), (500, 1.25, 0.74), (500, 1.5, 0.99),
     (50, 2, 0.70)],
)  # fmt: skip
def test_power(n, scale, least):
    assert alarms(n, 5000, 400, scale) >= least - 0.03


def test_threshold_is_near_its_large_sample_limit():
    pool = log_normal(100_000, 1)
    null = NullTable(draws=draws(), samples=10_000, smoothing=0.5)
    for n, limit in ((200, 0.0542), (500, 0.0217)):
        verdict = judge_cohort("c", log_normal(n, 2), pool, bins=10, rate=0.01, null=null)
        assert verdict.kl_threshold == pytest.approx(limit, rel=0.08)


def test_a_cohort_beyond_the_pool_is_flagged():
    pool, null = log_normal(500, 1), NullTable(draws=draws(), samples=2000, smoothing=0.5)
    far = pool.max() + np.arange(1.0, 51.0)
    verdict = judge_cohort("c", far, pool, bins=10, rate=0.01, null=null)
    assert verdict.p_kl <= 0.01
    shift = shift_of(far, pool)
    assert shift.outside_share == 1.0
    assert shift.direction == "up"
    assert shift.low > 0


def test_an_atom_has_a_bin_of_its_own_and_a_constant_pool_none():
    pool = np.array([0.0] * 60 + [1.0] * 20 + [2.0] * 20)
    edges = inner_edges(pool, 10)
    assert bin_counts(pool, edges, pool).tolist() == [60, 20, 20]
    null = NullTable(draws=draws(), samples=2000, smoothing=0.5)
    assert judge_cohort("c", pool, np.zeros(100), bins=10, rate=0.01, null=null) is None


def test_divergences_are_their_definitions():
    found = divergence(np.array([3, 1]), np.array([1, 1]), 0.5)
    p, q = np.array([3.5, 1.5]) / 5, np.array([0.5, 0.5])
    w = (p + q) / 2
    assert found.kl == pytest.approx(np.sum(p * np.log(p / q)))
    half = np.sum(p * np.log(p / w)) + np.sum(q * np.log(q / w))
    assert found.js == pytest.approx(half / 2)


def test_null_is_made_once_per_size_and_differs_between_cohorts():
    null = NullTable(draws=draws(), samples=500, smoothing=0.5)
    pool = np.array([50, 50])
    assert null.of("a", 20, pool) is null.of("b", 20, pool)
    other = NullTable(draws=draws(), samples=500, smoothing=0.5)
    assert other.of("b", 20, pool).kl.tolist() != null.of("a", 20, pool).kl.tolist()


def test_holm():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])


@pytest.mark.parametrize("by", ["week", "month", "quarter", "column"])
def test_cohorts_of_a_file(tmp_path, by):
    rows = []
    for k in range(12):
        rows += [(f"{k}-{i}", d, v, "b" if k % 3 else "a") for i, d, v in _moved(shop_rows(60), k)]
    header = ("customer_id", "order_date", "revenue", "source")
    file = write_csv(tmp_path / "s.csv", rows, header)
    tables = run(
        QUICK,
        {"data": {"path": str(file), "columns": {"cohort": "source"}}, "model": {"name": "bg_nbd"},
         "window": {"calibration_units": 52},
         "drift": {"cohort_by": by, "bins": 2, "min_baseline": 20, "min_cohort": 10,
                   "likelihood_ratio": True}},
    ).tables  # fmt: skip
    found = tables["cohort_drift"]
    names = found["cohort"].tolist()
    first = {"week": "2024-01-08", "month": "2024-02", "quarter": "2024-Q2", "column": "a"}[by]
    assert names == sorted(names)
    assert names[0] == first
    tested = [n is not None for n in found["kl"].tolist()]
    assert any(tested)
    ratio = found["lr_statistic"].tolist()
    assert all((r is not None) == t for r, t in zip(ratio, tested, strict=True))
    assert all(0 <= p <= 1 for p in found["lr_p"].tolist() if p is not None)


def _moved(rows, months):
    for i, day, value in rows:
        number = int(day[5:7]) - 1 + months
        yield (
            i,
            f"{int(day[:4]) + number // 12}-{number % 12 + 1:02d}-{min(int(day[8:]), 28):02d}",
            value,
        )
