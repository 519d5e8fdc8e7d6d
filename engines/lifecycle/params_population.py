"""Parameters of who the accounts and customers are, and when they start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engines.lifecycle.ranges import (
    date_problems,
    pair_problems,
    share_problems,
    unique_problems,
)
from runner.contract import ParamGroup, Problem, Share, group, groups, nearest, param, shown

MATURITIES = ("low", "medium", "high")
"""Maturity bands in the order of shares, means and tables."""

_MOST_MONTHS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Band(ParamGroup):
    """A size class of accounts: how tables spell it, and how common it is."""

    label: str = param("", doc="text shown in tables")
    share: Share = param("auto", unit="fraction", low=0, high=1, doc="of accounts; auto = the rest")


@dataclass(frozen=True, slots=True, kw_only=True)
class MaturityBands(ParamGroup):
    """Shares of accounts by maturity of their processes; they sum to 1."""

    low: Share = param(0.30, unit="fraction", low=0, high=1, doc="share; auto = the rest")
    medium: Share = param(0.45, unit="fraction", low=0, high=1, doc="share; auto = the rest")
    high: Share = param(0.25, unit="fraction", low=0, high=1, doc="share; auto = the rest")

    def shares(self) -> dict[str, Share]:
        """Return the shares by name."""
        return {name: getattr(self, name) for name in MATURITIES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(ParamGroup):
    """What a subscription of this plan costs at the start, and how many people use it."""

    mrr_range_usd: tuple[int, ...] = param(
        (1000, 3500), unit="USD_per_month", low=1, high=10_000_000,
        doc="[low, high] of the initial MRR, both included, uniform",
    )  # fmt: skip
    seat_base: int = param(
        8, unit="users", low=1, high=100_000, doc="active users of a fully adopted customer"
    )

    def problems(self) -> list[Problem]:
        """Return a range in the wrong order."""
        return pair_problems("mrr_range_usd", self.mrr_range_usd, strict=False)


EMPLOYEE_BANDS = {
    "e200_499": Band(label="200-499", share=0.35),
    "e500_999": Band(label="500-999", share=0.35),
    "e1000_1999": Band(label="1000-1999", share=0.20),
    "e2000_up": Band(label="2000+", share=0.10),
}
REVENUE_BANDS = {
    "r1m_10m": Band(label="$1M-$10M", share=0.25),
    "r10m_50m": Band(label="$10M-$50M", share=0.40),
    "r50m_200m": Band(label="$50M-$200M", share=0.25),
    "r200m_up": Band(label="$200M+", share=0.10),
}
PLANS = {
    "starter": Plan(mrr_range_usd=(1000, 3500), seat_base=8),
    "growth": Plan(mrr_range_usd=(3500, 9000), seat_base=25),
    "enterprise": Plan(mrr_range_usd=(9000, 25000), seat_base=60),
}
PLAN_SLOTS = {
    "e200_499": ("starter", "starter", "growth"),
    "e500_999": ("starter", "growth", "growth"),
    "e1000_1999": ("growth", "growth", "enterprise"),
    "e2000_up": ("growth", "enterprise", "enterprise"),
}
_INDUSTRIES = ("manufacturing", "logistics", "professional_services", "healthcare_non_clinical")


@dataclass(frozen=True, slots=True, kw_only=True)
class Population(ParamGroup):
    """Accounts, their customers, and what customers buy."""

    n_customers: int = param(1500, unit="customers", low=1, high=10_000_000, doc="in one run")
    customers_per_account_mean: float = param(
        3.0, unit="customers", low=0.1, high=100, doc="mean of the Poisson size of an account"
    )
    only_customers: tuple[int, ...] | None = param(
        None, low=0, doc="simulate and measure only these customers; null = all"
    )
    industries: tuple[str, ...] = param(_INDUSTRIES, doc="of accounts, equally likely")
    regions: tuple[str, ...] = param(("US", "UK"), doc="of accounts, equally likely")
    employee_bands: Mapping[str, Band] = groups(EMPLOYEE_BANDS, doc="size of accounts by staff")
    revenue_bands: Mapping[str, Band] = groups(REVENUE_BANDS, doc="size of accounts by revenue")
    maturity_bands: MaturityBands = group(MaturityBands, doc="maturity of processes")
    plan_slots: Mapping[str, tuple[str, ...]] = param(
        PLAN_SLOTS, doc="plans by employee band, each place in the list equally likely"
    )
    plans: Mapping[str, Plan] = groups(PLANS, doc="what can be subscribed to")
    term_months: Mapping[str, Share] = param(
        {"m12": 0.65, "m24": 0.35}, unit="fraction", low=0, high=1,
        doc="share of contracts by term, m1 to m120; auto = the rest",
    )  # fmt: skip
    n_csm_reps: int = param(8, unit="reps", low=1, high=999, doc="account managers")

    def problems(self) -> list[Problem]:
        """Return lists that repeat, shares that do not sum to 1, and plans that do not exist."""
        return [
            *unique_problems("industries", self.industries),
            *unique_problems("regions", self.regions),
            *_band_problems("employee_bands", self.employee_bands),
            *_band_problems("revenue_bands", self.revenue_bands),
            *share_problems("maturity_bands", self.maturity_bands.shares()),
            *_slot_problems(self),
            *_term_problems(self.term_months),
            *_chosen_problems(self),
        ]


def _band_problems(path: str, bands: Mapping[str, Band]) -> list[Problem]:
    labels = [band.label for band in bands.values()]
    found = [
        Problem(f"{path}.{key}.label", shown(band.label), "must be a text no other band has")
        for key, band in bands.items()
        if not band.label or labels.count(band.label) > 1
    ]
    return found + share_problems(path, {key: band.share for key, band in bands.items()})


def _slot_problems(population: Population) -> list[Problem]:
    plans, bands, slots = population.plans, population.employee_bands, population.plan_slots
    found = [] if plans else [Problem("plans", "{}", "at least one plan must be given")]
    for band in bands:
        if not slots.get(band):
            allowed = f"employee band {band} needs a list of plans, at least one"
            found.append(Problem(f"plan_slots.{band}", "", allowed))
    for band, names in slots.items():
        if band not in bands:
            allowed = f"no such employee band{nearest(band, bands)}; known: {', '.join(bands)}"
            found.append(Problem(f"plan_slots.{band}", shown(names), allowed))
        for name in dict.fromkeys(name for name in names if name not in plans):
            allowed = f"plan {name} has no entry in plans{nearest(name, plans)}"
            found.append(Problem(f"plan_slots.{band}", shown(names), allowed))
    return found


def _term_problems(terms: Mapping[str, Share]) -> list[Problem]:
    allowed = f"a term is m1, m2, ... or m{_MOST_MONTHS}"
    wrong = [Problem(f"term_months.{key}", shown(value), allowed)
             for key, value in terms.items() if not _is_term(key)]  # fmt: skip
    return wrong or share_problems("term_months", terms)


def _is_term(key: str) -> bool:
    return key in {f"m{months}" for months in range(1, _MOST_MONTHS + 1)}


def _chosen_problems(population: Population) -> list[Problem]:
    chosen, last = population.only_customers, population.n_customers - 1
    if chosen is None:
        return []
    if not chosen:
        return [Problem("only_customers", "[]", "must be null, or name at least one customer")]
    seen: set[int] = set()
    found = []
    for index in chosen:
        if index > last or index in seen:
            allowed = f"customer {index} must lie in 0..{last} and be named once"
            found.append(Problem("only_customers", shown(index), allowed))
        seen.add(index)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Window(ParamGroup):
    """When customers start, and the date that separates past from future."""

    observation_date: str = param("2025-01-27", doc="ISO date; the last start is the day before")
    acquisition_window_weeks: int = param(
        52, unit="weeks", low=1, high=260, doc="starts spread over this long before observation"
    )
    early_tenure_weeks: int = param(
        4, unit="weeks", low=0, high=52, doc="the forward horizon begins no earlier than this"
    )
    account_buffer_weeks: int = param(
        4, unit="weeks", low=0, high=520, doc="accounts are older than the first start by this"
    )
    account_lead_days: tuple[int, ...] = param(
        (30, 730), unit="days", low=0, high=36_500, doc="[low, high] of further age, uniform"
    )

    def problems(self) -> list[Problem]:
        """Return a date that is none, and a range in the wrong order."""
        return [
            *date_problems("observation_date", self.observation_date),
            *pair_problems("account_lead_days", self.account_lead_days, strict=False),
        ]
