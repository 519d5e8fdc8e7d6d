"""A fast battery over the ways in which a study walks through addresses."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from runner.draws import DrawSource
from tests.statistical import evidence

Floats = NDArray[np.float64]
Uniforms = Callable[[str, str, int, int, slice], Floats]
"""(cell, stream, replicate, step, entities) -> uniforms."""

SIZE = 1 << 17


def of_source(seed: int, generator: str) -> Uniforms:
    """Return the draws of a seed in the form of the battery."""

    def uniforms(cell: str, stream: str, replicate: int, step: int, entities: slice) -> Floats:
        source = DrawSource(seed=seed, generator=generator, cell=cell)
        draws = source.for_run(replicate, ("<any>",))
        return draws.uniform(stream, step=step, entities=entities)

    return uniforms


def orderings(uniforms: Uniforms) -> dict[str, Floats]:
    """Return the same number of draws walked along each part of the address."""
    few = slice(0, 128)
    ways = range(SIZE // 128)
    far = 2**64 - SIZE
    return {
        "entity": uniforms("", "a", 0, 0, slice(0, SIZE)),
        "last entities": uniforms("", "a", 0, 0, slice(far, far + SIZE)),
        "step": np.stack([uniforms("", "a", 0, i, few) for i in ways], axis=1).reshape(-1),
        "replicate": np.stack([uniforms("", "a", i, 0, few) for i in ways], axis=1).reshape(-1),
        "stream": np.stack([uniforms("", f"s{i}", 0, 0, few) for i in ways], axis=1).reshape(-1),
        "cell": np.stack([uniforms(f"{i:032x}", "a", 0, 0, few) for i in ways], axis=1).reshape(-1),
        "step by step": np.concatenate([uniforms("", "a", 3, i, few) for i in ways]),
    }


def neighbours(uniforms: Uniforms) -> dict[str, tuple[Floats, Floats]]:
    """Return pairs of draws whose addresses differ in one part."""
    all_ = slice(0, SIZE)
    base = uniforms("", "a", 0, 0, all_)
    return {
        "next entity": (base, uniforms("", "a", 0, 0, slice(1, SIZE + 1))),
        "far entity": (base, uniforms("", "a", 0, 0, slice(2**63, 2**63 + SIZE))),
        "next step": (base, uniforms("", "a", 0, 1, all_)),
        "far step": (base, uniforms("", "a", 0, 2**63, all_)),
        "next replicate": (base, uniforms("", "a", 1, 0, all_)),
        "far replicate": (base, uniforms("", "a", 2**63, 0, all_)),
        "step and replicate exchanged": (
            uniforms("", "a", 5, 9, all_),
            uniforms("", "a", 9, 5, all_),
        ),
        "other stream": (base, uniforms("", "b", 0, 0, all_)),
        "other cell": (base, uniforms("c0ffee", "a", 0, 0, all_)),
    }


def p_values(uniforms: Uniforms) -> dict[str, float]:
    """Return the p-values of all tests by name."""
    found: dict[str, float] = {}
    for name, u in orderings(uniforms).items():
        low = np.mod(u * 2.0**21, 1.0)  # the low 32 of the 53 bits
        for part, x in (("high", u), ("low", low)):
            at = f"by {name}, {part} bits"
            found[f"{at}: uniformity"] = evidence.uniformity(x)
            found[f"{at}: runs"] = evidence.runs(x)
            found[f"{at}: birthday spacings"] = evidence.birthday_spacings(x, 30, 10)
            found[f"{at}: collisions"] = evidence.collisions(x, 24)
            for lag in (1, 2, 128):
                found[f"{at}: pairs at {lag}"] = evidence.pairs(
                    x[:-lag:2], x[lag::2][: x.size // 2]
                )
        for lag in (1, 2, 7, 128):
            found[f"by {name}: correlation at {lag}"] = evidence.correlation(u[lag:], u[:-lag])
        for bit, p in evidence.bit_balance(u).items():
            found[f"by {name}: {bit}"] = p
    for name, (u, v) in neighbours(uniforms).items():
        found[f"{name}: pairs"] = evidence.pairs(u, v)
        found[f"{name}: correlation"] = evidence.correlation(u, v)
        found[f"{name}: bits that differ"] = evidence.avalanche(u, v)
    return found
