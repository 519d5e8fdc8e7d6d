"""Intervals and sizes of effects as pure functions.

"Eight more euros per customer, give or take three" needs the give or take; each module here is
one way to compute such a thing, with its source, for many rows at once.
"""

from runner.stats.bootstrap import Bootstrap, Resampler, bootstrap_difference, bootstrap_mean
from runner.stats.components import (
    Within,
    main_effects,
    nan_mean,
    residual_variance,
    within_cells,
)
from runner.stats.differences import MeanDifference
from runner.stats.effects import hedges, small_sample_factor
from runner.stats.holm import holm
from runner.stats.intervals import t_half_width
from runner.stats.margins import against_band, equivalence_level
from runner.stats.moments import Moments, covariance, moments
from runner.stats.paired import paired
from runner.stats.percentiles import percentile_interval
from runner.stats.precision import replicates_for_half_width
from runner.stats.proportions import trials_to_separate, wilson, wilson_at
from runner.stats.ratios import fieller
from runner.stats.student import t_chance, t_interval, t_p_value, t_quantile
from runner.stats.welch import welch

__all__ = [
    "Bootstrap",
    "MeanDifference",
    "Moments",
    "Resampler",
    "Within",
    "against_band",
    "bootstrap_difference",
    "bootstrap_mean",
    "covariance",
    "equivalence_level",
    "fieller",
    "hedges",
    "holm",
    "main_effects",
    "moments",
    "nan_mean",
    "paired",
    "percentile_interval",
    "replicates_for_half_width",
    "residual_variance",
    "small_sample_factor",
    "t_chance",
    "t_half_width",
    "t_interval",
    "t_p_value",
    "t_quantile",
    "trials_to_separate",
    "welch",
    "wilson",
    "wilson_at",
    "within_cells",
]
