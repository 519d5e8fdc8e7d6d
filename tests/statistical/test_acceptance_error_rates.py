"""Verdicts on many small studies of known passing shares come as often as the binomial says.

Every cell of one plan is a study of its own: cells are independent (`seeding: per_cell`) and
differ only in the bar of a metric that no rule reads. Outcomes are exactly normal, so that a
threshold at a quantile gives any passing share.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from scipy import stats

from engines.linear_null import theory
from engines.linear_null.params import Archetype, Params
from runner.accept import verdict_of
from tests.statistical.evidence import judge
from tests.unit.accept.support import study

CELLS, REPLICATES, HORIZON = 150, 20, 2
PARAMS = Params(entities=1, archetypes={"light": Archetype(), "heavy": Archetype(share=0.5)})
CASES = {  # true passing share, share required
    "at_the_bar": (0.9, 0.9),
    "short_by_the_margin": (0.8, 0.9),
    "far_below": (0.5, 0.9),
    "above": (0.97, 0.9),
    "half": (0.5, 0.5),
    "always": (0.98, 1.0),
}


def threshold(true_share: float) -> float:
    """Return the bar that the mean outcome reaches with this chance."""
    mean, variance = theory.mean(PARAMS, HORIZON), theory.variance(PARAMS, HORIZON)
    return float(mean + np.sqrt(variance) * stats.norm.ppf(1 - true_share))


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Mapping[str, int]]:
    """Return how often each verdict came, by case."""
    rules = {
        name: {"metric": "mean_outcome", "at_least": threshold(true), "pass_share": required}
        for name, (true, required) in CASES.items()
    }
    results = study(
        tmp_path_factory.mktemp("rates"), "linear_null", rules=rules, seeding="per_cell",
        horizon=HORIZON, params__entities=1, params__archetypes__heavy__shift=0.0,
        design__replicates=REPLICATES,
        design__grid={"params.threshold": [float(bar) for bar in range(CELLS)]},
    )  # fmt: skip
    counts = results.judged.cells.groupby("rule")["verdict"].value_counts()
    return {name: {str(v): int(n) for v, n in counts[name].items()} for name in CASES}


def expected(true: float, required: float) -> dict[str, float]:
    chances = {"pass": 0.0, "fail": 0.0, "inconclusive": 0.0}
    for passed in range(REPLICATES + 1):
        verdict = verdict_of(passed, REPLICATES, required, 0.1).verdict
        chances[verdict] += float(stats.binom.pmf(passed, REPLICATES, true))
    return chances


def test_verdicts_come_as_often_as_they_should(
    verdicts: Mapping[str, Mapping[str, int]],
) -> None:
    """One family of 18 exact binomial tests, false alarms 1e-6 in all."""
    p_values = {}
    for name, case in CASES.items():
        assert sum(verdicts[name].values()) == CELLS
        for verdict, chance in expected(*case).items():
            seen = verdicts[name].get(verdict, 0)
            p_values[f"{name}: {verdict}"] = stats.binomtest(seen, CELLS, chance).pvalue
    assert judge(p_values).verdict == "pass", judge(p_values)


def test_errors_are_rare_and_bad_plans_are_caught(
    verdicts: Mapping[str, Mapping[str, int]],
) -> None:
    """Chances are 4.3 % of failing at the bar, 1.2 % of passing when short, 99.4 % of catching."""
    assert expected(0.9, 0.9)["fail"] == pytest.approx(0.0432, abs=1e-4)
    assert expected(0.8, 0.9)["pass"] == pytest.approx(0.0115, abs=1e-4)
    assert expected(0.5, 0.9)["fail"] == pytest.approx(0.9941, abs=1e-4)
    assert verdicts["at_the_bar"].get("fail", 0) < 0.15 * CELLS
    assert verdicts["short_by_the_margin"].get("pass", 0) < 0.08 * CELLS
    assert verdicts["far_below"]["fail"] > 0.9 * CELLS
