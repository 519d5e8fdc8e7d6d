"""Declare and compute the numbers of one run."""

from __future__ import annotations

import math

import numpy as np

from engines.crm.clock import DAY_MS
from engines.crm.params import CrmParams, volume
from engines.crm.preview import followup_days
from engines.crm.reconciliation import Balance
from engines.crm.scenario import TOUCH_TYPES, Rail
from engines.crm.totals import Totals
from runner.contract import Floats, Metric, MetricValue, Null

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


def run_metrics(params: CrmParams, totals: Totals) -> dict[str, MetricValue]:
    """Return every metric: finite, or null with a reason."""
    return {
        **_volume(params, totals),
        **_deals(params, totals),
        **_cycles(params, totals),
        **_funnel(totals),
        **_activities(totals),
        **_companies(totals),
        **_processing(totals),
    }


def _ratio(over: float, under: float, reason: str) -> MetricValue:
    return over / under if under else Null(reason)


def _volume(params: CrmParams, totals: Totals) -> dict[str, MetricValue]:
    return {
        "contacts": totals.n_contacts,
        "companies": totals.n_companies,
        "realised_volume_multiplier": totals.n_contacts / params.volume.base_records,
        "volume_gap": abs(totals.n_contacts - volume(params)),
    }


def _deals(params: CrmParams, totals: Totals) -> dict[str, MetricValue]:
    deals = totals.deals
    amounts = np.concatenate(deals.amounts)
    n_created, n_closed = amounts.size, sum(cycles.size for cycles in deals.cycle_ms)
    return {
        "deals": n_created,
        "deals_closed": n_closed,
        "deals_open": n_created - n_closed,
        "deals_won": deals.n_won,
        "win_rate": _ratio(deals.n_won, n_closed, "no_closed_deals"),
        "win_rate_outside_se": _win_rate_distance(
            params.scenario.guardrail.deal_win_rate_base, deals.n_won, n_closed
        ),
        "amount_mean": float(amounts.mean()) if n_created else Null("no_deals"),
        "amount_median": float(np.median(amounts)) if n_created else Null("no_deals"),
        "pipeline_value_open": deals.open / 100,
        "revenue_won": deals.won / 100,
        "contact_to_deal_rate": n_created / totals.n_contacts,
    }


def _win_rate_distance(rail: Rail, n_won: int, n_closed: int) -> MetricValue:
    if n_closed < _FEWEST:
        return Null("fewer_than_30_closed_deals")
    rate, (low, high) = n_won / n_closed, rail
    edge = min(0.99, max(0.01, low if abs(rate - low) <= abs(rate - high) else high))
    outside = max(0.0, low - rate, rate - high)
    return outside / math.sqrt(edge * (1 - edge) / n_closed)


def _cycles(params: CrmParams, totals: Totals) -> dict[str, MetricValue]:
    days = np.concatenate(totals.deals.cycle_ms) / DAY_MS
    latest = totals.prepared.end - followup_days(params, totals.cycle_multiplier) * DAY_MS
    cohort = days[np.concatenate(totals.deals.sql_at) <= latest]
    return {
        "mean_sales_cycle_days": float(days.mean()) if days.size else Null("no_closed_deals"),
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


def _funnel(totals: Totals) -> dict[str, MetricValue]:
    found = {
        f"conv_{edge}": _ratio(int(went), int(left), f"no_exits_{edge}")
        for edge, went, left in zip(_EDGES, totals.advances, totals.exits, strict=True)
    }
    early, lead, mql = (found[f"conv_{edge}"] for edge in _EDGES[:3])
    attrition = {
        "early_attrition": early if isinstance(early, Null) else 1 - early,
        "mid_funnel_attrition": Null("no_exits_mql_to_sql"),
    }
    if not isinstance(lead, Null) and not isinstance(mql, Null):
        attrition["mid_funnel_attrition"] = 1 - lead * mql
    return found | attrition


def _activities(totals: Totals) -> dict[str, MetricValue]:
    by_kind = totals.activities
    total = int(by_kind.sum())
    return {
        "activities_per_contact": total / totals.n_contacts,
        **{f"{name}s": int(by_kind[kind]) for kind, name in enumerate(TOUCH_TYPES)},
        "share_outside_business_hours": _ratio(totals.outside_hours, total, "no_activities"),
    }


def _companies(totals: Totals) -> dict[str, MetricValue]:
    return {
        "contacts_per_company_mean": totals.n_contacts / totals.n_companies,
        "contacts_attached_share": 1 - totals.n_companies / totals.n_contacts,
        "companies_out_of_size_range": totals.companies_out_of_range,
    }


def _skipped(balance: Balance) -> int:
    return balance.skipped_record_cap + balance.skipped_global_budget


def _processing(totals: Totals) -> dict[str, MetricValue]:
    balances = [totals.reconciliation[name] for name in _COUNTED]
    touches = [totals.reconciliation[name] for name in TOUCH_TYPES]
    planned = sum(balance.planned for balance in touches)
    return {
        "percent_processed": sum(b.processed for b in balances) / sum(b.planned for b in balances),
        "activities_skipped_share": _ratio(
            sum(_skipped(b) for b in touches), planned, "no_activities_planned"
        ),
        "budgets_binding": sum(b.skipped_global_budget > 0 for b in touches),
    }
