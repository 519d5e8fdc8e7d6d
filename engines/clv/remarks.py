"""Say what a reader should know before believing the numbers of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from engines.clv import scores
from engines.clv.lists import NO_MONEY
from engines.clv.results import Results, Stage

_THIN_ESS = 0.3


def run_warnings(results: Results, unknown_rows: Mapping[str, int]) -> tuple[str, ...]:
    """Return warnings, each as `code: message`; `unknown_rows`: rows of feature tables left out."""
    found = [
        *(said for stage in results.stages for said in _of_stage(stage, results)),
        *_of_spend(results),
        *_of_lists(results),
    ]
    if results.report["refund_only_days"]:
        days, amount = results.report["refund_only_days"], results.report["refund_only_revenue"]
        found.append(f"refund_only_days: {days:.0f} days, {amount:.2f}, are no purchases")
    found += [
        f"unknown_customers: {count} rows of feature table {name} belong to no customer"
        for name, count in unknown_rows.items()
        if count
    ]
    return tuple(dict.fromkeys(found))


def _of_stage(stage: Stage, results: Results) -> Iterator[str]:
    every = [*stage.fits.values(), *([] if stage.spend is None else [stage.spend])]
    for fit in every:
        where = f"{fit.model} at stage {fit.stage}"
        if not fit.has_converged:
            yield f"fit_not_converged: {where} ended with status {fit.status}"
        if fit.covariance is None:
            yield f"parameter_samples_off: {where} has no standard errors; samples are plug-in"
        ess = stage.ess[fit.model]
        if ess is not None and ess < _THIN_ESS:
            yield (
                f"laplace_ess_fraction: below {_THIN_ESS} for {where}; plain samples follow the "
                "likelihood badly, consider uncertainty.parameter_samples: importance"
            )
    if stage.spend is None:
        buyers = int(((stage.data.spend_count > 0) & (stage.data.spend_mean > 0)).sum())
        least = results.params.gamma_gamma.min_customers
        said = f"{buyers} repeat buyers with revenue at stage {stage.data.stage}"
        why = f"fewer than {least}" if buyers < least else "the mean spend is not identified"
        yield f"money_not_modelled: {said}; {why}"


def _of_spend(results: Results) -> Iterator[str]:
    data, settings = results.calibration.data, results.params
    repeat = data.x > 0
    x, m = data.x[repeat].astype(np.float64), data.m[repeat]
    found = {"Pearson": scores.correlation(m, x), "Spearman": scores.rank_correlation(m, x)}
    limit = settings.gamma_gamma.independence_warn_abs_corr
    high = [f"{name} {value:.2f}" for name, value in found.items() if abs(value or 0.0) > limit]
    if high:
        yield (
            f"spend_frequency_dependence: correlation of spend and frequency {', '.join(high)}; "
            "value assumes that they are independent"
        )
    free = int((repeat & (data.m <= 0)).sum())
    if free:
        yield f"free_purchases: {free} repeat buyers never paid; left out of the spend fit"
    spend = results.calibration.spend
    ends = None if spend is None else spend.interval(settings.uncertainty.level)
    if ends is not None and ends[0][1] <= 1.0:
        yield f"mean_weakly_identified: the lower limit of q is {ends[0][1]:.3g}, not above 1"


def _of_lists(results: Results) -> Iterator[str]:
    for made in results.stage_lists:
        if made.given.model == "bg_nbd":
            yield "one_time_buyers_never_at_risk: the lists are made by bg_nbd"
        for one in made.lists:
            if one.reason and one.reason != NO_MONEY:  # money has a warning of its own
                yield f"empty_list: {one.name} at stage {made.given.stage}: {one.reason}"
