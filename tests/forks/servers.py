"""The processes that fork, each started when first asked for and kept while the tests last."""

from __future__ import annotations

import functools
import os

from tests.forks import ROOT, Forks

QUIET_DASK = {"DASK_DISTRIBUTED__WORKER__MEMORY__TERMINATE": "False"}
_AT_IMPORT = {
    "PYTHONPATH": str(ROOT), "MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_LOGGING_LEVEL": "ERROR",
    "GIT_PYTHON_REFRESH": "quiet",
}  # fmt: skip


@functools.cache
def commands() -> str:
    """Return the address at which `runner` is forked."""
    return Forks(["tests.forks.commands"], {**os.environ, **_AT_IMPORT}).address


@functools.cache
def cluster() -> str:
    """Return the address at which `runner` is forked with dask, and dask's own commands are."""
    environment = {**os.environ, **_AT_IMPORT, **QUIET_DASK}
    return Forks(["tests.forks.cluster"], environment).address


@functools.cache
def recorder() -> str:
    """Return the address at which `runner.track`, and whatever needs MLflow, is forked."""
    return Forks(["tests.forks.recorder"], {**os.environ, **_AT_IMPORT}, "-W", "ignore").address
