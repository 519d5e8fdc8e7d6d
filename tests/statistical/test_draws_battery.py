"""Both generators pass the battery, and generators known to be bad do not."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from runner.draws import GENERATORS, DrawSource
from runner.draws.passes import finalise
from tests.statistical import evidence
from tests.statistical.battery import of_source, p_values
from tests.statistical.evidence import judge

Words = NDArray[np.uint64]
GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@pytest.mark.parametrize("generator", GENERATORS)
def test_no_evidence_against_the_generator(generator: str) -> None:
    found = judge(p_values(of_source(20_260_101, generator)))
    assert found.n_tests > 500
    assert found.verdict == "pass", found


def test_mixer_and_philox_agree_in_distribution() -> None:
    found = {}
    for step in range(8):
        u, v = (
            DrawSource(seed=7, generator=generator)
            .for_run(0, ("a",))
            .uniform("a", step=step, entities=slice(0, 200_000))
            for generator in ("mixer", "philox")
        )
        found[f"same distribution, step {step}"] = evidence.same_distribution(u, v)
        found[f"no correlation, step {step}"] = evidence.correlation(u, v)
    assert judge(found).verdict == "pass", judge(found)


@pytest.mark.parametrize("generator", GENERATORS)
def test_transforms_have_their_mean_and_variance(generator: str) -> None:
    n = 200_000
    draws = DrawSource(seed=11, generator=generator).for_run(0, ("a",))
    e = draws.exponential("a", step=1, entities=slice(0, n))
    z = draws.normal("a", step=2, entities=slice(0, n))
    k = draws.poisson("a", 6.5, step=3, entities=slice(0, n))
    c = draws.choice("a", np.array([1.0, 2.0, 5.0]), step=4, entities=slice(0, n))
    root = np.sqrt(n)
    found = {
        "normal mean": evidence.two_sided(z.mean() * root),
        "normal variance": evidence.two_sided((np.mean(z**2) - 1) * root / np.sqrt(2)),
        "exponential mean": evidence.two_sided((e.mean() - 1) * root),
        "exponential square": evidence.two_sided((np.mean(e**2) - 2) * root / np.sqrt(20)),
        "poisson mean": evidence.two_sided((k.mean() - 6.5) * root / np.sqrt(6.5)),
        "choice": evidence.chi_square(np.bincount(c), n * np.array([1, 2, 5]) / 8),
    }
    assert judge(found).verdict == "pass", judge(found)


# Generators that must fail.


def weyl_start(cell: str, stream: str, replicate: int, step: int) -> int:
    text = f"{cell}/{stream}/{replicate}/{step}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "little")


def listed(entities: slice) -> Words:
    count = entities.stop - entities.start
    return np.arange(count, dtype=np.uint64) + np.uint64(entities.start)


def as_unit(words: Words) -> NDArray[np.float64]:
    return (words >> np.uint64(11)) * 2.0**-53


def truncated_lcg(cell: str, stream: str, replicate: int, step: int, entities: slice) -> Words:
    """A linear congruential generator with 2^32 states."""
    start = np.uint64(weyl_start(cell, stream, replicate, step))
    return (listed(entities) * np.uint64(1664525) + start) << np.uint64(32)


def one_round_without_hashed_rows(
    cell: str, stream: str, replicate: int, step: int, entities: slice
) -> Words:
    """The mixer with its rows added up instead of hashed, and one round instead of two."""
    start = np.uint64(weyl_start(cell, stream, 0, 0))
    z = start + (listed(entities) + np.uint64(step) + np.uint64(replicate)) * GOLDEN
    finalise(z, np.empty_like(z))
    return z


def weyl_without_rounds(
    cell: str, stream: str, replicate: int, step: int, entities: slice
) -> Words:
    return np.uint64(weyl_start(cell, stream, replicate, step)) + listed(entities) * GOLDEN


def half_a_round(cell: str, stream: str, replicate: int, step: int, entities: slice) -> Words:
    z = weyl_without_rounds(cell, stream, replicate, step, entities)
    return (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)


def stuck_low_bit(cell: str, stream: str, replicate: int, step: int, entities: slice) -> Words:
    u = of_source(1, "mixer")(cell, stream, replicate, step, entities)
    return (u * 2.0**53).astype(np.uint64) << np.uint64(11) | np.uint64(1 << 11)


BAD = [
    truncated_lcg,
    one_round_without_hashed_rows,
    weyl_without_rounds,
    half_a_round,
    stuck_low_bit,
]


@pytest.mark.parametrize("words", BAD, ids=lambda bad: bad.__name__)
def test_a_bad_generator_fails(words: Callable[..., Words]) -> None:
    def uniforms(cell: str, stream: str, replicate: int, step: int, entities: slice) -> NDArray:
        return as_unit(words(cell, stream, replicate, step, entities))

    assert judge(p_values(uniforms)).verdict == "fail"


def test_streams_that_ignore_the_cell_fail() -> None:
    good = of_source(1, "mixer")

    def uniforms(cell: str, stream: str, replicate: int, step: int, entities: slice) -> NDArray:
        return good("", stream, replicate, step, entities)

    found = judge(p_values(uniforms))
    assert (found.verdict, found.p_value) == ("fail", 0.0)
