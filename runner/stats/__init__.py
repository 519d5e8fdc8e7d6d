"""Intervals and sizes of effects as pure functions."""

from runner.stats.intervals import t_half_width
from runner.stats.proportions import trials_to_separate, wilson, wilson_at

__all__ = ["t_half_width", "trials_to_separate", "wilson", "wilson_at"]
