"""Serve the random numbers of one run, or of one variable, by address."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runner.contract import EngineError, Entities, Floats, Steps
from runner.draws import mixer, philox
from runner.draws.address import stream_key
from runner.draws.mixer import Key
from runner.draws.passes import Words
from runner.draws.poisson import SMALLEST, poisson_counts

_Uniforms = Callable[[Key, Words, Words, "Words | slice"], NDArray[np.float64]]
_GENERATORS: dict[str, _Uniforms] = {"mixer": mixer.uniforms, "philox": philox.uniforms}
GENERATORS: tuple[str, ...] = tuple(_GENERATORS)

_LAST_WORD = 2**64 - 1


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
        return np.asarray(ndtri(np.maximum(uniforms, SMALLEST)), dtype=np.float64)

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
    return np.ascontiguousarray(np.array(keys, dtype=np.uint64).reshape(-1, 2).T)


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
