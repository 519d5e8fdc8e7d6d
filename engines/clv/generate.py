"""Simulate a population of customers with known parameters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, gammaincinv

from engines.clv.params import ClvParams
from engines.clv.params_data import Archetype, archetype_shares
from engines.clv.purchases import Purchases
from engines.clv.windows import Windows
from runner.contract import Draws, Floats, assign

STREAMS = (
    "sim.archetype.<name>", "sim.acquisition", "sim.rate", "sim.dropout", "sim.life",
    "sim.spend_rate", "sim.wait", "sim.leave", "sim.spend",
)  # fmt: skip
SMALLEST = 2.0**-54  # stands for u = 0, where a quantile would be 0 or infinite
_TINY = 1e-290


@dataclass(frozen=True, slots=True, kw_only=True)
class Population:
    """Simulated customers with their whole future.

    `purchases` runs to the end of the forecast; `left_at`: float64 (n,), the tick at which the
    customer stopped being one, infinite if that is later. Both in the order of the customers.
    """

    purchases: Purchases
    left_at: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class _Customers:
    """Latent traits, all (n,): first purchase in ticks, rates per time unit, life in units."""

    archetype: NDArray[np.int64]
    first: Floats
    rate: Floats
    leave: Floats
    life: Floats
    spend_rate: Floats
    spend_scale: Floats


def generate(params: ClvParams, windows: Windows, last: float, draws: Draws) -> Population:
    """Return the purchases of a population from the origin to tick `last`."""
    people = _people(params, windows, draws)
    n = people.rate.size
    left_at = people.first + people.life * windows.ticks_per_unit
    everyone = np.arange(n)
    owners, times = [everyone], [people.first]
    leaves_first = params.data.synthetic.process == "mbg_nbd"
    active, clock, step = everyone, people.first, 0
    while True:
        if step > 0 or leaves_first:
            gone = draws.uniform("sim.leave", step=step, entities=active) < people.leave[active]
            left_at[active[gone]] = np.minimum(clock[gone], left_at[active[gone]])
            active, clock = active[~gone], clock[~gone]
        step += 1
        if not active.size:
            break
        wait = draws.exponential("sim.wait", step=step, entities=active) / people.rate[active]
        clock = clock + wait * windows.ticks_per_unit
        goes_on = (clock <= last) & (clock <= left_at[active])
        active, clock = active[goes_on], clock[goes_on]
        owners.append(active)
        times.append(clock)
    return _population(params, windows, people, (owners, times), left_at, draws)


def _people(params: ClvParams, windows: Windows, draws: Draws) -> _Customers:
    synthetic = params.data.synthetic
    n, everyone = synthetic.n_customers, slice(0, synthetic.n_customers)
    kind = assign(archetype_shares(synthetic), draws, stream="sim.archetype", entities=everyone)
    kinds = list(synthetic.archetypes.values())

    def of(name: str) -> Floats:
        return np.array([getattr(item, name) for item in kinds], dtype=np.float64)[kind]

    def uniform(stream: str) -> Floats:
        return np.maximum(draws.uniform(stream, entities=everyone), SMALLEST)

    low, high = np.array([_first_window(item, synthetic.acquisition_units) for item in kinds]).T
    first = low[kind] + uniform("sim.acquisition") * (high - low)[kind]
    is_pareto, spend = synthetic.process == "pareto_nbd", synthetic.spend
    shape, scale = (
        (synthetic.pareto.r, synthetic.pareto.alpha) if is_pareto
        else (synthetic.bg.r, synthetic.bg.alpha)
    )  # fmt: skip
    rate = gammaincinv(shape, uniform("sim.rate")) / scale * of("rate_scale")
    leave, life = np.zeros(n), np.full(n, np.inf)
    dropout = uniform("sim.dropout")
    if is_pareto:
        s, beta = synthetic.pareto.s, synthetic.pareto.beta
        death = gammaincinv(s, dropout) / beta * of("dropout_scale")
        life = draws.exponential("sim.life", entities=everyone) / np.maximum(death, _TINY)
    else:
        p = betaincinv(synthetic.bg.a, synthetic.bg.b, dropout)
        odds = p * of("dropout_scale")
        leave = odds / (odds + 1.0 - p)
    return _Customers(
        archetype=kind, first=windows.start + first * windows.ticks_per_unit,
        rate=np.maximum(rate, _TINY), leave=leave, life=life,
        spend_rate=np.maximum(gammaincinv(spend.q, uniform("sim.spend_rate")) / spend.gamma, _TINY),
        spend_scale=of("spend_scale"),
    )  # fmt: skip


def _first_window(kind: Archetype, acquisition_units: float) -> tuple[float, float]:
    given = kind.acquisition_window
    return (0.0, acquisition_units) if given is None else (given[0], given[1])


def _population(  # noqa: PLR0913, PLR0917 - one argument per thing that was simulated
    params: ClvParams, windows: Windows, people: _Customers,
    path: tuple[list[NDArray[np.int64]], list[Floats]], left_at: Floats, draws: Draws,
) -> Population:  # fmt: skip
    sizes = [rows.size for rows in path[0]]
    owner, step = np.concatenate(path[0]), np.repeat(np.arange(len(sizes)), sizes)
    tick = np.floor(np.concatenate(path[1])).astype(np.int64)
    order = np.argsort(owner, kind="stable")
    owner, step, tick = owner[order], step[order], tick[order]
    shape = params.data.synthetic.spend.p
    uniform = np.maximum(draws.uniform("sim.spend", step=step, entities=owner), SMALLEST)
    amount = gammaincinv(shape, uniform) / people.spend_rate[owner] * people.spend_scale[owner]
    if windows.is_calendar:
        is_new = np.ones(owner.size, dtype=bool)
        is_new[1:] = (np.diff(owner) != 0) | (np.diff(tick) != 0)
        start = np.flatnonzero(is_new)
        owner, tick, amount = owner[start], tick[start], np.add.reduceat(amount, start)
    n = people.rate.size
    names = np.array(list(params.data.synthetic.archetypes), dtype=object)
    ids = np.empty(n, dtype=object)
    ids[:] = [f"{i:08d}" for i in range(n)]
    purchases = Purchases(
        ids=ids,
        copy=np.zeros(n, dtype=np.int64),
        entity=np.arange(n, dtype=np.uint64),
        offset=np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=n))]).astype(np.int64),
        tick=tick,
        revenue=amount,
        cohort=None,
        archetype=names[people.archetype],
        position=np.arange(n),
    )
    return Population(purchases=purchases, left_at=left_at)
