"""Turn GPU offers into costs, sell prices and capacity."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engines.taps.params import Capacity, Offer, Pricing, PublicPricing, TapsParams
from runner.contract import PlanError, Problem, SimulationError

SECONDS_PER_HOUR = 3600.0
_CEIL_SLACK = 1e-9
_DECIMALS = 12
_MOST_INSTANCES = 2.0**53


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicPrice:
    """The one blended token price of a run, and how it came about."""

    offer: str
    provider: str
    gpu_class: str
    usd_hr: float
    eur_hr_effective: float
    tokens_per_s: float
    tokens_per_hour: float
    cost_eur_per_1m: float
    raw_sell_eur_per_1k: float
    sell_eur_per_1k: float
    margin_pct: float
    price_binding: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivatePrice:
    """The one hourly price of a run, on the median of the providers."""

    gpu_class: str
    provider_count: int
    provider_eur_hr_med: float
    markup_pct: float
    sell_eur_hr: float
    margin_eur_hr: float
    margin_pct: float


@dataclass(frozen=True, slots=True)
class CapacityMonths:
    """Demand and GPU instances of each month; lists (n_months,), per-instance capacity fixed.

    `average`, `peak`, `per_instance`: tokens per hour. `needed`, `deployed`: instances.
    """

    average: list[float]
    peak: list[float]
    per_instance: float
    needed: list[int]
    deployed: list[int]
    violation: list[bool]


def effective_eur_hr(usd_hr: float, fx_usd_per_eur: float, fx_buffer_pct: float) -> float:
    """Return a GPU price in EUR per hour, exchange rate and safety surcharge included."""
    return usd_hr / fx_usd_per_eur * (1.0 + fx_buffer_pct / 100.0)


def round_up(raw: float, increment: float) -> float:
    """Return the lowest multiple of `increment` that is not below `raw`, at least one increment.

    Exact multiples stay; the result is rounded to 12 decimals unless that would fall below `raw`.
    """
    price = max(math.ceil(raw / increment - _CEIL_SLACK), 1) * increment
    rounded = round(price, _DECIMALS)
    return rounded if rounded >= raw * (1.0 - 1e-9) else price


def bounded_price(
    raw: float, increment: float | None, floor: float | None, cap: float | None
) -> tuple[float, str]:
    """Return the sell price (rounded up, then floor, then cap) and the last rule that changed it.

    The rule is `none`, `floor` or `cap`; null rules are not applied.
    """
    price, binding = (raw if increment is None else round_up(raw, increment)), "none"
    if floor is not None and price < floor:
        price, binding = floor, "floor"
    if cap is not None and price > cap:
        price, binding = cap, "cap"
    return price, binding


def provider_prices(offers: Mapping[str, Offer], gpu_class: str, pricing: Pricing) -> list[float]:
    """Return each provider's cheapest offer of a GPU class, sorted, EUR per hour."""
    cheapest: dict[str, float] = {}
    for offer in offers.values():
        if offer.gpu_class == gpu_class:
            known = cheapest.get(offer.provider, math.inf)
            cheapest[offer.provider] = min(known, offer.usd_hr)
    return sorted(
        effective_eur_hr(usd_hr, pricing.fx_usd_per_eur, pricing.fx_buffer_pct)
        for usd_hr in cheapest.values()
    )


def median(values: Sequence[float]) -> float:
    """Return the median of sorted values, the mean of the middle two for an even count."""
    half = len(values) // 2
    return values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2.0


def private_price(pricing: Pricing, gpu_class: str, markup_pct: float) -> PrivatePrice:
    """Return the hourly price: provider median plus markup, unrounded.

    The margin is 100*markup/(100 + markup), which equals (sell - median)/sell*100.
    """
    prices = provider_prices(pricing.offers, gpu_class, pricing)
    cost = median(prices)
    sell = cost * (1.0 + markup_pct / 100.0)
    return PrivatePrice(
        gpu_class=gpu_class,
        provider_count=len(prices),
        provider_eur_hr_med=cost,
        markup_pct=markup_pct,
        sell_eur_hr=sell,
        margin_eur_hr=sell - cost,
        margin_pct=100.0 * markup_pct / (100.0 + markup_pct),
    )


def public_price(params: TapsParams) -> PublicPrice:
    """Return the token price: cost per token, margin, rounded up, then floor, then cap.

    Raises:
        PlanError: cost or price is 0 or not finite, by throughput or prices at the edge of what
            a number can hold.
    """
    tap, shared = params.public_tap, params.pricing
    offer, rules = shared.offers[tap.pricing.offer], tap.pricing
    tokens_per_s = shared.tokens_per_s[offer.gpu_class]
    eur_hr = effective_eur_hr(offer.usd_hr, shared.fx_usd_per_eur, shared.fx_buffer_pct)
    tokens_per_hour = instance_tokens_per_hour(tokens_per_s, tap.capacity)
    cost = token_cost(eur_hr, tokens_per_hour, rules)
    raw = cost / 1000.0 / (1.0 - rules.target_margin_pct / 100.0)
    _require_price(raw, rules)
    sell, binding = bounded_price(
        raw,
        rules.price_increment_eur_per_1k,
        rules.price_floor_eur_per_1k,
        rules.price_cap_eur_per_1k,
    )
    return PublicPrice(
        offer=rules.offer,
        provider=offer.provider,
        gpu_class=offer.gpu_class,
        usd_hr=offer.usd_hr,
        eur_hr_effective=eur_hr,
        tokens_per_s=tokens_per_s,
        tokens_per_hour=tokens_per_hour,
        cost_eur_per_1m=cost,
        raw_sell_eur_per_1k=raw,
        sell_eur_per_1k=sell,
        margin_pct=(sell - cost / 1000.0) / sell * 100.0,
        price_binding=binding,
    )


def instance_tokens_per_hour(tokens_per_s: float, capacity: Capacity) -> float:
    """Return what one instance serves in an hour at the target utilisation, tokens."""
    return tokens_per_s * SECONDS_PER_HOUR * capacity.target_utilization_pct / 100.0


def token_cost(eur_hr: float, tokens_per_hour: float, rules: PublicPricing) -> float:
    """Return the cost of a million tokens, EUR; infinite when nothing can be served."""
    millions = tokens_per_hour / 1e6
    gpu = eur_hr / millions if millions > 0 else math.inf
    return gpu * (1.0 + rules.infra_overhead_pct / 100.0) + rules.base_cost_eur_per_1m


def _require_price(raw: float, rules: PublicPricing) -> None:
    increment = rules.price_increment_eur_per_1k or 1.0
    if raw > 0 and math.isfinite(raw) and math.isfinite(raw / increment):
        return
    allowed = (
        "must be above 0 and finite EUR_per_1k_tokens before rounding, floor and cap; check "
        "tokens_per_s, usd_hr, target_utilization_pct and price_increment_eur_per_1k"
    )
    raise PlanError([Problem("params.public_tap.pricing", f"raw price {raw:g}", allowed)])


def capacity_months(
    tokens: Sequence[float], per_instance: float, capacity: Capacity, hours_per_month: float
) -> CapacityMonths:
    """Return demand and instances of each month; a violation is judged by the unlimited need.

    Args:
        tokens: tokens sold per month, (n_months,).
        per_instance: tokens per hour that one instance serves.
        capacity: peak factor and limits.
        hours_per_month: hours that average the month's demand.

    Raises:
        SimulationError: more than 2^53 instances would be needed.
    """
    low, high = capacity.min_instances, capacity.max_instances
    average = [sold / hours_per_month for sold in tokens]
    peak = [demand * capacity.peak_factor for demand in average]
    needed = [_instances(demand / per_instance, month) for month, demand in enumerate(peak, 1)]
    deployed = [min(max(count, low), high) for count in needed]
    violation = [count > high for count in needed]
    return CapacityMonths(average, peak, per_instance, needed, deployed, violation)


def _instances(ratio: float, month: int) -> int:
    if ratio > _MOST_INSTANCES:
        raise SimulationError(f"month {month}: {ratio:g} instances needed exceed 2^53")
    return max(math.ceil(ratio - _CEIL_SLACK), 0)
