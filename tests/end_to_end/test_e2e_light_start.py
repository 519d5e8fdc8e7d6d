"""What a command and a worker do not need, they do not import: a start is most of a short run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RUN = "from runner.cli import run_command_line; code = run_command_line(sys.argv[1:])"
TOLD = "print('loaded', *sorted(set(sys.modules)))"


def loaded_by(what: str, *words: str, folder: Path) -> set[str]:
    """Return the modules that a fresh process has loaded after some Python."""
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {what}; {TOLD}", *words],
        capture_output=True, text=True, check=True, cwd=folder,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
    )  # fmt: skip
    return set(done.stdout.splitlines()[-1].split()[1:])


HEAVY = {"pandas", "scipy", "matplotlib", "mlflow", "joblib", "optuna", "jinja2", "asyncio"}


@pytest.mark.parametrize("words", [("plan", "engine=taps"), ("config", "engine=taps")])
def test_what_only_composes_stays_light(tmp_path: Path, words: tuple[str, ...]) -> None:
    loaded = loaded_by(RUN, *words, folder=tmp_path)
    assert "hydra" in loaded
    assert not HEAVY & loaded


def test_help_loads_no_stage(tmp_path: Path) -> None:
    loaded = loaded_by(RUN, "--help", folder=tmp_path)
    assert "runner.cli" in loaded
    assert not (HEAVY | {"numpy", "hydra", "runner.contract", "runner.study"}) & loaded


def test_finishing_a_study_composes_nothing(tmp_path: Path) -> None:
    words = ("engine=linear_null", "study.name=s", "tracking=none", "execution=sequential")
    loaded_by(RUN, "run", *words, folder=tmp_path)
    for command in ("status", "resume", "verify"):
        assert not {"hydra", "mlflow", "joblib"} & loaded_by(RUN, command, "s", folder=tmp_path)


def test_a_worker_computes_without_the_configuration_libraries(tmp_path: Path) -> None:
    loaded = loaded_by("import runner.execute", folder=tmp_path)
    assert "runner.execute.part" in loaded
    assert not (HEAVY | {"hydra", "omegaconf", "typer", "rich"}) & loaded
