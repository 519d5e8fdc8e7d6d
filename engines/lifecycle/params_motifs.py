"""Parameters of a motif: the archetype of a business and the mechanisms that drive it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engines.lifecycle.ranges import pair_problems
from engines.lifecycle.traits import trait_problems
from runner.contract import ParamGroup, Problem, group, param

_PER_WEEK = "probability_per_week"


def _weights(default: Mapping[str, float], doc: str) -> Any:
    return param(default, unit="log_rate", low=-10, high=10, doc=doc)


@dataclass(frozen=True, slots=True, kw_only=True)
class Churn(ParamGroup):
    """The weekly hazard of leaving."""

    base_per_week: float = param(
        0.0055, unit=_PER_WEEK, low=0, high=1, doc="of a customer with all traits at 0.5, settled"
    )
    weights: Mapping[str, float] = _weights(
        {"product_fit": -1.5, "champion_strength": -0.8}, "log hazard per unit of a trait"
    )

    def problems(self) -> list[Problem]:
        """Return traits that do not exist."""
        return trait_problems("weights", self.weights)


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal(ParamGroup):
    """What a contract's anniversary does to the hazard of leaving."""

    churn_multiplier: float = param(
        8.0, unit="ratio", low=0, high=100, doc="churn hazard in an anniversary week, times this"
    )
    weights: Mapping[str, float] = _weights(
        {"champion_strength": -1.5}, "log factor in anniversary weeks per unit of a trait"
    )

    def problems(self) -> list[Problem]:
        """Return traits that do not exist."""
        return trait_problems("weights", self.weights)


@dataclass(frozen=True, slots=True, kw_only=True)
class Expansion(ParamGroup):
    """How often and by how much customers buy more."""

    base_per_week: float = param(
        0.0035, unit=_PER_WEEK, low=0, high=1, doc="at feature depth 0.5 and all traits at 0.5"
    )
    weights: Mapping[str, float] = _weights(
        {"adoption_velocity": 1.2}, "log rate per unit of a trait"
    )
    mrr_fraction: tuple[float, ...] = param(
        (0.20, 0.60), unit="fraction", low=0, low_open=True, high=2,
        doc="[low, high] of the increase, share of MRR",
    )  # fmt: skip

    def problems(self) -> list[Problem]:
        """Return traits that do not exist and a range in the wrong order."""
        return [
            *trait_problems("weights", self.weights),
            *pair_problems("mrr_fraction", self.mrr_fraction, strict=True),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment(ParamGroup):
    """How often invoices fail, and what collection brings."""

    fail_base_per_invoice: float = param(
        0.025, unit="probability", low=0, high=1, doc="per invoice with all traits at 0.5"
    )
    weights: Mapping[str, float] = _weights(
        {"budget_stability": -1.5}, "log rate per unit of a trait"
    )
    dunning_weeks: int = param(
        4, unit="weeks", low=1, high=260, doc="wait between a failed invoice and its outcome"
    )
    recovery_prob: float = param(
        0.60, unit="probability", low=0, high=1, doc="that dunning recovers a failed invoice"
    )

    def problems(self) -> list[Problem]:
        """Return traits that do not exist."""
        return trait_problems("weights", self.weights)


@dataclass(frozen=True, slots=True, kw_only=True)
class Motif(ParamGroup):
    """A kind of business. The defaults are those of the motif `generic`."""

    latent_bias: Mapping[str, float] = param(
        {}, unit="trait", low=-0.5, high=0.5, doc="shift of a trait's mean; absent = 0"
    )
    churn: Churn = group(Churn, doc="leaving")
    renewal: Renewal = group(Renewal, doc="anniversaries")
    expansion: Expansion = group(Expansion, doc="growing")
    payment: Payment = group(Payment, doc="paying")

    def problems(self) -> list[Problem]:
        """Return traits that do not exist."""
        return trait_problems("latent_bias", self.latent_bias)
