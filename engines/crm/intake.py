"""Spread contact creations over the intake window: shape, pacing, placement.

x in [0, 1) is the position in the window. A shape is a distribution function on a grid of cells;
pacing raises its rate to a power; placement chooses quantiles; the inverse gives instants.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.crm.clock import DAY_MS, HOUR_MS, Clock, Instants, weekdays
from engines.crm.params import CrmParams, Intake
from runner.contract import Draws, Floats, PlanError, Problem

_CELLS = 4096
_AT_ONCE = 65_536
_QUARTER_MS = 15 * 60_000
_SATURDAY = 5
_NARROWEST = 1e-12  # edges nearer than this are one edge
_BELOW_ONE = 1 - 2.0**-53


@dataclass(frozen=True, slots=True)
class IntakeWindow:
    """Where contacts are created: instants in ms, [start, end)."""

    start: int
    end: int

    @property
    def span(self) -> int:
        """Return its length in ms."""
        return self.end - self.start

    def instants(self, positions: Floats) -> Instants:
        """Return the instants at positions in [0, 1), int64 (n,)."""
        offset = np.minimum(np.floor(positions * self.span), self.span - 1)
        return self.start + offset.astype(np.int64)


@dataclass(frozen=True, slots=True)
class Shape:
    """A distribution function of arrivals, linear in each cell.

    `edges` float64 (k+1,): positions from 0 to 1; `cdf` float64 (k+1,): from 0 to 1.
    """

    edges: Floats
    cdf: Floats

    def positions(self, quantiles: Floats) -> Floats:
        """Return the positions at quantiles in [0, 1): float64 (n,). Cells without mass are out."""
        cell = np.searchsorted(self.cdf, quantiles, side="right") - 1
        cell = np.minimum(cell, self.edges.size - 2)
        low, mass = self.cdf[cell], np.diff(self.cdf)[cell]
        within = (quantiles - low) / mass
        return np.asarray(self.edges[cell] + within * np.diff(self.edges)[cell])

    def at(self, positions: Floats) -> Floats:
        """Return the distribution function at positions: float64 (n,)."""
        return np.asarray(np.interp(positions, self.edges, self.cdf))


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells of an intake, and how much busier the calendar makes each of them.

    `edges` float64 (k+1,); `calendar` float64 (k,), relative rate.
    """

    edges: Floats
    calendar: Floats

    def shape(self, base: Floats, exponent: float) -> Shape:
        """Return the paced shape of a base distribution function given on the edges (k+1,).

        Raises:
            PlanError: no cell has any mass.
        """
        widths = np.diff(self.edges)
        rate = np.maximum(np.diff(base), 0.0) * self.calendar / widths
        mass = rate**exponent * widths
        total = mass.sum()
        if not total > 0:
            allowed = "the rate of arrivals is zero in the whole intake window"
            raise PlanError([Problem("params.intake.method", "", allowed)])
        cdf = np.concatenate(([0.0], np.cumsum(mass / total)))
        cdf /= cdf[-1]
        return Shape(self.edges, cdf)


def make_grid(intake: Intake, window: IntakeWindow, clock: Clock) -> Grid:
    """Return the grid of an intake: equal cells, quarter hours if the calendar counts."""
    parts = [np.linspace(0.0, 1.0, _CELLS + 1), np.asarray(intake.custom_edges)]
    uses_calendar = intake.uses_hours or intake.uses_weekend
    if uses_calendar:
        first = -(-window.start // _QUARTER_MS) * _QUARTER_MS
        quarters = np.arange(first, window.end, _QUARTER_MS, dtype=np.int64)
        parts.append((quarters - window.start) / window.span)
    edges = np.unique(np.concatenate(parts))
    edges = edges[np.concatenate(([True], np.diff(edges) > _NARROWEST))]
    edges[-1] = 1.0
    calendar = np.ones(edges.size - 1)
    if uses_calendar:
        calendar *= _calendar_rate(intake, window, clock, edges)
    return Grid(edges, calendar)


def _calendar_rate(intake: Intake, window: IntakeWindow, clock: Clock, edges: Floats) -> Floats:
    """Return the relative rate in each cell (k,), read at its middle: no cell spans two hours."""
    middle = window.start + ((edges[:-1] + edges[1:]) / 2 * window.span).astype(np.int64)
    local = clock.local(middle)
    rate = np.ones(middle.size)
    if intake.uses_hours:
        rate *= np.asarray(intake.hour_profile)[local % DAY_MS // HOUR_MS]
    if intake.uses_weekend:
        rate *= np.where(weekdays(local) >= _SATURDAY, intake.weekend_multiplier, 1.0)
    return rate


def base_cdf(intake: Intake, x: Floats) -> Floats:
    """Return the base distribution function of a method without chance at positions x (n,)."""
    return _BASES.get(intake.method, _uniform)(intake, x)


def _uniform(intake: Intake, x: Floats) -> Floats:
    return x


def _bell(intake: Intake, x: Floats) -> Floats:
    from scipy.special import ndtr

    z = (x - intake.bell_center) / intake.bell_sd
    low, high = z[0], z[-1]
    if low > 0:  # a centre at the very start: the upper tail keeps its digits
        return np.asarray((ndtr(-low) - ndtr(-z)) / (ndtr(-low) - ndtr(-high)))
    return np.asarray((ndtr(z) - ndtr(low)) / (ndtr(high) - ndtr(low)))


def _front(intake: Intake, x: Floats) -> Floats:
    return np.asarray(1.0 - (1.0 - x) ** (1.0 / intake.load_exponent))


def _back(intake: Intake, x: Floats) -> Floats:
    return np.asarray(x ** (1.0 / intake.load_exponent))


def _surge(intake: Intake, x: Floats) -> Floats:
    t = np.clip((x - intake.surge_center) / intake.surge_half_width, -1.0, 1.0)
    bump = 0.5 + t / 2 + np.sin(np.pi * t) / (2 * np.pi)
    return np.asarray((1 - intake.surge_share) * x + intake.surge_share * bump)


def _custom(intake: Intake, x: Floats) -> Floats:
    edges = np.asarray(intake.custom_edges)
    mass = np.asarray(intake.custom_rates) * np.diff(edges)
    cumulated = np.concatenate(([0.0], np.cumsum(mass)))
    return np.asarray(np.interp(x, edges, cumulated / cumulated[-1]))


_BASES: Mapping[str, Callable[[Intake, Floats], Floats]] = {
    "bell_curve": _bell,
    "front_loaded": _front,
    "back_loaded": _back,
    "surge_mid": _surge,
    "custom": _custom,
}


def bursts_cdf(intake: Intake, draws: Draws, x: Floats) -> Floats:
    """Return the distribution function of this run's random bursts at positions x (n,)."""
    low, high = intake.burst_count_min, intake.burst_count_max
    u = draws.uniform("crm.intake.burst_count")
    clusters = np.arange(low + int(u.item() * (high - low + 1)))
    centres = draws.uniform("crm.intake.burst_center", entities=clusters)
    weights = draws.exponential("crm.intake.burst_weight", entities=clusters)
    weights = weights / weights.sum()
    share = intake.burst_background_share
    cdf = share * x
    for centre, weight in zip(centres, weights, strict=True):
        left = max(0.0, centre - intake.burst_half_width)
        right = min(1.0, centre + intake.burst_half_width)
        cdf = cdf + (1 - share) * weight * np.clip((x - left) / (right - left), 0.0, 1.0)
    return np.asarray(cdf)


def paced_exponent(params: CrmParams) -> float:
    """Return the power of the rate; trickle ignores pacing."""
    is_trickle = params.intake.method == "trickle"
    return 1.0 if is_trickle else params.scenario.pacing.rate_exponent


def placement(params: CrmParams, draws: Draws, n_contacts: int) -> Callable[[slice], Floats]:
    """Return what gives the quantiles in [0, 1) of consecutive contacts: float64 (n,)."""
    pacing = params.scenario.pacing
    if params.intake.method == "trickle":
        return _renewal(params.intake.trickle_gap_cv, draws, n_contacts)

    def quantiles(contacts: slice) -> Floats:
        u = draws.uniform("crm.intake.position", entities=contacts)
        if pacing.placement == "independent":
            return u
        ranks = np.arange(contacts.start, contacts.stop)
        spread: Floats = (ranks + 0.5 + pacing.jitter * (u - 0.5)) / n_contacts
        return np.minimum(spread, _BELOW_ONE)

    return quantiles


def _renewal(cv: float, draws: Draws, n_contacts: int) -> Callable[[slice], Floats]:
    """Return quantiles of log-normal gaps, which are summed one after the other."""
    spread = np.sqrt(np.log1p(cv * cv))
    reached = np.empty(n_contacts + 1)
    before = 0.0
    for here in chunks(reached.size):
        z = draws.normal("crm.intake.gap", entities=here)
        gaps = np.exp(spread * z - spread * spread / 2)
        gaps[0] += before
        np.cumsum(gaps, out=reached[here])
        before = float(reached[here.stop - 1])
    return lambda contacts: np.asarray(np.minimum(reached[contacts] / before, _BELOW_ONE))


def chunks(count: int) -> Iterator[slice]:
    """Give slices that together cover `count` elements, so that no step is held for all."""
    for start in range(0, count, _AT_ONCE):
        yield slice(start, min(start + _AT_ONCE, count))


def distance(shape: Shape, positions: Floats) -> float:
    """Return the Kolmogorov-Smirnov distance of positions (n,) from a shape."""
    ordered: NDArray[np.float64] = np.sort(positions)
    return ordered_distance(shape, ordered.size, ordered.__getitem__)


def ordered_distance(shape: Shape, count: int, positions: Callable[[slice], Floats]) -> float:
    """Return the distance of `count` positions in rising order, asked for slice by slice."""
    furthest = 0.0
    for here in chunks(count):
        expected = shape.at(positions(here))
        rank = np.arange(here.start, here.stop) / count
        above, below = (expected - rank).max(), (rank - expected).max() + 1 / count
        furthest = max(furthest, float(above), float(below))
    return furthest
