"""Tell the planner which parameters change nothing, and which rule cannot fail."""

from __future__ import annotations

from collections.abc import Iterator

from engines.taps.params import (
    SCOPES,
    VARIABLES,
    MonthlyBlock,
    MonthlyVariable,
    PrivateTap,
    PublicTap,
    TapsParams,
    monthly_block,
)


def inert_paths(params: TapsParams) -> tuple[str, ...]:
    """Return the parameters that change no number under these params, whatever their value.

    They are the centre, spread and range of variables that their monthly block does not use, and
    prices and throughputs of GPUs that neither tap uses.
    """
    found: list[str] = []
    for scope in SCOPES:
        tap = getattr(params, scope)
        for variable in VARIABLES[scope]:
            found += _inert_of_variable(scope, variable, monthly_block(tap, variable))
    return (*found, *_unused_offers(params), *_unused_classes(params))


def _inert_of_variable(scope: str, variable: MonthlyVariable, block: MonthlyBlock) -> Iterator[str]:
    if block.distribution == "uniform":
        yield f"{scope}.{variable.centre}"
    if block.distribution in ("none", "uniform"):
        yield f"{scope}.{variable.sd}"
    if not block.is_on:
        for field in ("min", "max", "step"):
            yield f"{scope}.monthly.{variable.name}.{field}"


def _unused_offers(params: TapsParams) -> Iterator[str]:
    for offer_id, offer in params.pricing.offers.items():
        is_public = offer_id == params.public_tap.pricing.offer
        if not is_public and offer.gpu_class != params.private_tap.gpu_class:
            yield f"pricing.offers.{offer_id}.usd_hr"


def _unused_classes(params: TapsParams) -> Iterator[str]:
    served = params.pricing.offers[params.public_tap.pricing.offer].gpu_class
    for gpu_class in params.pricing.tokens_per_s:
        if gpu_class != served:
            yield f"pricing.tokens_per_s.{gpu_class}"


def plan_notes(params: TapsParams) -> tuple[str, ...]:
    """Return a note for each tap whose monotone rule cannot fail.

    With a budget that never shrinks, CAC and churn constant within the run and no opening base,
    new customers never decrease, so active customers never do (README, "When monotonicity can
    fail").
    """
    return tuple(
        f"{scope}: monotone rule is automatic here (the budget never shrinks, CAC and churn are "
        "the same every month, no opening base)"
        for scope in SCOPES
        if _cannot_fall(getattr(params, scope))
    )


def _cannot_fall(tap: PublicTap | PrivateTap) -> bool:
    is_constant = not (tap.monthly.cac.is_on or tap.monthly.churn.is_on)
    return is_constant and tap.budget_growth_pct_mom >= 0 and not tap.initial_active > 0


def cost(params: TapsParams, horizon: int) -> float:
    """Return a rough estimate of the CPU seconds of one run."""
    return 1e-4 + 8e-6 * horizon
