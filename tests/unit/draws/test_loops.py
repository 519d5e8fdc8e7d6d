"""The compiled loops give the bits of NumPy's, and NumPy's serve where there are none."""

from __future__ import annotations

import shutil
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hatch_build
from runner.draws import loops as choice
from runner.draws import passes
from runner.draws.loops import Loops, loops

WORD = st.one_of(st.integers(0, 40), st.integers(0, 2**64 - 1))
COUNT = st.one_of(st.integers(0, 40), st.sampled_from([64, 1023, 16_384, 16_385, 70_000]))
few = settings(deadline=None, max_examples=60)
HEADERS = Path(sysconfig.get_path("include"), "Python.h")
no_compiler = shutil.which("cc") is None or not HEADERS.exists()


@pytest.fixture(autouse=True)
def chosen_anew() -> Iterator[None]:
    yield
    loops.cache_clear()


def words(first: int, count: int) -> np.ndarray:
    """Return words that differ everywhere: uint64 (count,)."""
    return (np.arange(count, dtype=np.uint64) + np.uint64(1)) * np.uint64(first | 1)


def of_rows(some: Loops, *given: Any, shape: tuple[int, int]) -> np.ndarray:
    out = np.empty(shape)
    some.fill_rows(*given, out)
    return out


@pytest.mark.skipif(no_compiler, reason="nothing here could have compiled them")
def test_an_installation_has_compiled_loops() -> None:
    assert choice.are_compiled()


@few
@given(
    seed=WORD, start=WORD, count=COUNT, rows=st.integers(0, 5),
    of_all=st.lists(st.booleans(), min_size=3, max_size=3),
)  # fmt: skip
def test_rows_are_numpys(seed: int, start: int, count: int, rows: int, of_all: list[bool]) -> None:
    n_keys, n_replicates, n_steps = (1 if one else rows for one in of_all)
    address = (words(seed, 2 * n_keys).reshape(2, -1), words(~seed % 2**64, n_replicates))
    for entities in (start, words(start, count)):
        given = (*address, words(start ^ seed, n_steps), entities)
        found = [of_rows(some, *given, shape=(rows, count)) for some in (loops(), passes)]
        assert np.array_equal(*found)


@few
@given(first=WORD, second=WORD, count=COUNT)
def test_pairs_of_words_are_numpys(first: int, second: int, count: int) -> None:
    found = np.empty((2, count))
    for some, out in zip((loops(), passes), found, strict=True):
        some.fill_each(words(first, count), words(second, count), out)
    assert np.array_equal(found[0], found[1])


@pytest.mark.parametrize("rows", [1, 2])
def test_a_span_of_entities_passes_the_last_word(rows: int) -> None:
    last = 2**64 - 1
    around = np.array([last - 1, last, 0, 1], dtype=np.uint64)
    key, steps = words(5, 2).reshape(2, 1), words(7, rows)
    for some in (loops(), passes):
        span, listed = (
            of_rows(some, key, words(3, 1), steps, entities, shape=(rows, 4))
            for entities in (last - 1, around)
        )
        assert np.array_equal(span, listed)


KEY, ONE, FIVE = words(5, 2).reshape(2, 1), words(3, 1), words(9, 5)
SIZES = "sizes of the arrays do not fit"
DO_NOT_FIT: list[tuple[Any, ...]] = [
    (KEY, ONE, ONE, words(1, 4), np.empty((1, 5)), SIZES),
    (KEY, ONE, words(1, 3), FIVE, np.empty((2, 5)), SIZES),
    (words(5, 3), ONE, ONE, FIVE, np.empty((1, 5)), SIZES),
    (KEY, words(1, 3), ONE, 0, np.empty((2, 5)), SIZES),
    (KEY, ONE, ONE, FIVE.astype(np.uint32), np.empty((1, 5)), "64 bits are needed"),
    (KEY, ONE, ONE, FIVE, np.empty(5), "out must be a matrix"),
    (KEY, ONE, ONE, FIVE, np.empty((1, 10))[:, ::2], "not C-contiguous"),
]


@pytest.mark.skipif(no_compiler, reason="no compiled loops")
@pytest.mark.parametrize("given", DO_NOT_FIT)
def test_arrays_that_do_not_fit_are_refused(given: tuple[Any, ...]) -> None:
    with pytest.raises(ValueError, match=given[-1]):
        loops().fill_rows(*given[:-1])


def test_numpy_serves_where_nothing_was_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "runner.draws.mixing", None)
    monkeypatch.delattr("runner.draws.mixing", raising=False)
    loops.cache_clear()
    assert loops() is passes
    assert not choice.are_compiled()


def other_bits(state: np.ndarray, between: np.ndarray, out: np.ndarray) -> None:
    passes.fill_each(state, between, out)
    out[-1] += 2.0**-53


def other_arguments(state: np.ndarray, out: np.ndarray) -> None:
    """Stand for the loops of another version."""


@pytest.mark.skipif(no_compiler, reason="no compiled loops")
@pytest.mark.parametrize("fill_each", [other_bits, other_arguments])
def test_loops_of_another_version_are_not_used(
    fill_each: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from runner.draws import mixing

    monkeypatch.setattr(mixing, "fill_each", fill_each)
    loops.cache_clear()
    with pytest.warns(
        RuntimeWarning, match=r"not those of this version.*install cohortsweep again"
    ):
        assert loops() is passes


def test_a_compiler_that_fails_stops_no_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "mixing.c"
    source.write_text("this is not C\n", encoding="utf-8")
    assert hatch_build.compiled(source, tmp_path) is None
