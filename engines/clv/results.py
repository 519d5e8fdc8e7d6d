"""Hold everything that one run found, for tables, metrics and checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.clv.drift import CohortDrift
from engines.clv.fit import Fit
from engines.clv.lists import CustomerList, ListInput
from engines.clv.params import ClvParams
from engines.clv.predict import Forecasts
from engines.clv.purchases import Purchases, Texts
from engines.clv.rfm import StageData
from engines.clv.selection import Choice
from engines.clv.validate import Holdout, ModelScores, Summary, Tracking
from engines.clv.windows import Windows
from runner.contract import Floats

CALIBRATION, FORECAST = "calibration", "forecast"

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """The fits of one stage.

    `spend` is None when money is not modelled; `ess`: effective share of the plain parameter
    samples by model, None where they are off.
    """

    data: StageData
    fits: Mapping[str, Fit]
    spend: Fit | None
    ess: Mapping[str, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What simulated customers did in the forecast; arrays (n,), revenue by month (H,)."""

    alive: NDArray[np.bool_]
    purchases: Ints
    value: Floats
    monthly_revenue: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Future:
    """The chosen model's samples of the forecast, summarised.

    `value` and `purchases`: limits of each customer (3, n) and (2, n), None when not asked for;
    `monthly`: limits of revenue (2, H); `total`: of all months; `p_top` (n,), share of samples
    above `cut`; `value_pit`: PIT of the true value (n,). None where money or truth is missing.
    """

    value: Floats | None
    purchases: Ints | None
    monthly: Floats | None
    total: tuple[float, float] | None
    p_top: Floats | None
    cut: float | None
    value_pit: Floats | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """Stage forecast: what the chosen model says of each customer (n,), sampled and in truth."""

    stage: Stage
    model: str
    forecasts: Forecasts
    p_no_purchase: Floats
    expected_outcome: Floats
    future: Future
    truth: Truth | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageLists:
    """The lists of one stage, and the customers and forecasts that they were made from."""

    data: StageData
    given: ListInput
    lists: list[CustomerList]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureGroups:
    """Each customer's group by one feature: at stage forecast, and at stage calibration."""

    feature: str
    forecast: Texts
    calibration: Texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """One run.

    `holdout` is None when there is none; `scored` is empty when models are not judged on it;
    `outlook` is None when the future is not forecast, and then there are no feature groups.
    """

    params: ClvParams
    horizon: int
    windows: Windows
    report: Mapping[str, float]
    observed: Purchases
    calibration: Stage
    holdout: Holdout | None
    scored: Mapping[str, ModelScores]
    summaries: Mapping[str, Summary]
    choice: Choice
    tracking: Tracking
    outlook: Outlook | None
    stage_lists: tuple[StageLists, ...]
    drift: list[CohortDrift]
    features: list[FeatureGroups]

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages of this run, in order."""
        return (
            (self.calibration,) if self.outlook is None else (self.calibration, self.outlook.stage)
        )

    @property
    def chosen(self) -> Fit:
        """The chosen model at stage calibration."""
        return self.calibration.fits[self.choice.model]

    @property
    def chosen_scores(self) -> ModelScores | None:
        """The chosen model on the holdout."""
        return self.scored.get(self.choice.model)
