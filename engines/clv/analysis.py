"""Take one run through its steps: fits, holdout, choice, forecast, lists, drift."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from engines.clv.drift import CohortDrift, cohort_labels, drift_of_cohorts
from engines.clv.features import FeatureSet, groups_of, static_labels
from engines.clv.fit import Fit, fit_purchases, fit_spend
from engines.clv.forecasting import realised, sample_future
from engines.clv.lists import ListInput, build_lists
from engines.clv.models import MODELS
from engines.clv.parameter_samples import ParameterSamples, sample_parameters
from engines.clv.params import ClvParams, candidates
from engines.clv.predict import Forecasts, expected_purchases, forecast, p_no_purchase
from engines.clv.purchases import Purchases
from engines.clv.results import (
    CALIBRATION,
    FORECAST,
    FeatureGroups,
    Future,
    Results,
    Stage,
    StageLists,
    Truth,
)
from engines.clv.rfm import StageData, stage_data
from engines.clv.selection import Choice, choose
from engines.clv.simulate import Sampling
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
from engines.clv.windows import month_units
from runner.contract import Draws, SimulationError


def analyse(
    params: ClvParams, source: Source, features: FeatureSet, draws: Draws, horizon: int
) -> Results:
    """Return everything that one run finds.

    Raises:
        SimulationError: the mean spend does not exist (q <= 1).
    """
    run = _Run(params=params, source=source, draws=draws, horizon=horizon)
    windows, level = source.windows, params.uncertainty.level
    data = run.data(CALIBRATION, windows.calibration_end)
    calibration = run.stage(data, candidates(params))
    holdout, scored, summaries = None, {}, {}
    if windows.holdout_units > 0:
        holdout = holdout_of(data, source.observed, windows)
        scored = run.scored(calibration, holdout)
        summaries = {name: summarise_model(s, holdout, level) for name, s in scored.items()}
        summaries |= summarise_baselines(data, holdout)
    choice = choose(calibration.fits, scored, params)
    for_lists = list_model(params, calibration, choice)
    later = run.forecast_stage(calibration, dict.fromkeys((choice.model, for_lists)))
    fit, outcome = later.fits[choice.model], params.lists.outcome_days / params.unit_days
    forecasts = forecast(later.data, fit, later.spend, params, horizon)
    truth = run.truth(later.data)
    future = run.future(later, choice.model, truth)
    back_test = [] if holdout is None else [run.back_test(calibration, for_lists, holdout)]
    same = (forecasts, future) if for_lists == choice.model else None
    return Results(
        params=params, horizon=horizon, windows=windows,
        report={**source.report, "distinct_rfm_rows": data.rows.x.size},
        observed=source.observed, calibration=calibration, forecast=later, holdout=holdout,
        scored=scored, summaries=summaries, choice=choice,
        tracking=track(calibration.fits[choice.model], data, source.observed, windows),
        forecasts=forecasts, p_no_purchase=p_no_purchase(later.data, fit, outcome),
        expected_outcome=expected_purchases(later.data, fit, outcome, forecasts.p_alive),
        future=future, truth=truth,
        stage_lists=(*back_test, run.call_lists(later, for_lists, same)),
        drift=run.drift(later, choice, features), features=run.groups(later, data, features),
    )  # fmt: skip


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


@dataclass(slots=True, kw_only=True)
class _Run:
    """The steps of one run over one source."""

    params: ClvParams
    source: Source
    draws: Draws
    horizon: int
    _samples: dict[tuple[str, str], ParameterSamples] = field(default_factory=dict)

    def data(self, stage: str, end: int) -> StageData:
        """Return the customers of a stage that ends with tick `end`."""
        return stage_data(
            stage, self.source.observed, self.source.windows, end,
            include_first=self.params.gamma_gamma.include_first_purchase,
        )  # fmt: skip

    def stage(self, data: StageData, names: Iterable[str]) -> Stage:
        """Return a stage with these models fitted."""
        fits = {
            name: fit_purchases(data.stage, MODELS[name], data.rows, self.params) for name in names
        }
        return self._with_ess(data, fits, self._spend(data))

    def _with_ess(self, data: StageData, fits: dict[str, Fit], spend: Fit | None) -> Stage:
        every = [*fits.values(), *([] if spend is None else [spend])]
        ess = {fit.model: self.samples(fit).ess_fraction for fit in every}
        return Stage(data=data, fits=fits, spend=spend, ess=ess)

    def _spend(self, data: StageData) -> Fit | None:
        fit = fit_spend(data, self.params)
        if fit is None or fit.theta[1] > 1.0:
            return fit
        if self.params.gamma_gamma.on_unidentified_mean == "skip_money":
            return None
        ends = fit.interval(self.params.uncertainty.level)
        between = "" if ends is None else f", interval {ends[0][1]:.4g} to {ends[1][1]:.4g}"
        raise SimulationError(
            f"mean_not_identifiable: Gamma-Gamma estimates q = {fit.theta[1]:.4g}{between} at "
            f"stage {data.stage}, and a mean spend exists only for q > 1; set "
            "gamma_gamma.on_unidentified_mean to skip_money to go on without money"
        )

    def samples(self, fit: Fit) -> ParameterSamples:
        """Return parameter samples of a fit, made once."""
        key = (fit.stage, fit.model)
        if key not in self._samples:
            self._samples[key] = sample_parameters(fit, self.params, self.draws)
        return self._samples[key]

    def sampling(
        self, stage: Stage, model: str, window: float, months: float, *, with_spend: bool
    ) -> Sampling:
        """Return what to sample of a stage by one of its models."""
        spend = stage.spend if with_spend else None
        return Sampling(
            data=stage.data, fit=stage.fits[model], theta=self.samples(stage.fits[model]).theta,
            spend_theta=None if spend is None else self.samples(spend).theta,
            window=window, month=month_units(self.params), months=months,
            margin=self.params.forecast.margin, rate=self.params.forecast.discount_rate_monthly,
        )  # fmt: skip

    def scored(self, stage: Stage, holdout: Holdout) -> dict[str, ModelScores]:
        """Return every candidate's scores."""
        return {
            name: score_model(
                self.sampling(stage, name, holdout.units, 1.0, with_spend=False),
                stage.spend, holdout, self.params.uncertainty.level, self.draws,
            )
            for name in stage.fits
        }  # fmt: skip

    def forecast_stage(self, calibration: Stage, names: Iterable[str]) -> Stage:
        """Return the stage from which the future is forecast."""
        if self.params.forecast.refit:
            return self.stage(self.data(FORECAST, self.source.windows.observation_end), names)
        fits = {name: replace(calibration.fits[name], stage=FORECAST) for name in names}
        spend = calibration.spend
        spend = None if spend is None else replace(spend, stage=FORECAST)
        return self._with_ess(replace(calibration.data, stage=FORECAST), fits, spend)

    def truth(self, data: StageData) -> Truth | None:
        """Return what simulated customers did after the stage, None for a file."""
        population = self.source.population
        if population is None:
            return None
        position = data.customers.position
        found = realised(
            population.purchases.take(position), data.end, self.horizon,
            self.source.windows, self.params,
        )  # fmt: skip
        return Truth(
            alive=population.left_at[position] > data.end, purchases=found.purchases,
            value=found.value, monthly_revenue=found.monthly_revenue,
        )  # fmt: skip

    def future(self, stage: Stage, model: str, truth: Truth | None) -> Future:
        """Return the samples of the horizon, summarised."""
        window = self.horizon * month_units(self.params)
        return sample_future(
            self.sampling(stage, model, window, self.horizon, with_spend=True),
            self.params, None if truth is None else truth.value, self.draws,
        )  # fmt: skip

    def back_test(self, stage: Stage, model: str, holdout: Holdout) -> StageLists:
        """Return the lists at stage calibration, with what the holdout says about them."""
        params, windows = self.params, self.source.windows
        days = min(float(params.lists.outcome_days), holdout.units * params.unit_days)
        months = min(float(self.horizon), holdout.units / month_units(params))
        sampling = self.sampling(
            stage, model, months * month_units(params), months, with_spend=True
        )
        future = sample_future(sampling, params, None, self.draws)
        known = self._known(stage.data)
        count, _ = known.between(
            stage.data.end, stage.data.end + round(days * windows.ticks_per_day)
        )
        worth = realised(known, stage.data.end, months, windows, params).value
        given = self._list_input(stage, model, forecast(
            stage.data, stage.fits[model], stage.spend, params, self.horizon
        ), future, (days, months * params.forecast.days_per_month))  # fmt: skip
        cut = future.cut
        given = replace(
            given, stayed_away=count == 0, became_top=None if cut is None else worth > cut
        )
        return StageLists(given=given, lists=build_lists(given, params.lists))

    def _known(self, data: StageData) -> Purchases:
        observed = self.source.observed
        return observed.take(np.flatnonzero(observed.first <= data.end))

    def call_lists(
        self, stage: Stage, model: str, same: tuple[Forecasts, Future] | None
    ) -> StageLists:
        """Return the lists at stage forecast; `same`: what the model said, if it was asked."""
        params = self.params
        if same is None:
            forecasts = forecast(stage.data, stage.fits[model], stage.spend, params, self.horizon)
            same = forecasts, self.future(stage, model, None)
        windows = (float(params.lists.outcome_days), self.horizon * params.forecast.days_per_month)
        given = self._list_input(stage, model, *same, windows)
        return StageLists(given=given, lists=build_lists(given, params.lists))

    def _list_input(
        self, stage: Stage, model: str, forecasts: Forecasts, future: Future,
        days: tuple[float, float],
    ) -> ListInput:  # fmt: skip
        data = stage.data
        units = days[0] / self.params.unit_days
        return ListInput(
            stage=data.stage, model=model, forecasts=forecasts,
            p_no_purchase=p_no_purchase(data, stage.fits[model], units),
            p_top=future.p_top, cut=future.cut, x=data.x, revenue=data.revenue,
            outcome_days=days[0], value_days=days[1], stayed_away=None, became_top=None,
        )  # fmt: skip

    def drift(self, stage: Stage, choice: Choice, features: FeatureSet) -> list[CohortDrift]:
        """Return the verdict on every cohort, empty when drift is not tested."""
        if not self.params.drift.enabled:
            return []
        observed, windows = self.source.observed, self.source.windows
        feature = features.named(self.params.drift.cohort_by)
        labels = None
        if feature is not None:
            labels = static_labels(feature, int(observed.position.max()) + 1)[observed.position]
        return drift_of_cohorts(
            observed, windows, cohort_labels(observed, windows, self.params, labels),
            stage.fits[choice.model], stage.spend, self.params, self.horizon, self.draws,
        )  # fmt: skip

    def groups(self, later: Stage, data: StageData, features: FeatureSet) -> list[FeatureGroups]:
        """Return each customer's group by every feature, at both stages."""
        ticks = self.source.windows.ticks_per_day
        found = [
            FeatureGroups(
                feature=feature.name,
                forecast=groups_of(feature, later.data, ticks),
                calibration=groups_of(feature, data, ticks),
            )
            for feature in features.features
        ]
        return sorted(found, key=lambda group: group.feature)
