"""Draw for the contacts of one block, which count from 0 within it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from runner.contract import Draws, Entities, Floats, Steps


class Variates(Protocol):
    """Draws by stream, step and entity: those of a run, or those of a block."""

    def uniform(self, stream: str, *, step: Steps = 0, entities: Entities = 0) -> Floats:
        """Return uniforms in [0, 1)."""

    def normal(self, stream: str, *, step: Steps = 0, entities: Entities = 0) -> Floats:
        """Return standard normal values."""


@dataclass(frozen=True, slots=True)
class BlockDraws:
    """The draws of contacts `first`, `first + 1`, ... under the names 0, 1, ...."""

    draws: Draws
    first: int

    def uniform(self, stream: str, *, step: Steps = 0, entities: Entities = 0) -> Floats:
        """Return uniforms in [0, 1)."""
        return self.draws.uniform(stream, step=step, entities=self._of_run(entities))

    def normal(self, stream: str, *, step: Steps = 0, entities: Entities = 0) -> Floats:
        """Return standard normal values."""
        return self.draws.normal(stream, step=step, entities=self._of_run(entities))

    def _of_run(self, entities: Entities) -> Entities:
        if isinstance(entities, slice):
            return slice(entities.start + self.first, entities.stop + self.first)
        return np.asarray(entities) + self.first
