"""Compare one cohort's values with a pool's, and calibrate the alarm for their sizes."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincinv

from engines.clv.generate import SMALLEST
from runner.contract import Draws, Floats

STREAMS = ("drift.null_prob.<cohort>", "drift.null_count.<cohort>")
_SHIFT_LEVEL = 0.90

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Divergence:
    """How far counts are from a pool's: Kullback-Leibler and Jensen-Shannon, in nats."""

    kl: Floats
    js: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One cohort against its pool, with the thresholds for these sizes."""

    bins: int
    kl: float
    js: float
    kl_threshold: float
    js_threshold: float
    p_kl: float
    p_js: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """The means, their difference in percent of the pool's with a Welch interval, its direction."""

    mean_cohort: float
    mean_pool: float
    percent: float | None
    low: float | None
    high: float | None
    direction: str
    outside_share: float


def inner_edges(pool: Floats, bins: int) -> Floats:
    """Return the edges between equal-mass bins of the pool; equal edges merged, outer bins open."""
    quantiles = np.quantile(pool, np.arange(1, bins) / bins)
    return np.unique(quantiles)


def bin_counts(values: Floats, edges: Floats, pool: Floats) -> Ints:
    """Return counts per bin; bins without any pool value are merged into their left neighbour."""
    whole = np.bincount(np.searchsorted(edges, pool, side="left"), minlength=edges.size + 1)
    own = np.bincount(np.searchsorted(edges, values, side="left"), minlength=edges.size + 1)
    place = np.maximum(np.cumsum(whole > 0) - 1, 0)
    return np.bincount(place, weights=own, minlength=int(place[-1]) + 1).astype(np.int64)


def divergence(
    cohort: NDArray[np.number], pool: NDArray[np.number], smoothing: float
) -> Divergence:
    """Return the divergence of cohort counts (.., bins) from pool counts (bins,), smoothed."""
    p = cohort + smoothing
    p = p / p.sum(axis=-1, keepdims=True)
    q = pool + smoothing
    q = q / q.sum()
    w = (p + q) / 2.0
    kl = np.sum(p * np.log(p / q), axis=-1)
    js = 0.5 * (np.sum(p * np.log(p / w), axis=-1) + np.sum(q * np.log(q / w), axis=-1))
    return Divergence(kl=np.asarray(kl), js=np.asarray(js))


@dataclass(slots=True, kw_only=True)
class NullTable:
    """Divergences of cohorts without drift, made once per cohort size and pool counts."""

    draws: Draws
    samples: int
    smoothing: float
    _made: dict[tuple[int, tuple[int, ...]], Divergence] = field(default_factory=dict)

    def of(self, cohort: str, n: int, pool: Ints) -> Divergence:
        """Return sorted divergences (samples,) of n customers drawn from what the pool shows.

        Bin probabilities are Dirichlet(pool counts), because the pool is a sample itself; counts
        are multinomial, bin by bin.
        """
        key = (n, tuple(int(v) for v in pool))
        if key not in self._made:
            counts = self._counts(cohort, n, pool)
            found = divergence(counts, pool, self.smoothing)
            self._made[key] = Divergence(kl=np.sort(found.kl), js=np.sort(found.js))
        return self._made[key]

    def _counts(self, cohort: str, n: int, pool: Ints) -> Floats:
        from scipy.stats import binom

        name, bins = cohort.replace(".", "_"), np.arange(pool.size)[None, :]
        step = np.arange(self.samples)[:, None]

        def uniform(stream: str) -> Floats:
            found = self.draws.uniform(f"{stream}.{name}", step=step, entities=bins)
            return np.maximum(found, SMALLEST)

        mass = gammaincinv(pool.astype(np.float64)[None, :], uniform("drift.null_prob"))
        left = np.cumsum(mass[:, ::-1], axis=1)[:, ::-1]
        share = np.minimum(mass / np.maximum(left, 1e-300), 1.0)
        u, counts = uniform("drift.null_count"), np.zeros(mass.shape)
        rest = np.full(self.samples, float(n))
        for k in range(pool.size - 1):
            some = rest > 0
            counts[some, k] = binom.ppf(u[some, k], rest[some], share[some, k])
            rest = rest - counts[:, k]
        counts[:, -1] = rest
        return counts


def judge_cohort(  # noqa: PLR0913 - a name and two samples, and how they are compared
    name: str, values: Floats, pool: Floats, *, bins: int, rate: float, null: NullTable
) -> Verdict | None:
    """Return the verdict on one cohort, or None when the pool fills fewer than two bins."""
    edges = inner_edges(pool, bins)
    pool_counts = bin_counts(pool, edges, pool)
    if pool_counts.size < 2:  # noqa: PLR2004 - one bin says nothing
        return None
    own = divergence(bin_counts(values, edges, pool), pool_counts, null.smoothing)
    expected = null.of(name, values.size, pool_counts)
    kl_at, kl_p = _judge(float(own.kl), expected.kl, rate)
    js_at, js_p = _judge(float(own.js), expected.js, rate)
    return Verdict(
        bins=pool_counts.size, kl=float(own.kl), js=float(own.js),
        kl_threshold=kl_at, js_threshold=js_at, p_kl=kl_p, p_js=js_p,
    )  # fmt: skip


def _judge(observed: float, ordered: Floats, rate: float) -> tuple[float, float]:
    """Return the threshold at a false-alarm rate, and the p-value of what was observed."""
    at_least = ordered.size - int(np.searchsorted(ordered, observed, side="left"))
    return float(np.quantile(ordered, 1.0 - rate)), (1.0 + at_least) / (1.0 + ordered.size)


def shift_of(values: Floats, pool: Floats) -> Shift:
    """Return how the mean moved."""
    from scipy.stats import ttest_ind

    mean, base = float(values.mean()), float(pool.mean())
    outside = float(((values < pool.min()) | (values > pool.max())).mean())
    percent = low = high = None
    direction = "shape"
    varies = np.ptp(values) > 0 or np.ptp(pool) > 0
    if varies:
        ends = ttest_ind(values, pool, equal_var=False).confidence_interval(_SHIFT_LEVEL)
        if ends.low > 0:
            direction = "up"
        elif ends.high < 0:
            direction = "down"
        if base:
            low, high = 100.0 * float(ends.low) / base, 100.0 * float(ends.high) / base
    if base:
        percent = 100.0 * (mean / base - 1.0)
    return Shift(
        mean_cohort=mean, mean_pool=base, percent=percent, low=low, high=high,
        direction=direction, outside_share=outside,
    )  # fmt: skip


def holm(p_values: list[float]) -> list[float]:
    """Return Holm-adjusted p-values in the given order."""
    order = np.argsort(p_values, kind="stable")
    adjusted, highest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = highest
    return adjusted
