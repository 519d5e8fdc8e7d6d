"""Declare and compute the numbers of one run."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from engines.crm.business import Calendar
from engines.crm.clock import DAY_MS
from engines.crm.companies import Companies
from engines.crm.funnel import ADVANCED
from engines.crm.params import CrmParams, volume
from engines.crm.preview import followup_days
from engines.crm.reconciliation import Balance
from engines.crm.scenario import TOUCH_TYPES, GroupSize, Rail
from engines.crm.timeline import Lifecycle
from engines.crm.world import World
from runner.contract import Floats, Metric, MetricValue, Null

_AT_ONCE = 262_144  # activities whose local times are held at once
_FEWEST = 30  # below, standard errors mean little
_EDGES = ("subscriber_to_lead", "lead_to_mql", "mql_to_sql", "sql_to_opportunity")
_COUNTED = ("contact", "company", "deal", *TOUCH_TYPES)


def _metric(name: str, unit: str, doc: str, better: str = "none") -> Metric:
    return Metric(name=name, unit=unit, better=better, doc=doc)  # type: ignore[arg-type]


METRICS = (
    _metric("contacts", "count", "contacts created"),
    _metric("companies", "count", "companies"),
    _metric("deals", "count", "deals created in the window"),
    _metric("deals_closed", "count", "deals closed in the window"),
    _metric("deals_open", "count", "deals open at the end"),
    _metric("deals_won", "count", "deals won in the window"),
    _metric("realised_volume_multiplier", "factor", "contacts / base_records"),
    _metric("volume_gap", "contacts", "contacts that are missing or too many", "lower"),
    _metric("win_rate", "fraction", "won / closed", "higher"),
    _metric(
        "win_rate_outside_se",
        "standard_errors",
        "distance of win_rate outside the guard rail; null below 30 closed deals",
        "lower",
    ),
    _metric("amount_mean", "currency", "mean amount of all deals", "higher"),
    _metric("amount_median", "currency", "median amount of all deals", "higher"),
    _metric("pipeline_value_open", "currency", "sum of open amounts at the end", "higher"),
    _metric("revenue_won", "currency", "sum of won amounts", "higher"),
    _metric(
        "mean_sales_cycle_days", "days", "closed deals only: biased low by censoring", "lower"
    ),
    _metric(
        "mean_sales_cycle_days_full_followup",
        "days",
        "deals whose SQL entry leaves time to close; null below 30",
        "lower",
    ),
    _metric("sales_cycle_cohort_deals", "count", "deals in that cohort", "higher"),
    _metric(
        "sales_cycle_outside_se",
        "standard_errors",
        "distance of the full-follow-up mean outside the guard rail; null below 30",
        "lower",
    ),
    *(
        _metric(f"conv_{edge}", "fraction", "advances / exits in the window, all passes", "higher")
        for edge in _EDGES
    ),
    _metric("early_attrition", "fraction", "1 - conv_subscriber_to_lead", "lower"),
    _metric("mid_funnel_attrition", "fraction", "1 - conv_lead_to_mql*conv_mql_to_sql", "lower"),
    _metric("contact_to_deal_rate", "fraction", "deals / contacts", "higher"),
    _metric("activities_per_contact", "count_per_contact", "processed activities / contacts"),
    *(_metric(f"{name}s", "count", f"processed {name}s") for name in TOUCH_TYPES),
    _metric(
        "share_outside_business_hours", "fraction", "of processed activities, local time", "lower"
    ),
    _metric("contacts_per_company_mean", "contacts", "contacts / companies"),
    _metric("contacts_attached_share", "fraction", "1 - companies / contacts"),
    _metric(
        "companies_out_of_size_range", "count", "companies outside [min, max], exempt left out",
        "lower",
    ),
    _metric("percent_processed", "fraction", "processed / planned, all types", "higher"),
    _metric("activities_skipped_share", "fraction", "skipped / planned activities", "lower"),
    _metric("budgets_binding", "count", "types that a budget cut", "lower"),
)  # fmt: skip


def run_metrics(params: CrmParams, calendar: Calendar, world: World) -> dict[str, MetricValue]:
    """Return every metric: finite, or null with a reason."""
    return {
        **_volume(params, world),
        **_deals(params, world),
        **_cycles(params, world),
        **_funnel(world),
        **_activities(calendar, world),
        **_companies(params.scenario.group_size, world.companies),
        **_processing(world),
    }


def _ratio(over: float, under: float, reason: str) -> MetricValue:
    return over / under if under else Null(reason)


def _volume(params: CrmParams, world: World) -> dict[str, MetricValue]:
    return {
        "contacts": world.n_contacts,
        "companies": int(world.companies.size.size),
        "realised_volume_multiplier": world.n_contacts / params.volume.base_records,
        "volume_gap": abs(world.n_contacts - volume(params)),
    }


def total_amount(amount: Floats) -> float:
    """Return the sum of amounts (n,), exact in hundredths."""
    return float(np.rint(amount * 100).astype(np.int64).sum()) / 100


def _deals(params: CrmParams, world: World) -> dict[str, MetricValue]:
    deals, end = world.deals, world.end
    created, closed = deals.created < end, deals.closed < end
    n_created, n_closed = int(created.sum()), int(closed.sum())
    n_won = int((deals.won & closed).sum())
    amounts = deals.amount[created]
    return {
        "deals": n_created,
        "deals_closed": n_closed,
        "deals_open": n_created - n_closed,
        "deals_won": n_won,
        "win_rate": _ratio(n_won, n_closed, "no_closed_deals"),
        "win_rate_outside_se": _win_rate_distance(
            params.scenario.guardrail.deal_win_rate_base, n_won, n_closed
        ),
        "amount_mean": float(amounts.mean()) if n_created else Null("no_deals"),
        "amount_median": float(np.median(amounts)) if n_created else Null("no_deals"),
        "pipeline_value_open": total_amount(deals.amount[created & ~closed]),
        "revenue_won": total_amount(deals.amount[deals.won & closed]),
        "contact_to_deal_rate": n_created / world.n_contacts,
    }


def _win_rate_distance(rail: Rail, n_won: int, n_closed: int) -> MetricValue:
    if n_closed < _FEWEST:
        return Null("fewer_than_30_closed_deals")
    rate, (low, high) = n_won / n_closed, rail
    edge = min(0.99, max(0.01, low if abs(rate - low) <= abs(rate - high) else high))
    outside = max(0.0, low - rate, rate - high)
    return outside / math.sqrt(edge * (1 - edge) / n_closed)


def _cycles(params: CrmParams, world: World) -> dict[str, MetricValue]:
    deals, end = world.deals, world.end
    closed = deals.closed < end
    days = (deals.closed - deals.sql_at) / DAY_MS
    latest = end - followup_days(params, world.cycle_multiplier) * DAY_MS
    cohort = days[closed & (deals.sql_at <= latest)]
    return {
        "mean_sales_cycle_days": (
            float(days[closed].mean()) if closed.any() else Null("no_closed_deals")
        ),
        "sales_cycle_cohort_deals": cohort.size,
        **_cohort(params.scenario.guardrail.avg_sales_cycle_days, cohort),
    }


def _cohort(rail: Rail, days: Floats) -> dict[str, MetricValue]:
    mean_name, distance_name = "mean_sales_cycle_days_full_followup", "sales_cycle_outside_se"
    if days.size < _FEWEST:
        missing = Null("fewer_than_30_deals_with_full_followup")
        return {mean_name: missing, distance_name: missing}
    mean, error = float(days.mean()), float(days.std(ddof=1)) / math.sqrt(days.size)
    outside = max(0.0, rail[0] - mean, mean - rail[1])
    return {mean_name: mean, distance_name: outside / error if error else Null("no_spread")}


def advances_and_exits(lifecycle: Lifecycle) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return advances and exits by stage from subscriber to SQL: int64 (4,) each."""
    left = lifecycle.source.astype(np.int64) + 1
    exits = np.bincount(left, minlength=9)[1:5]
    advances = np.bincount(left[lifecycle.reason == ADVANCED], minlength=9)[1:5]
    return advances, exits


def _funnel(world: World) -> dict[str, MetricValue]:
    advances, exits = advances_and_exits(world.lifecycle)
    found = {
        f"conv_{edge}": _ratio(int(went), int(left), f"no_exits_{edge}")
        for edge, went, left in zip(_EDGES, advances, exits, strict=True)
    }
    early, lead, mql = (found[f"conv_{edge}"] for edge in _EDGES[:3])
    attrition = {
        "early_attrition": early if isinstance(early, Null) else 1 - early,
        "mid_funnel_attrition": Null("no_exits_mql_to_sql"),
    }
    if not isinstance(lead, Null) and not isinstance(mql, Null):
        attrition["mid_funnel_attrition"] = 1 - lead * mql
    return found | attrition


def _activities(calendar: Calendar, world: World) -> dict[str, MetricValue]:
    activities = world.activities
    by_kind = np.bincount(activities.kind, minlength=len(TOUCH_TYPES))
    outside = sum(
        int(calendar.outside(activities.at[start : start + _AT_ONCE]).sum())
        for start in range(0, activities.at.size, _AT_ONCE)
    )
    return {
        "activities_per_contact": activities.at.size / world.n_contacts,
        **{f"{name}s": int(by_kind[kind]) for kind, name in enumerate(TOUCH_TYPES)},
        "share_outside_business_hours": _ratio(outside, activities.at.size, "no_activities"),
    }


def _companies(group: GroupSize, companies: Companies) -> dict[str, MetricValue]:
    n_companies, n_contacts = companies.size.size, companies.of_contact.size
    outside = (companies.size < group.min) | (companies.size > group.max)
    return {
        "contacts_per_company_mean": n_contacts / n_companies,
        "contacts_attached_share": 1 - n_companies / n_contacts,
        "companies_out_of_size_range": int((outside & ~companies.exempt).sum()),
    }


def _skipped(balance: Balance) -> int:
    return balance.skipped_record_cap + balance.skipped_global_budget


def _processing(world: World) -> dict[str, MetricValue]:
    balances = [world.reconciliation[name] for name in _COUNTED]
    touches = [world.reconciliation[name] for name in TOUCH_TYPES]
    planned = sum(balance.planned for balance in touches)
    return {
        "percent_processed": sum(b.processed for b in balances) / sum(b.planned for b in balances),
        "activities_skipped_share": _ratio(
            sum(_skipped(b) for b in touches), planned, "no_activities_planned"
        ),
        "budgets_binding": sum(b.skipped_global_budget > 0 for b in touches),
    }
