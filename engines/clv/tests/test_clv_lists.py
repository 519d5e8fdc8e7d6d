"""Lists: what they expect is what comes, and an empty one says why."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from engines.clv.tests.measure import synthetic
from engines.clv.tests.support import QUICK, SMALL, run
from runner.contract import Null

WHALES = "potential_whales"
N_POPULATIONS = 6


@cache
def listed(process: str):
    """Return the rows of `lists` of simulated populations, few samples each: much luck to sort by.

    Columns by list: P_top in the samples that chose, event probability, whether it came.
    """
    found = {"churn_radar": [], "vip_at_risk": [], WHALES: []}
    for replicate in range(N_POPULATIONS):
        ran = run(
            synthetic(process, 1500), {"uncertainty": {"n_samples": 30}},
            replicate=replicate, horizon=9, collect=("lists",),
        )  # fmt: skip
        table = ran.tables["lists"]
        for name, rows in found.items():
            of = table["list"] == name
            columns = ("p_top", "event_probability", "event_happened")
            rows.append(np.array([np.asarray(table[c])[of].astype(float).mean() for c in columns]))
    return {name: np.array(rows).T for name, rows in found.items()}


def gap(expected, realised):
    """Return the mean difference in standard errors over populations."""
    off = expected - realised
    return off.mean() / (off.std(ddof=1) / np.sqrt(off.size))


@pytest.mark.parametrize("process", ["pareto_nbd", "mbg_nbd"])
@pytest.mark.parametrize("name", ["churn_radar", "vip_at_risk", WHALES])
def test_lists_have_the_precision_that_they_expect(process, name):
    _, expected, realised = listed(process)[name]
    assert abs(gap(expected, realised)) < 3.5
    assert abs(expected.mean() - realised.mean()) < 0.04


@pytest.mark.parametrize("process", ["pareto_nbd", "mbg_nbd"])
def test_samples_that_choose_whales_flatter_them(process):
    chosen_by, expected, realised = listed(process)[WHALES]
    assert gap(chosen_by, realised) > 3.5
    assert (chosen_by > expected + 0.01).all()


def test_whales_are_judged_by_luck_of_their_own():
    lone, all_of_them = (
        run(SMALL, {"lists": {"top_n": n}}, collect=("lists", "predictions")) for n in (1, 100)
    )
    one, many = lone.tables["lists"], all_of_them.tables["lists"]
    of_one, of_many = (table["list"] == WHALES for table in (one, many))
    assert of_many.sum() > 3
    first = of_many & (many["rank"] == 1)
    for column in ("customer_id", "p_top", "event_probability"):
        assert one[column][of_one].tolist() == many[column][first].tolist()
    order = np.asarray(many["p_top"])[of_many & (many["stage"] == "forecast")]
    assert (np.diff(order) <= 0).all()


@pytest.mark.parametrize("model", ["bg_nbd", "mbg_nbd", "pareto_nbd"])
def test_no_list_of_cdnow_is_empty(model):
    given = {"drift": {"enabled": False}, "model": {"name": model}}
    ran = run(QUICK, given, collect=("list_summary", "lists"))
    summary = ran.tables["list_summary"]
    size = dict(zip(zip(summary["stage"].tolist(), summary["list"].tolist(), strict=True),
                    zip(summary["n"].tolist(), summary["reason"].tolist(), strict=True),
                    strict=True))  # fmt: skip
    for name in ("churn_radar", "vip_at_risk", WHALES):
        assert size["calibration", name][0] > 0
        assert size["calibration", name][1] == ""


def test_an_empty_list_says_why():
    nobody = {"lists": {"vip_max_p_alive": 0.0, "whale_min_lift": 20.0}}
    ran = run(SMALL, nobody, collect=("list_summary",))
    summary = ran.tables["list_summary"]
    reasons = dict(zip(summary["list"].tolist(), summary["reason"].tolist(), strict=True))
    assert reasons == {
        "churn_radar": "",
        "potential_whales": "no short history has P_top >= 1",
        "vip_at_risk": "none of the best has P(alive) <= 0",
    }
    assert "empty_list: vip_at_risk at stage forecast: none of the best has P(alive) <= 0" in (
        ran.outcome.warnings
    )
    assert ran.outcome.metrics["vip_expected_precision"] == Null("empty_list")


def test_without_money_every_list_says_so():
    ran = run(SMALL, {"gamma_gamma": {"min_customers": 399}}, collect=("list_summary",))
    assert set(ran.tables["list_summary"]["reason"].tolist()) == {"money_not_modelled"}
