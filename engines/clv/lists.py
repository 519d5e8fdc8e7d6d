"""List customers worth a call: who may be lost, who of the best is at risk, who may become big."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.clv.params_forecast import Lists
from engines.clv.predict import Forecasts
from runner.contract import Floats

CHURN_RADAR, VIP_AT_RISK, POTENTIAL_WHALES = "churn_radar", "vip_at_risk", "potential_whales"
NAMES = (CHURN_RADAR, POTENTIAL_WHALES, VIP_AT_RISK)
_WILSON_LEVEL = 0.90

Ints = NDArray[np.int64]


class TopValues:
    """The largest of many values: enough to find their upper quantile, and whose they are.

    All value samples of all customers need not be held at once.
    """

    def __init__(self, n_values: int, share: float) -> None:
        """Prepare to find the (1 - share) quantile of n_values numbers."""
        self._n, self._position = n_values, (1.0 - share) * (n_values - 1)
        self._most = min(n_values, int(np.ceil(share * (n_values - 1))) + 2)
        self._values: list[Floats] = []
        self._owners: list[NDArray[np.int32]] = []
        self._held, self._floor = 0, -np.inf

    def add(self, values: Floats, first_owner: int) -> None:
        """Add values (n, n_samples) of consecutive owners."""
        row, column = np.nonzero(values > self._floor)
        self._values.append(values[row, column])
        self._owners.append((row + first_owner).astype(np.int32))
        self._held += row.size
        if self._held > 2 * self._most:
            self._shrink()

    def _shrink(self) -> None:
        """Keep the largest values, and every one that equals the smallest of these."""
        values, owners = np.concatenate(self._values), np.concatenate(self._owners)
        if values.size > self._most:
            edge = np.partition(values, values.size - self._most)[values.size - self._most]
            above = values > edge
            tied = np.flatnonzero(values == edge)[: self._most - int(above.sum())]
            keep = np.concatenate([np.flatnonzero(above), tied])
            values, owners, self._floor = values[keep], owners[keep], edge
        self._values, self._owners, self._held = [values], [owners], values.size

    def cut(self) -> float:
        """Return the quantile, linearly interpolated."""
        self._shrink()
        ordered = np.sort(self._values[0])
        low = int(np.floor(self._position))
        share, offset = self._position - low, self._n - ordered.size
        first = ordered[max(low - offset, 0)]
        second = ordered[min(low + 1 - offset, ordered.size - 1)]
        return float(first * (1.0 - share) + second * share)

    def counts_above(self, cut: float, n_owners: int) -> Ints:
        """Return how many values of each owner lie above the quantile, int64 (n_owners,)."""
        above = self._values[0] > cut
        return np.bincount(self._owners[0][above], minlength=n_owners).astype(np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListInput:
    """What the lists of one stage are made from, all of one model; arrays (n,).

    `p_no_purchase`: over the outcome window; `p_top`: share of value samples above `cut`; both None
    and None when money is not modelled. `p_top_afresh` gives this share in new samples of the
    customers at given rows. Event arrays are None where the future is not known.
    """

    stage: str
    model: str
    forecasts: Forecasts
    p_no_purchase: Floats
    p_top: Floats | None
    p_top_afresh: Callable[[Ints], Floats]
    cut: float | None
    x: Ints
    revenue: Floats
    outcome_days: float
    value_days: float
    stayed_away: NDArray[np.bool_] | None
    became_top: NDArray[np.bool_] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerList:
    """One list: customers (n_rows,) best first, the probability of its event, whether it came.

    `reason` says why it is empty, "" when it is not.
    """

    name: str
    rows: Ints
    probability: Floats
    happened: NDArray[np.bool_] | None
    base_rate: float | None
    window_days: float
    cut_value: float | None
    reason: str


def build_lists(given: ListInput, settings: Lists) -> list[CustomerList]:
    """Return the three lists of a stage in the order of their names."""
    return [_radar(given, settings), _whales(given, settings), _vip(given, settings)]


def _radar(given: ListInput, settings: Lists) -> CustomerList:
    """List customers by value at risk; expected to stay away in closed form, free of samples."""
    at_risk = given.forecasts.value_at_risk
    if at_risk is None:
        return _away(CHURN_RADAR, given, _NOBODY, None, NO_MONEY)
    rows = _best(at_risk > 0, at_risk, settings.top_n)
    return _away(CHURN_RADAR, given, rows, None, "no value is at risk")


def _vip(given: ListInput, settings: Lists) -> CustomerList:
    """List the best by value given alive whose P(alive) is low."""
    at_risk, alive_value = given.forecasts.value_at_risk, given.forecasts.value_given_alive
    if at_risk is None or alive_value is None:
        return _away(VIP_AT_RISK, given, _NOBODY, None, NO_MONEY)
    threshold = float(np.quantile(alive_value, 1.0 - settings.vip_share))
    is_unsure = given.forecasts.p_alive <= settings.vip_max_p_alive
    rows = _best((alive_value >= threshold) & is_unsure, at_risk, settings.top_n)
    why = f"none of the best has P(alive) <= {settings.vip_max_p_alive:g}"
    return _away(VIP_AT_RISK, given, rows, threshold, why)


def _whales(given: ListInput, settings: Lists) -> CustomerList:
    """List customers of short history who may become big; chosen by samples, judged by new ones."""
    rows, why = _NOBODY, NO_MONEY
    if given.p_top is not None:
        why = "the cut is 0: too few sampled values are above 0"
    if given.p_top is not None and given.cut:
        least = settings.whale_min_lift * settings.whale_share
        is_short = (given.x <= settings.whale_max_frequency) & (given.revenue < given.cut)
        is_likely = (given.p_top >= least) & (given.p_top > 0)
        rows = _best(is_short & is_likely, given.p_top, settings.top_n)
        why = f"no short history has P_top >= {least:g}" if is_short.any() else "no short history"
    return CustomerList(
        name=POTENTIAL_WHALES,
        rows=rows,
        probability=given.p_top_afresh(rows) if rows.size else np.zeros(0),
        happened=None if given.became_top is None else given.became_top[rows],
        base_rate=_share(given.became_top),
        window_days=given.value_days,
        cut_value=given.cut,
        reason="" if rows.size else why,
    )


NO_MONEY = "money_not_modelled"
_NOBODY: Ints = np.zeros(0, dtype=np.int64)


def _best(members: NDArray[np.bool_], order: Floats, top_n: int) -> Ints:
    """Return the members in falling order, at most top_n; ties in the order of the customers."""
    rows = np.flatnonzero(members)
    return rows[np.argsort(-order[rows], kind="stable")][:top_n]


def _away(name: str, given: ListInput, rows: Ints, cut: float | None, why: str) -> CustomerList:
    """Return a list whose event is no purchase in the outcome window."""
    return CustomerList(
        name=name,
        rows=rows,
        probability=given.p_no_purchase[rows],
        happened=None if given.stayed_away is None else given.stayed_away[rows],
        base_rate=_share(given.stayed_away),
        window_days=given.outcome_days,
        cut_value=cut,
        reason="" if rows.size else why,
    )


def _share(happened: NDArray[np.bool_] | None) -> float | None:
    return None if happened is None or not happened.size else float(happened.mean())


@dataclass(frozen=True, slots=True, kw_only=True)
class Precision:
    """How many of a list's customers had its event: expected, realised with a 90 % interval."""

    expected: float | None
    realised: float | None
    low: float | None
    high: float | None
    lift: float | None


def precision_of(found: CustomerList) -> Precision:
    """Return expected and realised precision; None for an empty list or an unknown future."""
    if not found.rows.size:
        return Precision(expected=None, realised=None, low=None, high=None, lift=None)
    expected = float(found.probability.mean())
    if found.happened is None:
        return Precision(expected=expected, realised=None, low=None, high=None, lift=None)
    from scipy.stats import binomtest

    hits, n = int(found.happened.sum()), found.rows.size
    ends = binomtest(hits, n).proportion_ci(_WILSON_LEVEL, method="wilson")
    lift = hits / n / found.base_rate if found.base_rate else None
    return Precision(
        expected=expected, realised=hits / n, low=float(ends.low), high=float(ends.high), lift=lift
    )
