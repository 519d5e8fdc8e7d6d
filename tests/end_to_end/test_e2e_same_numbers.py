"""One results hash, whoever computes it, wherever, in whatever pieces."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.commands import Command, Ran

WORDS = (
    "engine=linear_null", "params.entities=50", "params.effect=0,1", "horizon=2,4",
    "design.arms={short:{mix:heavy}}", "design.replicates=3", "params.noise_sd=interval(0.5,2)",
)  # fmt: skip


def words(*more: str) -> tuple[str, ...]:
    return ("run", *WORDS, *more, "--json")


@pytest.fixture
def alone(command: Command) -> Ran:
    return command(*words("execution.n_jobs=1", "paths.outputs=alone"))


@pytest.mark.parametrize(
    "how",
    [
        ("execution=sequential",),
        ("execution=threading", "execution.n_jobs=2", "execution.part_runs=2"),
        ("execution.n_jobs=2", "execution.part_runs=5"),
        ("execution=sequential", "execution.part_runs=1"),
        ("execution=sequential", "execution.part_runs=1000"),
        ("execution=sequential", "study.name=other", "study.question=why?", "collect=all"),
    ],
    ids=["sequential", "threading", "loky", "small parts", "one part", "other name and tables"],
)
def test_execution_changes_no_number(alone: Ran, command: Command, how: tuple[str, ...]) -> None:
    other = command(*words(*how, "paths.outputs=other"))
    assert other.code == 0, other.err
    assert other.document["runs"]["executed"] == 24
    for key in ("results_hash", "plan_id"):
        assert other.document[key] == alone.document[key]
    frames = [pd.read_parquet(r.folder / "metrics.parquet") for r in (alone, other)]
    pd.testing.assert_frame_equal(*frames, check_exact=True)


def test_another_process_in_another_folder_gets_the_same_numbers(
    alone: Ran, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "else where"
    elsewhere.mkdir()
    done = subprocess.run(
        [sys.executable, "-m", "runner", *words("execution=sequential")[:-1], "tracking=none"],
        cwd=elsewhere, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert f"results hash  {alone.document['results_hash']}" in done.stdout
    assert (elsewhere / "outputs" / "linear_null" / "latest" / "SHA256SUMS").is_file()


def test_another_generator_draws_other_numbers_for_the_same_design(
    alone: Ran, command: Command
) -> None:
    other = command(*words("execution=sequential", "draws.generator=philox"))
    assert other.document["results_hash"] != alone.document["results_hash"]
    assert other.document["runs"]["executed"] == 24
    keys = ["grid_index", "cell_id", "arm", "replicate_index", "params.effect", "horizon"]
    plans = [pd.read_parquet(r.folder / "plan.parquet")[keys] for r in (alone, other)]
    pd.testing.assert_frame_equal(*plans)


def test_another_seed_gives_other_numbers(alone: Ran, command: Command) -> None:
    other = command(*words("execution=sequential", "seed=2"))
    assert other.document["results_hash"] != alone.document["results_hash"]
    same = command(*words("execution=sequential", "seed=1", "paths.outputs=same"))
    assert same.document["results_hash"] == alone.document["results_hash"]
