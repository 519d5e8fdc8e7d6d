"""Make the lists of both stages: at calibration with what came of them, at forecast to call."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from engines.clv.estimation import Estimation
from engines.clv.forecasting import realised, sample_future, share_above
from engines.clv.lists import ListInput, build_lists
from engines.clv.params import ClvParams
from engines.clv.predict import Forecasts, forecast, p_no_purchase
from engines.clv.purchases import Purchases
from engines.clv.results import Future, Outlook, Stage, StageLists
from engines.clv.rfm import StageData
from engines.clv.selection import Choice
from engines.clv.simulate import Sampling
from engines.clv.validate import Holdout
from engines.clv.windows import month_units


def list_model(params: ClvParams, calibration: Stage, choice: Choice) -> str:
    """Return the model that makes the lists: the chosen one, unless that is BG/NBD.

    BG/NBD holds every one-time buyer for alive; the better of MBG/NBD and Pareto/NBD replaces it.
    """
    if params.lists.model != "auto":
        return params.lists.model
    others = [name for name in ("mbg_nbd", "pareto_nbd") if name in calibration.fits]
    if choice.model != "bg_nbd" or not others:
        return choice.model
    return min(others, key=lambda name: calibration.fits[name].aic)


def lists_of_stages(
    run: Estimation,
    calibration: Stage,
    holdout: Holdout | None,
    outlook: Outlook | None,
    model: str,
) -> tuple[StageLists, ...]:
    """Return the lists of each stage that has any: the back-test, and those to call."""
    if not run.params.lists.enabled:
        return ()
    found = []
    if holdout is not None:
        found.append(_back_test(run, calibration, model, holdout))
    if outlook is not None:
        found.append(_call_lists(run, outlook, model))
    return tuple(found)


def _back_test(run: Estimation, stage: Stage, model: str, holdout: Holdout) -> StageLists:
    """Return the lists at stage calibration, with what the holdout says about them."""
    params, windows, data = run.params, run.source.windows, stage.data
    days = min(float(params.lists.outcome_days), holdout.units * params.unit_days)
    months = min(float(run.horizon), holdout.units / month_units(params))
    sampling = run.sampling(stage, model, months * month_units(params), months, with_spend=True)
    known = _known(run, data)
    count, _ = known.between(data.end, data.end + round(days * windows.ticks_per_day))
    worth = realised(known, data.end, months, windows, params).value
    forecasts = forecast(data, stage.fits[model], stage.spend, params, run.horizon)
    future = sample_future(sampling, params, None, run.draws)
    given = replace(
        _list_input(
            run, sampling, forecasts, future, (days, months * params.forecast.days_per_month)
        ),
        stayed_away=count == 0,
        became_top=None if future.cut is None else worth > future.cut,
    )
    return StageLists(data=data, given=given, lists=build_lists(given, params.lists))


def _known(run: Estimation, data: StageData) -> Purchases:
    observed = run.source.observed
    return observed.take(np.flatnonzero(observed.first <= data.end))


def _call_lists(run: Estimation, outlook: Outlook, model: str) -> StageLists:
    """Return the lists at stage forecast, sampled anew if another model forecasts."""
    params, stage = run.params, outlook.stage
    sampling = run.future_sampling(stage, model)
    forecasts, future = outlook.forecasts, outlook.future
    if model != outlook.model:
        forecasts = forecast(stage.data, stage.fits[model], stage.spend, params, run.horizon)
        future = sample_future(sampling, params, None, run.draws)
    days = (float(params.lists.outcome_days), run.horizon * params.forecast.days_per_month)
    given = _list_input(run, sampling, forecasts, future, days)
    return StageLists(data=stage.data, given=given, lists=build_lists(given, params.lists))


def _list_input(
    run: Estimation,
    sampling: Sampling,
    forecasts: Forecasts,
    future: Future,
    days: tuple[float, float],
) -> ListInput:
    data, cut = sampling.data, future.cut
    return ListInput(
        stage=data.stage, model=sampling.fit.model, forecasts=forecasts,
        p_no_purchase=p_no_purchase(data, sampling.fit, days[0] / run.params.unit_days),
        p_top=future.p_top, cut=cut, x=data.x, revenue=data.revenue,
        p_top_afresh=partial(share_above, sampling, cut or 0.0, run.draws),
        outcome_days=days[0], value_days=days[1], stayed_away=None, became_top=None,
    )  # fmt: skip
