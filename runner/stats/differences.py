"""What the difference of two means is known to be, however its replicates were matched."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runner.stats.moments import Moments
from runner.stats.student import t_interval

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanDifference:
    """The means of arm and control and how sure their difference is; arrays float64 (rows,).

    `arm` and `control` are the moments of the values used; `covariance` is that of the two means
    (0 when independent), in the squared unit of the values; `se` the standard error of the
    difference, in their unit; `df` the degrees of freedom. NaN where there are too few values.
    """

    arm: Moments
    control: Moments
    covariance: Floats
    se: Floats
    df: Floats

    @property
    def difference(self) -> Floats:
        """Mean of the arm less mean of the control, float64 (rows,)."""
        return self.arm.mean - self.control.mean

    def interval(self, confidence: float) -> tuple[Floats, Floats]:
        """Return the ends of the t interval of the difference, float64 (rows,) each.

        NaN where `se` or `df` is unknown, or `df` is not positive.

        Source: Student (1908).
        """
        return t_interval(self.difference, self.se, self.df, confidence)
