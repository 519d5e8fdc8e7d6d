"""Summarise sampled futures of a stage, and work out what really happened."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from engines.clv import scores
from engines.clv.lists import TopValues
from engines.clv.params import ClvParams
from engines.clv.purchases import Purchases, sums_by
from engines.clv.results import Future, Ints
from engines.clv.simulate import Block, Sampling, Totals, sample_blocks
from engines.clv.validate import customer_uniforms
from engines.clv.windows import Windows
from runner.contract import Draws, Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Realised:
    """What customers did after a stage; purchases and value (n,), revenue by month."""

    purchases: Ints
    value: Floats
    monthly_revenue: Floats


def realised(
    purchases: Purchases, end: int, months: float, windows: Windows, params: ClvParams
) -> Realised:
    """Return purchases, discounted margin and revenue in the `months` after tick `end`."""
    n, month = len(purchases), params.forecast.days_per_month * windows.ticks_per_day
    after = (purchases.tick - end) / month
    inside = (after > 0) & (after <= months)
    number = np.maximum(np.ceil(after[inside] - 1e-9), 1.0).astype(np.int64)
    owner, revenue = purchases.owner[inside], purchases.revenue[inside]
    worth = params.forecast.margin * revenue
    worth = worth * (1.0 + params.forecast.discount_rate_monthly) ** -number.astype(np.float64)
    size = int(np.ceil(months))
    return Realised(
        purchases=np.bincount(owner, minlength=n).astype(np.int64),
        value=sums_by(owner, worth, n),
        monthly_revenue=sums_by(number - 1, revenue, size)[:size],
    )


class _Limits:
    """Quantiles of each customer's samples: value (3, n), purchases (2, n)."""

    def __init__(self, n: int, level: float, *, has_value: bool) -> None:
        self._low, self._high = scores.tails(level)
        self.value = np.empty((3, n)) if has_value else None
        self.purchases = np.empty((2, n), dtype=np.int64)

    def add(self, block: Block) -> None:
        """Note the quantiles of a block."""
        counts = np.sort(block.counts, axis=1)
        self.purchases[0, block.rows] = scores.count_quantile(counts, self._low)
        self.purchases[1, block.rows] = scores.count_quantile(counts, self._high)
        if self.value is not None and block.value is not None:
            values = np.sort(block.value, axis=1)
            for row, level in enumerate((self._low, 0.5, self._high)):
                self.value[row, block.rows] = scores.money_quantile(values, level)


def sample_future(
    sampling: Sampling, params: ClvParams, true_value: Floats | None, draws: Draws
) -> Future:
    """Return the summary of a stage's samples; `true_value` (n,) adds its PIT."""
    n, level = len(sampling.data), params.uncertainty.level
    has_value = sampling.spend_theta is not None
    limits = (
        _Limits(n, level, has_value=has_value) if params.uncertainty.customer_intervals else None
    )
    top = TopValues(n * sampling.n_samples, params.lists.whale_share) if has_value else None
    pit = u = None
    if true_value is not None and has_value:
        pit = np.empty(n)
        u = customer_uniforms(draws, f"{sampling.data.stage}.pit", sampling.data.customers)
    totals = Totals.zero(sampling)
    for block in sample_blocks(sampling, draws, totals):
        if limits is not None:
            limits.add(block)
        if block.value is None:
            continue
        if top is not None:
            top.add(block.value, block.rows.start)
        if pit is not None and u is not None and true_value is not None:
            rows = block.rows
            pit[rows] = scores.randomised_pit(block.value, true_value[rows], u[rows])
    cut = top.cut() if top is not None else None
    p_top = None
    if top is not None and cut is not None:
        p_top = top.counts_above(cut, n) / sampling.n_samples
    monthly, total = _money_limits(totals, level) if has_value else (None, None)
    return Future(
        value=None if limits is None else limits.value,
        purchases=None if limits is None else limits.purchases,
        monthly=monthly, total=total, p_top=p_top, cut=cut, value_pit=pit,
    )  # fmt: skip


def share_above(sampling: Sampling, cut: float, draws: Draws, rows: Ints) -> Floats:
    """Return the share of new samples of the customers `rows` whose value exceeds `cut`, (n_rows,).

    Whoever is listed for samples above the cut had lucky samples; these have the same parameters
    and draws of their own, so that luck is left behind. They know the first purchase, whose revenue
    decides about being listed, whether or not spend is estimated from it.
    """
    chosen = sampling.data.take(rows)
    known = replace(chosen, spend_count=chosen.x + 1, spend_mean=chosen.revenue / (chosen.x + 1))
    again = replace(sampling, data=known, first_sample=sampling.n_samples)
    found = np.zeros(rows.size)
    for block in sample_blocks(again, draws, Totals.zero(again)):
        if block.value is not None:
            found[block.rows] = (block.value > cut).mean(axis=1)
    return found


def _money_limits(totals: Totals, level: float) -> tuple[Floats, tuple[float, float]]:
    low, high = scores.tails(level)
    months = np.sort(totals.revenue, axis=1)
    whole = np.sort(totals.revenue.sum(axis=0))
    limits = np.stack([scores.money_quantile(months, q) for q in (low, high)])
    return limits, (float(scores.money_quantile(whole, low)),
                    float(scores.money_quantile(whole, high)))  # fmt: skip
