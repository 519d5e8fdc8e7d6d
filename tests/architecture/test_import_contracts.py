"""Rooms keep to their order and libraries to their homes; contracts notice when they do not."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner import contract

ROOT = Path(__file__).resolve().parents[2]
LAYERS = "Rooms import only rooms below them"
ENGINES = "Engines see the contract and nothing else of the runner"
NO_ENGINE = "The runner never imports an engine"
HYDRA = "Hydra and OmegaConf are at home in config"
JOBLIB = "Joblib is at home in execute"
MLFLOW = "MLflow is at home in track"
OPTUNA = "Optuna is at home in calibrate"
DASK = "Dask is at home in execute"
CONTRACTS = (LAYERS, ENGINES, NO_ENGINE, HYDRA, JOBLIB, MLFLOW, OPTUNA, DASK)

OFFENCES = [
    (LAYERS, "runner/contract/errors.py", "import runner.store.folder"),
    (LAYERS, "runner/plan/expand.py", "from runner.execute import cut_parts"),
    (LAYERS, "runner/draws/address.py", "import runner.registry"),
    (ENGINES, "engines/taps/model.py", "from runner.draws import DrawSource"),
    (ENGINES, "engines/linear_null/model.py", "import runner.study"),
    (NO_ENGINE, "runner/registry.py", "import engines.taps"),
    (HYDRA, "runner/plan/expand.py", "import hydra"),
    (HYDRA, "engines/taps/params.py", "from omegaconf import DictConfig"),
    (JOBLIB, "runner/store/parts.py", "import joblib"),
    (JOBLIB, "engines/taps/model.py", "from joblib import Parallel"),
    (MLFLOW, "runner/study.py", "import mlflow"),
    (OPTUNA, "runner/plan/expand.py", "import optuna"),
    (DASK, "runner/study.py", "from distributed import Client"),
]


def verdicts(project: Path) -> dict[str, str]:
    """Return KEPT or BROKEN for each contract of a checkout."""
    tool = Path(sys.executable).with_name("lint-imports")
    words = [str(tool), "--no-cache", "--no-logo"]
    done = subprocess.run(words, cwd=project, capture_output=True, text=True, check=False)
    found = dict(re.findall(r"^(.+?) (KEPT|BROKEN)\b", done.stdout, re.MULTILINE))
    assert set(found) == set(CONTRACTS), done.stdout + done.stderr
    assert done.returncode == (1 if "BROKEN" in found.values() else 0)
    return found


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in ("runner", "engines"):
        unwanted = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=unwanted)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_all_contracts_are_kept(checkout: Path) -> None:
    assert verdicts(checkout) == dict.fromkeys(CONTRACTS, "KEPT")


@pytest.mark.parametrize(("contract", "file", "line"), OFFENCES)
def test_contract_breaks_when_provoked(checkout: Path, contract: str, file: str, line: str) -> None:
    with open(checkout / file, "a", encoding="utf-8") as stream:
        stream.write(f"\n{line}\n")
    assert verdicts(checkout)[contract] == "BROKEN"


def imports_of(file: Path) -> Iterator[str]:
    """Yield every module a file imports, `numpy.random` also when reached through numpy."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Attribute) and ast.unparse(node) in ("np.random", "numpy.random"):
            yield "numpy.random"


def homes_of(*libraries: str) -> set[str]:
    """Return the rooms of the runner, and the engines, that import a library."""
    return {
        home(file)
        for file in sources()
        if any(is_or_below(name, library) for name in imports_of(file) for library in libraries)
    }


def sources() -> list[Path]:
    files = [*(ROOT / "runner").rglob("*.py"), *(ROOT / "engines").rglob("*.py")]
    return [file for file in files if "tests" not in file.relative_to(ROOT).parts]


def home(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return "/".join(parts[:2])


def is_or_below(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def test_only_draws_imports_numpy_random() -> None:
    watches = {"runner/conformance"}  # sees whether an engine touched the global generators
    assert homes_of("numpy.random", "random", "secrets") - watches == {"runner/draws"}


def test_only_config_and_cli_import_hydra_and_omegaconf() -> None:
    assert homes_of("hydra", "omegaconf") <= {"runner/config", "runner/cli"}
    assert "runner/config" in homes_of("hydra")


def test_only_execute_imports_joblib() -> None:
    assert homes_of("joblib", "loky", "multiprocessing") == {"runner/execute"}


def test_only_public_modules_of_hydra_are_used() -> None:
    assert homes_of("hydra._internal", "hydra.plugins") == set()


def test_engines_import_the_contract_alone() -> None:
    used = {
        name
        for file in sources()
        if home(file).startswith("engines/")
        for name in imports_of(file)
        if is_or_below(name, "runner")
    }
    assert {name for name in used if not is_or_below(name, "runner.contract")} == set()
    assert "runner.contract.EngineSpec" in used
    assert not any(is_or_below(n, f"runner.contract.{m}") for n in used for m in contract_modules())


def contract_modules() -> list[str]:
    """Return the modules behind the contract; a function may have the name of its module."""
    files = (ROOT / "runner" / "contract").glob("[a-z]*.py")
    return [file.stem for file in files if file.stem not in contract.__all__]
