"""Score forecasts: errors, ranks and intervals as pure functions of arrays (n,)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from runner.contract import Floats

Ints = NDArray[np.int64]


def correlation(one: Floats, two: Floats) -> float | None:
    """Return Pearson's correlation, None where one of both does not vary."""
    if one.size < 2 or np.ptp(one) == 0 or np.ptp(two) == 0:  # noqa: PLR2004 - two points
        return None
    found = float(np.corrcoef(one, two)[0, 1])
    return found if np.isfinite(found) else None


def rank_correlation(one: Floats, two: Floats) -> float | None:
    """Return Spearman's correlation, None where one of both does not vary."""
    return correlation(ranks(one), ranks(two))


def ranks(values: Floats) -> Floats:
    """Return ranks from 1, equal values sharing their mean rank."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return np.asarray((last - (count - 1) / 2.0)[place])


def auc(score: Floats, happened: NDArray[np.bool_]) -> float | None:
    """Return the area under the ROC curve, None when all or none happened."""
    yes = int(happened.sum())
    no = happened.size - yes
    if not yes or not no:
        return None
    return float((ranks(score)[happened].sum() - yes * (yes + 1) / 2.0) / (yes * no))


def crps(ordered: NDArray[np.float64] | Ints, actual: Floats) -> Floats:
    """Return the unbiased CRPS of each row; `ordered`: samples sorted (n, n_samples)."""
    n_samples = ordered.shape[1]
    k = 2.0 * np.arange(1, n_samples + 1) - n_samples - 1
    distance = np.abs(ordered - actual[:, None]).mean(axis=1)
    return np.asarray(distance - (ordered * k).sum(axis=1) / (n_samples * (n_samples - 1.0)))


def count_quantile(ordered: Ints, level: float) -> Ints:
    """Return the smallest sample whose cumulative share is at least `level`; sorted (.., n)."""
    n_samples = ordered.shape[-1]
    place = int(np.ceil(level * n_samples - 1e-9)) - 1
    return np.asarray(ordered[..., min(max(place, 0), n_samples - 1)])


def money_quantile(ordered: Floats, level: float) -> Floats:
    """Return the linearly interpolated quantile of sorted samples (.., n)."""
    position = level * (ordered.shape[-1] - 1)
    low = int(np.floor(position))
    high = min(low + 1, ordered.shape[-1] - 1)
    share = position - low
    return np.asarray(ordered[..., low] * (1.0 - share) + ordered[..., high] * share)


def tails(level: float) -> tuple[float, float]:
    """Return the lower and upper quantile of an equal-tailed interval."""
    return (1.0 - level) / 2.0, (1.0 + level) / 2.0


def randomised_pit(ordered: NDArray[np.float64] | Ints, actual: Floats, u: Floats) -> Floats:
    """Return F(y-) + u (F(y) - F(y-)) of each row, uniform when the samples are right."""
    below = (ordered < actual[:, None]).mean(axis=1)
    upto = (ordered <= actual[:, None]).mean(axis=1)
    return np.asarray(below + u * (upto - below))


def pit_share(pit: Floats, level: float) -> float:
    """Return the share of PIT values inside the equal-tailed interval of a level."""
    low, high = tails(level)
    return float(((pit >= low) & (pit <= high)).mean())


def percent_off(predicted: float, actual: float) -> float | None:
    """Return 100 (predicted / actual - 1), None when nothing happened."""
    return 100.0 * (predicted / actual - 1.0) if actual else None
