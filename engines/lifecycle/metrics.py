"""Declare the metrics of a run, and work them out from its counts."""

from __future__ import annotations

import math
from collections.abc import Sequence

from engines.lifecycle.params import LifecycleParams
from engines.lifecycle.tally import YEAR_DAYS, Tally
from engines.lifecycle.weeks import REASONS
from runner.contract import NOT_APPLICABLE, Metric, MetricValue, Null

FEWEST_CUSTOMERS = 600
"""Customers of a motif below which its shares are too noisy for a band."""

FEWEST_RESOLVED = 30

_WEEKS_PER_YEAR = 52


def _motifs(params: LifecycleParams) -> Sequence[str]:
    return list(params.motifs)


def _windows(params: LifecycleParams) -> Sequence[str]:
    return [str(days) for days in params.targets.windows_days]


def _reasons(params: LifecycleParams) -> Sequence[str]:
    return REASONS


METRICS = (
    Metric(
        name="year1_churn", unit="fraction", better="lower",
        doc="churned by tenure week 52, of customers simulated that long",
    ),
    Metric(
        name="year1_churn.<motif>", unit="fraction", better="lower", over=_motifs,
        doc="the same for one motif; null below 600 such customers",
    ),
    Metric(
        name="churned_share", unit="fraction", better="lower",
        doc="churned by the end of the simulation, of all customers",
    ),
    Metric(
        name="churned_share.<reason>", unit="fraction", better="lower", over=_reasons,
        doc="the same for one reason",
    ),
    Metric(
        name="year1_churn_reason.<reason>", unit="fraction", better="lower", over=_reasons,
        doc="year1_churn for one reason; the three sum to it",
    ),
    Metric(
        name="nrr_12m", unit="ratio", better="higher",
        doc="MRR a year after observation of those then active, over their MRR at observation",
    ),
    Metric(
        name="grr_12m", unit="ratio", better="higher",
        doc="the same, no customer counted for more than at observation",
    ),
    Metric(
        name="arpa_usd_per_month", unit="USD_per_month", better="higher",
        doc="MRR at observation per account with an active customer",
    ),
    Metric(
        name="expansion_rate_per_customer_year", unit="events_per_year", better="higher",
        doc="52 * expansions / customer-weeks",
    ),
    Metric(
        name="failed_invoice_share", unit="fraction", better="lower",
        doc="invoices not paid at the first attempt",
    ),
    Metric(
        name="recovered_share", unit="fraction", better="higher",
        doc="recovered, of failed invoices whose dunning has ended",
    ),
    Metric(
        name="recovered_share_z", unit="sd",
        doc="how far recovered_share lies from recovery_prob; for a single motif",
    ),
    Metric(
        name="mean_ltv_revenue_<days>d", unit="USD", better="higher", over=_windows,
        doc="mean revenue after observation of customers then active, by window",
    ),
    Metric(
        name="active_share_at_observation", unit="fraction", better="higher",
        doc="customers not churned at observation, of all",
    ),
    Metric(
        name="active_share_at_observation.<motif>", unit="fraction", better="higher", over=_motifs,
        doc="the same for one motif; null below 600 customers",
    ),
    Metric(
        name="mrr_at_observation_usd", unit="USD_per_month", better="higher",
        doc="MRR of all customers at observation",
    ),
    Metric(name="customer_weeks", unit="weeks", doc="simulated weeks, the rows of health_signals"),
)  # fmt: skip


def measure(tally: Tally) -> dict[str, MetricValue]:
    """Return every declared metric: finite, or null with a reason."""
    counts, horizon = tally.counts, tally.setup.dates.horizon
    exposed = sum(counts[f"exposed.{motif}"] for motif in tally.setup.shares)
    active = sum(counts[f"active.{motif}"] for motif in tally.setup.shares)
    settled = counts["recovered"] + counts["written_off"]
    weeks, customers = counts["customer_weeks"], counts["customers"]
    return {
        **_year_one(tally, exposed),
        **_churned(tally, customers),
        "nrr_12m": _retention(counts["mrr_later"], counts["mrr_observed"], horizon),
        "grr_12m": _retention(counts["mrr_kept"], counts["mrr_observed"], horizon),
        "arpa_usd_per_month": _ratio(
            counts["mrr_observed"], counts["active_accounts"], "no_active_customers"
        ),
        "expansion_rate_per_customer_year": _WEEKS_PER_YEAR * counts["expansions"] / weeks,
        "failed_invoice_share": _ratio(
            counts["unpaid_at_first"], counts["invoices"], "no_invoices"
        ),
        "recovered_share": _ratio(counts["recovered"], settled, "no_resolved_invoices"),
        "recovered_share_z": _recovery_score(tally, settled),
        **_revenue(tally, active, horizon),
        "active_share_at_observation": active / customers,
        **_by_motif(tally, "active_share_at_observation", "active", "customers_of"),
        "mrr_at_observation_usd": counts["mrr_observed"],
        "customer_weeks": weeks,
    }


def _ratio(part: int, whole: int, missing: str) -> MetricValue:
    return part / whole if whole else Null(missing)


def _year_one(tally: Tally, exposed: int) -> dict[str, MetricValue]:
    counts, missing = tally.counts, "no_customer_reaches_week_52"
    by_reason = {reason: counts[f"year1.{reason}"] for reason in REASONS}
    return {
        "year1_churn": _ratio(sum(by_reason.values()), exposed, missing),
        **_by_motif(tally, "year1_churn", "year1_churned", "exposed"),
        **{
            f"year1_churn_reason.{reason}": _ratio(count, exposed, missing)
            for reason, count in by_reason.items()
        },
    }


def _churned(tally: Tally, customers: int) -> dict[str, MetricValue]:
    by_reason = {reason: tally.counts[f"churned.{reason}"] for reason in REASONS}
    return {
        "churned_share": sum(by_reason.values()) / customers,
        **{f"churned_share.{reason}": count / customers for reason, count in by_reason.items()},
    }


def _by_motif(tally: Tally, metric: str, part: str, whole: str) -> dict[str, MetricValue]:
    found: dict[str, MetricValue] = {}
    for motif, share in tally.setup.shares.items():
        size = tally.counts[f"{whole}.{motif}"]
        if share == 0:
            value: MetricValue = Null(NOT_APPLICABLE)
        elif size < FEWEST_CUSTOMERS:
            value = Null(f"fewer_than_{FEWEST_CUSTOMERS}_customers")
        else:
            value = tally.counts[f"{part}.{motif}"] / size
        found[f"{metric}.{motif}"] = value
    return found


def _retention(later: int, now: int, horizon: int) -> MetricValue:
    if horizon < YEAR_DAYS:
        return Null("horizon_below_365_days")
    return _ratio(later, now, "no_active_customers")


def _revenue(tally: Tally, active: int, horizon: int) -> dict[str, MetricValue]:
    found: dict[str, MetricValue] = {}
    for window in tally.setup.params.targets.windows_days:
        value = _ratio(tally.counts[f"revenue.{window}"], active, "no_active_customers")
        is_short = window > horizon
        found[f"mean_ltv_revenue_{window}d"] = Null("window_beyond_horizon") if is_short else value
    return found


def _recovery_score(tally: Tally, settled: int) -> MetricValue:
    present = [place for place, share in enumerate(tally.setup.shares.values()) if share > 0]
    chance = float(tally.setup.motifs.recovery_prob[present[0]])
    if len(present) > 1 or chance in (0.0, 1.0):
        return Null(NOT_APPLICABLE)
    if settled < FEWEST_RESOLVED:
        return Null(f"fewer_than_{FEWEST_RESOLVED}_resolved_invoices")
    share = tally.counts["recovered"] / settled
    return (share - chance) / math.sqrt(chance * (1.0 - chance) / settled)
