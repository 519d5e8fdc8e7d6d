"""Intervals cover as often as they say, and arms that do not differ are seldom told apart.

Thousands of studies of `linear_null` are drawn at once from its run-level model: one period, and
the mean over a few entities. Theory gives means, variances and what pairing saves.
"""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from engines.linear_null import theory
from engines.linear_null.params import Archetype, Params
from runner.compare.estimates import percentile_columns
from runner.compare.resampling import resampler
from runner.draws import DrawSource
from runner.stats import (
    Bootstrap,
    bootstrap_mean,
    fieller,
    holm,
    paired,
    t_p_value,
    welch,
)
from tests.statistical.evidence import judge, two_sided

Floats = NDArray[np.float64]

STUDIES, REPLICATES, ENTITIES = 2000, 10, 4
KINDS = {"light": Archetype(), "heavy": Archetype(share=0.5, shift=2.0)}
CONTROL = Params(entities=ENTITIES, archetypes=KINDS)
SHORT = Params(entities=ENTITIES, archetypes=KINDS, effect=0.5, noise_sd=2.0, effect_sd=1.0)
NULL = Params(entities=ENTITIES, archetypes=KINDS, noise_sd=2.0, effect_sd=1.0)


def uniforms(name: str, seed: int, width: int = ENTITIES) -> Floats:
    source = DrawSource(seed=seed)
    rows = source.resample_uniforms(name, range(STUDIES * REPLICATES), width)
    return np.maximum(rows, 2.0**-54)


def normal(name: str, seed: int, width: int = ENTITIES) -> Floats:
    return np.asarray(stats.norm.ppf(uniforms(name, seed, width)))


def outcomes(params: Params, seed: int = 11) -> Floats:
    """Return `mean_outcome` of each study and replicate: float64 (studies, replicates)."""
    shift = np.where(uniforms("archetype", seed) < 0.5, 0.0, 2.0)
    own = shift + params.entity_sd * normal("level", seed) + params.effect_sd * normal("e", seed)
    own += params.noise_sd * normal("noise", seed)
    luck = params.replicate_sd * normal("luck", seed, 1)[:, 0]
    total = params.baseline + params.effect + luck + own.mean(axis=1)
    return total.reshape(STUDIES, REPLICATES)


def rate_evidence(hits: NDArray[np.bool_], rate: float) -> float:
    z = (hits.mean() - rate) / np.sqrt(rate * (1 - rate) / hits.size)
    return two_sided(float(z))


def covers(ends: tuple[Floats, Floats], truth: float) -> NDArray[np.bool_]:
    return np.asarray((ends[0] <= truth) & (truth <= ends[1]))


def test_means_variances_effect_and_pairing_are_those_of_theory() -> None:
    arm, control = outcomes(SHORT).reshape(1, -1), outcomes(CONTROL).reshape(1, -1)
    found, n = paired(arm, control), STUDIES * REPLICATES
    effect = theory.difference(SHORT, CONTROL, 1)
    p_values = {}
    for name, params, moments in (("arm", SHORT, found.arm), ("control", CONTROL, found.control)):
        variance = theory.variance(params, 1)
        p_values[f"mean of {name}"] = two_sided(
            float((moments.mean[0] - theory.mean(params, 1)) / np.sqrt(variance / n))
        )
        ratio = float(moments.variance[0] / variance)
        p_values[f"variance of {name}"] = two_sided((ratio - 1) / np.sqrt(2 / n))
    p_values["effect"] = two_sided(float((found.difference[0] - effect) / found.se[0]))
    reduction = (found.arm.variance + found.control.variance) / (found.se**2 * n)
    expected = theory.independent_variance(SHORT, CONTROL, 1) / theory.paired_variance(
        SHORT, CONTROL, 1
    )
    p_values["variance reduction"] = two_sided(
        float((reduction[0] / expected - 1) / np.sqrt(4 / n))
    )
    correlation = found.covariance * n / (found.arm.sd * found.control.sd)
    rho = theory.correlation(SHORT, CONTROL, 1)
    p_values["correlation"] = two_sided(
        float((np.arctanh(correlation[0]) - np.arctanh(rho)) * np.sqrt(n - 3))
    )
    assert judge(p_values).verdict == "pass", p_values


@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_intervals_cover_as_stated(confidence: float) -> None:
    effect = theory.difference(SHORT, CONTROL, 1)
    ratio = theory.mean(SHORT, 1) / theory.mean(CONTROL, 1)
    pairs = paired(outcomes(SHORT), outcomes(CONTROL))
    apart = welch(outcomes(SHORT), outcomes(CONTROL, seed=12))
    p_values = {
        "paired": rate_evidence(covers(pairs.interval(confidence), effect), confidence),
        "welch": rate_evidence(covers(apart.interval(confidence), effect), confidence),
        "paired ratio": rate_evidence(covers(fieller(pairs, confidence), ratio), confidence),
        "independent ratio": rate_evidence(covers(fieller(apart, confidence), ratio), confidence),
    }
    assert judge(p_values).verdict == "pass", p_values


@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_bootstrap_intervals_cover_about_as_stated(confidence: float) -> None:
    source = DrawSource(seed=5)
    how = Bootstrap(
        resamples=1000, confidence=confidence, arm=resampler(source, "arm"),
        control=resampler(source, "control"),
    )  # fmt: skip
    ends = bootstrap_mean(outcomes(SHORT) - outcomes(CONTROL), how)
    coverage = covers(ends, theory.difference(SHORT, CONTROL, 1)).mean()
    assert abs(coverage - confidence) < 0.02  # approximate by nature; sampling error 0.005


def test_arms_that_do_not_differ_are_seldom_told_apart() -> None:
    control = outcomes(CONTROL)
    pairs = paired(outcomes(NULL), control)
    apart = [welch(outcomes(NULL, seed=seed), control) for seed in (21, 22, 23)]
    p_apart = [t_p_value(found.difference, found.se, found.df) for found in apart]
    assert (
        judge(
            {
                "paired": rate_evidence(
                    t_p_value(pairs.difference, pairs.se, pairs.df) < 0.05, 0.05
                ),
                "welch": rate_evidence(p_apart[0] < 0.05, 0.05),
            }
        ).verdict
        == "pass"
    )
    any_of_three = (holm(np.stack(p_apart, axis=1)) < 0.05).any(axis=1)
    at_most = stats.binom.sf(any_of_three.sum() - 1, STUDIES, 0.05)
    assert at_most > 1e-6, any_of_three.mean()
    assert any_of_three.any()


@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_percentile_intervals_of_resampled_data_cover_about_as_stated(confidence: float) -> None:
    """Each study is a data set of 60 pairs; replicate 0 is its mean, the others resample it."""
    data = DrawSource(seed=8).resample_uniforms("data", range(1200), 60)
    arm, control = stats.norm.ppf(data[:600]) + 0.4, stats.norm.ppf(data[600:])
    draw = resampler(DrawSource(seed=9), "rows")
    weights = np.vstack([np.full((1, 60), 1 / 60), draw(60, 0, 400) / 60]).T
    how = Bootstrap(resamples=0, confidence=confidence, arm=draw, control=draw)
    columns = percentile_columns(arm @ weights, control @ weights, how)
    coverage = covers((columns["ci_low"], columns["ci_high"]), 0.4).mean()
    assert abs(coverage - confidence) < 0.04  # sampling error 0.012, and 60 are not many
