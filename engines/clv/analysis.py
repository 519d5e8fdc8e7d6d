"""Take one run through its steps: fits, holdout, choice, forecast, lists, drift."""

from __future__ import annotations

from engines.clv.drift import CohortDrift, cohort_labels, drift_of_cohorts
from engines.clv.estimation import Estimation
from engines.clv.features import FeatureSet, groups_of, static_labels
from engines.clv.forecasting import realised, sample_future
from engines.clv.list_stages import list_model, lists_of_stages
from engines.clv.params import ClvParams, candidates
from engines.clv.predict import expected_purchases, forecast, p_no_purchase
from engines.clv.results import CALIBRATION, FeatureGroups, Outlook, Results, Stage, Truth
from engines.clv.rfm import StageData
from engines.clv.selection import Choice, choose
from engines.clv.sources import Source
from engines.clv.validate import (
    Holdout,
    ModelScores,
    holdout_of,
    score_model,
    summarise_baselines,
    summarise_model,
    track,
)
from runner.contract import Draws


def analyse(
    params: ClvParams, source: Source, features: FeatureSet, draws: Draws, horizon: int
) -> Results:
    """Return everything that one run finds.

    Raises:
        SimulationError: the mean spend does not exist (q <= 1).
    """
    run = Estimation(params=params, source=source, draws=draws, horizon=horizon)
    windows, level = source.windows, params.uncertainty.level
    data = run.data(CALIBRATION, windows.calibration_end)
    calibration = run.stage(data, candidates(params))
    holdout, scored, summaries = None, {}, {}
    if windows.holdout_units > 0:
        holdout = holdout_of(data, source.observed, windows)
    if holdout is not None and params.validation.enabled:
        scored = _scored(run, calibration, holdout)
        summaries = {name: summarise_model(s, holdout, level) for name, s in scored.items()}
        summaries |= summarise_baselines(data, holdout)
    choice = choose(calibration.fits, scored, params)
    for_lists = list_model(params, calibration, choice)
    outlook = later = None
    if params.forecast.enabled:
        names = dict.fromkeys(
            (choice.model, for_lists) if params.lists.enabled else (choice.model,)
        )
        later = run.forecast_stage(calibration, names)
        outlook = _outlook(run, later, choice.model)
    return Results(
        params=params, horizon=horizon, windows=windows,
        report={**source.report, "distinct_rfm_rows": data.rows.x.size},
        observed=source.observed, calibration=calibration, holdout=holdout,
        scored=scored, summaries=summaries, choice=choice,
        tracking=track(calibration.fits[choice.model], data, source.observed, windows),
        outlook=outlook, stage_lists=lists_of_stages(run, calibration, holdout, outlook, for_lists),
        drift=_drift(run, later or calibration, choice, features),
        features=[] if later is None else _groups(run, later, data, features),
    )  # fmt: skip


def _scored(run: Estimation, stage: Stage, holdout: Holdout) -> dict[str, ModelScores]:
    """Return every candidate's scores."""
    return {
        name: score_model(
            run.sampling(stage, name, holdout.units, 1.0, with_spend=False),
            stage.spend, holdout, run.params.uncertainty.level, run.draws,
        )
        for name in stage.fits
    }  # fmt: skip


def _truth(run: Estimation, data: StageData) -> Truth | None:
    """Return what simulated customers did after the stage, None for a file."""
    population = run.source.population
    if population is None:
        return None
    position = data.customers.position
    found = realised(
        population.purchases.take(position), data.end, run.horizon,
        run.source.windows, run.params,
    )  # fmt: skip
    return Truth(
        alive=population.left_at[position] > data.end, purchases=found.purchases,
        value=found.value, monthly_revenue=found.monthly_revenue,
    )  # fmt: skip


def _outlook(run: Estimation, stage: Stage, model: str) -> Outlook:
    """Return what a model says of the customers' future, sampled and in truth."""
    data, fit = stage.data, stage.fits[model]
    truth = _truth(run, data)
    units = run.params.lists.outcome_days / run.params.unit_days
    forecasts = forecast(data, fit, stage.spend, run.params, run.horizon)
    return Outlook(
        stage=stage,
        model=model,
        forecasts=forecasts,
        p_no_purchase=p_no_purchase(data, fit, units),
        expected_outcome=expected_purchases(data, fit, units, forecasts.p_alive),
        future=sample_future(
            run.future_sampling(stage, model), run.params,
            None if truth is None else truth.value, run.draws,
        ),
        truth=truth,
    )  # fmt: skip


def _drift(
    run: Estimation, stage: Stage, choice: Choice, features: FeatureSet
) -> list[CohortDrift]:
    """Return the verdict on every cohort, empty when drift is not tested."""
    if not run.params.drift.enabled:
        return []
    observed, windows = run.source.observed, run.source.windows
    feature = features.named(run.params.drift.cohort_by)
    labels = None
    if feature is not None:
        labels = static_labels(feature, int(observed.position.max()) + 1)[observed.position]
    return drift_of_cohorts(
        observed, windows, cohort_labels(observed, windows, run.params, labels),
        stage.fits[choice.model], stage.spend, run.params, run.horizon, run.draws,
    )  # fmt: skip


def _groups(
    run: Estimation, later: Stage, data: StageData, features: FeatureSet
) -> list[FeatureGroups]:
    """Return each customer's group by every feature, at both stages."""
    ticks = run.source.windows.ticks_per_day
    found = [
        FeatureGroups(
            feature=feature.name,
            forecast=groups_of(feature, later.data, ticks),
            calibration=groups_of(feature, data, ticks),
        )
        for feature in features.features
    ]
    return sorted(found, key=lambda group: group.feature)
