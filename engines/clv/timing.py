"""Time calls in process CPU seconds, without what random numbers cost."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from runner.contract import Entities, Floats, Steps

T = TypeVar("T")
REPEATS = 5
_GOLDEN = 0.6180339887498949


@dataclass(slots=True)
class TimedDraws:
    """Evenly scattered numbers; `spent`: CPU seconds that making them took."""

    spent: float = 0.0
    replicate: int = 0
    _calls: int = field(default=0)

    def uniform(self, stream: str, *, step: Steps = 0, entities: Entities = 0) -> Floats:
        """Return numbers in [0, 1), other ones at each call."""
        start = time.process_time()
        self._calls += 1
        who = np.arange(entities.start, entities.stop) if isinstance(entities, slice) else entities
        shape = np.broadcast_shapes(np.shape(step), np.shape(who))
        place = np.arange(int(np.prod(shape)), dtype=np.float64).reshape(shape)
        found = np.asarray((place * _GOLDEN + self._calls * 0.7548776662466927) % 1.0)
        self.spent += time.process_time() - start
        return found

    def uniform_rows(
        self, streams: tuple[str, ...], *, steps: NDArray[np.integer], entities: Entities
    ) -> Floats:
        """Refuse: this engine asks for one stream at a time."""
        raise NotImplementedError

    def normal(self, stream: str, *, step: Steps = 0, entities: Entities = 0) -> Floats:
        """Return standard normal values."""
        from scipy.special import ndtri

        return np.asarray(
            ndtri(np.clip(self.uniform(stream, step=step, entities=entities), 1e-9, 1))
        )

    def exponential(self, stream: str, *, step: Steps = 0, entities: Entities = 0) -> Floats:
        """Return exponential values."""
        return -np.log1p(-self.uniform(stream, step=step, entities=entities))

    def poisson(
        self, stream: str, mean: float | Floats, *, step: Steps = 0, entities: Entities = 0
    ) -> NDArray[np.int64]:
        """Refuse: this engine draws no Poisson counts."""
        raise NotImplementedError

    def choice(
        self, stream: str, weights: Floats, *, step: Steps = 0, entities: Entities = 0
    ) -> NDArray[np.int64]:
        """Refuse: this engine draws no choices."""
        raise NotImplementedError


def timed(
    call: Callable[[], T], draws: TimedDraws | None = None, repeats: int = REPEATS
) -> tuple[T, float]:
    """Return the last result and the median CPU seconds outside draws; warm-up unless once."""
    if repeats > 1:
        call()
    seconds = []
    for _ in range(repeats):
        before, start = (draws.spent if draws else 0.0), time.process_time()
        result = call()
        made = (draws.spent if draws else 0.0) - before
        seconds.append(time.process_time() - start - made)
    return result, sorted(seconds)[repeats // 2]


def say(what: str, seconds: float, target: float | None = None) -> None:
    """Print one line."""
    wanted = "" if target is None else f"  (at most {target:g} s)"
    sys.stdout.write(f"{what:58} {seconds:9.4f} s{wanted}\n")
