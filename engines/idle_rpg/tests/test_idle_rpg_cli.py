"""The engine through the command line, with tests and mixes from files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

PROJECT_ROOT = Path(__file__).parents[3]

MY_TEST = """# @package params.ab
my_test:
  assign: b
  variants:
    control: {weight: 0.5}
    b: {weight: 0.5, effects: {%s}}
"""


def runner(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "runner", *words, f"paths.outputs={folder / 'out'}"],
        capture_output=True, text=True, check=False, cwd=PROJECT_ROOT,
    )  # fmt: skip


def write_test(folder: Path, effects: str) -> None:
    place = folder / "mine" / "ab" / "idle_rpg"
    place.mkdir(parents=True)
    (place / "my_test.yaml").write_text(MY_TEST % effects)


def test_user_test_acts_without_code(tmp_path: Path) -> None:
    write_test(tmp_path, "retention_at: {1: 0}")
    done = runner(
        tmp_path, "run", "--json", "--config-dir", str(tmp_path / "mine"), "engine=idle_rpg",
        "ab=my_test", "horizon=4", "params.population.n_agents=100", "tracking=none",
        "execution=sequential", "acceptance=none",
    )  # fmt: skip
    told = json.loads(done.stdout)
    assert told["runs"]["done"] == 1
    metrics = pd.read_parquet(Path(told["folder"]) / "metrics.parquet").set_index("metric")["value"]
    assert metrics["d1_retention"] == 0


def test_unknown_effect_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    write_test(tmp_path, "retenton_at: {1: 0}")
    words = ("--config-dir", str(tmp_path / "mine"), "engine=idle_rpg", "ab=[controls,my_test]")
    done = runner(tmp_path, "plan", *words)
    assert done.returncode == 2
    said = done.stderr + done.stdout
    assert "params.ab.my_test.variants.b.effects.retenton_at: unknown effect" in said
    assert "retention_at, retention_window" in said


@pytest.mark.parametrize(
    "study",
    [
        "onboarding_length",
        "starter_pack_price",
        "bad_traffic",
        "idle_rpg_table_fidelity",
        "idle_rpg_calibrated_table",
    ],
)
def test_study_can_be_planned(tmp_path: Path, study: str) -> None:
    done = runner(tmp_path, "plan", f"sweeps={study}")
    assert done.returncode == 0, done.stderr
    assert f"study {study}" in done.stdout
