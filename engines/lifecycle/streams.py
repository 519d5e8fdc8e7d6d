"""Name the random streams: each is one cause, addressed by step and entity."""

from __future__ import annotations

from engines.lifecycle.traits import ACCOUNT_TRAITS, TRAITS

STREAMS = (
    "account_size",
    "account_motif.<motif>",
    "account_industry",
    "account_region",
    "account_employee_band",
    "account_revenue_band",
    "account_maturity",
    "account_lead_days",
    *(f"account_latent_{trait}" for trait in ACCOUNT_TRAITS),
    "customer_start",
    "customer_plan",
    "customer_mrr",
    "customer_term",
    "customer_csm",
    *(f"customer_latent_{trait}" for trait in TRAITS),
    "health_users",
    "health_depth",
    "health_tickets",
    "health_nps",
    "payment_failure",
    "payment_recovery",
    "churn",
    "expansion",
    "expansion_delta",
    "usage_decline",
    "downgrade",
    "downgrade_delta",
    "account_shock",
)
"""Streams of accounts and customers have step 0; the others the tenure week, `payment_recovery`
the week of issue, `account_shock` the calendar week."""
