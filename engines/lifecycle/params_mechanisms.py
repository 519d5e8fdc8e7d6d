"""Parameters that all motifs share: traits, onboarding, usage, invoices, optional causes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engines.lifecycle.ranges import pair_problems
from engines.lifecycle.traits import ACCOUNT_TRAITS, BUDGET, FIT, TRAITS, trait_problems
from runner.contract import ParamGroup, Problem, group, param

PERIODS = (1, 2, 4, 12)


@dataclass(frozen=True, slots=True, kw_only=True)
class MaturityMeans(ParamGroup):
    """Mean organizational stability of an account by maturity, before the motif's bias."""

    low: float = param(0.25, unit="trait", low=0, high=1, doc="mean for low maturity")
    medium: float = param(0.50, unit="trait", low=0, high=1, doc="mean for medium maturity")
    high: float = param(0.75, unit="trait", low=0, high=1, doc="mean for high maturity")


@dataclass(frozen=True, slots=True, kw_only=True)
class Latents(ParamGroup):
    """How the hidden traits are drawn."""

    mean: float = param(0.50, unit="trait", low=0, high=1, doc="mean of every trait, before bias")
    sd: float = param(0.20, unit="trait", low=0, high=1, doc="standard deviation of every trait")
    account_org_sd: float = param(
        0.15, unit="trait", low=0, high=1, doc="sd of an account's organizational stability"
    )
    account_org_mean_by_maturity: MaturityMeans = group(MaturityMeans, doc="replaces the mean")
    mean_clamp: tuple[float, ...] = param(
        (0.10, 0.90), unit="trait", low=0, high=1, doc="[low, high] that means are kept in"
    )
    account_blend_weight: float = param(
        0.5, unit="fraction", low=0, high=1, doc="weight of the account in the two shared traits"
    )
    account_override: Mapping[str, float] = param(
        {}, unit="trait", low=0, high=1, doc="a trait of all accounts, instead of the drawn one"
    )
    customer_override: Mapping[str, float] = param(
        {}, unit="trait", low=0, high=1, doc="a trait of all customers, instead of the drawn one"
    )

    def problems(self) -> list[Problem]:
        """Return a clamp in the wrong order and traits that do not exist."""
        return [
            *pair_problems("mean_clamp", self.mean_clamp, strict=True),
            *trait_problems("account_override", self.account_override, ACCOUNT_TRAITS),
            *trait_problems("customer_override", self.customer_override),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Onboarding(ParamGroup):
    """The extra hazard of leaving in the first weeks."""

    amplitude: float = param(1.5, unit="ratio", low=0, high=50, doc="extra hazard in week 0")
    decay_weeks: float = param(4.0, unit="weeks", low=0, low_open=True, doc="its decay time")


@dataclass(frozen=True, slots=True, kw_only=True)
class Health(ParamGroup):
    """How traits show in weekly usage, tickets and scores."""

    ramp_weeks: float = param(6.0, unit="weeks", low=0, low_open=True, doc="time of adoption")
    users_velocity_offset: float = param(
        0.5, unit="ratio", low=0, high=5, doc="users per seat base at adoption velocity 0"
    )
    users_noise_sd: float = param(0.10, unit="ratio", low=0, high=1, doc="relative noise of users")
    depth_intercept: float = param(0.20, unit="score", low=-2, high=2, doc="feature depth at 0")
    depth_velocity_weight: float = param(
        0.40, unit="score", low=-2, high=2, doc="depth per unit of adoption velocity"
    )
    depth_fit_weight: float = param(
        0.30, unit="score", low=-2, high=2, doc="depth per unit of product fit"
    )
    depth_noise_sd: float = param(0.04, unit="score", low=0, high=1, doc="noise of depth")
    depth_decimals: int = param(
        4, unit="digits", low=1, high=8, doc="depth is rounded once; this number drives expansion"
    )
    ticket_base: float = param(
        0.3, unit="tickets_per_week", low=0, high=20, doc="mean tickets at product fit 1"
    )
    ticket_fit_slope: float = param(
        1.2, unit="tickets_per_week", low=0, high=20, doc="more of them at product fit 0"
    )
    nps_intercept: float = param(0.20, unit="score", low=-2, high=2, doc="a tenth of the score")
    nps_fit_weight: float = param(
        0.50, unit="score", low=-2, high=2, doc="a tenth of the score per unit of product fit"
    )
    nps_champion_weight: float = param(
        0.30, unit="score", low=-2, high=2, doc="a tenth of the score per unit of champion"
    )
    nps_noise_sd: float = param(1.0, unit="points", low=0, high=10, doc="noise of the score")
    nps_every_weeks: int = param(13, unit="weeks", low=1, high=520, doc="weeks between surveys")


@dataclass(frozen=True, slots=True, kw_only=True)
class Billing(ParamGroup):
    """When invoices are written."""

    periods_per_year: int = param(12, unit="invoices_per_year", low=1, high=12, doc="1, 2, 4 or 12")
    bill_on_churn_date: bool = param(
        False, doc="true bills before the churn draw of the same week, as the reference does"
    )

    def problems(self) -> list[Problem]:
        """Return a number of periods that does not divide the year as allowed."""
        if self.periods_per_year in PERIODS:
            return []
        return [Problem("periods_per_year", str(self.periods_per_year), "must be 1, 2, 4 or 12")]


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageDecline(ParamGroup):
    """Usage that falls before customers leave."""

    enabled: bool = param(False, doc="whether customers go through spells of falling usage")
    onset_prob_per_week: float = param(
        0.010, unit="probability", low=0, high=1, doc="that a spell begins"
    )
    recovery_prob_per_week: float = param(
        0.05, unit="probability", low=0, high=1, doc="that a spell ends"
    )
    usage_floor: float = param(
        0.30, unit="fraction", low=0, high=1, high_open=True, doc="of normal usage, in the long run"
    )
    decay_weeks: float = param(5.0, unit="weeks", low=0, low_open=True, doc="time of the fall")
    churn_multiplier: float = param(
        10.0, unit="ratio", low=1, high=100, doc="churn hazard at the floor, times this"
    )
    churn_base_scale: float = param(
        0.65, unit="ratio", low=0, high=1, doc="churn hazard at normal usage, times this"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Downgrade(ParamGroup):
    """Customers that stay and pay less."""

    enabled: bool = param(False, doc="whether customers may reduce their MRR")
    base_per_week: float = param(
        0.002, unit="probability", low=0, high=1, doc="of a customer with all traits at 0.5"
    )
    weights: Mapping[str, float] = param(
        {TRAITS[FIT]: -1.0, TRAITS[BUDGET]: -1.0}, unit="log_rate", low=-10, high=10,
        doc="log rate per unit of a trait",
    )  # fmt: skip
    mrr_fraction: tuple[float, ...] = param(
        (0.10, 0.40), unit="fraction", low=0, low_open=True, high=1, high_open=True,
        doc="[low, high] of the decrease, share of MRR",
    )  # fmt: skip
    min_mrr_usd: int = param(
        500, unit="USD_per_month", low=1, high=10_000_000, doc="MRR does not fall below"
    )

    def problems(self) -> list[Problem]:
        """Return traits that do not exist and a range in the wrong order."""
        return [
            *trait_problems("weights", self.weights),
            *pair_problems("mrr_fraction", self.mrr_fraction, strict=False),
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountShock(ParamGroup):
    """Bad times that all customers of an account share."""

    enabled: bool = param(False, doc="whether accounts are hit by shocks")
    prob_per_account_week: float = param(
        0.002, unit="probability", low=0, high=1, doc="that a shock hits an account"
    )
    duration_weeks: int = param(13, unit="weeks", low=1, high=520, doc="how long it lasts")
    churn_multiplier: float = param(
        15.0, unit="ratio", low=0, high=100, doc="churn hazard meanwhile, times this"
    )
    payment_fail_multiplier: float = param(
        3.0, unit="ratio", low=0, high=100, doc="payment failures meanwhile, times this"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Optional(ParamGroup):
    """Mechanisms that are off by default; switching one on moves no draw of another."""

    usage_decline: UsageDecline = group(UsageDecline, doc="usage falls before churn")
    downgrade: Downgrade = group(Downgrade, doc="MRR may fall")
    account_shock: AccountShock = group(AccountShock, doc="customers of an account fail together")
