"""Draw who installs, when, from where and as which archetype."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.idle_rpg.lookup import Ints
from engines.idle_rpg.params import Params
from engines.idle_rpg.params_play import Population
from engines.idle_rpg.rules import Rules
from runner.contract import Draws, Floats, assign

EVENT_SPAN = 1_000_000_000  # agents of an event are numbered from slot times this
_PLASTIC = 1.2207440846  # root of g^4 = g + 1, M. Roberts' generalised golden ratio in 3 dimensions
_LABELS = ("country", "platform", "app_version")


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """Consecutive agents of one origin: regular (`event` None), or of one traffic event."""

    ids: slice
    event: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Who the agents of a block are, each array (n,); those who install after the run left out.

    Attributes:
        ids: int64, agent numbers, rising; entities: the same as uint64, for draws.
        archetype: int64, place among the archetypes; bots have the place after the last.
        origin: int64, place among the rules' origins.
        install: int64, sim_day of the install.
        labels: int64 by label, places among the configured countries, platforms, versions.
    """

    ids: Ints
    entities: NDArray[np.uint64]
    archetype: Ints
    origin: Ints
    install: Ints
    is_bot: NDArray[np.bool_]
    labels: Mapping[str, Ints]


def crowds(params: Params, horizon: int, block: int) -> Iterator[Crowd]:
    """Give the agents of a run in order of their numbers, at most `block` at once."""
    ranges: list[tuple[int, int, str | None]] = [(0, params.population.n_agents, None)]
    events = sorted(params.traffic.events.items(), key=lambda item: item[1].slot)
    for name, event in events:
        if event.sim_day <= horizon:
            first = event.slot * EVENT_SPAN
            ranges.append((first, first + event.volume, name))
    for first, end, origin in ranges:
        for start in range(first, end, block):
            yield Crowd(ids=slice(start, min(start + block, end)), event=origin)


def draw_profile(rules: Rules, draws: Draws, crowd: Crowd) -> Profile:
    """Draw the profile of a crowd; no draw depends on how many others there are."""
    params, ids = rules.params, crowd.ids
    size = ids.stop - ids.start
    if crowd.event is None:
        install = _install_days(params.population, draws, ids)
        origin = _sources(params, draws, ids)
        is_bot = np.zeros(size, dtype=np.bool_)
    else:
        event = params.traffic.events[crowd.event]
        install = np.full(size, event.sim_day)
        origin = np.full(size, [o.event for o in rules.origins].index(crowd.event))
        is_bot = draws.uniform("bot", entities=ids) < event.bot_ratio
    archetype = np.where(is_bot, len(rules.archetypes), _archetypes(rules, draws, ids))
    kept = np.flatnonzero(install <= rules.horizon)
    labels = {name: _labels(params.population, draws, name, ids)[kept] for name in _LABELS}
    numbers = np.arange(ids.start, ids.stop)[kept]
    return Profile(
        ids=numbers,
        entities=numbers.view(np.uint64),
        archetype=archetype[kept],
        origin=origin[kept],
        install=install[kept],
        is_bot=is_bot[kept],
        labels=labels,
    )


def install_weights(population: Population) -> Floats:
    """Return the weight of installs on days 1, 2, ...: float64 (window,)."""
    days = np.arange(1, population.install_window_days + 1)
    if population.install_schedule == "decay":
        return np.asarray(np.exp(-population.install_decay_per_day * (days - 1)))
    if population.install_schedule == "uniform":
        return np.ones(days.size)
    given = population.custom_installs
    return np.array([given.get(str(day), 0.0) for day in days])


def _install_days(population: Population, draws: Draws, ids: slice) -> Ints:
    u = _profile_uniforms(population, draws, "install_day", ids, 1)
    return 1 + _places(install_weights(population), u)


def _sources(params: Params, draws: Draws, ids: slice) -> Ints:
    u = _profile_uniforms(params.population, draws, "source", ids, 2)
    return _places(np.array([s.share for s in params.traffic.sources.values()]), u)


def _archetypes(rules: Rules, draws: Draws, ids: slice) -> Ints:
    if rules.params.population.allocation == "random":
        return assign(rules.shares, draws, stream="archetype", entities=ids)
    return _places(np.array(list(rules.shares.values())), _sequence(draws, ids, 3))


def _labels(population: Population, draws: Draws, name: str, ids: slice) -> Ints:
    weights: Mapping[str, float] = getattr(population, f"{name}_weights")
    return _places(np.array(list(weights.values())), draws.uniform(name, entities=ids))


def _profile_uniforms(
    population: Population, draws: Draws, stream: str, ids: slice, dimension: int
) -> Floats:
    if population.allocation == "random":
        return draws.uniform(stream, entities=ids)
    return _sequence(draws, ids, dimension)


def _sequence(draws: Draws, ids: slice, dimension: int) -> Floats:
    """Return one dimension of an additive quasi-random sequence with a random start."""
    start = float(draws.uniform("allocation", step=dimension - 1))
    steps = np.arange(ids.start + 1, ids.stop + 1)
    return np.asarray((start + steps * _PLASTIC**-dimension) % 1.0)


def _places(weights: Floats, uniforms: Floats) -> Ints:
    edges = np.cumsum(weights)
    return np.searchsorted(edges[:-1] / edges[-1], uniforms, side="right").astype(np.int64)
