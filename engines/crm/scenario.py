"""Declare what a scenario fixes: volume, cycle, win rate, amounts, funnel, pacing, touchpoints.

A scenario is given whole. `B2B` is the one a run has when none is chosen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

from runner.contract import (
    REQUIRED,
    FrozenMapping,
    ParamGroup,
    Problem,
    group,
    param,
    shown,
)

Rail = tuple[float, ...]

CYCLE_STAGES = (
    "sql", "appointment_scheduled", "qualified_to_buy", "presentation_scheduled",
    "decision_maker_bought_in", "contract_sent",
)  # fmt: skip
TOUCH_TYPES = ("note", "call", "task", "ticket")
_SUM_TOLERANCE = 1e-9
_DAY_MINUTES = 10_080


def _probability(doc: str) -> Any:
    return param(REQUIRED, unit="fraction", low=0, high=1, doc=doc)


def _days(doc: str, high: float) -> Any:
    return param(REQUIRED, unit="days", low=0, low_open=True, high=high, doc=doc)


def _shape(doc: str) -> Any:
    return param(REQUIRED, unit="erlang_shape", low=1, high=16, doc=doc)


def _count(doc: str, low: int, high: int) -> Any:
    return param(REQUIRED, unit="count", low=low, high=high, doc=doc)


def _range(unit: str, high: float, doc: str) -> Any:
    return param(REQUIRED, unit=unit, low=0, high=high, doc=f"[lo, hi]: {doc}")


def _limit(doc: str) -> Any:
    return param(REQUIRED, unit="count", low=0, doc=f"{doc}; null = no limit")


def _share(doc: str) -> Any:
    return param(REQUIRED, unit="fraction", low=0.001, high=1, doc=doc)


def pair_problems(of: ParamGroup, unit: str) -> Iterator[Problem]:
    """Give a problem for each list of a group that is no pair [lo, hi] with lo <= hi."""
    for field in fields(of):  # type: ignore[arg-type]
        value = getattr(of, field.name)
        if isinstance(value, tuple) and not (len(value) == 2 and value[0] <= value[1]):  # noqa: PLR2004
            yield Problem(field.name, shown(list(value)), f"must be [lo, hi] {unit} with lo <= hi")


@dataclass(frozen=True, slots=True, kw_only=True)
class DealAmount(ParamGroup):
    """Law of deal amounts: log-normal, cut at both ends."""

    mu: float = param(REQUIRED, unit="ln_currency", low=0, high=20, doc="mean of ln(amount)")
    sigma: float = param(REQUIRED, unit="ln_currency", low=0, high=3, doc="sd of ln(amount)")
    min: float = param(REQUIRED, unit="currency", low=0, doc="smallest amount")
    max: float = param(REQUIRED, unit="currency", low=0, doc="largest amount")
    currency: str = param(REQUIRED, doc="ISO 4217 code: three capitals")

    def problems(self) -> list[Problem]:
        """Refuse an empty range and a currency that is no code."""
        found = []
        if not self.min < self.max:
            found.append(Problem("max", shown(self.max), f"must be > min = {self.min:g} currency"))
        if not (len(self.currency) == 3 and self.currency.isascii() and self.currency.isupper()):  # noqa: PLR2004
            found.append(Problem("currency", self.currency, "must be three capitals, such as USD"))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSize(ParamGroup):
    """Contacts per company: every whole number from min to max is equally likely."""

    min: int = _count("fewest contacts of a company", 1, 1000)
    max: int = _count("most contacts of a company", 1, 1000)

    def problems(self) -> list[Problem]:
        """Refuse an empty range."""
        if self.min <= self.max:
            return []
        return [Problem("max", shown(self.max), f"must be >= min = {self.min} contacts")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop(ParamGroup):
    """Chance of not advancing from each stage to the next."""

    subscriber_to_lead: float = _probability("P(a subscriber never becomes a lead)")
    lead_to_mql: float = _probability("P(a lead does not become an MQL in this pass)")
    mql_to_sql: float = _probability("P(an MQL does not become an SQL in this pass)")
    sql_to_opportunity: float = _probability("P(an SQL does not become an opportunity)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dwell(ParamGroup):
    """Mean time in the stages before SQL."""

    subscriber: float = _days("mean time as subscriber", 365)
    lead: float = _days("mean time as lead", 365)
    mql: float = _days("mean time as MQL", 365)


@dataclass(frozen=True, slots=True, kw_only=True)
class Funnel(ParamGroup):
    """How contacts move, wait and come back."""

    drop: Drop = param(REQUIRED, doc="drop probabilities")
    dwell_mean_days: Dwell = param(REQUIRED, doc="dwell times")
    dwell_shape: int = _shape("Erlang shape of dwell and nurture times; CV = 1/sqrt(shape)")
    nurture_share: float = _probability("P(nurture given a drop)")
    nurture_dwell_mean_days: float = _days("mean time in nurture", 730)
    max_nurture_cycles: int = _count("returns from nurture per contact, at most", 0, 5)


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleShares(ParamGroup):
    """Share of the sales cycle spent in each stage, from SQL to close."""

    sql: float = _share("before the deal is created")
    appointment_scheduled: float = _share("first deal stage")
    qualified_to_buy: float = _share("second deal stage")
    presentation_scheduled: float = _share("third deal stage")
    decision_maker_bought_in: float = _share("fourth deal stage")
    contract_sent: float = _share("last deal stage before close")

    def problems(self) -> list[Problem]:
        """Refuse shares that do not sum to 1."""
        total = sum(self.listed())
        if abs(total - 1) <= _SUM_TOLERANCE:
            return []
        return [Problem("sql", "", f"the shares of the cycle must sum to 1, they sum to {total:g}")]

    def listed(self) -> list[float]:
        """Return the shares in order of the stages."""
        return [getattr(self, name) for name in CYCLE_STAGES]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle(ParamGroup):
    """Law of the sales cycle around its mean."""

    shape: int = _shape("Erlang shape of the cycle; CV = 1/sqrt(shape)")
    shares: CycleShares = param(REQUIRED, doc="how the cycle splits into stages")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pacing(ParamGroup):
    """How the arrivals follow the intake shape."""

    rate_exponent: float = param(
        REQUIRED, unit="power", low=0.25, high=4, doc="below 1 smooths the shape, above 1 sharpens"
    )
    placement: str = param(
        REQUIRED, choices=("stratified", "independent"), doc="evenly spread, or each by itself"
    )
    jitter: float = param(
        REQUIRED, unit="fraction", low=0, high=1, doc="share of its stratum a contact may move in"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Density(ParamGroup):
    """Baseline touches of a contact from lead to the end of its path."""

    notes_per_lead: tuple[int, ...] = _range("count", 50, "notes")
    tasks_per_lead: tuple[int, ...] = _range("count", 50, "tasks")
    calls_per_lead: tuple[int, ...] = _range("count", 50, "calls")

    def problems(self) -> list[Problem]:
        """Refuse lists that are no ranges."""
        return list(pair_problems(self, "count"))


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchProbability(ParamGroup):
    """Chance that an event triggers a touch."""

    initial_note: float = _probability("a note when the contact is created")
    mql_call: float = _probability("a call at each entry to MQL")
    follow_up_task: float = _probability("a task at an entry to MQL without a call")
    regression_note: float = _probability("a note at an entry to nurture")
    won_note: float = _probability("a note after a deal is won")
    lost_ticket: float = _probability("a ticket after a deal is lost")


@dataclass(frozen=True, slots=True, kw_only=True)
class CallDelay(ParamGroup):
    """Delay of a call after the entry to MQL: uniform on mean -+ jitter, not below 0."""

    mean: float = param(REQUIRED, unit="minutes", low=0, high=_DAY_MINUTES, doc="mean delay")
    jitter: float = param(REQUIRED, unit="minutes", low=0, high=_DAY_MINUTES, doc="half width")


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchDelay(ParamGroup):
    """Delay of triggered touches after what triggers them."""

    mql_call: CallDelay = param(REQUIRED, doc="delay of calls")
    follow_up_task: tuple[int, ...] = _range("minutes", _DAY_MINUTES, "delay of follow-up tasks")
    regression_note: tuple[int, ...] = _range("minutes", _DAY_MINUTES, "delay of regression notes")
    won_note: tuple[int, ...] = _range("minutes", _DAY_MINUTES, "delay of won notes")
    lost_ticket: tuple[int, ...] = _range("minutes", _DAY_MINUTES, "delay of lost tickets")

    def problems(self) -> list[Problem]:
        """Refuse lists that are no ranges."""
        return list(pair_problems(self, "minutes"))


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchLimits(ParamGroup):
    """At most this many processed touches by type."""

    note: int | None = _limit("notes")
    call: int | None = _limit("calls")
    task: int | None = _limit("tasks")
    ticket: int | None = _limit("tickets")


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch(ParamGroup):
    """Notes, calls, tasks and tickets."""

    density: Density = param(REQUIRED, doc="baseline touches")
    probability: TouchProbability = param(REQUIRED, doc="triggered touches")
    delay_min: TouchDelay = param(REQUIRED, doc="delays of triggered touches")
    cap_per_contact: TouchLimits = param(REQUIRED, doc="limits per contact")
    budget: TouchLimits = param(REQUIRED, doc="limits per run")


def _rail(doc: str) -> Any:
    return param(None, doc=f"guard rail [lo, hi] of {doc}; null = none")


def _documented_rail(doc: str) -> Any:
    return param(REQUIRED, doc=f"guard rail [lo, hi] of {doc}")


class RailGroup(ParamGroup):
    """Base of groups of guard rails."""

    __slots__ = ()

    def problems(self) -> list[Problem]:
        """Refuse lists that are no ranges."""
        return list(pair_problems(self, "of the parameter's unit"))


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountRails(RailGroup):
    """Guard rails of deal amounts."""

    mu: tuple[float, ...] | None = _rail("deal_amount.mu")
    sigma: tuple[float, ...] | None = _rail("deal_amount.sigma")
    min: tuple[float, ...] | None = _rail("deal_amount.min")
    max: tuple[float, ...] | None = _rail("deal_amount.max")


@dataclass(frozen=True, slots=True, kw_only=True)
class DropRails(RailGroup):
    """Guard rails of the drop probabilities."""

    subscriber_to_lead: tuple[float, ...] | None = _rail("funnel.drop.subscriber_to_lead")
    lead_to_mql: tuple[float, ...] | None = _rail("funnel.drop.lead_to_mql")
    mql_to_sql: tuple[float, ...] | None = _rail("funnel.drop.mql_to_sql")
    sql_to_opportunity: tuple[float, ...] | None = _rail("funnel.drop.sql_to_opportunity")


@dataclass(frozen=True, slots=True, kw_only=True)
class DwellRails(RailGroup):
    """Guard rails of the dwell times."""

    subscriber: tuple[float, ...] | None = _rail("funnel.dwell_mean_days.subscriber")
    lead: tuple[float, ...] | None = _rail("funnel.dwell_mean_days.lead")
    mql: tuple[float, ...] | None = _rail("funnel.dwell_mean_days.mql")


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelRails(RailGroup):
    """Guard rails of the funnel."""

    drop: DropRails = group(DropRails, doc="guard rails of drop probabilities")
    dwell_mean_days: DwellRails = group(DwellRails, doc="guard rails of dwell times")
    nurture_share: tuple[float, ...] | None = _rail("funnel.nurture_share")
    nurture_dwell_mean_days: tuple[float, ...] | None = _rail("funnel.nurture_dwell_mean_days")


@dataclass(frozen=True, slots=True, kw_only=True)
class PacingRails(RailGroup):
    """Guard rails of the pacing."""

    rate_exponent: tuple[float, ...] | None = _rail("pacing.rate_exponent")
    jitter: tuple[float, ...] | None = _rail("pacing.jitter")


@dataclass(frozen=True, slots=True, kw_only=True)
class Guardrail(RailGroup):
    """Ranges in which parameters must stay for the scenario to keep its name."""

    lead_volume_multiplier: tuple[float, ...] = _documented_rail("lead_volume_multiplier")
    avg_sales_cycle_days: tuple[float, ...] = _documented_rail("avg_sales_cycle_days")
    deal_win_rate_base: tuple[float, ...] = _documented_rail("deal_win_rate_base")
    group_size: tuple[float, ...] = _documented_rail("group_size.min and group_size.max")
    deal_amount: AmountRails = group(AmountRails, doc="guard rails of deal amounts")
    funnel: FunnelRails = group(FunnelRails, doc="guard rails of the funnel")
    pacing: PacingRails = group(PacingRails, doc="guard rails of the pacing")


def _is_id(text: str) -> bool:
    allowed = set("abcdefghijklmnopqrstuvwxyz0123456789_")
    return text[:1].isalpha() and text.isascii() and set(text) <= allowed


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario(ParamGroup):
    """A named bundle of parameters and guard rails."""

    id: str = param(REQUIRED, doc="name: lower-case letters, digits and _")
    lead_volume_multiplier: float = param(
        REQUIRED, unit="factor", low=0, low_open=True, high=10, doc="contacts per base record"
    )
    avg_sales_cycle_days: float = param(
        REQUIRED, unit="days", low=0.1, high=1000, doc="mean time from SQL to close"
    )
    deal_win_rate_base: float = _probability("P(a deal is won), before seasonality")
    deal_amount: DealAmount = param(REQUIRED, doc="law of deal amounts")
    group_size: GroupSize = param(REQUIRED, doc="contacts per company")
    funnel: Funnel = param(REQUIRED, doc="stages, dwell times, nurture")
    cycle: Cycle = param(REQUIRED, doc="law of the sales cycle")
    pacing: Pacing = param(REQUIRED, doc="how arrivals follow the intake shape")
    touch: Touch = param(REQUIRED, doc="touchpoints")
    guardrail: Guardrail = param(REQUIRED, doc="ranges that belong to the scenario's name")

    def problems(self) -> list[Problem]:
        """Refuse names that could not be a file's."""
        if _is_id(self.id):
            return []
        return [Problem("id", self.id, "must be lower-case letters, digits and _")]


B2B = Scenario(
    id="b2b",
    lead_volume_multiplier=0.8,
    avg_sales_cycle_days=60.0,
    deal_win_rate_base=0.6,
    deal_amount=DealAmount(mu=10.5, sigma=0.9, min=1000.0, max=500_000.0, currency="USD"),
    group_size=GroupSize(min=3, max=6),
    funnel=Funnel(
        drop=Drop(
            subscriber_to_lead=0.25, lead_to_mql=0.45, mql_to_sql=0.6, sql_to_opportunity=0.35
        ),
        dwell_mean_days=Dwell(subscriber=4.0, lead=7.0, mql=5.0),
        dwell_shape=2,
        nurture_share=0.4,
        nurture_dwell_mean_days=30.0,
        max_nurture_cycles=1,
    ),
    cycle=Cycle(
        shape=4,
        shares=CycleShares(
            sql=0.2,
            appointment_scheduled=0.15,
            qualified_to_buy=0.2,
            presentation_scheduled=0.2,
            decision_maker_bought_in=0.15,
            contract_sent=0.1,
        ),
    ),
    pacing=Pacing(rate_exponent=0.7, placement="stratified", jitter=1.0),
    touch=Touch(
        density=Density(notes_per_lead=(1, 3), tasks_per_lead=(0, 2), calls_per_lead=(0, 1)),
        probability=TouchProbability(
            initial_note=1.0,
            mql_call=0.65,
            follow_up_task=0.5,
            regression_note=0.35,
            won_note=0.55,
            lost_ticket=0.15,
        ),
        delay_min=TouchDelay(
            mql_call=CallDelay(mean=15.0, jitter=10.0),
            follow_up_task=(30, 180),
            regression_note=(5, 25),
            won_note=(2, 10),
            lost_ticket=(3, 20),
        ),
        cap_per_contact=TouchLimits(note=5, call=3, task=6, ticket=1),
        budget=TouchLimits(note=5000, call=2500, task=4000, ticket=500),
    ),
    guardrail=Guardrail(
        lead_volume_multiplier=(0.6, 0.9),
        avg_sales_cycle_days=(35.0, 90.0),
        deal_win_rate_base=(0.55, 0.65),
        group_size=(3.0, 7.0),
        deal_amount=AmountRails(mu=(9.5, 11.5), sigma=(0.7, 1.2)),
        funnel=FunnelRails(
            drop=DropRails(
                subscriber_to_lead=(0.2, 0.35),
                lead_to_mql=(0.4, 0.6),
                mql_to_sql=(0.5, 0.75),
                sql_to_opportunity=(0.25, 0.5),
            )
        ),
        pacing=PacingRails(rate_exponent=(0.25, 1.0)),
    ),
)

B2C_VALUES = FrozenMapping(
    {
        "id": "b2c",
        "lead_volume_multiplier": 1.8,
        "avg_sales_cycle_days": 7.0,
        "deal_win_rate_base": 0.42,
        "deal_amount.mu": 7.8,
        "deal_amount.sigma": 0.5,
        "deal_amount.min": 50.0,
        "deal_amount.max": 20_000.0,
        "group_size.min": 1,
        "group_size.max": 2,
        "funnel.drop.subscriber_to_lead": 0.15,
        "funnel.drop.lead_to_mql": 0.3,
        "funnel.drop.mql_to_sql": 0.35,
        "funnel.drop.sql_to_opportunity": 0.25,
        "funnel.dwell_mean_days.subscriber": 0.5,
        "funnel.dwell_mean_days.lead": 1.5,
        "funnel.dwell_mean_days.mql": 1.0,
        "funnel.nurture_share": 0.2,
        "funnel.nurture_dwell_mean_days": 7.0,
        "pacing.rate_exponent": 1.3,
        "pacing.placement": "independent",
        "touch.density.notes_per_lead": (0, 1),
        "touch.density.tasks_per_lead": (0, 1),
        "touch.density.calls_per_lead": (0, 0),
        "touch.probability.initial_note": 0.9,
        "touch.probability.mql_call": 0.3,
        "touch.probability.follow_up_task": 0.25,
        "touch.probability.regression_note": 0.25,
        "touch.probability.won_note": 0.4,
        "touch.probability.lost_ticket": 0.05,
        "touch.delay_min.mql_call.mean": 8.0,
        "touch.delay_min.mql_call.jitter": 6.0,
        "touch.delay_min.follow_up_task": (15, 90),
        "touch.delay_min.regression_note": (3, 15),
        "touch.delay_min.won_note": (1, 6),
        "touch.delay_min.lost_ticket": (2, 12),
        "touch.cap_per_contact.note": 3,
        "touch.cap_per_contact.call": 1,
        "touch.cap_per_contact.task": 3,
        "touch.budget.note": 8000,
        "touch.budget.call": 1200,
        "touch.budget.task": 5000,
        "touch.budget.ticket": 300,
        "guardrail.lead_volume_multiplier": (1.4, 2.2),
        "guardrail.avg_sales_cycle_days": (3.0, 14.0),
        "guardrail.deal_win_rate_base": (0.35, 0.5),
        "guardrail.group_size": (1.0, 2.0),
        "guardrail.deal_amount.mu": (6.5, 8.5),
        "guardrail.deal_amount.sigma": (0.3, 0.6),
        "guardrail.funnel.drop.subscriber_to_lead": (0.05, 0.2),
        "guardrail.funnel.drop.lead_to_mql": (0.15, 0.4),
        "guardrail.funnel.drop.mql_to_sql": (0.2, 0.5),
        "guardrail.funnel.drop.sql_to_opportunity": (0.1, 0.4),
        "guardrail.pacing.rate_exponent": (1.0, 4.0),
    }
)
"""Where the scenario b2c differs from b2b, by path."""
