"""Outcomes, tables, metrics and checks of single runs."""

from __future__ import annotations

import dataclasses
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engines.linear_null import ENGINE
from engines.linear_null.checks import everyone_counted, near_theory, parts_add_up
from engines.linear_null.params import Params
from engines.linear_null.sums import ExactSum
from engines.linear_null.tally import Tally, slope_weights
from engines.linear_null.tests.support import mix, params_of, ran
from runner.contract import Null, build_params

STILL = {"noise_sd": 0, "entity_sd": 0, "replicate_sd": 0}


def test_without_luck_the_line_is_exact():
    params = params_of(**STILL, baseline=5, effect=1, trend_per_period=2,
                       archetypes=mix(light=(1.0, 3.0), heavy=(0.0, 9.0)))  # fmt: skip
    found = ran(params, 3)
    assert found.tables["outcomes_by_period"]["mean_outcome"].tolist() == [9.0, 11.0, 13.0]
    assert found.tables["outcomes_by_period"]["sd_outcome"].tolist() == [0.0, 0.0, 0.0]
    assert found.outcome.metrics["mean_outcome"] == 11.0
    assert found.outcome.metrics["trend_outcome"] == 2.0
    assert found.outcome.metrics["share_above"] == pytest.approx(1 / 3)


def test_tables_and_metrics_tell_the_same_numbers():
    found = ran(params_of(entities=50, effect=1, effect_sd=2), 4)
    metrics, tables = found.outcome.metrics, found.tables
    outcome, archetype = tables["outcomes"]["outcome"], tables["entities"]["archetype"]
    assert metrics["mean_outcome"] == pytest.approx(outcome.mean())
    assert metrics["total_outcome"] == pytest.approx(outcome.sum())
    assert metrics["share_above"] == (outcome > 12.0).mean()
    assert tables["entities"]["mean_outcome"].mean() == pytest.approx(outcome.mean())
    heavy = tables["entities"]["mean_outcome"][archetype == "heavy"]
    assert metrics["mean_outcome.heavy"] == pytest.approx(heavy.mean())
    panel = outcome.reshape(50, 4)
    by_period = tables["outcomes_by_period"]
    assert by_period["mean_outcome"].tolist() == pytest.approx(panel.mean(axis=0).tolist())
    assert by_period["sd_outcome"].tolist() == pytest.approx(panel.std(axis=0, ddof=1).tolist())
    slope = np.polyfit(np.arange(4), panel.mean(axis=0), 1)[0]
    assert metrics["trend_outcome"] == pytest.approx(slope)


def test_metrics_that_do_not_apply_say_so():
    alone = params_of(
        entities=1, threshold=None, archetypes=mix(light=(1.0, 0.0), heavy=(0.0, 1.0))
    )
    found = ran(alone, 1)
    metrics = found.outcome.metrics
    assert metrics["trend_outcome"] == Null("not_applicable")
    assert metrics["share_above"] == Null("not_applicable")
    assert metrics["mean_outcome.heavy"] == Null("not_applicable")
    assert found.tables["outcomes_by_period"]["sd_outcome"].tolist() == [None]


def test_an_archetype_nobody_got_is_null_for_that_reason():
    rare = params_of(entities=1, archetypes=mix(light=("auto", 0.0), heavy=(1e-6, 1.0)))
    assert ran(rare, 1).outcome.metrics["mean_outcome.heavy"] == Null("no_entities")


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"archetypes": {"heavy": {"share": 0.7}, "light": {"share": 0.7}}}, "they sum to 1.4"),
        ({"archetypes": {"heavy": {"share": "auto"}}}, "only one share may be auto: light, heavy"),
        ({"archetypes": {"heavy": None, "light": None}}, "at least one archetype must be given"),
        ({"archetypes": {"heavy": {"share": 1.5}}}, "heavy.share = 1.5: must be <= 1 fraction"),
    ],
)
def test_impossible_mixes_are_refused(values, text):
    params, problems = build_params(Params, values)
    assert params is None
    assert text in str(problems[0])
    assert problems[0].where.startswith("archetypes")


def test_shift_of_an_absent_archetype_is_inert():
    absent = params_of(archetypes=mix(light=("auto", 0.0), heavy=(0.0, 2.0)))
    assert ENGINE.inert_paths(absent) == ["archetypes.heavy.shift"]
    assert ENGINE.inert_paths(params_of()) == []


def test_plan_notes_name_settings_that_tell_nothing():
    assert "all standard deviations are 0" in " ".join(ENGINE.plan_notes(params_of(**STILL)))
    assert "effect_sd is 0" in " ".join(ENGINE.plan_notes(params_of()))
    assert ENGINE.plan_notes(params_of(effect_sd=1)) == []


def filled_tally(params: Params, horizon: int = 2) -> Tally:
    tally = Tally(2, horizon, by_period=False)
    archetype = np.arange(params.entities) % 2
    zeros = np.zeros((horizon, params.entities))
    tally.add(archetype, zeros, zeros, 0)
    return tally


def test_checks_fail_on_broken_numbers():
    params = params_of(entities=10)
    tally, metrics = filled_tally(params), ran(params, 2).outcome.metrics
    more = dataclasses.replace(params, entities=11)
    assert "10 entities have an archetype, 11" in str(everyone_counted(more, tally))
    assert "archetype means give" in str(
        parts_add_up(params, tally, {**metrics, "mean_outcome": 0})
    )
    far = near_theory(params, tally, {"mean_outcome": 99.0}, 2)
    assert "mean_outcome 99.0 lies more than" in str(far)
    missing = near_theory(params, tally, {"mean_outcome": Null("not_applicable")}, 2)
    assert missing is not None


def test_slope_weights_reproduce_a_line():
    assert float(slope_weights(5) @ (3 + 2 * np.arange(5))) == pytest.approx(2)
    assert slope_weights(1).tolist() == [0.0]


@given(st.lists(st.lists(st.floats(-1e9, 1e9), max_size=8), max_size=6))
def test_exact_sum_rounds_once_whatever_the_grouping(groups):
    total = ExactSum()
    for group in groups:
        total.add(np.array(group, dtype=np.float64))
    exact = sum((Fraction(value) for group in groups for value in group), Fraction())
    assert total.value == float(exact)
    assert math.copysign(1, total.value) == math.copysign(1, float(exact))
