"""Compute what the table of comparisons says of an arm and its control, for many rows at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from runner.stats import (
    Bootstrap,
    MeanDifference,
    bootstrap_difference,
    bootstrap_mean,
    covariance,
    equivalence_level,
    fieller,
    hedges,
    moments,
    paired,
    percentile_interval,
    t_chance,
    t_p_value,
    welch,
)

Floats = NDArray[np.float64]
Columns = dict[str, Floats]

PAIRED, WELCH, PERCENTILE, EXACT, NONE = "paired", "welch", "percentile", "exact", "none"
_ROUNDING = 1e-12  # relative; a smaller spread is the noise of floating-point sums

NUMBERS = (
    "n", "n_control", "n_arm", "mean_control", "mean_arm", "sd_control", "sd_arm", "difference",
    "se", "df", "ci_low", "ci_high", "tost_low", "tost_high", "boot_low", "boot_high", "relative",
    "relative_low", "relative_high", "relative_tost_low", "relative_tost_high", "above",
    "replicates_above", "effect_size", "p_value", "correlation", "variance_reduction",
)  # fmt: skip


def paired_columns(arm: Floats, control: Floats, how: Bootstrap) -> Columns:
    """Return the columns for replicates that met the same draws; float64 (rows, n) both."""
    found = paired(arm, control)
    columns = _of_means(found, arm, control, how.confidence) | _pairing(found)
    columns["n"] = found.arm.n
    columns["replicates_above"] = _share_above(arm - control)
    if how.resamples:
        columns["boot_low"], columns["boot_high"] = bootstrap_mean(arm - control, how)
    return columns


def welch_columns(arm: Floats, control: Floats, how: Bootstrap) -> Columns:
    """Return the columns for independent replicates; float64 (rows, n) both."""
    found = welch(arm, control)
    columns = _of_means(found, arm, control, how.confidence)
    columns["n"] = np.minimum(found.arm.n, found.control.n)
    columns["replicates_above"] = _share_above(arm - control)
    if how.resamples:
        ends = bootstrap_difference(arm, control, how)
        columns["boot_low"], columns["boot_high"] = ends
    return columns


def percentile_columns(arm: Floats, control: Floats, how: Bootstrap) -> Columns:
    """Return the columns for engines that resample data; float64 (rows, 1 + resamples) both.

    Column 0 holds the estimates from the data as they are, the others those from resamples. Without
    an estimate there is no interval either.
    """
    point = arm[:, 0] - control[:, 0]
    samples = np.where(np.isnan(point)[:, None], np.nan, (arm - control)[:, 1:])
    own, other, spread = moments(arm[:, 1:]), moments(control[:, 1:]), moments(samples)
    enough = spread.n > 1
    nowhere = np.full(len(arm), np.nan)
    columns = {
        "n": spread.n, "n_arm": own.n, "n_control": other.n,
        "mean_arm": arm[:, 0], "mean_control": control[:, 0],
        "sd_arm": own.sd, "sd_control": other.sd, "difference": point, "se": spread.sd,
        "df": nowhere, "effect_size": nowhere,
        "replicates_above": _share_above(samples), "above": _share_above(samples),
        "p_value": np.where(enough, _bootstrap_p(samples), np.nan),
    }  # fmt: skip
    columns |= _percentiles(("ci_", "tost_"), samples, how.confidence)
    columns["boot_low"], columns["boot_high"] = columns["ci_low"], columns["ci_high"]
    columns |= _percentile_ratio(arm, control, how.confidence)
    joint = covariance(arm[:, 1:], control[:, 1:])
    return columns | _correlations(joint, own.sd, other.sd, spread.variance)


def has_no_spread(columns: Columns) -> NDArray[np.bool_]:
    """Tell which differences do not vary, apart from the noise of floating-point sums."""
    scale = np.maximum(np.abs(columns["mean_arm"]), np.abs(columns["mean_control"]))
    return np.asarray(columns["se"] <= _ROUNDING * scale)


def is_zero(columns: Columns) -> NDArray[np.bool_]:
    """Tell which differences are nothing, apart from the noise of floating-point sums."""
    scale = np.maximum(np.abs(columns["mean_arm"]), np.abs(columns["mean_control"]))
    return np.asarray(np.abs(columns["difference"]) <= _ROUNDING * scale)


def _of_means(found: MeanDifference, arm: Floats, control: Floats, confidence: float) -> Columns:
    columns = {
        "n_arm": np.sum(~np.isnan(arm), axis=-1).astype(np.float64),
        "n_control": np.sum(~np.isnan(control), axis=-1).astype(np.float64),
        "mean_arm": found.arm.mean, "mean_control": found.control.mean,
        "sd_arm": found.arm.sd, "sd_control": found.control.sd,
        "difference": found.difference, "se": found.se, "df": found.df,
        "above": t_chance(found.difference, found.se, found.df),
        "p_value": t_p_value(found.difference, found.se, found.df),
        "effect_size": hedges(found.arm, found.control),
    }  # fmt: skip
    return columns | _intervals(found, confidence)


def _intervals(found: MeanDifference, confidence: float) -> Columns:
    """Return the intervals of difference and ratio, also at the level of equivalence tests."""
    columns: Columns = {}
    is_clear = ~np.isnan(fieller(found, confidence)[0])
    columns["relative"] = found.arm.mean / np.where(is_clear, found.control.mean, np.nan) - 1
    for tost, level in (("", confidence), ("tost_", equivalence_level(confidence))):
        plain = tost or "ci_"
        columns[f"{plain}low"], columns[f"{plain}high"] = found.interval(level)
        for side, end in zip(("low", "high"), fieller(found, level), strict=True):
            columns[f"relative_{tost}{side}"] = np.where(is_clear, end - 1, np.nan)
    return columns


def _pairing(found: MeanDifference) -> Columns:
    n = np.maximum(found.arm.n, 1)
    return _correlations(found.covariance * n, found.arm.sd, found.control.sd, found.se**2 * n)


def _correlations(joint: Floats, sd_arm: Floats, sd_control: Floats, paired: Floats) -> Columns:
    """Return correlation and the factor by which pairing cuts the variance of the difference."""
    product, alone = sd_arm * sd_control, sd_arm**2 + sd_control**2
    varies = product > 0
    has_spread = paired > (_ROUNDING**2) * alone
    return {
        "correlation": np.clip(joint / np.where(varies, product, np.nan), -1.0, 1.0),
        "variance_reduction": alone / np.where(has_spread, paired, np.nan),
    }


def _share_above(differences: Floats) -> Floats:
    """Return the share of a row's values above zero, ties count half; NaN without any."""
    count = np.sum(~np.isnan(differences), axis=-1)
    above = np.sum(differences > 0, axis=-1) + np.sum(differences == 0, axis=-1) / 2
    return np.asarray(above / np.where(count > 0, count, np.nan))


def _bootstrap_p(samples: Floats) -> Floats:
    """Return the two-sided p-value that belongs to percentile intervals about zero.

    Source: A. Davison, D. Hinkley, Bootstrap Methods (1997), (4.11): one is added to each count.
    """
    count = np.sum(~np.isnan(samples), axis=-1)
    below, above = (np.sum(side, axis=-1) for side in (samples <= 0, samples >= 0))
    return np.asarray(np.minimum(1.0, 2 * (np.minimum(below, above) + 1) / (count + 1)))


def _percentiles(prefixes: tuple[str, str], samples: Floats, confidence: float) -> Columns:
    """Return the intervals at `confidence` and at the level of equivalence tests."""
    columns: Columns = {}
    for prefix, level in zip(prefixes, (confidence, equivalence_level(confidence)), strict=True):
        ends = percentile_interval(samples, level)
        columns[f"{prefix}low"], columns[f"{prefix}high"] = ends
    return columns


def _percentile_ratio(arm: Floats, control: Floats, confidence: float) -> Columns:
    """Return arm / control - 1; NaN where resamples do not agree on the control's sign."""
    low, high = percentile_interval(control[:, 1:], confidence)
    is_clear = (low > 0) | (high < 0)
    base = np.where(is_clear[:, None] & (control != 0), control, np.nan)
    ratio = arm / base - 1
    intervals = _percentiles(("relative_", "relative_tost_"), ratio[:, 1:], confidence)
    return {"relative": ratio[:, 0], **intervals}
