"""Fit the models of a stage and sample their parameters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from engines.clv.fit import Fit, fit_purchases, fit_spend
from engines.clv.models import MODELS
from engines.clv.parameter_samples import ParameterSamples, sample_parameters
from engines.clv.params import ClvParams
from engines.clv.results import FORECAST, Stage
from engines.clv.rfm import StageData, stage_data
from engines.clv.simulate import Sampling
from engines.clv.sources import Source
from engines.clv.windows import month_units
from runner.contract import Draws, SimulationError


@dataclass(slots=True, kw_only=True)
class Estimation:
    """The fits of one run over one source, and what to sample by them."""

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

    def forecast_stage(self, calibration: Stage, names: Iterable[str]) -> Stage:
        """Return the stage from which the future is forecast."""
        if self.params.forecast.refit:
            return self.stage(self.data(FORECAST, self.source.windows.observation_end), names)
        fits = {name: replace(calibration.fits[name], stage=FORECAST) for name in names}
        spend = calibration.spend
        spend = None if spend is None else replace(spend, stage=FORECAST)
        return self._with_ess(replace(calibration.data, stage=FORECAST), fits, spend)

    def future_sampling(self, stage: Stage, model: str) -> Sampling:
        """Return what to sample of the horizon."""
        window = self.horizon * month_units(self.params)
        return self.sampling(stage, model, window, self.horizon, with_spend=True)
