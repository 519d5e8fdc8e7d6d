"""Work out once what all runs with the same parameters and horizon share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engines.lifecycle.params import LifecycleParams, motif_shares
from engines.lifecycle.params_motifs import Motif
from engines.lifecycle.ranges import days_since_epoch
from engines.lifecycle.traits import TRAITS
from runner.contract import Floats, PlanError, Problem, Share, complete_shares, shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates:
    """The calendar of a run, in days since 1970-01-01; calendar week 0 begins on `first`."""

    observed: int
    first: int
    horizon: int
    early_weeks: int

    def sim_end(self, start: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the last day of each customer, (n,), included."""
        earliest = np.maximum(self.observed, start + 7 * self.early_weeks)
        return np.asarray(earliest + self.horizon, dtype=np.int64)

    @property
    def window_weeks(self) -> int:
        """Weeks in which customers start."""
        return (self.observed - self.first) // 7

    @property
    def complete_weeks(self) -> int:
        """Calendar weeks in which every customer that has started is observed to the end."""
        return self.window_weeks + self.horizon // 7

    @property
    def most_weeks(self) -> int:
        """The highest tenure week that any customer can reach."""
        return (7 * max(self.window_weeks, self.early_weeks) + self.horizon) // 7


@dataclass(frozen=True, slots=True, kw_only=True)
class MotifArrays:
    """The motifs as arrays, k motifs in declared order; trait axes as in `TRAITS`.

    Attributes:
        bias, churn, renewal, expansion, payment: float64 (k, 5), shifts and weights.
        churn_base, renewal_factor, expansion_base, fail_base, recovery_prob: float64 (k,).
        fraction: float64 (k, 2), low and high of the expansion's share of MRR.
        dunning_weeks: int64 (k,).
    """

    bias: Floats
    churn: Floats
    renewal: Floats
    expansion: Floats
    payment: Floats
    churn_base: Floats
    renewal_factor: Floats
    expansion_base: Floats
    fail_base: Floats
    recovery_prob: Floats
    fraction: Floats
    dunning_weeks: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """Parameters of a run with what follows from them.

    `shares`: motifs by name, summing to 1. `bands`, `revenues`, `maturities`, `terms`: shares in
    declared order, float64. `term_months`: int64, months of each term.
    """

    params: LifecycleParams
    dates: Dates
    shares: Mapping[str, float]
    motifs: MotifArrays
    bands: Floats
    revenues: Floats
    maturities: Floats
    terms: Floats
    term_months: NDArray[np.int64]


def prepare(params: LifecycleParams, files: Mapping[str, Path], horizon: int) -> Setup:
    """Return what all runs share.

    Raises:
        PlanError: a target's window is longer than the horizon, and that is not asked to be blank.
    """
    problems = window_problems(params, horizon)
    if problems:
        raise PlanError(problems)
    population = params.population
    observed = days_since_epoch(params.window.observation_date)
    return Setup(
        params=params,
        dates=Dates(
            observed=observed,
            first=observed - 7 * params.window.acquisition_window_weeks,
            horizon=horizon,
            early_weeks=params.window.early_tenure_weeks,
        ),
        shares=motif_shares(params),
        motifs=motif_arrays(params.motifs),
        bands=_shares({key: band.share for key, band in population.employee_bands.items()}),
        revenues=_shares({key: band.share for key, band in population.revenue_bands.items()}),
        maturities=_shares(population.maturity_bands.shares()),
        terms=_shares(population.term_months),
        term_months=np.array([int(key[1:]) for key in population.term_months], dtype=np.int64),
    )


def window_problems(params: LifecycleParams, horizon: int) -> list[Problem]:
    """Return the targets that reach beyond the horizon, unless they are to be left blank."""
    targets = params.targets
    if targets.on_short_horizon == "blank":
        return []
    allowed = (
        f"must not exceed the horizon of {horizon} days; a longer horizon, or "
        "targets.on_short_horizon: blank, which leaves such targets null"
    )
    found = []
    if targets.too_long(horizon):
        where = "params.targets.windows_days"
        found.append(Problem(where, shown(targets.windows_days), f"each {allowed}"))
    if targets.churn_window_days > horizon:
        where = "params.targets.churn_window_days"
        found.append(Problem(where, shown(targets.churn_window_days), allowed))
    return found


def _shares(shares: Mapping[str, Share]) -> Floats:
    return np.array(list(complete_shares(shares).values()), dtype=np.float64)


def motif_arrays(motifs: Mapping[str, Motif]) -> MotifArrays:
    """Return the motifs as arrays, in declared order."""
    kinds = list(motifs.values())
    return MotifArrays(
        bias=_traits([m.latent_bias for m in kinds]),
        churn=_traits([m.churn.weights for m in kinds]),
        renewal=_traits([m.renewal.weights for m in kinds]),
        expansion=_traits([m.expansion.weights for m in kinds]),
        payment=_traits([m.payment.weights for m in kinds]),
        churn_base=_floats([m.churn.base_per_week for m in kinds]),
        renewal_factor=_floats([m.renewal.churn_multiplier for m in kinds]),
        expansion_base=_floats([m.expansion.base_per_week for m in kinds]),
        fail_base=_floats([m.payment.fail_base_per_invoice for m in kinds]),
        recovery_prob=_floats([m.payment.recovery_prob for m in kinds]),
        fraction=np.array([m.expansion.mrr_fraction for m in kinds], dtype=np.float64),
        dunning_weeks=np.array([m.payment.dunning_weeks for m in kinds], dtype=np.int64),
    )


def _traits(rows: list[Mapping[str, float]]) -> Floats:
    return np.array([[row.get(t, 0.0) for t in TRAITS] for row in rows], dtype=np.float64)


def _floats(values: list[float]) -> Floats:
    return np.array(values, dtype=np.float64)
