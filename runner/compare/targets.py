"""Hold differences against what was wanted of them: widths, margins and bands."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from runner.compare.estimates import EXACT
from runner.config.named_metrics import Scale
from runner.stats import (
    against_band,
    equivalence_level,
    replicates_for_half_width,
    t_quantile,
)

Floats = NDArray[np.float64]
NOTHING_RANDOM = "nothing is random: all replicates are equal"
_INCONCLUSIVE = "inconclusive"


def fewest_for_exact(confidence: float) -> int:
    """Return how many equal differences in a row are more than luck at this confidence.

    Source: the two-sided sign test (J. Arbuthnot, 1710): n alike have chance 2^(1 - n).
    """
    return math.floor(1 - math.log2(1 - confidence)) + 1


def fewest_resamples(confidence: float) -> int:
    """Return how many resamples on one side of zero are more than luck at this confidence.

    The smallest two-sided p-value of n resamples is 2 / (n + 1).
    """
    return math.floor(2 / (1 - confidence))


def replicates_for_width(rows: pd.DataFrame, width: ArrayLike, confidence: float) -> Floats:
    """Return the replicates at which the interval of each difference is `width` wide in full.

    `rows` are rows of the table of comparisons; `width` is in the unit of the metric. NaN where
    replicates do not help or there is no interval.
    """
    n, df = (rows[name].to_numpy(np.float64, na_value=np.nan) for name in ("n", "df"))
    sd = rows["se"].to_numpy(np.float64) * np.sqrt(n)
    per = df / np.where(n > 1, n - 1, np.nan)
    needed = replicates_for_half_width(
        np.where(df > 0, sd, np.nan), np.asarray(width) / 2, confidence, per
    )
    without_luck = np.where(_is_still(rows), 2, fewest_for_exact(confidence))
    return np.where(_is_exact(rows) & ~np.isnan(needed), without_luck, needed)


def judge_band(
    rows: pd.DataFrame,
    band: tuple[float, float],
    *,
    scale: Scale,
    two_tests: bool,
    confidence: float,
) -> pd.DataFrame:
    """Return `verdict` (null without an interval) and `needed`, the replicates that would decide.

    A difference passes when its interval lies within `band` (with `two_tests` the narrower one of
    equivalence tests), fails when it lies wholly outside, and is inconclusive else. Equal
    differences in too few replicates decide nothing unless nothing is random.
    """
    estimate, proof, refutal = _intervals(rows, scale, two_tests=two_tests)
    verdict = against_band(proof, refutal, band)
    needed = _needed(rows, estimate, refutal, band, two_tests=two_tests, confidence=confidence)
    fewest = fewest_for_exact(confidence)
    n = rows["n"].to_numpy(np.float64, na_value=0.0)
    is_luck = _is_exact(rows) & ~_is_still(rows) & (n < fewest)
    verdict[is_luck & ~np.isnan(refutal[0])] = _INCONCLUSIVE
    needed = np.where(is_luck, fewest, needed)
    needed = np.where(verdict == _INCONCLUSIVE, needed, np.nan)
    return pd.DataFrame({"verdict": verdict, "needed": needed}, index=rows.index).astype(
        {"verdict": "string", "needed": "Int64"}
    )


def _is_exact(rows: pd.DataFrame) -> NDArray[np.bool_]:
    return (rows["method"] == EXACT).to_numpy(np.bool_)


def _is_still(rows: pd.DataFrame) -> NDArray[np.bool_]:
    """Tell where nothing is random, so that a second replicate tells nothing new."""
    return (rows["reason"] == NOTHING_RANDOM).to_numpy(np.bool_, na_value=False)


def _intervals(
    rows: pd.DataFrame, scale: Scale, *, two_tests: bool
) -> tuple[Floats, tuple[Floats, Floats], tuple[Floats, Floats]]:
    """Return estimate, the interval that proves and the one that refutes."""
    plain, narrow = ("ci", "tost") if scale == "difference" else ("relative", "relative_tost")
    names = [scale, *(f"{p}_{side}" for p in (narrow, plain) for side in ("low", "high"))]
    estimate, *ends = (rows[name].to_numpy(np.float64) for name in names)
    wide = (ends[2], ends[3])
    return estimate, (ends[0], ends[1]) if two_tests else wide, wide


def _needed(  # noqa: PLR0913 - what a number of replicates depends on
    rows: pd.DataFrame,
    estimate: Floats,
    interval: tuple[Floats, Floats],
    band: tuple[float, float],
    *,
    two_tests: bool,
    confidence: float,
) -> Floats:
    """Return the replicates at which an interval about the same estimate would decide."""
    n, df = (rows[name].to_numpy(np.float64, na_value=np.nan) for name in ("n", "df"))
    per = df / np.where(n > 1, n - 1, np.nan)
    se = (interval[1] - interval[0]) / 2 / t_quantile(df, confidence)
    room = np.minimum(estimate - band[0], band[1] - estimate)  # negative outside
    proof = equivalence_level(confidence) if two_tests else confidence
    to_pass = replicates_for_half_width(se * np.sqrt(n), room, proof, per)
    to_fail = replicates_for_half_width(se * np.sqrt(n), -room, confidence, per)
    return np.where(room > 0, to_pass, to_fail)
