"""The benchmark measures the work that it claims; speed itself is not gated."""

from __future__ import annotations

import pytest

from engines.clv.benchmark import compare, fit_all, likelihood, measure_large
from engines.clv.tests.support import cdnow, params


def test_large_table_is_fitted_and_sampled(capsys):
    measure_large(300)
    told = capsys.readouterr().out
    assert told.startswith("300 customers: ")
    assert told.count(" s  (at most 900 s)") == 2
    assert "peak memory" in told


def test_peers_are_scored_by_the_same_formulas(capsys):
    _, stage = cdnow()
    fits = fit_all(stage, params())
    published = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
    assert likelihood("bg_nbd", published, stage) == pytest.approx(-9582.43, abs=0.01)
    own = dict(zip(("p", "q", "gamma"), fits["gamma_gamma"][0].theta, strict=True))
    assert likelihood("gamma_gamma", own, stage) == pytest.approx(-4055.918, abs=0.002)
    found = {"theta": published, "seconds": fits["bg_nbd"][1] * 3, "missing": 2}
    compare("peer", {"bg_nbd": found}, fits, stage)
    told = capsys.readouterr().out
    assert "3.0 times ours" in told
    assert "2 NaN forecasts" in told
