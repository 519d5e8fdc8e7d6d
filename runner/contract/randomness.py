"""What an engine sees of randomness: numbers by address, never a generator."""

from __future__ import annotations

from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Steps: TypeAlias = int | NDArray[np.integer]
Entities: TypeAlias = int | slice | NDArray[np.integer]


class Draws(Protocol):
    """Random numbers of one run, each at an address (stream, step, entity).

    Every method evaluates one uniform per value; `step` and `entities` broadcast against each
    other (`slice(a, b)` stands for the entities a, ..., b-1) and give the shape of what is
    returned. The value at an address does not depend on what else is asked for.

    Raises:
        EngineError: a stream that the engine did not declare, or a step or entity that is no
            whole number from 0.
    """

    @property
    def replicate(self) -> int:
        """Index of the replicate this run belongs to, 0, 1, ..."""

    def uniform(self, stream: str, *, step: Steps = 0, entities: Entities = 0) -> Floats:
        """Return uniforms in [0, 1), float64."""

    def uniform_rows(
        self, streams: tuple[str, ...], *, steps: NDArray[np.integer], entities: Entities
    ) -> Floats:
        """Return what `uniform` returns at several rows of addresses, in one call.

        `steps`: whole numbers (n,), the step of each of the n `streams`; one stream may come
        several times. Row i, over the `entities` (m,), is stream i at its step: float64 (n, m).
        """

    def normal(self, stream: str, *, step: Steps = 0, entities: Entities = 0) -> Floats:
        """Return standard normal values, float64: mean 0, variance 1."""

    def exponential(self, stream: str, *, step: Steps = 0, entities: Entities = 0) -> Floats:
        """Return exponential values with mean 1, float64."""

    def poisson(
        self, stream: str, mean: float | Floats, *, step: Steps = 0, entities: Entities = 0
    ) -> NDArray[np.int64]:
        """Return Poisson counts, int64; `mean` broadcasts against the addresses.

        Raises:
            EngineError: a mean is negative, not a number, or above 1e15.
        """

    def choice(
        self, stream: str, weights: Floats, *, step: Steps = 0, entities: Entities = 0
    ) -> NDArray[np.int64]:
        """Return indices 0..k-1, int64, with probability proportional to `weights` float64 (k,).

        Raises:
            EngineError: a weight is negative or not a number, or their sum is not positive.
        """
