"""Create customers: their plan, contract, dates and hidden traits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.lifecycle.accounts import Accounts, trait_values, uniform_integers
from engines.lifecycle.hazards import multiplier
from engines.lifecycle.setup import Setup
from engines.lifecycle.traits import ACCOUNT_TRAITS, TRAITS
from runner.contract import Draws, Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Customers:
    """A batch of customers in order of their index.

    Attributes:
        index, account: int64 (n,), global.
        row: int64 (n,), place of the account in the batch's accounts.
        motif, plan, csm: int64 (n,), places in the parameters' lists; csm counts from 1.
        start, sim_end: int64 (n,), days since 1970-01-01.
        last_week: int64 (n,), the last tenure week that begins by sim_end.
        mrr: int64 (n,), USD per month at the start.
        term, term_months: int64 (n,), place in the list of terms, and its months.
        own: float64 (n, 5), the customer's traits; shared: float64 (n, 2), its account's.
        effective: float64 (n, 5), what acts.
    """

    index: NDArray[np.int64]
    account: NDArray[np.int64]
    row: NDArray[np.int64]
    motif: NDArray[np.int64]
    plan: NDArray[np.int64]
    csm: NDArray[np.int64]
    start: NDArray[np.int64]
    sim_end: NDArray[np.int64]
    last_week: NDArray[np.int64]
    mrr: NDArray[np.int64]
    term: NDArray[np.int64]
    term_months: NDArray[np.int64]
    own: Floats
    shared: Floats
    effective: Floats

    def __len__(self) -> int:
        return self.index.size


def draw_customers(
    setup: Setup, draws: Draws, index: NDArray[np.int64], accounts: Accounts, row: NDArray[np.int64]
) -> Customers:
    """Return the customers with these indices, (n,); `row` says which account each belongs to."""
    population, dates, motif = setup.params.population, setup.dates, accounts.motif[row]
    days = 7 * dates.window_weeks
    start = uniform_integers(draws.uniform("customer_start", entities=index), dates.first, days)
    sim_end = dates.sim_end(start)
    plan = _plans(setup, draws.uniform("customer_plan", entities=index), accounts.employee[row])
    term = draws.choice("customer_term", setup.terms, entities=index)
    reps = population.n_csm_reps
    own, shared = _own_traits(setup, draws, index, motif), accounts.traits[row]
    return Customers(
        index=index,
        account=accounts.index[row],
        row=row,
        motif=motif,
        plan=plan,
        csm=uniform_integers(draws.uniform("customer_csm", entities=index), 1, reps),
        start=start,
        sim_end=sim_end,
        last_week=(sim_end - start) // 7,
        mrr=_initial_mrr(setup, draws.uniform("customer_mrr", entities=index), plan),
        term=term,
        term_months=setup.term_months[term],
        own=own,
        shared=shared,
        effective=_effective(setup, own, shared),
    )


def _plans(setup: Setup, uniform: Floats, band: NDArray[np.int64]) -> NDArray[np.int64]:
    population = setup.params.population
    names = list(population.plans)
    slots = [[names.index(plan) for plan in population.plan_slots[key]]
             for key in population.employee_bands]  # fmt: skip
    counts = np.array([len(plans) for plans in slots])
    table = np.array([plans + [0] * (int(counts.max()) - len(plans)) for plans in slots])
    return np.asarray(table[band, uniform_integers(uniform, 0, counts[band])], dtype=np.int64)


def _initial_mrr(setup: Setup, uniform: Floats, plan: NDArray[np.int64]) -> NDArray[np.int64]:
    ranges = np.array([p.mrr_range_usd for p in setup.params.population.plans.values()])
    low, high = ranges[plan, 0], ranges[plan, 1]
    return uniform_integers(uniform, low, high - low + 1)


def _own_traits(
    setup: Setup, draws: Draws, index: NDArray[np.int64], motif: NDArray[np.int64]
) -> Floats:
    latents, bias = setup.params.latents, setup.motifs.bias[motif]
    own = np.empty((index.size, len(TRAITS)))
    for place, trait in enumerate(TRAITS):
        normal = draws.normal(f"customer_latent_{trait}", entities=index)
        centre = latents.mean + bias[:, place]
        own[:, place] = trait_values(centre, latents.sd, normal, latents.mean_clamp)
        if trait in latents.customer_override:
            own[:, place] = latents.customer_override[trait]
    return own


def _effective(setup: Setup, own: Floats, shared: Floats) -> Floats:
    """Blend the account's value into the traits that it has; the others pass through."""
    weight = setup.params.latents.account_blend_weight
    effective = own.copy()
    for place, trait in enumerate(ACCOUNT_TRAITS):
        at = TRAITS.index(trait)
        effective[:, at] = weight * shared[:, place] + (1.0 - weight) * own[:, at]
    return effective


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """What is constant in each customer's hazards, all (n,).

    Attributes:
        churn, expansion, payment, downgrade: float64, `base * M`; downgrade 0 when it is off.
        renewal: float64, the factor in anniversary weeks.
        fraction: float64 (n, 2), share of MRR of an expansion.
        dunning_weeks: int64. recovery_prob: float64.
    """

    churn: Floats
    renewal: Floats
    expansion: Floats
    payment: Floats
    downgrade: Floats
    fraction: Floats
    dunning_weeks: NDArray[np.int64]
    recovery_prob: Floats


def customer_rates(setup: Setup, customers: Customers) -> Rates:
    """Return each customer's rates; multipliers are computed once, not per week."""
    arrays, motif, traits = setup.motifs, customers.motif, customers.effective
    lower = setup.params.optional.downgrade
    weights = np.array([lower.weights.get(trait, 0.0) for trait in TRAITS])
    base = lower.base_per_week if lower.enabled else 0.0
    return Rates(
        churn=arrays.churn_base[motif] * multiplier(arrays.churn[motif], traits),
        renewal=arrays.renewal_factor[motif] * multiplier(arrays.renewal[motif], traits),
        expansion=arrays.expansion_base[motif] * multiplier(arrays.expansion[motif], traits),
        payment=arrays.fail_base[motif] * multiplier(arrays.payment[motif], traits),
        downgrade=base * multiplier(weights, traits),
        fraction=arrays.fraction[motif],
        dunning_weeks=arrays.dunning_weeks[motif],
        recovery_prob=arrays.recovery_prob[motif],
    )
