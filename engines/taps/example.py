"""Name a small run in which every parameter can show its effect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from engines.taps.params import VARIABLES, MonthlyVariable, Offer, TapsParams, monthly_block
from runner.contract import Example, FrozenMapping

_DEFAULTS = TapsParams()


def _block_bindings(scope: str, variable: MonthlyVariable) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give each field of a monthly block, and its spread, a value that moves month values."""
    block = monthly_block(getattr(_DEFAULTS, scope), variable)
    centre: float = getattr(getattr(_DEFAULTS, scope), variable.centre)
    at, sd = f"{scope}.monthly.{variable.name}", f"{scope}.{variable.sd}"
    spread = (block.max - block.min) / 10.0
    step = block.step or spread
    uniform = {f"{at}.distribution": "uniform"}
    yield f"{at}.min", {**uniform, f"{at}.min": block.min + step}
    yield f"{at}.max", {**uniform, f"{at}.max": (block.max + centre) / 2.0}
    yield f"{at}.step", {**uniform, f"{at}.step": 2.0 * step}
    normal = {f"{at}.distribution": "normal", f"{at}.step": None}
    yield sd, {**normal, sd: spread}
    yield f"{scope}.{variable.centre}", {**normal, f"{scope}.{variable.centre}": 1.1 * centre}


def _bindings() -> Iterator[tuple[str, Mapping[str, Any]]]:
    for scope, variables in VARIABLES.items():
        for variable in variables:
            yield from _block_bindings(scope, variable)
    for offer_id, offer in _DEFAULTS.pricing.offers.items():
        path = f"pricing.offers.{offer_id}.usd_hr"
        yield path, {"private_tap.gpu_class": offer.gpu_class, path: _across_the_median(offer)}
    for gpu_class, speed in _DEFAULTS.pricing.tokens_per_s.items():
        path = f"pricing.tokens_per_s.{gpu_class}"
        offer_id = next(k for k, o in _DEFAULTS.pricing.offers.items() if o.gpu_class == gpu_class)
        yield path, {"public_tap.pricing.offer": offer_id, path: speed / 2.0}
    yield from _GUARDS.items()


def _across_the_median(offer: Offer) -> float:
    """Return a price that moves the median of the offer's class: the cheapest has to rise."""
    rivals = [
        other.usd_hr
        for other in _DEFAULTS.pricing.offers.values()
        if other.gpu_class == offer.gpu_class
    ]
    return offer.usd_hr * (3.0 if offer.usd_hr == min(rivals) else 0.5)


_GUARDS: Mapping[str, Mapping[str, Any]] = {
    "public_tap.pricing.price_increment_eur_per_1k": {
        "public_tap.pricing.price_increment_eur_per_1k": 0.01
    },
    "public_tap.pricing.price_floor_eur_per_1k": {"public_tap.pricing.price_floor_eur_per_1k": 0.5},
    "public_tap.pricing.price_cap_eur_per_1k": {"public_tap.pricing.price_cap_eur_per_1k": 0.0055},
    "public_tap.capacity.min_instances": {"public_tap.capacity.min_instances": 5},
    "public_tap.capacity.max_instances": {"public_tap.capacity.max_instances": 0},
    "private_tap.hours_min": {"private_tap.hours_min": 20.0},
    "private_tap.hours_max": {"private_tap.hours_max": 5.0},
}

EXAMPLE = Example(
    params=FrozenMapping(
        {
            "public_tap.cac_sd_eur": 10.0,
            "public_tap.cvr_sd": 0.01,
            "public_tap.churn_rate_sd": 0.01,
            "private_tap.cac_sd_eur": 40.0,
            "private_tap.churn_rate_sd": 0.01,
            "private_tap.initial_active": 3.0,
            "public_tap.monthly.cac.distribution": "normal",
            "private_tap.monthly.hours_per_client.distribution": "lognormal",
        }
    ),
    horizons=(6, 12),
    binding=FrozenMapping(dict(_bindings())),
)
