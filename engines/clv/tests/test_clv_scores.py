"""Scores against their definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines.clv import scores
from engines.clv.lists import TopValues
from engines.clv.tests.support import draws

COUNTS = st.lists(st.integers(0, 6), min_size=4, max_size=12)


@settings(max_examples=40, deadline=None)
@given(samples=COUNTS, actual=st.integers(0, 8))
def test_crps_is_its_definition(samples, actual):
    s = np.array(samples, dtype=float)
    pairs = [abs(a - b) for i, a in enumerate(s) for j, b in enumerate(s) if i != j]
    expected = np.abs(s - actual).mean() - 0.5 * np.mean(pairs)
    found = scores.crps(np.sort(s)[None, :], np.array([float(actual)]))[0]
    assert found == pytest.approx(expected, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(samples=COUNTS, level=st.floats(0.01, 0.99))
def test_count_quantile_is_the_smallest_with_enough_below(samples, level):
    s = np.sort(np.array(samples))
    q = scores.count_quantile(s, level)
    assert (s <= q).mean() >= level - 1e-9
    assert (s < q).mean() < level


@settings(max_examples=30, deadline=None)
@given(values=st.lists(st.floats(-5, 5), min_size=2, max_size=20), level=st.floats(0, 1))
def test_money_quantile_is_numpys(values, level):
    found = scores.money_quantile(np.sort(np.array(values)), level)
    assert found == pytest.approx(np.quantile(values, level), abs=1e-12)


def test_auc_counts_pairs():
    score, happened = np.array([0.1, 0.4, 0.4, 0.9]), np.array([False, True, False, True])
    pairs = [(a > b) + 0.5 * (a == b) for a in score[happened] for b in score[~happened]]
    assert scores.auc(score, happened) == pytest.approx(np.mean(pairs))
    assert scores.auc(score, np.ones(4, dtype=bool)) is None


def test_correlations():
    one = np.array([1.0, 2, 3, 10])
    assert scores.rank_correlation(one, one**3) == pytest.approx(1.0)
    assert scores.correlation(one, one**3) < 1.0
    assert scores.correlation(one, np.ones(4)) is None


def test_pit_of_the_right_distribution_is_uniform():
    n = 4000
    actual = np.floor(4 * draws().uniform("sim.rate", entities=slice(0, n)))
    ordered = np.tile(np.arange(4), (n, 1))
    u = draws().uniform("sim.life", entities=slice(0, n))
    pit = scores.randomised_pit(ordered, actual, u)
    distance = abs(np.sort(pit) - (np.arange(n) + 0.5) / n).max()
    assert distance < 1.63 / np.sqrt(n)  # Kolmogorov-Smirnov at 1 %
    assert scores.pit_share(pit, 0.9) == pytest.approx(0.9, abs=0.02)


@settings(max_examples=40, deadline=None)
@given(
    values=st.lists(st.integers(0, 9), min_size=12, max_size=60),
    share=st.sampled_from([0.0, 0.05, 0.2, 0.5]),
    parts=st.integers(1, 5),
)
def test_top_values_find_the_quantile_of_all(values, share, parts):
    n = len(values) // 3 * 3
    table = np.array(values[:n], dtype=float).reshape(-1, 3)
    top = TopValues(n, share)
    for rows in np.array_split(np.arange(len(table)), parts):
        if rows.size:
            top.add(table[rows], int(rows[0]))
    cut = top.cut()
    assert cut == pytest.approx(np.quantile(table, 1 - share), abs=1e-12)
    assert top.counts_above(cut, len(table)).tolist() == (table > cut).sum(axis=1).tolist()
