"""Draw bootstrap resamples by address: the same for every row and however many there are."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from runner.config import Study
from runner.draws import DrawSource
from runner.stats import Bootstrap, Resampler

Floats = NDArray[np.float64]


def bootstrap_of(study: Study) -> Bootstrap:
    """Return how a study's comparisons resample, from its seed."""
    draws = study.document["draws"]
    source = DrawSource(seed=study.document["seed"], generator=draws["generator"])
    return Bootstrap(
        resamples=study.compare.resamples,
        confidence=study.compare.confidence,
        arm=resampler(source, "arm"),
        control=resampler(source, "control"),
    )


def resampler(source: DrawSource, name: str) -> Resampler:
    """Return a function that tells how often each of n values stands in each resample."""

    @lru_cache(maxsize=1)  # blocks of rows ask for the same resamples one after the other
    def draw(n: int, first: int, last: int) -> Floats:
        uniforms = source.resample_uniforms(name, range(first, last), n)
        picked = (uniforms * n).astype(np.int64)
        picked += n * np.arange(last - first)[:, None]
        counts = np.bincount(picked.reshape(-1), minlength=n * (last - first))
        return counts.reshape(last - first, n).astype(np.float64)

    return draw
