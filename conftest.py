"""Fixtures for all tests: global state stays, and commands run in folders of their own."""

from __future__ import annotations

import locale
import os
import random  # noqa: TID251 - only to see that nobody touches it
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import joblib.externals.loky  # noqa: F401 - sets KMP_* in the environment when first imported
import numpy as np
import pytest
import rich.style  # noqa: F401 - takes a random number when first imported
import scipy.optimize  # noqa: F401 - adds a warnings filter when first imported
from threadpoolctl import threadpool_limits

from runner.cli import run_command_line
from runner.config import draft, hydra_compose
from tests.commands import BRITTLE, Command, Ran
from tests.composed_once import composed_once


def global_state() -> dict[str, Any]:
    """Return what a test must leave as it found it."""
    kind, keys, *rest = np.random.get_state()  # noqa: TID251
    environment = {k: v for k, v in os.environ.items() if k != "PYTEST_CURRENT_TEST"}
    return {
        **{f"environment variable {key}": value for key, value in environment.items()},
        "working directory": os.getcwd(),
        "numpy random state": (kind, np.asarray(keys).tobytes(), *rest),
        "random state": random.getstate(),
        "numpy error handling": np.geterr(),
        "locale": locale.setlocale(locale.LC_ALL),
    }


def changes(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Return the names of what differs."""
    return [n for n in {**before, **after} if before.get(n) != after.get(n)]


@pytest.fixture(autouse=True)
def _global_state_stays() -> Iterator[None]:
    before = global_state()
    yield
    changed = changes(before, global_state())
    assert not changed, f"the test changed global state: {', '.join(changed)}"


@pytest.fixture(autouse=True, scope="session")
def _results_only() -> Iterator[None]:
    """Leave MLflow and reports, which take seconds, to the tests that are about them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(hydra_compose.DEFAULT_OPTIONS, "tracking", "none")
        patch.setitem(draft.DEFAULTS, "report", "none")
        yield


@pytest.fixture(autouse=True, scope="session")
def _compose_once() -> Iterator[None]:
    """Let Hydra compose once what tests share: of a small study it is the longest part."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(draft, "compose_groups", composed_once(draft.compose_groups))
        yield


@pytest.fixture(autouse=True, scope="session")
def _one_thread() -> Iterator[None]:
    """Give linear algebra one thread, as the workers of a study do: small fits never need two."""
    with threadpool_limits(limits=1):
        yield


@pytest.fixture(autouse=True, scope="session")
def _no_waiting_for_the_disk() -> Iterator[None]:
    """Leave syncing to the processes that tests start: no test pulls the plug of the machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _: None)
        yield


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call() -> Iterator[None]:
    """Fail a test after which other warnings are shown or raised than before."""
    before = list(warnings.filters)
    result = yield
    assert list(warnings.filters) == before, "the test changed the warnings filters"
    return result


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def command(here: Path, capfd: pytest.CaptureFixture[str]) -> Command:
    """Return a function that runs a command line in `here`, in this process."""

    def run(*words: str) -> Ran:
        capfd.readouterr()
        code = run_command_line(list(words))
        captured = capfd.readouterr()
        return Ran(code, captured.out, captured.err)

    return run


@pytest.fixture
def brittle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make the third-party engine `brittle` known by its entry point; return its name."""
    site = tmp_path / "site"
    shutil.copytree(BRITTLE, site, ignore=shutil.ignore_patterns("__pycache__", "pyproject.toml"))
    metadata = site / "brittle_engine-1.0.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: brittle-engine\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text(
        "[cohortsweep.engines]\nbrittle = brittle_engine:ENGINE\n"
    )
    monkeypatch.syspath_prepend(str(site))
    return "brittle"
