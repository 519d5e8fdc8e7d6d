"""Declare the parameters of what is made of the fits: samples, forecast, lists, drift."""

from __future__ import annotations

from dataclasses import dataclass

from runner.contract import ParamGroup, Problem, param, shown

PURCHASE_MODELS = ("bg_nbd", "mbg_nbd", "pareto_nbd", "nbd")
COHORTS = ("week", "month", "quarter", "column", "archetype")


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncertainty(ParamGroup):
    """How intervals are made."""

    n_samples: int = param(200, unit="samples", low=30, high=10_000, doc="predictive samples")
    level: float = param(0.90, unit="fraction", low=0.5, high=0.99, doc="equal tails")
    parameter_samples: str = param(
        "laplace", choices=("laplace", "importance", "none"),
        doc="normal in log-parameters, that reweighted by the likelihood, or the estimate alone",
    )  # fmt: skip
    customer_intervals: bool = param(
        True, doc="false leaves the interval columns of customers null; totals stay"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast(ParamGroup):
    """Whether the future is forecast, and what a future purchase is worth today."""

    enabled: bool = param(
        True, doc="false: stage forecast is left out; its tables are empty, its metrics null"
    )

    refit: bool = param(
        True, doc="false: forecast from calibration_end with the calibration parameters"
    )
    discount_rate_monthly: float = param(
        0.01, unit="fraction_per_month", low=0, high=0.2, doc="months are discounted at their end"
    )
    margin: float = param(
        1.0, unit="fraction", low=0, low_open=True, high=1, doc="share of revenue that is margin"
    )
    days_per_month: float = param(365.0 / 12.0, unit="days", low=28, high=31, doc="month length")


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation(ParamGroup):
    """Whether models are judged on the holdout, and how it is shown."""

    enabled: bool = param(
        True, doc="false: no samples of the holdout; its tables are empty, its metrics null"
    )

    frequency_cap: int = param(
        7, unit="purchases", low=1, high=50, doc="last frequency bin is this or more"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Lists(ParamGroup):
    """Who to call: churn radar, VIP at risk, potential whales."""

    enabled: bool = param(True, doc="false: no lists and no back-test of lists")

    model: str = param(
        "auto", choices=("auto", *PURCHASE_MODELS),
        doc="auto = the chosen model, but never BG/NBD when another is fitted",
    )  # fmt: skip
    outcome_days: int = param(
        90, unit="days", low=1, high=730, doc="churned = no purchase for this long"
    )
    top_n: int = param(100, unit="rows", low=1, high=10_000_000, doc="most rows of a list")
    vip_share: float = param(
        0.10, unit="fraction", low=0, high=1, doc="share of customers, by value, who are VIP"
    )
    vip_max_p_alive: float = param(
        0.5, unit="probability", low=0, high=1, doc="VIP are at risk at or below"
    )
    whale_share: float = param(
        0.05, unit="fraction", low=0, high=0.5, doc="share of sampled values that make a whale"
    )
    whale_max_frequency: int = param(
        2, unit="purchases", low=0, high=50, doc="potential whales have at most this history"
    )
    whale_min_lift: float = param(
        2.0, unit="factor", low=1, high=20, doc="least P(whale) as a multiple of whale_share"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift(ParamGroup):
    """When a cohort counts as different from those before it."""

    enabled: bool = param(True, doc="test cohorts for drift")
    likelihood_ratio: bool = param(False, doc="also test the purchase parameters of a cohort")
    cohort_by: str = param(
        "month",
        doc="week, month, quarter (of first purchase), column, archetype, or <table>.<column>",
    )
    age_units: float = param(
        12.0, unit="time_units", low=0, low_open=True, high=1e5, doc="equal age of the comparison"
    )
    statistic: str = param(
        "early_value", choices=("early_value", "early_purchases", "predicted_value"),
        doc="what is compared at that age",
    )  # fmt: skip
    trigger: str = param("kl", choices=("kl", "js"), doc="divergence that flags")
    bins: int = param(10, unit="bins", low=2, high=100, doc="quantile bins of the pool")
    smoothing: float = param(
        0.5, unit="count_per_bin", low=0, low_open=True, high=5, doc="added to each bin"
    )
    false_alarm_rate: float = param(
        0.01, unit="probability", low=1e-4, high=0.2, doc="of a cohort without drift"
    )
    null_samples: int = param(
        10_000, unit="samples", low=100, high=10_000_000, doc="at least 20 / false_alarm_rate"
    )
    min_cohort: int = param(
        20, unit="customers", low=10, high=10_000_000, doc="smaller cohorts are not tested"
    )
    min_baseline: int = param(
        200, unit="customers", low=20, high=10_000_000, doc="least pool; at least 10 * bins"
    )

    def problems(self) -> list[Problem]:
        """Refuse too few null samples, too small a pool, and unknown cohorts."""
        if not self.enabled:
            return []
        found = []
        if self.null_samples < 20 / self.false_alarm_rate * (1 - 1e-12):
            allowed = f"must be >= 20 / false_alarm_rate = {20 / self.false_alarm_rate:g} samples"
            found.append(Problem("null_samples", shown(self.null_samples), allowed))
        if self.min_baseline < 10 * self.bins:
            allowed = f"must be >= 10 * bins = {10 * self.bins} customers"
            found.append(Problem("min_baseline", shown(self.min_baseline), allowed))
        if "." not in self.cohort_by and self.cohort_by not in COHORTS:
            allowed = f"must be one of {', '.join(COHORTS)}, or <feature table>.<column>"
            found.append(Problem("cohort_by", shown(self.cohort_by), allowed))
        return found
