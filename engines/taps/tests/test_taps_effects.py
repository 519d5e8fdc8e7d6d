"""Check that every number moves an output or is named inert, and that inert ones are."""

from __future__ import annotations

import pytest

from engines.taps import ENGINE
from engines.taps.params import TapsParams
from engines.taps.tests.support import ALL_BLOCKS, PRIVATE, PUBLIC, params, run
from runner.contract import NUMERIC, leaves

DEFAULT = {**ENGINE.example.params}
NOTE = (
    "monotone rule is automatic here (the budget never shrinks, CAC and churn are "
    "the same every month, no opening base)"
)


def other_value(path: str) -> float:
    leaf = leaves(params(DEFAULT))[path]
    low, high = leaf.info.low, leaf.info.high
    for value in (leaf.value * 1.1, leaf.value * 0.9, leaf.value + 1):
        if (
            value != leaf.value
            and (low is None or low <= value)
            and (high is None or value <= high)
        ):
            return float(value)
    raise AssertionError(path)


def active_numbers() -> list[str]:
    given = params(DEFAULT)
    inert = ENGINE.inert_paths(given)
    return [
        path
        for path, leaf in leaves(given).items()
        if leaf.kind in NUMERIC and path not in inert and path not in ENGINE.example.binding
    ]


@pytest.mark.parametrize("path", active_numbers())
def test_number_moves_an_output(path: str) -> None:
    assert repr(run({**DEFAULT, path: other_value(path)})) != repr(run(DEFAULT))


@pytest.mark.parametrize("path", list(ENGINE.example.binding))
def test_number_moves_an_output_where_it_binds(path: str) -> None:
    overrides = {**DEFAULT, **ENGINE.example.binding[path]}
    without = {name: value for name, value in overrides.items() if name != path}
    if path in DEFAULT:
        without[path] = DEFAULT[path]
    assert repr(run(overrides)) != repr(run(without))


def test_every_number_is_active_inert_or_bound() -> None:
    numbers = {path for path, leaf in leaves(TapsParams()).items() if leaf.kind in NUMERIC}
    known = {*active_numbers(), *ENGINE.inert_paths(params(DEFAULT)), *ENGINE.example.binding}
    assert numbers <= known


@pytest.mark.parametrize("path", ENGINE.inert_paths(TapsParams()))
def test_inert_number_moves_nothing(path: str) -> None:
    leaf = leaves(TapsParams())[path]
    other = 0.01 if leaf.value is None else leaf.value * 1.25
    assert repr(run({path: other})) == repr(run())


@pytest.mark.parametrize("scope", ["public_tap", "private_tap"])
@pytest.mark.parametrize(
    ("distribution", "inert"),
    [
        ("none", {"cac_sd_eur", "monthly.cac.min", "monthly.cac.max", "monthly.cac.step"}),
        ("uniform", {"cac_base_eur", "cac_sd_eur"}),
        ("normal", set()),
        ("lognormal", set()),
    ],
)
def test_inert_paths_follow_the_distribution(
    scope: str, distribution: str, inert: set[str]
) -> None:
    given = params({f"{scope}.cac_sd_eur": 1.0, f"{scope}.monthly.cac.distribution": distribution})
    found = [path for path in ENGINE.inert_paths(given) if path.startswith(scope)]
    about = {path for path in found if ".cac" in path}
    assert about == {f"{scope}.{name}" for name in inert}


def test_conversion_rate_is_a_report_and_yet_not_inert() -> None:
    assert "public_tap.cvr_base" not in ENGINE.inert_paths(TapsParams())


def test_unused_offers_and_classes_are_inert() -> None:
    given = params({"private_tap.gpu_class": "l4", "public_tap.pricing.offer": "provider_d_a10"})
    inert = {path for path in ENGINE.inert_paths(given) if path.startswith("pricing.")}
    offers = set(given.pricing.offers) - {"provider_d_l4", "provider_d_a10"}
    classes = set(given.pricing.tokens_per_s) - {"a10"}
    assert inert == {
        *(f"pricing.offers.{offer}.usd_hr" for offer in offers),
        *(f"pricing.tokens_per_s.{gpu_class}" for gpu_class in classes),
    }


def test_plan_notes_say_where_the_monotone_rule_cannot_fail() -> None:
    assert ENGINE.plan_notes(TapsParams()) == (f"public_tap: {NOTE}", f"private_tap: {NOTE}")


@pytest.mark.parametrize(
    "overrides",
    [
        {"public_tap.budget_growth_pct_mom": -0.1},
        {"public_tap.initial_active": 1},
        {"public_tap.monthly.cac.distribution": "uniform"},
        {"public_tap.monthly.churn.distribution": "uniform"},
    ],
)
def test_plan_note_goes_when_the_rule_can_fail(overrides: dict[str, float | str]) -> None:
    assert ENGINE.plan_notes(params(overrides)) == (f"private_tap: {NOTE}",)


def test_plan_note_stays_for_variables_that_lose_no_customer() -> None:
    on = {
        "public_tap.monthly.cvr.distribution": "uniform",
        "public_tap.monthly.tokens_per_conversion.distribution": "uniform",
    }
    assert len(ENGINE.plan_notes(params(on))) == 2


def test_warnings_name_what_a_reviewer_should_know() -> None:
    ran = run(
        {
            "private_tap.gpu_class": "l40s",
            "private_tap.hours_max": 5.0,
            "public_tap.pricing.price_cap_eur_per_1k": 0.0055,
        }
    )
    assert ran.outcome.warnings == (
        "private_tap: one provider alone makes the median of l40s",
        "public_tap: the price cap binds; the price margin is 46.5 percent",
        "private_tap: the hours guard [0, 5] acted in 18 of 18 months",
    )
    assert run().outcome.warnings == ()


def test_manifest_names_what_exists() -> None:
    schemas = ENGINE.table_schemas(TapsParams())
    for trajectory in ENGINE.trajectories:
        columns = schemas[trajectory.table].column_names
        assert {trajectory.period, *trajectory.values} <= set(columns)
    assert {t.table for t in ENGINE.trajectories} == {PUBLIC, PRIVATE}
    assert set(ENGINE.headline) <= set(ENGINE.metric_names(TapsParams()))
    assert set(ENGINE.streams) == {
        path.replace(".monthly", "").rpartition(".")[0] for path in ALL_BLOCKS
    }
    assert ENGINE.cost(TapsParams(), 18) < ENGINE.cost(TapsParams(), 600)
