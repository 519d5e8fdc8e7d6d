"""Write the tables that describe models: parameters, covariances, fits, scores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from engines.clv.fit import Fit
from engines.clv.models import MODELS
from engines.clv.models.gamma_gamma import NAME as SPEND
from engines.clv.recovery import Recovery, recovery_of
from engines.clv.results import Results, Stage
from engines.clv.tables_models import SUMMARY_UNITS

Columns = Mapping[str, Any]

_DENSITY = "density of (x, t_x, T) in the time unit"
_MEAN_SPEND = "density of the mean spend m"


def fits_of(stage: Stage) -> list[Fit]:
    """Return the fits of a stage in the order of their names."""
    every = [*stage.fits.values(), *([] if stage.spend is None else [stage.spend])]
    return sorted(every, key=lambda fit: fit.model)


def parameters(results: Results) -> Iterator[Columns]:
    """Give the rows of `parameters`, one fit at a time."""
    for stage in results.stages:
        for fit in fits_of(stage):
            yield _parameter_rows(fit, results)


def _parameter_rows(fit: Fit, results: Results) -> Columns:
    order = np.argsort(fit.parameters)
    k, se = order.size, fit.se_log()
    ends = fit.interval(results.params.uncertainty.level)
    none = np.full(k, np.nan)
    known = [recovery_of(fit, name, results.params) for name in fit.parameters]
    return {
        "stage": [fit.stage] * k,
        "model": [fit.model] * k,
        "parameter": [fit.parameters[i] for i in order],
        "estimate": fit.theta[order],
        "se": none if se is None else (fit.theta * se)[order],
        "log_estimate": np.log(fit.theta)[order],
        "se_log": none if se is None else se[order],
        "ci_low": none if ends is None else ends[0][order],
        "ci_high": none if ends is None else ends[1][order],
        "unit": [_unit(fit, i, results) for i in order],
        "true_value": [_true(known[i]) for i in order],
        "z": [_z(known[i]) for i in order],
    }


def _true(recovery: Recovery | None) -> float | None:
    return None if recovery is None else recovery.true_value


def _z(recovery: Recovery | None) -> float | None:
    return None if recovery is None else recovery.z


def _unit(fit: Fit, place: int, results: Results) -> str:
    if fit.model == SPEND:
        return results.params.data.currency if fit.parameters[place] == "gamma" else "shape"
    return results.params.time.unit if MODELS[fit.model].is_time[place] else "shape"


def covariances(results: Results) -> Iterator[Columns]:
    """Give the rows of `parameter_covariance`, one fit at a time."""
    for stage in results.stages:
        for fit in fits_of(stage):
            if fit.covariance is None:
                continue
            order = np.argsort(fit.parameters)
            names, k = [fit.parameters[i] for i in order], order.size
            ordered = fit.covariance[np.ix_(order, order)]
            se = np.sqrt(np.diag(ordered))
            yield {
                "stage": [fit.stage] * k * k,
                "model": [fit.model] * k * k,
                "row": [name for name in names for _ in names],
                "column": [name for _ in names for name in names],
                "covariance_log": ordered.reshape(-1),
                "correlation_log": np.clip(ordered / np.outer(se, se), -1.0, 1.0).reshape(-1),
            }


def fits(results: Results) -> Iterator[Columns]:
    """Give the rows of `fits`; AIC is compared among the purchase models of a stage."""
    for stage in results.stages:
        lowest = min(fit.aic for fit in stage.fits.values())
        weights = {name: np.exp(-0.5 * (fit.aic - lowest)) for name, fit in stage.fits.items()}
        for fit in fits_of(stage):
            is_spend, name = fit.model == SPEND, fit.model
            scored = results.scored.get(name) if stage is results.calibration else None
            selected = name == results.choice.model
            yield {
                "stage": [fit.stage],
                "model": [name],
                "status": [fit.status],
                "n_customers": [fit.n_customers],
                "n_distinct_rows": [fit.n_rows],
                "n_parameters": [len(fit.parameters)],
                "log_likelihood": [fit.log_likelihood],
                "ll_convention": [_MEAN_SPEND if is_spend else _DENSITY],
                "aic": [fit.aic],
                "delta_aic": [None if is_spend else fit.aic - lowest],
                "akaike_weight": [None if is_spend else weights[name] / sum(weights.values())],
                "multistart_spread": [fit.spread],
                "laplace_ess_fraction": [stage.ess[name]],
                "crps": [None if scored is None else float(scored.crps.mean())],
                "selected": [selected or is_spend],
                "chosen_on_holdout": [selected and results.choice.on_holdout],
                "reason": ["models spend" if is_spend else results.choice.reasons[name]],
            }


def holdout_summary(results: Results) -> Iterator[Columns]:
    """Give the rows of `holdout_summary`: models and baselines in the order of their names."""
    for name in sorted(results.summaries):
        scores = results.summaries[name]
        yield {"model": [name], **{column: [scores.get(column)] for column in SUMMARY_UNITS}}
