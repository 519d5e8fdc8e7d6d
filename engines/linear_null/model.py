"""Simulate linear outcomes, a block of entities at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engines.linear_null import theory
from engines.linear_null.checks import check_results
from engines.linear_null.metrics import measure
from engines.linear_null.params import Params, shares
from engines.linear_null.tables import ENTITIES, OUTCOMES, OUTCOMES_BY_PERIOD
from engines.linear_null.tally import Tally
from runner.contract import Draws, Floats, Outcome, TableSink, assign

STREAMS = ("archetype.<name>", "level", "effect", "luck", "noise")

BLOCK = 8192  # entities in memory at once; no result depends on it


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """The archetypes in declared order: names, shares that sum to 1, shifts: float64 (k,)."""

    shares: Mapping[str, float]
    names: NDArray[np.object_]
    shifts: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Consecutive entities of one run.

    Attributes:
        entities: their numbers, first included and last not.
        archetype: int64 (n,), index into the mix.
        level: float64 (n,), outcome units: shift and own luck, without baseline.
        effect: float64 (n,), outcome units: deviation of the own effect from the mean effect.
        noise: float64 (horizon, n), outcome units.
    """

    entities: slice
    archetype: NDArray[np.int64]
    level: Floats
    effect: Floats
    noise: Floats


def prepare(params: Params, files: Mapping[str, Path], horizon: int) -> Mix:
    """Return the completed mix, shared by all runs with these parameters."""
    kinds = params.archetypes
    return Mix(
        shares=shares(params),
        names=np.array(list(kinds), dtype=object),
        shifts=np.array([kind.shift for kind in kinds.values()], dtype=np.float64),
    )


def simulate(params: Params, prepared: Mix, draws: Draws, horizon: int, out: TableSink) -> Outcome:
    """Run one replicate of `horizon` periods.

    The outcome of entity i in period t = 1, 2, ... is
    `baseline + trend*(t-1) + effect + level_i + effect_i + luck + noise_it`.
    """
    tally = Tally(prepared.shifts.size, horizon, by_period=out.wants(OUTCOMES_BY_PERIOD.name))
    luck = params.replicate_sd * float(draws.normal("luck"))
    centres = theory.centre_by_period(params, horizon)
    for start in range(0, params.entities, BLOCK):
        block = draw_block(
            params, prepared, draws, horizon, slice(start, min(start + BLOCK, params.entities))
        )
        deviations = block.level + block.effect + luck + block.noise
        outcomes = centres[:, None] + deviations
        tally.add(block.archetype, deviations, block.noise, _count_above(params, outcomes))
        _write_entities(out, params, prepared, block, outcomes)
        _write_outcomes(out, block, outcomes)
    _write_periods(out, params, tally, centres)
    metrics = measure(params, tally, horizon)
    return Outcome(metrics=metrics, checks=check_results(params, tally, metrics, horizon))


def draw_block(params: Params, mix: Mix, draws: Draws, horizon: int, entities: slice) -> Block:
    """Return the people of a block and their luck; period t has step t."""
    archetype = assign(mix.shares, draws, stream="archetype", entities=entities)
    noise = [draws.normal("noise", step=t, entities=entities) for t in range(1, horizon + 1)]
    own = params.entity_sd * draws.normal("level", entities=entities)
    return Block(
        entities=entities,
        archetype=archetype,
        level=mix.shifts[archetype] + own,
        effect=params.effect_sd * draws.normal("effect", entities=entities),
        noise=params.noise_sd * np.stack(noise),
    )


def _count_above(params: Params, outcomes: Floats) -> int:
    return 0 if params.threshold is None else int(np.count_nonzero(outcomes > params.threshold))


def _write_entities(
    out: TableSink, params: Params, mix: Mix, block: Block, outcomes: Floats
) -> None:
    if not out.wants(ENTITIES.name):
        return
    total = np.zeros(outcomes.shape[1])
    for row in outcomes:  # in order of periods: the same sum at any block size
        total += row
    columns = {
        "entity": np.arange(block.entities.start, block.entities.stop, dtype=np.int64),
        "archetype": mix.names[block.archetype],
        "level": params.baseline + block.level,
        "effect": params.effect + block.effect,
        "mean_outcome": total / outcomes.shape[0],
    }
    out.write(ENTITIES.name, columns)


def _write_outcomes(out: TableSink, block: Block, outcomes: Floats) -> None:
    if not out.wants(OUTCOMES.name):
        return
    horizon, count = outcomes.shape
    first = block.entities.start
    columns = {
        "entity": np.repeat(np.arange(first, first + count, dtype=np.int64), horizon),
        "period": np.tile(np.arange(1, horizon + 1, dtype=np.int64), count),
        "outcome": outcomes.T.reshape(-1),
    }
    out.write(OUTCOMES.name, columns)


def _write_periods(out: TableSink, params: Params, tally: Tally, centres: Floats) -> None:
    if not out.wants(OUTCOMES_BY_PERIOD.name):
        return
    columns = {
        "period": np.arange(1, centres.size + 1, dtype=np.int64),
        "mean_outcome": centres + tally.period_means(),
        "sd_outcome": tally.period_sds(),
        "expected_outcome": centres + theory.mean_shift(params),
    }
    out.write(OUTCOMES_BY_PERIOD.name, columns)
