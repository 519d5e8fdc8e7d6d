"""Import what commands import, and dask: its scheduler, its workers' guardians, its client."""

from __future__ import annotations

import importlib

for name in (
    "tests.forks.commands",
    "distributed.cli.dask_scheduler",
    "distributed.cli.dask_worker",
):
    importlib.import_module(name)
