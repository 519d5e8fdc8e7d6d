"""Simulate one run: intake, companies, funnel, deals, touchpoints, then cut at the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engines.crm.admission import Admitted, admit_touches
from engines.crm.business import Calendar, make_calendar
from engines.crm.checks import run_checks
from engines.crm.clock import DAY_MS, Clock, Instants, make_clock, read_zone
from engines.crm.companies import make_companies
from engines.crm.deals import make_deals
from engines.crm.funnel import assign_kinds, walk
from engines.crm.intake import (
    Grid,
    IntakeWindow,
    Shape,
    base_cdf,
    bursts_cdf,
    make_grid,
    paced_exponent,
    place,
)
from engines.crm.metrics import run_metrics
from engines.crm.numbers import counts
from engines.crm.params import CrmParams, intake_problem, volume
from engines.crm.reconciliation import reconcile
from engines.crm.timeline import cut_lifecycle, line_up
from engines.crm.touches import Proposer
from engines.crm.world import World
from engines.crm.writing import Output, write_tables
from runner.contract import Draws, Outcome, PlanError, TableSink

STREAMS = (
    "crm.intake.position",
    "crm.intake.gap",
    "crm.intake.burst_count",
    "crm.intake.burst_center",
    "crm.intake.burst_weight",
    "crm.company.size",
    "crm.company.slot",
    "crm.contact.owner",
    "crm.contact.first_name",
    "crm.contact.last_name",
    "crm.contact.archetype.<archetype>",
    "crm.funnel.dwell",
    "crm.funnel.drop",
    "crm.funnel.nurture",
    "crm.funnel.nurture_dwell",
    "crm.cycle.total",
    "crm.deal.amount",
    "crm.deal.outcome",
    "crm.touch.baseline_count",
    "crm.touch.baseline_position",
    "crm.touch.<trigger>.fire",
    "crm.touch.<trigger>.delay",
    "crm.touch.defer",
)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What follows from parameters and horizon: clock, windows, grid and shape of arrivals.

    `shape` is None for random bursts, which have one of their own in each run.
    """

    clock: Clock
    calendar: Calendar
    start: int
    end: int
    intake: IntakeWindow
    grid: Grid
    shape: Shape | None


def prepare(params: CrmParams, files: Mapping[str, Path], horizon: int) -> Prepared:
    """Return clock and intake shape of a parameter set.

    Raises:
        PlanError: the intake is longer than the horizon, or its rate is zero everywhere.
    """
    problem = intake_problem(params, horizon)
    if problem is not None:
        raise PlanError([problem])
    start = params.window.start()
    end = start + horizon * DAY_MS
    clock = make_clock(read_zone(params.window.time_zone), start, end)
    intake = IntakeWindow(start, params.window.intake_end(horizon))
    grid = make_grid(params.intake, intake, clock)
    is_drawn = params.intake.method == "random_bursts"
    base = grid.edges if is_drawn else base_cdf(params.intake, grid.edges)
    shape = grid.shape(base, paced_exponent(params))
    calendar = make_calendar(params.business_hours, clock)
    return Prepared(clock, calendar, start, end, intake, grid, None if is_drawn else shape)


def simulate(
    params: CrmParams, prepared: Prepared, draws: Draws, horizon: int, out: TableSink
) -> Outcome:
    """Simulate one replicate of `horizon` days, and write the tables that are asked for."""
    world = make_world(params, prepared, draws)
    rows = write_tables(Output(params, prepared.clock, draws, world, horizon), out)
    return Outcome(
        metrics=run_metrics(params, prepared.calendar, world),
        checks=run_checks(params, world, rows),
    )


def make_world(params: CrmParams, prepared: Prepared, draws: Draws) -> World:
    """Return everything that happens in one run."""
    n_contacts, end = volume(params), prepared.end
    shape = run_shape(params, prepared, draws)
    created = arrivals(params, prepared, draws, shape)
    kinds = assign_kinds(params, draws, n_contacts)
    companies = make_companies(params.scenario.group_size, draws, created)
    owner = draws.uniform("crm.contact.owner", entities=slice(0, n_contacts))
    paths = walk(params, draws, created, kinds)
    deals = make_deals(params, draws, prepared.clock, kinds, paths)
    lead_at = paths.lead_at
    proposer = Proposer(params, draws, prepared.calendar, paths, deals)
    touches: dict[int, Admitted] = admit_touches(params, proposer, end)
    lifecycle = cut_lifecycle(paths.steps, n_contacts, end)
    del paths, proposer  # half of what a large run holds, and no longer needed
    return World(
        start=prepared.start,
        end=end,
        intake=prepared.intake,
        shape=shape,
        created=created,
        lead_at=lead_at,
        owner=counts(owner, 0, params.owners.count - 1).astype(np.int16),
        kinds=kinds.of_contact.astype(np.int16),
        cycle_multiplier=float(kinds.cycle[np.unique(kinds.of_contact)].max()),
        companies=companies,
        lifecycle=lifecycle,
        deals=deals,
        activities=line_up(touches),
        touches=touches,
        reconciliation=reconcile(companies, lifecycle, deals, touches, end),
    )


def run_shape(params: CrmParams, prepared: Prepared, draws: Draws) -> Shape:
    """Return the shape of arrivals of this run: that of the parameters, or drawn bursts."""
    if prepared.shape is not None:
        return prepared.shape
    base = bursts_cdf(params.intake, draws, prepared.grid.edges)
    return prepared.grid.shape(base, paced_exponent(params))


def arrivals(params: CrmParams, prepared: Prepared, draws: Draws, shape: Shape) -> Instants:
    """Return when each contact is created: int64 (n_contacts,) ms."""
    quantiles = place(params, draws, volume(params))
    return prepared.intake.instants(shape.positions(quantiles))
