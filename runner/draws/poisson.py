"""Turn uniforms into Poisson counts, by the inverse of the distribution function."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from runner.contract import EngineError, Floats

SMALLEST = 2.0**-54  # stands for u = 0 where a quantile would be infinite
_MIDDLE = 0.5  # below, the lower tail is the smaller one
_EXACT_MEAN = 1e5  # above, scipy's gamma functions lose the tails
_LARGEST_MEAN = 1e15  # whole numbers are exact in float64 well beyond its Poisson counts
_SMALL_MEAN = 12.0  # up to here few terms of the distribution function decide nearly all
_DOUBT = 1e-11  # how near to u a sum of terms decides nothing; its own error is below 1e-14
_FEW = 64  # so few left are as quick to look up one by one


def poisson_counts(uniforms: Floats, mean: Floats) -> NDArray[np.int64]:
    """Return the smallest k with P(Poisson(mean) <= k) > u, non-decreasing in u.

    u = 0 counts as 2^-54, half the smallest step between uniforms. Above a mean of 1e5 an
    expansion gives k; it differs from the definition by at most one, in far fewer than one draw
    in a million.

    Raises:
        EngineError: a mean is negative, not a number, or above 1e15.

    Source: M. Giles, "Algorithm 955: approximation of the inverse Poisson cumulative distribution
    function" (2016), Q_N2.
    """
    u, m = (array.reshape(-1) for array in np.broadcast_arrays(uniforms, mean))
    if not np.all((m >= 0) & (m <= _LARGEST_MEAN)):
        raise EngineError("Poisson means must be numbers from 0 to 1e15")
    u, shape = np.maximum(u, SMALLEST), np.broadcast_shapes(uniforms.shape, mean.shape)
    if mean.size == 1 and m.size > _table_size(mean.item()):
        return _from_table(u, mean.item()).reshape(shape)
    k = np.zeros(u.size)
    open_places = _summed(k, m, u)
    if open_places.size:
        k[open_places] = _guessed(m[open_places], u[open_places])
    return k.astype(np.int64).reshape(shape)


def _summed(k: Floats, m: Floats, u: Floats) -> NDArray[np.int64]:
    """Fill in the counts that the first terms decide beyond doubt; return the places left."""
    places = np.flatnonzero(m <= _SMALL_MEAN)
    open_places = [np.flatnonzero(m > _SMALL_MEAN)]
    m, u = m[places], u[places]
    term = np.exp(-m)
    total, count = term, 0
    while places.size > _FEW:
        above, below = u - total * (1 - _DOUBT), u - total * (1 + _DOUBT)
        k[places[above < 0]] = count
        open_places.append(places[(above >= 0) & (below <= 0)])
        on = np.flatnonzero(below > 0)
        places, m, u = places[on], m[on], u[on]
        count += 1
        term = term[on] * m / count
        total = total[on] + term
    return np.concatenate([*open_places, places])


def _guessed(m: Floats, u: Floats) -> Floats:
    """Return counts by an expansion of the quantile, made exact where the mean allows it."""
    from scipy.special import ndtri

    z, size = ndtri(u), np.maximum(m, 1.0)
    square = z * z
    guess = m + np.sqrt(m) * z + (1 / 3 + square / 6) - z * (1 / 36 + square / 72) / np.sqrt(size)
    guess += (-8 / 405 + square * (7 / 810 + square / 270)) / size
    k: Floats = np.floor(np.maximum(guess, 0.0))
    exact = np.flatnonzero(m <= _EXACT_MEAN)
    k[exact] = _searched(k[exact], m[exact], u[exact])
    return k


def _table_size(mean: float) -> float:
    """Return a count that no uniform reaches, or infinity where the expansion takes over."""
    return mean + 12 * mean**0.5 + 40 if mean <= _EXACT_MEAN else math.inf


def _from_table(u: Floats, mean: float) -> NDArray[np.int64]:
    """Look many uniforms up in one distribution function: the same counts, several times faster."""
    from scipy.special import gammainc, gammaincc

    k = np.arange(_table_size(mean))
    low = np.searchsorted(gammaincc(k + 1, mean), u, side="right")
    high = np.searchsorted(-gammainc(k + 1, mean), u - 1, side="right")
    return np.where(u < _MIDDLE, low, high).astype(np.int64)


def _searched(k: Floats, m: Floats, u: Floats) -> Floats:
    """Walk from a first guess `k` to the smallest one whose distribution function exceeds u."""
    exceeds = _poisson_exceeds(k, m, u)
    rising, falling = np.flatnonzero(~exceeds), np.flatnonzero(exceeds & (k > 0))
    while rising.size:
        k[rising] += 1
        rising = rising[~_poisson_exceeds(k[rising], m[rising], u[rising])]
    while falling.size:
        falling = falling[_poisson_exceeds(k[falling] - 1, m[falling], u[falling])]
        k[falling] -= 1
        falling = falling[k[falling] > 0]
    return k


def _poisson_exceeds(k: Floats, mean: Floats, u: Floats) -> NDArray[np.bool_]:
    """Tell where P(Poisson(mean) <= k) > u, from the smaller tail so that no digits are lost."""
    from scipy.special import gammainc, gammaincc

    low, high = gammaincc(k + 1, mean) > u, gammainc(k + 1, mean) < 1 - u
    return np.asarray(np.where(u < _MIDDLE, low, high), dtype=np.bool_)
