"""The suite fails where it should: each broken promise is caught by the test meant for it."""

from __future__ import annotations

import dataclasses
import inspect
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tiny_engine
from tiny_engine import ENGINE, Params, broken

from runner.conformance import EngineConformance
from runner.contract import (
    EngineError,
    EngineSpec,
    Horizon,
    Null,
    Outcome,
    Trajectory,
    param,
)

replace = dataclasses.replace


class TestTinyEngine(EngineConformance):
    engine = ENGINE


@dataclass(frozen=True, slots=True, kw_only=True)
class Undocumented(Params):
    surprise: float = param(1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class BadDefault(Params):
    discount: float = param(-0.1, unit="fraction", low=0, high=1, doc="share of the price")


@dataclass(frozen=True, slots=True, kw_only=True)
class NoBlock(Params):
    surge: float = param(1.0, unit="EUR", doc="an amount", redrawn_by="weekly.surge")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dead(Params):
    ignored: float = param(1.0, unit="EUR", low=0, high=10, doc="nobody reads it")


@dataclass(frozen=True, slots=True, kw_only=True)
class NotPickledEqual(Params):
    spirit: str = param("calm", doc="a text")

    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = Params.__hash__


def example(**changes: Any) -> EngineSpec:
    return replace(ENGINE, example=replace(ENGINE.example, **changes))


def metric(**changes: Any) -> EngineSpec:
    first = replace(ENGINE.metrics[0], **changes)
    return replace(ENGINE, metrics=(first, *ENGINE.metrics[1:]))


def column(**changes: Any) -> EngineSpec:
    columns = tiny_engine.BY_PERIOD.columns
    return broken.with_tables("by_period", columns=(columns[0], replace(columns[1], **changes)))


def remember(params: Any, out: Any) -> None:
    broken.CALLS.append(len(broken.CALLS))


def count_calls(metrics: dict[str, Any], params: Any) -> dict[str, Any]:
    broken.CALLS.append(0)
    return {**metrics, "spend": float(len(broken.CALLS))}


def count_twins(metrics: dict[str, Any], params: Any) -> dict[str, Any]:
    return {**metrics, "spend": float(id(params))}


def simulate_counting_tables(
    params: Any, prepared: Any, draws: Any, horizon: int, out: Any
) -> Outcome:
    outcome = tiny_engine.simulate(params, prepared, draws, horizon, out)
    return replace(outcome, metrics={**outcome.metrics, "spend": float(out.wants("by_period"))})


def simulate_from_one_queue(
    params: Any, prepared: Any, draws: Any, horizon: int, out: Any
) -> Outcome:
    """Use the number of customers in an address, as a shared generator would."""

    def shifted(stream: str, step: int, entities: slice) -> Any:
        first = entities.start + params.customers
        return draws.exponential(
            stream, step=step, entities=slice(first, first + 1 + entities.stop - entities.start)
        )[:-1]

    class Queue:
        replicate = 0
        exponential = staticmethod(shifted)

    return tiny_engine.simulate(params, prepared, Queue(), horizon, out)


def simulate_knowing_the_end(
    params: Any, prepared: Any, draws: Any, horizon: int, out: Any
) -> Outcome:
    def alter(columns: dict[str, Any]) -> dict[str, Any]:
        return {**columns, "spend_eur": columns["spend_eur"] / horizon}

    return tiny_engine.simulate(
        params, prepared, draws, horizon, broken.Wrapped(out, "by_period", alter)
    )


def simulate_in_sloppy_blocks(
    params: Any, prepared: Any, draws: Any, horizon: int, out: Any
) -> Outcome:
    outcome = tiny_engine.simulate(params, prepared, draws, horizon, out)
    blocks = -(-params.customers // tiny_engine.BLOCK)
    return replace(outcome, metrics={**outcome.metrics, "spend": 1.0 + blocks})


def simulate_without_luck(
    params: Any, prepared: Any, draws: Any, horizon: int, out: Any
) -> Outcome:
    class Fixed:
        replicate = 0

        def exponential(self, stream: str, *, step: int, entities: slice) -> Any:
            return np.ones(entities.stop - entities.start)

    return tiny_engine.simulate(params, prepared, Fixed(), horizon, out)


def simulate_mutating_prepared(
    params: Any, prepared: Any, draws: Any, horizon: int, out: Any
) -> Outcome:
    prepared.append(1)
    outcome = tiny_engine.simulate(params, prepared, draws, horizon, out)
    return replace(outcome, metrics={**outcome.metrics, "spend": float(len(prepared))})


def change_environment(params: Any, out: Any) -> None:
    os.environ["COHORTSWEEP_TEST"] = os.environ.get("COHORTSWEEP_TEST", "") + "x"


def change_params(params: Any, out: Any) -> None:
    object.__setattr__(params, "spend", params.spend + 1)


def seed_numpy(params: Any, out: Any) -> None:
    np.random.seed(len(broken.CALLS) + 1)  # noqa: TID251
    np.random.random()  # noqa: TID251


def write_a_file(params: Any, out: Any) -> None:
    Path("debug.csv").write_text("a")


def print_progress(params: Any, out: Any) -> None:
    print("halfway")


def use_unknown_stream(params: Any, prepared: Any, draws: Any, horizon: int, out: Any) -> Outcome:
    draws.uniform("weather")
    return tiny_engine.simulate(params, prepared, draws, horizon, out)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoBounds(Params):
    mode: str = param(
        "plain", choices=lambda params: ("plain", "double", "no such choice"), doc="x"
    )


def reverse(columns: dict[str, Any]) -> dict[str, Any]:
    return {name: np.asarray(values)[::-1] for name, values in columns.items()}


def with_nan(columns: dict[str, Any]) -> dict[str, Any]:
    return {**columns, "spend_eur": columns["spend_eur"] * np.nan}


def as_text(columns: dict[str, Any]) -> dict[str, Any]:
    return {**columns, "period": [str(period) for period in columns["period"]]}


def repeated(columns: dict[str, Any]) -> dict[str, Any]:
    return {name: np.repeat(values, 2) for name, values in columns.items()}


def shortened(columns: dict[str, Any]) -> dict[str, Any]:
    return {**columns, "period": columns["period"][1:]}


def incomplete(columns: dict[str, Any]) -> dict[str, Any]:
    return {"period": columns["period"]}


def overfull(columns: dict[str, Any]) -> dict[str, Any]:
    return {**columns, "extra": columns["period"]}


def empty(columns: dict[str, Any]) -> dict[str, Any]:
    return {name: values[:0] for name, values in columns.items()}


def failing_check(params: Any, prepared: Any, draws: Any, horizon: int, out: Any) -> Outcome:
    outcome = tiny_engine.simulate(params, prepared, draws, horizon, out)
    return replace(outcome, checks={"spend_nonnegative": "spend below 0", "other": None})


MANIFEST = "test_manifest_is_complete"
PARAMS = "test_params_are_declared_in_full"
METRICS = "test_metrics_are_declared_in_full"
TABLES = "test_tables_are_declared_in_full"
SCHEMA = "test_tables_keep_their_schema"
RESULTS = "test_metrics_are_present_and_checks_hold"
SAME = "test_same_input_gives_same_bytes"
FRESH = "test_fresh_process_gives_same_bytes"
NO_OP = "test_no_op_arm_gives_zero_differences"
REPLICATE = "test_other_replicate_gives_other_numbers"
PURE = "test_run_is_pure"
COLLECT = "test_collecting_tables_changes_nothing"
POPULATION = "test_rows_are_stable_in_population"
HORIZON = "test_rows_are_stable_in_horizon"
BLOCKS = "test_batch_size_changes_nothing"
REFUSED = "test_bad_parameters_are_refused_by_path"
MOVES = "test_every_numeric_parameter_moves_something"
INERT = "test_inert_parameters_move_nothing"

CASES: list[tuple[str, EngineSpec, str]] = [
    (MANIFEST, replace(ENGINE, name="Tiny Engine"), "name 'Tiny Engine' must be lower case"),
    (MANIFEST, replace(ENGINE, version="new"), "version 'new' must be numbers"),
    (MANIFEST, replace(ENGINE, config_dir=Path("nowhere")), "config_dir nowhere does not exist"),
    (MANIFEST, replace(ENGINE, horizon=Horizon(unit="days", default=9, low=1, high=5)), "horizon"),
    (MANIFEST, example(horizons=(5, 2)), "example horizons 5, 2 must rise"),
    (MANIFEST, example(population="spend"), "example.population spend is no whole-number"),
    (MANIFEST, example(binding={"cap": {"spend": 3.0}}), "does not change cap itself"),
    (MANIFEST, example(params={"spend": -1}), "refuses its example: spend = -1: must be >= 0"),
    (MANIFEST, replace(ENGINE, inert_paths=lambda p: ["nothing"]), "inert_paths names nothing"),
    (MANIFEST, replace(ENGINE, plan_notes=lambda p: [""]), "plan_notes gives '', not a sentence"),
    (MANIFEST, replace(ENGINE, cost=lambda p, h: float("nan")), "cost is nan"),
    (MANIFEST, replace(ENGINE, scopes=("tap",)), "scope tap is no parameter"),
    (MANIFEST, replace(ENGINE, streams=("spend", "spend")), "stream spend is declared twice"),
    (PARAMS, replace(ENGINE, params=Undocumented), "parameter surprise has no doc"),
    (PARAMS, replace(ENGINE, params=Undocumented), "parameter surprise has no unit"),
    (PARAMS, replace(ENGINE, params=BadDefault), "default refused: discount = -0.1"),
    (PARAMS, replace(ENGINE, params=NoBlock), "parameter surge: weekly.surge has no distribution"),
    (PARAMS, replace(ENGINE, params=NotPickledEqual), "do not survive pickling unchanged"),
    (METRICS, replace(ENGINE, headline=("profit",)), "headline profit is no metric"),
    (METRICS, metric(unit=""), "metric spend has no unit"),
    (METRICS, metric(better="more"), "metric spend: better is 'more'"),
    (METRICS, metric(name="late_spend"), "metric late_spend is declared twice"),
    (METRICS, metric(name="spend.<segment>"), "belong together"),
    (METRICS, replace(ENGINE, metrics=()), "no metric is declared"),
    (TABLES, column(unit=""), "table by_period, column spend_eur has no unit"),
    (TABLES, column(kind="float16"), "kind 'float16' is not one of"),
    (TABLES, column(name="run_id", kind="str"), "the runner adds this column"),
    (TABLES, column(name="period"), "column period is declared twice"),
    (TABLES, broken.with_tables("by_period", key=("month",)), "key month is no column"),
    (TABLES, broken.with_tables("by_period", name="by_customer"), "by_customer is declared twice"),
    (TABLES, broken.with_tables("by_period", prefix_stable={"time"}), "prefix_stable 'time'"),
    (
        TABLES,
        replace(ENGINE, trajectories=(Trajectory(table="by_period", period="day", values=()),)),
        "table by_period has no column day",
    ),
    (SCHEMA, broken.altering("by_period", reverse), "is not sorted after the row before it"),
    (SCHEMA, broken.altering("by_period", repeated), "repeats the key of the row before it"),
    (SCHEMA, broken.altering("by_period", with_nan), "null, the column is not nullable"),
    (SCHEMA, broken.altering("by_period", as_text), "were written, not int64"),
    (SCHEMA, broken.altering("by_period", shortened), "columns have different lengths"),
    (SCHEMA, broken.altering("by_period", incomplete), "column spend_eur was not written"),
    (SCHEMA, broken.altering("by_period", overfull), "column extra is not declared"),
    (SCHEMA, broken.altering("by_period", empty), "table by_period has no row in the example"),
    (SCHEMA, broken.doing(lambda p, out: out.write("by_perod", {})), "did you mean by_period"),
    (SCHEMA, broken.with_simulate(use_unknown_stream), "random stream 'weather' is not declared"),
    (RESULTS, broken.with_metrics(lambda m, p: {"spend": 1.0}), "metric late_spend is missing"),
    (RESULTS, broken.with_metrics(lambda m, p: {**m, "x": 1.0}), "metric x is not declared"),
    (RESULTS, broken.with_metrics(lambda m, p: {**m, "spend": np.nan}), "metric spend is nan"),
    (RESULTS, broken.with_metrics(lambda m, p: {**m, "spend": Null("")}), "null without a reason"),
    (RESULTS, broken.with_metrics(lambda m, p: {**m, "spend": "5"}), "metric spend is a str"),
    (RESULTS, broken.with_simulate(failing_check), "check spend_nonnegative fails: spend below 0"),
    (RESULTS, broken.with_simulate(failing_check), "check other is not declared"),
    (SAME, broken.with_metrics(count_calls), "metric spend differs when the run is repeated"),
    (
        SAME,
        replace(
            ENGINE, simulate=simulate_mutating_prepared, prepare=lambda params, files, horizon: []
        ),
        "metric spend differs when the run is repeated",
    ),
    (FRESH, broken.HASH_SEED, "another process and PYTHONHASHSEED give other numbers"),
    (FRESH, broken.FOLDER, "another process and PYTHONHASHSEED give other numbers"),
    (NO_OP, broken.with_metrics(count_twins), "metric spend differs in an arm without changes"),
    (REPLICATE, broken.with_simulate(simulate_without_luck), "replicates 0 and 1 give the same"),
    (PURE, broken.doing(change_params), "a run changes its parameters"),
    (PURE, broken.doing(seed_numpy), "a run changes numpy's global random state"),
    (PURE, broken.doing(change_environment), "a run changes os.environ"),
    (PURE, broken.doing(write_a_file), "a run writes debug.csv into the working directory"),
    (PURE, broken.doing(print_progress), "a run prints to standard output"),
    (PURE, broken.doing(remember), "a run changes tiny_engine.broken.CALLS"),
    (COLLECT, broken.with_simulate(simulate_counting_tables), "metric spend differs when no table"),
    (
        POPULATION,
        broken.with_simulate(simulate_from_one_queue),
        "from customers 10 to customers 21",
    ),
    (POPULATION, example(population=None), "the example names no population"),
    (HORIZON, broken.with_simulate(simulate_knowing_the_end), "from horizon 2 to horizon 5"),
    (BLOCKS, broken.with_simulate(simulate_in_sloppy_blocks), "differs at BLOCK = 1"),
    (REFUSED, replace(ENGINE, params=NoBounds), "mode = 'no such choice' is accepted"),
    (MOVES, replace(ENGINE, params=Dead), "ignored = 1.0 changes no table and no metric"),
    (MOVES, example(binding={"cap": {"cap": 1e7}}), "cap changes nothing, even with"),
    (MOVES, example(binding={"cap": {"cap": -1.0}}), "binding {'cap': -1.0} is refused"),
    (INERT, replace(ENGINE, inert_paths=lambda p: ["spend"]), "spend is listed as inert"),
]


def run_test(name: str, spec: EngineSpec, tmp_path: Path) -> None:
    test = getattr(EngineConformance(), name)
    needs_folder = "tmp_path" in inspect.signature(test).parameters
    try:
        test(spec, tmp_path) if needs_folder else test(spec)
    except pytest.skip.Exception as skipped:
        raise AssertionError(f"{name} was skipped: {skipped}") from skipped


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COHORTSWEEP_TEST", raising=False)
    state = np.random.get_state()  # noqa: TID251
    monkeypatch.setattr(broken, "CALLS", [])
    yield  # type: ignore[misc]
    np.random.set_state(state)  # noqa: TID251
    os.environ.pop("COHORTSWEEP_TEST", None)


@pytest.mark.parametrize(("test", "spec", "text"), CASES, ids=[f"{c[0]}-{c[2]}" for c in CASES])
def test_broken_promise_is_caught(
    test: str, spec: EngineSpec, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if test != FRESH:  # another process can only import what stands in a file
        monkeypatch.setattr(tiny_engine, "UNDER_TEST", spec, raising=False)
    with pytest.raises((pytest.fail.Exception, EngineError)) as caught:
        run_test(test, spec, tmp_path)
    assert text in str(caught.value)


def test_missing_readme_is_caught(tmp_path: Path) -> None:
    with pytest.raises(pytest.fail.Exception, match=r"README\.md is missing beside"):
        run_test(MANIFEST, replace(ENGINE, params=Dead), tmp_path)


def test_manifest_outside_a_module_is_caught(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="the manifest must be a module's attribute"):
        run_test(FRESH, replace(ENGINE), tmp_path)


def test_engine_without_blocks_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(tiny_engine, "BLOCK")
    with pytest.raises(AssertionError, match="no module constant BLOCK"):
        run_test(BLOCKS, ENGINE, tmp_path)


def test_every_test_of_the_suite_has_a_case() -> None:
    tests = {name for name in dir(EngineConformance) if name.startswith("test_")}
    assert tests == {case[0] for case in CASES}
