"""Tell the planner which parameters change nothing, what a run costs, and what to expect."""

from __future__ import annotations

from collections.abc import Iterator

from engines.crm.params import CrmParams
from engines.crm.preview import plan_preview
from engines.crm.scenario import TOUCH_TYPES
from runner.contract import leaves

_OF_METHOD = {
    "bell_center": ("bell_curve",),
    "bell_sd": ("bell_curve",),
    "load_exponent": ("front_loaded", "back_loaded"),
    "surge_share": ("surge_mid",),
    "surge_center": ("surge_mid",),
    "surge_half_width": ("surge_mid",),
    "trickle_gap_cv": ("trickle",),
    "burst_count_min": ("random_bursts",),
    "burst_count_max": ("random_bursts",),
    "burst_half_width": ("random_bursts",),
    "burst_background_share": ("random_bursts",),
    "custom_edges": ("custom",),
    "custom_rates": ("custom",),
}


def inert_paths(params: CrmParams) -> tuple[str, ...]:
    """Return the parameters that change no number under these params, whatever their value."""
    return (
        *_of_other_shapes(params),
        *_of_pacing(params),
        *_of_nurture(params),
        *_of_touchpoints(params),
    )


def _of_other_shapes(params: CrmParams) -> Iterator[str]:
    intake = params.intake
    for name, methods in _OF_METHOD.items():
        if intake.method not in methods:
            yield f"intake.{name}"
    if not intake.uses_hours:
        yield "intake.hour_profile"
    if not intake.uses_weekend:
        yield "intake.weekend_multiplier"


def _of_pacing(params: CrmParams) -> Iterator[str]:
    pacing, intake = params.scenario.pacing, params.intake
    is_trickle = intake.method == "trickle"
    if is_trickle or (intake.method == "linear" and not intake.overlays):
        yield "scenario.pacing.rate_exponent"
    if is_trickle:
        yield "scenario.pacing.placement"
    if is_trickle or pacing.placement == "independent":
        yield "scenario.pacing.jitter"


def _of_nurture(params: CrmParams) -> Iterator[str]:
    if params.scenario.funnel.max_nurture_cycles == 0:
        yield from (
            "scenario.funnel.nurture_share",
            "scenario.funnel.nurture_dwell_mean_days",
            "scenario.touch.probability.regression_note",
            "scenario.touch.delay_min.regression_note",
        )


def _of_touchpoints(params: CrmParams) -> Iterator[str]:
    if not params.touchpoints.enabled:
        yield from (f"scenario.touch.{path}" for path in leaves(params.scenario.touch))
        yield from (f"business_hours.{path}" for path in leaves(params.business_hours))
        yield "touchpoints.defer_to_business_hours"
    if not (params.touchpoints.enabled and params.touchpoints.defer_to_business_hours):
        yield "touchpoints.defer_spread_min"


def plan_notes(params: CrmParams) -> tuple[str, ...]:
    """Return what to know before running: budgets that bind, horizons that spread the intake."""
    found = [
        f"about {row.planned:,.0f} {name}s are expected, the budget is {row.budget:,}: the budget "
        f"will bind (params.scenario.touch.budget.{name})"
        for name, row in plan_preview(params).items()
        if name in TOUCH_TYPES and row.exceeds_budget
    ]
    if params.window.intake_days is None:
        found.append(
            "the intake lasts as long as the horizon: over several horizons the same contacts are "
            "spread over more time; set params.window.intake_days to compare them on one intake"
        )
    return tuple(found)


def cost(params: CrmParams, horizon: int) -> float:
    """Return a rough estimate of the CPU seconds of one run."""
    objects = sum(row.planned for row in plan_preview(params).values())
    return 1e-2 + 1e-6 * objects
