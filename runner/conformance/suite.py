"""The conformance tests, as a pytest class to derive from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from threadpoolctl import threadpool_limits

from runner.conformance import (
    blocks,
    growth,
    influence,
    manifest,
    outputs,
    purity,
    refusals,
    repetition,
)
from runner.contract import EngineSpec


class EngineConformance:
    """What every engine promises; set `engine`, or override the fixture `spec`."""

    engine: EngineSpec

    @pytest.fixture(autouse=True)
    def _one_thread(self) -> Iterator[None]:
        """Give linear algebra one thread, as the workers of a study do."""
        with threadpool_limits(limits=1):
            yield

    @pytest.fixture
    def spec(self) -> EngineSpec:
        """Return the manifest under test."""
        return self.engine

    def test_manifest_is_complete(self, spec: EngineSpec) -> None:
        """Names, README, version, horizon, example and hooks are there and agree."""
        _refuse(manifest.manifest_faults(spec))

    def test_params_are_declared_in_full(self, spec: EngineSpec) -> None:
        """Defaults are valid, units and docs given, and a pickled copy is equal."""
        _refuse(manifest.params_faults(spec))

    def test_metrics_are_declared_in_full(self, spec: EngineSpec) -> None:
        """Metrics have valid, unique names, units and docs; headlines exist."""
        _refuse(manifest.metric_faults(spec))

    def test_tables_are_declared_in_full(self, spec: EngineSpec) -> None:
        """Tables have known kinds, keys, units and docs; trajectories exist."""
        _refuse(manifest.table_faults(spec))

    def test_tables_keep_their_schema(self, spec: EngineSpec) -> None:
        """Columns, kinds and nulls are as declared, rows sorted by a unique key."""
        _refuse(outputs.schema_faults(spec))

    def test_metrics_are_present_and_checks_hold(self, spec: EngineSpec) -> None:
        """Every declared metric is finite or null with a reason, in every example run."""
        _refuse(outputs.result_faults(spec))

    def test_same_input_gives_same_bytes(self, spec: EngineSpec) -> None:
        """A run repeated in this process is equal to the last bit."""
        _refuse(repetition.repetition_faults(spec))

    def test_fresh_process_gives_same_bytes(self, spec: EngineSpec, tmp_path: Path) -> None:
        """So is a run in another process with another hash seed and working directory."""
        _refuse(repetition.fresh_process_faults(spec, tmp_path))

    def test_no_op_arm_gives_zero_differences(self, spec: EngineSpec) -> None:
        """An arm that changes nothing differs by exactly nothing."""
        _refuse(repetition.no_op_faults(spec))

    def test_other_replicate_gives_other_numbers(self, spec: EngineSpec) -> None:
        """Replicates and seeds matter to an engine that draws."""
        _refuse(repetition.replicate_faults(spec))

    def test_run_is_pure(self, spec: EngineSpec) -> None:
        """A run changes neither parameters nor process, modules or files, and prints nothing."""
        _refuse(purity.purity_faults(spec))

    def test_collecting_tables_changes_nothing(self, spec: EngineSpec) -> None:
        """Metrics, checks and each table are the same whatever is collected."""
        _refuse(purity.collection_faults(spec))

    def test_rows_are_stable_in_population(self, spec: EngineSpec) -> None:
        """More entities add rows to the tables that claim so, and change none."""
        _refuse(growth.population_faults(spec))

    def test_rows_are_stable_in_horizon(self, spec: EngineSpec) -> None:
        """More periods add rows to the tables that claim so, and change none."""
        _refuse(growth.horizon_faults(spec))

    def test_batch_size_changes_nothing(self, spec: EngineSpec) -> None:
        """An engine with a module constant `BLOCK` gives the same bytes at any value of it."""
        if not blocks.has_blocks(spec):
            pytest.skip("the engine has no module constant BLOCK")
        _refuse(blocks.block_faults(spec))

    def test_bad_parameters_are_refused_by_path(self, spec: EngineSpec) -> None:
        """Wrong types, NaN, values out of bounds and unknown keys are refused by name."""
        _refuse(refusals.refusal_faults(spec))

    def test_every_numeric_parameter_moves_something(self, spec: EngineSpec) -> None:
        """No number is without effect, unless declared inert."""
        _refuse(influence.dead_parameter_faults(spec))

    def test_inert_parameters_move_nothing(self, spec: EngineSpec) -> None:
        """What is declared inert is."""
        _refuse(influence.inert_faults(spec))


def _refuse(faults: list[str]) -> None:
    if faults:
        pytest.fail("\n".join(faults), pytrace=False)
