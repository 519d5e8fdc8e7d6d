"""Check defaults, units, bounds and refusals of the parameters."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from engines.taps.model import prepare
from engines.taps.params import Offer, TapsParams
from engines.taps.tests.support import params, texts
from runner.contract import PlanError, bounds_text, build_params, leaves, plain_params

CONF = Path(__file__).parents[3] / "conf" / "engine" / "taps.yaml"
GPU = {"provider": "provider_x", "gpu_class": "new_class", "usd_hr": 1.0}


def test_configuration_file_states_every_default() -> None:
    text = CONF.read_text(encoding="utf-8")
    content = yaml.safe_load(text)
    assert text.startswith("# @package _global_\n")
    assert list(content) == ["defaults", "engine", "params"]
    assert content["engine"] == "taps"
    assert content["params"] == plain_params(TapsParams())
    assert build_params(TapsParams, content["params"]) == (TapsParams(), [])


@pytest.mark.parametrize(
    ("path", "unit", "default", "bounds"),
    [
        ("public_tap.budget_month0_eur", "EUR_per_month", 1000.0, "[0, 1e+12]"),
        ("public_tap.budget_growth_pct_mom", "percent", 8.0, "[-100, 1000]"),
        ("public_tap.cac_base_eur", "EUR", 50.0, "[0.01, 1e+12]"),
        ("public_tap.cac_sd_eur", "EUR", None, "[0, 1e+12]"),
        ("public_tap.cvr_base", "fraction", 0.03, "(0, 1]"),
        ("public_tap.cvr_sd", "fraction", None, "[0, 1]"),
        ("public_tap.tokens_per_conversion_mean", "tokens", 50000.0, "[0, 1e+12]"),
        ("public_tap.tokens_per_conversion_sd", "tokens", 5000.0, "[0, 1e+12]"),
        ("public_tap.churn_rate_mom", "fraction", 0.03, "[0, 1]"),
        ("public_tap.churn_rate_sd", "fraction", None, "[0, 1]"),
        ("public_tap.initial_active", "count", 0.0, "[0, 1e+09]"),
        ("public_tap.pricing.offer", "enum", "provider_a_rtx_3090", ""),
        ("public_tap.pricing.target_margin_pct", "percent", 55.0, "[0, 95]"),
        ("public_tap.pricing.infra_overhead_pct", "percent", 100.0, "[0, 1000]"),
        ("public_tap.pricing.base_cost_eur_per_1m", "EUR_per_1M_tokens", 2.0, "[0, 1e+06]"),
        ("public_tap.pricing.price_increment_eur_per_1k", "EUR_per_1k_tokens", 0.001, "(0, 1000]"),
        ("public_tap.pricing.price_floor_eur_per_1k", "EUR_per_1k_tokens", 0.005, "[0, 1000]"),
        ("public_tap.pricing.price_cap_eur_per_1k", "EUR_per_1k_tokens", 3.0, "(0, 1000]"),
        ("public_tap.capacity.target_utilization_pct", "percent", 75.0, "(0, 100]"),
        ("public_tap.capacity.peak_factor", "ratio", 1.2, "[1, 100]"),
        ("public_tap.capacity.min_instances", "count", 0, "[0, 1e+06]"),
        ("public_tap.capacity.max_instances", "count", 100, "[0, 1e+06]"),
        ("private_tap.budget_month0_eur", "EUR_per_month", 500.0, "[0, 1e+12]"),
        ("private_tap.budget_growth_pct_mom", "percent", 6.0, "[-100, 1000]"),
        ("private_tap.cac_base_eur", "EUR", 200.0, "[0.01, 1e+12]"),
        ("private_tap.cac_sd_eur", "EUR", None, "[0, 1e+12]"),
        ("private_tap.churn_rate_mom", "fraction", 0.03, "[0, 1]"),
        ("private_tap.churn_rate_sd", "fraction", None, "[0, 1]"),
        ("private_tap.hours_per_client_mean", "hours", 10.0, "[0, 100000]"),
        ("private_tap.hours_per_client_sd", "hours", 1.0, "[0, 100000]"),
        ("private_tap.hours_min", "hours", 0.0, "[0, 744]"),
        ("private_tap.hours_max", "hours", 744.0, "[0, 744]"),
        ("private_tap.initial_active", "count", 0.0, "[0, 1e+09]"),
        ("private_tap.gpu_class", "enum", "rtx_4090", ""),
        ("private_tap.markup_pct", "percent", 40.0, "[0, 1000]"),
        ("private_tap.management_fee_eur_per_client_month", "EUR_per_month", 0.0, "[0, 1e+06]"),
        ("pricing.fx_usd_per_eur", "USD_per_EUR", 1.1, "[0.01, 100]"),
        ("pricing.fx_buffer_pct", "percent", 5.0, "[0, 100]"),
        ("pricing.hours_per_month", "hours", 720.0, "[1, 744]"),
        ("pricing.offers.provider_d_l40s.usd_hr", "USD_per_hour", 1.9512, "(0, 1000]"),
        ("pricing.tokens_per_s.l40s", "tokens_per_second", 180.0, "(0, 1e+07]"),
        ("public_tap.monthly.cac.min", "EUR", 5.0, "[0.01, 1e+12]"),
        ("public_tap.monthly.cac.max", "EUR", 500.0, "[0.01, 1e+12]"),
        ("public_tap.monthly.cac.step", "EUR", 5.0, "(0, inf]"),
        ("public_tap.monthly.cvr.min", "fraction", 0.001, "(0, 1]"),
        ("public_tap.monthly.cvr.max", "fraction", 0.2, "(0, 1]"),
        ("public_tap.monthly.tokens_per_conversion.min", "tokens", 1000.0, "[0, 1e+12]"),
        ("public_tap.monthly.churn.max", "fraction", 0.5, "[0, 1]"),
        ("private_tap.monthly.cac.max", "EUR", 1000.0, "[0.01, 1e+12]"),
        ("private_tap.monthly.hours_per_client.max", "hours", 200.0, "[0, 100000]"),
        ("private_tap.monthly.churn.step", "fraction", 0.005, "(0, inf]"),
    ],
)
def test_declared_unit_default_and_bounds(path: str, unit: str, default: Any, bounds: str) -> None:
    leaf = leaves(TapsParams())[path]
    assert (leaf.info.unit, leaf.value, bounds_text(leaf.info)) == (unit, default, bounds)


def test_every_number_has_a_unit_and_every_parameter_a_meaning() -> None:
    for path, leaf in leaves(TapsParams()).items():
        assert leaf.info.doc, path
        assert leaf.info.unit or leaf.kind in ("text", "enum"), path


def test_spreads_are_declared_beside_their_centres() -> None:
    found = {path: leaf.sd_path for path, leaf in leaves(TapsParams()).items() if leaf.sd_path}
    assert found == {
        "public_tap.cac_base_eur": "public_tap.cac_sd_eur",
        "public_tap.cvr_base": "public_tap.cvr_sd",
        "public_tap.tokens_per_conversion_mean": "public_tap.tokens_per_conversion_sd",
        "public_tap.churn_rate_mom": "public_tap.churn_rate_sd",
        "private_tap.cac_base_eur": "private_tap.cac_sd_eur",
        "private_tap.churn_rate_mom": "private_tap.churn_rate_sd",
        "private_tap.hours_per_client_mean": "private_tap.hours_per_client_sd",
    }


def test_monthly_blocks_are_declared_beside_their_centres() -> None:
    found = {path: leaf.block_path for path, leaf in leaves(TapsParams()).items()}
    assert {path: block for path, block in found.items() if block} == {
        "public_tap.cac_base_eur": "public_tap.monthly.cac",
        "public_tap.cvr_base": "public_tap.monthly.cvr",
        "public_tap.tokens_per_conversion_mean": "public_tap.monthly.tokens_per_conversion",
        "public_tap.churn_rate_mom": "public_tap.monthly.churn",
        "private_tap.cac_base_eur": "private_tap.monthly.cac",
        "private_tap.churn_rate_mom": "private_tap.monthly.churn",
        "private_tap.hours_per_client_mean": "private_tap.monthly.hours_per_client",
    }


@pytest.mark.parametrize(
    ("overrides", "text"),
    [
        (
            {"public_tap.cac_base_eur": 0},
            "params.public_tap.cac_base_eur = 0: must be >= 0.01 EUR",
        ),
        (
            {"public_tap.cac_bse_eur": 5},
            "params.public_tap.cac_bse_eur: unknown parameter; did you mean cac_base_eur?",
        ),
        (
            {"public_tap.churn_rate_mom": "low"},
            "params.public_tap.churn_rate_mom = low: must be a number",
        ),
        (
            {"public_tap.churn_rate_mom": True},
            "params.public_tap.churn_rate_mom = true: must be a number",
        ),
        (
            {"public_tap.capacity.max_instances": 1.5},
            "params.public_tap.capacity.max_instances = 1.5: must be a whole number",
        ),
        (
            {"public_tap.budget_month0_eur": float("nan")},
            "params.public_tap.budget_month0_eur = nan: must be a finite number",
        ),
        (
            {"public_tap.budget_month0_eur": float("inf")},
            "params.public_tap.budget_month0_eur = inf: must be a finite number",
        ),
        ({"public_tap.cvr_base": 0}, "params.public_tap.cvr_base = 0: must be > 0 fraction"),
        (
            {"public_tap.pricing.price_cap_eur_per_1k": 0.004},
            "params.public_tap.pricing.price_cap_eur_per_1k = 0.004: "
            "must be >= price_floor_eur_per_1k = 0.005 EUR_per_1k_tokens",
        ),
        (
            {"private_tap.hours_min": 100, "private_tap.hours_max": 50},
            "params.private_tap.hours_max = 50.0: must be >= hours_min = 100 hours",
        ),
        (
            {"public_tap.capacity.min_instances": 101},
            "params.public_tap.capacity.max_instances = 100: must be >= min_instances = 101 count",
        ),
        (
            {"public_tap.monthly.cac.min": 600},
            "params.public_tap.monthly.cac.max = 500.0: must be >= min = 600",
        ),
        (
            {"public_tap.monthly.cac.step": 0},
            "params.public_tap.monthly.cac.step = 0: must be > 0 EUR",
        ),
        (
            {"public_tap.monthly.cac.distribution": "discrete"},
            "params.public_tap.monthly.cac.distribution = discrete: "
            "must be one of none, uniform, normal, lognormal",
        ),
        (
            {"public_tap.pricing.offer": "provider_a_rtx_309"},
            "params.public_tap.pricing.offer = provider_a_rtx_309: must be one of "
            "provider_a_rtx_4090, provider_b_rtx_4090, provider_c_rtx_4090, provider_a_rtx_3090, "
            "provider_b_rtx_3090, provider_d_l40s, provider_d_l4, provider_d_a10; "
            "did you mean provider_a_rtx_3090?",
        ),
        (
            {"private_tap.gpu_class": "rtx_5090"},
            "params.private_tap.gpu_class = rtx_5090: must be one of "
            "rtx_4090, rtx_3090, l40s, l4, a10; did you mean rtx_4090?",
        ),
        (
            {"private_tap.gpu_class": "l4", "pricing.offers.provider_d_l4": None},
            "params.private_tap.gpu_class = l4: must be one of "
            "rtx_4090, rtx_3090, l40s, a10; did you mean l40s?",
        ),
        (
            {"pricing.tokens_per_s.rtx_3090": None},
            "params.pricing.tokens_per_s.rtx_3090: must be given in tokens_per_second: "
            "public_tap.pricing.offer = provider_a_rtx_3090 runs on GPU class rtx_3090",
        ),
        (
            {"pricing.offers.provider_d_l4.provider": " "},
            "params.pricing.offers.provider_d_l4.provider = ' ': must not be blank",
        ),
        (
            {"pricing.offers.mine": {"provider": "me", "gpu_class": "l4"}},
            "params.pricing.offers.mine.usd_hr: must be given",
        ),
    ],
)
def test_bad_value_is_refused_with_path_value_and_what_is_allowed(
    overrides: Mapping[str, Any], text: str
) -> None:
    assert texts(overrides) == [text]


@pytest.mark.parametrize("scope", ["public_tap", "private_tap"])
@pytest.mark.parametrize("distribution", ["uniform", "normal", "lognormal"])
def test_centre_outside_its_monthly_range_is_refused(scope: str, distribution: str) -> None:
    overrides = {
        f"{scope}.monthly.cac.distribution": distribution,
        f"{scope}.monthly.cac.max": 450,
        f"{scope}.cac_base_eur": 460,
        f"{scope}.cac_sd_eur": 1,
    }
    low = 5 if scope == "public_tap" else 10
    assert texts(overrides) == [
        f"params.{scope}.cac_base_eur = 460.0: must lie in [{low}, 450] EUR, "
        "the range of monthly.cac"
    ]


def test_spread_must_be_set_and_at_most_ten_ranges() -> None:
    on = {"private_tap.monthly.churn.distribution": "normal"}
    allowed = (
        "must lie in [0, 5] fraction (at most ten ranges), "
        "because monthly.churn.distribution is normal"
    )
    assert texts(on) == [f"params.private_tap.churn_rate_sd = null: {allowed}"]
    narrow = {**on, "private_tap.churn_rate_sd": 0.2, "private_tap.monthly.churn.max": 0.03,
              "private_tap.monthly.churn.min": 0.02}  # fmt: skip
    assert texts(narrow) == [
        f"params.private_tap.churn_rate_sd = 0.2: {allowed.replace('[0, 5]', '[0, 0.1]')}"
    ]
    assert params({**on, "private_tap.churn_rate_sd": 0.0})


def test_lognormal_needs_a_positive_centre() -> None:
    overrides = {
        "private_tap.monthly.hours_per_client.distribution": "lognormal",
        "private_tap.hours_per_client_mean": 0,
    }
    assert texts(overrides) == [
        "params.private_tap.hours_per_client_mean = 0.0: must be > 0 hours, "
        "because monthly.hours_per_client.distribution is lognormal"
    ]


def test_lattice_that_numbers_cannot_hold_is_refused() -> None:
    on = {"public_tap.monthly.cvr.distribution": "uniform"}
    assert texts({**on, "public_tap.monthly.cvr.step": 1e-300}) == [
        "params.public_tap.monthly.cvr.step = 1e-300: must leave at most 2^53 ticks in the range"
    ]
    assert texts({**on, "public_tap.monthly.cvr.min": 1e-13}) == [
        "params.public_tap.monthly.cvr.min = 1e-13: must be >= 1e-12 fraction with a step"
    ]
    assert params({**on, "public_tap.monthly.cvr.min": 1e-13, "public_tap.monthly.cvr.step": None})


def test_all_problems_come_together() -> None:
    found = texts(
        {
            "public_tap.monthly.cac.distribution": "normal",
            "public_tap.pricing.price_cap_eur_per_1k": 0.001,
            "private_tap.hours_min": 744,
            "private_tap.hours_max": 1,
        }
    )
    assert [text.partition(" = ")[0] for text in found] == [
        "params.public_tap.cac_sd_eur",
        "params.public_tap.pricing.price_cap_eur_per_1k",
        "params.private_tap.hours_max",
    ]


def test_own_offers_and_classes_can_be_used() -> None:
    given = params(
        {
            "pricing.offers.mine": GPU,
            "pricing.tokens_per_s.new_class": 50,
            "public_tap.pricing.offer": "mine",
            "private_tap.gpu_class": "new_class",
        }
    )
    assert given.pricing.offers["mine"] == Offer(**GPU)  # type: ignore[arg-type]
    assert prepare(given, {}, 18).public_price.gpu_class == "new_class"


@pytest.mark.parametrize(
    "overrides",
    [
        {"pricing.tokens_per_s.rtx_3090": 5e-324},
        {
            "pricing.offers.provider_a_rtx_3090.usd_hr": 5e-324,
            "public_tap.pricing.base_cost_eur_per_1m": 0,
        },
        {"public_tap.pricing.price_increment_eur_per_1k": 5e-324},
    ],
)
def test_price_that_numbers_cannot_hold_is_a_plan_error(overrides: Mapping[str, Any]) -> None:
    with pytest.raises(PlanError, match=r"pricing = raw price .*: must be above 0"):
        prepare(params(overrides), {}, 18)
