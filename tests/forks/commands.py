"""Import what commands import, at the start and as they go on; nothing of MLflow, dask, optuna."""

from __future__ import annotations

import importlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APART = ("runner.track.client", "runner.track.writer", "runner.conformance")
ON_THE_WAY = (
    "antlr4.LL1Analyzer", "hydra.core.global_hydra", "joblib", "matplotlib.backends.backend_svg",
    "matplotlib.style", "pandas.io.formats.csvs", "pyarrow.dataset", "pyarrow.pandas_compat",
    "rich._emoji_codes", "scipy.special", "typer._adapters",
)  # fmt: skip


def modules() -> list[str]:
    """Return the names of the runner's modules, those left out that no command imports."""
    files = sorted((ROOT / "runner").rglob("*.py"))
    names = [".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files]
    return [n for n in names if not n.startswith(APART) and not n.endswith("__main__")]


for name in (*ON_THE_WAY, *modules()):
    importlib.import_module(name.removesuffix(".__init__"))
