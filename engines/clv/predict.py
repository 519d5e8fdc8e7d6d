"""Work out each customer's forecast in closed form, at the estimated parameters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engines.clv.fit import Fit
from engines.clv.models import gamma_gamma as gg
from engines.clv.params import ClvParams
from engines.clv.rfm import StageData
from engines.clv.windows import month_units
from runner.contract import Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecasts:
    """What a model says about each customer of a stage; arrays (n,) unless noted.

    Attributes:
        p_alive: probability of still being a customer at the end of the stage.
        purchases, purchases_given_alive: expected over the horizon.
        spend: expected revenue per purchase; None when money is not modelled.
        value, value_given_alive: discounted margin over the horizon; None as above.
        monthly_purchases, monthly_revenue, monthly_value: totals, (H,); the latter None as above.
    """

    p_alive: Floats
    purchases: Floats
    purchases_given_alive: Floats
    spend: Floats | None
    value: Floats | None
    value_given_alive: Floats | None
    monthly_purchases: Floats
    monthly_revenue: Floats | None
    monthly_value: Floats | None

    @property
    def value_at_risk(self) -> Floats | None:
        """Value that is lost if the customer has left, weighted with that probability."""
        if self.value_given_alive is None:
            return None
        return (1.0 - self.p_alive) * self.value_given_alive


def forecast(
    data: StageData, fit: Fit, spend_fit: Fit | None, params: ClvParams, horizon: int
) -> Forecasts:
    """Return the forecasts of a stage over `horizon` months; each closed form once per history."""
    alive = p_alive(data, fit)
    month, rate = month_units(params), params.forecast.discount_rate_monthly
    spend = None if spend_fit is None else expected_spend(data, spend_fit)
    theta, model = fit.theta, fit.purchase_model
    before = np.zeros(data.pairs_x.size)
    discounted = np.zeros(data.pairs_x.size)
    bought, earned, worth = np.zeros(horizon), np.zeros(horizon), np.zeros(horizon)
    margin = params.forecast.margin
    for k in range(1, horizon + 1):
        now = model.expected_given_alive(theta, data.pairs_x, data.pairs_age, np.array(k * month))
        in_month = np.maximum(now - before, 0.0)
        before = before + in_month
        weight = (1.0 + rate) ** -k
        discounted = discounted + in_month * weight
        by_customer = alive * in_month[data.pair]
        bought[k - 1] = by_customer.sum()
        if spend is not None:
            earned[k - 1] = (by_customer * spend).sum()
            worth[k - 1] = margin * weight * earned[k - 1]
    given_alive = None if spend is None else margin * spend * discounted[data.pair]
    return Forecasts(
        p_alive=alive,
        purchases=alive * before[data.pair],
        purchases_given_alive=before[data.pair],
        spend=spend,
        value=None if given_alive is None else alive * given_alive,
        value_given_alive=given_alive,
        monthly_purchases=bought,
        monthly_revenue=None if spend is None else earned,
        monthly_value=None if spend is None else worth,
    )


def p_alive(data: StageData, fit: Fit) -> Floats:
    """Return each customer's probability of still being one, (n,)."""
    rows = data.rows
    return fit.purchase_model.p_alive(fit.theta, rows.x, rows.t_x, rows.age)[data.place]


def p_no_purchase(data: StageData, fit: Fit, units: float) -> Floats:
    """Return each customer's probability of no purchase in the next `units`, (n,)."""
    rows = data.rows
    found = fit.purchase_model.p_no_purchase(fit.theta, rows.x, rows.t_x, rows.age, units)
    return found[data.place]


def expected_purchases(data: StageData, fit: Fit, units: float, alive: Floats) -> Floats:
    """Return each customer's expected purchases in the next `units`, (n,)."""
    model = fit.purchase_model
    found = model.expected_given_alive(fit.theta, data.pairs_x, data.pairs_age, np.array(units))
    return np.asarray(alive * found[data.pair])


def expected_spend(data: StageData, spend_fit: Fit) -> Floats:
    """Return each customer's expected revenue per purchase, (n,)."""
    count = data.spend_count.astype(np.float64)
    return gg.expected_spend(spend_fit.theta, count, data.spend_mean)
