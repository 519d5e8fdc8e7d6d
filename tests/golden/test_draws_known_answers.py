"""The numbers behind every address, for ever: a change here changes every study ever run."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

from runner.contract import assign
from runner.draws import GENERATORS, DrawSource, mixer, passes
from runner.draws.address import stream_key

approx = partial(pytest.approx, rel=1e-12)

BIG_SEED = 10**40
LAST = 2**64 - 1
MASK = 2**64 - 1

KEYS = [
    ((0, "engine", "churn", ""), 0x86BB97D54449C273, 0x008F9B4D2AF84404),
    ((1, "engine", "churn", ""), 0x64EE40BC9CC25038, 0x1503ACE31A400864),
    ((2026, "engine", "churn", "c0ffee"), 0xCB93AF584918E75E, 0x4879AAA603408396),
    ((2026, "engine", "assign.whale", ""), 0x95C6C44170533B45, 0x4F648515D5E9BBB0),
    ((BIG_SEED, "engine", "churn", ""), 0x3F64D947CB76BC8F, 0x87819B2B970D45CD),
    ((2026, "variable", "public_tap.cac_base_eur", ""), 0x0D0A16F50DBFD3F4, 0xC115E228F665FFD5),
    ((2026, "engine", "public_tap.cac_base_eur", ""), 0x6BAA7B3D9B11B1B3, 0x503A08941CAD2B09),
    ((7, "engine", "kündigung/é", ""), 0x7620C9E9BCB89357, 0xBE275993AC9E0DBA),
]

# (seed, cell, replicate, step, entity), stream "churn" -> mixer, philox
UNIFORMS = [
    ((0, "", 0, 0, 0), "0x1.316ce4289832ep-2", "0x1.6e1c59d6f7907p-1"),
    ((0, "", 0, 0, 1), "0x1.2a23f1b8e00b4p-1", "0x1.4497e4b6e5a2ap-1"),
    ((0, "", 0, 1, 0), "0x1.93129695419e2p-2", "0x1.b3a64c0039a90p-1"),
    ((0, "", 1, 0, 0), "0x1.3b5c5fa9aec8ep-2", "0x1.554dde9698aa2p-1"),
    ((1, "", 0, 0, 0), "0x1.b19a55647ef23p-1", "0x1.4cf8d583d794dp-1"),
    ((2026, "", 3, 12, 4711), "0x1.dddc07ff05947p-1", "0x1.75466ec9e39c8p-2"),
    ((2026, "c0ffee", 3, 12, 4711), "0x1.bef7deda11400p-5", "0x1.a6bb75be7bbf6p-1"),
    ((BIG_SEED, "", 3, 12, 4711), "0x1.7b9fba34b6fd0p-5", "0x1.a133a9a3eb5b6p-2"),
    ((2026, "", 2**32, 2**40, 2**48), "0x1.1c84ac8d2a10cp-1", "0x1.a73d8b69f3424p-2"),
    ((2026, "", 2**63, 5, LAST), "0x1.e9a039642bc50p-5", "0x1.664110b39da33p-1"),
    ((2026, "", 0, LAST, LAST), "0x1.0e2c474ca10e0p-3", "0x1.6ae8fa6540400p-7"),
    ((2026, "", LAST, LAST, LAST), "0x1.000f1a9cffe8cp-1", "0x1.702b6b15c9104p-3"),
    ((2026, "", 99999, 364, 999999), "0x1.9ed9ee6ac2634p-3", "0x1.d550ed73ba6fcp-2"),
]

VARIABLE = "params.public_tap.cac_base_eur"
VARIABLE_UNIFORMS = {
    "mixer": [
        "0x1.58933e238b876p-2",
        "0x1.b94cc5e591216p-2",
        "0x1.0b9f5db9b0466p-2",
        "0x1.0d433c79ecc38p-4",
        "0x1.2e1afa95a5800p-8",
        "0x1.18e9b16bfe73bp-1",
    ],
    "philox": [
        "0x1.5de7e9c97fbc3p-1",
        "0x1.a8c47960aae4ep-1",
        "0x1.e34d55b3b0772p-1",
        "0x1.a5187c27201a1p-1",
        "0x1.555170a716c8ep-1",
        "0x1.f7c9c20f8f35ep-2",
    ],
}
SPARSE_VARIABLE_UNIFORMS = {  # seed 10**40, cell c0ffee, replicates 0, 4711, 2**64 - 1
    "mixer": ["0x1.6799c39b11d60p-1", "0x1.37f431bfb7030p-1", "0x1.8672a70f38284p-2"],
    "philox": ["0x1.9a789e0814fafp-1", "0x1.e22f070f7f5a0p-1", "0x1.0ce68a9a43ec0p-5"],
}


@pytest.fixture(autouse=True, params=["as installed", "numpy"])
def loops(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask both the loops that were compiled, if any, and NumPy's."""
    if request.param == "numpy":
        monkeypatch.setattr(mixer, "loops", lambda: passes)


@pytest.mark.parametrize(("address", "first", "second"), KEYS)
def test_keys_of_streams(address: tuple[int, str, str, str], first: int, second: int) -> None:
    assert stream_key(*address) == (first, second)


@pytest.mark.parametrize(("address", "mixer", "philox"), UNIFORMS)
def test_uniforms(address: tuple[int, str, int, int, int], mixer: str, philox: str) -> None:
    seed, cell, replicate, step, entity = address
    found = [
        DrawSource(seed=seed, cell=cell, generator=generator)
        .for_run(replicate, ("churn",))
        .uniform("churn", step=np.uint64(step), entities=np.uint64(entity))
        for generator in ("mixer", "philox")
    ]
    assert [float(value).hex() for value in found] == [mixer, philox]


@pytest.mark.parametrize("generator", GENERATORS)
def test_uniforms_of_variables(generator: str) -> None:
    source = DrawSource(seed=2026, generator=generator)
    found = source.variable_uniforms(VARIABLE, np.arange(6))
    assert [value.hex() for value in found.tolist()] == VARIABLE_UNIFORMS[generator]
    assert float(source.variable_uniforms(VARIABLE, 4)) == found[4]


@pytest.mark.parametrize("generator", GENERATORS)
def test_uniforms_of_variables_with_a_cell_and_a_big_seed(generator: str) -> None:
    source = DrawSource(seed=BIG_SEED, cell="c0ffee", generator=generator)
    found = source.variable_uniforms(VARIABLE, np.array([0, 4711, LAST], dtype=np.uint64))
    assert [value.hex() for value in found.tolist()] == SPARSE_VARIABLE_UNIFORMS[generator]


def test_transforms() -> None:
    draws = DrawSource(seed=2026).for_run(3, ("churn",))
    here: Any = {"step": 12, "entities": slice(0, 4)}
    assert draws.normal("churn", **here) == approx(
        [-0.15668345475745746, -0.9892793742723553, 1.4807798898151936, -0.9960438253893729]
    )
    assert draws.exponential("churn", **here) == approx(
        [0.5758036434288479, 0.17585837181217404, 2.66883979746404, 0.17389447572703548]
    )
    means = np.array([0.5, 3.0, 80.0, 1e6])
    assert draws.poisson("churn", means, **here).tolist() == [0, 1, 93, 999004]
    chosen = draws.choice("churn", np.array([0.5, 3.0, 80.0, 100.0]), step=12, entities=slice(0, 9))
    assert chosen.tolist() == [2, 2, 3, 2, 2, 3, 3, 3, 2]


def test_archetypes() -> None:
    draws = DrawSource(seed=2026).for_run(3, ("a.<archetype>",))
    shares = {"whale": 0.1, "dolphin": 0.3, "minnow": 0.6}
    found = assign(shares, draws, stream="a", entities=slice(0, 12))
    assert found.tolist() == [1, 1, 2, 2, 2, 2, 1, 2, 2, 1, 1, 2]


# Both generators a second time, in plain integers.


def finaliser(z: int) -> int:
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & MASK
    return z ^ (z >> 31)


def plain_mixer(key: tuple[int, int], replicate: int, step: int, entity: int) -> float:
    def row_word(word: int, a: int, b: int) -> int:
        inner = finaliser(((a + 1) * 0x6A09E667F3BCC909 + word) & MASK)
        return finaliser((inner + (b + 1) * 0xBB67AE8584CAA73B) & MASK)

    first, second = row_word(key[0], step, replicate), row_word(key[1], replicate, step)
    state = finaliser((first + entity * 0x9E3779B97F4A7C15) & MASK)
    return (finaliser(state ^ second) >> 11) * 2.0**-53


def plain_philox(key: tuple[int, int], counter: tuple[int, int, int, int]) -> tuple[int, ...]:
    """Philox4x64-10 as printed in Salmon et al. (2011)."""
    (k0, k1), (c0, c1, c2, c3) = key, counter
    for _ in range(10):
        high0, low0 = divmod(c0 * 0xD2E7470EE14C6C93, 2**64)
        high1, low1 = divmod(c2 * 0xCA5A826395121157, 2**64)
        c0, c1, c2, c3 = high1 ^ c1 ^ k0, low1, high0 ^ c3 ^ k1, low0
        k0, k1 = (k0 + 0x9E3779B97F4A7C15) & MASK, (k1 + 0xBB67AE8584CAA73B) & MASK
    return c0, c1, c2, c3


@pytest.mark.parametrize(("address", "mixer", "philox"), UNIFORMS)
def test_plain_integers_give_the_same(
    address: tuple[int, str, int, int, int], mixer: str, philox: str
) -> None:
    seed, cell, replicate, step, entity = address
    key = stream_key(seed, "engine", "churn", cell)
    words = plain_philox(key, (entity // 4, step, replicate, 0))
    assert plain_mixer(key, replicate, step, entity).hex() == mixer
    assert ((words[entity % 4] >> 11) * 2.0**-53).hex() == philox


def test_plain_philox_gives_the_published_answers() -> None:
    """Random123's known-answer file, philox4x64 with 10 rounds."""
    zeros = plain_philox((0, 0), (0, 0, 0, 0))
    ones = plain_philox((MASK, MASK), (MASK, MASK, MASK, MASK))
    assert [f"{word:016x}" for word in zeros] == [
        "16554d9eca36314c",
        "db20fe9d672d0fdc",
        "d7e772cee186176b",
        "7e68b68aec7ba23b",
    ]
    assert [f"{word:016x}" for word in ones] == [
        "87b092c3013fe90b",
        "438c3c67be8d0224",
        "9cc7d7c69cd777b6",
        "a09caebf594f0ba0",
    ]


@pytest.mark.parametrize(("replicate", "step"), [(0, 1), (3, 12), (LAST, LAST)])
def test_philox_is_numpys_generator_advanced_to_the_counter(replicate: int, step: int) -> None:
    key = stream_key(2026, "engine", "churn", "")
    bits = np.random.Philox(counter=0, key=np.array(key, dtype=np.uint64))  # noqa: TID251
    bits.advance((step << 64 | replicate << 128) - 1)
    expected = np.random.Generator(bits).random(1004)  # noqa: TID251
    draws = DrawSource(seed=2026, generator="philox").for_run(replicate, ("churn",))
    found = draws.uniform("churn", step=np.uint64(step), entities=slice(0, 1004))
    assert np.array_equal(found, expected)
