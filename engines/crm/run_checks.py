"""Verify what only a run as a whole can show."""

from __future__ import annotations

from collections.abc import Mapping

from engines.crm.clock import Instants
from engines.crm.draft import Drafts
from engines.crm.intake import IntakeWindow, Shape, ordered_distance
from engines.crm.params import CrmParams, volume
from engines.crm.scenario import TOUCH_TYPES
from engines.crm.totals import Totals
from runner.contract import Check

_KS_LIMIT = 3.0
_KS_FEWEST = 50

CHECKS = (
    Check(name="times_in_window", doc="published times lie in the window, creations in the intake"),
    Check(name="reconciliation", doc="planned = processed + skipped + pending; tables agree"),
    Check(name="limits_kept", doc="no cap and no budget is exceeded"),
    Check(name="lifecycle_legal", doc="stages follow each other as the funnel allows"),
    Check(name="deals_legal", doc="deal times rise, amounts are in range, customers have won"),
    Check(name="companies_legal", doc="each contact has one company, sizes are in range"),
    Check(name="activities_legal", doc="no activity before its parent, no task beside a call"),
    Check(name="arrivals_follow_shape", doc="KS distance of creations <= 3/sqrt(N), N >= 50"),
    Check(name="volume_exact", doc="as many contacts as base records times the multiplier"),
    Check(name="keys_resolve", doc="every company, contact, deal and owner named exists"),
)


def run_faults(
    params: CrmParams, totals: Totals, drafts: Drafts, rows: Mapping[str, int]
) -> dict[str, str | None]:
    """Return the checks of a run, by name: None, or where it is broken; `rows`: by table.

    Creation times are put in order, as nobody needs them afterwards.
    """
    window = drafts.prepared.intake
    return {
        "reconciliation": reconciliation(totals, rows),
        "arrivals_follow_shape": arrivals_follow_shape(drafts.shape, window, drafts.created),
        "volume_exact": volume_exact(params, totals.n_contacts),
    }


def reconciliation(totals: Totals, rows: Mapping[str, int]) -> str | None:
    """Check the balances, and the rows of the tables that were written."""
    for name, b in totals.reconciliation.items():
        sums = b.processed + b.skipped_record_cap + b.skipped_global_budget + b.pending
        if b.planned != sums or min(b.declined, b.planned, b.processed, b.pending) < 0:
            return f"{name}: {b.planned} planned, {sums} accounted for"
    processed = {name: balance.processed for name, balance in totals.reconciliation.items()}
    expected = {
        "contacts": processed["contact"],
        "companies": processed["company"],
        "lifecycle_events": processed["lifecycle_event"],
        "deals": processed["deal"],
        "deal_stage_events": processed["deal_stage_event"],
        "activities": sum(processed[name] for name in TOUCH_TYPES),
    }
    for table, count in expected.items():
        if rows.get(table, count) != count:
            return f"table {table} has {rows[table]} rows, {count} objects were processed"
    return None


def budgets_kept(params: CrmParams, totals: Totals) -> str | None:
    """Check budgets per run."""
    for count, name in zip(totals.activities.tolist(), TOUCH_TYPES, strict=True):
        budget = getattr(params.scenario.touch.budget, name)
        if budget is not None and count > budget:
            return f"{count} {name}s exceed the budget of {budget}"
    return None


def arrivals_follow_shape(shape: Shape, window: IntakeWindow, created: Instants) -> str | None:
    """Check the distance of creation times, which it puts in order, from the shape of arrivals."""
    n_contacts = created.size
    if n_contacts < _KS_FEWEST:
        return None
    created.sort()
    found = ordered_distance(
        shape, n_contacts, lambda here: (created[here] - window.start) / window.span
    )
    limit = _KS_LIMIT / n_contacts**0.5
    return None if found <= limit else f"distance {found:.6g} exceeds {limit:.6g}"


def volume_exact(params: CrmParams, n_contacts: int) -> str | None:
    """Check the number of contacts."""
    wanted = volume(params)
    return None if wanted == n_contacts else f"{n_contacts} contacts, not {wanted}"
