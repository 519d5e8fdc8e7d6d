"""Intervals and sizes of effects as pure functions."""

from runner.stats.intervals import t_half_width
from runner.stats.proportions import wilson

__all__ = ["t_half_width", "wilson"]
