"""Compare estimates with the parameters of a simulated population."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engines.clv.fit import Fit
from engines.clv.models.gamma_gamma import NAME as SPEND
from engines.clv.params import ClvParams, is_recoverable


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """One estimate against its true value; z and covered are None without a standard error."""

    true_value: float
    log_error: float
    z: float | None
    covered: bool | None


def recovery_of(fit: Fit, parameter: str, params: ClvParams) -> Recovery | None:
    """Return how well a parameter was recovered; None where there is no true value for it.

    True values exist when the process is the fitted model, with one archetype and no scaling.
    """
    synthetic = params.data.synthetic
    if not is_recoverable(params) or parameter not in fit.parameters:
        return None
    if fit.model == SPEND:
        true = getattr(synthetic.spend, parameter)
    elif fit.model == synthetic.process:
        own = synthetic.pareto if fit.model == "pareto_nbd" else synthetic.bg
        true = getattr(own, parameter)
    else:
        return None
    place, se = fit.parameters.index(parameter), fit.se_log()
    log_error = float(np.log(fit.theta[place]) - np.log(true))
    ends = fit.interval(params.uncertainty.level)
    return Recovery(
        true_value=float(true),
        log_error=log_error,
        z=None if se is None else log_error / float(se[place]),
        covered=None if ends is None else bool(ends[0][place] <= true <= ends[1][place]),
    )
