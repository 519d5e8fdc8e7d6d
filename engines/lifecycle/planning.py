"""Tell a planner what a study of this engine costs and what it cannot show."""

from __future__ import annotations

from engines.lifecycle.metrics import FEWEST_CUSTOMERS
from engines.lifecycle.params import LifecycleParams, motif_shares

_SECONDS_PER_RUN = 0.02
_SECONDS_PER_CUSTOMER_WEEK = 2e-7


def cost(params: LifecycleParams, horizon: int) -> float:
    """Return a rough estimate of CPU seconds per run, without weekly signals."""
    chosen = params.population.only_customers
    customers = params.population.n_customers if chosen is None else len(chosen)
    weeks = params.window.acquisition_window_weeks / 2 + horizon / 7
    return _SECONDS_PER_RUN + _SECONDS_PER_CUSTOMER_WEEK * customers * weeks


def plan_notes(params: LifecycleParams) -> list[str]:
    """Return remarks on bands that a small population leaves without a verdict."""
    customers = params.population.n_customers
    small = [
        name for name, share in motif_shares(params).items()
        if 0 < share * customers < FEWEST_CUSTOMERS
    ]  # fmt: skip
    if not small:
        return []
    return [
        f"fewer than {FEWEST_CUSTOMERS} customers are expected of {', '.join(small)}: their churn "
        "bands are not evaluated"
    ]
