"""Prepare what follows from parameters and horizon, and create the contacts of a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engines.crm.business import Calendar, make_calendar
from engines.crm.clock import DAY_MS, Clock, Instants, make_clock, read_zone
from engines.crm.intake import (
    Grid,
    IntakeWindow,
    Shape,
    base_cdf,
    bursts_cdf,
    chunks,
    make_grid,
    paced_exponent,
    placement,
)
from engines.crm.params import CrmParams, intake_problem, volume
from runner.contract import Draws, PlanError


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


def run_shape(params: CrmParams, prepared: Prepared, draws: Draws) -> Shape:
    """Return the shape of arrivals of this run: that of the parameters, or drawn bursts."""
    if prepared.shape is not None:
        return prepared.shape
    base = bursts_cdf(params.intake, draws, prepared.grid.edges)
    return prepared.grid.shape(base, paced_exponent(params))


def arrivals(params: CrmParams, prepared: Prepared, draws: Draws, shape: Shape) -> Instants:
    """Return when each contact is created: int64 (n_contacts,) ms."""
    created = np.empty(volume(params), dtype=np.int64)
    quantiles = placement(params, draws, created.size)
    for here in chunks(created.size):
        created[here] = prepared.intake.instants(shape.positions(quantiles(here)))
    return created
