"""What holds for every plan, whatever the study."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.config import StudyRequest, compose_study, request_from_mapping
from runner.contract import ConfigError, PlanError, ProblemsError, lattice
from runner.plan import Plan, make_plan

FEW = settings(
    max_examples=10,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
MANY = settings(max_examples=120, deadline=None, derandomize=True)


def plan_of(study: dict[str, Any]) -> Plan:
    return make_plan(compose_study(request_from_mapping({"engine": "linear_null", **study})))


LEVELS = st.lists(st.integers(-50, 50), min_size=1, max_size=4, unique=True)
HORIZONS = st.lists(st.integers(1, 40), min_size=1, max_size=3, unique=True)


@FEW
@given(effects=LEVELS, horizons=HORIZONS, replicates=st.integers(1, 4))
def test_the_plan_is_the_product_in_order(
    effects: list[int], horizons: list[int], replicates: int
) -> None:
    plan = plan_of(
        {
            "design": {
                "replicates": replicates,
                "grid": {"params.effect": effects, "horizon": horizons},
                "arms": {"high": {"params.baseline": 99}},
            }
        }
    )
    found = [(c.levels["params.effect"], c.levels["horizon"], c.arm) for c in plan.cells]
    assert found == list(itertools.product(effects, horizons, ["control", "high"]))
    assert [c.grid_index for c in plan.cells] == list(range(len(found)))
    assert len(set(plan.run_ids)) == plan.n_runs == len(found) * replicates


@FEW
@given(first=LEVELS, more=LEVELS, fewer=st.integers(1, 3), added=st.integers(0, 3))
def test_growth_keeps_ids_and_draws(
    first: list[int], more: list[int], fewer: int, added: int
) -> None:
    variable = {"params.noise_sd": {"treatment": "random", "min": 1, "max": 2}}
    levels = [first, first + [x for x in more if x not in first]]
    plans = [
        plan_of({"design": {"replicates": r, "grid": {"params.effect": e}, "variables": variable}})
        for r, e in zip([fewer, fewer + added], levels, strict=True)
    ]
    assert set(plans[0].run_ids) <= set(plans[1].run_ids)
    small, large = (p.cells[0].drawn[0].values for p in plans)
    assert large[:fewer] == small
    assert {c.cell_id for c in plans[0].cells} <= {c.cell_id for c in plans[1].cells}


@FEW
@given(effects=LEVELS, dropped=st.data())
def test_excluded_cells_are_gone_and_others_keep_their_ids(
    effects: list[int], dropped: st.DataObject
) -> None:
    grid = {"params.effect": [*effects, 1000], "horizon": [2, 3]}
    out = dropped.draw(st.lists(st.sampled_from(effects), unique=True))
    exclude = [{"params.effect": effect} for effect in out]
    whole = plan_of({"design": {"grid": grid}})
    rest = plan_of({"design": {"grid": grid, "exclude": exclude}})
    kept = [c for c in whole.cells if c.levels["params.effect"] not in out]
    assert [c.run_ids for c in rest.cells] == [c.run_ids for c in kept]


DISTRIBUTIONS = st.sampled_from(["uniform", "normal", "lognormal"])


@FEW
@given(
    name=DISTRIBUTIONS, low=st.integers(1, 30), ticks=st.integers(1, 40),
    step=st.sampled_from([None, 0.1, 0.25, 1, 3]), sd=st.floats(0, 20),
)  # fmt: skip
def test_draws_stay_inside_and_on_the_lattice(
    name: str, low: int, ticks: int, step: float | None, sd: float
) -> None:
    high = low + ticks * (step or 1)
    declared: dict[str, Any] = {"treatment": "random", "distribution": name, "min": low,
                                "max": high, "step": step, "mean": (low + high) / 2,
                                "sd": min(sd, high - low)}  # fmt: skip
    plan = plan_of(
        {
            "seed": ticks,
            "design": {"replicates": 20, "variables": {"params.baseline": declared}},
        }
    )
    allowed = None if step is None else set(lattice(low, high, step))
    for value in plan.cells[0].drawn[0].values:
        assert low <= value <= high
        assert allowed is None or value in allowed


@MANY
@given(
    low=st.integers(-1000, 1000), step=st.sampled_from([0.001, 0.05, 0.1, 0.3, 1, 7]),
    count=st.integers(0, 200),
)  # fmt: skip
def test_a_lattice_has_both_ends_and_no_drift(low: int, step: float, count: int) -> None:
    high = low + count * step
    ticks = lattice(low, high, step)
    assert len(ticks) == count + 1
    assert ticks[0] == low
    assert ticks[-1] == round(high, 12)
    assert ticks == [round(low + k * step, 12) for k in range(count + 1)]


PATHS = [
    "engine", "seed", "horizon", "params", "params.effect", "params.archetypes",
    "params.archetypes.heavy.share", "params.threshold", "design", "design.grid", "design.arms",
    "design.arms.a", "design.variables", "design.variables.params.effect", "design.exclude",
    "design.replicates", "design.control", "design.max_cells", "collect", "mix", "seeding",
    "seeding.mode", "draws.generator", "execution", "execution.n_jobs", "study", "study.name",
    "paths.outputs", "design.grid.params.effect", "design.variables.params.effect.values",
]  # fmt: skip
VALUES = [
    "1", "0", "-1", "1.5", "1e3", "1e400", "nan", "inf", "true", "null", "''", "'1'", "abc", "a b",
    "[]", "{}", "[1]", "[[1]]", "[{a:1}]", "[null]", "{a:1}", "{a:{}}", "{a:null}", "{1:2}",
    "{a:[1]}", "{params.effect:1}", "{params.effect:[1,2]}", "{effect:{treatment:random}}",
    "{treatment:random,min:0,max:1}", "{treatment:random,values:[1,[2]]}", "1,2", "1,1.0",
    "a,b", "1,a", "{a:1},{a:2}", "[1],[2]", "null,1", "range(1,3)", "range(1,2,0)",
    "interval(0,1)", "interval(1,0)", "glob(*)", "choice(1,2)", "sort(2,1)", "${seed}", "${nope}",
    "${params}", "${.x}", "heavy", "heavy,light", "control", "9" * 400, "-0.0", "auto", "x/y", "..",
]  # fmt: skip
WORDS = st.builds(
    "{}{}={}".format,
    st.sampled_from(["", "", "", "", "+", "++"]), st.sampled_from(PATHS), st.sampled_from(VALUES),
)  # fmt: skip
DELETED = st.sampled_from(PATHS).map("~{}".format)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(words=st.lists(st.one_of(WORDS, WORDS, WORDS, DELETED), min_size=1, max_size=4))
def test_odd_words_are_planned_or_refused_with_a_message(words: list[str]) -> None:
    request = StudyRequest(words=("engine=linear_null", "design.max_cells=50", *words))
    planned_or_refused(request)


def planned_or_refused(request: StudyRequest) -> None:
    """Plan a study, or see that its refusal says where and why."""
    refused: ProblemsError | None = None
    try:
        plan = make_plan(compose_study(request))
    except (ConfigError, PlanError) as error:
        refused = error
    if refused is None:
        assert len(plan.run_ids) == plan.n_runs >= 1
    else:
        assert refused.problems
        assert all(p.allowed.strip() and p.where.strip() for p in refused.problems), str(refused)
        assert "object at 0x" not in str(refused)


PLAIN = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-3, 10**30), st.floats(), st.text(max_size=5),
        st.sampled_from(["random", "fixed", "low_to_high", "heavy", "1,2", "range(0,3)"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(
                ["params.effect", "params", "effect", "treatment", "min", "max", "step", "values",
                 "a", "horizon", "mix", "control", "default", "sd", "distribution"]
            ), inner, max_size=3,
        ),
    ),
    max_leaves=6,
)  # fmt: skip
PARTS = st.sampled_from(
    ["params", "design.grid", "design.arms", "design.variables", "design.exclude", "design",
     "horizon", "seed", "study", "collect", "design.variables.params.effect", "design.arms.a",
     "design.grid.params.effect", "params.archetypes", "params.archetypes.heavy"]
)  # fmt: skip


@settings(max_examples=60, deadline=None, derandomize=True)
@given(study=st.dictionaries(PARTS, PLAIN, min_size=1, max_size=3))
def test_odd_files_are_planned_or_refused_with_a_message(study: dict[str, Any]) -> None:
    given = {"engine": "linear_null", **study, "paths.outputs": str(Path("never"))}
    planned_or_refused(request_from_mapping(given))
