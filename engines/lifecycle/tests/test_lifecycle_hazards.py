"""Probabilities against numbers worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from engines.lifecycle.hazards import (
    churn_probability,
    expansion_probability,
    is_anniversary,
    multiplier,
    next_anniversary,
    onboarding_factor,
    weight_row,
)
from engines.lifecycle.invoices import invoice_weeks
from engines.lifecycle.motifs import MOTIFS
from engines.lifecycle.params_mechanisms import Health, Onboarding
from engines.lifecycle.signals import depth_scores, ramp
from engines.lifecycle.tests.support import SHIPPED, params_of
from engines.lifecycle.traits import BUDGET, CHAMPION

NEUTRAL = np.full((1, 5), 0.5)


def churn(motif: str, week: int, traits=NEUTRAL, term: int = 12, **overrides) -> float:
    params = params_of(overrides)
    return float(churn_probability(params, motif, traits, term_months=term, week=week)[0])


@pytest.mark.parametrize(("week", "factor"), [(0, 2.5), (4, 1.552), (12, 1.075)])
def test_onboarding_factor(week, factor):
    assert onboarding_factor(week, Onboarding()) == pytest.approx(factor, abs=5e-4)


@pytest.mark.parametrize(("week", "share"), [(0, 0.154), (5, 0.632), (14, 0.918)])
def test_ramp(week, share):
    assert ramp(week, 6.0) == pytest.approx(share, abs=5e-4)


@pytest.mark.parametrize("motif", MOTIFS)
def test_a_settled_customer_with_neutral_traits_has_the_base_hazard(motif):
    base = MOTIFS[motif].churn.base_per_week
    assert churn(motif, 30) == pytest.approx(base, rel=0.01)
    assert churn(motif, 0) > 2 * churn(motif, 40)
    hazards = [churn(motif, week) for week in range(13)]
    assert hazards == sorted(hazards, reverse=True)


@pytest.mark.parametrize("motif", SHIPPED)
def test_a_strong_champion_damps_the_anniversary(motif):
    strong, weak = NEUTRAL.copy(), NEUTRAL.copy()
    strong[0, CHAMPION], weak[0, CHAMPION] = 0.9, 0.1
    at_renewal = [churn(motif, 52, traits) / churn(motif, 51, traits) for traits in (strong, weak)]
    if "champion_strength" in MOTIFS[motif].renewal.weights:
        assert at_renewal[0] < MOTIFS[motif].renewal.churn_multiplier < at_renewal[1]
    assert churn(motif, 52) / churn(motif, 51) == pytest.approx(
        MOTIFS[motif].renewal.churn_multiplier, rel=1e-4
    )


def test_week_52_is_no_anniversary_of_a_two_year_contract():
    assert churn("generic", 52, term=24) < 2 * churn("generic", 51, term=24)
    assert churn("generic", 104, term=24) > 5 * churn("generic", 103, term=24)


def test_the_cap_is_reached_exactly():
    assert churn("generic", 0, **{"motifs.generic.churn.base_per_week": 1.0}) == 0.95
    level = np.array([0.9, 0.1])
    capped = expansion_probability(level, np.ones(2), depth_offset=0.5, cap=0.95)
    assert capped.tolist() == [0.95, 0.1 * 1.5]


def test_depth_of_one_half_is_a_factor_of_one():
    level = np.array([0.0045])
    assert expansion_probability(level, np.array([0.5]), depth_offset=0.5, cap=0.95) == level


def test_absent_traits_are_neutral():
    traits = np.array([[0.9, 0.5, 0.5, 0.1, 0.0]])
    weights = weight_row({"product_fit": -2.0})
    assert multiplier(weights, traits)[0] == pytest.approx(math.exp(-0.8), rel=1e-15)


def test_fragile_payments_depend_on_the_budget():
    weights = weight_row(MOTIFS["payment_fragile"].payment.weights)
    poor, rich = NEUTRAL.copy(), NEUTRAL.copy()
    poor[0, BUDGET], rich[0, BUDGET] = 0.1, 0.9
    ratio = multiplier(weights, poor)[0] / multiplier(weights, rich)[0]
    assert ratio == pytest.approx(11.02, abs=0.005)


@pytest.mark.parametrize(
    ("term", "weeks"), [(12, [52, 104, 156]), (24, [104, 208]), (13, [56, 113, 169])]
)
def test_anniversaries(term, weeks):
    found = np.flatnonzero(is_anniversary(term, np.arange(weeks[-1] + 1)))
    assert found.tolist() == weeks


@pytest.mark.parametrize("term", [1, 12, 13, 24, 120])
def test_the_next_anniversary_agrees_with_the_predicate(term):
    weeks = np.arange(160)
    later = np.arange(700)
    due = later[is_anniversary(term, later)]
    expected = [int(due[due > week][0]) for week in weeks]
    assert next_anniversary(term, weeks).tolist() == expected
    for k in range(1, 12):
        assert bool(is_anniversary(term, round(k * term * 52 / 12)))


def test_invoices_are_due_every_month_quarter_half_year_or_year():
    assert invoice_weeks(12, 58) == [0, 5, 9, 13, 18, 22, 26, 31, 35, 39, 44, 48, 52, 57]
    assert invoice_weeks(4, 58) == [0, 13, 26, 39, 52]
    assert invoice_weeks(2, 58) == [0, 26, 52]
    assert invoice_weeks(1, 105) == [0, 52, 104]


def test_depth_is_clipped_and_rounded_once():
    health = Health(depth_noise_sd=1.0, depth_decimals=2)
    depth = depth_scores(np.full(3, 0.5), 0.5, np.array([-9.0, 0.123, 9.0]), health)
    assert depth.tolist() == [0.0, 0.37, 1.0]


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: is_anniversary(12, -1), "tenure week = -1: must be >= 0"),
        (lambda: next_anniversary(0, 3), "term in months = 0: must be >= 1"),
        (lambda: churn("generic", -2), "tenure week = -2: must be >= 0"),
        (lambda: churn("generic", 5, term=0), "term in months = 0: must be >= 1"),
        (
            lambda: expansion_probability(np.ones(1), np.array([1.5]), depth_offset=0.5, cap=0.9),
            "feature depth = 1.5: must lie in",
        ),
        (
            lambda: expansion_probability(np.ones(1), np.array([np.nan]), depth_offset=0, cap=0.9),
            "feature depth = nan: must lie in",
        ),
    ],
)
def test_impossible_weeks_terms_and_depths_are_refused(call, text):
    with pytest.raises(ValueError, match=text):
        call()


def test_shipped_motifs_differ_as_their_names_say():
    others = [MOTIFS[name] for name in SHIPPED if name != "payment_fragile"]
    fragile, churner = MOTIFS["payment_fragile"], MOTIFS["churner_dominated"]
    growth = MOTIFS["expansion_led_growth"]
    for other in others:
        assert fragile.payment.fail_base_per_invoice > 2 * other.payment.fail_base_per_invoice
        assert fragile.payment.recovery_prob < other.payment.recovery_prob
    for other in (MOTIFS["product_led_retention"], growth):
        assert churner.churn.base_per_week > other.churn.base_per_week
    assert growth.expansion.base_per_week > churner.expansion.base_per_week
