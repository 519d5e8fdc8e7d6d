"""Student's t: quantiles, intervals, tests of a mean against zero."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats: TypeAlias = NDArray[np.float64]


def t_quantile(df: ArrayLike, confidence: float) -> Floats:
    """Return the two-sided quantile t(1/2 + confidence/2, df), float64 of the shape of `df`.

    `df` are degrees of freedom, whole or not; NaN where they are not positive. `confidence` is in
    (0, 1).

    Source: Student (1908).
    """
    from scipy.special import stdtrit

    freedom = np.asarray(df, dtype=np.float64)
    is_defined = freedom > 0
    found = stdtrit(np.where(is_defined, freedom, 1.0), 0.5 + confidence / 2)
    return np.asarray(np.where(is_defined, found, np.nan), dtype=np.float64)


def t_interval(
    centre: Floats, se: Floats, df: ArrayLike, confidence: float
) -> tuple[Floats, Floats]:
    """Return the ends of the interval `centre -+ t se`, in the unit of `centre`.

    `centre` and `se` float64 (...,); `df` broadcasts to them. NaN where df is not positive.

    Source: Student (1908).
    """
    half = t_quantile(df, confidence) * se
    return centre - half, centre + half


def t_p_value(centre: Floats, se: Floats, df: ArrayLike) -> Floats:
    """Return the two-sided p-value of `centre` against zero, float64 of its shape.

    `se` is in the unit of `centre`, `df` broadcasts to it; NaN where either is not positive.

    Source: Student (1908).
    """
    return 2 * t_chance(-np.abs(centre), se, df)


def t_chance(centre: Floats, se: Floats, df: ArrayLike) -> Floats:
    """Return P(T < centre / se), the confidence that the true mean is above zero.

    Float64 of the shape of `centre`; `se` is in its unit, `df` broadcasts to it; NaN where either
    is not positive. That is also the posterior probability under the flat prior on mean and log sd.

    Source: A. Gelman et al., Bayesian Data Analysis (2013), section 3.2.
    """
    from scipy.special import stdtr

    freedom = np.broadcast_to(np.asarray(df, dtype=np.float64), centre.shape)
    is_defined = (se > 0) & (freedom > 0)
    ratio = np.divide(centre, se, out=np.zeros(centre.shape), where=is_defined)
    found = stdtr(np.where(is_defined, freedom, 1.0), ratio)
    return np.asarray(np.where(is_defined, found, np.nan), dtype=np.float64)
