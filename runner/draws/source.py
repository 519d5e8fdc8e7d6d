"""Serve the random numbers of one run, or of one variable, by address."""

from __future__ import annotations

import functools
import math
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
_MIDDLE = 0.5  # below, the lower tail is the smaller one
_EXACT_MEAN = 1e5  # above, scipy's gamma functions lose the tails
_LAST_WORD = 2**64 - 1
_LARGEST_MEAN = 1e15  # whole numbers are exact in float64 well beyond its Poisson counts


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

    def resample_uniforms(self, name: str, resamples: range, size: int) -> Floats:
        """Return the uniforms of resamples of `size` values: float64 (resamples, size).

        The address is (seed, `name`, number of the resample, place in it).
        """
        key = stream_key(self.seed, "resample", name, self.cell)
        numbers, places = np.asarray(resamples)[:, None], np.arange(size)[None, :]
        return _GENERATORS[self.generator](key, _words(0), _words(numbers), _words(places))

    def for_run(self, replicate: int, streams: tuple[str, ...], mc: int = 0) -> RunDraws:
        """Return the draws an engine sees in one replicate.

        Each `mc` (0, 1, ...) is chance drawn anew for the same replicate.
        """
        return RunDraws(source=self, replicate=replicate, streams=streams, mc=mc)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDraws:
    """The draws of one run (`contract.Draws`): addresses without cell, arm or horizon.

    Raises:
        EngineError: a stream that the engine did not declare, or a negative step or entity.
    """

    source: DrawSource
    replicate: int
    streams: tuple[str, ...]
    mc: int = 0

    def uniform(self, stream: str, *, step: Steps = 0, entities: Entities = 0) -> Floats:
        """Return uniforms in [0, 1)."""
        generate = _GENERATORS[self.source.generator]
        key = _run_key(self.source, self.streams, self.mc, stream)
        return generate(key, _words(self.replicate), _words(step), _entity_words(entities))

    def uniform_rows(
        self, streams: tuple[str, ...], *, steps: NDArray[np.integer], entities: Entities
    ) -> Floats:
        """Return uniforms of several streams, each at a step of its own: (n, m)."""
        rows, words = _words(steps), _entity_words(entities)
        if self.source.generator == "mixer":
            keys = _run_keys(self.source, self.streams, self.mc, streams)
            return mixer.uniform_rows(keys, self.replicate, rows, words)
        found = [
            self.uniform(s, step=int(t), entities=entities)
            for s, t in zip(streams, rows, strict=True)
        ]
        return np.stack(found)

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
        given = np.asarray(weights, dtype=np.float64)
        edges = np.cumsum(given)
        if given.ndim != 1 or not (given >= 0).all() or not 0 < given.sum() < np.inf:
            raise EngineError(
                f"random stream '{stream}': "
                "weights must be a list of numbers >= 0 with a positive sum"
            )
        uniforms = self.uniform(stream, step=step, entities=entities)
        found = np.searchsorted(edges[:-1] / edges[-1], uniforms, side="right")
        return np.asarray(found, dtype=np.int64)


def poisson_counts(uniforms: Floats, mean: Floats) -> NDArray[np.int64]:
    """Return the smallest k with P(Poisson(mean) <= k) > u, non-decreasing in u.

    u = 0 counts as 2^-54, half the smallest step between uniforms. Above a mean of 1e5 an
    expansion gives k; it differs from the definition by at most one, in far fewer than one draw
    in a million.

    Raises:
        EngineError: a mean is negative, not a number, or above 1e15.

    Source: M. Giles, "Algorithm 955: approximation of the inverse Poisson cumulative distribution
    function" (2016), Q_N2.
    """
    from scipy.special import ndtri

    u, m = (array.reshape(-1) for array in np.broadcast_arrays(uniforms, mean))
    if not np.all((m >= 0) & (m <= _LARGEST_MEAN)):
        raise EngineError("Poisson means must be numbers from 0 to 1e15")
    u, shape = np.maximum(u, _SMALLEST), np.broadcast_shapes(uniforms.shape, mean.shape)
    if mean.size == 1 and m.size > _table_size(mean.item()):
        return _from_table(u, mean.item()).reshape(shape)
    z, size = ndtri(u), np.maximum(m, 1.0)
    square = z * z
    guess = m + np.sqrt(m) * z + (1 / 3 + square / 6) - z * (1 / 36 + square / 72) / np.sqrt(size)
    guess += (-8 / 405 + square * (7 / 810 + square / 270)) / size
    k: Floats = np.floor(np.maximum(guess, 0.0))
    exact = np.flatnonzero(m <= _EXACT_MEAN)
    k[exact] = _searched(k[exact], m[exact], u[exact])
    return k.astype(np.int64).reshape(shape)


def _table_size(mean: float) -> float:
    """Return a count that no uniform reaches, or infinity where the expansion takes over."""
    return mean + 12 * mean**0.5 + 40 if mean <= _EXACT_MEAN else math.inf


def _from_table(u: Floats, mean: float) -> NDArray[np.int64]:
    """Look many uniforms up in one distribution function: the same counts, several times faster."""
    from scipy.special import gammainc, gammaincc

    k = np.arange(_table_size(mean))
    low = np.searchsorted(gammaincc(k + 1, mean), u, side="right")
    high = np.searchsorted(-gammainc(k + 1, mean), u - 1, side="right")
    return np.where(u < _MIDDLE, low, high).astype(np.int64)


def _searched(k: Floats, m: Floats, u: Floats) -> Floats:
    """Walk from a first guess `k` to the smallest one whose distribution function exceeds u."""
    exceeds = _poisson_exceeds(k, m, u)
    rising, falling = np.flatnonzero(~exceeds), np.flatnonzero(exceeds & (k > 0))
    while rising.size:
        k[rising] += 1
        rising = rising[~_poisson_exceeds(k[rising], m[rising], u[rising])]
    while falling.size:
        falling = falling[_poisson_exceeds(k[falling] - 1, m[falling], u[falling])]
        k[falling] -= 1
        falling = falling[k[falling] > 0]
    return k


def _poisson_exceeds(k: Floats, mean: Floats, u: Floats) -> NDArray[np.bool_]:
    """Tell where P(Poisson(mean) <= k) > u, from the smaller tail so that no digits are lost."""
    from scipy.special import gammainc, gammaincc

    low, high = gammaincc(k + 1, mean) > u, gammainc(k + 1, mean) < 1 - u
    return np.asarray(np.where(u < _MIDDLE, low, high), dtype=np.bool_)


@functools.lru_cache(maxsize=4096)
def _run_key(source: DrawSource, declared: tuple[str, ...], mc: int, stream: str) -> Key:
    """Return the key of a run's stream."""
    if not _is_declared(stream, declared):
        known = ", ".join(declared) or "none"
        raise EngineError(f"random stream '{stream}' is not declared; declared: {known}")
    return stream_key(source.seed, f"engine mc {mc}" if mc else "engine", stream, source.cell)


@functools.lru_cache(maxsize=1024)
def _run_keys(
    source: DrawSource, declared: tuple[str, ...], mc: int, streams: tuple[str, ...]
) -> Words:
    """Return the keys of several streams of a run as words: uint64 (2, n)."""
    keys = [_run_key(source, declared, mc, stream) for stream in streams]
    return np.array(keys, dtype=np.uint64).reshape(-1, 2).T


def _is_declared(stream: str, declared: tuple[str, ...]) -> bool:
    return any(
        re.fullmatch(re.sub(r"<[^>]*>", "[^.]+", re.escape(name)), stream) for name in declared
    )


def _words(value: Steps) -> Words:
    if type(value) is int and 0 <= value <= _LAST_WORD:
        return np.array(value, dtype=np.uint64)  # the common case, several times faster
    array = np.asarray(value)
    if array.dtype == np.uint64:
        return array
    if array.dtype.kind not in "iu" or (array.size and array.min() < 0):
        raise EngineError("steps and entities must be whole numbers from 0 to 2^64 - 1")
    return array.view(np.uint64) if array.dtype == np.int64 else array.astype(np.uint64)


def _entity_words(entities: Entities) -> Words | slice:
    if not isinstance(entities, slice):
        return _words(entities)
    start, stop = entities.start or 0, entities.stop
    if entities.step in (None, 1) and _is_whole(start) and _is_whole(stop) and start <= stop:
        return slice(int(start), int(stop))
    raise EngineError("an entity slice must be slice(start, stop) with 0 <= start <= stop")


def _is_whole(value: object) -> bool:
    return isinstance(value, int | np.integer) and 0 <= int(value) <= 2**64
