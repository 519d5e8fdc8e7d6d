"""Metrics of the linear outcome, all with a closed form in `theory`."""

from __future__ import annotations

from engines.linear_null import theory
from engines.linear_null.params import Params, shares
from engines.linear_null.tally import Tally
from runner.contract import NOT_APPLICABLE, Metric, MetricValue, Null

NO_ENTITIES = "no_entities"

METRICS = (
    Metric(
        name="mean_outcome", unit="outcome", better="higher", doc="mean over entities and periods"
    ),
    Metric(
        name="total_outcome", unit="outcome", better="higher", doc="sum over entities and periods"
    ),
    Metric(
        name="trend_outcome", unit="outcome_per_period",
        doc="least-squares slope of the period means; does not apply to one period",
    ),
    Metric(
        name="share_above", unit="fraction", better="higher",
        doc="share of outcomes above the threshold; does not apply without one",
    ),
    Metric(
        name="mean_outcome.<archetype>", unit="outcome", better="higher",
        doc="mean over the archetype's entities and all periods",
        over=lambda params: list(params.archetypes),
    ),
)  # fmt: skip


def measure(params: Params, tally: Tally, horizon: int) -> dict[str, MetricValue]:
    """Return every declared metric of a finished run."""
    size = tally.entities * horizon
    centre = theory.centre(params, horizon)
    mean = centre + tally.total.value / size
    slope = params.trend_per_period + tally.slope.value / tally.entities
    return {
        "mean_outcome": mean,
        "total_outcome": mean * size,
        "trend_outcome": slope if horizon > 1 else Null(NOT_APPLICABLE),
        "share_above": Null(NOT_APPLICABLE) if params.threshold is None else tally.above / size,
        **_by_archetype(params, tally, horizon, centre),
    }


def _by_archetype(
    params: Params, tally: Tally, horizon: int, centre: float
) -> dict[str, MetricValue]:
    found: dict[str, MetricValue] = {}
    for index, (name, share) in enumerate(shares(params).items()):
        count = int(tally.counts[index])
        absent = Null(NOT_APPLICABLE if share == 0 else NO_ENTITIES)
        total = tally.by_archetype[index].value
        found[f"mean_outcome.{name}"] = centre + total / (count * horizon) if count else absent
    return found
