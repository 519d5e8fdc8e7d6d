"""Closed forms against simulation; each comparison alarms falsely once in 1.7 million."""

from __future__ import annotations

import numpy as np
import pytest

from engines.linear_null import theory
from engines.linear_null.tests.support import (
    assert_mean_is,
    assert_variance_is,
    metric_values,
    mix,
    params_of,
)

MANY = 1000
CONTROL = params_of(entities=30, archetypes=mix(light=("auto", 0.0), heavy=(0.3, 2.0)))
CASES = {
    "default": CONTROL,
    "luck of the run only": params_of(noise_sd=0, entity_sd=0, replicate_sd=2, entities=3,
                                      archetypes=mix(light=(1.0, 0.0), heavy=(0.0, 2.0))),
    "noise only": params_of(noise_sd=3, entity_sd=0, replicate_sd=0, entities=10,
                            archetypes=mix(light=("auto", 0.0), heavy=(0.0, 2.0))),
    "mix only": params_of(noise_sd=0, entity_sd=0, replicate_sd=0, entities=100),
    "all": params_of(entities=20, effect=0.7, effect_sd=0.5, trend_per_period=-0.4),
}  # fmt: skip
ARMS = {
    "effect and its spread": {"effect": 0.5, "effect_sd": 0.8},
    "noise": {"noise_sd": 2.0},
    "level": {"entity_sd": 0.2},
    "luck of the run": {"replicate_sd": 0.1},
    "shift": {"archetypes": mix(light=("auto", 0.0), heavy=(0.3, 4.0))},
    "mix": {"archetypes": mix(light=("auto", 0.0), heavy=(0.6, 2.0))},
    "new archetype": {
        "archetypes": mix(light=("auto", 0.0), heavy=(0.3, 2.0), huge=(0.2, 5.0)),
    },
}


@pytest.mark.parametrize("params", CASES.values(), ids=CASES)
def test_mean_and_variance_of_a_run(params):
    values = metric_values(params, "mean_outcome", MANY)
    assert_mean_is(values, theory.mean(params, 4), theory.variance(params, 4))
    assert_variance_is(values, theory.variance(params, 4))


@pytest.mark.parametrize("change", ARMS.values(), ids=ARMS)
def test_difference_of_paired_and_of_independent_arms(change):
    base = {"entities": 30, "archetypes": mix(light=("auto", 0.0), heavy=(0.3, 2.0))}
    arm = params_of(**{**base, **change})
    control = metric_values(CONTROL, "mean_outcome", MANY)
    paired = metric_values(arm, "mean_outcome", MANY) - control
    independent = metric_values(arm, "mean_outcome", MANY, seed=2) - control
    paired_variance = theory.paired_variance(arm, CONTROL, 4)
    independent_variance = theory.independent_variance(arm, CONTROL, 4)
    assert_mean_is(paired, theory.difference(arm, CONTROL, 4), paired_variance)
    assert_variance_is(paired, paired_variance)
    assert_mean_is(independent, theory.difference(arm, CONTROL, 4), independent_variance)
    assert_variance_is(independent, independent_variance)
    assert paired_variance < independent_variance


def test_a_constant_effect_is_met_exactly_in_every_replicate():
    arm = params_of(entities=30, effect=0.5, archetypes=CONTROL_MIX)
    difference = metric_values(arm, "mean_outcome", 20) - metric_values(CONTROL, "mean_outcome", 20)
    assert theory.paired_variance(arm, CONTROL, 4) == 0
    np.testing.assert_allclose(difference, 0.5, rtol=0, atol=1e-12)


CONTROL_MIX = mix(light=("auto", 0.0), heavy=(0.3, 2.0))


def test_correlation_of_arms():
    arm = params_of(entities=30, effect_sd=3.0, archetypes=CONTROL_MIX)
    pair = [metric_values(p, "mean_outcome", MANY) for p in (arm, CONTROL)]
    found, expected = np.corrcoef(pair)[0, 1], theory.correlation(arm, CONTROL, 4)
    sds = (np.arctanh(found) - np.arctanh(expected)) * np.sqrt(MANY - 3)  # Fisher's transform
    assert abs(sds) < 5
    assert theory.correlation(CONTROL, CONTROL, 4) == pytest.approx(1.0)


def test_trend():
    values = metric_values(CONTROL, "trend_outcome", MANY)
    assert_mean_is(values, 0.1, theory.trend_variance(CONTROL, 4))
    assert_variance_is(values, theory.trend_variance(CONTROL, 4))


def test_share_above():
    values = metric_values(CONTROL, "share_above", MANY)
    assert_mean_is(values, theory.share_above(CONTROL, 12.0, 4), float(values.var(ddof=1)))


def test_share_above_without_luck_counts_archetypes_above():
    still = params_of(noise_sd=0, entity_sd=0, replicate_sd=0, trend_per_period=0)
    assert theory.share_above(still, 11.0, 4) == 0.5
    assert theory.share_above(still, 12.0, 4) == 0.0


def test_arms_of_different_size_have_no_paired_variance_here():
    with pytest.raises(ValueError, match="arms differ in entities: 10 and 30"):
        theory.paired_variance(params_of(entities=10), CONTROL, 4)


def test_an_arm_without_variance_has_no_correlation():
    still = params_of(noise_sd=0, entity_sd=0, replicate_sd=0,
                      archetypes=mix(light=(1.0, 0.0), heavy=(0.0, 0.0)))  # fmt: skip
    with pytest.raises(ValueError, match="without variance"):
        theory.correlation(still, still, 4)
