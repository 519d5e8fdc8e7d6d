"""An engine and cohortsweep itself, installed as packages, without the checkout in sight."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from runner.draws import are_compiled
from tests.commands import BRITTLE

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the interpreter of a new environment with both packages, offline."""
    folder = tmp_path_factory.mktemp("installed")
    environment = folder / "venv"
    venv.create(environment, with_pip=False)
    interpreter = environment / "bin" / "python"
    site = next((environment / "lib").glob("python*/site-packages"))
    (site / "parent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    source = shutil.copytree(BRITTLE, folder / "brittle_package")
    install = [
        sys.executable, "-m", "pip", "--python", str(interpreter), "install", "--quiet",
        "--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check",
    ]  # fmt: skip
    done = subprocess.run(
        [*install, str(ROOT), str(source)], cwd=folder, env=clean_environment(),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return interpreter


def clean_environment() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}


def run(python: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(python), "-m", "runner", *words], cwd=folder, env=clean_environment(),
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def printed(python: Path, folder: Path, code: str) -> list[str]:
    """Return the lines that Python code prints."""
    done = subprocess.run(
        [str(python), "-c", code], cwd=folder, env=clean_environment(),
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.splitlines()


def test_the_packages_stand_on_their_own(python: Path, tmp_path: Path) -> None:
    code = "import runner, brittle_engine; print(runner.__file__); print(brittle_engine.__file__)"
    files = printed(python, tmp_path, code)
    for file in files:
        assert Path(file).is_relative_to(python.parents[1])
    assets = Path(files[0]).parent / "assets"
    assert (assets / "sweeps" / "taps_plan.yaml").is_file()
    assert (assets / "conf" / "engine" / "taps.yaml").is_file()


@pytest.mark.skipif(not are_compiled(), reason="nothing to compile with")
def test_the_package_draws_with_compiled_loops(python: Path, tmp_path: Path) -> None:
    code = "from runner.draws import are_compiled, mixing; print(mixing.__file__, are_compiled())"
    ((file, told),) = (line.split() for line in printed(python, tmp_path, code))
    assert told == "True"
    assert Path(file).is_relative_to(python.parents[1])


def test_the_installed_engine_runs_with_its_own_groups(python: Path, tmp_path: Path) -> None:
    done = run(
        python, tmp_path, "run", "engine=brittle", "mix=calm,wild", "design.replicates=2",
        "execution.n_jobs=2", "execution.part_runs=1", "tracking=none", "report=none", "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["runs"]["done"] == 4
    assert told["study"] == "brittle"
    assert (tmp_path / "outputs" / "brittle" / "latest" / "metrics.parquet").is_file()


def test_the_packaged_studies_run(python: Path, tmp_path: Path) -> None:
    done = run(
        python, tmp_path, "run", "sweeps=taps_plan", "design.replicates=1",
        "execution=sequential", "tracking=none", "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["runs"]["done"] == 24


def test_the_installed_engine_is_listed(python: Path, tmp_path: Path) -> None:
    done = run(python, tmp_path, "engines")
    assert done.returncode == 0, done.stderr
    for name in ("brittle", "linear_null", "taps"):
        assert name in done.stdout
    told = run(python, tmp_path, "run", "engine=britle")
    assert told.returncode == 2
    assert "did you mean brittle?" in told.stderr
