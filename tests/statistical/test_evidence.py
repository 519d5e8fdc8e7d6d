"""The helper keeps its stated rate of false alarms and names what it found."""

from __future__ import annotations

import numpy as np
import pytest

from runner.draws import DrawSource
from tests.statistical import evidence
from tests.statistical.evidence import judge

DRAWS = DrawSource(seed=5).for_run(0, ("a",))


def test_verdicts_are_corrected_for_the_number_of_tests() -> None:
    assert judge({"a": 0.01, "b": 0.5}).verdict == "pass"
    assert judge({"a": 1e-5, "b": 0.5}).verdict == "inconclusive"
    found = judge({"b": 0.5, "a": 4e-7})
    assert (found.verdict, found.test, found.n_tests) == ("fail", "a", 2)
    many = {f"t{i}": 0.5 for i in range(9999)}
    assert judge({**many, "a": 1e-6}).verdict == "pass"
    assert judge({"a": 0.02}, odd=0.05).verdict == "inconclusive"


def test_missing_p_values_are_an_error() -> None:
    for bad in ({}, {"a": float("nan")}):
        with pytest.raises(ValueError, match="every test must give a p-value"):
            judge(bad)


def test_p_values_of_good_draws_are_themselves_uniform() -> None:
    """Each test, on 400 independent samples: as many p-values below 0.1 as there should be."""
    found: dict[str, list[float]] = {}
    for step in range(400):
        u = DRAWS.uniform("a", step=step, entities=slice(0, 8192))
        v = DRAWS.uniform("a", step=step + 1000, entities=slice(0, 8192))
        one = {
            "uniformity": evidence.uniformity(u, 64),
            "pairs": evidence.pairs(u, v, 16),
            "correlation": evidence.correlation(u, v),
            "runs": evidence.runs(u),
            "bit": evidence.bit_balance(u)["bit 17"],
            "birthdays": evidence.birthday_spacings(u, 24, 10),
            "collisions": evidence.collisions(u, 20),
            "same": evidence.same_distribution(u, v),
            "avalanche": evidence.avalanche(u, v),
        }
        for name, p in one.items():
            found.setdefault(name, []).append(p)
    for name, p_values in found.items():
        below = np.count_nonzero(np.array(p_values) < 0.1)
        assert below < 40 + 5 * 6, name  # five standard errors above 10 %
        assert below > 40 - 5 * 6, name
