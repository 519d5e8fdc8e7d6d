"""Serve the random numbers of one run, or of one variable, by address."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from runner.contract import EngineError, Entities, Floats, Steps
from runner.draws import mixer, philox
from runner.draws.address import stream_key
from runner.draws.mixer import Key, Words

GeneratorName: TypeAlias = Literal["mixer", "philox"]

_Uniforms = Callable[[Key, Words, Words, "Words | slice"], NDArray[np.float64]]
_GENERATORS: dict[str, _Uniforms] = {"mixer": mixer.uniforms, "philox": philox.uniforms}
GENERATORS: tuple[str, ...] = tuple(_GENERATORS)

_SMALLEST = 2.0**-54  # stands for u = 0 where a quantile would be infinite


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawSource:
    """Where a study's numbers come from: seed, generator, and the cell under `per_cell`.

    `cell` is the cell's content hash, or empty under common random numbers.
    """

    seed: int
    generator: str = "mixer"
    cell: str = ""

    def variable_uniforms(self, name: str, replicates: int | NDArray[np.integer]) -> Floats:
        """Return one uniform per replicate for a random variable, by its path."""
        key = stream_key(self.seed, "variable", name, self.cell)
        return _GENERATORS[self.generator](key, _words(replicates), _words(0), _words(0))

    def for_run(self, replicate: int, streams: tuple[str, ...]) -> RunDraws:
        """Return the draws an engine sees in one replicate."""
        return RunDraws(source=self, replicate=replicate, streams=streams)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDraws:
    """The draws of one run (`contract.Draws`): addresses without cell, arm or horizon.

    Raises:
        EngineError: a stream that the engine did not declare, or a negative step or entity.
    """

    source: DrawSource
    replicate: int
    streams: tuple[str, ...]

    def uniform(self, stream: str, *, step: Steps = 0, entities: Entities = 0) -> Floats:
        """Return uniforms in [0, 1)."""
        if not _is_declared(stream, self.streams):
            known = ", ".join(self.streams) or "none"
            raise EngineError(f"random stream '{stream}' is not declared; declared: {known}")
        key = stream_key(self.source.seed, "engine", stream, self.source.cell)
        generate = _GENERATORS[self.source.generator]
        return generate(key, _words(self.replicate), _words(step), _entity_words(entities))

    def normal(self, stream: str, *, step: Steps = 0, entities: Entities = 0) -> Floats:
        """Return standard normal values, by the inverse distribution function."""
        from scipy.special import ndtri

        uniforms = self.uniform(stream, step=step, entities=entities)
        return np.asarray(ndtri(np.maximum(uniforms, _SMALLEST)), dtype=np.float64)

    def exponential(self, stream: str, *, step: Steps = 0, entities: Entities = 0) -> Floats:
        """Return exponential values with mean 1."""
        return np.asarray(-np.log1p(-self.uniform(stream, step=step, entities=entities)))

    def poisson(
        self, stream: str, mean: float | Floats, *, step: Steps = 0, entities: Entities = 0
    ) -> NDArray[np.int64]:
        """Return Poisson counts: the smallest k whose distribution function exceeds u."""
        uniforms = self.uniform(stream, step=step, entities=entities)
        return poisson_counts(uniforms, np.asarray(mean, dtype=np.float64))

    def choice(
        self, stream: str, weights: Floats, *, step: Steps = 0, entities: Entities = 0
    ) -> NDArray[np.int64]:
        """Return indices with probability proportional to `weights`."""
        edges = np.cumsum(np.asarray(weights, dtype=np.float64))
        if not (edges.size and np.isfinite(edges[-1]) and edges[-1] > 0 and np.min(weights) >= 0):
            raise EngineError(f"random stream '{stream}': weights must be >= 0 with a positive sum")
        uniforms = self.uniform(stream, step=step, entities=entities)
        found = np.searchsorted(edges[:-1] / edges[-1], uniforms, side="right")
        return np.asarray(found, dtype=np.int64)


def poisson_counts(uniforms: Floats, mean: Floats) -> NDArray[np.int64]:
    """Return the smallest k with P(Poisson(mean) <= k) > u, exactly monotone in u.

    Raises:
        EngineError: a mean is negative or not finite.
    """
    from scipy.special import gammaincc, ndtri

    u, m = np.broadcast_arrays(uniforms, mean)
    if not np.all(np.isfinite(m) & (m >= 0)):
        raise EngineError("Poisson means must be finite and >= 0")
    guess = m + np.sqrt(m) * ndtri(np.clip(u, _SMALLEST, 1 - 2.0**-53))
    k = np.maximum(np.floor(guess), 0.0)
    while True:  # up while the distribution function at k does not exceed u
        low = gammaincc(k + 1.0, m) <= u
        if not low.any():
            break
        k = k + low
    while True:  # down while it still exceeds u one step below
        high = (k > 0) & (gammaincc(np.maximum(k, 1.0), m) > u)
        if not high.any():
            return np.asarray(k, dtype=np.int64)
        k = k - high


@functools.lru_cache(maxsize=4096)
def _is_declared(stream: str, declared: tuple[str, ...]) -> bool:
    return any(
        re.fullmatch(re.sub(r"<[^>]*>", "[^.]+", re.escape(name)), stream) for name in declared
    )


def _words(value: Steps) -> Words:
    array = np.asarray(value)
    if array.dtype != np.uint64 and (array.dtype.kind not in "iu" or np.any(array < 0)):
        raise EngineError("steps and entities must be whole numbers >= 0")
    return array.astype(np.uint64)


def _entity_words(entities: Entities) -> Words | slice:
    if not isinstance(entities, slice):
        return _words(entities)
    start, stop = int(entities.start or 0), int(entities.stop)
    if entities.step not in (None, 1) or start < 0 or stop < start:
        raise EngineError("an entity slice must be slice(start, stop) with 0 <= start <= stop")
    return slice(start, stop)
