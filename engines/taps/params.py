"""Declare the parameters of the two taps, with units, bounds and the rules between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runner.contract import REQUIRED, ParamGroup, Problem, group, groups, param, shown

SCOPES = ("public_tap", "private_tap")

_EUR_MONTH = "EUR_per_month"
_PER_1K = "EUR_per_1k_tokens"
_MOST_EUR = 1e12
_MOST_TICKS = 2.0**53
_SMALLEST_TICK = 5e-13  # ticks are rounded to 12 decimals: anything smaller becomes 0
_MOST_SD_RANGES = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthlyVariable:
    """One parameter that may get a value of its own each month: its block, centre and spread."""

    name: str
    centre: str
    sd: str
    unit: str


PUBLIC_VARIABLES = (
    MonthlyVariable(name="cac", centre="cac_base_eur", sd="cac_sd_eur", unit="EUR"),
    MonthlyVariable(name="cvr", centre="cvr_base", sd="cvr_sd", unit="fraction"),
    MonthlyVariable(
        name="tokens_per_conversion",
        centre="tokens_per_conversion_mean",
        sd="tokens_per_conversion_sd",
        unit="tokens",
    ),
    MonthlyVariable(name="churn", centre="churn_rate_mom", sd="churn_rate_sd", unit="fraction"),
)
PRIVATE_VARIABLES = (
    MonthlyVariable(name="cac", centre="cac_base_eur", sd="cac_sd_eur", unit="EUR"),
    MonthlyVariable(
        name="hours_per_client",
        centre="hours_per_client_mean",
        sd="hours_per_client_sd",
        unit="hours",
    ),
    MonthlyVariable(name="churn", centre="churn_rate_mom", sd="churn_rate_sd", unit="fraction"),
)
VARIABLES: Mapping[str, tuple[MonthlyVariable, ...]] = {
    "public_tap": PUBLIC_VARIABLES,
    "private_tap": PRIVATE_VARIABLES,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthlyBlock(ParamGroup):
    """How one variable is redrawn each month; `none` keeps its centre in every month."""

    distribution: str = param(
        "none",
        choices=("none", "uniform", "normal", "lognormal"),
        doc="distribution of the month values around the centre",
    )
    min: float = param(0.0, doc="smallest month value")
    max: float = param(1.0, doc="largest month value")
    step: float | None = param(None, doc="distance of the ticks; null = continuous")

    @property
    def is_on(self) -> bool:
        """Tell whether months get values of their own."""
        return self.distribution != "none"

    def problems(self) -> list[Problem]:
        """Refuse an empty range, and more ticks than a number can count."""
        if self.min > self.max:
            return [Problem("max", shown(self.max), f"must be >= min = {self.min:g}")]
        if self.is_on and self.step and (self.max - self.min) / self.step > _MOST_TICKS:
            return [Problem("step", shown(self.step), "must leave at most 2^53 ticks in the range")]
        return []


def _tick(default: float, unit: str) -> Any:
    return param(default, unit=unit, low=0, low_open=True, doc="tick distance; null = continuous")


def _edge(default: float, unit: str, low: float, high: float, *, low_open: bool = False) -> Any:
    doc = "edge of the range of month values"
    return param(default, unit=unit, low=low, high=high, low_open=low_open, doc=doc)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicCacBlock(MonthlyBlock):
    """Month values of the public CAC."""

    min: float = _edge(5.0, "EUR", 0.01, _MOST_EUR)
    max: float = _edge(500.0, "EUR", 0.01, _MOST_EUR)
    step: float | None = _tick(5.0, "EUR")


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateCacBlock(MonthlyBlock):
    """Month values of the private CAC."""

    min: float = _edge(10.0, "EUR", 0.01, _MOST_EUR)
    max: float = _edge(1000.0, "EUR", 0.01, _MOST_EUR)
    step: float | None = _tick(10.0, "EUR")


@dataclass(frozen=True, slots=True, kw_only=True)
class CvrBlock(MonthlyBlock):
    """Month values of the conversion rate."""

    min: float = _edge(0.001, "fraction", 0, 1, low_open=True)
    max: float = _edge(0.2, "fraction", 0, 1, low_open=True)
    step: float | None = _tick(0.001, "fraction")

    def problems(self) -> list[Problem]:
        """Refuse a lattice whose first tick rounds to 0: visits divide by the rate."""
        found = MonthlyBlock.problems(self)
        if self.is_on and self.step is not None and self.min <= _SMALLEST_TICK:
            found.append(Problem("min", shown(self.min), "must be >= 1e-12 fraction with a step"))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class TokensBlock(MonthlyBlock):
    """Month values of the tokens bought per new customer."""

    min: float = _edge(1000.0, "tokens", 0, 1e12)
    max: float = _edge(200000.0, "tokens", 0, 1e12)
    step: float | None = _tick(1000.0, "tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class HoursBlock(MonthlyBlock):
    """Month values of the GPU hours per active client."""

    min: float = _edge(0.0, "hours", 0, 1e5)
    max: float = _edge(200.0, "hours", 0, 1e5)
    step: float | None = _tick(1.0, "hours")


@dataclass(frozen=True, slots=True, kw_only=True)
class ChurnBlock(MonthlyBlock):
    """Month values of the churn rate."""

    min: float = _edge(0.0, "fraction", 0, 1)
    max: float = _edge(0.5, "fraction", 0, 1)
    step: float | None = _tick(0.005, "fraction")


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicMonthly(ParamGroup):
    """The four variables of the public tap that may be redrawn each month."""

    cac: PublicCacBlock = group(PublicCacBlock)
    cvr: CvrBlock = group(CvrBlock)
    tokens_per_conversion: TokensBlock = group(TokensBlock)
    churn: ChurnBlock = group(ChurnBlock)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateMonthly(ParamGroup):
    """The three variables of the private tap that may be redrawn each month."""

    cac: PrivateCacBlock = group(PrivateCacBlock)
    hours_per_client: HoursBlock = group(HoursBlock)
    churn: ChurnBlock = group(ChurnBlock)


def _offer_ids(root: TapsParams) -> tuple[str, ...]:
    return tuple(root.pricing.offers)


def _gpu_classes(root: TapsParams) -> tuple[str, ...]:
    return tuple(dict.fromkeys(offer.gpu_class for offer in root.pricing.offers.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicPricing(ParamGroup):
    """How the price of tokens follows from their cost."""

    offer: str = param(
        "provider_a_rtx_3090",
        unit="enum",
        choices=_offer_ids,
        doc="GPU offer that serves the tokens",
    )
    target_margin_pct: float = param(
        55.0, unit="percent", low=0, high=95, doc="margin wanted on the sell price"
    )
    infra_overhead_pct: float = param(
        100.0, unit="percent", low=0, high=1000, doc="added to the GPU cost"
    )
    base_cost_eur_per_1m: float = param(
        2.0, unit="EUR_per_1M_tokens", low=0, high=1e6, doc="cost per 1M tokens besides the GPU"
    )
    price_increment_eur_per_1k: float | None = param(
        0.001, unit=_PER_1K, low=0, low_open=True, high=1e3, doc="price grid; null = no rounding"
    )
    price_floor_eur_per_1k: float | None = param(
        0.005, unit=_PER_1K, low=0, high=1e3, doc="lowest price; null = none"
    )
    price_cap_eur_per_1k: float | None = param(
        3.0, unit=_PER_1K, low=0, low_open=True, high=1e3, doc="highest price; null = none"
    )

    def problems(self) -> list[Problem]:
        """Refuse a floor above the cap."""
        floor, cap = self.price_floor_eur_per_1k, self.price_cap_eur_per_1k
        if floor is None or cap is None or floor <= cap:
            return []
        allowed = f"must be >= price_floor_eur_per_1k = {floor:g} {_PER_1K}"
        return [Problem("price_cap_eur_per_1k", shown(cap), allowed)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity(ParamGroup):
    """How many GPU instances serve the public tap."""

    target_utilization_pct: float = param(
        75.0,
        unit="percent",
        low=0,
        low_open=True,
        high=100,
        doc="usable share of an instance, for cost and for capacity",
    )
    peak_factor: float = param(
        1.2, unit="ratio", low=1, high=100, doc="peak over average demand"
    )  # fmt: skip
    min_instances: int = param(0, unit="count", low=0, high=1e6, doc="instances always deployed")
    max_instances: int = param(
        100, unit="count", low=0, high=1e6, doc="instances allowed; at least min_instances"
    )

    def problems(self) -> list[Problem]:
        """Refuse more instances at least than at most."""
        if self.min_instances <= self.max_instances:
            return []
        allowed = f"must be >= min_instances = {self.min_instances} count"
        return [Problem("max_instances", shown(self.max_instances), allowed)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicTap(ParamGroup):
    """The tap that sells prepaid tokens to new customers."""

    budget_month0_eur: float = param(
        1000.0, unit=_EUR_MONTH, low=0, high=_MOST_EUR, doc="budget of month 1"
    )
    budget_growth_pct_mom: float = param(
        8.0, unit="percent", low=-100, high=1000, doc="budget growth per month"
    )
    cac_base_eur: float = param(
        50.0,
        unit="EUR",
        low=0.01,
        high=_MOST_EUR,
        sd="cac_sd_eur",
        redrawn_by="monthly.cac",
        doc="CAC, or its centre",
    )
    cac_sd_eur: float | None = param(
        None, unit="EUR", low=0, high=_MOST_EUR, doc="standard deviation of CAC"
    )
    cvr_base: float = param(
        0.03,
        unit="fraction",
        low=0,
        low_open=True,
        high=1,
        sd="cvr_sd",
        redrawn_by="monthly.cvr",
        doc="conversions per visit, report only",
    )
    cvr_sd: float | None = param(
        None, unit="fraction", low=0, high=1, doc="standard deviation of CVR"
    )
    tokens_per_conversion_mean: float = param(
        50000.0,
        unit="tokens",
        low=0,
        high=1e12,
        sd="tokens_per_conversion_sd",
        redrawn_by="monthly.tokens_per_conversion",
        doc="input plus output tokens bought per new customer",
    )
    tokens_per_conversion_sd: float | None = param(
        5000.0, unit="tokens", low=0, high=1e12, doc="standard deviation of the tokens"
    )
    churn_rate_mom: float = param(
        0.03,
        unit="fraction",
        low=0,
        high=1,
        sd="churn_rate_sd",
        redrawn_by="monthly.churn",
        doc="churn per month",
    )
    churn_rate_sd: float | None = param(
        None, unit="fraction", low=0, high=1, doc="standard deviation of churn"
    )
    initial_active: float = param(
        0.0, unit="count", low=0, high=1e9, doc="active customers before month 1"
    )
    pricing: PublicPricing = group(PublicPricing)
    capacity: Capacity = group(Capacity)
    monthly: PublicMonthly = group(PublicMonthly)

    def problems(self) -> list[Problem]:
        """Refuse monthly blocks that do not fit their centre and spread."""
        return _monthly_problems(self, self.monthly, PUBLIC_VARIABLES)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateTap(ParamGroup):
    """The tap that rents GPU hours to active clients."""

    budget_month0_eur: float = param(
        500.0, unit=_EUR_MONTH, low=0, high=_MOST_EUR, doc="budget of month 1"
    )
    budget_growth_pct_mom: float = param(
        6.0, unit="percent", low=-100, high=1000, doc="budget growth per month"
    )
    cac_base_eur: float = param(
        200.0,
        unit="EUR",
        low=0.01,
        high=_MOST_EUR,
        sd="cac_sd_eur",
        redrawn_by="monthly.cac",
        doc="CAC, or its centre",
    )
    cac_sd_eur: float | None = param(
        None, unit="EUR", low=0, high=_MOST_EUR, doc="standard deviation of CAC"
    )
    churn_rate_mom: float = param(
        0.03,
        unit="fraction",
        low=0,
        high=1,
        sd="churn_rate_sd",
        redrawn_by="monthly.churn",
        doc="churn per month",
    )
    churn_rate_sd: float | None = param(
        None, unit="fraction", low=0, high=1, doc="standard deviation of churn"
    )
    hours_per_client_mean: float = param(
        10.0,
        unit="hours",
        low=0,
        high=1e5,
        sd="hours_per_client_sd",
        redrawn_by="monthly.hours_per_client",
        doc="GPU hours per active client per month, before the guard",
    )
    hours_per_client_sd: float | None = param(
        1.0, unit="hours", low=0, high=1e5, doc="standard deviation of the hours"
    )
    hours_min: float = param(
        0.0, unit="hours", low=0, high=744, doc="guard, per client per month"
    )  # fmt: skip
    hours_max: float = param(
        744.0, unit="hours", low=0, high=744, doc="guard; at least hours_min; 744 = 31 days"
    )
    initial_active: float = param(
        0.0, unit="count", low=0, high=1e9, doc="active clients before month 1"
    )
    gpu_class: str = param(
        "rtx_4090", unit="enum", choices=_gpu_classes, doc="class all private hours are sold on"
    )
    markup_pct: float = param(40.0, unit="percent", low=0, high=1000, doc="on the median cost")
    management_fee_eur_per_client_month: float = param(
        0.0, unit=_EUR_MONTH, low=0, high=1e6, doc="per active client per month; off by default"
    )
    monthly: PrivateMonthly = group(PrivateMonthly)

    def problems(self) -> list[Problem]:
        """Refuse an empty guard, and monthly blocks that do not fit their centre and spread."""
        found = _monthly_problems(self, self.monthly, PRIVATE_VARIABLES)
        if self.hours_min > self.hours_max:
            allowed = f"must be >= hours_min = {self.hours_min:g} hours"
            found.append(Problem("hours_max", shown(self.hours_max), allowed))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer(ParamGroup):
    """One GPU as a provider rents it out."""

    provider: str = param(REQUIRED, doc="who rents it out")
    gpu_class: str = param(REQUIRED, doc="class of the GPU")
    usd_hr: float = param(
        REQUIRED, unit="USD_per_hour", low=0, low_open=True, high=1000, doc="one GPU for one hour"
    )

    def problems(self) -> list[Problem]:
        """Refuse blank names."""
        named = {"provider": self.provider, "gpu_class": self.gpu_class}
        return [
            Problem(name, shown(text), "must not be blank")
            for name, text in named.items()
            if not text.strip()
        ]


def _offers(*rows: tuple[str, str, float]) -> dict[str, Offer]:
    return {
        f"{provider}_{gpu_class}": Offer(provider=provider, gpu_class=gpu_class, usd_hr=usd_hr)
        for provider, gpu_class, usd_hr in rows
    }


EXAMPLE_OFFERS = _offers(
    ("provider_a", "rtx_4090", 0.59),
    ("provider_b", "rtx_4090", 0.55),
    ("provider_c", "rtx_4090", 0.34),
    ("provider_a", "rtx_3090", 0.20),
    ("provider_b", "rtx_3090", 0.20),
    ("provider_d", "l40s", 1.9512),
    ("provider_d", "l4", 0.7992),
    ("provider_d", "a10", 1.1016),
)
EXAMPLE_TOKENS_PER_S = {
    "rtx_3090": 150.0,
    "rtx_4090": 225.0,
    "l40s": 180.0,
    "l4": 100.0,
    "a10": 100.0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pricing(ParamGroup):
    """Exchange rate, offers and throughput that both taps share."""

    fx_usd_per_eur: float = param(
        1.10, unit="USD_per_EUR", low=0.01, high=100, doc="USD for one EUR"
    )
    fx_buffer_pct: float = param(
        5.0, unit="percent", low=0, high=100, doc="safety surcharge on converted prices"
    )
    hours_per_month: float = param(
        720.0, unit="hours", low=1, high=744, doc="average hours for capacity"
    )
    offers: Mapping[str, Offer] = groups(EXAMPLE_OFFERS, doc="GPU offers by id")
    tokens_per_s: Mapping[str, float] = param(
        EXAMPLE_TOKENS_PER_S,
        unit="tokens_per_second",
        low=0,
        low_open=True,
        high=1e7,
        doc="sustained tokens per second of one GPU for the served mix, by GPU class",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TapsParams(ParamGroup):
    """All parameters of one run; the defaults are example inputs, not a viable plan."""

    public_tap: PublicTap = group(PublicTap)
    private_tap: PrivateTap = group(PrivateTap)
    pricing: Pricing = group(Pricing)

    def problems(self) -> list[Problem]:
        """Refuse a public offer whose GPU class has no throughput."""
        offer_id = self.public_tap.pricing.offer
        gpu_class = self.pricing.offers[offer_id].gpu_class
        if gpu_class in self.pricing.tokens_per_s:
            return []
        allowed = (
            f"must be given in tokens_per_second: public_tap.pricing.offer = {offer_id} "
            f"runs on GPU class {gpu_class}"
        )
        return [Problem(f"pricing.tokens_per_s.{gpu_class}", "", allowed)]


def monthly_block(tap: PublicTap | PrivateTap, variable: MonthlyVariable) -> MonthlyBlock:
    """Return the monthly block of one variable of a tap."""
    block: MonthlyBlock = getattr(tap.monthly, variable.name)
    return block


def _monthly_problems(
    tap: PublicTap | PrivateTap,
    monthly: PublicMonthly | PrivateMonthly,
    variables: tuple[MonthlyVariable, ...],
) -> list[Problem]:
    found: list[Problem] = []
    for variable in variables:
        block: MonthlyBlock = getattr(monthly, variable.name)
        if block.is_on and block.min <= block.max:
            centre, sd = getattr(tap, variable.centre), getattr(tap, variable.sd)
            found += _centre_problems(variable, block, centre)
            found += _spread_problems(variable, block, sd)
    return found


def _centre_problems(
    variable: MonthlyVariable, block: MonthlyBlock, centre: float
) -> list[Problem]:
    where = f"monthly.{variable.name}"
    if not block.min <= centre <= block.max:
        allowed = (
            f"must lie in [{block.min:g}, {block.max:g}] {variable.unit}, the range of {where}"
        )
        return [Problem(variable.centre, shown(centre), allowed)]
    if block.distribution == "lognormal" and centre <= 0:
        allowed = f"must be > 0 {variable.unit}, because {where}.distribution is lognormal"
        return [Problem(variable.centre, shown(centre), allowed)]
    return []


def _spread_problems(
    variable: MonthlyVariable, block: MonthlyBlock, sd: float | None
) -> list[Problem]:
    if block.distribution == "uniform":
        return []
    most = _MOST_SD_RANGES * (block.max - block.min)
    if sd is not None and sd <= most:
        return []
    allowed = (
        f"must lie in [0, {most:g}] {variable.unit} (at most ten ranges), because "
        f"monthly.{variable.name}.distribution is {block.distribution}"
    )
    return [Problem(variable.sd, shown(sd), allowed)]
