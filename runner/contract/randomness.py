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
    other (`slice(a, b)` stands for the entities a, ..., b-1). The value at an address does not
    depend on what else is asked for. Undeclared streams raise `EngineError`.
    """

    @property
    def replicate(self) -> int:
        """Index of the replicate this run belongs to, 0, 1, ..."""

    def uniform(self, stream: str, *, step: Steps = 0, entities: Entities = 0) -> Floats:
        """Return uniforms in [0, 1)."""

    def uniform_rows(
        self, streams: tuple[str, ...], *, steps: NDArray[np.integer], entities: Entities
    ) -> Floats:
        """Return what `uniform` returns at several rows of addresses, in one call.

        `steps`: whole numbers (n,), the step of each of the n `streams`; one stream may come
        several times. Row i, over the `entities` (m,), is stream i at its step: float64 (n, m).
        """

    def normal(self, stream: str, *, step: Steps = 0, entities: Entities = 0) -> Floats:
        """Return standard normal values."""

    def exponential(self, stream: str, *, step: Steps = 0, entities: Entities = 0) -> Floats:
        """Return exponential values with mean 1."""

    def poisson(
        self, stream: str, mean: float | Floats, *, step: Steps = 0, entities: Entities = 0
    ) -> NDArray[np.int64]:
        """Return Poisson counts; `mean` broadcasts against the addresses and is >= 0."""

    def choice(
        self, stream: str, weights: Floats, *, step: Steps = 0, entities: Entities = 0
    ) -> NDArray[np.int64]:
        """Return indices 0..k-1 with probability proportional to `weights` (float64 (k,))."""
