"""The engine through the command line, with tests and mixes from files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

MY_TEST = """# @package params.ab
my_test:
  assign: b
  variants:
    control: {weight: 0.5}
    b: {weight: 0.5, effects: {%s}}
"""


def write_test(folder: Path, effects: str) -> None:
    place = folder / "mine" / "ab" / "idle_rpg"
    place.mkdir(parents=True)
    (place / "my_test.yaml").write_text(MY_TEST % effects)


def test_user_test_acts_without_code(command: Any, tmp_path: Path) -> None:
    write_test(tmp_path, "retention_at: {1: 0}")
    done = command(
        "run", "--json", "--config-dir", str(tmp_path / "mine"), "engine=idle_rpg",
        "ab=my_test", "horizon=4", "params.population.n_agents=100", "execution=sequential",
        "acceptance=none",
    )  # fmt: skip
    told = done.document
    assert told["runs"]["done"] == 1
    metrics = pd.read_parquet(Path(told["folder"]) / "metrics.parquet").set_index("metric")["value"]
    assert metrics["d1_retention"] == 0


def test_unknown_effect_is_refused_with_the_known_ones(command: Any, tmp_path: Path) -> None:
    write_test(tmp_path, "retenton_at: {1: 0}")
    words = ("--config-dir", str(tmp_path / "mine"), "engine=idle_rpg", "ab=[controls,my_test]")
    done = command("plan", *words)
    assert done.code == 2
    said = done.err
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
def test_study_can_be_planned(command: Any, study: str) -> None:
    done = command("plan", f"sweeps={study}")
    assert done.code == 0, done.err
    assert f"study {study}" in done.out
