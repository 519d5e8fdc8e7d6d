"""Create parent accounts, and fill them with customers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.lifecycle.params_population import MATURITIES
from engines.lifecycle.setup import Setup
from engines.lifecycle.traits import ACCOUNT_TRAITS, BUDGET, ORGANIZATION
from runner.contract import Draws, Floats, assign

_SIZES_AT_ONCE = 16384


class AccountWalk:
    """Finds the account of each customer, walking through both in order.

    Account sizes are Poisson; customers 0, 1, 2, ... fill accounts 0, 1, 2, ... without gaps. Only
    the part of the list that may still be needed is held.
    """

    __slots__ = ("_draws", "_ends", "_first", "_mean")

    def __init__(self, mean_size: float, draws: Draws) -> None:
        self._mean, self._draws = mean_size, draws
        self._first = 0
        self._ends = np.zeros(0, dtype=np.int64)  # customers up to and including each account

    def accounts_of(self, customers: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the account of each customer, int64 (n,); customers rise from call to call."""
        while not self._ends.size or self._ends[-1] <= customers[-1]:
            self._extend(int(customers[0]))
        return self._first + np.searchsorted(self._ends, customers, side="right")

    def _extend(self, needed_from: int) -> None:
        filled = int(np.searchsorted(self._ends, needed_from, side="right"))
        filled = min(filled, max(self._ends.size - 1, 0))  # keep one: it says where to go on
        last = int(self._ends[-1]) if self._ends.size else 0
        start = self._first + self._ends.size
        sizes = self._draws.poisson(
            "account_size", self._mean, entities=slice(start, start + _SIZES_AT_ONCE)
        )
        self._ends = np.concatenate([self._ends[filled:], last + np.cumsum(sizes)])
        self._first += filled


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """Some accounts in order of their index.

    Attributes:
        index: int64 (a,), global.
        motif, industry, region, employee, revenue, maturity: int64 (a,), places in the lists of
            the parameters.
        created: int64 (a,), days since 1970-01-01.
        traits: float64 (a, 2), as in `ACCOUNT_TRAITS`.
    """

    index: NDArray[np.int64]
    motif: NDArray[np.int64]
    industry: NDArray[np.int64]
    region: NDArray[np.int64]
    employee: NDArray[np.int64]
    revenue: NDArray[np.int64]
    maturity: NDArray[np.int64]
    created: NDArray[np.int64]
    traits: Floats


def draw_accounts(setup: Setup, draws: Draws, index: NDArray[np.int64]) -> Accounts:
    """Return the accounts with these indices, (a,); each depends on nothing but its own."""
    population = setup.params.population
    motif = draw_motifs(setup, draws, index)
    maturity = draws.choice("account_maturity", setup.maturities, entities=index)
    industries, regions = len(population.industries), len(population.regions)
    return Accounts(
        index=index,
        motif=motif,
        industry=uniform_integers(draws.uniform("account_industry", entities=index), 0, industries),
        region=uniform_integers(draws.uniform("account_region", entities=index), 0, regions),
        employee=draws.choice("account_employee_band", setup.bands, entities=index),
        revenue=draws.choice("account_revenue_band", setup.revenues, entities=index),
        maturity=maturity,
        created=_creation_dates(setup, draws, index),
        traits=_account_traits(setup, draws, index, motif, maturity),
    )


def draw_motifs(setup: Setup, draws: Draws, index: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the motif of each account, int64 (a,); a single motif draws nothing."""
    present = [place for place, share in enumerate(setup.shares.values()) if share > 0]
    if len(present) == 1:
        return np.full(index.size, present[0], dtype=np.int64)
    return assign(setup.shares, draws, stream="account_motif", entities=index)


def _creation_dates(setup: Setup, draws: Draws, index: NDArray[np.int64]) -> NDArray[np.int64]:
    window = setup.params.window
    low, high = window.account_lead_days
    lead = uniform_integers(draws.uniform("account_lead_days", entities=index), low, high - low + 1)
    return setup.dates.first - 7 * window.account_buffer_weeks - lead


def _account_traits(
    setup: Setup,
    draws: Draws,
    index: NDArray[np.int64],
    motif: NDArray[np.int64],
    maturity: NDArray[np.int64],
) -> Floats:
    latents, bias = setup.params.latents, setup.motifs.bias[motif]
    means = latents.account_org_mean_by_maturity
    by_maturity = np.array([getattr(means, name) for name in MATURITIES])
    centres = (latents.mean + bias[:, BUDGET], by_maturity[maturity] + bias[:, ORGANIZATION])
    traits = np.empty((index.size, len(ACCOUNT_TRAITS)))
    for place, (trait, centre, sd) in enumerate(
        zip(ACCOUNT_TRAITS, centres, (latents.sd, latents.account_org_sd), strict=True)
    ):
        normal = draws.normal(f"account_latent_{trait}", entities=index)
        traits[:, place] = trait_values(centre, sd, normal, latents.mean_clamp)
        if trait in latents.account_override:
            traits[:, place] = latents.account_override[trait]
    return traits


def trait_values(centre: Floats, sd: float, normal: Floats, clamp: tuple[float, ...]) -> Floats:
    """Return `clip(clamp(mean) + sd z, 0, 1)`, float64 (n,)."""
    low, high = clamp
    return np.asarray(np.clip(np.clip(centre, low, high) + sd * normal, 0.0, 1.0))


def uniform_integers(
    uniform: Floats, low: NDArray[np.int64] | int, count: NDArray[np.int64] | int
) -> NDArray[np.int64]:
    """Return `low + floor(u * count)`, int64 (n,)."""
    return low + np.floor(uniform * count).astype(np.int64)
