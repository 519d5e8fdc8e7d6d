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


def row(some: Loops, first: int, second: int, entities: Any, count: int) -> np.ndarray:
    out = np.empty(count)
    some.fill_row(first, second, entities, out)
    return out


@pytest.mark.skipif(no_compiler, reason="nothing here could have compiled them")
def test_an_installation_has_compiled_loops() -> None:
    assert choice.are_compiled()


@few
@given(first=WORD, second=WORD, start=WORD, count=COUNT)
def test_rows_are_numpys(first: int, second: int, start: int, count: int) -> None:
    assert np.array_equal(
        row(loops(), first, second, start, count), row(passes, first, second, start, count)
    )
    listed = words(start, count)
    assert np.array_equal(
        row(loops(), first, second, listed, count), row(passes, first, second, listed, count)
    )


@few
@given(seed=WORD, replicate=WORD, rows=st.integers(0, 5), count=COUNT)
def test_several_rows_are_numpys(seed: int, replicate: int, rows: int, count: int) -> None:
    keys, steps = words(seed, 2 * rows).reshape(2, rows), words(replicate, rows)
    entities, found = words(seed ^ replicate, count), np.empty((2, rows, count))
    for some, out in zip((loops(), passes), found, strict=True):
        some.fill_rows(keys, replicate, steps, entities, out)
    assert np.array_equal(found[0], found[1])


@few
@given(first=WORD, second=WORD, count=COUNT)
def test_pairs_of_words_are_numpys(first: int, second: int, count: int) -> None:
    found = np.empty((2, count))
    for some, out in zip((loops(), passes), found, strict=True):
        some.fill_each(words(first, count), words(second, count), out)
    assert np.array_equal(found[0], found[1])


def test_a_span_of_entities_passes_the_last_word() -> None:
    last = 2**64 - 1
    around = np.array([last - 1, last, 0, 1], dtype=np.uint64)
    for some in (loops(), passes):
        assert np.array_equal(row(some, 5, 6, last - 1, 4), row(some, 5, 6, around, 4))


@pytest.mark.skipif(no_compiler, reason="no compiled loops")
@pytest.mark.parametrize("entities", [np.arange(4, dtype=np.uint64), np.arange(5, dtype=np.uint32)])
def test_arrays_that_do_not_fit_are_refused(entities: Any) -> None:
    with pytest.raises(ValueError, match=r"sizes of the arrays do not fit|64 bits are needed"):
        row(loops(), 1, 2, entities, 5)


def test_numpy_serves_where_nothing_was_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "runner.draws.mixing", None)
    monkeypatch.delattr("runner.draws.mixing", raising=False)
    loops.cache_clear()
    assert loops() is passes
    assert not choice.are_compiled()


@pytest.mark.skipif(no_compiler, reason="no compiled loops")
def test_loops_that_give_other_numbers_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    from runner.draws import mixing

    def wrong(first: int, second: int, entities: Any, out: np.ndarray) -> None:
        passes.fill_row(first, second, entities, out)
        out[-1] += 2.0**-53

    monkeypatch.setattr(mixing, "fill_row", wrong)
    loops.cache_clear()
    with pytest.warns(
        RuntimeWarning, match="other numbers than NumPy's.*install cohortsweep again"
    ):
        assert loops() is passes


def test_a_compiler_that_fails_stops_no_installation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "mixing.c"
    source.write_text("this is not C\n", encoding="utf-8")
    assert hatch_build.compiled(source, tmp_path) is None
